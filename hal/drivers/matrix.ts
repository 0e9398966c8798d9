/**
 * A matrix keypad on the controller's pins: columns read with pull-ups, rows driven low.
 * At rest all rows are low and every column waits for a falling edge, so no timer runs while no key is down.
 */
import type { Io, Keypad, Pin, System } from "../hal";

/** Milliseconds between two looks at the keys while one is down; a key counts when two looks agree. */
export const LOOK = 20;
/** Looks after which a key counts as held (1 s), and after which it is stuck and looked at less often (30 s). */
const HELD = 50;
const STUCK = 1500;

/** `rows` and `columns` as the keys are printed; `keys` (row by row) is "123456789*0#" if left out. */
export function matrix(
  io: Pick<Io, "write" | "read" | "mode" | "watch">,
  options: { rows: Pin[]; columns: Pin[]; keys?: string },
  system: System,
): Keypad {
  const rows = options.rows;
  const columns = options.columns;
  const keys = options.keys || "123456789*0#";
  const all = (1 << columns.length) - 1;
  let timer = 0;
  return {
    isAlive: () => timer > 0 || io.read(columns) === all,
    start(onKey) {
      // Keys as bits, the first one highest: what the last look found, which are down, and which were told to be held.
      let last = 0;
      let down = 0;
      let held = 0;
      // Looks since a key was pressed.
      let count = 0;

      const look = () => {
        const some = io.read(columns) !== all;
        let found = 0;
        if (some) {
          for (let row = rows.length - 1; row >= 0; row--) {
            io.write(rows, ~(1 << row));
            found = (found << columns.length) | (io.read(columns) ^ all);
          }
          io.write(rows, 0);
        }
        // What two looks agree on counts: a single one that found a key up (bad contact) ends no press.
        const before = down;
        down = (found & last) | (down & (found | last));
        const pressed = down & ~before;
        held &= down;
        count = pressed ? 2 : Math.min(count + 1, STUCK);
        const wait = found === last && count === STUCK ? 2 * LOOK : LOOK;
        last = found;
        // In a scan an edge may get lost; without one, none does.
        timer = some || down ? system.after(look, wait) : 0;
        const long = count === HELD;
        let bits = long ? down & ~held : pressed;
        if (long) held = down;
        for (let key = keys.length - 1; bits; key--) {
          if (bits & 1) onKey(keys[key], long);
          bits >>= 1;
        }
      };
      for (let i = 0; i < rows.length; i++) io.mode(rows[i], "opendrain");
      io.write(rows, 0);
      const wake = () => {
        if (!timer) look();
      };
      for (let i = 0; i < columns.length; i++) {
        io.mode(columns[i], "input_pullup");
        io.watch(wake, columns[i], { repeat: true, edge: "falling" });
      }
      if (io.read(columns) !== all) wake();
    },
  };
}
