/** Memory of a test: bytes in an array, a power cut at any of them, a count of what each has seen, and what can be wrong with a chip. */
import type { Memory } from "../../hal/hal";

export interface Cells extends Memory {
  bytes: Uint8Array;
  /** Writes of each byte (EEPROM), erases of each page (flash); and calls of `write`. */
  wear: Uint32Array;
  writes: number;
  /** Bytes that can be stored before the power goes (an erase counts as one), and what a cut leaves half done: see `cells`. */
  left: number;
  torn: number;
  /** Every access throws, as on a bus without the chip; what is written is not kept, as under write protection. */
  fails: boolean;
  locked: boolean;
}

/** `flash`: bits can only be cleared, until a page is erased. A cut leaves `torn` (0 to 255) of the byte or the page it falls into. */
export function cells(byteLength: number, eraseSize: number, flash: boolean): Cells {
  const bytes = new Uint8Array(byteLength).fill(255);
  const alive = () => {
    if (c.left <= 0) throw new Error("power cut");
    return --c.left > 0;
  };
  const answers = () => {
    if (c.fails) throw new Error("no acknowledge");
  };
  const c: Cells = {
    bytes,
    byteLength,
    eraseSize,
    stride: 64,
    wear: new Uint32Array(flash ? byteLength / eraseSize : byteLength),
    writes: 0,
    left: Number.POSITIVE_INFINITY,
    torn: 0,
    fails: false,
    locked: false,
    read(position, length) {
      answers();
      return bytes.slice(position, position + length);
    },
    write(position, data) {
      answers();
      if (c.locked) return;
      c.writes++;
      data.forEach((byte, i) => {
        const at = position + i;
        const whole = alive();
        if (flash) bytes[at] &= whole ? byte : byte | c.torn;
        else {
          bytes[at] = whole ? byte : c.torn;
          c.wear[at]++;
        }
        if (!whole) throw new Error("power cut");
      });
    },
    erase: flash
      ? (position) => {
          answers();
          if (c.locked) return;
          const whole = alive();
          bytes.fill(255, position, position + (whole ? eraseSize : Math.floor((eraseSize * c.torn) / 255)));
          c.wear[position / eraseSize]++;
          if (!whole) throw new Error("power cut");
        }
      : undefined,
  };
  return c;
}
