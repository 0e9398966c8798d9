/** Tables and pictures of the boards: made from the JSON, the same every time, and committed as they are made now. */
import type { Board } from "../../boards/board";
import { boardNames, readBoard } from "../../build/boards";
import { BUILDS } from "../../build/chips";
import { made, stale } from "../../build/docs";
import { ledOut, OUTLINES, pad } from "../../build/docs/outlines";
import { boardPage, pinDiagram, purpose, wiringTable } from "../../build/docs/wiring";
import { uses } from "../../build/rules-boards";
import { words } from "./picture";

test("what is committed is what npm run docs makes now, and makes again", () => {
  expect(stale()).toEqual([]);
  expect(made()).toEqual(made());
});

describe.each(boardNames())("%s", (name) => {
  const board = readBoard(name);

  test("every pin of the JSON is in the table once, with its pad, and in the picture", () => {
    const lines = wiringTable(board).split("\n").slice(2);
    const picture = words(pinDiagram(board));
    expect(lines).toHaveLength(uses(board).length);
    for (const use of uses(board)) {
      const [line, ...more] = lines.filter((one) => one.startsWith(`| ${use.pin} `));
      expect(more).toEqual([]);
      expect(line).toContain(purpose(board, use).says);
      expect(picture).toContain(use.pin);
      const number = pad(board.espruino, use.pin);
      if (number) expect(line).toMatch(new RegExp(`^\\| ${use.pin} +\\| ${number} `));
    }
    // No option that names a pin goes without words of its own.
    expect(lines.join()).not.toMatch(/undefined|#/);
  });

  test("its page says that it was not tried on hardware", () => {
    expect(boardPage(board)).toMatch(/^Not tried on hardware\./m);
    expect(boardPage({ ...board, tested: "the keypad" })).toContain("Tried on hardware: the keypad.");
  });
});

test("a pin that moves in the JSON moves in the table and in the picture", () => {
  const board = readBoard("esp32");
  const moved: Board = { ...board, parts: { ...board.parts, buzzer: { driver: "buzzer", pin: "D12" } } };
  expect(wiringTable(moved)).toMatch(/^\| D12 +\| 14 +\| buzzer .*has to be low at reset/m);
  expect(wiringTable(moved)).not.toMatch(/^\| D33 /m);
  expect(pinDiagram(moved)).not.toBe(pinDiagram(board));
});

describe("outlines", () => {
  test.each(Object.entries(OUTLINES))("%s has the pins of its build, each once", (build, outline) => {
    const { left = [], right = [], top = [], bottom = [], inside = [] } = outline;
    const pads = [left, right, top, bottom, inside].flat().filter((name) => /^[A-Z]\d+$/.test(name));
    const { pins, taken } = BUILDS[build];
    for (const pin of pads) expect([...pins, ...Object.keys(taken)]).toContain(pin);
    // Pixl.js has I2C at both of its edges.
    const twice = pads.filter((pin, i) => pads.indexOf(pin) !== i);
    expect(twice.sort()).toEqual(build === "PIXLJS" ? ["A4", "A5"] : []);
  });

  test("pads are numbered around the module", () => {
    const numbers = (build: string, ...names: string[]) => names.map((pin) => pad(build, pin));
    expect(numbers("ESP32", "D36", "D13", "D2", "D0", "D23")).toEqual(["4", "16", "24", "25", "37"]);
    expect(numbers("ESP32C3_IDF4", "D4", "D10", "D0")).toEqual(["3", "10", "18"]);
    expect(numbers("RP2040_PICO", "D0", "D15", "D16", "D28")).toEqual(["1", "20", "21", "34"]);
    expect(numbers("PUCKJS", "D1")).toEqual([undefined]);
    expect(ledOut("PUCKJS", "D24")).toBe(true);
    expect(ledOut("PUCKJS", "D4")).toBe(false);
  });
});
