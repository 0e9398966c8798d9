/**
 * The switch of the output: a P-MOSFET on the high side, its gate pulled down through an N-MOSFET on `pin`, which has a
 * 10k pull-down of its own. Off when made, and off whenever the controller does not drive the pin. `sense` sees the
 * output through a divider that makes its least voltage a high level.
 */
import type { Io, Output, Pin } from "../hal";

export function loadswitch(io: Io, options: { pin: Pin; sense?: Pin }): Output {
  const write = (on: number) => io.write(options.pin, on);
  write(0);
  return options.sense ? { write, read: () => io.read(options.sense) } : { write };
}
