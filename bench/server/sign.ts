/** The hashes that requests and answers carry (OpenPAYGO Metrics, "Security"), over characters as a gateway re-emits them. */
import { timingSafeEqual } from "node:crypto";
import { hash } from "siphash";
import { type Json, Numeric, reemitted, written } from "./json";

/** Ways to sign a request: over the serial alone, with its time, its count, all of its data at once, or row by row. */
export const METHODS = ["sa", "ta", "ca", "da", "ra"] as const;
export type Method = (typeof METHODS)[number];

/** The parts of a request that are signed; time and count by the characters they were sent in, undefined if not sent or 0. */
export interface Signed {
  serial: string;
  time?: string;
  count?: string;
  data?: Json;
  rows?: Json[];
}

/** The parts of an answer that are signed. */
export interface Said {
  auts?: Json;
  asl?: Json;
  tkl?: Json;
  st?: Json;
  ed?: Json;
}

export interface Style {
  /** Hashes are 16 digits long, with zeros in front. The published library wants them without. */
  padded?: boolean;
  /** How values are written; as the published library re-emits them if left out. */
  write?: (value: Json) => string;
}

/** SipHash-2-4 of a text in UTF-8 as hexadecimal digits. @param key 32 hexadecimal digits */
export function hashed(key: string, text: string, padded = false): string {
  const bytes = Buffer.from(key, "hex");
  const words = Uint32Array.from([0, 4, 8, 12], (at) => bytes.readUInt32LE(at));
  const { h, l } = hash(words, Buffer.from(text, "utf8"));
  const digits = [h, l].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  return padded ? digits : digits.replace(/^0+(?=.)/, "");
}

const empty = (value: Json | undefined) =>
  value == null ||
  value === "" ||
  value === false ||
  (value instanceof Numeric && Number(value.text) === 0) ||
  (Array.isArray(value) && value.length === 0) ||
  (value instanceof Map && value.size === 0);

/** One hash on the way to an auth: what it is over, in words and characters, and itself. */
export interface Link {
  of: string;
  text: string;
  hash: string;
}

/** How an auth comes about: for `ra` a hash for each part, over the one before and that part; for the others one hash. */
export function links(method: Method, key: string, request: Signed, style: Style = {}): Link[] {
  const { serial, time = "", count = "", data, rows = [] } = request;
  const { padded, write = reemitted } = style;
  const parts: [of: string, text: string][] =
    method === "ra"
      ? [
          ["serial", serial],
          ["time", time],
          ["count", count],
          ["data", data === undefined ? "[]" : write(data)],
          ...Array.from(rows, (row, i): [string, string] => [`row ${i + 1}`, write(row)]),
        ]
      : [
          ["serial", serial],
          ["time", method === "sa" || method === "ca" ? "" : time],
          ["count", method === "sa" || method === "ta" ? "" : count],
          ["data", method === "da" && !empty(data) ? write(data!) : ""],
          ["rows", method === "da" && rows.length ? write(rows) : ""],
        ];
  const there = parts.filter(([, text]) => text);
  if (method !== "ra") {
    const text = there.map(([, part]) => part).join("");
    return [{ of: there.map(([of]) => of).join(", "), text, hash: hashed(key, text, padded) }];
  }
  let last = "";
  return there.map(([of, text]) => ({ of, text, hash: (last = hashed(key, last + text, padded)) }));
}

/** The auth of a request: the method and its hash. For `ta` and `ca` time or count must be there. */
export const requestAuth = (method: Method, key: string, request: Signed, style: Style = {}): string =>
  method + links(method, key, request, style).at(-1)!.hash;

/** The auth of an answer to a request. Every value is hashed as it stands in the answer; what is empty or 0 is left out. */
export function answerAuth(key: string, request: Signed, { auts, asl, tkl, st, ed }: Said, padded = false): string {
  const { serial, time = "", count = "" } = request;
  const said = [auts, asl, tkl, st, ed].map((value) => (empty(value) ? "" : written(value!)));
  return `da${hashed(key, serial + time + count + said.join(""), padded)}`;
}

/** Whether two auths are the same, in a time that does not tell where they differ. */
export function same(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => Buffer.from(text, "utf8"));
  return x.length === y.length && timingSafeEqual(x, y);
}
