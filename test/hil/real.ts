/** A real board for tests: the bench protocol with it, in a process of its own (`npm run bench -- --engine serial`), line by line. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { SerialSaid } from "../../bench/engines/serial";

export class RealBoard {
  private static opened?: RealBoard;
  private buffer = Buffer.alloc(1 << 16);
  private text = "";

  private constructor(
    private child: ChildProcess,
    private to: number,
    private from: number,
  ) {}

  /** The board at SERIAL, with the jig at JIG if there is one: opened once in a process. */
  static open(name: string): RealBoard {
    if (RealBoard.opened) return RealBoard.opened;
    const { SERIAL = "", JIG, FACTORY } = process.env;
    const args = ["--import", "tsx", "bench/bench.ts", "--stdio", "--engine", "serial", "--board", name, "-p", SERIAL];
    if (JIG) args.push("--jig", JIG);
    if (FACTORY) args.push("--factory-port", FACTORY);
    const folder = mkdtempSync(join(tmpdir(), "real-"));
    const [input, output] = [join(folder, "in"), join(folder, "out")];
    execFileSync("mkfifo", [input, output]);
    // A pipe opens at once if there is somebody at its other end.
    const ends = [openSync(input, "r+"), openSync(output, "r+")];
    const child = spawn(process.execPath, args, { cwd: resolve(__dirname, "../.."), stdio: [...ends, "inherit"] });
    const board = new RealBoard(child, openSync(input, "w"), openSync(output, "r"));
    for (const end of ends) closeSync(end);
    rmSync(folder, { recursive: true });
    RealBoard.opened = board;
    return board;
  }

  /** Does a line, and returns what came out. Blocks: the suite knows nothing of waiting. */
  line(line: string): SerialSaid[] {
    if (!line.trim() || line.trim().startsWith("//")) return [];
    writeSync(this.to, `${line}\n`);
    const said: SerialSaid[] = [];
    for (;;) {
      const one = this.next();
      said.push(one);
      if ("done" in one || "error" in one) return said;
    }
  }

  private next(): SerialSaid {
    let end = this.text.indexOf("\n");
    while (end < 0) {
      const length = readSync(this.from, this.buffer);
      if (!length) throw new Error(`The bench ended: ${this.text}`);
      this.text += this.buffer.toString("utf8", 0, length);
      end = this.text.indexOf("\n");
    }
    const one = JSON.parse(this.text.slice(0, end));
    this.text = this.text.slice(end + 1);
    return one;
  }

  /** Lets go of the ports. */
  static close(): void {
    const board = RealBoard.opened;
    if (!board) return;
    RealBoard.opened = undefined;
    closeSync(board.to);
    closeSync(board.from);
    board.child.kill();
  }
}
