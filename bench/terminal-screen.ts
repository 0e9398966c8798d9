/** What the terminal device looks like: a pure function of what is seen from outside the board. */
import type { State } from "./board";
import type { Modem } from "./parts/modem/modem";
import { airWords } from "./web/words";

export const COLUMNS = 80;
export const ROWS = 24;

/** Everything that is on the screen. */
export interface View {
  board: string;
  engine: string;
  state: State;
  /** Segments of each digit, left to right, as the display's model lights them; empty without a display of digits. */
  segments: number[];
  /** The keypad's keys, row by row. */
  keys: string;
  /** Keys that are down. */
  pressed: string;
  /** Whether the clock chip has its battery. */
  battery: boolean;
  /** Seconds of the world that a time jump still has to go. */
  travel: number;
  /** A token that the device would take now. */
  offer?: { token: string; about: string };
  /** The modem, where the board has one, and when the device reports next, as far as it told. */
  air?: Modem["view"];
  next?: number;
  /** What happened, or what was said on the modem's line. Newest last; `at` in Unix seconds. */
  log: { at: number; text: string; bad?: boolean }[];
  help: boolean;
}

type Cell = { ch: string; fg?: number; bg?: number };

// Colours of the xterm palette; text without one has the terminal's own.
const DIM = 244;
const BLACK = 16;
const YELLOW = 220;
const GREEN = 40;
const RED = 203;
const BLUE = 75;
const SEGMENT = 196;
const DARK_SEGMENT = 236;
const DISPLAY = 233;

const RIGHT = 37;

const HELP = [
  "*  starts a token; nine digits follow, and",
  "   the last one submits it.",
  "#  shows the days left. While you type it",
  "   takes back a digit (c: held, takes all).",
  "16 seconds without a key drop the entry.",
  "",
  "Green 2: taken. 1: used before. 3: counter",
  "in step. 5: unlocked. Red 10: wrong; entry",
  "closes for 1 minute, then 2, 4 and so on.",
  "Red 1: closed, L and the minutes left.",
  "Err1: no clock chip. Err2: no memory.",
  "",
  "Without battery and power the clock chip",
  "forgets the time. Space ends a time jump.",
];

/** Lit parts of a seven-segment digit, four wide and five high; bits of the segments that light each. */
const [A, B, C, D, E, F, G] = [1, 2, 4, 8, 16, 32, 64];
const PIXELS = [
  [A | F, A, A, A | B],
  [F, 0, 0, B],
  [E | F | G, G, G, B | C | G],
  [E, 0, 0, C],
  [D | E, D, D, C | D],
  [0, 0, 0, 0],
];

/** Bars for a signal of 0 to 31, and the least that lights each. */
const BARS = ["▂", "▄", "▆", "█"];
const BAR = 8;

const clip = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** Date and time of Unix seconds, UTC. */
export function dateAndTime(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().slice(5, 25);
}

/** Seconds in words, to one unit. */
export function duration(seconds: number): string {
  const [n, unit] =
    seconds >= 86400 ? [seconds / 86400, "day"] : seconds >= 3600 ? [seconds / 3600, "hour"] : [seconds / 60, "minute"];
  return `${Math.ceil(n)} ${unit}${Math.ceil(n) === 1 ? "" : "s"}`;
}

