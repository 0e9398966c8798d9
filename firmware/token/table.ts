/**
 * Where a decode may start: the code that every value has at one count K, so that a check need not walk the chain from
 * its beginning. Two slots of cells; one is in use while the other is carried forward to a later count.
 *
 *     cell    0 code of value `cell` at K | 4 MAC        0 to 995, and 996 for the value 998
 *     BEGUN   0 K                         | 4 MAC        written first
 *     WHOLE   0 K                         | 4 MAC        written last: the slot counts
 *
 * A stored code is the token of its count. So K stays 16 or more below the unit's count, where no token but a sync (value
 * 999, which has no cell) is accepted any more; and as an external memory can be changed, each cell is sealed under a key
 * derived from the device's: what is in the wrong place, from another count or another device is passed over, and the
 * chain is walked from its beginning.
 */
import type { Hal, Memory } from "../../hal/hal";
import { type Counts, DISABLE, skipTo, type Unit, type Walk } from "./decode";
import { high, type Key, low, sip } from "./siphash";
import type { TableSettings } from "./tables";

export const BEGUN = 997;
export const WHOLE = 998;
/** Bytes of a slot: two pages of flash. */
export const SLOT = 8192;

export interface Table {
  memory: Memory;
  /** Of the two slots, from an erasable page on. */
  position: number;
  /** The slot in use and its count K; 0 if none is. */
  slot: number;
  count: number;
  /** Key of the MACs. */
  key: Key;
}

/** The 32-bit MAC of what stands in a cell of the table at `count`. */
export function macOf(t: Table, count: number, cell: number, word: number): number {
  sip(t.key, "", word, count * 1024 + cell);
  return low;
}

/** What stands in a cell of a slot whose count is `count` (-1: the word itself is the count); -1 if that is not sealed. */
export function readCell(t: Table, slot: number, cell: number, count: number): number {
  const bytes = t.memory.read(t.position + slot * SLOT + cell * 8, 8);
  const view = new DataView(bytes.buffer);
  const word = view.getUint32(0, true);
  return view.getInt32(4, true) === macOf(t, count < 0 ? word : count, cell, word) ? word : -1;
}

/** Opens a table for a unit: derives its key and finds the slot in use. */
export function openTable(hal: Hal, settings: TableSettings, unit: Unit): Table {
  const memory = settings.flash ? hal.flash! : hal.memory;
  const t: Table = { memory, position: settings.position, slot: 1, count: 0, key: [] };
  for (let i = 0; i < 2; i++) {
    sip(unit.key, "table " + i, 0, 0);
    t.key.push(low, high);
  }
  for (let slot = 0; slot < 2; slot++) {
    const count = readCell(t, slot, WHOLE, -1);
    if (count > t.count) {
      t.slot = slot;
      t.count = count;
    }
  }
  return t;
}

/** Starts a walk at the table's count, if its value has a cell there. Throws when the memory does not answer. */
export function skipToTable(walk: Walk, counts: Counts, t: Table): void {
  const cell = walk.value < 996 ? walk.value : walk.value === DISABLE ? 996 : -1;
  if (!t.count || cell < 0 || walk.extended) return;
  const code = readCell(t, t.slot, cell, t.count);
  if (code >= 0) skipTo(walk, counts, t.count, code);
}
