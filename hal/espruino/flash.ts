/// <reference path="./globals.d.ts" />
/**
 * The controller's own flash through Espruino's `Flash` module: whole pages at a fixed address that nothing else uses.
 * Never a file of Storage: overwriting one erases it first, and compaction can lose all of them in a power cut.
 */
import type { Memory } from "../hal";

/** `position` of the first page in the controller's address space, `pages` of `page` bytes each (4096 on all of them). */
export function flash(_: unknown, options: { position: number; pages: number; page: number }): Memory {
  const chip = global.require("Flash");
  const base = options.position;
  return {
    byteLength: options.pages * options.page,
    eraseSize: options.page,
    read: (position, byteLength) => chip["read"](byteLength, base + position),
    write: (position, data) => chip["write"](data, base + position),
    erase: (position) => chip["erasePage"](base + position),
  };
}
