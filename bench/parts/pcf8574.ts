/**
 * I2C I/O expander with a matrix keypad at its lines, and its interrupt output with a pull-up.
 * NXP, "PCF8574; PCF8574A Remote 8-bit I/O expander for I2C-bus with interrupt", rev. 5. A line that is written high is an
 * input with a current source of 100 µA; one that is written low drives. INT falls when a line that is an input differs
 * from what it was at the last read or write, the chip's own change of the outputs included, and rises with the next one.
 */
import type { World } from "../world";
import { type Matrix, matrix } from "./matrix";
import type { Part } from "./part";

export type Pcf8574Options = { driver?: string; address: number; interrupt: string; keys?: string; bounce?: boolean };
export type Pcf8574 = Part &
  Matrix & {
    /** False: the chip is not on the bus. */
    present: boolean;
    /** The chip starts anew, as after a dip of its supply. */
    reset(): void;
  };

/** An expander and its keypad: rows at P3 (the top one) to P0, columns at P6 (left) to P4. */
export function pcf8574(world: World, options: Pcf8574Options): Pcf8574 {
  const { address, interrupt, keys, bounce } = options;
  const { wires } = world;
  const line = (bit: number) => `expander ${address} P${bit}`;
  const bits = [0, 1, 2, 3, 4, 5, 6, 7];
  const pad = matrix(world, { rows: [3, 2, 1, 0].map(line), columns: [6, 5, 4].map(line), keys, bounce });
  const pull = {};
  let rail = false;
  let latch = 0xff;
  let seen = 0xff;
  let levels = 0;

  const tell = () => wires.drive(interrupt, part, rail && (levels ^ seen) & latch ? 0 : undefined);
  const put = (value: number) => {
    latch = value;
    for (const bit of bits) {
      const high = (latch >> bit) & 1;
      wires.drive(line(bit), pull, rail ? (high ? 1 : 0) : undefined, high ? "weak" : "strong");
    }
  };

  const part: Pcf8574 = Object.assign(pad, {
    address,
    present: true,
    write(bytes: Uint8Array) {
      if (!rail || !part.present) return false;
      for (const byte of bytes) {
        seen = levels;
        put(byte);
      }
      tell();
      return true;
    },
    read(length: number) {
      if (!rail || !part.present) return undefined;
      seen = levels;
      tell();
      return new Uint8Array(length).fill(seen);
    },
    power(on: boolean) {
      rail = on;
      wires.drive(interrupt, pull, rail ? 1 : undefined, "weak");
      part.reset();
    },
    reset() {
      put(0xff);
      seen = levels;
      tell();
    },
  });
  for (const bit of bits)
    wires.onchange(line(bit), (level) => {
      levels = (levels & ~(1 << bit)) | (level << bit);
      tell();
    });
  return part;
}
