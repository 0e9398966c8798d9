/** `npm run provision -- units.csv -p <port>…`: gives devices their identities, one after the other. docs/factory.md. */
import { randomBytes, randomInt } from "node:crypto";
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { Command, InvalidArgumentError } from "commander";
import { readUnits, type Unit } from "../bench/server/units";
import { boardNames, readBoard } from "./boards";
import { type FactoryOptions, factory, type Happening, type Place, Source, TESTS, type Test } from "./factory";
import { bar, buildFor, flash } from "./flash";
import { Ledger } from "./ledger";
import { openPort, pause } from "./port";
import { hush, prepare, run, ToolError } from "./tool";

/** Columns of a file of keys, as the OpenPAYGO documents name them. */
const COLUMNS = "Serial Number,Starting Code,Key,Count,Time Divider,Restricted Digit Mode,Test Code";
/** Of the firmware that is built here. */
const VERSION: string = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")).version;
/** Digits of a serial behind its prefix. */
const DIGITS = 9;
/** Milliseconds after which a port that is not there is looked for again. */
const AGAIN = 1000;

/** What the units of a batch have in common. */
export interface Batch {
  prefix: string;
  timeDivider?: number;
  restricted?: boolean;
  testCode?: number;
}

/** Makes units from the system's random source, with serials from `first` on. */
export function makeUnits(batch: Batch, first: number, n: number): Unit[] {
  return Array.from({ length: n }, (_, i) => ({
    serial: `${batch.prefix}${String(first + i).padStart(DIGITS, "0")}`,
    startingCode: randomInt(1, 1000000000),
    key: randomBytes(16).toString("hex"),
    count: 1,
    timeDivider: batch.timeDivider ?? 1,
    restricted: batch.restricted ?? false,
    testCode: batch.testCode,
  }));
}

