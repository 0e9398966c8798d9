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

/** The auth of a request: the method and its hash. For `ta` and `ca` time or count must be there. */
export function requestAuth(method: Method, key: string, request: Signed, style: Style = {}): string {
  const { serial, time = "", count = "", data, rows = [] } = request;
  const { padded, write = reemitted } = style;
  if (method === "ra") {
    let link = hashed(key, serial, padded);
    if (time) link = hashed(key, link + time, padded);
    if (count) link = hashed(key, link + count, padded);
    link = hashed(key, link + (data === undefined ? "[]" : write(data)), padded);
    for (const row of rows) link = hashed(key, link + write(row), padded);
    return method + link;
  }
  const text = {
    sa: () => serial,
    ta: () => serial + time,
    ca: () => serial + count,
    da: () => serial + time + count + (empty(data) ? "" : write(data!)) + (rows.length ? write(rows) : ""),
  }[method]();
  return method + hashed(key, text, padded);
}

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
