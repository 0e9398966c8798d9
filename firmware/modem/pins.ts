/**
 * What became of each PIN, in a record:
 *
 *     0 mark of the certificate that the modem has | 4 the PINs that were sent, a line each; the right one with a = before it
 */
import type { Device } from "../device";
import { latest, PAYLOAD } from "../store/journal";
import { SENT_PINS } from "../store/records";

/** A number that only this certificate of an authority has, 0 for none. */
declare const CERTIFICATE: number;

/** What is known of a PIN: it was never sent; it was, and was not seen to be right; it is right. */
export const NEW = 0;
export const SENT = 1;
export const RIGHT = 2;

/** Where the PINs begin. */
export const PINS = 4;

/** The record. Throws when the memory does not answer. */
export function pins(d: Device): Uint8Array {
  return latest(d.safe!, SENT_PINS) || new Uint8Array(PAYLOAD);
}

/** Whether the modem was given the certificate. */
export function marked(d: Device): boolean {
  return new DataView(pins(d).buffer).getUint32(0, true) === CERTIFICATE;
}

/** The text in a record, from a byte on. */
export function textIn(bytes: Uint8Array, from: number): string {
  return String.fromCharCode.apply(null, bytes.subarray(from) as any).split("\0")[0];
}
