/**
 * The records of the journals: their types, and the bytes of their payloads (little-endian; times are Unix seconds in
 * 32 bits, so until 2106). See docs/store.md.
 */
import type { Paid } from "../credit/credit";
import type { Unit } from "../token/decode";
import { high, type Key, low, sip } from "../token/siphash";
import { PAYLOAD } from "./journal";

export const UNIT = 1;
export const PAID = 2;
export const TIME = 3;

/** What a record of type TIME holds: written often, to a memory that others can write. */
export interface Log {
  time: number;
  /** 1 from when time was lost until somebody who knows it tells it. */
  unsure: number;
  /** Events since set-up, each counted to 65535; see docs/serial.md. */
  tally: number[];
}

/** Indices of `Log.tally`. */
export const RESTARTS = 0;
export const FAILURES = 1;
export const CLOCK_LOST = 2;
export const MEMORY_REPLACED = 3;
export const BYPASSED = 4;
export const DEAD_OUTPUT = 5;

/** Bytes of a TIME record that its MAC covers; the last of them tells whether the time is certain. */
const SEALED = 47;
const UNSURE = 46;

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
  for (let i = 22; i < PAYLOAD && bytes[i]; i++) serial += String.fromCharCode(bytes[i]);
  return { serial, key, startingCode: view.getUint32(16, true), timeDivider: bytes[20], restricted: bytes[21] };
}

/**
 *     0 active until | 4 entry closed until | 8 count, 16 bits | 10 unlocked | 11 wrong tokens running
 *     | 12 used counts, 16 bytes | 28 time of this record
 */
export function packPaid(paid: Paid): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, paid.until, true);
  view.setUint32(4, paid.closedUntil, true);
  view.setUint16(8, paid.count, true);
  bytes[10] = paid.unlocked;
  bytes[11] = paid.wrong;
  bytes.set(paid.bits, 12);
  view.setUint32(28, paid.stored, true);
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
    stored: view.getUint32(28, true),
  };
}

/**
 * The MAC of a TIME record: SipHash of its sealed bytes under a key that is itself the hash of the device's key, so that
 * nobody without the key can write a record that counts, and a record of another device does not.
 */
function seal(view: DataView, unit: Unit, write: boolean): boolean {
  const own: Key = [];
  let text = "";
  for (let i = 0; i < 2; i++) {
    sip(unit.key, "store " + i, 0, 0);
    own.push(low, high);
  }
  for (let i = 0; i < SEALED; i++) text += String.fromCharCode(view.getUint8(i));
  sip(own, text, 0, 0);
  if (write) {
    view.setInt32(SEALED, low, true);
    view.setInt32(SEALED + 4, high, true);
  }
  return view.getInt32(SEALED, true) === low && view.getInt32(SEALED + 4, true) === high;
}

/**
 *     0 time | 4 tally, 16 bits each | 46 unsure | 47 MAC, 8 bytes
 */
export function packLog(log: Log, unit: Unit): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, log.time, true);
  for (let i = 0; i < log.tally.length; i++) view.setUint16(4 + 2 * i, log.tally[i], true);
  bytes[UNSURE] = log.unsure;
  seal(view, unit, true);
  return bytes;
}

/** Undefined when the record is not this device's own. */
export function unpackLog(bytes: Uint8Array, unit: Unit): Log | undefined {
  const view = new DataView(bytes.buffer);
  const tally = [];
  if (!seal(view, unit, false)) return undefined;
  for (let i = 0; i <= DEAD_OUTPUT; i++) tally.push(view.getUint16(4 + 2 * i, true));
  return { time: view.getUint32(0, true), unsure: bytes[UNSURE], tally };
}
