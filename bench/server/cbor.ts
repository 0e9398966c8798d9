/** CBOR (RFC 8949) to and from JSON values. Only what JSON has: no tags, byte strings or undefined. */
import { Decoder, Encoder } from "cbor-x";
import { DEEPEST, FormError, fromPlain, type Json, Numeric } from "./json";

const decoder = new Decoder({ mapsAsObjects: false, useRecords: false });
const encoder = new Encoder({ useRecords: false, variableMapSize: true });

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Checks that the bytes are one whole item, before a decoder makes room for what their lengths promise. */
function check(bytes: Uint8Array): void {
  let at = 0;
  const early = (): never => {
    throw new FormError(`The CBOR breaks off: its ${bytes.length} bytes end in the middle of an item.`);
  };
  const none = (what: string): never => {
    throw new FormError(`The CBOR holds ${what}, which JSON has not.`);
  };

  function argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new FormError(`Byte ${at} of the CBOR is no beginning of an item.`);
    const size = 2 ** (info - 24);
    if (at + size > bytes.length) early();
    let n = 0;
    for (const end = at + size; at < end; at++) n = n * 256 + bytes[at];
    return n;
  }

  function text(length: number): void {
    try {
      utf8.decode(bytes.subarray(at, at + length));
    } catch {
      throw new FormError("A text in the CBOR is not UTF-8.");
    }
    at += length;
  }

  /** Checks one item; true for the break that ends an item of open length. */
  function item(depth: number): boolean {
    if (depth > DEEPEST) throw new FormError(`It is nested more than ${DEEPEST} deep.`);
    if (at >= bytes.length) early();
    const type = bytes[at] >> 5;
    const info = bytes[at++] & 31;
    if (type === 2) none("a byte string");
    if (type === 6) none("a tag");
    if (type === 7) {
      if (info === 31) return true;
      if (info === 20 || info === 21 || info === 22) return false;
      if (info < 25 || info > 27) none(info === 23 ? "undefined" : "a simple value");
      argument(info);
      return false;
    }
    if (type < 2) argument(info);
    else if (info === 31) {
      // Texts in pieces are allowed by CBOR and made by no device: cbor-x would take them one by one.
      if (type === 3) none("a text in pieces");
      let items = 0;
      while (!item(depth + 1)) items++;
      if (type === 5 && items % 2) throw new FormError("The CBOR ends an object between a key and its value.");
    } else {
      const length = argument(info);
      if (length > bytes.length - at) early();
      if (type === 3) text(length);
      else
        for (let left = type === 5 ? length * 2 : length; left > 0; left--)
          if (item(depth + 1)) throw new FormError("The CBOR ends a list or object before its length.");
    }
    return false;
  }

  if (item(0)) throw new FormError("The CBOR is only the end of an item.");
  if (at < bytes.length) throw new FormError(`The CBOR goes on for ${bytes.length - at} bytes behind its end.`);
}

/** Reads one CBOR item. Throws a `FormError`. */
export function readCbor(bytes: Uint8Array): Json {
  check(bytes);
  let value: unknown;
  try {
    value = decoder.decode(bytes);
  } catch {
    throw new FormError("The CBOR cannot be read.");
  }
  return fromPlain(value);
}

/** What the encoder takes for a value; integers stay integers. */
function native(value: Json): unknown {
  if (value instanceof Numeric) {
    const n = Number(value.text);
    // cbor-x makes decimals of integers above 32 bits, unless they are BigInts.
    return /^-?\d+$/.test(value.text) && (n > 0xffffffff || n < -0x80000000) ? BigInt(value.text) : n;
  }
  if (Array.isArray(value)) return value.map(native);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, native(item)]));
  return value;
}

export const writeCbor = (value: Json): Uint8Array => encoder.encode(native(value));
