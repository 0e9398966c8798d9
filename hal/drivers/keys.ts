/**
 * Four keys on pins, 1 to 4, for units with the restricted digit set. Each closes its pin to ground against a pull-up, or
 * reads 1 when pressed if `activeHigh`. A press is told when the finger leaves, for a key that is held a second is "#",
 * whichever it is, and after another second "#" held.
 */
import type { Io, Keypad, Pin, System } from "../hal";

/** Milliseconds between two looks while a key is down; a key counts when two looks agree. */
const LOOK = 20;
/** Looks after which a key counts as held (1 s), and after which it is stuck and looked at less often (30 s). */
const HELD = 50;
const STUCK = 1500;

/** `pins` of the keys 1, 2, 3 and 4. At rest every pin waits for an edge, so no timer runs while no key is down. */
export function keys(io: Io, options: { pins: Pin[]; activeHigh?: boolean }, system: System): Keypad {
  const pins = options.pins;
  const high = options.activeHigh;
  const none = high ? 0 : 15;
  const looks = new Uint16Array(4);
  let doubtful = 0;
  /** Milliseconds until the next look, and its timer. */
  let wait = 0;
  let timer = 0;
  return {
    fourKeys: true,
    isAlive: () => timer > 0 || io.read(pins) === none,
    start(onKey) {
      const look = () => {
        const down = io.read(pins) ^ none;
        wait = 0;
        for (let key = 0; key < 4; key++) {
          const bit = 8 >> key;
          let n = looks[key];
          if (down & bit) {
            doubtful &= ~bit;
            n = Math.min(n + 1, STUCK);
            if (n === HELD || n === 2 * HELD) onKey("#", n > HELD);
          } else if (n > 1 && !(doubtful & bit)) doubtful |= bit;
          else {
            if (n > 1 && n < HELD) onKey("" + (key + 1), false);
            n = 0;
          }
          looks[key] = n;
          if (n && wait !== LOOK) wait = n < STUCK ? LOOK : 5 * LOOK;
        }
        timer = wait ? system.after(look, wait) : 0;
      };
      const wake = () => {
        // Another key than the one that is stuck.
        if (wait > LOOK) system.cancel(timer);
        else if (timer) return;
        wait = LOOK;
        timer = system.after(look, wait);
      };
      for (let key = 0; key < 4; key++) {
        io.mode(pins[key], high ? "input_pulldown" : "input_pullup");
        io.watch(wake, pins[key], { repeat: true, edge: high ? "rising" : "falling" });
      }
      if (io.read(pins) !== none) wake();
    },
  };
}
