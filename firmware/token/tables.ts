/** Keeps the table of codes as late as it may be, in slices that nobody notices. */
import type { Device } from "../device";
import { carry } from "./carry.overlay";

/** Where a board has its table, and how fast it is carried on: `hashes` in a slice, `pause` milliseconds between two. */
export interface TableSettings {
  /** 1: in the controller's flash; 0: in the EEPROM. */
  flash: number;
  position: number;
  hashes: number;
  pause: number;
}

/** Does so from now on, where the board's settings say. */
export function startTables(d: Device): void {
  const settings = d.settings.table!;
  /** The unit's count at which there was nothing left to do. */
  let done = 0;
  let busy = false;
  let step: ((hashes: number) => boolean) | undefined;
  const slice = () => {
    busy = false;
    try {
      // Light is paid for, so there is a charge to spare; a person's token comes first.
      if (d.on && d.unit && !d.fault) {
        busy = true;
        // A report needs the memory. Behind it this begins again, and passes over what was made.
        if (d.session) step = undefined;
        else if (!d.walk) {
          const first = !step;
          step = step || carry(d.hal, settings, d.unit, d.paid);
          if (!step(settings.hashes)) {
            step = undefined;
            busy = !first;
            if (first) done = d.paid.count;
          }
        }
      }
    } catch (_) {
      // The store uses the same memory, and tells.
      step = undefined;
    }
    if (busy) d.hal.system.after(slice, settings.pause);
  };
  d.ticks.push(() => {
    if (busy || !d.on || d.paid.count === done) return;
    busy = true;
    d.hal.system.after(slice, settings.pause);
  });
}
