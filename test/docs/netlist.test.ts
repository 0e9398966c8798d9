/** The reference designs: their netlists by themselves, held to the boards' JSON, and drawn. */
import type { Board } from "../../boards/board";
import { readBoard } from "../../build/boards";
import { filled } from "../../build/docs";
import {
  billOfMaterials,
  DESIGNS,
  ends,
  isSupply,
  type Netlist,
  type Part,
  readNetlist,
} from "../../build/docs/netlist";
import { disagreements, looseEnds, ohms } from "../../build/docs/netlist-check";
import { endsOnSheet, schematic, WIRE } from "../../build/docs/schematic";
import { words } from "./picture";

const ABOUT = { version: "0.1.0", tested: false } as const;
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));
/** A netlist with something changed in one of its parts. */
function change(name: string, ref: string, how: (part: Part) => void): Netlist {
  const netlist = copy(readNetlist(name));
  how(netlist.groups.map(({ parts }) => parts[ref]).find(Boolean)!);
  return netlist;
}
/** A pin of a box, wired elsewhere. */
const rewire = (from: string, to: string) => (part: Part) => {
  for (const side of ["left", "right", "top", "bottom"] as const)
    part[side] = part[side]?.map((words) => (words === from ? to : words));
};

describe.each(DESIGNS)("%s", (name) => {
  const netlist = readNetlist(name);

  test("the netlist has no loose ends, and agrees with the board's JSON", () => {
    expect(looseEnds(netlist)).toEqual([]);
    expect(disagreements(netlist, readBoard(name))).toEqual([]);
  });

  test("the drawing shows every part, its value, every net that has a label, and that nobody tried it", () => {
    const shown = words(schematic(netlist, ABOUT));
    for (const [ref, part] of netlist.groups.flatMap(({ parts }) => Object.entries(parts)))
      expect(shown.some((text) => text === ref || text === `${ref}  ${part.item}`)).toBe(true);
    expect(shown).toContain("Not tried on hardware");
    expect(words(schematic(netlist, { ...ABOUT, tested: "the keypad" }))).toContain("Tried on hardware: the keypad");
    const groups = (net: string) =>
      new Set(
        ends(netlist)
          .filter((end) => end.net === net)
          .map(({ group }) => group),
      ).size;
    for (const { net } of ends(netlist))
      if (net !== "-" && net !== "GND" && (groups(net) > 1 || isSupply(net))) expect(shown).toContain(net);
  });

  test("what its wires join is what the netlist joins, and nothing else", () => {
    const svg = schematic(netlist, ABOUT);
    const lines = [...svg.matchAll(/<path d="([^"]*)"[^>]*stroke="(#\w+)"/g)].filter(([, , stroke]) => stroke === WIRE);
    const parts = lines.flatMap(([, d]) => {
      const points = d
        .split(/[ML]/)
        .filter(Boolean)
        .map((point) => point.trim().split(" ").map(Number));
      return points.slice(1).map((to, i) => [points[i], to]);
    });
    const on = ([x, y]: number[], [[ax, ay], [bx, by]]: number[][]) =>
      Math.min(ax, bx) <= x && x <= Math.max(ax, bx) && Math.min(ay, by) <= y && y <= Math.max(ay, by);
    // Wires are joined where one of them ends; where they cross, they are not.
    const root = parts.map((_, i) => i);
    const find = (i: number): number => (root[i] === i ? i : find(root[i]));
    parts.forEach((a, i) => {
      parts.forEach((b, j) => {
        if (a.some((point) => on(point, b))) root[find(i)] = find(j);
      });
    });
    const wireAt = (point: number[]) => {
      const i = parts.findIndex((part) => on(point, part));
      return i < 0 ? undefined : find(i);
    };
    const placed = endsOnSheet(netlist).map((end) => ({ ...end, wire: wireAt(end.at) }));
    const nets = new Map<number, string>();
    for (const { ref, pin, net, wire } of placed) {
      if (wire === undefined) continue;
      expect(`${ref} ${pin} ${nets.get(wire) ?? net}`).toBe(`${ref} ${pin} ${net}`);
      nets.set(wire, net);
    }
    for (const { net, group, wire, at } of placed) {
      if (net === "-" || isSupply(net)) continue;
      for (const other of placed)
        if (other.net === net && other.group === group && (other.wire !== wire || wire === undefined))
          // A pin alone in its group has its label and no wire; pins that end at one point need none either.
          expect(`${net}: ${other.ref} ${other.pin} ${other.at}`).toBe(
            `${net}: ${other.ref} ${other.pin} ${wire === undefined ? at : "is not joined"}`,
          );
    }
  });

  test("the bill has every part once", () => {
    const lines = billOfMaterials(netlist).split("\n").slice(2);
    const refs = lines.flatMap((line) => line.split("|")[1].trim().split(" "));
    expect(refs.sort()).toEqual(netlist.groups.flatMap(({ parts }) => Object.keys(parts)).sort());
    for (const line of lines) expect(line).not.toContain("undefined");
  });
});

describe("a netlist that does not agree with the board", () => {
  const board = (name: string, how: (board: any) => void): Board => {
    const changed = copy(readBoard(name));
    how(changed);
    return changed;
  };
  const ESP32 = readBoard("esp32");
  const PUCK = readBoard("puckjs");

  const WRONG: [what: string, netlist: Netlist, board: Board, says: string][] = [
    [
      "a wire at another pin",
      change("esp32", "U3", rewire("D32 8 LOAD", "D12 14 LOAD")),
      ESP32,
      "D32 (parts.output.pin): there is no resistor of 10k to GND",
    ],
    [
      "a pin that the JSON does not use",
      readNetlist("esp32"),
      board("esp32", ({ parts }) => void delete parts.modem.supply),
      "D12: it is wired to MODEM_ON, and the board's JSON does not use it",
    ],
    ["a wrong pad", change("esp32", "U3", rewire("D32 8 LOAD", "D32 9 LOAD")), ESP32, "D32: it is pad 8, not 9"],
    [
      "two rows for one another",
      readNetlist("esp32"),
      board("esp32", ({ parts }) => parts.keypad.rows.reverse()),
      "D14 (parts.keypad.rows[0]): there is no R1 of the keypad",
    ],
    [
      "another pull-down",
      change("esp32", "R7", (part) => void (part.item = "100k")),
      ESP32,
      "D32 (parts.output.pin): R7 1 does not belong there",
    ],
    [
      "a pull-down that pulls up",
      change("esp32", "R7", (part) => void (part.nets!["2"] = "+3V3")),
      ESP32,
      "there is no resistor of 10k to GND",
    ],
    [
      "a transistor that does not pull the gate",
      change("esp32", "R6", (part) => void (part.nets!["1"] = "OUT")),
      ESP32,
      "D32 (parts.output.pin): there is no gate of an N-MOSFET",
    ],
    [
      "a gate that nothing holds off",
      change("esp32", "R5", (part) => void (part.item = "47k")),
      ESP32,
      "there is no gate of an N-MOSFET",
    ],
    [
      "something else on a pin",
      change("esp32", "C19", (part) => void (part.nets!["1"] = "SENSE")),
      ESP32,
      "D35 (parts.output.sense): C19 1 does not belong there",
    ],
    [
      "a divider too low for the pin",
      change("esp32", "R9", (part) => void (part.item = "10k")),
      ESP32,
      "10.5 V at the output make 1.84 V at D35, which is no high level",
    ],
    [
      "another divider than the JSON's",
      readNetlist("esp32"),
      board("esp32", ({ parts }) => void (parts.battery.bottom = 27000)),
      "D34 (parts.battery.pin): there is no resistor of 27000 to GND",
    ],
    [
      "no pull-up",
      readNetlist("esp32"),
      board("esp32", ({ i2c }) => void (i2c.circuit.pullups = "2.2k")),
      "D22 (i2c.scl): there is no resistor of 2.2k to +3V3",
    ],
    [
      "a chip that is not on the bus",
      change("esp32", "U4", rewire("SCL 5 SCL", "SCL 5 CLK")),
      ESP32,
      "D22 (i2c.scl): there is no SCL of the panel",
    ],
    [
      "a chip at another address",
      change("esp32", "U6", rewire("A0 1 GND", "A0 1 +3V3")),
      ESP32,
      "memory: its pins make the address 81, and the JSON says 80",
    ],
    [
      "another chip",
      change("esp32", "U6", (part) => void (part.item = "AT24C512C")),
      ESP32,
      "memory: AT24C512C is not what the JSON says",
    ],
    [
      "no cell",
      change("esp32", "BT1", (part) => void (part.nets!["+"] = "+3V3")),
      ESP32,
      "rtc: there is no CR2032 at VBAT",
    ],
    [
      "another shunt",
      readNetlist("esp32"),
      board("esp32", ({ parts }) => void (parts.panel.shunt = 10)),
      "panel: there is no shunt of 10 mOhm",
    ],
    [
      "a lamp the wrong way round",
      change("esp32", "D10", (part) => void (part.nets = { K: "LR", A: "RED" })),
      ESP32,
      "D5 (parts.red.pin): there is no lamp from the supply",
    ],
    [
      "a lamp that is no longer active low",
      readNetlist("esp32"),
      board("esp32", ({ parts }) => void (parts.red.activeLow = false)),
      "D5 (parts.red.pin): there is no resistor to a lamp to GND",
    ],
    [
      "a buzzer without its diode",
      change("esp32", "D11", (part) => void (part.nets!.A = "LR")),
      ESP32,
      "D33 (parts.buzzer.pin): there is no resistor to the base of an NPN under the buzzer and its diode",
    ],
    [
      "modem wires crossed",
      change(
        "esp32",
        "M1",
        (part) =>
          void (part.left = part.left!.map((one) =>
            one.replace("RXD - RXD", "RXD - TXD").replace("TXD - TXD", "TXD - RXD"),
          )),
      ),
      ESP32,
      "there is no RXD of the modem, through a level shifter",
    ],
    [
      "a modem whose supply is not switched",
      change("esp32", "M1", rewire("VBAT - +3V9M", "VBAT - +3V9")),
      ESP32,
      "D12 (parts.modem.supply): there is no gate of an N-MOSFET",
    ],
    [
      "a modem's supply that a pull-up inside switches on",
      change("esp32", "R29", (part) => void (part.item = "47k")),
      ESP32,
      "D12 (parts.modem.supply): there is no resistor of 4.7k to GND",
    ],
    [
      "no alarm at the clock",
      change("esp32", "U5", rewire("~INT 3 ALARM", "~INT 3 -")),
      ESP32,
      "D39 (reserved.D39): there is no ~INT of the rtc",
    ],
    [
      "a chip at another supply",
      change("esp32", "U5", rewire("VCC 2 +3V3", "VCC 2 +3V9")),
      ESP32,
      "U5 VCC: it is at +3V9, and not at +3V3",
    ],
    [
      "a pin that has to be grounded",
      change("puckjs", "U2", rewire("D29 - GND", "D29 - -")),
      PUCK,
      "D29 (reserved.D29): it has to be at GND",
    ],
    [
      "expander lines for one another",
      change("puckjs", "U5", rewire("P3 7 ROW1", "P3 7 ROW2")),
      PUCK,
      "keypad: P3 of the expander has no R1 of the keypad",
    ],
    [
      "a part that the JSON has, and the design not",
      readNetlist("puckjs"),
      board("puckjs", ({ parts }) => void (parts.display = { driver: "tm1637", clk: "D3", dio: "D23" })),
      "D3 (parts.display.clk): there is no CLK of the display",
    ],
    [
      "a driver that nobody has described",
      readNetlist("puckjs"),
      board("puckjs", ({ parts }) => void (parts.display = { driver: "max7219", cs: "D3" })),
      "D3 (parts.display.cs): build/docs/netlist-check.ts does not know what belongs there",
    ],
  ];

  test.each(WRONG)("%s", (_, netlist, onBoard, says) => {
    expect(disagreements(netlist, onBoard)).toEqual(expect.arrayContaining([expect.stringContaining(says)]));
  });
});

test("a netlist with loose ends says which", () => {
  const wrong = change("esp32", "R7", (part) => void (part.nets!["2"] = "GRND"));
  wrong.items["9k1"] = wrong.items["10k"];
  wrong.groups[0].parts.R7 = { ...wrong.groups[0].parts.R1, item: "11k" };
  wrong.groups[0].parts.D1.is = "diac";
  wrong.groups[1].parts.C10.nets = { "1": "+3V9" };
  expect(looseEnds(wrong)).toEqual([
    'D1: there is no symbol "diac"',
    'R7: items has no "11k"',
    "C10: a capacitor has the pins 1, 2",
    "R7: there are two of it",
    'items: nothing uses "9k1"',
    "R7 2: GRND goes nowhere else",
  ]);
});

test("values as they are written on parts", () => {
  expect(["4.7k", "34k8", "10R", "0R1", "100", "1k"].map(ohms)).toEqual([4700, 34800, 10, 0.1, 100, 1000]);
  expect(ohms("22u")).toBeNaN();
});

test("a drawing without a way for a wire says which, and a mark without a table too", () => {
  const walled = change("esp32", "R4", (part) => void (part.at = [40, 12]));
  expect(() => schematic(walled, ABOUT)).toThrow(/move something/);
  expect(() => filled("<!-- rhyme of esp32: made by npm run docs -->\n<!-- end of rhyme -->")).toThrow(
    'no "rhyme" to make',
  );
});
