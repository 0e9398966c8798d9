import { hd44780 } from "../../bench/parts/hd44780";
import { World } from "../../bench/world";

function bench(options: { columns?: number; lines?: number } = {}) {
  const world = new World(1_700_000_000);
  const part = hd44780(world, { rs: "rs", en: "en", data: ["d7", "d6", "d5", "d4"], light: "bl", ...options });
  const wait = (ms: number) => world.run(world.now + ms);
  const half = (bits: number, rs = 0) => {
    world.wires.drive("rs", "controller", rs as 0 | 1);
    for (let bit = 0; bit < 4; bit++) world.wires.drive(`d${bit + 4}`, "controller", ((bits >> bit) & 1) as 0 | 1);
    world.wires.drive("en", "controller", 1);
    world.wires.drive("en", "controller", 0);
  };
  const byte = (value: number, rs = 0, ms = 0.05) => {
    half(value >> 4, rs);
    half(value & 15, rs);
    wait(ms);
  };
  const type = (text: string) => {
    for (const character of text) byte(character.charCodeAt(0), 1);
  };
  /** The data sheet's start in four bits. */
  const start = () => {
    wait(20);
    for (const ms of [5, 0.2, 0.05]) {
      half(3);
      wait(ms);
    }
    half(2);
    wait(0.05);
    byte(0x28);
    byte(0x01, 0, 2);
    byte(0x0c);
  };
  part.power!(true);
  return { world, part, wait, half, byte, type, start };
}

test("shows what is written, where it is written, when it is on", () => {
  const { part, byte, type, start } = bench();
  start();
  type("Hello");
  expect(part.text()).toBe("Hello");
  byte(0xc0);
  type("2");
  expect(part.text()).toBe("Hello2");
  byte(0x08);
  expect(part.text()).toBe("");
  byte(0x0c);
  expect(part.text()).toBe("Hello2");
  byte(0x82);
  type("y");
  expect(part.text()).toBe("Heylo2");
  byte(0x01, 0, 2);
  expect(part.text()).toBe("");
  expect(part.missed).toBe(0);
});

test("writes to the left when it was told so", () => {
  const { part, byte, type, start } = bench();
  start();
  byte(0x82);
  byte(0x04);
  type("abc");
  expect(part.text()).toBe("cba");
});

test("what comes while it is busy is lost, and counted", () => {
  const { part, half, byte, start, wait } = bench();
  half(3);
  expect(part.missed).toBe(1);
  start();
  expect(part.missed).toBe(1);
  byte(0x01, 0, 0);
  byte(0x41, 1);
  expect(part.text()).toBe("");
  expect(part.missed).toBe(2);
  wait(2);
  byte(0x41, 1);
  expect(part.text()).toBe("A");
});

test("uncleared memory shows, half a byte too much puts it out of step, and its start puts it back", () => {
  const { part, half, byte, type, start, wait } = bench();
  wait(20);
  for (const ms of [5, 0.2, 0.05]) {
    half(3);
    wait(ms);
  }
  half(2);
  wait(0.05);
  byte(0x0c);
  expect(part.text()).not.toBe("");
  half(0);
  type("ab");
  expect(part.text()).not.toContain("ab");
  start();
  type("ab");
  expect(part.text()).toBe("ab");
});

test("one line, eight columns: the rest is out of sight; the backlight is a wire of its own; no rail, nothing", () => {
  const { world, part, type, start } = bench({ columns: 8, lines: 1 });
  start();
  type("0123456789");
  expect(part.text()).toBe("01234567");
  expect(part.lit).toBe(false);
  world.wires.drive("bl", "controller", 1);
  expect(part.lit).toBe(true);
  part.power!(false);
  expect([part.text(), part.lit]).toEqual(["", false]);
});
