import { pcf8574 as model } from "../../bench/parts/pcf8574";
import { pcf8574 } from "../../hal/drivers/pcf8574";
import type { System } from "../../hal/hal";
import { Bench } from "./bench";

const OPTIONS = { address: 0x20, interrupt: "int" };

function make(keys?: string) {
  const bench = new Bench();
  const chip = bench.add(model(bench.world, { ...OPTIONS, keys }));
  const keypad = pcf8574(bench.i2c, { ...OPTIONS, keys }, bench.system as System, bench.io);
  const heard: string[] = [];
  const start = () => keypad.start((key, held) => heard.push(held ? `${key}!` : key));
  const press = (...pressed: string[]) => {
    for (const key of pressed) {
      chip.down(key);
      bench.wait(0.08);
      chip.up(key);
      bench.wait(0.08);
    }
  };
  return { bench, chip, keypad, heard, start, press };
}

test("tells each press once, though contacts bounce, and a held key after a second", () => {
  const { bench, chip, heard, start, press } = make();
  start();
  press(..."*1234567890#");
  expect(heard.splice(0).join("")).toBe("*1234567890#");
  chip.down("5");
  bench.wait(3);
  chip.up("5");
  expect(heard).toEqual(["5", "5!"]);
});

test("other key caps: row by row, the top one first", () => {
  const { heard, start, press } = make("147*2580369#");
  start();
  press("1", "4", "2", "#");
  expect(heard.join("")).toBe("142#");
});

test("at rest nothing asks the bus, and no timer runs: before the first press, after one, and after a scan's own edges", () => {
  const { bench, start, press } = make();
  start();
  bench.wait(0.1);
  for (let i = 0; i < 3; i++) {
    const { transfers } = bench;
    bench.wait(3600);
    expect(bench.transfers).toBe(transfers);
    expect(bench.timers).toBe(0);
    press("8");
    bench.wait(0.2);
  }
});

test("a key that is down when it starts is told", () => {
  const { bench, chip, heard, start } = make();
  chip.down("7");
  bench.wait(0.1);
  start();
  bench.wait(0.1);
  expect(heard).toEqual(["7"]);
});

test("goes on with a key that is stuck", () => {
  const { bench, chip, heard, start, press } = make();
  start();
  chip.stick("1");
  bench.wait(60);
  heard.length = 0;
  press("9", "5", "0");
  expect(heard).toEqual(["9", "5", "0"]);
});

test("a chip that does not answer is no key, and nobody starts the controller anew for it", () => {
  const { bench, chip, keypad, heard, start, press } = make();
  chip.present = false;
  start();
  expect(keypad.isAlive()).toBe(true);
  press("1");
  expect(heard).toEqual([]);
  chip.present = true;
  // Whoever looks after the parts finds it again.
  expect(keypad.isAlive()).toBe(true);
  press("1");
  bench.wait(1);
  expect(heard).toEqual(["1"]);
});

test("a chip that started anew, or went in the middle of a press, works again after the next look at it", () => {
  const { bench, chip, keypad, heard, start, press } = make();
  start();
  chip.reset();
  expect(keypad.isAlive()).toBe(true);
  press("2");
  expect(heard.splice(0)).toEqual(["2"]);
  chip.down("3");
  bench.wait(0.1);
  chip.present = false;
  bench.wait(1);
  chip.up("3");
  chip.present = true;
  chip.reset();
  expect(keypad.isAlive()).toBe(true);
  expect(bench.timers).toBe(0);
  heard.length = 0;
  press("4");
  expect(heard).toEqual(["4"]);
});

test("leaves P7 high, for something else", () => {
  const { bench, start, press } = make();
  start();
  press("1");
  expect(bench.world.wires.level("expander 32 P7")).toBe(1);
});
