/** The factory's set-up, once in a device's life. */
import { now } from "./clock/clock";
import { nothingPaid } from "./credit/credit";
import { type Device, note, store, storePaid, storeTime } from "./device";
import { PAYLOAD } from "./store/journal";
import { UNIT } from "./store/records";
import { startingCode, type Unit } from "./token/decode";

/** Reads a whole number from `least` to `most`; `otherwise` if it is left out, -1 if it is anything else. */
function whole(text: string | undefined, least: number, most: number, otherwise: number): number {
  if (!text) return otherwise;
  const n = /^[0-9]+$/.test(text) && text.length < 11 ? parseInt(text, 10) : -1;
  return n < least || n > most ? -1 : n;
}

/** The payload of a record of type UNIT; its layout stands with `unpackUnit`. */
function packUnit(unit: Unit): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 4; i++) view.setInt32(i * 4, unit.key[i], true);
  view.setUint32(16, unit.startingCode, true);
  bytes[20] = unit.timeDivider;
  bytes[21] = unit.restricted;
  for (let i = 0; i < unit.serial.length; i++) bytes[22 + i] = unit.serial.charCodeAt(i);
  return bytes;
}

/**
 * Gives a device its identity: `#SETUP;serial;starting code;key[;count;time divider;restricted;test code]`, already
 * split; ranges: docs/serial.md. Returns "" or the reason why nothing was changed.
 */
export function setUp(d: Device, fields: string[]): string {
  const serial = fields[1] || "";
  const hex = fields[3] || "";
  const key = [];
  const code = whole(fields[2], 0, 999999999, -2);
  const count = whole(fields[4], 1, 65535, 1);
  const timeDivider = whole(fields[5], 1, 255, 1);
  // A keypad of four keys cannot enter other tokens.
  const least = d.hal.keypad.fourKeys ? 1 : 0;
  const restricted = whole(fields[6], 0, 1, least);
  const testCode = whole(fields[7], 0, 999999999, 0);
  if (fields.length > 8) return "TOO_MANY_FIELDS";
  if (!/^[!-:<-~]+$/.test(serial) || serial.length > 31) return "SERIAL";
  if (code === -1) return "STARTING_CODE";
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length !== 32) return "KEY";
  if (count < 0) return "COUNT";
  if (timeDivider < 0) return "TIME_DIVIDER";
  if (restricted < least) return "RESTRICTED";
  if (testCode < 0) return "TEST_CODE";
  if (d.unit) return "SET_UP_ALREADY";
  if (d.fault) return d.fault;
  for (let i = 0; i < 32; i += 8) {
    let word = 0;
    for (let j = 6; j >= 0; j -= 2) word = (word << 8) | parseInt(hex.substr(i + j, 2), 16);
    key.push(word);
  }
  const unit: Unit = { serial, key, startingCode: code > 0 ? code : startingCode(key), timeDivider, restricted };
  d.unit = unit;
  d.paid = nothingPaid(count);
  d.paid.testCode = testCode;
  d.paid.stored = now(d.hal, d.clock);
  // The unit's record comes last: whatever fails or is cut before it leaves a device that can be set up.
  storeTime(d);
  if (d.fault || !storePaid(d) || !store(d, d.safe, UNIT, packUnit(unit))) {
    d.unit = undefined;
    return d.fault;
  }
  note(d, "set up", -1);
  return d.fault;
}
