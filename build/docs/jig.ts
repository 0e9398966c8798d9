/** The jig's wires as people need them who solder one: a table, made from test/hil/jig/jigs.json. */
import { BUILDS } from "../chips";
import { KEYS, readJig } from "../jig";
import { OUTLINES, pad } from "./outlines";
import { table } from "./wiring";

/** Pins of the four switches of a 74HC4066: what closes each, and its two ends. */
const SWITCHES = [
  { enable: 13, ends: [1, 2] },
  { enable: 5, ends: [4, 3] },
  { enable: 6, ends: [8, 9] },
  { enable: 12, ends: [11, 10] },
];

/** The table of a jig's wires, in Markdown. */
export function jigTable(name: string): string {
  const { espruino, keys, power, green, red, output } = readJig(name);
  const { numbered } = OUTLINES[espruino];
  const lamp = "10k to the device's controller pin at that lamp, 100k to ground";
  const wires: [pin: string, what: string, soldered: string][] = [
    ...keys.map((pin, i): [string, string, string] => {
      const { enable, ends } = SWITCHES[i % SWITCHES.length];
      const chip = `U${Math.floor(i / SWITCHES.length) + 1}`;
      return [
        pin,
        `key ${KEYS[i]}`,
        `${chip} pin ${enable}, 10k to ground; ${chip} pins ${ends.join(" and ")} to the key`,
      ];
    }),
    [power, "the device's power", "1k to the base of Q1, 10k from base to ground; K1 in the supply's positive wire"],
    [green, "green lamp", lamp],
    [red, "red lamp", lamp],
    [output, "the device's output", "100k to the output, 22k and 100n to ground; 10k from the output to ground"],
  ];
  return table(
    ["pin", ...(numbered ? ["pad"] : []), "for", "soldered there", "mind"],
    wires.map(([pin, what, soldered]) => [
      pin,
      ...(numbered ? [pad(espruino, pin) ?? ""] : []),
      what,
      soldered,
      BUILDS[espruino].pulledUp.includes(pin) ? "pulled up inside from reset until the program runs" : "",
    ]),
  );
}
