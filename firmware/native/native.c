/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) and the walk along a token's chain (../token/decode.ts), for controllers
 * whose interpreter calls machine code. `npm run build:native` makes blob.ts of this file.
 *
 * Freestanding: no library, no data of its own, nothing touched but the stack and what the pointers point to. The code
 * may lie at any multiple of 4, and so may `Message` and `Chain`; `bytes` anywhere. Little-endian controllers only.
 */
#include <stdint.h>

/* 64 bits as they lie in the interpreter's arrays. */
typedef uint64_t __attribute__((aligned(4))) word;

/* A chain: its key, the code it has reached, and the codes that fit the token: `least` to `least + modulus - 1`. */
typedef struct {
  uint32_t key[4];
  word code;
  word least;
  /* 1000 for a chain of 9 digits, 1000000 for one of 12. */
  uint32_t modulus;
} Chain;

/* A message that comes in pieces. `total`: its bytes up to now; 0 begins one. `v`: the state, at the end the hash first. */
typedef struct {
  uint32_t key[4];
  uint32_t total;
  uint32_t v[8];
} Message;

/* The compiler does not see what is in x from here on. */
#define HIDE(x) __asm__("" : "+r"(x))

/* a += b, in halves of 32 bits. */
static inline __attribute__((always_inline)) void add(uint32_t *ah, uint32_t *al, uint32_t bh, uint32_t bl) {
  uint64_t sum = ((uint64_t)*ah << 32 | *al) + ((uint64_t)bh << 32 | bl);
  *ah = (uint32_t)(sum >> 32);
  *al = (uint32_t)sum;
}

/*
 * b = (b rotated to the left) ^ a, n from 1 to 31. Each half takes two instructions, as xor with a shifted register is
 * one; a compiler that sees the rotation takes three.
 */
static inline __attribute__((always_inline)) void mix(uint32_t *bh, uint32_t *bl, uint32_t ah, uint32_t al, int n) {
  uint32_t h = ah ^ *bh << n, l = al ^ *bl << n;
  HIDE(h);
  HIDE(l);
  h ^= *bl >> (32 - n);
  *bl = l ^ *bh >> (32 - n);
  *bh = h;
}

/* The state before the first block. */
static __attribute__((noinline)) void begin(uint32_t *v, const uint32_t *key) {
  v[0] = key[0] ^ 0x70736575;
  v[1] = key[1] ^ 0x736f6d65;
  v[2] = key[2] ^ 0x6e646f6d;
  v[3] = key[3] ^ 0x646f7261;
  v[4] = key[0] ^ 0x6e657261;
  v[5] = key[1] ^ 0x6c796765;
  v[6] = key[2] ^ 0x79746573;
  v[7] = key[3] ^ 0x74656462;
}

/* Takes in blocks of 8 bytes, two rounds each. `empty` is 2 at the end of a message: its last two blocks end the hash. */
static __attribute__((noinline)) void take(uint32_t *v, const uint8_t *bytes, uint32_t blocks, uint32_t empty) {
  uint32_t b = v[0], a = v[1], d = v[2], c = v[3], f = v[4], e = v[5], h = v[6], g = v[7];
  for (; blocks; blocks--) {
    uint32_t x = 0, y = 0;
    if (blocks > empty) {
      __builtin_memcpy(&x, bytes, 4);
      __builtin_memcpy(&y, bytes + 4, 4);
      bytes += 8;
    } else if (blocks == empty) f ^= 255;
    h ^= x, g ^= y;
    /* The halves of v0 and v2 trade places in place of a rotation by 32; two rounds bring them home. */
    add(&a, &b, c, d), mix(&c, &d, a, b, 13);
    add(&e, &f, g, h), mix(&g, &h, e, f, 16);
    add(&b, &a, g, h), mix(&g, &h, b, a, 21);
    add(&e, &f, c, d), mix(&c, &d, e, f, 17);
    add(&b, &a, c, d), mix(&c, &d, b, a, 13);
    add(&f, &e, g, h), mix(&g, &h, f, e, 16);
    add(&a, &b, g, h), mix(&g, &h, a, b, 21);
    add(&f, &e, c, d), mix(&c, &d, f, e, 17);
    b ^= x, a ^= y;
  }
  if (empty) b ^= d ^ f ^ h, a ^= c ^ e ^ g;
  v[0] = b, v[1] = a, v[2] = d, v[3] = c, v[4] = f, v[5] = e, v[6] = h, v[7] = g;
}

/*
 * Takes the chain on by up to `hashes` codes, to the next one that fits the token. Returns how many it took; 0 if none of
 * them fits. `code` is the last one either way, so that the next call goes on from there.
 */
int walk(Chain *chain, int hashes) {
  uint32_t blocks[4] = {0, 0, 0, 8u << 24};
  for (int taken = 1; taken <= hashes; taken++) {
    int extended = chain->modulus > 1000;
    uint64_t code = chain->code;
    uint32_t v[8];
    blocks[1] = __builtin_bswap32((uint32_t)code);
    blocks[0] = extended ? __builtin_bswap32((uint32_t)(code >> 32)) : blocks[1];
    begin(v, chain->key);
    take(v, (const uint8_t *)blocks, 4, 2);
    if (extended) {
      code = ((uint64_t)v[1] << 32 | v[0]) >> 24;
      if (code > 999999999999) code -= 99511627777;
    } else {
      code = (v[0] ^ v[1]) >> 2;
      if (code > 999999999) code -= 73741825;
    }
    chain->code = code;
    if (code - chain->least < chain->modulus) return taken;
  }
  return 0;
}

/*
 * Takes in a piece of a message: `length` bytes, a multiple of 8 unless it is the last piece (`last` 1). After that the
 * hash is in v[0] (low half) and v[1], and the next message may begin. Returns 0.
 */
int sip(Message *message, const uint8_t *bytes, uint32_t length, int last) {
  if (!message->total) begin(message->v, message->key);
  message->total += length;
  take(message->v, bytes, length >> 3, 0);
  if (last) {
    uint8_t rest[8] = {0};
    rest[7] = (uint8_t)message->total;
    bytes += length;
    for (length &= 7; length; length--) rest[length - 1] = *--bytes;
    take(message->v, rest, 3, 2);
    message->total = 0;
  }
  return 0;
}
