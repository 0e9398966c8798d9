/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) in 32-bit halves, shaped for Espruino.
 *
 * The interpreter reads the source text each time it runs it, so what counts is how many names, numbers and operators
 * are met on the way: counted in instructions (`npm run measure`), a name or a number costs 1, an operator 1.2,
 * an assignment 1.2, a pair of parentheses 0.5, a comma 0.2, a literal of ten digits 2.3, `k[0]` 2.8. Also a name is
 * looked for in scope after scope, in each in the order of declaration. What it led to, with its part of a whole hash:
 *
 * - The carry of `b += d` is `b >>> 0 < d >>> 0`, added as the truth value that it is: no sum of unsigned numbers to
 *   keep, no limit to compare it with, no `? 1 : 0`. Sums are not cut to 32 bits, as shifts and xor do that when they
 *   read them; numbers are exact up to 53 bits, and between the blocks of a text they are cut (together 30 %).
 * - A rotation is joined with `^` and not `|`: shifts bind tighter, so it needs no parentheses (2 %).
 * - A step writes the new high half of v1 or v3 into a spare name and leaves the old one as the next spare. The four
 *   steps of a round bring every name home, and nothing is copied (5 %).
 * - v0 and v2 are rotated by 32 by swapping their names; two rounds in the loop bring them home too.
 * - A sum is written where it is read first; so are the halves that the next step needs first (3 %).
 * - The state is the first parameters, the names used most first: nothing is looked up faster (3 %).
 * - These parameters are bound when the key is known, once for all the hashes of a token (3 to 10 %).
 * - The message is xored between the passes of the loop, and the two passes that end the hash have none (3 %).
 * - A text goes round by calls, one a block, with the state bound anew each time. Reading its words inside the loop is
 *   7 % faster for it, but what a pass does not run it still reads over, so it costs the hash of eight bytes 1 %.
 *
 * Tried and slower: the carry from the bits of both summands (20 %), with bit 31 flipped (3 %), from a sum kept in a
 * number (4 %); `>>>=` (5 %); a comma in place of an assignment inside an expression (2 %); a `switch` on the pass (2 %).
 * Initial words kept in an array gain 1 %. Without a loop it is 6 % faster and twice as big.
 */

/** The last hash: its high and low 32 bits, signed. */
export let high = 0;
export let low = 0;

/** The four little-endian words of a 128-bit key: k0 low, k0 high, k1 low, k1 high. */
export type Key = number[];

/**
 * Hashes under one key. Eight bytes: their little-endian words, and 3 for `i`. The result is left in `high` and `low`.
 *
 * A text, which may come in pieces: the words of eight of its bytes, 0 for `i`, and `MORE` give the hash to go on with;
 * at the end the words of what is left, the text's length in the uppermost byte, and 2 for `i` give the result.
 */
export type Hash = (x: number, y: number, i: number, more?: number) => any;

export const MORE = 1;

/** Four bytes of a text as the hash reads them: little-endian, with zeros behind its end. */
export function word(t: string, p: number): number {
  // Behind the end charCodeAt gives NaN, which shifts and `|` read as 0.
  return t.charCodeAt(p) | (t.charCodeAt(p + 1) << 8) | (t.charCodeAt(p + 2) << 16) | (t.charCodeAt(p + 3) << 24);
}

/**
 * v0 to v3 are ab, ef (added to) and cd, gh (rotated), high half first; s is the spare, i counts the passes left.
 * (Type any: TypeScript would not add a truth value to a number.)
 */
function rounds(
  d: number,
  h: number,
  c: any,
  s: any,
  g: any,
  a: number,
  b: number,
  e: number,
  f: number,
  x: number,
  y: number,
  i: number,
  more?: number,
): any {
  h ^= x;
  g ^= y;
  for (;;) {
    // v0 += v1, v1 <<<= 13, v1 ^= v0: v1 is now sd and c is spare; v0 turns into ba.
    s = (c << 13) ^ (d >>> 19) ^ (a += c + ((b += d) >>> 0 < d >>> 0));
    d = (d << 13) ^ (c >>> 19) ^ b;
    // v2 += v3, v3 <<<= 16, v3 ^= v2: v3 is now ch. With it v0 += v3, v3 <<<= 21, v3 ^= v0: v3 is gh again.
    g =
      ((c = (g << 16) ^ (h >>> 16) ^ (e += g + ((f += h) >>> 0 < h >>> 0))) << 21) ^
      ((h = (h << 16) ^ (g >>> 16) ^ f) >>> 11) ^
      (b += c + ((a += h) >>> 0 < h >>> 0));
    h = (h << 21) ^ (c >>> 11) ^ a;
    // v2 += v1, v1 <<<= 17, v1 ^= v2: v1 is cd again, v2 turns into fe. The second round: v0 += v1, and so on.
    s =
      ((c = (s << 17) ^ (d >>> 15) ^ (e += s + ((f += d) >>> 0 < d >>> 0))) << 13) ^
      ((d = (d << 17) ^ (s >>> 15) ^ f) >>> 19) ^
      (b += c + ((a += d) >>> 0 < d >>> 0));
    d = (d << 13) ^ (c >>> 19) ^ a;
    g =
      ((c = (g << 16) ^ (h >>> 16) ^ (f += g + ((e += h) >>> 0 < h >>> 0))) << 21) ^
      ((h = (h << 16) ^ (g >>> 16) ^ e) >>> 11) ^
      (a += c + ((b += h) >>> 0 < h >>> 0));
    h = (h << 21) ^ (c >>> 11) ^ b;
    c = (s << 17) ^ (d >>> 15) ^ (f += s + ((e += d) >>> 0 < d >>> 0));
    d = (d << 17) ^ (s >>> 15) ^ e;
    if (i--) {
      if (i) {
        // That was a block of the message, the last one when i is 1.
        a ^= y;
        b ^= x;
        if (i > 1) {
          // After eight bytes, a block of their length alone.
          x = 0;
          g ^= y = 0x8000000;
        } else f ^= 255;
      }
    } else break;
  }
  high = a ^ c ^ e ^ g;
  low = b ^ d ^ f ^ h;
  if (more) return rounds.bind(null, d, h, c, 0, g, a ^ y, b ^ x, e | 0, f | 0);
}

/** The hash under `k`. Made once for many hashes: it costs a tenth of a hash, and 25 variables as long as it is kept. */
export function keyed(k: Key): Hash {
  return rounds.bind(
    null,
    k[2] ^ 0x6e646f6d,
    k[2] ^ 0x79746573,
    k[3] ^ 0x646f7261,
    0,
    k[3] ^ 0x74656462,
    k[1] ^ 0x736f6d65,
    k[0] ^ 0x70736575,
    k[1] ^ 0x6c796765,
    k[0] ^ 0x6e657261,
  );
}

/**
 * Hashes under `k` the bytes of `t` (one or more characters 0 to 255), or if `t` is empty the eight bytes whose
 * little-endian words are `x` (first four) and `y`; the hash of no bytes at all cannot be asked for. The result is left
 * in `high` and `low`.
 */
export function sip(k: Key, t: string, x: number, y: number): void {
  let hash = keyed(k);
  let p = 0;
  if (t) {
    for (; p + 8 <= t.length; p += 8) hash = hash(word(t, p), word(t, p + 4), 0, MORE);
    hash(word(t, p), word(t, p + 4) | (t.length << 24), 2);
  } else hash(x, y, 3);
}
