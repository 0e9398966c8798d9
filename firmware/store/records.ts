/**
 * The records of the journals: their types, and the bytes of their payloads (little-endian; times are Unix seconds in
 * 32 bits, so until 2106). See docs/store.md.
 */
import type { Paid } from "../credit/credit";
import type { History } from "../metrics/history.shared";
import type { Unit } from "../token/decode";
import { high, type Key, low, sip } from "../token/siphash";
import { PAYLOAD } from "./journal";

export const UNIT = 1;
export const PAID = 2;
export const TIME = 3;
/** Which server is used, and two places of ten records each for what is known of one: metrics/servers.shared.ts. */
export const SERVER = 4;
export const SERVER_TEXTS = 5;
export const SERVER_PARTS = 10;
/** How a modem enters the network, three records, and what became of its PINs: modem/access.overlay.ts. */
export const ACCESS = 25;
export const ACCESS_PARTS = 3;
export const SENT_PINS = 28;
/** What a product's own code keeps, as it likes. */
export const PRODUCT_TYPE = 29;
export const LAST_TYPE = 29;

/**
 * The record of type TIME as it is stored: written often, to a memory that others can write.
 *
 *     0 time | 4 tally, 16 bits each | 16 short starts running, 8 bits | 17 test codes in this hour, 8 bits | 18 that hour
 *     | 22 requests | 26 time stamp of the outstanding request | 30 oldest row of the history, and from it on
 *     | 34 rows in the outstanding request, 16 bits | 36 all rows, 16 bits
 *     | 38 failed sessions running, 8 bits | 39 next session | 43 kilobytes this month, 16 bits | 45 month, 8 bits
 *     | 46 unsure, 8 bits: 1 from when time was lost until somebody who knows it tells it | 47 MAC, 8 bytes
 */
export interface Log {
  bytes: Uint8Array;
  view: DataView;
  /** Events since set-up, each counted to 65535; see docs/serial.md. */
  tally: Uint16Array;
}

/** Offsets in a `Log`. */
export const SHORT_STARTS = 16;
export const TESTS = 17;
export const TEST_HOUR = 18;
export const REQUESTS = 22;
export const ASKED = 26;
export const FIRST_ROW = 30;
export const OFFERED_ROWS = 34;
export const ALL_ROWS = 36;
export const FAILED_SESSIONS = 38;
export const NEXT_SESSION = 39;
export const KILOBYTES = 43;
export const MONTH = 45;
export const UNSURE = 46;

/** Indices of `Log.tally`. */
export const RESTARTS = 0;
export const FAILURES = 1;
export const CLOCK_LOST = 2;
export const MEMORY_REPLACED = 3;
export const BYPASSED = 4;
export const DEAD_OUTPUT = 5;

/** Bytes of a TIME record that its MAC covers, which stands behind them. */
export const SEALED = 47;

/**
 *     0 key, 16 bytes | 16 starting code | 20 time divider | 21 restricted | 22 serial, zero-terminated
 */
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
 *     | 12 used counts, 16 bytes | 28 time of this record | 32 test code
 *     | 36 where the decode of two values may start, 16 bytes
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
  view.setUint32(32, paid.testCode, true);
  for (let i = 0; i < 4; i++) view.setUint32(36 + 4 * i, paid.near[i], true);
  return bytes;
}

export function unpackPaid(bytes: Uint8Array): Paid {
  const view = new DataView(bytes.buffer);
  const near = new Uint32Array(4);
  for (let i = 0; i < 4; i++) near[i] = view.getUint32(36 + 4 * i, true);
  return {
    until: view.getUint32(0, true),
    closedUntil: view.getUint32(4, true),
    count: view.getUint16(8, true),
    unlocked: bytes[10],
    wrong: bytes[11],
    // In the interpreter `slice` would make a list, which takes a variable for each byte.
    bits: new Uint8Array(bytes.subarray(12, 28)),
    near,
    stored: view.getUint32(28, true),
    testCode: view.getUint32(32, true),
  };
}

/** A record of type TIME: the payload read, or one of zeros. */
export function openLog(bytes: Uint8Array): Log {
  return { bytes, view: new DataView(bytes.buffer), tally: new Uint16Array(bytes.buffer, 4, 6) };
}

/** Puts the marks of the history into the record that keeps them; called when one has moved. */
export function keepMarks(h: History, view: DataView): void {
  view.setUint32(FIRST_ROW, h.first, true);
  view.setUint16(OFFERED_ROWS, h.offered - h.first, true);
  view.setUint16(ALL_ROWS, h.next - h.first, true);
}

/**
 * Seals a TIME record with its MAC, or (`write` is false) tells whether it has its own: SipHash of its bytes under a key
 * that is itself the hash of the device's key, so that nobody without the key can write a record that counts, and a
 * record of another device does not. While a report is under way, `keep` of metrics/slices.shared.ts does it in slices.
 */
export function seal(log: Log, unit: Unit, write: boolean): boolean {
  const own: Key = [];
  for (let i = 0; i < 2; i++) {
    sip(unit.key, "store " + i, 0, 0);
    own.push(low, high);
  }
  sip(own, String.fromCharCode.apply(null, new Uint8Array(log.bytes.buffer, 0, SEALED) as any), 0, 0);
  if (write) {
    log.view.setInt32(SEALED, low, true);
    log.view.setInt32(SEALED + 4, high, true);
  }
  return log.view.getInt32(SEALED, true) === low && log.view.getInt32(SEALED + 4, true) === high;
}
