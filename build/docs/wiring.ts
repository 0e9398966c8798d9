/** A board's JSON as people need it who solder: a table of its wires, a list of its parts, and a picture of its pins. */
import type { Board } from "../../boards/board";
import { BUILDS } from "../chips";
import { type Use, uses } from "../rules-boards";
import { ledOut, OUTLINES, pad } from "./outlines";
import { drawing, tag, text, widthOf } from "./svg";

/** Colours of the picture, by what a wire belongs to. */
const COLOURS = {
  output: "#b3261e",
  bus: "#1b5e9b",
  serial: "#00695c",
  person: "#6a3d9a",
  sensor: "#8a5a00",
  modem: "#00701a",
  reserved: "#5a6570",
  power: "#202124",
};
type Colour = keyof typeof COLOURS;

interface Word {
  says: string;
  colour: Colour;
}

/** What a pin is for, by "driver.option"; a `#` is the place in a list of pins, from 1 on. */
const WORDS: { [option: string]: [says: string, colour: Colour] } = {
  "loadswitch.pin": ["load enable", "output"],
  "loadswitch.sense": ["output sense", "output"],
  "i2c.scl": ["I2C clock (SCL)", "bus"],
  "i2c.sda": ["I2C data (SDA)", "bus"],
  "serial.tx": ["factory port, transmits", "serial"],
  "serial.rx": ["factory port, receives", "serial"],
  "matrix.rows": ["keypad row #", "person"],
  "matrix.columns": ["keypad column #", "person"],
  "pcf8574.interrupt": ["keypad expander, INT", "person"],
  "keys.pins": ["key #", "person"],
  "tm1637.clk": ["display, CLK", "person"],
  "tm1637.dio": ["display, DIO", "person"],
  "hd44780.rs": ["display, RS", "person"],
  "hd44780.en": ["display, E", "person"],
  "hd44780.light": ["display, backlight", "person"],
  "hd44780.data": ["display, D#", "person"],
  "led.pin": ["lamp", "person"],
  "buzzer.pin": ["buzzer", "person"],
  "divider.pin": ["voltage", "sensor"],
  "modem.tx": ["modem, its RXD", "modem"],
  "modem.rx": ["modem, its TXD", "modem"],
  "modem.key": ["modem, power key", "modem"],
  "modem.supply": ["modem, supply switch", "modem"],
  "modem.status": ["modem, STATUS", "modem"],
  "modem.dtr": ["modem, DTR", "modem"],
};

/** What the interpreter calls a part of the JSON and the option in it that names a pin: "parts.keypad.rows[1]" and so on. */
function option(board: Board, at: string): { part: any; role: string; name: string; index: number } {
  const [, section, role, name, index] = /^(?:(parts|planned)\.)?(\w+)(?:\.(\w+))?(?:\[(\d)\])?$/.exec(at)!;
  const part = section ? (board as any)[section][role] : (board as any)[role];
  return { part, role, name, index: Number(index ?? 0) };
}

/** What a use of a pin is for, in words, and the colour that it is drawn in. */
export function purpose(board: Board, use: Use): Word {
  if (use.at.startsWith("reserved.")) return { says: board.reserved![use.pin], colour: "reserved" };
  if (board.product && use.at.startsWith("product."))
    return { says: `product, ${use.at.split(".")[2]}`, colour: "person" };
  const { part, role, name, index } = option(board, use.at);
  const driver = part.driver ?? role;
  const [says, colour] = WORDS[`${driver}.${name}`] ?? [`${role}, ${name}`, "reserved" as const];
  // The display's data lines are listed from D7 down.
  const number = `${driver}.${name}` === "hd44780.data" ? 7 - index : index + 1;
  const whose = /^(led|divider)$/.test(driver) ? `${role} ` : "";
  return { says: `${whose}${says.replace("#", String(number))}`, colour };
}

