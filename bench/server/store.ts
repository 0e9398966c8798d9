/** Files to which whole lines of JSON are appended, and nothing else is ever done. Without a folder, nothing is kept. */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** The file of a unit, whatever its serial is made of. */
export const fileName = (serial: string) =>
  `unit-${serial.replace(/[^A-Za-z0-9_-]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`)}.jsonl`;

export interface Store {
  /** The whole lines of a file; a line that a kill broke off is cut away, and `torn` says so. */
  lines(file: string, torn: () => void): any[];
  /** Appends one line, which is on the disk when this returns. Throws, and has then changed nothing. */
  append(file: string, line: object): void;
}

export function openStore(folder: string | undefined): Store {
  if (folder === undefined) return { lines: () => [], append: () => {} };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  readdirSync(folder);
  return {
    lines(name, torn) {
      const file = join(folder, name);
      if (!existsSync(file)) return [];
      const bytes = readFileSync(file);
      const end = bytes.lastIndexOf(10) + 1;
      if (end < bytes.length) {
        truncateSync(file, end);
        torn();
      }
      const lines = bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
      return lines.map((line, at) => {
        try {
          return JSON.parse(line);
        } catch {
          throw new Error(`Line ${at + 1} of ${file} is no JSON: mend it, or give another folder`);
        }
      });
    },
    append(name, line) {
      const fd = openSync(join(folder, name), "a", 0o600);
      const { size } = fstatSync(fd);
      try {
        const bytes = Buffer.from(`${JSON.stringify(line)}\n`, "utf8");
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
        fdatasyncSync(fd);
      } catch (error) {
        ftruncateSync(fd, size);
        throw error;
      } finally {
        closeSync(fd);
      }
    },
  };
}
