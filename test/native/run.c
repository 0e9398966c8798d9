/*
 * Runs firmware/native outside of a board. Standard input has records of 128 bytes, standard output gets 64 bytes for each:
 *   walk: 1, hashes, then a Chain                      -> result, the Chain after it
 *   sip:  2, bytes, bytes of the first piece, where to put the message (0 to 3), key, message -> result, hash
 * On a computer native.c is compiled into this program. For ARM the code is the one that is checked in, from native.bin, at the
 * offsets WALK and SIP, and there is no library: the program is for qemu-arm, and speaks to Linux itself.
 */
#include <stdint.h>

typedef struct { uint32_t kind, a, b, c; uint8_t data[112]; } Record;
typedef struct { uint32_t result, data[15]; } Answer;
typedef struct { uint32_t key[4], total, v[8]; } Message;

#ifdef __arm__
__asm__(".text\n.balign 4\ncode: .incbin \"native.bin\"\n.balign 4\n");
extern const char code[];
#define walk ((int (*)(void *, int))(code + WALK + 1))
#define sip ((int (*)(Message *, const uint8_t *, uint32_t, int))(code + SIP + 1))

static int ask(int number, int a, void *b, int c) {
  register int r0 __asm__("r0") = a;
  register void *r1 __asm__("r1") = b;
  register int r2 __asm__("r2") = c;
  register int r7 __asm__("r7") = number;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory");
  return r0;
}
static int get(void *to, int size) {
  int done = 0;
  for (int n; done < size && (n = ask(3, 0, (char *)to + done, size - done)) > 0;) done += n;
  return done == size;
}
static void put(void *from, int size) { ask(4, 1, from, size); }
static uint8_t room[128] __attribute__((aligned(4)));
static uint8_t *place(uint32_t size) { return size > sizeof room ? 0 : room; }
static void leave(uint8_t *bytes) { (void)bytes; }
void *memset(void *to, int byte, __SIZE_TYPE__ size) {
  for (volatile char *at = to; size--;) *at++ = (char)byte;
  return to;
}
int run(void);
void _start(void) { ask(1, run(), 0, 0); }
#else
#include <stdio.h>
#include <stdlib.h>
int walk(void *chain, int hashes);
int sip(Message *message, const uint8_t *bytes, uint32_t length, int last);
static int get(void *to, int size) { return fread(to, (size_t)size, 1, stdin) == 1; }
static void put(void *from, int size) { fwrite(from, (size_t)size, 1, stdout); }
/* Exactly as long as the message, so that reading behind its end is noticed. */
static uint8_t *place(uint32_t size) { return malloc(size ? size : 1); }
static void leave(uint8_t *bytes) { free(bytes); }
int run(void);
int main(void) { return run(); }
#endif

static void copy(void *to, const void *from, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

int run(void) {
  static Record in;
  while (get(&in, sizeof in)) {
    Answer out = {0};
    if (in.kind == 1) {
      uint32_t chain[9];
      copy(chain, in.data, sizeof chain);
      out.result = (uint32_t)walk(chain, (int)in.a);
      copy(out.data, chain, sizeof chain);
    } else {
      Message message;
      uint8_t *room = place(in.c + in.a), *bytes = room + in.c;
      copy(message.key, in.data, sizeof message.key);
      copy(bytes, in.data + 16, in.a);
      message.total = 0;
      if (in.b) sip(&message, bytes, in.b, 0);
      out.result = (uint32_t)sip(&message, bytes + in.b, in.a - in.b, 1);
      copy(out.data, message.v, 8);
      leave(room);
    }
    put(&out, sizeof out);
  }
  return 0;
}
