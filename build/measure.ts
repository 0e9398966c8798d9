/**
 * `npx tsx build/measure.ts`: instructions a hash takes on the interpreter that ESPRUINO names, for npm `siphash` and for the
 * firmware's kernel, counted with valgrind's callgrind. Counts, not times: they come out the same on any machine.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const root = resolve(__dirname, "..");

/** A program as the bundler makes it for a board: minified, in one function. */
export function compile(contents: string): string {
  return buildSync({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2015",
    charset: "ascii",
    legalComments: "none",
  }).outputFiles[0].text;
}

/** Starts the interpreter under `tool` and gives what both of them said. */
function start(folder: string, tool: string[], args: string[]): string {
  const [command, ...rest] = [...tool, process.env.ESPRUINO!, ...args];
  // Some builds write for ever once their input ends, so it is a pipe that nobody closes. They ignore SIGTERM.
  const input = openSync(join(folder, "input"), "r+");
  const options = { cwd: folder, timeout: 120000, killSignal: "SIGKILL" as const };
  const { stdout, stderr, error } = spawnSync(command, rest, { ...options, stdio: [input, "pipe", "pipe"] });
  closeSync(input);
  if (error) throw new Error(`${command}: ${error.message}`);
  return stdout.toString("latin1") + stderr.toString("latin1");
}

/** Runs programs on the interpreter, each from flash at boot as on a board, and gives what was said in each run. */
export function interpret(codes: string[], tool: string[] = []): string[] {
  const folder = mkdtempSync(join(tmpdir(), "interpret-"));
  try {
    execFileSync("mkfifo", [join(folder, "input")]);
    return codes.map((code) => {
      writeFileSync(join(folder, "boot"), code);
      // A full Storage would be compacted on the way: each program gets an empty one.
      rmSync(join(folder, "espruino.flash"), { force: true });
      const script = `var s=require("Storage");s.write(".bootcde",require("fs").readFileSync("boot"));print("kept="+s.read(".bootcde").length);quit();`;
      writeFileSync(join(folder, "upload.js"), script);
      const said = start(folder, [], ["upload.js"]);
      if (!said.includes(`kept=${code.length}`))
        throw new Error(`The program does not fit Storage: ${said.slice(-500)}`);
      return start(folder, tool, ["-e", "quit()"]);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How each kernel hashes the same eight bytes `TIMES` times; the last hash is printed. */
const KERNELS: { [name: string]: string } = {
  "npm siphash": `
    const hash = require("siphash").hash;
    const key = [0x12345678, 0x9abcdef0, 0x0f1e2d3c, 0x87654321];
    const bytes = new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]);
    let last;
    for (let i = 0; i < TIMES; i++) last = hash(key, bytes);
    print("hash=" + (last.h ^ 0) + " " + (last.l ^ 0));`,
  "siphash.ts, key set each time": `
    import { high, low, sip } from "./firmware/token/siphash";
    const key = [0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0];
    for (let i = 0; i < TIMES; i++) sip(key, "", 1, 2);
    print("hash=" + high + " " + low);`,
  "siphash.ts, as a text": `
    import { high, low, sip } from "./firmware/token/siphash";
    const key = [0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0];
    for (let i = 0; i < TIMES; i++) sip(key, "\\x01\\0\\0\\0\\x02\\0\\0\\0", 0, 0);
    print("hash=" + high + " " + low);`,
  "siphash.ts, as in a token": `
    import { high, keyed, low } from "./firmware/token/siphash";
    const hash = keyed([0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0]);
    for (let i = 0; i < TIMES; i++) hash(1, 2, 3);
    print("hash=" + high + " " + low);`,
};

/** A hundred functions beside the kernel, as in a bundle: a name is looked up among them all. */
const functions = Array.from({ length: 100 }, (_, i) => `function other${i}() { return ${i}; }`);
const neighbours = `${functions.join("\n")}\nif (print.never) print(${functions.map((_, i) => `other${i}`)});`;

/** Instructions a hash takes, and the hash. */
function measure(kernel: string): { instructions: number; hash: string } {
  const times = [4, 8];
  const programs = times.map((n) => compile(`${neighbours}${kernel}`.replace(/TIMES/g, String(n))));
  const runs = interpret(programs, ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]).map((said) => {
    const hash = /hash=(-?\d+ -?\d+)/.exec(said)?.[1];
    const total = /Collected : (\d+)/.exec(said)?.[1];
    if (!hash || !total) throw new Error(`Nothing was counted: ${said.slice(-1000)}`);
    return { total: Number(total), hash };
  });
  // What start and end take is the same in both.
  return { instructions: Math.round((runs[1].total - runs[0].total) / (times[1] - times[0])), hash: runs[0].hash };
}

function main(): void {
  if (!process.env.ESPRUINO || !existsSync(process.env.ESPRUINO))
    throw new Error("Set ESPRUINO to the executable of an Espruino interpreter built for Linux");
  if (spawnSync("valgrind", ["--version"]).status !== 0)
    throw new Error("Install valgrind, which counts the instructions");
  const rows = Object.entries(KERNELS).map(([name, kernel]) => ({ name, ...measure(kernel) }));
  if (new Set(rows.map(({ hash }) => hash)).size > 1) throw new Error("The kernels do not agree on the hash");
  console.log("SipHash-2-4 of 8 bytes           instructions    ratio");
  for (const { name, instructions } of rows) {
    const ratio = (rows[0].instructions / instructions).toFixed(2);
    console.log(`${name.padEnd(30)}${String(instructions).padStart(15)}${ratio.padStart(9)}`);
  }
}

if (require.main === module)
  try {
    main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
