/**
 * JSON as a gateway re-emits it. A number keeps its characters and an object the order of its keys, because a signature
 * is over characters: `JSON.parse` would lose that 12.0 was not 12, and put the key "10" before "b".
 */

/** A number, by the characters it was written in. */
export class Numeric {
  constructor(readonly text: string) {}
}

export type Json = null | boolean | string | Numeric | Json[] | Map<string, Json>;

/** One sentence on why a text is no JSON that the server takes. */
export class FormError extends Error {}

/** Deepest nesting of lists and objects that is read. */
export const DEEPEST = 32;

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: [string, Json][] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

/** Reads one JSON value (RFC 8259). Throws a `FormError`, also for a key that stands twice in an object. */
export function readJson(text: string): Json {
  let at = 0;
  const wrong = (what: string): never => {
    throw new FormError(`The JSON breaks off at character ${at + 1}: ${what} was expected.`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const next = (char: string): boolean => {
    match(SPACE);
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const string = (): string => {
    match(SPACE);
    return JSON.parse(match(STRING) ?? wrong("a string"));
  };

  function list(depth: number): Json[] {
    const items: Json[] = [];
    if (next("]")) return items;
    do items.push(value(depth));
    while (next(","));
    return next("]") ? items : wrong('"," or "]"');
  }

  function object(depth: number): Map<string, Json> {
    const entries = new Map<string, Json>();
    if (next("}")) return entries;
    do {
      const key = string();
      if (entries.has(key)) throw new FormError(`The key ${show(key)} stands twice in one object.`);
      if (!next(":")) wrong('":"');
      entries.set(key, value(depth));
    } while (next(","));
    return next("}") ? entries : wrong('"," or "}"');
  }

  function value(depth: number): Json {
    if (depth > DEEPEST) throw new FormError(`It is nested more than ${DEEPEST} deep.`);
    if (next("{")) return object(depth + 1);
    if (next("[")) return list(depth + 1);
    if (text[at] === '"') return string();
    for (const [word, meaning] of WORDS)
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    const number = match(NUMBER) ?? wrong("a value");
    if (!Number.isFinite(Number(number))) throw new FormError("A number is too large for any reader.");
    return new Numeric(number);
  }

  const read = value(0);
  match(SPACE);
  if (at < text.length) wrong("the end");
  return read;
}

/** A piece of a request as it may stand in a sentence: printable, in quotes, and not long. A key that is cut in two is left out. */
export function show(text: string): string {
  const clean = text.replace(/[^ -~]/g, "?");
  return `"${clean.length > 40 ? `${clean.slice(0, 40).replace(/[\da-f]*$/i, "")}…` : clean}"`;
}

/** A decimal as Python writes it: the shortest digits that read back the same, with ".0" or a two-digit exponent. */
function float(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const [digits, exponent] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  if (power < 0) return value.toFixed(Math.max(0, digits.replace(/[-.]/g, "").length - 1 - power));
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const number = (text: string) => (/[.eE]/.test(text) ? float(Number(text)) : text === "-0" ? "0" : text);
const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

function write(value: Json, numbers: (text: string) => string): string {
  if (value instanceof Numeric) return numbers(value.text);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, numbers)).join(",")}]`;
  if (value instanceof Map)
    return `{${[...value].map(([key, item]) => `${write(key, numbers)}:${write(item, numbers)}`).join(",")}}`;
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escaped);
}

/** Condensed JSON as the published server library writes it again: ASCII, keys in their order, numbers as Python has them. */
export const reemitted = (value: Json) => write(value, number);
/** Condensed JSON with every number as it was written. */
export const written = (value: Json) => write(value, (text) => text);
/** Condensed JSON as a gateway in JavaScript writes it again. */
export const inJavaScript = (value: Json) => JSON.stringify(plain(value));

/** The value as JavaScript has it. Digits beyond 2^53 are lost. */
export function plain(value: Json): any {
  if (value instanceof Numeric) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return value;
}

/**
 * What JavaScript has, ready to be signed and written. Undefined properties are left out. Throws a `FormError`, also for what
 * is nested deeper than what is read; `depth` below 0 allows more.
 */
export function fromPlain(value: unknown, depth = 0): Json {
  if (depth > DEEPEST) throw new FormError(`It is nested more than ${DEEPEST} deep.`);
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") return new Numeric(String(value));
  if (typeof value === "number" && Number.isFinite(value))
    return new Numeric(Number.isSafeInteger(value) ? String(value + 0) : float(value));
  if (Array.isArray(value)) return value.map((item) => fromPlain(item, depth + 1));
  if (value instanceof Map || (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype)) {
    const entries = new Map<string, Json>();
    for (const [key, item] of value instanceof Map ? value : Object.entries(value as object)) {
      if (item === undefined) continue;
      if (typeof key !== "string" && !(Number.isSafeInteger(key) && key >= 0))
        throw new FormError("A key is neither text nor an index.");
      if (entries.has(String(key))) throw new FormError(`The key ${show(String(key))} stands twice in one object.`);
      entries.set(String(key), fromPlain(item, depth + 1));
    }
    return entries;
  }
  throw new FormError("It holds something that JSON has not.");
}