const REST = { 0: "low", 1: "high", any: "either", free: "open" };
const AS = { output: "output", input: "input", pulled: "input, pulled up inside", analog: "analogue input" };

/** What is soldered at a pin, as far as the JSON says so. */
function soldered(board: Board, use: Use): string {
  if (use.at.startsWith("reserved.")) return "";
  if (use.at.startsWith("product.")) return board.product?.note ?? "";
  const { part, name } = option(board, use.at);
  const circuit: { [name: string]: string } = part.circuit ?? {};
  const said =
    part.driver === "loadswitch"
      ? name === "sense"
        ? [circuit.sense]
        : [circuit.pulldown && `${circuit.pulldown} to ground`, circuit.switch]
      : part.driver === "divider"
        ? [`${part.top / 1000}k to the voltage, ${part.bottom / 1000}k to ground`]
        : part.driver === "modem"
          ? [
              name === "supply" && circuit.pulldown && `${circuit.pulldown} to ground`,
              circuit[name],
              (name === "tx" || name === "rx") && part.note,
            ]
          : part.driver === "led"
            ? [part.activeLow && "lights when low", circuit.series, part.note]
            : [circuit.pullups && `${circuit.pullups} to the supply`, circuit.pin, part.driver && part.note];
  return said.filter(Boolean).join("; ");
}

/** A table in Markdown. */
export const table = (head: string[], rows: string[][]): string => {
  const lines = [head, head.map(() => "-"), ...rows];
  const widths = head.map((_, i) => Math.max(3, ...lines.map((line) => line[i].length)));
  return lines
    .map(
      (line, y) =>
        `| ${line.map((cell, i) => (y === 1 ? "-".repeat(widths[i]) : cell.padEnd(widths[i]))).join(" | ")} |`,
    )
    .join("\n");
};

/** Pins in the order that people look them up in: letter, then number. */
const order = (a: Use, b: Use) => a.pin[0].localeCompare(b.pin[0]) || Number(a.pin.slice(1)) - Number(b.pin.slice(1));

/** The table of a board's wires, in Markdown. */
export function wiringTable(board: Board): string {
  const { straps, pulledUp } = BUILDS[board.espruino];
  const numbered = OUTLINES[board.espruino].numbered;
  const rows = uses(board)
    .sort(order)
    .map((use) => {
      const { pin, at, as, rest } = use;
      const reserved = at.startsWith("reserved.");
      const notes = [
        straps[pin] && `has to be ${straps[pin].level ? "high" : "low"} at reset, or ${straps[pin].otherwise}`,
        pulledUp.includes(pin) && "pulled up from reset until the program runs",
      ];
      return [
        pin,
        ...(numbered ? [pad(board.espruino, pin) ?? ""] : []),
        purpose(board, use).says + (at.startsWith("planned.") ? " (planned)" : ""),
        reserved ? "" : AS[as],
        reserved ? "" : REST[rest],
        [soldered(board, use), ...notes].filter(Boolean).join("; "),
      ];
    });
  return table(
    ["pin", ...(numbered ? ["pad"] : []), "for", "the controller's", "level at reset", "soldered there; mind"],
    rows,
  );
}

const hex = (n: number) => `0x${n.toString(16).toUpperCase().padStart(2, "0")}`;
/** Options that say nothing about a part's wires, or that the table of wires has. */
const ELSEWHERE = ["driver", "circuit", "note", "pin", "sense", "address"];

/** The list of a board's parts, in Markdown. */
export function partsTable(board: Board): string {
  const rows = [...Object.entries<any>(board.parts), ...Object.entries<any>(board.planned ?? {})].map(
    ([role, part]) => {
      const rest = Object.entries(part).filter(
        ([name, value]) => !ELSEWHERE.includes(name) && !/^[A-Z]\d+(,|$)/.test(String(value)),
      );
      return [
        role + (board.parts[role] ? "" : " (planned)"),
        `\`${part.driver}\``,
        part.address === undefined ? "" : hex(part.address),
        rest.map(([name, value]) => `${name} ${name === "position" ? hex(value as number) : value}`).join(", "),
        [...Object.entries<string>(part.circuit ?? {}).map(([name, value]) => `${name}: ${value}`), part.note]
          .filter(Boolean)
          .join("; "),
      ];
    },
  );
  return table(["part", "driver", "on I2C at", "options", "circuit, notes"], rows);
}

