/**
 * The switch of the output: a P-MOSFET on the high side, its gate pulled down through an N-MOSFET on `pin`, which has a
 * 10k pull-down of its own. Off when made, and off whenever the controller does not drive the pin.
 */
import type { Io, Output, Pin } from "../hal";

export function loadswitch(io: Io, options: { pin: Pin }): Output {
  const write = (on: number) => io.write(options.pin, on);
  write(0);
  return { write };
}
