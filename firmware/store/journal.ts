/**
 * What survives a power cut: an append-only journal of 64-byte records over any memory that keeps bytes at an address.
 *
 *     0        4      5                                     60       64
 *     | number | type | payload, 55 bytes                   | CRC-32 |
 *
 * Records go round the region in order; the newest whole one of each type is the truth, a torn one is passed over. Where
 * the memory writes more than 64 bytes at once, a record has them to itself, so that a cut spoils no other one.
 * The region is two or more pages. Entering a page erases it (where the memory needs that) and first copies the
 * newest record of every other type into it, so the page that is erased next never holds the only copy of anything.
 */
import type { Memory } from "../../hal/hal";

export const RECORD = 64;
export const PAYLOAD = 55;

export interface Journal {
  memory: Memory;
  /** CRC-32 (IEEE 802.3) of bytes, native on the device. */
  crc: (bytes: Uint8Array) => number;
  /** Start of the region, records of a page, records in all. */
  position: number;
  perPage: number;
  slots: number;
  /** Slot that is written next, the page that was entered last, and number of the newest record. */
  slot: number;
  page: number;
  number: number;
  /** Slot of the newest record by type; -1 is none. */
  newest: Int16Array;
}

/** Reads the record in a slot; undefined if there is none or it is torn. */
function readSlot(j: Journal, slot: number): DataView | undefined {
  const bytes = j.memory.read(j.position + slot * j.memory.stride, RECORD);
  const view = new DataView(bytes.buffer);
  return view.getUint32(60, true) === j.crc(new Uint8Array(bytes.buffer, 0, 60)) ? view : undefined;
}

/**
 * Opens the journal in `pages` pages from `position` on, finds the newest record of each type (1
 * to `types`), and finishes a change of page that a power cut interrupted. Throws when the memory does not answer.
 */
export function openJournal(
  memory: Memory,
  crc: (bytes: Uint8Array) => number,
  position: number,
  pages: number,
  types: number,
): Journal {
  const perPage = memory.eraseSize / memory.stride;
  const newest = new Int16Array(types + 1);
  const j: Journal = { memory, crc, position, perPage, slots: pages * perPage, slot: 0, page: -1, number: 0, newest };
  find(j, -1);
  // Flash takes no second write: what power cuts left behind is passed over.
  while (memory.erase && j.slot % perPage && !isBlank(j)) j.slot = (j.slot + 1) % j.slots;
  if (j.number) carry(j, 0);
  return j;
}

/** Finds the newest record of each type, and where to go on, in all pages but one. */
function find(j: Journal, except: number): void {
  const numbers: number[] = [];
  let top = 0;
  for (let type = 0; type < j.newest.length; type++) {
    j.newest[type] = -1;
    numbers.push(0);
  }
  for (let slot = 0; slot < j.slots; slot++) {
    const page = Math.floor(slot / j.perPage);
    const view = page === except ? undefined : readSlot(j, slot);
    if (view) {
      const number = view.getUint32(0, true);
      const type = view.getUint8(4);
      if (type < numbers.length && number > numbers[type]) {
        numbers[type] = number;
        j.newest[type] = slot;
      }
      if (number > top) {
        top = number;
        j.page = page;
        j.slot = (slot + 1) % j.slots;
      }
    }
  }
  j.number = Math.max(j.number, top);
}

/** Whether nothing was written to the slot that comes next. */
function isBlank(j: Journal): boolean {
  const bytes = j.memory.read(j.position + j.slot * j.memory.stride, RECORD);
  let bits = 255;
  for (let i = 0; i < RECORD; i++) bits &= bytes[i];
  return bits === 255;
}

/** Copies the newest record of every type but one (0: of all) that is not in the page entered last into it. */
function carry(j: Journal, except: number): void {
  for (let type = 1; type < j.newest.length; type++) {
    if (type !== except && j.newest[type] >= 0 && Math.floor(j.newest[type] / j.perPage) !== j.page)
      append(j, type, latest(j, type)!);
  }
}

/** The payload of the newest record of a type (55 bytes), or undefined. Throws when the memory does not answer. */
export function latest(j: Journal, type: number): Uint8Array | undefined {
  return j.newest[type] < 0 ? undefined : j.memory.read(j.position + j.newest[type] * j.memory.stride + 5, PAYLOAD);
}

/**
 * Appends a record and reads it back; when this returns, the record outlives any power cut. Throws when the memory
 * does not answer, or keeps something else than what was written in eight places running.
 */
export function append(j: Journal, type: number, payload: Uint8Array): void {
  const bytes = new Uint8Array(RECORD);
  const view = new DataView(bytes.buffer);
  bytes[4] = type;
  bytes.set(payload, 5);
  for (let tries = 0; tries < 8; tries++) {
    if (j.slot % j.perPage === 0 && j.slot !== j.page * j.perPage) {
      const last = j.page;
      let needed = false;
      for (let t = 1; t < j.newest.length; t++)
        needed = needed || Math.floor(j.newest[t] / j.perPage) * j.perPage === j.slot;
      if (needed) {
        // Cuts used up the last page before all was copied to it: that starts over.
        find(j, last);
        j.slot = last * j.perPage;
      }
      j.page = j.slot / j.perPage;
      if (j.memory.erase) j.memory.erase(j.position + j.slot * j.memory.stride);
      // The old one of this type is in the page before as long as the new one is not there.
      carry(j, type);
    }
    const slot = j.slot;
    j.slot = (slot + 1) % j.slots;
    view.setUint32(0, j.number + 1, true);
    view.setUint32(60, j.crc(new Uint8Array(bytes.buffer, 0, 60)), true);
    j.memory.write(j.position + slot * j.memory.stride, bytes);
    const kept = readSlot(j, slot);
    if (kept && kept.getUint32(0, true) === j.number + 1) {
      j.number++;
      j.newest[type] = slot;
      return;
    }
  }
  throw new Error("MEMORY");
}