/** Pixels between two pins, and around everything. */
const PITCH = 22;
const MARGIN = 16;
const SIZE = 12;
/** Of a pad's name. */
const BOX = 40;
const INK = "#202124";
const GREY = "#5a6570";
const POWER = /^(GND|AGND|3V3|3V|5V|VIN|VSYS|VBUS|VUSB)$/;

/** The picture of a board's pins, seen from above, as SVG. */
export function pinDiagram(board: Board): string {
  const outline = OUTLINES[board.espruino];
  const { left = [], right = [], top = [], bottom = [], inside = [] } = outline;
  const found = new Map(uses(board).map((use) => [use.pin, use]));
  const word = (pin: string): Word => {
    const use = found.get(pin);
    if (!use) return { says: "", colour: POWER.test(pin) ? "power" : "reserved" };
    const { says, colour } = purpose(board, use);
    const short = use.at.startsWith("reserved.") ? says.replace(/[,:].*/, "") : says;
    return { says: short + (use.at.startsWith("planned.") ? " *" : ""), colour };
  };
  const longest = (pins: string[]) => Math.max(0, ...pins.map((pin) => widthOf(word(pin).says, SIZE) + 20));

  // Pads inside and uses without a pad are named in the middle.
  const middle = [...inside, ...[...found.keys()].filter((pin) => !ledOut(board.espruino, pin)).sort()];
  const list = longest(middle) + BOX;
  const rows = Math.max(left.length, right.length) * PITCH;
  const deep = (side: string[]) => (side.length ? BOX + (outline.numbered ? 24 : 10) : 12);
  const width = Math.max(Math.max(top.length, bottom.length) * PITCH + 24, list + deep(left) + deep(right) + 40);
  const height = Math.max(rows, middle.length * PITCH + 50) + deep(top) + deep(bottom);
  const x = MARGIN + longest(left);
  const y = MARGIN + 44 + longest(top);

  const body: string[] = [
    text(MARGIN, MARGIN + 16, `${board.name}: ${outline.what}`, { "font-size": 16, "font-weight": "bold", fill: INK }),
    text(MARGIN, MARGIN + 34, `seen from above, up: ${outline.up}${board.planned ? "; * planned" : ""}`, {
      "font-size": SIZE,
      fill: GREY,
    }),
    tag("rect", { x, y, width, height, rx: 10, fill: "#f4f1e8", stroke: INK, "stroke-width": 1.5 }),
  ];
  /** A pad's name in a box, its middle at a point. */
  const box = (name: string, px: number, py: number, rx: number) => {
    const { says, colour } = word(name);
    const used = !!says || colour === "power";
    const fill = used ? COLOURS[colour] : "#ffffff";
    return (
      tag("rect", { x: px - BOX / 2, y: py - 9, width: BOX, height: 18, rx, fill, stroke: used ? fill : "#b5bac0" }) +
      text(px, py + 4, name, {
        "text-anchor": "middle",
        "font-size": name.length > 5 ? 7 : 11,
        fill: used ? "#ffffff" : GREY,
      })
    );
  };
  /** Pads along an edge; `out` is -1 where the words are left of the pad, or below it. */
  const edge = (
    side: string[],
    turned: boolean,
    out: 1 | -1,
    at: number,
    from: number,
    number: (i: number) => number,
  ) => {
    side.forEach((name, i) => {
      if (!name) return;
      const along = from + i * PITCH;
      const { says, colour } = word(name);
      const [px, py] = turned ? [along, at] : [at, along];
      const anchor = out > 0 ? "start" : "end";
      body.push(
        `<g transform="translate(${Math.round(px)} ${Math.round(py)})${turned ? " rotate(-90)" : ""}">` +
          box(name, -out * (BOX / 2 + 3), 0, 4) +
          (outline.numbered
            ? text(-out * (BOX + 8), 4, String(number(i)), {
                "text-anchor": out > 0 ? "end" : "start",
                "font-size": 9,
                fill: GREY,
              })
            : "") +
          (says ? text(out * 8, 4, says, { "text-anchor": anchor, "font-size": SIZE, fill: COLOURS[colour] }) : "") +
          "</g>",
      );
    });
  };
  const half = PITCH / 2;
  const upright = y + deep(top) + (height - deep(top) - deep(bottom)) / 2 + half;
  const level = x + width / 2 + half;
  const last = left.length + bottom.length + right.length;
  edge(left, false, -1, x, upright - left.length * half, (i) => i + 1);
  edge(right, false, 1, x + width, upright - right.length * half, (i) => last - i);
  edge(top, true, 1, y, level - top.length * half, (i) => i + 1);
  edge(bottom, true, -1, y + height, level - bottom.length * half, (i) => left.length + i + 1);

  const start = x + deep(left) + (width - deep(left) - deep(right) - list) / 2;
  const first = upright - middle.length * half + half / 2;
  const caption = [inside.length ? "pads inside" : "", middle.length > inside.length ? "on the board" : ""];
  if (middle.length)
    body.push(text(start, first - PITCH, caption.filter(Boolean).join(", "), { "font-size": 11, fill: GREY }));
  middle.forEach((name, i) => {
    const { says, colour } = word(name);
    body.push(
      box(name, start + BOX / 2, first + i * PITCH, 9),
      text(start + BOX + 8, first + i * PITCH + 4, says, { "font-size": SIZE, fill: COLOURS[colour] }),
    );
  });
  return drawing(
    x + width + longest(right) + MARGIN,
    y + height + longest(bottom) + MARGIN,
    `Pins of ${board.title}, and what each is for`,
    "",
    body,
  );
}

