/** What becomes of a device whose program fails: an exception, memory that runs out, a loop that is stuck. */

import { existsSync } from "node:fs";
import { espruinoEngine } from "../bench/engines/espruino";
import { nodeEngine } from "../bench/engines/node";
import type { Matrix } from "../boards/board";
import { type Bundle, bundle } from "../build/bundle";
import { WATCHDOG } from "../hal/hal";
import { DAY, Desk } from "./store/desk";

const ENGINES = { node: nodeEngine, espruino: espruinoEngine };
/** The tick comes at least once a minute, and it alone kicks the watchdog. */
const LONGEST = WATCHDOG + 60;

describe.each(["node", "espruino"] as const)("on %s", (engine) => {
  const there = engine === "node" || existsSync(process.env.ESPRUINO ?? "");
  const runs = there ? test : test.skip;
  let built: Bundle;
  let desk: Desk;

  beforeAll(async () => {
    built = await bundle("esp32");
  });
  /** A device with a day of light, a part of which was used. */
  beforeEach(() => {
    if (!there) return;
    desk = new Desk(built, ENGINES[engine]);
    desk.setUp();
    expect(desk.enter(desk.token({ value: 1 }))).toBe(`VALID;${DAY}`);
    desk.board.wait(100);
    expect(desk.board.state().load).toBe(true);
  });
  afterEach(() => there && desk.end());

  /** It started anew by itself, `failures` were counted, and nothing is lost or won but the light of these moments. */
  const expectRestart = (seconds: number, failures: number) => {
    const { controller, parts, world, uncaught } = desk.board;
    const before = world.now;
    for (let s = 0; s < seconds && !controller.restarts; s++) desk.board.wait(1);
    expect(controller.restarts).toBe(1);
    desk.board.wait(2);
    expect(parts.output.changes.slice(-2).map(({ on }) => on)).toEqual([false, true]);
    uncaught.length = 0;
    const info = desk.info();
    expect(info).toMatchObject({ fault: "", restarts: 2, failures, clockLost: 0, memoryReplaced: 0 });
    const used = world.now / 1000 - (before / 1000 - 100);
    expect(Math.abs(DAY - used - info.credit)).toBeLessThan(5);
  };

  runs("an exception that nothing caught puts the light out and starts the device anew", () => {
    const { controller, parts } = desk.board;
    // Nothing arrives in a form that the factory port does not expect.
    (controller as any).deliver((controller as any).listeners.get(built.board.serial.port), undefined, false);
    expect(desk.board.uncaught).toHaveLength(1);
    expect(parts.output.on).toBe(false);
    expectRestart(1, 1);
  });

  /** Something in the middle of which the program hangs. */
  const stuck: { [loop: string]: (hang: () => void) => void } = {
    "the clock is read": (hang) => {
      desk.board.parts.rtc.read = () => {
        hang();
        return undefined;
      };
    },
    "the store is written": (hang) => {
      const { memory } = desk.board.parts;
      const write = memory.write!;
      memory.write = (bytes) => {
        if (bytes.length > 2) hang();
        return write(bytes);
      };
    },
    "the output is looked at": (hang) => {
      const { wires } = desk.board.world;
      const level = wires.level.bind(wires);
      wires.level = (net) => {
        if (net === built.board.parts.output.sense) hang();
        return level(net);
      };
    },
    "the keys are looked at": (hang) => {
      const { wires } = desk.board.world;
      const level = wires.level.bind(wires);
      wires.level = (net) => {
        if (net === (built.board.parts.keypad as Matrix).columns[0]) hang();
        return level(net);
      };
      desk.board.press("5");
    },
  };
  runs.each(Object.keys(stuck))("a program that hangs while %s is ended by the watchdog", (loop) => {
    const { controller, parts, world } = desk.board;
    const own = { read: parts.rtc.read, write: parts.memory.write };
    let hung = 0;
    stuck[loop](() => {
      hung++;
      controller.hang();
      // Whatever it was, the restart heals it.
      Object.assign(parts.rtc, { read: own.read });
      Object.assign(parts.memory, { write: own.write });
      Reflect.deleteProperty(world.wires, "level");
    });
    expectRestart(LONGEST, 0);
    expect(hung).toBe(1);
  });

  runs("a keypad that would not notice a press is a stuck one", () => {
    const { controller, parts } = desk.board;
    const watches: Map<number, () => void> = (controller as any).watches;
    for (const unwatch of watches.values()) unwatch();
    parts.keypad.down("5");
    expectRestart(LONGEST, 0);
    parts.keypad.up("5");
    desk.board.wait(1);
    const presses = desk.board.state().blinks.green;
    desk.board.press("*1");
    expect(desk.board.state().blinks.green).toBe(presses + 2);
  });

  runs("a boot that hangs gives no light, and is tried again", () => {
    const { controller, parts } = desk.board;
    const read = parts.rtc.read!;
    desk.off(5, () => {
      parts.rtc.read = (length) => {
        controller.hang();
        return read(length);
      };
    });
    for (let s = 0; s < 3 * WATCHDOG; s += 10) {
      desk.board.wait(10);
      expect(parts.output.on).toBe(false);
    }
    expect(controller.restarts).toBeGreaterThan(1);
    parts.rtc.read = read;
    desk.board.wait(WATCHDOG + 1);
    expect(parts.output.on).toBe(true);
  });

  if (engine === "espruino") {
    runs("memory that runs out in the middle of something puts the light out and starts the device anew", () => {
      desk.board.controller.exhaust(0);
      expect(desk.board.uncaught.join()).toContain("MEMORY");
      expect(desk.board.parts.output.on).toBe(false);
      expectRestart(1, 1);
    });

    runs("memory that runs out little by little does as well, at the latest by the watchdog", () => {
      const { controller, parts, uncaught } = desk.board;
      controller.exhaust(150);
      for (let s = 0; s < 61 && !uncaught.length; s++) desk.board.wait(1);
      expect(uncaught.join()).toContain("MEMORY");
      for (let s = 0; s < LONGEST && !controller.restarts; s++) desk.board.wait(1);
      desk.board.wait(2);
      uncaught.length = 0;
      // With so little left it may be that nobody could count it.
      expect(desk.info()).toMatchObject({ fault: "", restarts: 2, clockLost: 0, memoryReplaced: 0 });
      expect(controller.restarts).toBe(1);
      expect(parts.output.changes.slice(-2).map(({ on }) => on)).toEqual([false, true]);
    });
  }
});
