/** Makes the next table of codes (table.ts) out of the one in use, a few hashes at a time. */
import type { Hal } from "../../hal/hal";
import { type Counts, DISABLE, nextCode, PAST, type Unit } from "./decode";
import { keyed } from "./siphash";
import { BEGUN, macOf, openTable, readCell, SLOT, WHOLE } from "./table";
import type { TableSettings } from "./tables";

/** Values that have a cell. */
const VALUES = 997;

/**
 * Carries a unit's table forward. Returns a function that does about `hashes` more (reading or sealing a cell is one) and
 * tells whether anything is left to do. Cut anywhere, it goes on where it was; a cell that the memory did not keep is
 * passed over later, and costs time only. Throws when the memory does not answer.
 */
export function carry(hal: Hal, settings: TableSettings, unit: Unit, counts: Counts): (hashes: number) => boolean {
  const t = openTable(hal, settings, unit);
  const memory = t.memory;
  const to = Math.max(0, counts.count - PAST);
  const other = 1 - t.slot;
  /** Slots to empty, and how far that went; and whether the other slot has yet to be begun. */
  const wiping: number[] = [];
  let wiped = 0;
  let fresh = false;
  let cell = 0;
  let code = -1;
  let count = 0;
  let goal = readCell(t, other, BEGUN, -1);

  // A sync can lower the unit's count: what is then not past any more must not be read by anybody.
  for (let slot = 0; slot < 2; slot++) if (readCell(t, slot, BEGUN, -1) > to) wiping.push(slot);
  if (t.count > to) t.count = 0;
  if (goal <= t.count || goal > to) {
    goal = to > t.count ? to : 0;
    fresh = goal > 0;
    if (fresh && memory.erase && wiping.indexOf(other) < 0) wiping.push(other);
  }

  const write = (at: number, word: number) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, word, true);
    view.setInt32(4, macOf(t, goal, at, word), true);
    memory.write(t.position + other * SLOT + at * 8, new Uint8Array(view.buffer));
  };
  const wipe = () => {
    const position = t.position + wiping[0] * SLOT + wiped;
    if (memory.erase) memory.erase(position);
    else memory.write(position, new Uint8Array(64));
    wiped += memory.erase ? memory.eraseSize : 64;
    if (wiped < SLOT) return;
    wiping.shift();
    wiped = 0;
  };

  return (hashes) => {
    // Made for each slice, as it would take 25 variables between them.
    const hash = keyed(unit.key);
    if (wiping.length) {
      wipe();
      return wiping.length > 0 || goal > 0;
    }
    if (!goal) return false;
    if (fresh) write(BEGUN, goal);
    fresh = false;
    while (hashes-- > 0) {
      if (cell === VALUES) {
        write(WHOLE, goal);
        if (readCell(t, other, WHOLE, -1) === goal) {
          t.slot = other;
          t.count = goal;
        } else if (memory.erase) {
          // A cut left something there that only an erase takes away: the next call begins anew.
          memory.erase(t.position + (other + 1) * SLOT - memory.eraseSize);
        }
        return false;
      }
      if (code >= 0) {
        if (count === goal) {
          write(cell++, code);
          code = -1;
        } else {
          code = nextCode(hash, code, false);
          count++;
        }
      } else if (readCell(t, other, cell, goal) >= 0) cell++;
      else {
        count = t.count;
        if (count) code = readCell(t, t.slot, cell, count);
        if (code < 0) {
          // The code at count 0 needs no table.
          const start = unit.startingCode;
          code = start - (start % 1000) + ((start + (cell < 996 ? cell : DISABLE)) % 1000);
          count = 0;
        }
      }
    }
    return true;
  };
}
