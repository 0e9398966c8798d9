/**
 * Reading a token: OpenPAYGO Token v2.3, "Token generation", in slices.
 *
 * A token hides its value in its last digits and proves its count by its place in a hash chain that starts at the
 * unit's starting code. Decoding walks that chain from count 0 until the token fits, so it takes as many hashes as
 * the device has counts, and is cut into slices so that keys, output and watchdog never wait.
 */
import type { Chain, Hal } from "../../hal/hal";
import { type Hash, high, type Key, keyed, low, sip } from "./siphash";

/** Whether the board has a walk of its own, `Hal.walk`. */
declare const NATIVE: boolean;

/** What the factory gave this unit. */
export interface Unit {
  /** Up to 31 printable ASCII characters. */
  serial: string;
  key: Key;
  /** 0 to 999999999. */
  startingCode: number;
  /** Units of a token's value in a day, 1 to 255. */
  timeDivider: number;
  /** 1: tokens come in the digits 1 to 4 only. */
  restricted: number;
}

/** Which counts were used. `bits` is a ring: bit `count & 127` speaks for the counts from `count - 63` to `count + 64`. */
export interface Counts {
  count: number;
  bits: Uint8Array;
  /**
   * Where the decode of two values may start, newest first: count and value (in the low 10 bits), and the code there.
   * A code is the token of its count, so none of a count that may still be accepted is kept.
   */
  near: Uint32Array;
}

/** This far below the unit's count, and further, no token is accepted but a sync. */
export const PAST = 16;

export const SYNC = 999;
export const DISABLE = 998;

/** A decode under way. `result` stays "" until it is known. */
export interface Walk extends Chain {
  result: "" | "VALID" | "ALREADY_USED" | "INVALID";
  /** What the token says; only of use with "VALID". */
  value: number;
  /** Count of `code`. */
  count: number;
  extended: boolean;
  /** The token's number. */
  token: number;
  /** Last count that is walked to, and the one that the walk was started from: what is older comes last. */
  top: number;
  from: number;
  /** The code at the count to be remembered, once the walk has been there. */
  past: number;
  /** It fitted a count that may not be accepted. */
  seen: boolean;
  /** The hash under the unit's key, once it was needed. */
  hash?: Hash;
}

/**
 * SipHash reads little-endian words, the code is written big-endian. (Not inside `nextCode`: a function made at each
 * call leaves 13 variables of garbage behind on the device, 700 times a token.)
 */
const swap = (n: number) => (n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);

/** Hashes a code of the chain: the code as a big-endian number twice (standard) or as eight bytes (extended). */
export function nextCode(hash: Hash, code: number, extended: boolean): number {
  const x = swap(code);
  if (extended) {
    hash(swap(Math.floor(code / 4294967296)), x, 3);
    code = (high >>> 0) * 256 + (low >>> 24);
    return code > 999999999999 ? code - 99511627777 : code;
  }
  hash(x, x, 3);
  return codeOfHash();
}

/** The 9-digit code in the last hash. */
function codeOfHash(): number {
  const code = (high ^ low) >>> 2;
  return code > 999999999 ? code - 73741825 : code;
}

/** The starting code of a unit whose factory gave none: the hash of its key under itself. */
export function startingCode(key: Key): number {
  let text = "";
  for (let i = 0; i < 16; i++) text += String.fromCharCode((key[i >> 2] >>> ((i & 3) * 8)) & 255);
  sip(key, text, 0, 0);
  return codeOfHash();
}

/** Whether `count` was used already, for counts in the ring's reach. */
function isUsed(counts: Counts, count: number): number {
  return (counts.bits[(count >> 3) & 15] >> (count & 7)) & 1;
}

/**
 * Marks a count that was accepted. One invariant decides every doubtful case: a count that was accepted once is never
 * accepted again. `all`: this token ends the use of every older one.
 */
export function markUsed(counts: Counts, count: number, all: boolean): void {
  // Slots that the ring reuses as the count rises start unused.
  for (let c = counts.count + 65; c <= count + 64; c++) counts.bits[(c >> 3) & 15] &= ~(1 << (c & 7));
  for (let c = all ? count - 63 : count; c <= count; c++) counts.bits[(c >> 3) & 15] |= 1 << (c & 7);
  if (all || count > counts.count) counts.count = count;
}