/** The page of a board, in Markdown. */
export function boardPage(board: Board): string {
  const { name, title, espruino, limits, budget, map, notes = [], serial, i2c, tested } = board;
  const { chip, console } = BUILDS[espruino];
  const room = table(
    ["what", "figure"],
    [
      [
        "interpreter",
        `${limits.variables} variables, ${limits.storage / 1024} KB of Storage from ${hex(map.storage)} on`,
      ],
      ["bundle", `at most ${budget.bytes} bytes`],
      ["variables", `at most ${budget.idle} at rest, ${budget.peak} at the peak`],
      ...(map.free ? [["flash left free", `${map.free.bytes / 1024} KB from ${hex(map.free.position)} on`]] : []),
    ],
  );
  return `<!-- Made from boards/${name}.json by npm run docs. -->

# ${name}: ${title}

${tested ? `Tried on hardware: ${tested}.` : "Not tried on hardware."} Espruino's build ${espruino}, on an ${chip}.

![Pins of ${name}](${name}.svg)

## Wires

${wiringTable(board)}

"Level at reset" is what the circuit gives the pin while the chip starts; "open" is none. The factory port is \`${serial.port}\` at ${serial.baud} baud,
I2C is \`${i2c.port}\` at ${i2c.bitrate / 1000} kHz${i2c.circuit?.pullups ? `, with pull-ups: ${i2c.circuit.pullups}` : ""}. Until the program runs, Espruino's console may be at ${console.tx} and ${console.rx}.

## Parts

${partsTable(board)}

## Room

${room}
${notes.length ? `\n## Notes\n\n${notes.map((note) => `- ${note}`).join("\n")}\n` : ""}`;
}
