/**
 * Trusted time, Unix seconds: it only counts up. The chip tells the time at start; while the power is on, the
 * controller's own clock counts, and the chip is followed as long as the two agree.
 */
import type { Hal } from "../../hal/hal";

/** No earlier time is plausible: 2020-01-01T00:00:00Z. */
export const EARLIEST = 1577836800;

/** Looks at the chip at start, two readings each. */
const TRIES = 8;

export interface Clock {
  /** The trusted time at `ticks` of the controller's clock, and until then. */
  time: number;
  ticks: number;
  /** The same at start, when the chip was last found wrong, or an hour ago: what drift is measured from. */
  since: number;
  sinceTicks: number;
  /** Checks that the chip did not answer. */
  silent: number;
}

/**
 * Starts from the chip, given the last time that was stored (0: none) and the seconds between two such stores; `lost`
 * is called when the chip stopped or was set back. Then time goes on from the stored one plus a full interval, so that
 * cutting the power again and again never yields more light than was paid for. Throws when the chip does not answer, or not twice the same.
 */
export function startClock(hal: Hal, stored: number, interval: number, lost: () => void): Clock {
  const ticks = hal.system.ticks();
  let time: number | undefined;
  // One bit that is read wrong would end all credit, and one missing acknowledge the light: two readings have to agree.
  for (let tries = 0; time === undefined; tries++) {
    // Whoever starts the clock knows what that means.
    if (tries === TRIES) throw new Error();
    try {
      const first = hal.rtc.read();
      if (hal.rtc.read() === first) time = first;
    } catch (_) {
      // Once more.
    }
  }
  if (time < EARLIEST || time < stored) {
    time = stored ? stored + interval : EARLIEST;
    hal.rtc.write(time);
    lost();
  }
  return { time, ticks, since: time, sinceTicks: ticks, silent: 0 };
}

/** The trusted time now. */
export function now(hal: Hal, clock: Clock): number {
  return clock.time + Math.max(0, Math.floor(hal.system.ticks() - clock.ticks));
}

/**
 * Holds the chip against the controller's clock; call about once a minute. It may be off by two seconds and 2 % of the
 * last hour. Beyond that it stopped, jumped, was set or drifts: `lost` is called, and the chip gets the time that the
 * controller counted. Within that it is followed: a time that is ahead of it waits for it.
 */
export function checkClock(hal: Hal, clock: Clock, lost: () => void): void {
  const ticks = hal.system.ticks();
  const counted = now(hal, clock);
  let chip = counted;
  try {
    chip = hal.rtc.read();
    const passed = ticks - clock.sinceTicks;
    const wrong = Math.abs(chip - clock.since - passed) > 2 + passed / 50;
    if (wrong) chip = counted;
    if (wrong || passed > 3600) {
      clock.since = chip;
      clock.sinceTicks = ticks;
    }
    if (wrong) {
      hal.rtc.write(counted);
      lost();
    }
  } catch (_) {
    // Goes on by the controller's clock; the next start without the chip keeps the output off.
    clock.silent++;
  }
  if (chip !== counted) {
    clock.time = Math.max(chip, counted);
    clock.ticks = ticks + clock.time - chip;
  }
}
