import { buzzer } from "../../bench/parts/buzzer";
import { led } from "../../bench/parts/led";
import { loadswitch } from "../../bench/parts/loadswitch";
import { World } from "../../bench/world";

describe("LED", () => {
  test.each([
    [false, 1],
    [true, 0],
  ] as const)("active low %s: lit at level %s, dark while the pin floats or the rail is off", (activeLow, level) => {
    const world = new World(1000);
    const part = led(world, { driver: "led", pin: "D5", activeLow });
    world.wires.drive("D5", "controller", level);
    expect(part.lit).toBe(false);
    part.power?.(true);
    expect(part.lit).toBe(true);
    world.elapse(20);
    world.wires.drive("D5", "controller", undefined);
    expect(part.lit).toBe(false);
    world.elapse(20);
    world.wires.drive("D5", "controller", level);
    world.elapse(20);
    part.power?.(false);
    expect(part.changes.map(({ at, lit }) => [at - 1_000_000, lit])).toEqual([
      [0, true],
      [20, false],
      [40, true],
      [60, false],
    ]);
  });

  test("the log keeps the last 200 changes", () => {
    const world = new World(0);
    const part = led(world, { pin: "D2" });
    part.power?.(true);
    for (let i = 1; i <= 501; i++) {
      world.elapse(1);
      world.wires.drive("D2", "controller", i % 2 ? 1 : 0);
    }
    expect(part.changes).toHaveLength(200);
    expect(part.changes[199]).toEqual({ at: 501, lit: true });
  });
});

test("buzzer: sounds at what it is driven with, is silent without the rail and after it", () => {
  const world = new World(0);
  const part = buzzer(world, { driver: "buzzer", pin: "D33" });
  part.tone(1000);
  expect(part.sounding).toBe(0);
  part.power?.(true);
  part.tone(2000);
  part.tone(2000);
  world.elapse(50);
  expect(part.sounding).toBe(2000);
  expect(part.beeps).toEqual({ count: 1, hertz: 2000 });
  part.power?.(false);
  part.power?.(true);
  expect(part.sounding).toBe(0);
  expect(part.beeps.count).toBe(0);
  expect(part.changes).toEqual([
    { at: 0, hz: 2000 },
    { at: 50, hz: 0 },
  ]);
});

describe("load switch", () => {
  function bench() {
    const world = new World(0);
    const part = loadswitch(world, { driver: "loadswitch", pin: "D32", sense: "D35" });
    const pin = (level: 0 | 1 | undefined, strength?: "weak") =>
      world.wires.drive("D32", "controller", level, strength);
    const sense = () => world.wires.level("D35");
    return { world, part, pin, sense };
  }

  test("is off with the pin floating, and against a controller's pull-up in reset", () => {
    const { world, part, pin } = bench();
    expect(world.wires.floating("D32")).toBe(false);
    part.power?.(true);
    expect(part.on).toBe(false);
    pin(1, "weak");
    expect(part.on).toBe(false);
  });

  test("follows the pin, tells the sense pin, and is off without the rail", () => {
    const { world, part, pin, sense } = bench();
    part.power?.(true);
    expect(world.wires.floating("D35")).toBe(false);
    pin(1);
    expect([part.on, sense()]).toEqual([true, 1]);
    world.elapse(1500);
    expect(part.given).toBe(1500);
    pin(0);
    world.elapse(1000);
    expect([part.on, sense(), part.given]).toEqual([false, 0, 1500]);
    pin(1);
    part.power?.(false);
    expect([part.on, sense(), world.wires.floating("D35")]).toEqual([false, 0, true]);
    expect(part.changes.map(({ on }) => on)).toEqual([true, false, true, false]);
  });

  test("a by-pass gives voltage while off, a dead switch none while on; the sense pin tells the truth", () => {
    const { part, pin, sense } = bench();
    part.power?.(true);
    part.stuck = "on";
    expect([part.on, sense()]).toEqual([true, 1]);
    pin(1);
    part.stuck = "off";
    expect([part.on, sense()]).toEqual([false, 0]);
    part.stuck = undefined;
    expect([part.on, sense()]).toEqual([true, 1]);
  });
});
