/**
 * `npm run wear`: how fast a board's memories wear out. The bundle runs on the virtual board for some weeks of a stated
 * usage, and what its memories saw is held against what such parts endure.
 */
import { Command, InvalidArgumentError } from "commander";
import { type Bundle, bundle } from "../build/bundle";
import { VirtualBoard } from "./board";
import { DEMO } from "./demo-unit";
import { encode } from "./encode";
import { nodeEngine } from "./engines/node";
import type { Part } from "./parts/part";
import { START } from "./session";

/** What people do with a device. */
export interface Usage {
  /** Days that are run. */
  days: number;
  /** Valid tokens a week, wrong ones a day, power cuts a day. */
  tokens: number;
  wrong: number;
  cuts: number;
}

/** More than most people do, day after day for ten years. */
export const USAGE: Usage = { days: 7, tokens: 3, wrong: 1, cuts: 4 };

/** What one memory of a board goes through. */
export interface Wear {
  part: string;
  driver: string;
  /** What wears it out. */
  of: string;
  /** On the cell, or the page, that sees the most of it. */
  perYear: number;
  /** What it endures by its data sheet. */
  endurance: number;
  /** Whether ten years are below a tenth of that. */
  holds: boolean;
}

/** The data sheets' least, by driver: AT24C256C at 25 degrees; nRF52832 (the ESP32's flash chip endures ten times as much). */
const ENDURANCE: { [driver: string]: { of: string; times: number } } = {
  at24: { of: "writes of a cell", times: 1_000_000 },
  flash: { of: "erases of a page", times: 10_000 },
};

/** Tokens that the unit has had: from then on it keeps all that it keeps. */
const AGE = 100;

const DAY = 86400;
const YEAR = 365.25 * DAY;

/** Runs a bundle as it is used, and says what each of its memories goes through. */
export function wear({ board: json, code }: Pick<Bundle, "board" | "code">, usage: Usage = USAGE): Wear[] {
  const board = new VirtualBoard(json, code, nodeEngine, START);
  const { world } = board;
  let answer = "";
  let count = AGE;
  let due = 0;
  board.onLine = (line) => {
    answer = line;
  };
  const ask = (line: string) => {
    answer = "";
    board.send(line);
    while (!answer) board.wait(0.1);
    return answer;
  };
  /** Enters a token as soon as entry is open. */
  const enter = (token: string, expected: string) => {
    const locked = /LOCKED;(\d+)/.exec(ask(`#TOKEN;${token}`));
    if (locked) {
      board.wait(Number(locked[1]) + 1);
      ask(`#TOKEN;${token}`);
    }
    if (!answer.includes(expected)) throw new Error(`${expected} was expected, and ${answer} came`);
  };
  // A server that takes every report.
  board.network = () => ({ status: 201, body: Buffer.from("{}") });
  board.on();
  if (ask(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key};${AGE}`) !== "#SETUP;OK") throw new Error(answer);

  const models = Object.entries<Part>(board.parts) as [string, { maxPerCell?: number; written?: readonly number[] }][];
  // What is written once, in the first day, is no wear.
  board.wait(DAY);
  const before = models.map(([, { maxPerCell = 0, written = [] }]) => ({ maxPerCell, written: written.slice() }));
  const start = world.now / 1000;
  // What is done in a day is spread over it; lockouts may make it a longer day.
  const parts = Math.max(usage.wrong, usage.cuts, 1);
  for (let day = 0; day < usage.days; day++) {
    for (due += usage.tokens / 7; due >= 1; due--) {
      const made = encode({ ...DEMO, restricted: board.fourKeys, kind: "add", value: 1, count });
      count = made.count;
      enter(made.token, ";VALID");
    }
    for (let part = 0; part < parts; part++) {
      board.wait(DAY / parts);
      if (part < usage.wrong) enter("123456780", "INVALID");
      if (part < usage.cuts) {
        board.cut();
        board.wait(10);
        board.on();
      }
    }
  }

  const years = (world.now / 1000 - start) / YEAR;
  const { table } = json.settings;
  return models.flatMap(([part, { maxPerCell, written }], i) => {
    const { driver, page } = (json.parts[part] ?? {}) as any;
    const known = ENDURANCE[driver];
    if (!known) return [];
    const row = (what: string, times: number): Wear => {
      const perYear = times / years;
      return { part: what, driver, of: known.of, perYear, endurance: known.times, holds: perYear * 100 < known.times };
    };
    if (!written) return [row(part, maxPerCell! - before[i].maxPerCell)];
    // The pages of a journal are written in turn, and those of a table; as each byte is written once between two erases,
    // the bytes tell more than a few erases do.
    const bytes = written.map((all, page) => all - before[i].written[page]);
    const region = (from: number, to: number) =>
      bytes.slice(from, to).reduce((sum, n) => sum + n, 0) / (to - from) / page;
    const at = table && Boolean(table.flash) === (part === "flash") ? table.position / page : bytes.length;
    const rows = [row(part, region(0, at))];
    if (at < bytes.length) rows.push(row(`${part}, table of codes`, region(at, bytes.length)));
    return rows;
  });
}

/** A number in two digits, never less than it is. */
function about(n: number): string {
  const unit = 10 ** Math.max(0, Math.ceil(Math.log10(n)) - 2);
  return String(Math.ceil(n / unit) * unit).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** The rows of a table: part, what wears it, in a year, in ten years, what it endures. */
function rows(wears: Wear[]): string[][] {
  return wears.map(({ part, driver, of, perYear, endurance }) => [
    `${part} (${driver})`,
    of,
    about(perYear),
    about(perYear * 10),
    about(endurance),
  ]);
}

const HEAD = ["part", "what wears it", "in a year", "in ten years", "endurance"];

function whole(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError("Give a whole number from 0 to 9999.");
  return Number(text);
}

async function main(argv: string[]): Promise<void> {
  const command = new Command("npm run wear --")
    .description("How fast the memories of a board wear out, from what the built bundle writes on the virtual board.")
    .argument("[board]", "a board of boards/", "esp32")
    .option("--tokens <n>", "valid tokens a week", whole, USAGE.tokens)
    .option("--wrong <n>", "wrong tokens a day", whole, USAGE.wrong)
    .option("--cuts <n>", "power cuts a day", whole, USAGE.cuts)
    .option("--days <n>", "days that are run", whole, USAGE.days)
    .parse(argv, { from: "user" });
  const usage = command.opts<Usage>();
  if (usage.days < 1) throw new Error("Let at least one day pass, as in: --days 7");
  const wears = wear(await bundle(command.args[0] ?? "esp32"), usage);
  const { days, tokens, wrong, cuts } = usage;
  console.log(`Tokens a week: ${tokens}, wrong ones a day: ${wrong}, power cuts a day: ${cuts}; days run: ${days}`);
  const table = [HEAD, ...rows(wears)];
  const widths = HEAD.map((_, i) => Math.max(...table.map((row) => row[i].length)));
  for (const row of table)
    console.log(row.map((text, i) => (i < 2 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  "));
  for (const { part, holds } of wears)
    if (!holds) {
      console.log(`${part} loses more than a tenth of its life in ten years`);
      process.exitCode = 1;
    }
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
