/** The units that a server knows, and the file that they come from. It holds their keys: nobody but its owner may read it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { ToolError } from "../../build/tool";
import { deriveStartingCode } from "../encode";

export interface Unit {
  /** 1 to 31 printable ASCII characters. */
  serial: string;
  /** 32 hexadecimal digits. A unit without one is known by its JSON web token only, and its answers are not signed. */
  key?: string;
  /** 0 to 999999999; derived from the key if left out. */
  startingCode?: number;
  /** The count it left the factory with, 0 to 65535; 1 if left out. */
  count?: number;
  /** Units of a token's value in a day, 1 to 255; 1 if left out. */
  timeDivider?: number;
  /** Its tokens come in the digits 1 to 4 only. */
  restricted?: boolean;
  /** For the factory's bench: 1 to 999999999, see `#SETUP`. */
  testCode?: number;
  /** Its hashes have zeros in front, up to 16 digits. The published library refuses that. */
  padded?: boolean;
  /** It may send a JSON web token in the header in place of an auth. */
  jwt?: boolean;
}

/** What is wrong with a unit or a file of them; a key is never part of the message. */
export class UnitsError extends Error {}

function need(ok: boolean, message: string): asserts ok {
  if (!ok) throw new UnitsError(message);
}

/** Names of the columns, in small letters and without spaces: this project's, and those of the OpenPAYGO documents. */
const NAMES: { [name: string]: keyof Unit | "" } = {
  serial: "serial",
  serial_number: "serial",
  key: "key",
  starting_code: "startingCode",
  count: "count",
  time_divider: "timeDivider",
  restricted: "restricted",
  restricted_digit_mode: "restricted",
  restricted_digit_set: "restricted",
  test_code: "testCode",
  // Of use to others.
  hardware_model: "",
  version: "",
  firmware_version: "",
  padded: "padded",
  jwt: "jwt",
};

/** Checks a unit and fills in what follows from the rest. Throws a `UnitsError`. */
export function checkUnit(unit: Unit): Unit {
  const { serial, key, startingCode, count = 1, timeDivider = 1, testCode } = unit;
  need(typeof serial === "string" && /^[!-~]{1,31}$/.test(serial), "A serial is not 1 to 31 printable characters.");
  const within = (what: string, n: number, low: number, high: number) =>
    need(
      Number.isInteger(n) && n >= low && n <= high,
      `The ${what} of ${serial} is not a number from ${low} to ${high}.`,
    );
  need(key === undefined || /^[\da-f]{32}$/i.test(key), `The key of ${serial} is not 32 hexadecimal digits.`);
  need(key !== undefined || unit.jwt === true, `The unit ${serial} has neither a key nor a JSON web token.`);
  if (startingCode !== undefined) within("starting code", startingCode, 0, 999999999);
  within("count", count, 0, 65535);
  within("time divider", timeDivider, 1, 255);
  if (testCode !== undefined) within("test code", testCode, 1, 999999999);
  const code = startingCode || (key && deriveStartingCode(key)) || undefined;
  return { ...unit, key: key?.toLowerCase(), startingCode: code, count, timeDivider };
}

function field(name: keyof Unit, value: unknown, where: string): unknown {
  if (name === "serial" || name === "key") return String(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (name === "restricted" || name === "padded" || name === "jwt") {
    need(["0", "1", "true", "false"].includes(String(value)), `${where}: ${name} is neither 0 nor 1.`);
    return value === "1" || value === "true";
  }
  need(/^\d+$/.test(String(value)), `${where}: ${name} is no number.`);
  return Number(value);
}

function fromRow(row: { [name: string]: unknown }, where: string): Unit {
  const unit: any = {};
  for (const [title, value] of Object.entries(row)) {
    const name = title.toLowerCase().replace(/\s+/g, "_");
    const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    need(
      known !== undefined,
      `${where}: there is a field that no unit has. Choose out of ${Object.keys(NAMES).join(", ")}.`,
    );
    if (known && value !== "" && value !== null) unit[known] = field(known, value, where);
  }
  return checkUnit(unit);
}

/** Reads units from CSV with a line of names, or from JSON: a list, or an object with `units` and `jwt_secret`. */
export function parseUnits(text: string): { units: Unit[]; jwtSecret?: string } {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("//"));
  if (!/^\s*[[{]/.test(text)) {
    const [names = [], ...rows] = lines.map((line) =>
      line.split(/[,;]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")),
    );
    return {
      units: rows.map((cells, i) => {
        need(
          cells.length === names.length,
          `Row ${i + 1} has ${cells.length} fields, and the line of names ${names.length}.`,
        );
        return fromRow(Object.fromEntries(names.map((name, at) => [name, cells[at]])), `Row ${i + 1}`);
      }),
    };
  }
  let read: any;
  try {
    read = JSON.parse(text);
  } catch {
    // The parser's own message repeats the text, and with it a key.
    throw new UnitsError("The file of units is no JSON.");
  }
  const rows = Array.isArray(read) ? read : read.units;
  need(Array.isArray(rows), "The file of units is neither a list nor an object with a list named units.");
  const jwtSecret = Array.isArray(read) ? undefined : read.jwt_secret;
  need(jwtSecret === undefined || typeof jwtSecret === "string", "The jwt_secret is no text.");
  return {
    jwtSecret,
    units: rows.map((row, i) => {
      need(typeof row === "object" && row !== null && !Array.isArray(row), `Unit ${i + 1} is no object.`);
      return fromRow(row, `Unit ${i + 1}`);
    }),
  };
}

/** Reads the file of units. One that is not there, or that others may read, is a `ToolError`; what is wrong in it a `UnitsError`. */
export function readUnits(file: string): { units: Unit[]; jwtSecret?: string } {
  if (!existsSync(file)) throw new ToolError(`There is no file ${file}.`, "Name the file with the units.");
  const open = process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0;
  if (open)
    throw new ToolError(`Others than you may read ${file}, and it holds keys.`, `Close it first: chmod 600 ${file}`);
  return parseUnits(readFileSync(file, "utf8"));
}