/** The screen as a grid of cells. */
function draw(view: View): Cell[][] {
  const { state } = view;
  const cells: Cell[][] = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => ({ ch: " " })));
  const put = (row: number, column: number, text: string, fg?: number, bg?: number) => {
    [...text].forEach((ch, i) => {
      if (cells[row]?.[column + i]) cells[row][column + i] = { ch, fg, bg };
    });
  };
  const box = (row: number, column: number, width: number, height: number, fg?: number, bg?: number) => {
    put(row, column, `╭${"─".repeat(width - 2)}╮`, fg);
    for (let i = 1; i < height - 1; i++) {
      put(row + i, column, `│${" ".repeat(width - 2)}│`, fg);
      if (bg !== undefined) put(row + i, column + 1, " ".repeat(width - 2), fg, bg);
    }
    put(row + height - 1, column, `╰${"─".repeat(width - 2)}╯`, fg);
  };

  put(0, 2, "OpenPAYGO device");
  put(0, 20, `${view.board}, ${view.engine} engine`, DIM);
  const clock = `${dateAndTime(state.time)} UTC`;
  put(0, COLUMNS - 1 - clock.length, clock);
  if (view.travel) put(0, COLUMNS - 13 - clock.length, `▸▸ ${duration(view.travel)}`, YELLOW);

  // The device: display, lamps, keys.
  box(1, 1, 34, 20);
  box(2, 3, 30, 5, DIM, DISPLAY);
  view.segments.forEach((segments, digit) => {
    const left = 18 - Math.round(view.segments.length * 3) + digit * 6;
    PIXELS.forEach((line, y) => {
      if (y % 2) return;
      line.forEach((above, x) => {
        const below = PIXELS[y + 1][x];
        const [on, under] = [(segments & above) > 0, (segments & below) > 0];
        const ch = above && below ? (on === under ? "█" : on ? "▀" : "▄") : above ? "▀" : " ";
        const fg = on || under ? SEGMENT : DARK_SEGMENT;
        const bg = above && below && on !== under ? DARK_SEGMENT : DISPLAY;
        put(3 + y / 2, left + x + 1, ch, fg, bg);
      });
    });
    if (segments & 128) put(5, left + 5, "▀", SEGMENT, DISPLAY);
  });
  if (view.segments.length === 0) put(4, 18 - Math.floor(state.display.length / 2), state.display, SEGMENT, DISPLAY);
  Object.entries(state.leds).forEach(([name, lit], i) => {
    const colour = name === "red" ? SEGMENT : 46;
    put(7, 5 + i * 10, lit ? "●" : "○", lit ? colour : DIM);
    put(7, 7 + i * 10, name, lit ? undefined : DIM);
  });
  put(7, 24, state.buzzer ? `♪ ${state.buzzer} Hz` : "·", state.buzzer ? YELLOW : DIM);
  [...view.keys].forEach((key, i) => {
    const down = view.pressed.includes(key);
    const [row, column] = [8 + Math.floor(i / 3) * 3, 5 + (i % 3) * 10];
    box(row, column, 7, 3, down ? YELLOW : DIM, down ? YELLOW : undefined);
    put(row + 1, column + 1, `  ${key}  `, down ? BLACK : undefined, down ? YELLOW : undefined);
  });

  // The lamp that the device switches, and what a meter tells.
  const glow = state.load ? YELLOW : DIM;
  const fill = state.load ? "█" : " ";
  put(1, RIGHT + 4, "╭─────╮", glow);
  put(2, RIGHT + 4, `│${fill.repeat(5)}│`, glow);
  put(3, RIGHT + 4, `╰╮${fill.repeat(3)}╭╯`, glow);
  put(4, RIGHT + 5, "╞═══╡", DIM);
  put(5, RIGHT + 5, "╰───╯", DIM);
  if (state.load) {
    put(1, RIGHT + 1, "\\", glow);
    put(1, RIGHT + 13, "/", glow);
    put(2, RIGHT, "──", glow);
    put(2, RIGHT + 13, "──", glow);
    put(3, RIGHT + 1, "/", glow);
    put(3, RIGHT + 13, "\\", glow);
  }
  const { variables, flash } = state;
  const facts: [string, string, number?][] = [
    ["lamp", state.load ? "on" : "off", state.load ? YELLOW : undefined],
    ["power", state.powered ? "on" : "off", state.powered ? GREEN : RED],
    ["clock battery", view.battery ? "in" : "out", view.battery ? undefined : RED],
    ["EEPROM writes", `${state.memory.writes}`],
  ];
  if (flash) facts.push(["flash writes", `${flash.writes}`]);
  if (variables?.total) facts.push(["variables", `${variables.used}, top ${variables.peak}`]);
  facts.forEach(([name, value, fg], i) => {
    put(1 + i, RIGHT + 17, name, DIM);
    put(1 + i, Math.min(RIGHT + 31, COLUMNS - 1 - value.length), value, fg);
  });

  if (view.help) {
    HELP.forEach((line, i) => {
      put(7 + i, RIGHT, line);
    });
  } else {
    box(7, RIGHT, 42, 4, DIM);
    put(7, RIGHT + 2, " a token to type ", DIM);
    if (view.offer) {
      put(8, RIGHT + 3, `${view.keys.includes("*") ? "* " : ""}${view.offer.token.match(/.{3}/g)!.join(" ")}`, GREEN);
      put(9, RIGHT + 3, view.offer.about, DIM);
    } else put(8, RIGHT + 3, "none: the device does not answer", DIM);
    if (view.air) {
      const { air } = view;
      const registered = state.modem?.registered === true;
      BARS.forEach((bar, i) => {
        put(11, RIGHT + i, bar, registered && air.signal >= i * BAR ? GREEN : DIM);
      });
      const words = airWords(air, view.next, state.time).replace(/^The |\.$/g, "");
      put(11, RIGHT + 5, words, air.sim === "ready" && air.antenna ? undefined : RED);
    }
    const [lines, width] = [9, COLUMNS - RIGHT - 14];
    view.log.slice(-lines).forEach(({ at, text, bad }, i) => {
      put(12 + i, RIGHT, `${dateAndTime(at).slice(0, 6)} ${dateAndTime(at).slice(12, 17)}`, DIM);
      put(12 + i, RIGHT + 13, clip(text, width), bad ? RED : text.startsWith("‹") ? BLUE : undefined);
    });
  }

  const hints = (row: number, entries: string) => {
    let column = 2;
    for (const entry of entries.split(", ")) {
      const [keys, what] = entry.split("=");
      put(row, column, keys);
      put(row, column + keys.length + 1, what, DIM);
      column += keys.length + what.length + 3;
    }
  };
  if (view.air) {
    const sim = view.air.sim === "absent" ? "put the SIM back" : "pull the SIM";
    const antenna = view.air.antenna ? "take the antenna off" : "put the antenna on";
    hints(21, `i=${sim}, a=${antenna}, g=token by air, l=modem's line`);
  }
  hints(22, "0-9 * #=keys, n=types the token, t=another token, s=status, e=report, p=power");
  hints(23, "h=+1 hour, d=+1 day, w=+1 week, m=+30 days, r=clock battery, ?=help, q=quit");
  return cells;
}

