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
import { ALL_ROWS, FIRST_ROW, OFFERED_ROWS } from "../store/records";

export interface History {
  /** Whose memory and CRC it uses. */
  hal: Hal;
  /** Place and shape; indices below. */
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

/** Of `History.layout`: the place in units of 64 bytes, the number of blocks, bytes of one, rows in one. */
const POSITION = 0;
const BLOCKS = 1;
const SIZE = 2;
const ROWS = 3;
/** Values of a row, bytes of one (2 or 4), and what is mixed into the check. */
const COLUMNS = 4;
const WIDTH = 5;
const MEANING = 6;

/** Seconds between two rows, at least. */
const SHORTEST = 10;

/** Bytes of a number, a time, a check; a block begins with the first and ends with the last. */
const WORD = 4;

/** The block into which row `number` is written, with those of its group before it. Blocks are counted for ever. */
function blockOf(h: History, number: number): number {
  const rows = h.layout[ROWS];
  const index = (number - 1) % rows;
  return (number - 1 - index) / rows + ((rows - 1 - index) & 1);
}

/** Where a block is in the memory. */
function place(h: History, block: number): number {
  const size = h.layout[SIZE];
  const page = h.hal.memory.eraseSize;
  const perPage = Math.floor(page / size);
  const slot = block % h.layout[BLOCKS];
  return h.layout[POSITION] * 64 + Math.floor(slot / perPage) * page + (slot % perPage) * size;
}

function check(h: History, buffer: ArrayBuffer): number {
  return h.hal.system.crc(new Uint8Array(buffer, 0, h.layout[SIZE] - WORD)) ^ h.layout[MEANING];
}

/** Reads a block; undefined when it is torn, or of other columns. */
function readBlock(h: History, block: number): DataView | undefined {
  const size = h.layout[SIZE];
  const view = new DataView(h.hal.memory.read(place(h, block), size).buffer as ArrayBuffer);
  return view.getInt32(size - WORD, true) === check(h, view.buffer as ArrayBuffer) ? view : undefined;
}

/** Where a row of a block begins. */
const offset = (h: History, index: number) => WORD + index * (WORD + h.layout[COLUMNS] * h.layout[WIDTH]);

/** The values of a row of a block, as they are stored: behind its time. */
function valuesAt(h: History, buffer: ArrayBuffer, at: number): Int16Array | Int32Array {
  const count = h.layout[COLUMNS];
  return h.layout[WIDTH] > 2 ? new Int32Array(buffer, at + WORD, count) : new Int16Array(buffer, at + WORD, count);
}

/** The greatest value that can be stored. One below its negative stands for no value. */
const most = (h: History) => (h.layout[WIDTH] > 2 ? 2147483647 : 32767);

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
  const at = offset(h, index);
  const row: (number | undefined)[] = [view.getUint32(at, true)];
  const values = valuesAt(h, view.buffer as ArrayBuffer, at);
  for (let i = 0; i < values.length; i++) row.push(values[i] < -most(h) ? undefined : values[i]);
  return row[0] ? row : undefined;
}

/**
 * What the block of row `number` replaces is lost, and what is erased with it: counts the rows that no answer came for,
 * and moves the marks past them.
 */
function giveUp(h: History, number: number): void {
  const rows = h.layout[ROWS];
  const memory = h.hal.memory;
  const group = Math.floor((number - 1) / rows);
  const perPage = Math.floor(memory.eraseSize / h.layout[SIZE]);
  const ahead = memory.erase ? perPage - (group % perPage) : rows > 1 ? 2 : 1;
  const oldest = (group + ahead - h.layout[BLOCKS]) * rows + 1;
  if (oldest > h.first) {
    h.lost += oldest - h.first;
    h.first = oldest;
  }
  h.offered = Math.max(h.first, h.offered);
}

/**
 * Appends a row; values are clipped to what can be stored. When this returns, the row outlives any power cut; a cut
 * before that loses this row and no other. Throws when the memory does not answer: then the row is not there.
 */
export function appendRow(h: History, row: (number | undefined)[]): void {
  const size = h.layout[SIZE];
  const memory = h.hal.memory;
  const index = (h.next - 1) % h.layout[ROWS];
  const at = offset(h, index);
  const to = place(h, blockOf(h, h.next));
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const before = index ? readBlock(h, blockOf(h, h.next - 1)) : undefined;
  if (before && before.getUint32(0, true) === h.next - 1) bytes.set(new Uint8Array(before.buffer, 0, at));
  const values = valuesAt(h, bytes.buffer, at);
  for (let i = 0; i < values.length; i++) {
    const value = row[i + 1];
    values[i] = value === undefined ? -most(h) - 1 : Math.max(-most(h), Math.min(most(h), value));
  }
  view.setUint32(at, row[0]!, true);
  view.setUint32(0, h.next, true);
  view.setInt32(size - WORD, check(h, bytes.buffer), true);
  giveUp(h, h.next);
  if (memory.erase && to % memory.eraseSize === 0) memory.erase(to);
  memory.write(to, bytes);
  h.next++;
}

/** Number of the newest row in the place of a block; 0 when there is none that counts. */
function newestAt(h: History, block: number): number {
  const view = readBlock(h, block);
  const number = view ? view.getUint32(0, true) : 0;
  return number && (blockOf(h, number) - block) % h.layout[BLOCKS] === 0 ? number : 0;
}

/** Whether nothing was written to a block since it was erased. */
function isBlank(h: History, block: number): boolean {
  const bytes = h.hal.memory.read(place(h, block), h.layout[SIZE]);
  let bits = 255;
  for (let i = 0; i < bytes.length; i++) bits &= bytes[i];
  return bits === 255;
}

/**
 * Opens the history with its marks as they were stored last; rows that came after that are found, by 2 reads of a block
 * where there are none, and 2 more for each that there is. Throws when the memory does not answer.
 */
export function openHistory(hal: Hal, layout: number[], first: number, offered: number, next: number): History {
  const h: History = { hal, layout: new Uint16Array(layout), next, first, offered, lost: 0 };
  const memory = hal.memory;
  for (let known = 0; known < h.next; ) {
    known = h.next;
    // Of two rows running one is whole: a cut spoils one block.
    h.next = Math.max(known, newestAt(h, blockOf(h, known)) + 1, newestAt(h, blockOf(h, known + 1)) + 1);
  }
  // Flash takes no second write: what power cuts left behind is passed over.
  while (memory.erase && place(h, h.next - 1) % memory.eraseSize && !isBlank(h, h.next - 1)) h.next++;
  giveUp(h, h.next - 1);
  return h;
}

/** Puts the marks into the record that keeps them (store/records.ts); call it when one has moved. */
export function keepMarks(h: History, view: DataView): void {
  view.setUint32(FIRST_ROW, h.first, true);
  view.setUint16(OFFERED_ROWS, h.offered - h.first, true);
  view.setUint16(ALL_ROWS, h.next - h.first, true);
}

/**
 * Opens the history with the marks of that record. Where it has none (a new device, or another one's memory) nothing
 * that is in the memory is offered: rows are numbered from one on that no row before `time` (Unix seconds) can have had.
 */
export function recallHistory(hal: Hal, layout: number[], view: DataView, time: number): History {
  const known = view.getUint32(FIRST_ROW, true);
  const first = known || Math.floor(time / SHORTEST);
  const h = openHistory(
    hal,
    layout,
    first,
    first + view.getUint16(OFFERED_ROWS, true),
    first + view.getUint16(ALL_ROWS, true),
  );
  if (!known) h.first = h.offered = h.next;
  return h;
}
