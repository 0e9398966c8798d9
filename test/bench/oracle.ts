/**
 * What a device must do with a token, as plainly as it can be written: every count of the window is tried, every used count is kept.
 * It shares no code with the encoder or the firmware. The delay after wrong tokens is not part of it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hash } from "siphash";

/** The lines of one of the files in `test/vectors`. */
export function vectors(name: string): any[] {
  const text = readFileSync(join(__dirname, "../vectors", name), "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** SipHash-2-4, by the published implementation. */
export function siphash(key: string, hex: string): bigint {
  const bytes = Buffer.from(key, "hex");
  const words = Uint32Array.of(...[0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)));
  const { h, l } = hash(words, Buffer.from(hex, "hex"));
  return (BigInt(h >>> 0) << 32n) | BigInt(l >>> 0);
}

function toCode(hashed: bigint, extended: boolean): number {
  const code = extended ? hashed >> 24n : ((hashed >> 32n) ^ (hashed & 0xffffffffn)) >> 2n;
  if (extended) return Number(code > 999999999999n ? code - 99511627777n : code);
  return Number(code > 999999999n ? code - 73741825n : code);
}

const chains = new Map<string, number[]>();

/** The codes (before their base is put back) of the chain that starts at `first`, by count; a chain is computed once. */
function codes(key: string, first: number, extended: boolean): (count: number) => number {
  const name = `${key} ${first} ${extended}`;
  const chain = chains.get(name) ?? [first];
  chains.set(name, chain);
  return (count) => {
    while (chain.length <= count) {
      const last = chain[chain.length - 1];
      const hex = extended ? last.toString(16).padStart(16, "0") : last.toString(16).padStart(8, "0").repeat(2);
      chain.push(toCode(siphash(key, hex), extended));
    }
    return chain[count];
  };
}

/** A token as read: its value, and at which counts the chain of that value holds it. Null if it is no token by its form. */
export function read(key: string, startingCode: number, token: string, restricted: boolean) {
  const lengths = restricted ? [15, 20] : [9, 12];
  if (!lengths.includes(token.length) || !(restricted ? /^[1-4]+$/ : /^[0-9]+$/).test(token)) return null;
  const extended = token.length === lengths[1];
  const modulus = extended ? 1000000 : 1000;
  const number = restricted
    ? parseInt(
        token.replace(/./g, (digit) => String(Number(digit) - 1)),
        4,
      )
    : Number(token);
  const base = number % modulus;
  const value = (base - (startingCode % modulus) + modulus) % modulus;
  const first = startingCode - (startingCode % modulus) + base;
  const codeAt = codes(key, first, extended);
  const isAt = (count: number) => {
    const code = codeAt(count);
    return code - (code % modulus) + base === number;
  };
  return { extended, value, isAt };
}

/** The starting code of a unit that was given only a key. */
export const derivedStartingCode = (key: string) => toCode(siphash(key, key), false);

export interface Entry {
  result: "valid" | "used" | "invalid";
  kind: "add" | "set" | "disable" | "sync" | "extended" | null;
  value: number | null;
  count: number | null;
}

const refused = (result: "used" | "invalid"): Entry => ({ result, kind: null, value: null, count: null });

export class DeviceModel {
  readonly key: string;
  readonly startingCode: number;
  readonly timeDivider: number;
  readonly restricted: boolean;
  /** The current count, 1 to 65535. */
  count: number;
  unlocked = false;
  private until = 0;
  private readonly used = new Set<number>();

  constructor(unit: {
    key: string;
    startingCode?: number;
    count?: number;
    timeDivider?: number;
    restricted?: boolean;
  }) {
    this.key = unit.key;
    this.startingCode = unit.startingCode ?? derivedStartingCode(unit.key);
    this.count = unit.count ?? 1;
    this.timeDivider = unit.timeDivider ?? 1;
    this.restricted = unit.restricted ?? false;
    // What was used before the unit was set up is not known, so nothing up to its first count may come again.
    for (let older = 1; older <= this.count; older++) this.used.add(older);
  }

  /** Seconds of credit at the Unix time `now`, null while unlocked. */
  secondsLeft(now: number): number | null {
    return this.unlocked ? null : Math.max(0, this.until - now);
  }

  /** Enters a token, a string of digits, at the Unix time `now` in seconds. */
  enter(token: string, now: number): Entry {
    const found = read(this.key, this.startingCode, token, this.restricted);
    if (!found) return refused("invalid");
    const { extended, value, isAt } = found;
    if (!extended && (value === 996 || value === 997)) return refused("invalid");
    const sync = !extended && value === 999;
    const disable = !extended && value === 998;
    const top = Math.min(65535, this.count + (sync ? 100 : 64));

    let seen = false;
    for (let count = 1; count <= top; count++) {
      if (!isAt(count)) continue;
      seen = true;
      const add = !sync && !disable && count % 2 === 0;
      const oldest = sync ? this.count - 64 : add ? this.count - 16 : this.count;
      if (count <= oldest || this.used.has(count)) continue;

      if (add) this.used.add(count);
      else for (let older = 1; older <= count; older++) this.used.add(older);
      this.count = add ? Math.max(this.count, count) : count;
      if (sync) return { result: "valid", kind: "sync", value: null, count };
      if (extended) return { result: "valid", kind: "extended", value, count };
      if (disable) {
        this.unlocked = true;
        return { result: "valid", kind: "disable", value: null, count };
      }
      const seconds = Math.floor((value * 86400) / this.timeDivider);
      if (!add) {
        this.unlocked = false;
        this.until = now + seconds;
      } else if (!this.unlocked) this.until = Math.max(now, this.until) + seconds;
      return { result: "valid", kind: add ? "add" : "set", value, count };
    }
    return refused(seen ? "used" : "invalid");
  }
}
