/// <reference path="./globals.d.ts" />
/**
 * The controller's own flash through Espruino's `Flash` module: whole pages that nothing else uses. They lie at a fixed
 * address (the ESP32's spare partition), or inside one file of Storage that is reserved once and never written, deleted
 * or compacted as a file: overwriting a file erases it first, and compaction can lose all of Storage in a power cut.
 */
import type { Memory } from "../hal";

/**
 * `pages` of `page` bytes each (4096 on all of them), the first at `position` in the controller's address space, or in
 * Storage's `file`. Without room for that file every access throws, as with a chip that does not answer.
 */
export function flash(_: unknown, options: { pages: number; page: number; position?: number; file?: string }): Memory {
  const page = options.page;
  const bytes = options.pages * page;
  let base = options.position || 0;
  let chip: Flash | undefined = global.require("Flash");
  if (options.file) {
    const storage = global.require("Storage");
    let file = storage["read"](options.file);
    let from = 0;
    if (!file) {
      try {
        // Whole pages fit into it wherever it begins: a file begins at a multiple of four.
        storage["write"](options.file, "", 0, bytes + page - 4);
        file = storage["read"](options.file);
      } catch (_) {}
    }
    if (file) from = E.getAddressOf(file, true);
    base = Math.ceil(from / page) * page;
    if (!from || base + bytes > from + file!.length) chip = undefined;
  }
  return {
    byteLength: bytes,
    eraseSize: page,
    stride: 64,
    read: (position, byteLength) => chip!["read"](byteLength, base + position),
    write: (position, data) => chip!["write"](data, base + position),
    // It takes nothing but an integer, and whatever went through a division is none in the interpreter.
    erase: (position) => chip!["erasePage"]((base + position) | 0),
  };
}
