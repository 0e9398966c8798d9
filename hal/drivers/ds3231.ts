/**
 * Maxim DS3231 and DS3232M real-time clocks.
 * https://www.analog.com/media/en/technical-documentation/data-sheets/ds3231.pdf
 */
import type { I2C, RealTimeClock } from "../hal";
import { fromUnix, toUnix } from "./calendar";

/** Registers: seconds, minutes, hours, weekday, day, month, year from 00h; status at 0Fh. */
const SECONDS = 0x00;
const STATUS = 0x0f;
/** Oscillator stop flag: the chip stopped since it was last cleared. */
const OSF = 0x80;
/** In the month's register: the century. */
const CENTURY = 0x80;

/** `address` is 0x68 on both chips. The chip is kept in its 24-hour form. */
export function ds3231(i2c: I2C, options: { address: number }): RealTimeClock {
  const address = options.address;
  return {
    read() {
      i2c.writeTo(address, [SECONDS]);
      const data = i2c.readFrom(address, 16);
      return data[STATUS] & OSF ? 0 : toUnix([data[0], data[1], data[2], data[4], data[5] & ~CENTURY, data[6]]);
    },
    write(seconds) {
      const f = fromUnix(seconds);
      i2c.writeTo(address, [SECONDS, f[0], f[1], f[2], f[6] + 1, f[3], f[4], f[5]]);
      i2c.writeTo(address, [STATUS, 0]);
    },
  };
}