/** Adds units to a file of keys, which nobody but its owner may read; they are on the disk when this returns. */
export function keepKeys(file: string, units: Unit[]): void {
  const fresh = !existsSync(file);
  const fd = openSync(file, "a", 0o600);
  try {
    // The mode of a file that was there, or under a narrower mask, is put right before a key is in it.
    chmodSync(file, 0o600);
    const rows = units.map((u) =>
      [u.serial, u.startingCode, u.key, u.count, u.timeDivider, u.restricted ? 1 : 0, u.testCode ?? ""].join(),
    );
    writeSync(fd, `${[...(fresh ? [COLUMNS] : []), ...rows].join("\n")}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The number that a serial of this prefix has; 0 for others. */
const numberOf = (serial: string, prefix: string): number =>
  serial.startsWith(prefix) && /^\d+$/.test(serial.slice(prefix.length)) ? Number(serial.slice(prefix.length)) : 0;

/** A batch of `n` units: those that the file of keys has, and what is missing, made now. More are made when some are lost. */
export function generated(file: string, batch: Batch, n: number, ledger: Ledger): Source {
  const { prefix } = batch;
  const units = existsSync(file) ? readUnits(file).units : [];
  const known = [...units.map(({ serial }) => serial), ...ledger.given.keys()];
  let next = Math.max(0, ...known.map((serial) => numberOf(serial, prefix))) + 1;
  const make = (count: number): Unit[] => {
    const made = makeUnits(batch, next, count);
    next += count;
    keepKeys(file, made);
    return made;
  };
  if (units.length < n) units.push(...make(n - units.length));
  return new Source(units, ledger, n, make);
}

/** What happened, in a line for people. */
export function line(h: Happening): string {
  const at = h.port;
  switch (h.what) {
    case "waiting":
      return `${at}: ${h.hint}`;
    case "found":
      return `${at}: a device (chip ${h.chip})`;
    case "flashing":
      return `${at}: a board without firmware: flashing it`;
    case "keys":
      return `${at}: press every key once: ${[...h.keys].join(" ")}`;
    case "passed":
      return `${at}: PASS ${h.serial}${h.notes.length ? ` (${h.notes.join("; ")})` : ""}`;
    case "failed":
      return `${at}: FAIL ${h.serial ?? "without a serial"}: ${h.reason}`;
    case "done":
      return `${at}: ${h.serial} is done: take it off`;
    case "idle":
      return `${at}: ${h.reason}`;
  }
}

/** Asks a person, one question at a time. */
function asker(): { confirm: FactoryOptions["confirm"]; close: () => void } {
  const input = createInterface({ input: process.stdin, output: process.stderr });
  let before: Promise<unknown> = Promise.resolve();
  return {
    confirm: (port, question) => {
      const answer = before.then(async () => {
        for (;;) {
          const said = (await input.question(`${port}: ${question} [y/n] `)).trim().toLowerCase();
          if (/^(y|yes|n|no)$/.test(said)) return said[0] === "y";
        }
      });
      before = answer.catch(() => {});
      return answer;
    },
    close: () => input.close(),
  };
}

const whole = (low: number, high: number) => (text: string) => {
  if (!/^\d+$/.test(text) || Number(text) < low || Number(text) > high)
    throw new InvalidArgumentError(`Give a number from ${low} to ${high}.`);
  return Number(text);
};

const names = (text: string): Test[] => {
  const list = text.split(",").map((one) => one.trim());
  for (const one of list)
    if (!(TESTS as readonly string[]).includes(one))
      throw new InvalidArgumentError(`Choose out of ${TESTS.join(", ")}.`);
  return list as Test[];
};

const prefix = (text: string): string => {
  if (!/^[!-:<-~]{1,22}$/.test(text) || text.includes(","))
    throw new InvalidArgumentError("Give 1 to 22 characters without space, comma and semicolon.");
  return text;
};

const HELP = `
Units come from a CSV file with a line of names, as the OpenPAYGO documents have it:
  ${COLUMNS}
or are generated; their keys are then in a file that nobody but you may read.

Examples:
  npm run provision -- units.csv -p /dev/ttyUSB0 /dev/ttyUSB1
  npm run provision -- --generate 1000 --prefix SLT -p /dev/ttyUSB0

Run again with the same words, it goes on where it was. docs/factory.md says more.`;

async function main(argv: string[]): Promise<void> {
  const command = prepare(new Command("npm run provision --"))
    .description("Tests devices, gives each its identity, and keeps a ledger of it.")
    .argument("[units]", "CSV file of units, with their keys (chmod 600)")
    .requiredOption("-p, --port <port...>", "factory ports: serial ports, or tcp://host[:port]")
    .option("--generate <n>", "make units until so many have passed, in place of a file", whole(1, 1000000))
    .option("--prefix <text>", "in front of the serials that are made", prefix)
    .option("--keys <file>", "where the keys that are made are kept (default: <prefix>-keys.csv)")
    .option("--time-divider <n>", "of the units that are made", whole(1, 255))
    .option("--restricted", "the units that are made take the digits 1 to 4 only")
    .option("--test-code <n>", "of the units that are made, one for the batch", whole(1, 999999999))
    .option("--ledger <file>", "what became of each identity; only ever added to", "ledger.jsonl")
    .option("--flash <board>", "flash boards that have no firmware yet")
    .option("--baud <bits>", "of serial ports", whole(300, 4000000))
    .option("--skip <tests>", `tests to leave out, out of ${TESTS.join(", ")}`, names, [])
    .option(
      "--release <serial>",
      "this serial was given, and you are sure that no device has it: it may be given again",
    )
    .option("--json", "one JSON object a line")
    .addHelpText("after", HELP)
    .parse(argv, { from: "user" });
  const o = command.opts();
  const [file] = command.args;
  if (!file === !o.generate)
    throw new ToolError("Nothing says which units.", "Give a CSV file, or --generate with how many; one of the two.");
  if (o.generate && !o.prefix)
    throw new ToolError("Units that are made need serials.", "Give --prefix, as in --prefix SLT.");
  const looks = TESTS.filter((one) => (one === "display" || one === "keypad") && !o.skip.includes(one));
  if (looks.length > 0 && !process.stdin.isTTY)
    throw new ToolError(
      `The tests of ${looks.join(" and ")} need a person at a terminal.`,
      `Run it in one, or add --skip ${looks.join()}.`,
    );
  if (o.flash && !boardNames().includes(o.flash))
    throw new ToolError(`There is no board "${o.flash}".`, `Choose one of ${boardNames().join(", ")}.`);

  const say = (text: string, more: object = {}) =>
    console.log(hush(o.json ? JSON.stringify({ what: "note", text, ...more }) : text));
  const ledger = new Ledger(o.ledger);
  process.on("exit", () => ledger.close());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));
  if (o.release) {
    if (!ledger.open.includes(o.release))
      throw new ToolError(
        `${o.release} is not open.`,
        ledger.open.length ? `Open are ${ledger.open.join(", ")}.` : "No serial is.",
      );
    ledger.add({ what: "released", serial: o.release });
  }

  const keys = o.keys ?? `${o.prefix}-keys.csv`;
  const batch = { prefix: o.prefix, timeDivider: o.timeDivider, restricted: o.restricted, testCode: o.testCode };
  const source = file ? new Source(read(file), ledger) : generated(keys, batch, o.generate, ledger);
  console.error(
    `WARNING: ${file ?? keys} holds the keys of ${source.total} units or more. Whoever has them makes tokens: keep it closed, and back it up with ${o.ledger}.`,
  );
  say(`${source.passed} of ${source.total} have passed.`, { passed: source.passed, total: source.total });

  const built = o.flash && (await buildFor(o.flash, false));
  const baud = o.baud ?? built?.board.serial.baud ?? 115200;
  const place = (name: string): Place => ({
    name,
    open: async () => {
      for (let tries = 0; ; tries++)
        try {
          return await openPort(name, baud);
        } catch (error) {
          // It may be plugged in any moment.
          if (tries === 0) say(`${name}: ${(error as Error).message}`, { port: name });
          await pause(AGAIN);
        }
    },
  });
  const person = looks.length > 0 ? asker() : undefined;
  const progress = bar(process.stderr);
  await factory({
    places: o.port.map(place),
    ledger,
    source,
    skip: o.skip,
    board: (name) => (boardNames().includes(name) ? readBoard(name) : undefined),
    say: (happening) => {
      if (o.json) console.log(JSON.stringify(happening));
      else console.log(line(happening));
      if (happening.what === "passed") progress(source.passed / source.total);
    },
    confirm: person?.confirm ?? (async () => false),
    flash: built && (async (port) => void (await flash(built, { port, baud, say, progress: () => {} }))),
    version: built && VERSION,
  });
  person?.close();
  const open = ledger.open;
  say(`${source.passed} of ${source.total} have passed, ${ledger.failed} times a device failed.`, {
    passed: source.passed,
    total: source.total,
  });
  if (open.length)
    say(
      `Given, and not passed: ${open.join(", ")}. Put their devices on again; --release gives one again if no device has it.`,
      { open },
    );
  if (!source.finished) process.exitCode = 1;
}

function read(file: string): Unit[] {
  try {
    const { units } = readUnits(file);
    if (units.length === 0) throw new Error("There is no unit in it.");
    const keyless = units.find(({ key }) => !key);
    if (keyless) throw new Error(`${keyless.serial} has no key.`);
    return units;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError((error as Error).message, `Correct ${file}: its columns are ${COLUMNS}.`);
  }
}

if (require.main === module) run(main);
