/**
 * A matrix keypad on the controller's pins: columns read with pull-ups, rows driven low.
 * At rest all rows are low and every column waits for a falling edge, so no timer runs while no key is down.
 */
import type { Io, Keypad, Pin, System } from "../hal";

/** Milliseconds between two looks at the keys while one is down; a key counts when two looks agree. */
const LOOK = 20;
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
  /** Looks in a row that found a key down; a single look that found it up (bad contact) does not end a press. */
  const looks = new Uint16Array(keys.length);
  let doubtful = 0;
  let timer = 0;
  const all = (1 << columns.length) - 1;
  return {
    isAlive: () => timer > 0 || io.read(columns) === all,
    start(onKey) {
      const look = () => {
        let wait = 0;
        let key = 0;
        for (let row = rows.length - 1; row >= 0; row--) {
          io.write(rows, ~(1 << row));
          const levels = io.read(columns);
          for (let column = columns.length - 1; column >= 0; column--) {
            key = (rows.length - 1 - row) * columns.length + columns.length - 1 - column;
            const bit = 1 << key;
            if (!((levels >> column) & 1)) {
              doubtful &= ~bit;
              looks[key] = Math.min(looks[key] + 1, STUCK);
              if (looks[key] === 2 || looks[key] === HELD) onKey(keys[key], looks[key] === HELD);
            } else if (looks[key] > 1 && !(doubtful & bit)) doubtful |= bit;
            else looks[key] = 0;
            if (looks[key] && wait !== LOOK) wait = looks[key] < STUCK ? LOOK : 5 * LOOK;
          }
        }
        io.write(rows, 0);
        if (!wait && io.read(columns) !== all) wait = LOOK;
        timer = wait ? system.after(look, wait) : 0;
      };
      for (let i = 0; i < rows.length; i++) io.mode(rows[i], "opendrain");
      io.write(rows, 0);
      const wake = () => {
        if (!timer) timer = system.after(look, LOOK);
      };
      for (let i = 0; i < columns.length; i++) {
        io.mode(columns[i], "input_pullup");
        io.watch(wake, columns[i], { repeat: true, edge: "falling" });
      }
      if (io.read(columns) !== all) wake();
    },
  };
}
