/** The interpreter that ESPRUINO names, without the bench: its flash is a file in a folder of its own, and that outlives a run. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const executable = process.env.ESPRUINO ?? "";

/** Longest run, milliseconds: these builds ignore SIGTERM, and write for ever once their input ends. */
const LONGEST = 60000;

export class Interpreter {
  /** Whether ESPRUINO names one. */
  static readonly there = existsSync(executable);
  readonly folder = mkdtempSync(join(tmpdir(), "interpreter-"));
  /** The flash, as a file. */
  readonly flash = join(this.folder, "espruino.flash");
  private input: number;

  constructor() {
    // A pipe that nobody closes.
    execFileSync("mkfifo", [join(this.folder, "input")]);
    this.input = openSync(join(this.folder, "input"), "r+");
  }

  /** Runs a program, beside what is in flash; returns what was said. */
  run(program: string): string {
    writeFileSync(join(this.folder, "program.js"), `${program}\nquit();`);
    const { stdout, signal } = spawnSync(executable, ["program.js"], {
      cwd: this.folder,
      stdio: [this.input, "pipe", "ignore"],
      timeout: LONGEST,
      killSignal: "SIGKILL",
    });
    const said = stdout.toString("latin1");
    if (signal) throw new Error(`The interpreter does not end: ${said.slice(-500)}`);
    return said;
  }

  /** Writes files into its Storage, in this order; in pieces, as a whole program may not fit into memory. */
  upload(files: { [name: string]: string }): void {
    const script = Object.entries(files).map(([name, text], i) => {
      writeFileSync(join(this.folder, `file${i}`), text, "latin1");
      return `put(${JSON.stringify(name)}, "file${i}", ${text.length});`;
    });
    const said = this.run(`function put(name, from, size) {
      var s = require("Storage"), f = E.openFile(from, "r"), at = 0, piece;
      while ((piece = f.read(1024))) {
        s.write(name, piece, at, size);
        at += piece.length;
      }
      print("kept=" + s.read(name).length + ";");
    }
    ${script.join("\n")}`);
    for (const text of Object.values(files))
      if (!said.includes(`kept=${text.length};`)) throw new Error(`Storage does not take it: ${said.slice(-500)}`);
  }

  /** Starts it, from what is in flash, or with a program beside that; it runs until somebody ends it. */
  start(args: string[] = []): ChildProcess {
    return spawn(executable, args, { cwd: this.folder, stdio: [this.input, "pipe", "ignore"] });
  }

  /** Nothing is left behind. */
  end(): void {
    closeSync(this.input);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The bytes of the flash. */
  bytes(): Buffer {
    return readFileSync(this.flash);
  }
}
