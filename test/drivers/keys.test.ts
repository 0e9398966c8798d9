import { keys as model } from "../../bench/parts/keys";
import { keys } from "../../hal/drivers/keys";
import type { System } from "../../hal/hal";
import { Bench } from "./bench";

const PINS = ["k1", "k2", "k3", "k4"];

describe.each([false, true])("four keys, active high: %s", (activeHigh) => {
  const make = () => {
    const bench = new Bench();
    const pad = bench.add(model(bench.world, { pins: PINS, activeHigh }));
    const keypad = keys(bench.io, { pins: PINS, activeHigh }, bench.system as System);
    const heard: string[] = [];
    const start = () => keypad.start((key, held) => heard.push(held ? `${key}!` : key));
    const press = (key: string, seconds = 0.08) => {
      pad.down(key);
      bench.wait(seconds);
      pad.up(key);
      bench.wait(0.08);
    };
    return { bench, pad, keypad, heard, start, press };
  };

  test("tells a press once, when the finger leaves", () => {
    const { bench, pad, heard, start, press } = make();
    start();
    pad.down("3");
    bench.wait(0.5);
    expect(heard).toEqual([]);
    pad.up("3");
    bench.wait(0.08);
    expect(heard.splice(0)).toEqual(["3"]);
    for (const key of "1234") press(key);
    expect(heard.join("")).toBe("1234");
  });

  test.each(["1", "2", "3", "4"])(
    "key %s is # when it is held, and # held after another second, and then nothing",
    (key) => {
      const { heard, start, press } = make();
      start();
      press(key, 1.5);
      expect(heard.splice(0)).toEqual(["#"]);
      press(key, 10);
      expect(heard.splice(0)).toEqual(["#", "#!"]);
    },
  );

  test("a contact that opens for a moment does not end a press", () => {
    const { bench, pad, heard, start } = make();
    start();
    pad.bounce = false;
    pad.down("2");
    bench.wait(0.1);
    pad.up("2");
    bench.wait(0.015);
    pad.down("2");
    bench.wait(0.1);
    pad.up("2");
    bench.wait(0.1);
    expect(heard).toEqual(["2"]);
  });

  test("a touch shorter than two looks is none", () => {
    const { heard, start, press } = make();
    start();
    press("1", 0.015);
    expect(heard).toEqual([]);
  });

  test("at rest no timer runs, and it is alive; also when a key was down at the start", () => {
    const { bench, pad, keypad, heard, start } = make();
    pad.down("4");
    bench.wait(0.1);
    start();
    expect([bench.timers, keypad.isAlive()]).toEqual([1, true]);
    bench.wait(0.1);
    pad.up("4");
    bench.wait(1);
    expect(heard).toEqual(["4"]);
    expect([bench.timers, keypad.isAlive()]).toEqual([0, true]);
  });

  test("goes on with a key that is stuck, at once", () => {
    const { bench, pad, heard, start, press } = make();
    start();
    pad.stick("2");
    bench.wait(60);
    heard.length = 0;
    for (const key of "1341") press(key);
    expect(heard.join("")).toBe("1341");
    pad.stick("2", false);
    bench.wait(1);
    expect(heard.join("")).toBe("1341");
    expect(bench.timers).toBe(0);
  });
});
