/**
 * A matrix keypad on an NXP PCF8574 or PCF8574A I/O expander: rows at P3 (the top one) to P0, columns at P6 (left) to P4;
 * P7 is left high. The chip's INT is wired to a pin, so that nothing asks the bus while no key is down.
 * https://www.nxp.com/docs/en/data-sheet/PCF8574_PCF8574A.pdf
 */
import type { I2C, Io, Keypad, Pin, System } from "../hal";
import { matrix } from "./matrix";

/** Lines that are written high are inputs with a weak pull-up: the columns, and P7. */
const INPUTS = 0xf0;
const COLUMNS = 7;

/**
 * `address` 0x20 to 0x27, of a PCF8574A 0x38 to 0x3f; `keys` as for the matrix. A chip that does not answer has no key
 * down, and that is no reason to start the controller anew: light that was paid for would go out for it.
 */
export function pcf8574(
  i2c: I2C,
  options: { address: number; interrupt: Pin; keys?: string },
  system: System,
  io: Io,
): Keypad {
  const address = options.address;
  let rows = 0;
  const write = (_: unknown, level: number) => {
    rows = level & ~INPUTS & 255;
    try {
      i2c.writeTo(address, [INPUTS | rows]);
    } catch (_) {}
  };
  const read = () => {
    try {
      const lines = i2c.readFrom(address, 1)[0];
      // A row that should be low and is not: the chip started anew.
      if (lines & ~rows & ~INPUTS) write(0, rows);
      return (lines >> 4) & COLUMNS;
    } catch (_) {
      return COLUMNS;
    }
  };
  io.mode(options.interrupt, "input_pullup");
  return matrix(
    {
      write,
      read,
      mode() {},
      // One line tells of all columns; also of rows that were written, which is no press. The look's read lets it go.
      watch: (wake, column, how) => (column === 4 ? io.watch(wake, options.interrupt, how) : 0),
    },
    { rows: [3, 2, 1, 0], columns: [6, 5, 4], keys: options.keys },
    system,
  );
}
