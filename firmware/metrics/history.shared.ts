/**
 * Rows of measurements on a ring of blocks in the memory, oldest overwritten first. Rows are numbered on for ever; a row
 * is its time (Unix seconds) and its values. A block holds the rows of one group, so many as fit:
 *
 *     0        4                                                  size - 4
 *     | number | rows, oldest first: time, value, value, …        | check |
 *
 * `number` is that of the newest row in it, `check` the CRC-32 of what is before it, mixed with what the columns mean,
 * so that rows of a firmware with other columns do not count.
 *
 * In an EEPROM a block is a page of the chip, and is always written whole: some chips refresh the page around the bytes
 * that are written, so a write that is cut may spoil all of it. The page in which a row joins those of its group is
 * therefore never the one that holds these: a group of four goes to the pages 1, 0, 1, 0 of its place, the next one to
 * 2, 1, 2, 1. In flash a block is one row, and entering an erase page erases it.
 */
import type { Hal } from "../../hal/hal";
import { BLOCKS, COLUMNS, MEANING, POSITION, ROWS, SIZE, WIDTH } from "./format";

export interface History {
  /** Whose memory and CRC it uses. */
  hal: Hal;
  /** Place and shape, as in format.ts. */
  layout: Uint16Array;
  /** The number that the next row gets. */
  next: number;
  /** The oldest row that no answer came for. */
  first: number;
  /** The first row that is not in the outstanding request. */
  offered: number;
  /** Rows that were overwritten before an answer came, since the start. */
  lost: number;
}

/** Bytes of a number, a time, a check; a block begins with the first and ends with the last. */
const WORD = 4;

/** The block into which row `number` is written, with those of its group before it. Blocks are counted for ever. */
export function blockOf(h: History, number: number): number {
  const rows = h.layout[ROWS];
  const index = (number - 1) % rows;
  return (number - 1 - index) / rows + ((rows - 1 - index) & 1);
}

/** Where a block is in the memory. */
export function place(h: History, block: number): number {
  const size = h.layout[SIZE];
  const page = h.hal.memory.eraseSize;
  const perPage = Math.floor(page / size);
  const slot = block % h.layout[BLOCKS];
  return h.layout[POSITION] * 64 + Math.floor(slot / perPage) * page + (slot % perPage) * size;
}

export function check(h: History, buffer: ArrayBuffer): number {
  return h.hal.system.crc(new Uint8Array(buffer, 0, h.layout[SIZE] - WORD)) ^ h.layout[MEANING];
}

/** Reads a block; undefined when it is torn, or of other columns. */
export function readBlock(h: History, block: number): DataView | undefined {
  const size = h.layout[SIZE];
  const view = new DataView(h.hal.memory.read(place(h, block), size).buffer as ArrayBuffer);
  return view.getInt32(size - WORD, true) === check(h, view.buffer as ArrayBuffer) ? view : undefined;
}

/**
 * The values of row `index` of a block, as they are stored: behind its time. The greatest that fits is 32767, or 2147483647; one below its
 * negative stands for no value.
 */
export function valuesAt(h: History, buffer: ArrayBuffer, index: number): Int16Array | Int32Array {
  const count = h.layout[COLUMNS];
  const width = h.layout[WIDTH];
  const at = WORD + index * (WORD + count * width) + WORD;
  return width > 2 ? new Int32Array(buffer, at, count) : new Int16Array(buffer, at, count);
}

/**
 * Row `number`: [time, value, value, …], undefined for no value. Undefined when the row is not there: not written yet,
 * overwritten, or lost in a power cut. Throws when the memory does not answer.
 */
export function readRow(h: History, number: number): (number | undefined)[] | undefined {
  const rows = h.layout[ROWS];
  const index = (number - 1) % rows;
  // The newest row of the group has all of it in one block.
  const newest = Math.min(number - 1 - index + rows, h.next - 1);
  const view = number > 0 && number < h.next ? readBlock(h, blockOf(h, newest)) : undefined;
  if (!view || view.getUint32(0, true) !== newest) return undefined;
  const values = valuesAt(h, view.buffer as ArrayBuffer, index);
  const row: (number | undefined)[] = [view.getUint32(values.byteOffset - WORD, true)];
  const none = -1 << (8 * h.layout[WIDTH] - 1);
  for (let i = 0; i < values.length; i++) row.push(values[i] === none ? undefined : values[i]);
  return row[0] ? row : undefined;
}
