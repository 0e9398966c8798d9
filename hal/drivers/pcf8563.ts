/**
 * NXP PCF8563 real-time clock.
 * https://www.nxp.com/docs/en/data-sheet/PCF8563.pdf
 */
import type { I2C, RealTimeClock } from "../hal";
import { fromUnix, toUnix } from "./calendar";

/** Registers: seconds, minutes, hours, day, weekday, month, year from 02h. */
const VL_SECONDS = 0x02;
/** Voltage low: the chip does not vouch for its time any more. In the seconds' register; a write of them clears it. */
const VL = 0x80;

/** `address` is 0x51. */
export function pcf8563(i2c: I2C, options: { address: number }): RealTimeClock {
  const address = options.address;
  return {
    read() {
      i2c.writeTo(address, [VL_SECONDS]);
      const data = i2c.readFrom(address, 7);
      // Bits that a field does not use read as anything.
      return data[0] & VL
        ? 0
        : toUnix([data[0], data[1] & 0x7f, data[2] & 0x3f, data[3] & 0x3f, data[5] & 0x1f, data[6]]);
    },
    write(seconds) {
      const f = fromUnix(seconds);
      i2c.writeTo(address, [VL_SECONDS, f[0], f[1], f[2], f[3], f[6], f[4], f[5]]);
    },
  };
}
