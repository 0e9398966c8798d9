/** A passive buzzer on a pin, sounding at `hertz` (100 to 10000), silent at 0. */
import type { Io, Pin } from "../hal";

export function buzzer(io: Io, options: { pin: Pin }): (hertz: number) => void {
  return (hertz) => {
    if (hertz) io.pwm(options.pin, 0.5, { freq: hertz });
    else io.write(options.pin, 0);
  };
}
