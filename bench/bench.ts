/** `npm run bench -- --stdio`: a virtual board worked through standard input and output, for testers, tests and scripts. */
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Command, InvalidArgumentError, Option } from "commander";
import { bundle, readBoard } from "../build/bundle";
import { ToolError } from "../build/tool";
import type { EngineMaker } from "./engines/engine";
import { armEngine, espruinoEngine } from "./engines/espruino";
import { nodeEngine } from "./engines/node";
import { SERIAL_COMMANDS, SerialSession } from "./engines/serial";
import { outside } from "./parts/modem/outside";
import { readUnits } from "./server/units";
import { COMMANDS, Session, START } from "./session";

/** Engines by name. */
export const ENGINES: { [name: string]: EngineMaker } = {
  node: nodeEngine,
  espruino: espruinoEngine,
};

/** And those that only a command asks for. */
const MORE: typeof ENGINES = { ...ENGINES, "espruino-arm": armEngine };

const help = () => {
  const list = (commands: { [name: string]: { usage: string; about: string } }) =>
    Object.values(commands).map(({ usage, about }) => `  ${usage}\n      ${about}`);
  return `
Commands, one a line; each ends with {"done":"<command>"} or {"error":"…"}, and an error has changed nothing:
  #STATUS
      a line for the device's serial port; its lines come back as {"uart":"…"}. Time passes until it answers, at most 5 s
${list(COMMANDS).join("\n")}
The board is powered on at the start. After keys, \`wait\` gives the firmware time to answer. An exception that the firmware
did not catch comes out as {"uncaught":"…"}. Blank lines, and lines that start with //, are passed over.

On a real board (--engine serial), beside #…:
${list(SERIAL_COMMANDS).join("\n")}`;
};

function seconds(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) < 946684800 || Number(text) > 4102444799)
    throw new InvalidArgumentError("Give Unix seconds from 946684800 (2000) to 4102444799 (end of 2099).");
  return Number(text);
}

async function main(argv: string[]): Promise<void> {
  const command = new Command("npm run bench --")
    .description("A virtual board that runs the file that would be flashed.")
    .option("--stdio", "take commands from standard input")
    .option("--script <file>", "take commands from a file; exit code 1 at the first error or uncaught exception")
    .option("--board <name>", "a board of boards/", "esp32")
    .addOption(
      new Option("--engine <name>", "what runs the bundle").choices([...Object.keys(MORE), "serial"]).default("node"),
    )
    .option("-p, --port <port>", "of a real board, for --engine serial: a serial port, or tcp://host[:port]")
    .option("--factory-port <port>", "its factory port, if that is another wire than its open console")
    .option("--baud <bits>", "of a serial port, if not that of the board's factory port", Number)
    .option("--jig <port>", "of the jig at that board, docs/hil.md")
    .option("--state <dir>", "where non-volatile memory and world time live between runs")
    .option("--units <file>", "units that the server knows, as npm run server takes them (it also learns from #SETUP)")
    .option(
      "--server <url>",
      "an outside server in place of the built-in one, over real sockets, whatever host the device names",
    )
    .option(
      "--time <unix>",
      `where world time starts (default: where the state's last run ended, or ${START})`,
      seconds,
    )
    .addHelpText("after", help)
    .parse(argv, { from: "user" });
  const { stdio, script, board: name, engine, state, time, units: file, server } = command.opts();
  const { port, factoryPort: factory, baud, jig } = command.opts();
  if (!stdio === !script) throw new Error("Choose --stdio or --script FILE");
  if (script && !existsSync(script))
    throw new ToolError(`There is no file ${script}.`, "Name the one with the commands, or use --stdio.");
  if ((engine === "serial") !== (port !== undefined))
    throw new Error("--engine serial and the port of a real board go together, as in: --engine serial -p /dev/ttyUSB0");

  let failed = false;
  const out = (said: object) => {
    failed ||= "error" in said || "uncaught" in said;
    process.stdout.write(`${JSON.stringify(said)}\n`);
  };
  const units = file && readUnits(file).units;
  const network = server === undefined ? undefined : outside({ server });
  const session = port
    ? await SerialSession.open({ board: readBoard(name), port, factory, baud, jig, out })
    : new Session({ ...(await bundle(name)), make: MORE[engine], out, time, state, units, network });
  // Only now: lines that come while nobody listens are lost.
  const lines = script
    ? readFileSync(script, "utf8").split("\n")
    : createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      await session.line(line);
      if (session.closed || (script && failed)) break;
    }
  } finally {
    await session.close();
    network?.close();
  }
  if (script && failed) process.exitCode = 1;
}

if (require.main === module)
  main(process.argv.slice(2)).then(
    () => process.stdin.destroy(),
    (error: Error) => {
      process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
      process.exitCode = 1;
      process.stdin.destroy();
    },
  );
