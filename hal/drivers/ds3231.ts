/**
 * Maxim DS3231 and DS3232M real-time clocks.
 * https://www.analog.com/media/en/technical-documentation/data-sheets/ds3231.pdf
 */
import type { I2C, RealTimeClock } from "../hal";

/** Registers: seven of the time from 00h, status at 0Fh. */
const SECONDS = 0x00;
const STATUS = 0x0f;
/** Oscillator stop flag: the chip stopped since it was last cleared. */
const OSF = 0x80;
/** In the month's register: the century. */
const CENTURY = 0x80;

/** 2000-01-01T00:00:00Z, where the chip's years begin. All years it knows that divide by four are leap years. */
const YEAR_2000 = 946684800;
const daysBeforeYear = (year: number) => 365 * year + ((year + 3) >> 2);
const daysInMonth = (month: number, year: number) =>
  month === 2 ? (year & 3 ? 28 : 29) : 30 + ((month + (month >> 3)) & 1);
const toBcd = (n: number) => n + 6 * Math.floor(n / 10);

/** `address` is 0x68 on both chips. Times are UTC, in the chip's 24-hour form, from 2000 to 2099. */
export function ds3231(i2c: I2C, options: { address: number }): RealTimeClock {
  const address = options.address;
  return {
    read() {
      i2c.writeTo(address, [SECONDS]);
      const data = i2c.readFrom(address, 16);
      const stopped = data[STATUS] & OSF;
      data[5] &= ~CENTURY;
      for (let i = 0; i < 7; i++) data[i] = (data[i] & 15) > 9 ? 255 : (data[i] >> 4) * 10 + (data[i] & 15);
      const month = data[5];
      const year = data[6];
      if (stopped || data[0] > 59 || data[1] > 59 || data[2] > 23 || year > 99 || month < 1 || month > 12) return 0;
      if (data[4] < 1 || data[4] > daysInMonth(month, year)) return 0;
      let days = daysBeforeYear(year) + data[4] - 1;
      for (let m = 1; m < month; m++) days += daysInMonth(m, year);
      return YEAR_2000 + ((days * 24 + data[2]) * 60 + data[1]) * 60 + data[0];
    },
    write(seconds) {
      seconds -= YEAR_2000;
      let day = Math.floor(seconds / 86400);
      const time = seconds - day * 86400;
      const weekday = ((day + 6) % 7) + 1;
      const year = Math.floor((4 * day + 3) / 1461);
      let month = 1;
      day -= daysBeforeYear(year);
      while (day >= daysInMonth(month, year)) day -= daysInMonth(month++, year);
      const fields = [time % 60, Math.floor(time / 60) % 60, Math.floor(time / 3600), weekday, day + 1, month, year];
      i2c.writeTo(address, [SECONDS].concat(fields.map(toBcd)));
      i2c.writeTo(address, [STATUS, 0]);
    },
  };
}
