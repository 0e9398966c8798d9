import { hd44780 as model } from "../../bench/parts/hd44780";
import { hd44780 } from "../../hal/drivers/hd44780";
import type { System } from "../../hal/hal";
import { Bench } from "./bench";

const PINS = { rs: "rs", en: "en", data: ["d7", "d6", "d5", "d4"], light: "light" };

function make(options: { columns?: number } = {}) {
  const bench = new Bench();
  const chip = bench.add(model(bench.world, { ...PINS, ...options }));
  bench.wait(0.1);
  const display = hd44780(bench.io, { ...PINS, ...options }, bench.system as System);
  return { bench, chip, display };
}

test("shows text, and the next one in its place; dark in between, backlight and all", () => {
  const { chip, display } = make();
  expect([chip.text(), chip.lit]).toEqual(["", false]);
  for (const text of ["SEt", "432112344321123", "-", "FrEE", "0"]) {
    display.show(text);
    expect([chip.text(), chip.lit]).toEqual([text, true]);
  }
  display.show("");
  expect([chip.text(), chip.lit]).toEqual(["", false]);
  display.show("7");
  expect([chip.text(), chip.lit]).toEqual(["7", true]);
  expect(chip.missed).toBe(0);
});

test("goes on in the second line, and shows the end of what is too long for both", () => {
  const { chip, display } = make({ columns: 8 });
  display.show("432112344321123");
  expect(chip.text()).toBe("432112344321123");
  display.show("12");
  expect(chip.text()).toBe("12");
  display.show("abcdefghijklmnopqrst");
  expect(chip.text()).toBe("efghijklmnopqrst");
});

test("is in step again at the next text, whatever a spark or a dip of the supply made of the chip", () => {
  const { bench, chip, display } = make();
  display.show("12");
  // Half a byte too much.
  bench.io.write("en", 1);
  bench.io.write("en", 0);
  display.show("");
  display.show("34");
  expect(chip.text()).toBe("34");
  chip.power!(false);
  chip.power!(true);
  bench.wait(0.1);
  display.show("");
  display.show("56");
  expect(chip.text()).toBe("56");
});

test("takes less than ten milliseconds, waits included", () => {
  const { bench, display } = make();
  for (const text of ["432112344321123", "", "1"]) {
    const start = bench.world.now;
    display.show(text);
    expect(bench.world.now - start).toBeLessThan(10);
  }
});
