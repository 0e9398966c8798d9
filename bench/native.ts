/** What a controller does with `E.nativeCall`: machine code out of a bundle, called with one array and a number. */
import { call } from "./thumb";

/** Anywhere in the controller's memory, at multiples of 4. */
const CODE = 0x20002000;
const DATA = 0x20004000;

/**
 * Calls the function at `offset` (bit 0 set) of `code`; its first argument points to `data`, which it may change. Returns its
 * result, and how many instructions it took.
 */
export function nativeCall(
  code: Uint8Array,
  offset: number,
  data: Uint8Array,
  ...rest: number[]
): { result: number; instructions: number } {
  const regions = [
    { at: CODE, bytes: code },
    { at: DATA, bytes: data },
  ];
  return call(regions, CODE + offset, [DATA, ...rest]);
}
