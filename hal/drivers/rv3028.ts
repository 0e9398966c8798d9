/**
 * Micro Crystal RV-3028-C7 real-time clock: 45 nA on its battery, crystal inside.
 * https://www.microcrystal.com/fileadmin/Media/Products/RTC/App.Manual/RV-3028-C7_App-Manual.pdf
 */
import type { I2C, RealTimeClock, System } from "../hal";
import { fromUnix, toUnix } from "./calendar";

/** Registers: seconds, minutes, hours, weekday, day, month, year from 00h; status at 0Eh. */
const SECONDS = 0x00;
const STATUS = 0x0e;
/** Power-on reset flag: the supply and the battery were too low since it was last cleared. */
const PORF = 0x01;
/** The chip's EEPROM, which holds its settings, is at work. */
const EEBUSY = 0x80;
const CONTROL_1 = 0x0f;
/** Keeps the chip from reading its settings from the EEPROM by itself. */
const EERD = 0x08;
/** EEPROM address, data and command, in that order. */
const EEADDR = 0x25;
const WRITE_ONE = 0x21;
/** Setting of the backup: a new chip does not use its battery at all. */
const BACKUP = 0x37;
const LEVEL_SWITCHING = 0x0c;
/** Seconds that the EEPROM may be at work: 66 ms at power-on, 16 ms for a write. */
const LONGEST = 0.1;

/** `address` is 0x52. The chip is kept in its 24-hour form. */
export function rv3028(i2c: I2C, options: { address: number }, system: Pick<System, "ticks">): RealTimeClock {
  const address = options.address;
  const byte = (register: number) => {
    i2c.writeTo(address, [register]);
    return i2c.readFrom(address, 1)[0];
  };
  const ready = () => {
    for (const start = system.ticks(); byte(STATUS) & EEBUSY; )
      if (system.ticks() - start > LONGEST) throw new Error("EEPROM");
  };
  return {
    read() {
      i2c.writeTo(address, [SECONDS]);
      const data = i2c.readFrom(address, 15);
      return data[STATUS] & PORF ? 0 : toUnix([data[0], data[1], data[2], data[4], data[5], data[6]]);
    },
    write(seconds) {
      const f = fromUnix(seconds);
      i2c.writeTo(address, [SECONDS, f[0], f[1], f[2], f[6], f[3], f[4], f[5]]);
      const backup = byte(BACKUP);
      if ((backup & LEVEL_SWITCHING) !== LEVEL_SWITCHING) {
        // Once in the chip's life: its battery takes over from now on.
        const wanted = backup | LEVEL_SWITCHING;
        i2c.writeTo(address, [CONTROL_1, EERD]);
        ready();
        i2c.writeTo(address, [BACKUP, wanted]);
        i2c.writeTo(address, [EEADDR, BACKUP, wanted, 0]);
        i2c.writeTo(address, [EEADDR + 2, WRITE_ONE]);
        ready();
        i2c.writeTo(address, [CONTROL_1, 0]);
      }
      // Last: a time without a battery behind it does not count.
      i2c.writeTo(address, [STATUS, 0]);
    },
  };
}
