/** Long work in slices, from timers. */
import type { System } from "../../hal/hal";

/** Seconds that a slice may take. */
const SLICE = 0.02;

/** Calls `step` from timers until it returns something, and hands that over: what led here is gone from memory then. */
export function work<T>(system: System, step: () => T | undefined | false, done: (result: T) => void): void {
  system.after(() => {
    const start = system.ticks();
    let result = step();
    while (!result && system.ticks() - start < SLICE) result = step();
    if (result) done(result);
    else work(system, step, done);
  }, 1);
}
