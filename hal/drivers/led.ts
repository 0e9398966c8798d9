/** A lamp on a pin, `activeLow` if it lights at level 0. Off when made. */
import type { Io, Pin } from "../hal";

export function led(io: Io, options: { pin: Pin; activeLow?: boolean }): (on: number) => void {
  const write = (on: number) => io.write(options.pin, options.activeLow ? 1 - on : on);
  write(0);
  return write;
}
