/**
 * `npm run size [-- BOARD…]`: what each source file puts into a board's bundle, in bytes, and how many of the interpreter's variables the bundle
 * takes, held to the budget in the board's JSON and compared with the last table in docs/measurements.md. The variables
 * need the interpreter that ESPRUINO names.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { decode } from "@jridgewell/sourcemap-codec";
import { Command } from "commander";
import type { State } from "../bench/board";
import { DEMO } from "../bench/demo-unit";
import { encode } from "../bench/encode";
import { espruinoEngine } from "../bench/engines/espruino";
import { type Said, Session } from "../bench/session";
import type { Board } from "../boards/board";
import { type Bundle, boardNames, bundle } from "./bundle";
import { prepare } from "./tool";

const root = resolve(__dirname, "..");

/** Figures of one board by name: bytes by source file with their "total", and variables "idle" and at peak by scene. */
export interface Sizes {
  [board: string]: { bytes: Figures; variables?: Figures };
}
interface Figures {
  [name: string]: number;
}

/** Bytes of the bundle by the source file that they come from, as its source map tells; the biggest first, then the total. */
export function bytesBySource({ code, map }: Bundle): Figures {
  const { sources, mappings } = JSON.parse(map);
  const bytes: Figures = {};
  const names = sources.map((source: string) => source.replace(/^(\.\.\/)+/, ""));
  const marks = decode(mappings);
  code.split("\n").forEach((line, i, lines) => {
    // What stands in front of a line's first mark belongs to the source behind it; a line's end to the line.
    const spans = (marks[i] ?? []).filter((mark) => mark.length > 1);
    const length = line.length + (i < lines.length - 1 ? 1 : 0);
    if (!spans.length && length) spans.push([0, -1, 0, 0]);
    spans.forEach(([column, source], at) => {
      const name = names[source!] ?? "(the build)";
      bytes[name] = (bytes[name] ?? 0) + (spans[at + 1]?.[0] ?? length) - (at ? column : 0);
    });
  });
  const sorted = Object.entries(bytes).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return Object.fromEntries([...sorted, ["total", code.length]]);
}

/** Seconds between two rows of the board that makes 1000 of them in a day and a half; on others it is an hour. */
const OFTEN = 120;

/** What a device goes through for its peak of variables, by name; each begins when a new device's first report is over. */
const SCENES: { [name: string]: { board?: (board: Board) => Board | undefined; play: (session: Session) => void } } = {
  "token check": {
    play: (session) => {
      const restricted = session.board.fourKeys;
      const { token } = encode({ ...DEMO, restricted, kind: "add", value: 30, count: 643 });
      session.line(`key * ${[...token].join(" ")}`);
      session.line("wait 8");
    },
  },
  "request of 1000 rows": {
    board: ({ metrics, ...board }) =>
      metrics && {
        ...board,
        metrics: { ...metrics, interval: OFTEN, report: 86400, store: { ...metrics.store, days: 1 } },
      },
    play: (session) => {
      session.line(`wait ${1000 * OFTEN}`);
      session.line("state");
      session.line("#METRICS");
      session.line("wait 60");
    },
  },
};

