/** What was paid for and what is left of it: OpenPAYGO Token v2.3, and the wrong-token delay. */
import { type Counts, DISABLE, markUsed, SYNC, type Unit, type Walk } from "../token/decode";

/** Everything that a token changes, stored as one record: all of it or nothing survives a power cut. */
export interface Paid extends Counts {
  /** The credit ends at this trusted time (Unix seconds). */
  until: number;
  /** 1: pay-as-you-go was ended by a token, the output stays on. */
  unlocked: number;
  /** Invalid tokens since the last valid one, and the time until which token entry is closed for them. */
  wrong: number;
  closedUntil: number;
  /** The trusted time when all this was stored last. */
  stored: number;
  /** What the factory types to see the light, 1 to 999999999; 0: there is none. Kept here since this record has room. */
  testCode: number;
}

/** What a unit has paid when it leaves the factory; `count` (1 to 65535) and all below count as used. */
export function nothingPaid(count: number): Paid {
  const paid = {
    until: 0,
    unlocked: 0,
    wrong: 0,
    closedUntil: 0,
    count,
    bits: new Uint8Array(16),
    near: new Uint32Array(4),
    stored: 0,
    testCode: 0,
  };
  markUsed(paid, count, true);
  return paid;
}

/**
 * Closes token entry as if the token about to be checked were invalid: 1 minute, doubling with each further one up to
 * 512 minutes. Stored before the check, so that cutting the power in the middle gains nothing.
 */
export function closeEntry(paid: Paid, now: number): void {
  paid.closedUntil = now + (60 << Math.min(paid.wrong, 9));
  paid.wrong = Math.min(paid.wrong + 1, 255);
}

/**
 * Does what a valid token says. A unit of value is `86400 / timeDivider` seconds; odd counts set, even ones add. An
 * extended token only uses up its count: what it means is the product's.
 */
export function applyToken(paid: Paid, unit: Unit, walk: Walk, now: number): void {
  const special = !walk.extended && walk.value >= DISABLE;
  const sets = walk.count & 1;
  markUsed(paid, walk.count, special || sets > 0);
  if (walk.extended || walk.value === SYNC) return;
  if (walk.value === DISABLE) {
    paid.unlocked = 1;
    return;
  }
  if (sets) {
    paid.unlocked = 0;
    paid.until = 0;
  } else if (paid.unlocked) return;
  const seconds = Math.floor((walk.value * 86400) / unit.timeDivider);
  paid.until = Math.min(4294967295, Math.max(now, paid.until) + seconds);
}