/** Whether the token of `walk`, found at its count, may be accepted now. */
function isAcceptable(walk: Walk, counts: Counts): boolean {
  const c = walk.count;
  const ahead = c - counts.count;
  if (ahead <= 64 && isUsed(counts, c)) return false;
  if (ahead > 0) return true;
  if (!walk.extended && walk.value > 995) return walk.value === SYNC && ahead > -64;
  return ahead > -PAST && !(c & 1);
}

/**
 * Starts to decode what a person typed or a server sent. Anything but digits of the unit's own set, in a length that
 * it knows (9 or 12; 15 or 20 with the restricted digit set), is "INVALID" at once.
 */
export function startWalk(unit: Unit, counts: Counts, text: string): Walk {
  const restricted = unit.restricted;
  const length = restricted ? (text.length * 3) / 5 : text.length;
  const extended = length === 12;
  const modulus = extended ? 1000000 : 1000;
  // By the interpreter's own functions: a loop over nine digits takes it as long as a thousand hashes of machine code.
  let token = restricted ? 0 : parseInt(text, 10);
  for (let i = 0; restricted && i < text.length; i++) token = token * 4 + text.charCodeAt(i) - 49;
  const base = token % modulus;
  const own = unit.startingCode % modulus;
  // The value is what the token's base is ahead of the starting code's.
  const value = (base - own + modulus) % modulus;
  const valid =
    (extended || (length === 9 && value !== 996 && value !== 997)) && !(restricted ? /[^1-4]/ : /[^0-9]/).test(text);
  return {
    result: valid ? "" : "INVALID",
    value,
    count: 0,
    extended,
    token,
    modulus,
    least: token - base,
    code: unit.startingCode - own + base,
    from: 0,
    past: 0,
    top: Math.min(65535, counts.count + (!extended && value === SYNC ? 100 : 64)),
    seen: false,
  };
}

/**
 * Starts the walk at a later count, whose code is known. Only where that cannot change what is found: no token at or
 * below it may be accepted any more.
 */
export function skipTo(walk: Walk, counts: Counts, count: number, code: number): void {
  if (walk.extended || walk.value === SYNC || count > counts.count - PAST || count <= walk.count) return;
  walk.count = count;
  walk.from = count;
  walk.code = code;
}

/** Starts the walk where this value's last one has been. */
export function skipToNear(walk: Walk, counts: Counts): void {
  for (let i = 0; i < 4; i += 2)
    if ((counts.near[i] & 1023) === walk.value) skipTo(walk, counts, counts.near[i] >>> 10, counts.near[i + 1]);
}

/** Remembers where a walk has been, for the next one of its value; before its token is applied. */
export function remember(walk: Walk, counts: Counts): void {
  const near = counts.near;
  if (!walk.past || walk.extended || walk.value === SYNC) return;
  if ((near[0] & 1023) !== walk.value) {
    near[2] = near[0];
    near[3] = near[1];
  }
  near[0] = (counts.count - PAST) * 1024 + walk.value;
  near[1] = walk.past;
}

/**
 * Walks on by up to `hashes` counts; sets `walk.result` when it is known. `native` is the board's own walk, if it has one: with
 * it nothing needs to be remembered, as a thousand hashes take it no longer than a hash does here.
 */
export function stepWalk(walk: Walk, unit: Unit, counts: Counts, hashes: number, native?: Hal["walk"]): void {
  while (!walk.result && hashes > 0) {
    let taken = 1;
    let fits = false;
    if (walk.count === walk.top) {
      if (walk.seen || !walk.from) walk.result = walk.seen ? "ALREADY_USED" : "INVALID";
      else {
        // Nothing to be accepted: what lies before tells a used token from an invalid one.
        walk.top = walk.from;
        walk.from = 0;
        walk.count = 0;
        walk.code = unit.startingCode - (unit.startingCode % walk.modulus) + (walk.token % walk.modulus);
      }
    } else {
      if (NATIVE && native) {
        const most = Math.min(hashes, walk.top - walk.count);
        taken = native(unit.key, walk, most);
        fits = taken > 0;
        taken = taken || most;
      } else {
        const hash = walk.hash || keyed(unit.key);
        walk.hash = hash;
        walk.code = nextCode(hash, walk.code, walk.extended);
        fits = walk.code >= walk.least && walk.code < walk.least + walk.modulus;
        if (walk.count + 1 === counts.count - PAST) walk.past = walk.code;
      }
      walk.count += taken;
      if (fits) {
        if (isAcceptable(walk, counts)) walk.result = "VALID";
        walk.seen = true;
      }
    }
    hashes -= taken;
  }
}