/** Variables that a bundle takes on the interpreter: at rest, and at most in each scene. */
async function variablesOf(built: Bundle): Promise<Figures> {
  const figures: Figures = { idle: 0 };
  for (const [name, { board: changed, play }] of Object.entries(SCENES)) {
    const board = changed ? changed(built.board) : built.board;
    if (!board) continue;
    const { code } = changed ? await bundle(board) : built;
    let state: State | undefined;
    const out = (said: Said) => {
      if ("error" in said || "uncaught" in said) throw new Error(JSON.stringify(said));
      if ("state" in said) state = said.state;
    };
    const session = new Session({ board, code, make: espruinoEngine, out });
    const variables = () => {
      session.line("state");
      return state!.variables!;
    };
    try {
      session.line(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key};643`);
      session.line("wait 120");
      variables();
      play(session);
      figures[name] = variables().peak;
      session.line("wait 60");
      figures.idle = Math.max(figures.idle, variables().used);
    } finally {
      session.close();
    }
  }
  return figures;
}

/** The figures of boards; without variables where ESPRUINO names no interpreter. */
export async function sizes(names = boardNames()): Promise<Sizes> {
  const result: Sizes = {};
  for (const name of names) {
    const built = await bundle(name);
    result[name] = { bytes: bytesBySource(built) };
    if (existsSync(process.env.ESPRUINO ?? "")) result[name].variables = await variablesOf(built);
  }
  return result;
}

const BYTES = "bytes by source file";
const VARIABLES = "variables";

/** One of the tables: a row for each name, a column for each board. */
export function table(all: Sizes, kind: "bytes" | "variables"): string {
  const boards = Object.keys(all);
  const names = [...new Set(boards.flatMap((board) => Object.keys(all[board][kind] ?? {})))];
  // A file that only some boards have stands where its size puts it, and the total last.
  const most = (name: string) => (name === "total" ? -1 : Math.max(...boards.map((b) => all[b][kind]?.[name] ?? 0)));
  if (kind === "bytes") names.sort((a, b) => most(b) - most(a) || (a < b ? -1 : 1));
  const rows = names.map((name) => [name, ...boards.map((board) => String(all[board][kind]?.[name] ?? ""))]);
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const head = [kind === "bytes" ? BYTES : VARIABLES, ...boards];
  return [line(head), line(["---", ...boards.map(() => "---:")]), ...rows.map(line)].join("\n");
}

/** Reads both tables back out of a document. */
export function readTables(document: string): Sizes {
  const all: Sizes = {};
  let kind: "bytes" | "variables" | undefined;
  let boards: string[] = [];
  for (const text of document.split("\n")) {
    const [name, ...cells] = text.startsWith("| ") ? text.slice(2, -2).split(" | ") : [""];
    if (!name) kind = undefined;
    else if (name === BYTES || name === VARIABLES) {
      kind = name === BYTES ? "bytes" : "variables";
      boards = cells;
    } else if (kind && name !== "---")
      for (const [i, board] of boards.entries()) {
        if (!cells[i]) continue;
        all[board] ??= { bytes: {} };
        all[board][kind] ??= {};
        all[board][kind]![name] = Number(cells[i]);
      }
  }
  return all;
}

/** The tables as they were committed last. */
function committed(): Sizes {
  try {
    const show = ["show", "HEAD:docs/measurements.md"];
    return readTables(execFileSync("git", show, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch (_) {
    return {};
  }
}

async function main(argv: string[]): Promise<void> {
  const { args: names } = prepare(new Command("npm run size --"))
    .description(
      "Bytes by source file and, with ESPRUINO set to an interpreter, variables of each board, held to its budget.",
    )
    .argument("[boards...]", "boards of boards/; all of them if left out")
    .parse(argv, { from: "user" });
  const before = committed();
  const now = await sizes(names.length ? names : undefined);
  let over = false;
  for (const [name, board] of Object.entries(now)) {
    const { budget } = (await bundle(name)).board;
    const limits: Figures = { total: budget.bytes, idle: budget.idle };
    for (const scene of Object.keys(SCENES)) limits[scene] = budget.peak;
    console.log(`${name.padEnd(40)}    now  change   budget`);
    for (const kind of ["bytes", "variables"] as const) {
      if (!board[kind]) continue;
      const old = before[name]?.[kind] ?? {};
      for (const figure of new Set([...Object.keys(board[kind]), ...Object.keys(old)])) {
        const value = board[kind][figure] ?? 0;
        const change = old[figure] === undefined && Object.keys(old).length === 0 ? "" : value - (old[figure] ?? 0);
        const limit = limits[figure];
        const tooMuch = value > limit;
        over ||= tooMuch;
        const shown = typeof change === "number" && change > 0 ? `+${change}` : change || "";
        const cells = [String(value).padStart(7), String(shown).padStart(8), String(limit ?? "").padStart(9)];
        console.log(
          `  ${`${kind === "variables" ? "variables, " : ""}${figure}`.padEnd(38)}${cells.join("")}${tooMuch ? "  OVER" : ""}`,
        );
      }
    }
  }
  if (!existsSync(process.env.ESPRUINO ?? ""))
    console.log("The variables need ESPRUINO, the executable of an Espruino interpreter built for Linux.");
  if (over) throw new Error("A board is over its budget: take something out of it, or out of its JSON");
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
