/** The interpreter at the other end of a port: who is there, and expressions for it to work out. */
import { ask, type Port } from "./port";
import { ToolError } from "./tool";

/** What the interpreter says about itself. */
export interface Interpreter {
  kind: "console";
  /** Its name for its board, and its version, as "2v29". */
  board: string;
  version: string;
  /** Where its console is: "USB", "Telnet", "Serial1"… */
  console: string;
}

/** The name for its board of the interpreter built for a computer, around which all parts are virtual. */
export const LINUX = "LINUX";

/** Firmware of this project that has closed the console. */
export interface Locked {
  kind: "locked";
  /** What it answers to #INFO, where it does. */
  info?: { version: string; board: string; serial: string };
}

export type Found = Interpreter | Locked | { kind: "silent"; heard: string };

/** Milliseconds; tests against a stand-in have less patience. */
export const times = {
  /** For an expression, and for one that erases or compacts Storage. */
  expression: 1500,
  slow: 60000,
  /** For one that reads all of a program. */
  read: 5000,
  /** From a reset, which opening a port may cause, until a controller answers. */
  boot: 8000,
  /** From a restart until the port is away, until it is back, and until the firmware answers on it. */
  away: 1000,
  back: 20000,
  answer: 30000,
  /** Without a byte, after which an upload is given up. */
  idle: 20000,
};

/** The value of an expression on the interpreter; undefined if none came. What it throws is thrown here. */
export async function evaluate(port: Port, expression: string, ms = times.expression): Promise<any> {
  // The line is not echoed after a DLE, so what comes back between the marks is the answer.
  const line = `\x10try{print("<"+JSON.stringify({v:${expression}})+">")}catch(e){print("<"+JSON.stringify({e:""+e})+">")}\n`;
  const answer = await ask(port, line, /^<\{.*\}>$/, ms);
  if (answer === undefined) return undefined;
  const { v, e } = JSON.parse(answer.slice(1, -1));
  if (e !== undefined) throw new ToolError(`The interpreter says: ${e}.`, "Cut its power for a moment, and repeat.");
  return v ?? null;
}

/** How many bytes the program in Storage has, and their CRC-32; undefined if no answer came. */
export const stored = (port: Port, ms: number): Promise<[bytes: number, crc: number] | undefined> =>
  evaluate(port, `(function(c){return[c.length,E.CRC32(c)]})(require("Storage").read(".bootrst")||"")`, ms);

/** Finds out who is at the other end. It takes up to ten seconds when nobody answers. */
export async function find(port: Port): Promise<Found> {
  let heard = "";
  port.onLine = (line) => {
    heard = `${heard}${line}\n`.slice(-2000);
  };
  for (let waited = 0; waited < times.boot && !port.closed; waited += times.expression) {
    // The line end frees a prompt, and the second time around an interrupt whatever runs.
    port.write(waited ? "\x03\n" : "\n");
    await port.wait(100);
    const is = await evaluate(port, "[process.env.BOARD,process.env.VERSION,process.env.CONSOLE]");
    if (is) return { kind: "console", board: is[0], version: is[1], console: is[2] ?? "" };
    if (!/^#INVALID$/m.test(heard)) continue;
    const info = await ask(port, "\n#INFO\n", /^\{.*"version".*\}$/, times.expression);
    return { kind: "locked", info: info && JSON.parse(info) };
  }
  return { kind: "silent", heard };
}

/** Whether version `a` is older than `b`; "2v29.104" is newer than "2v29". */
export function older(a: string, b: string): boolean {
  const numbers = (version: string) => version.split(/[v.]/).map((part) => Number.parseInt(part, 10) || 0);
  const [x, y] = [numbers(a), numbers(b)];
  const at = [0, 1, 2].find((i) => (x[i] ?? 0) !== (y[i] ?? 0));
  return at !== undefined && (x[at] ?? 0) < (y[at] ?? 0);
}
