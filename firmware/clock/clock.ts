/**
 * Trusted time, Unix seconds: it only counts up. The chip tells the time at start, the controller's own clock carries
 * it on, and once a minute one is held against the other.
 */
import type { Hal } from "../../hal/hal";

/** No earlier time is plausible: 2020-01-01T00:00:00Z. */
export const EARLIEST = 1577836800;

export interface Clock {
  /** The trusted time at `ticks` of the controller's clock. */
  time: number;
  ticks: number;
  /** How often time was lost (stopped, set back, implausible), and how often the chip did not answer. */
  lost: number;
  silent: number;
}

/**
 * Starts from the chip, given the last time that was stored (0: none) and the seconds between two such stores. When
 * the chip stopped or was set back, time goes on from the stored one plus a full interval, so that cutting the power
 * again and again never yields more light than was paid for. Throws when the chip does not answer.
 */
export function startClock(hal: Hal, stored: number, interval: number): Clock {
  const clock = { time: hal.rtc.read(), ticks: hal.system.ticks(), lost: 0, silent: 0 };
  if (clock.time < EARLIEST || clock.time < stored) {
    clock.lost = 1;
    clock.time = stored ? stored + interval : EARLIEST;
    hal.rtc.write(clock.time);
  }
  return clock;
}

/** The trusted time now. */
export function now(hal: Hal, clock: Clock): number {
  return clock.time + Math.floor(hal.system.ticks() - clock.ticks);
}

/**
 * Holds the chip against the controller's clock; call once a minute. Within two seconds and 2 % the chip is right and
 * is followed (forward only). Otherwise it stopped or was set, and gets the time that the controller counted.
 */
export function checkClock(hal: Hal, clock: Clock): void {
  const counted = now(hal, clock);
  let chip = 0;
  try {
    chip = hal.rtc.read();
    if (Math.abs(chip - counted) > 2 + (counted - clock.time) / 50) {
      clock.lost++;
      chip = counted;
      hal.rtc.write(counted);
    }
  } catch (_) {
    // Goes on by the controller's clock; the next start without the chip keeps the output off.
    clock.silent++;
    chip = counted;
  }
  if (chip >= counted) {
    clock.ticks = hal.system.ticks();
    clock.time = chip;
  }
}
