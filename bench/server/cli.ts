/** `npm run server`: the server for testing devices, at the command line. */
import { createInterface } from "node:readline";
import { Command, InvalidArgumentError } from "commander";
import { hush, ToolError } from "../../build/tool";
import { DEMO } from "../demo-unit";
import { serverCommand, USAGE } from "./commands";
import { createServer, type MetricsServer } from "./server";
import { readUnits, type Unit } from "./units";

const HELP = `
Keys come from the file of units only, which nobody but its owner may read (chmod 600). It is JSON or CSV:
  serial,key,starting_code,count,time_divider,restricted,padded,jwt
Only serial and key are needed. Without a file, the server knows the public demo unit.

Commands on standard input, one a line:
  SERIAL ${USAGE.split(" | ").slice(0, 4).join(" | ")}
      for the next requests of this unit; a T is a token's digits, or add:DAYS, set:DAYS, extended:VALUE, disable or sync
  down | up
      nobody answers, or somebody does again
  units | quit`;

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new InvalidArgumentError("Give 0 (any) to 65535.");
  return Number(text);
}

/** Does one line of input; returns false to end. */
function input(server: MetricsServer, line: string): boolean {
  const text = line.trim();
  const [word] = text.split(/\s+/);
  const known = server.serials.includes(word);
  if (text === "quit") return false;
  if (text === "units") console.log(server.serials.join("\n"));
  else if (known || text === "down" || text === "up") {
    const wrong = serverCommand(server, known ? word : undefined, known ? text.slice(word.length) : text);
    if (wrong) console.log(wrong);
  }
  // What was typed may be a key in the wrong place, and is not repeated.
  else if (text) console.log("A line is down, up, units, quit, or begins with the serial of a unit.");
  return true;
}

async function main(argv: string[]): Promise<void> {
  const command = new Command("npm run server --")
    .description("A server for testing OpenPAYGO Metrics devices.")
    .option("--port <n>", "0 takes any that is free", port, 8080)
    .option("--host <address>", "127.0.0.1 is reached from this computer only", "127.0.0.1")
    .option("--folder <dir>", "where data is kept (default: in memory only)")
    .option("--units <file>", "the units it knows, with their keys")
    .option("--base <path>", "what the path of its base URL is, as in /metrics", "")
    .option("--nameless", "leave the serial out of answers, as the published library does")
    .option("--jwt <serial>", "print a JSON web token for a unit and end; needs jwt_secret in the file of units")
    .configureOutput({ outputError: (text, write) => write(hush(text)) })
    .addHelpText("after", HELP)
    .parse(argv, { from: "user" });
  const { port: number, host, folder, units: file, base, nameless, jwt } = command.opts();
  if (base !== "" && !/^(\/[\w.~-]+)+$/.test(base)) throw new Error("--base is a path, as in /metrics");
  const demo: Unit = { serial: DEMO.serial, key: DEMO.key, startingCode: DEMO.startingCode, count: DEMO.count };
  const { units, jwtSecret } = file ? readUnits(file) : { units: [demo], jwtSecret: undefined };
  const quiet = jwt !== undefined;
  if (quiet && !jwtSecret) throw new Error("A JSON web token needs a jwt_secret in the file of units");
  const log = (line: string) => console.log(line);
  const server = createServer({ units, folder: quiet ? undefined : folder, jwtSecret, base, nameless, log });
  if (quiet) {
    console.log(server.jwt(jwt));
    return;
  }
  const url = await server.listen(number, host).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new ToolError(`Port ${number} is taken.`, "Give another with --port; 0 takes any that is free.");
  });
  if (!file) console.log(`No units were given, so this knows the demo unit ${DEMO.serial}, whose key is public.`);
  if (folder === undefined) console.log("No folder was given, so data is gone when this ends.");
  console.log(`Listening at ${url}`);

  const end = async () => {
    await server.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, end);
  // The end of the input is not the end of the server: it may run without one.
  for await (const line of createInterface({ input: process.stdin })) if (!input(server, line)) await end();
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
