/**
 * The records of the journal: their types, and the bytes of their payloads (little-endian; times are Unix seconds in
 * 32 bits, so until 2106). See docs/store.md.
 */
import type { Paid } from "../credit/credit";
import type { Unit } from "../token/decode";
import { PAYLOAD } from "./journal";

export const UNIT = 1;
export const PAID = 2;
export const TIME = 3;

/**
 *     0 key, 16 bytes | 16 starting code | 20 time divider | 21 restricted | 22 serial, zero-terminated
 */
export function packUnit(unit: Unit): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 4; i++) view.setInt32(i * 4, unit.key[i], true);
  view.setUint32(16, unit.startingCode, true);
  bytes[20] = unit.timeDivider;
  bytes[21] = unit.restricted;
  for (let i = 0; i < unit.serial.length; i++) bytes[22 + i] = unit.serial.charCodeAt(i);
  return bytes;
}

export function unpackUnit(bytes: Uint8Array): Unit {
  const view = new DataView(bytes.buffer);
  const key = [];
  let serial = "";
  for (let i = 0; i < 4; i++) key.push(view.getInt32(i * 4, true));
  for (let i = 22; bytes[i]; i++) serial += String.fromCharCode(bytes[i]);
  return { serial, key, startingCode: view.getUint32(16, true), timeDivider: bytes[20], restricted: bytes[21] };
}

/**
 *     0 active until | 4 entry closed until | 8 count, 16 bits | 10 unlocked | 11 wrong tokens running | 12 used counts, 16 bytes
 *     | 28 time of this record
 */
export function packPaid(paid: Paid, now: number): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, paid.until, true);
  view.setUint32(4, paid.closedUntil, true);
  view.setUint16(8, paid.count, true);
  bytes[10] = paid.unlocked;
  bytes[11] = paid.wrong;
  bytes.set(paid.bits, 12);
  view.setUint32(28, now, true);
  return bytes;
}

export function unpackPaid(bytes: Uint8Array): Paid {
  const view = new DataView(bytes.buffer);
  return {
    until: view.getUint32(0, true),
    closedUntil: view.getUint32(4, true),
    count: view.getUint16(8, true),
    unlocked: bytes[10],
    wrong: bytes[11],
    bits: bytes.slice(12, 28),
  };
}

/** The time in a record of type PAID (at 28) or TIME (at 0). */
export function timeAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer).getUint32(at, true);
}