/** The screen's lines, with the escape codes of an xterm for colours if they are wanted. */
export function render(view: View, colours = false): string[] {
  return draw(view).map((line) => {
    let text = "";
    let style = "";
    for (const { ch, fg, bg } of line) {
      const wanted = `${fg === undefined ? "" : `;38;5;${fg}`}${bg === undefined ? "" : `;48;5;${bg}`}`;
      if (colours && wanted !== style) text += `\x1b[0${wanted}m`;
      style = wanted;
      // What is dark on the real thing is seen by its colour only.
      text += !colours && fg === DARK_SEGMENT ? " " : ch;
    }
    return colours ? `${text}${style && "\x1b[0m"}` : text.trimEnd();
  });
}

/** A colour of the xterm palette, from 16 on. */
function rgb(colour: number): string {
  const levels =
    colour >= 232
      ? Array(3).fill(8 + (colour - 232) * 10)
      : [36, 6, 1].map((step) => [0, 95, 135, 175, 215, 255][Math.floor((colour - 16) / step) % 6]);
  return `#${levels.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}

/** Where the lines of a box character go from the middle of its cell, in half cells: right, down. */
const CORNERS: { [ch: string]: [number, number] } = { "╭": [1, 1], "╮": [-1, 1], "╰": [1, -1], "╯": [-1, -1] };
const DRAWN = "─│═╞╡█▀▄●○";

/** The screen as a picture. */
export function svg(view: View): string {
  const [w, h] = [9, 19];
  const shapes: string[] = [];
  const [backs, fronts]: { x: number; y: number; width: number; height: number; fill: string }[][] = [[], []];
  const rect = (list: typeof backs, x: number, y: number, width: number, height: number, fill: string) => {
    const before = list.find((r) => r.x + r.width === x && r.y === y && r.height === height && r.fill === fill);
    if (before) before.width += width;
    else list.push({ x, y, width, height, fill });
  };
  const isText = ({ ch }: Cell) => !(ch === " " || CORNERS[ch] || DRAWN.includes(ch));

  draw(view).forEach((line, row) => {
    line.forEach((cell, column) => {
      const { ch, fg, bg } = cell;
      const colour = fg === undefined ? "#d8dae0" : rgb(fg);
      const [x, y] = [14 + column * w, 14 + row * h];
      const [midX, midY] = [x + w / 2, y + h / 2];
      if (bg !== undefined) rect(backs, x, y, w, h, rgb(bg));
      if ("█▀".includes(ch)) rect(fronts, x, y, w, ch === "█" ? h : h / 2, colour);
      if (ch === "▄") rect(fronts, x, midY, w, h / 2, colour);
      if ("─═╞╡".includes(ch)) rect(fronts, x, midY - 0.6, w, 1.2, colour);
      if ("│╞╡".includes(ch)) rect(fronts, midX - 0.6, y, 1.2, h, colour);
      if ("●○".includes(ch)) {
        const fill = ch === "●" ? colour : "none";
        shapes.push(`<circle cx="${midX}" cy="${midY}" r="4.5" stroke="${colour}" fill="${fill}"/>`);
      }
      if (CORNERS[ch]) {
        const [right, down] = CORNERS[ch];
        const curve = `M${midX} ${midY + (down * h) / 2}Q${midX} ${midY} ${midX + (right * w) / 2} ${midY}`;
        shapes.push(`<path d="${curve}" fill="none" stroke="${colour}" stroke-width="1.2"/>`);
      }
      const before = line[column - 1];
      if (!isText(cell) || (before && isText(before) && before.fg === fg)) return;
      const end = line.findIndex((other, i) => i > column && !(isText(other) && other.fg === fg));
      const text = line
        .slice(column, end < 0 ? COLUMNS : end)
        .map((c) => c.ch.replace(/[&<>]/, (c) => `&#${c.charCodeAt(0)};`));
      shapes.push(
        `<text x="${x}" y="${y + 14}" fill="${colour}" textLength="${text.length * w}">${text.join("")}</text>`,
      );
    });
  });
  const [width, height] = [28 + COLUMNS * w, 28 + ROWS * h];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    "<title>The terminal device: display, keypad, lamp, clock and the token to type</title>",
    `<rect width="${width}" height="${height}" rx="10" fill="#15171c"/>`,
    `<g shape-rendering="crispEdges">`,
    ...[...backs, ...fronts].map(
      (r) => `<rect x="${r.x}" y="${r.y}" width="${r.width}" height="${r.height}" fill="${r.fill}"/>`,
    ),
    `</g><g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="15">`,
    ...shapes,
    "</g></svg>\n",
  ].join("\n");
}
