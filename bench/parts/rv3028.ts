/**
 * Micro Crystal RV-3028-C7 real-time clock (application manual rev. 1.4; its registers compared with Linux's driver), with
 * its battery. Modelled: calendar, flags, the RAM and the EEPROM of the settings, the switch to the battery. Not modelled:
 * alarm, timer, time stamp, UNIX counter, and the EEPROM's password (their registers keep what is written).
 */
import type { World } from "../world";
import type { Clock } from "./part";

const YEAR = 0x06;
const STATUS = 0x0e;
const PORF = 0x01;
const EEBUSY = 0x80;
const CONTROL_1 = 0x0f;
const EERD = 0x08;
const EEADDR = 0x25;
const EEDATA = 0x26;
const EECMD = 0x27;
/** Settings in the EEPROM from here on have a mirror in RAM. */
const SETTINGS = 0x30;
const BACKUP = 0x37;
const SIZE = 0x40;
/** As a chip leaves its maker: fast edge detection, no switch to the battery. */
const FROM_THE_MAKER = 0x10;
const SWITCHOVER = 0x0c;
const LEVEL_SWITCHING = 0x0c;
const DIRECT_SWITCHING = 0x04;
/** Milliseconds of an EEPROM write, and of reading it at power-on. */
const WRITING = 16;
const REFRESHING = 66;

export type Rv3028Options = { driver?: string; address: number };
export type Rv3028 = Clock & {
  /** Writes of the EEPROM so far. */
  readonly eepromWrites: number;
};

const toBcd = (n: number) => Number.parseInt(String(n), 16);
const fromBcd = (n: number) => (n >> 4) * 10 + (n & 15);

export function rv3028(world: World, { address }: Rv3028Options): Rv3028 {
  const registers = new Uint8Array(SIZE);
  const eeprom = new Uint8Array(SIZE);
  eeprom[BACKUP] = FROM_THE_MAKER;
  /** The chip's time in milliseconds since 1970 at world time `at`. */
  let time = Date.UTC(2000, 0, 1);
  let at = world.now;
  let rail = false;
  /** Whether something feeds it, and has ever since the flags were cleared. */
  let fed = false;
  let running = true;
  let battery = true;
  let pointer = 0;
  let busy = Number.NEGATIVE_INFINITY;
  let first = 0;
  let writes = 0;

  const settle = () => {
    if (running && fed) time += (world.now - at) * (1 + part.ppm / 1e6);
    at = world.now;
  };
  const backed = () => {
    const mode = registers[BACKUP] & SWITCHOVER;
    return battery && (mode === LEVEL_SWITCHING || mode === DIRECT_SWITCHING);
  };
  /** The supply comes after none was there: everything begins anew, with the settings of the EEPROM. */
  const reset = () => {
    time = Date.UTC(2000, 0, 1);
    at = world.now;
    registers.fill(0);
    registers.set(eeprom.subarray(SETTINGS), SETTINGS);
    registers[STATUS] = PORF;
    busy = world.now + REFRESHING;
    fed = true;
  };
  const calendar = () => {
    const date = new Date(time);
    return [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDay(),
      date.getUTCDate(),
      date.getUTCMonth() + 1,
      date.getUTCFullYear() % 100,
    ].map(toBcd);
  };
  /** A command counts after 00h, and is heard only while the chip does not read the EEPROM by itself. */
  const command = (code: number) => {
    if (code === 0x21 && first === 0 && registers[CONTROL_1] & EERD && busy <= world.now) {
      eeprom[registers[EEADDR] % SIZE] = registers[EEDATA];
      writes++;
      busy = world.now + WRITING;
    }
    first = code;
  };

  const part: Rv3028 = {
    address,
    ppm: 0,
    present: true,
    get eepromWrites() {
      return writes;
    },
    power(on) {
      settle();
      rail = on;
      if (on && !fed) reset();
      if (!on && !backed()) fed = false;
    },
    write(bytes) {
      if (!rail || !part.present) return false;
      settle();
      if (bytes.length) pointer = bytes[0] % SIZE;
      const now = calendar();
      let timed = false;
      for (const byte of bytes.subarray(1)) {
        if (pointer <= YEAR) {
          now[pointer] = byte;
          timed = true;
        } else if (pointer === STATUS)
          registers[STATUS] &= byte; // Flags may only be written to 0.
        else if (pointer === EECMD) command(byte);
        else registers[pointer] = byte;
        pointer = (pointer + 1) % SIZE;
      }
      const [second, minute, hour, , day, month, year] = now.map(fromBcd);
      if (timed) time = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
      return true;
    },
    read(length) {
      if (!rail || !part.present) return undefined;
      settle();
      const now = calendar();
      return Uint8Array.from({ length }, () => {
        const byte =
          pointer <= YEAR ? now[pointer] : registers[pointer] | (pointer === STATUS && busy > world.now ? EEBUSY : 0);
        pointer = (pointer + 1) % SIZE;
        return byte;
      });
    },
    ship(unixSeconds) {
      // As the device's factory sends it off: told to use its battery.
      eeprom[BACKUP] = FROM_THE_MAKER | LEVEL_SWITCHING;
      reset();
      part.set(unixSeconds);
      registers[STATUS] = 0;
      rail = false;
    },
    set(unixSeconds) {
      settle();
      time = unixSeconds * 1000;
    },
    // Its crystal cannot be reached: what stops this chip is too little supply, which is what its flag says.
    stop() {
      settle();
      running = false;
      registers[STATUS] |= PORF;
    },
    start() {
      settle();
      running = true;
    },
    lose() {
      settle();
      battery = false;
      if (!rail) fed = false;
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
