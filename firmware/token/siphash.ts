/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) in 32-bit halves, for an interpreter without 64-bit integers.
 *
 * v0 to v3 are the pairs ab, cd, ef and gh (high half first). Shaped for Espruino, where a name costs a look-up each
 * time it is used and a function call more than a round: one loop, names of one letter, and every pass does two
 * rounds, so that the two rotations by 32 a round become a swap of letters in its second half.
 */

/** The last hash: its high and low 32 bits, signed. */
export let high = 0;
export let low = 0;

/** The four little-endian words of a 128-bit key: k0 low, k0 high, k1 low, k1 high. */
export type Key = number[];

/**
 * Hashes under `k` either the bytes of `t` (characters 0 to 255) or, if `t` is empty, the eight bytes whose
 * little-endian words are `x` (first four) and `y`. The result is left in `high` and `low`.
 */
export function sip(k: Key, t: string, x: number, y: number): void {
  let a = k[1] ^ 0x736f6d65,
    b = k[0] ^ 0x70736575,
    c = k[3] ^ 0x646f7261,
    d = k[2] ^ 0x6e646f6d,
    e = k[1] ^ 0x6c796765,
    f = k[0] ^ 0x6e657261,
    g = k[3] ^ 0x74656462,
    h = k[2] ^ 0x79746573,
    i = 0,
    l = t.length || 8,
    n = (l >> 3) + 1,
    r = n + 2,
    s = 0;
  // Blocks 0 to n-1 take one pass each; the two passes after the last are the finalisation.
  while (i < r) {
    if (i < n) {
      if (t) {
        x = y = 0;
        for (s = 7; s >= 0; s--) {
          y = (y << 8) | (x >>> 24);
          x = (x << 8) | t.charCodeAt(i * 8 + s);
        }
      } else if (i) x = y = 0;
      if (i === n - 1) y = y | (l << 24);
      g ^= y;
      h ^= x;
    } else if (i === n) f ^= 255;
    // first round
    s = (b >>> 0) + (d >>> 0);
    b = s | 0;
    a = (a + c + (s > 4294967295 ? 1 : 0)) | 0;
    s = c;
    c = ((c << 13) | (d >>> 19)) ^ a;
    d = ((d << 13) | (s >>> 19)) ^ b;
    s = (f >>> 0) + (h >>> 0);
    f = s | 0;
    e = (e + g + (s > 4294967295 ? 1 : 0)) | 0;
    s = g;
    g = ((g << 16) | (h >>> 16)) ^ e;
    h = ((h << 16) | (s >>> 16)) ^ f;
    // v0 is now ba
    s = (a >>> 0) + (h >>> 0);
    a = s | 0;
    b = (b + g + (s > 4294967295 ? 1 : 0)) | 0;
    s = g;
    g = ((g << 21) | (h >>> 11)) ^ b;
    h = ((h << 21) | (s >>> 11)) ^ a;
    s = (f >>> 0) + (d >>> 0);
    f = s | 0;
    e = (e + c + (s > 4294967295 ? 1 : 0)) | 0;
    s = c;
    c = ((c << 17) | (d >>> 15)) ^ e;
    d = ((d << 17) | (s >>> 15)) ^ f;
    // v2 is now fe: second round
    s = (a >>> 0) + (d >>> 0);
    a = s | 0;
    b = (b + c + (s > 4294967295 ? 1 : 0)) | 0;
    s = c;
    c = ((c << 13) | (d >>> 19)) ^ b;
    d = ((d << 13) | (s >>> 19)) ^ a;
    s = (e >>> 0) + (h >>> 0);
    e = s | 0;
    f = (f + g + (s > 4294967295 ? 1 : 0)) | 0;
    s = g;
    g = ((g << 16) | (h >>> 16)) ^ f;
    h = ((h << 16) | (s >>> 16)) ^ e;
    // v0 is ab again
    s = (b >>> 0) + (h >>> 0);
    b = s | 0;
    a = (a + g + (s > 4294967295 ? 1 : 0)) | 0;
    s = g;
    g = ((g << 21) | (h >>> 11)) ^ a;
    h = ((h << 21) | (s >>> 11)) ^ b;
    s = (e >>> 0) + (d >>> 0);
    e = s | 0;
    f = (f + c + (s > 4294967295 ? 1 : 0)) | 0;
    s = c;
    c = ((c << 17) | (d >>> 15)) ^ f;
    d = ((d << 17) | (s >>> 15)) ^ e;
    // v2 is ef again
    if (i < n) {
      a ^= y;
      b ^= x;
    }
    i++;
  }
  high = a ^ c ^ e ^ g;
  low = b ^ d ^ f ^ h;
}
