/** What a network or a server says that the time is. */
import { type Device, storePaid } from "../device";
import { keep } from "../metrics/slices.shared";
import { UNSURE } from "../store/records";
import { now } from "./clock";

/**
 * Moves a clock that was lost forward to the time that a network or a server tells (Unix seconds), if that lies within 20
 * years of `released`, the build's date. What is left of the credit, and of a lockout, stays as it is: nothing is given
 * back and nothing taken. Returns whether it moved; its store goes on from timers then (`keep`).
 */
export function setTime(d: Device, time: number, released: number): boolean {
  const before = now(d.hal, d.clock);
  const lead = time - before;
  const plausible = lead > 0 && time >= released && time <= released + 20 * 31557600;
  if (d.fault || !d.log.bytes[UNSURE] || !plausible) return false;
  if (d.paid.until > before) d.paid.until += lead;
  if (d.paid.closedUntil > before) d.paid.closedUntil += lead;
  d.clock.time += lead;
  d.clock.since += lead;
  d.log.bytes[UNSURE] = 0;
  // The shifted credit first: a cut before the chip is set finds a chip behind the stored time, which is a lost clock again.
  if (!storePaid(d)) return false;
  try {
    d.hal.rtc.write(time);
  } catch (_) {
    d.clock.silent++;
  }
  keep(d, () => {});
  return true;
}
