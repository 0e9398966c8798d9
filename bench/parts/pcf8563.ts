/** NXP PCF8563 real-time clock (data sheet rev. 11), with its battery. Addresses run 00h to 0Fh and wrap. */
import type { World } from "../world";
import type { Clock } from "./part";

const CONTROL_STATUS_1 = 0x00;
const VL_SECONDS = 0x02;
const YEARS = 0x08;
const SIZE = 0x10;
/** Oscillator stop, in the first control register; voltage low, in the seconds'. */
const STOP = 0x20;
const VL = 0x80;

export type Pcf8563Options = { driver?: string; address: number };

const toBcd = (n: number) => Number.parseInt(String(n), 16);
const fromBcd = (n: number) => (n >> 4) * 10 + (n & 15);

export function pcf8563(world: World, { address }: Pcf8563Options): Clock {
  /** The chip's time in milliseconds since 1970 at world time `at`; NaN while it holds no date. */
  let time = Date.UTC(2000, 0, 1);
  let at = world.now;
  let vl = true;
  let rail = false;
  let running = true;
  let battery = true;
  let pointer = 0;
  const control = new Uint8Array(SIZE);

  const settle = () => {
    const passed = running && !(control[CONTROL_STATUS_1] & STOP) ? (world.now - at) * (1 + part.ppm / 1e6) : 0;
    time += passed;
    at = world.now;
  };
  const reset = () => {
    time = Date.UTC(2000, 0, 1);
    at = world.now;
    vl = true;
    control.fill(0);
  };
  const fields = () => {
    const date = new Date(time);
    const year = date.getUTCFullYear();
    return [
      (vl ? VL : 0) | toBcd(date.getUTCSeconds()),
      toBcd(date.getUTCMinutes()),
      toBcd(date.getUTCHours()),
      toBcd(date.getUTCDate()),
      date.getUTCDay(),
      toBcd(date.getUTCMonth() + 1) | (year >= 2100 ? 0x80 : 0),
      toBcd(year % 100),
    ];
  };
  const part: Clock = {
    address,
    ppm: 0,
    present: true,
    power(on) {
      settle();
      rail = on;
      if (!on && !battery) reset();
    },
    write(bytes) {
      if (!rail || !part.present) return false;
      settle();
      if (bytes.length) pointer = bytes[0] % SIZE;
      const now = fields();
      let timed = false;
      for (const byte of bytes.subarray(1)) {
        if (pointer >= VL_SECONDS && pointer <= YEARS) {
          now[pointer - VL_SECONDS] = byte;
          timed = true;
          if (pointer === VL_SECONDS) vl = (byte & VL) > 0 || !running;
        } else control[pointer] = byte;
        pointer = (pointer + 1) % SIZE;
      }
      const [second, minute, hour, day, , month, year] = now.map((n, i) =>
        fromBcd(i < 2 ? n & 0x7f : i < 4 ? n & 0x3f : i === 5 ? n & 0x1f : n),
      );
      if (timed) time = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
      return true;
    },
    read(length) {
      if (!rail || !part.present) return undefined;
      settle();
      const time = fields();
      return Uint8Array.from({ length }, () => {
        const byte = pointer >= VL_SECONDS && pointer <= YEARS ? time[pointer - VL_SECONDS] : control[pointer];
        pointer = (pointer + 1) % SIZE;
        return byte;
      });
    },
    ship(unixSeconds) {
      part.set(unixSeconds);
      vl = rail = false;
    },
    set(unixSeconds) {
      settle();
      time = unixSeconds * 1000;
    },
    stop() {
      settle();
      running = false;
      vl = true;
    },
    start() {
      settle();
      running = true;
    },
    lose() {
      battery = false;
      if (!rail) reset();
    },
    get running() {
      return running;
    },
    get battery() {
      return battery;
    },
    set battery(good) {
      if (good) battery = true;
      else part.lose();
    },
  };
  return part;
}
