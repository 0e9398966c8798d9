/*
 * A plugin for QEMU's user mode that counts the instructions executed: `qemu-arm -plugin ./count.so program`. It ends with a
 * line as callgrind does. Only the program's first thread counts: another one that waits in a loop would add what it likes.
 *
 * `-plugin ./count.so,count=FILE` keeps the count in a file all the while, 8 bytes as the computer has them. What the program
 * does between two writes of a single byte to a file of its own is not in it: so it can leave out what is not to be measured.
 *
 * The declarations are QEMU's qemu-plugin.h, which Debian does not package.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t Id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(Id, void (*)(Id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int flags, void *);
void qemu_plugin_register_vcpu_syscall_cb(Id, void (*)(Id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                                       uint64_t, uint64_t, uint64_t, uint64_t));
void qemu_plugin_register_atexit_cb(Id, void (*)(Id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);

/* Of the interface, which is another one in each QEMU; these functions stayed as they are. */
int qemu_plugin_version = VERSION;

/* Linux for ARM: write(file, bytes, size). The first three files are everybody's. */
enum { WRITE = 4, OWN = 3 };

static uint64_t here;
static uint64_t *count = &here;
static int left_out;

static void executed(unsigned cpu, void *data) { *count += !cpu && !left_out, (void)data; }

static void translated(Id id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++)
    qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(block, i), executed, 0, 0);
}

static void called(Id id, unsigned cpu, int64_t number, uint64_t file, uint64_t bytes, uint64_t size, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)cpu, (void)bytes, (void)d, (void)e, (void)f, (void)g, (void)h;
  if (number == WRITE && file >= OWN && size == 1) left_out = !left_out;
}

static void ended(Id id, void *data) {
  (void)id, (void)data;
  fprintf(stderr, "Collected : %llu\n", (unsigned long long)*count);
}

int qemu_plugin_install(Id id, const void *info, int argc, char **argv) {
  (void)info;
  if (argc > 0) {
    int file = strncmp(argv[0], "count=", 6) ? -1 : open(argv[0] + 6, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof *count)) return -1;
    count = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (count == MAP_FAILED) return -1;
    qemu_plugin_register_vcpu_syscall_cb(id, called);
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, 0);
  return 0;
}
