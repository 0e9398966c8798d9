/**
 * Interpreters on this computer, and what counts the instructions that they take. ESPRUINO names one built for this computer,
 * which valgrind's callgrind can count; ESPRUINO_ARM one built for ARM Linux, which `qemu-arm` runs and a plugin counts. Machine code
 * for boards runs only on the latter, if its variables lie in memory that may be executed, as they do on a board.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const root = resolve(__dirname, "..");

/** What starts an interpreter: plainly, and counted. */
export interface Machine {
  plain: string[];
  counted: string[];
}

const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

/** The interpreter of this computer, or a sentence on what is missing. */
export function host(): Machine | string {
  const { ESPRUINO } = process.env;
  if (!ESPRUINO || !existsSync(ESPRUINO))
    return "Set ESPRUINO to the executable of an Espruino interpreter built for Linux";
  if (!works("valgrind", "--version")) return "Install valgrind, which counts the instructions";
  return {
    plain: [ESPRUINO],
    counted: ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", ESPRUINO],
  };
}

/** The interpreter for ARM, or a sentence on what is missing. */
export function arm(): Machine | string {
  const { ESPRUINO_ARM } = process.env;
  if (!ESPRUINO_ARM || !existsSync(ESPRUINO_ARM))
    return "Set ESPRUINO_ARM to the executable of an Espruino interpreter built for ARM Linux";
  const counting = qemu();
  if (typeof counting === "string") return counting;
  return { plain: ["qemu-arm", ESPRUINO_ARM], counted: [...counting, ESPRUINO_ARM] };
}

let plugin: string[] | string | undefined;

/** What starts a program for ARM Linux counted, or a sentence on what is missing. The plugin is made once a process. */
export function qemu(): string[] | string {
  plugin ??= makePlugin();
  return plugin;
}

function makePlugin(): string[] | string {
  if (!works("qemu-arm", "--version")) return "Install qemu-user, which runs programs for ARM";
  if (!works("gcc", "--version")) return "Install gcc, which makes the plugin that counts the instructions";
  const folder = mkdtempSync(join(tmpdir(), "count-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const library = join(folder, "count.so");
  const command = ["qemu-arm", "-plugin", library];
  // Each QEMU takes some versions of the interface, and says so before it looks for the program.
  for (let version = 1; version < 9; version++) {
    execFileSync("gcc", ["-shared", "-fPIC", `-DVERSION=${version}`, "-o", library, join(__dirname, "count.c")]);
    const { stderr } = spawnSync(command[0], [...command.slice(1), "/nothing"], { encoding: "utf8" });
    if (!/plugin/.test(stderr)) return command;
  }
  return "This QEMU takes no plugin that counts the instructions";
}

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
    // As on a board that has all of it.
    define: { NATIVE: "true", TABLE: "true", ERASES: "true", PRODUCT: "true" },
  }).outputFiles[0].text;
}

/** Runs a command and gives what it said. */
function start(folder: string, command: string[]): string {
  // Some builds write for ever once their input ends, so it is a pipe that nobody closes. They ignore SIGTERM.
  const input = openSync(join(folder, "input"), "r+");
  const options = { cwd: folder, timeout: 120000, killSignal: "SIGKILL" as const };
  const { stdout, stderr, error } = spawnSync(command[0], command.slice(1), {
    ...options,
    stdio: [input, "pipe", "pipe"],
  });
  closeSync(input);
  if (error) throw new Error(`${command[0]}: ${error.message}`);
  return stdout.toString("latin1") + stderr.toString("latin1");
}

/**
 * Runs programs on an interpreter, each from flash at boot as on a board, and gives what was said in each run. The interpreter is
 * that of this computer unless it is given; `counted` runs them that way.
 */
export function interpret(codes: string[], machine?: Machine, counted = false): string[] {
  const { plain, counted: slowly } = machine ?? { plain: [process.env.ESPRUINO!], counted: [] };
  const folder = mkdtempSync(join(tmpdir(), "interpret-"));
  try {
    execFileSync("mkfifo", [join(folder, "input")]);
    return codes.map((code) => {
      writeFileSync(join(folder, "boot"), code);
      // A full Storage would be compacted on the way: each program gets an empty one.
      rmSync(join(folder, "espruino.flash"), { force: true });
      const script = `var s=require("Storage");s.write(".bootcde",require("fs").readFileSync("boot"));print("kept="+s.read(".bootcde").length);quit();`;
      writeFileSync(join(folder, "upload.js"), script);
      const said = start(folder, [...plain, "upload.js"]);
      if (!said.includes(`kept=${code.length}`))
        throw new Error(`The program does not fit Storage: ${said.slice(-500)}`);
      return start(folder, [...(counted ? slowly : plain), "-e", "quit()"]);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Instructions that a program took, from what was said when it ran counted. */
export function instructions(said: string): number {
  const total = /Collected : (\d+)/.exec(said)?.[1];
  if (!total) throw new Error(`Nothing was counted: ${said.slice(-1000)}`);
  return Number(total);
}
