/** The other half of the history: rows are appended to it, and after a start its end is found. */
import type { Hal } from "../../hal/hal";
import { ALL_ROWS, FIRST_ROW, OFFERED_ROWS } from "../store/records";
import { BLOCKS, ROWS, SIZE, WIDTH } from "./format";
import { blockOf, check, type History, place, readBlock, valuesAt } from "./history.shared";

/** Whether the rows are in flash, which is erased before it is written. */
declare const ERASES: boolean;

/** Seconds between two rows, at least. */
const SHORTEST = 10;

/** Bytes of a block's check, and of a row's time. */
const CHECK = 4;
const TIME = 4;

/**
 * What the block of row `number` replaces is lost, and what is erased with it: counts the rows that no answer came for,
 * and moves the marks past them.
 */
function giveUp(h: History, number: number): void {
  const rows = h.layout[ROWS];
  const memory = h.hal.memory;
  const group = Math.floor((number - 1) / rows);
  let ahead = rows > 1 ? 2 : 1;
  if (ERASES && memory.erase) {
    const perPage = Math.floor(memory.eraseSize / h.layout[SIZE]);
    ahead = perPage - (group % perPage);
  }
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
  const to = place(h, blockOf(h, h.next));
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const before = index ? readBlock(h, blockOf(h, h.next - 1)) : undefined;
  const values = valuesAt(h, bytes.buffer, index);
  const at = values.byteOffset - TIME;
  const most = ~(-1 << (8 * h.layout[WIDTH] - 1));
  if (before && before.getUint32(0, true) === h.next - 1) bytes.set(new Uint8Array(before.buffer, 0, at));
  for (let i = 0; i < values.length; i++) {
    const value = row[i + 1];
    values[i] = value === undefined ? ~most : Math.max(-most, Math.min(most, value));
  }
  view.setUint32(at, row[0]!, true);
  view.setUint32(0, h.next, true);
  view.setInt32(size - CHECK, check(h, bytes.buffer), true);
  giveUp(h, h.next);
  if (ERASES && memory.erase && to % memory.eraseSize === 0) memory.erase(to);
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
  while (ERASES && memory.erase && place(h, h.next - 1) % memory.eraseSize && !isBlank(h, h.next - 1)) h.next++;
  giveUp(h, h.next - 1);
  return h;
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
