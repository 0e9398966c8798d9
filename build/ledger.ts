/**
 * What became of every identity: a file to which lines are only ever added, one JSON object each, and each on the disk
 * before anything else happens. It holds no key, but a hash of it, by which a key that was given before is known again.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ToolError } from "./tool";

/** One line, without its number and time. */
export type Entry =
  /** An identity is about to be sent to this controller: from here on it belongs to it, or to nobody. */
  | { what: "given"; serial: string; key: string; chip: string; port: string }
  | { what: "passed"; serial: string; chip: string; port: string; board: string; version: string; tests: string }
  | { what: "failed"; serial?: string; chip: string; port: string; reason: string }
  /** A person says that no device has it: it may be given again. */
  | { what: "released"; serial: string };

interface Given {
  key: string;
  chip: string;
  passed: boolean;
}

/** A key as the ledger knows it. */
export const keyHash = (key: string): string =>
  createHash("sha256").update(`OpenPAYGO key ${key.toLowerCase()}`).digest("hex");

/** Whether a process is there. */
export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

export class Ledger {
  /** What was given, by serial. */
  readonly given = new Map<string, Given>();
  /** Who has a key, by its hash. */
  readonly keys = new Map<string, string>();
  failed = 0;
  private n = 0;
  private fd = -1;

  constructor(
    readonly file: string,
    /** Called when a line is on the disk. */
    private written: (entry: Entry) => void = () => {},
  ) {
    this.lock();
    try {
      this.load();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Serials that were given and never passed: they are in a device that was taken away, or in none. */
  get open(): string[] {
    return [...this.given].filter(([, one]) => !one.passed).map(([serial]) => serial);
  }

  get passed(): number {
    return [...this.given.values()].filter(({ passed }) => passed).length;
  }

  /** Adds a line; it is on the disk when this returns. */
  add(entry: Entry): void {
    this.put(`${JSON.stringify({ n: this.n + 1, at: new Date().toISOString(), ...entry })}\n`);
    this.n++;
    this.learn(entry);
    this.written(entry);
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    rmSync(`${this.file}.lock`, { force: true });
  }

  private load(): void {
    const { file } = this;
    const fresh = !existsSync(file);
    const text = fresh ? "" : readFileSync(file, "utf8");
    text.split("\n").forEach((line, i) => {
      if (line) this.read(line, i + 1);
    });
    this.fd = openSync(file, "a", 0o644);
    if (fresh) {
      // The name of a new file is on the disk only when its folder is.
      const folder = openSync(dirname(file), "r");
      fsyncSync(folder);
      closeSync(folder);
    }
    // What follows half a line, of a run that was cut, begins its own.
    if (text && !text.endsWith("\n")) this.put("\n");
  }

  private put(text: string): void {
    writeSync(this.fd, text);
    fsyncSync(this.fd);
  }

  private learn(entry: Entry): void {
    if (entry.what === "given") {
      this.given.set(entry.serial, { key: entry.key, chip: entry.chip, passed: false });
      this.keys.set(entry.key, entry.serial);
    } else if (entry.what === "passed") this.given.get(entry.serial)!.passed = true;
    else if (entry.what === "failed") this.failed++;
    else {
      this.keys.delete(this.given.get(entry.serial)?.key ?? "");
      this.given.delete(entry.serial);
    }
  }

  private read(line: string, at: number): void {
    let entry: any;
    try {
      entry = JSON.parse(line);
    } catch {
      // The end of a run that was cut in the middle of a line: what it says had not happened yet.
      return;
    }
    if (entry.n !== this.n + 1 || (entry.what === "passed" && !this.given.has(entry.serial)))
      throw new ToolError(
        `Line ${at} of ${this.file} does not follow the one before: lines were taken out, or changed.`,
        "Put the file back as it was; without it, serials and keys could be given twice.",
      );
    this.n++;
    this.learn(entry);
  }

  private lock(): void {
    const lock = `${this.file}.lock`;
    for (let tries = 0; tries < 2; tries++)
      try {
        writeFileSync(lock, String(process.pid), { flag: "wx" });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST")
          throw new ToolError(
            `The ledger ${this.file} cannot be written (${(error as Error).message}).`,
            "Name one with --ledger in a folder of your own.",
          );
        const pid = Number(readFileSync(lock, "utf8"));
        if (pid && alive(pid))
          throw new ToolError(
            `Another run (process ${pid}) uses the ledger ${this.file}.`,
            `Let one run serve all ports; if there is none, delete ${lock}.`,
          );
        // Its process was killed.
        rmSync(lock, { force: true });
      }
  }
}
