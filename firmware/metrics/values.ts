/** Values as JSON or CBOR (RFC 8949): integers, short texts, and what is left out. */

/** Whether a board sends CBOR, the simple form, decimals, and objects by index where they are shorter. */
declare const CBOR: boolean;
declare const SIMPLE: boolean;
declare const DECIMALS: boolean;
declare const INDEXED: boolean;

/** An integer below 2^53, printable ASCII, or nothing. */
export type Value = number | string | undefined;

/** Writes the value of a column as JSON, in a way of its own. */
export type Format = (v: Value, column: number) => string;

/** Found faster by this name than by its own, on the interpreter. */
const bytes = String.fromCharCode;

/** The head of a CBOR item: its major type (in the upper three bits) and a number below 2^53. */
export function head(major: number, n: number): string {
  if (n < 24) return bytes(major + n);
  if (n < 256) return bytes(major + 24, n);
  if (n < 65536) return bytes(major + 25, n >> 8, n & 255);
  const tail = bytes(n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255);
  if (n < 4294967296) return bytes(major + 26) + tail;
  const upper = Math.floor(n / 4294967296);
  return bytes(major + 27, 0, upper >> 16, (upper >> 8) & 255, upper & 255) + tail;
}

/** One value as CBOR. */
export function cborValue(v: Value): string {
  if (v === undefined) return "\xf6";
  if (typeof v === "string") return head(0x60, v.length) + v;
  return v < 0 ? head(0x20, -1 - v) : head(0, v);
}

/** Whether an array may become an object with indices as names, and for what it should be short. */
export const ARRAY = 0;
export const SHORT_CBOR = 1;
export const SHORT_JSON = 5;

/**
 * A list, which loses what is left out at its end: an object if there are `names`, or indices if that is shorter in the
 * given `shape`; else an array. `format`, if there is one, writes its values as JSON.
 */
export function writeList(
  values: Value[],
  cbor: boolean,
  names: string[] | undefined,
  shape: number,
  format: Format | undefined,
): string {
  let object = SIMPLE && names !== undefined;
  let text = "";
  let filled = 0;
  while (values.length && values[values.length - 1] === undefined) values.pop();
  if (INDEXED && shape && values.indexOf(undefined) >= 0) {
    // An array has a null for each value that is left out, with a comma in JSON, an object the names of the others.
    let longer = 0;
    for (let i = 0; i < values.length; i++)
      if (values[i] === undefined) longer += shape;
      else longer -= ((shape + 1) >> 1) + (i > 9 ? 2 : 1);
    if (longer > 0) object = true;
  }
  if (CBOR && !object && cbor) return head(0x80, values.length) + values.map(cborValue).join("");
  const decimals = DECIMALS ? format : undefined;
  if (!(SIMPLE || INDEXED) || !object)
    return decimals ? "[" + values.map(decimals).join(",") + "]" : JSON.stringify(values);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    const name = names ? names[i] : "" + i;
    if (v !== undefined) {
      if (CBOR && cbor) text += cborValue(name) + cborValue(v);
      else text += (filled ? ',"' : '"') + name + '":' + (decimals ? decimals(v, i) : JSON.stringify(v));
      filled++;
    }
  }
  return CBOR && cbor ? head(0xa0, filled) + text : "{" + text + "}";
}
