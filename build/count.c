/*
 * A plugin for QEMU's user mode that counts the instructions executed: `qemu-arm -plugin ./count.so program`. It ends with a
 * line as callgrind does. The declarations are QEMU's qemu-plugin.h, which Debian does not package.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t Id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(Id, void (*)(Id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int flags, void *);
void qemu_plugin_register_atexit_cb(Id, void (*)(Id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);

/* Of the interface, which is another one in each QEMU; these functions stayed as they are. */
int qemu_plugin_version = VERSION;

static uint64_t count;

static void executed(unsigned cpu, void *data) { count++, (void)cpu, (void)data; }

static void translated(Id id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++)
    qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(block, i), executed, 0, 0);
}

static void ended(Id id, void *data) {
  (void)id, (void)data;
  fprintf(stderr, "Collected : %llu\n", (unsigned long long)count);
}

int qemu_plugin_install(Id id, const void *info, int argc, char **argv) {
  (void)info, (void)argc, (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, 0);
  return 0;
}
