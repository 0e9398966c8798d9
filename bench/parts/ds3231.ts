/**
 * Real-time clock with battery.
 * Maxim Integrated, "DS3231 Extremely Accurate I2C-Integrated RTC/TCXO/Crystal", 19-5170; and with `variant: "ds3232m"`
 * "DS3232M ±5ppm, I2C Real-Time Clock with SRAM". Modelled: the registers, the oscillator, the battery. Not modelled: the
 * alarms' matches and the output pins (their registers keep what is written), the automatic temperature conversions.
 */
import type { World } from "../world";
import type { Clock } from "./part";

const SECONDS = 0x00;
const MINUTES = 0x01;
const HOURS = 0x02;
const HOURS_12 = 0x40;
const HOURS_PM = 0x20; // in 12-hour mode; the second 10-hour bit in 24-hour mode
const DAY = 0x03; // of the week
const DATE = 0x04;
const MONTH = 0x05;
const MONTH_CENTURY = 0x80;
const YEAR = 0x06;
const CONTROL = 0x0e;
const CONTROL_EOSC = 0x80; // the oscillator stops on battery
const CONTROL_CONV = 0x20;
const CONTROL_RESET = 0x1c; // RS2, RS1, INTCN
const STATUS = 0x0f;
const STATUS_OSF = 0x80;
const STATUS_EN32KHZ = 0x08;
const STATUS_BSY = 0x04;
const STATUS_FLAGS = STATUS_OSF | 0x03; // OSF, A2F, A1F: may only be written to 0
const AGING = 0x10;
const TEMPERATURE = 0x11; // and 12h: quarters of a degree in the two top bits
const LAST = 0x12;

/** A user-initiated conversion, milliseconds (tCONV, typical); the busy bit follows the request by about 2. */
const CONVERSION = 125;
const BUSY_AFTER = 2;

/** Which bits of a register can be written: the others read as 0. CONV, the flags and the temperature have rules of their own. */
const WRITABLE = [
  0x7f, 0x7f, 0x7f, 0x07, 0x3f, 0x9f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x08, 0xff, 0, 0,
];

export type Ds3231Options = { driver?: string; address: number; variant?: "ds3231" | "ds3232m" };
/** Its time can be set from 2000 to 2199; OSF and the 12-hour bit stay as they are then. */
export type Ds3231 = Clock & {
  /** Degrees, -128 to 127.75. */
  celsius: number;
};

/** A clock that never had power: 2000-01-01 00:00:00, OSF set. It counts as soon as the rail comes on, and then on its battery. */
export function ds3231(world: World, options: Ds3231Options): Ds3231 {
  const sram = options.variant === "ds3232m";
  const memory = new Uint8Array(sram ? 0x100 : LAST + 1);
  let on = false;
  let stopped = false;
  let alive = false; // there was power, and there has been ever since
  let battery = true;
  let ppm = 0;
  let celsius = 25;
  let phase = world.now; // when the second now in the register began
  let pointer = 0;
  let conversion = 0;

  const running = () => alive && !stopped && (on || !(memory[CONTROL] & CONTROL_EOSC));
  /** Seconds of the chip per millisecond of the world; one unit of the aging register is 0.1 ppm slower. */
  const rate = () => (1 + (ppm - ((memory[AGING] << 24) >> 24) / 10) / 1e6) / 1000;

  /** Brings the registers up to the present. */
  function tick(): void {
    if (!running()) {
      phase = world.now;
      memory[STATUS] |= STATUS_OSF;
      return;
    }
    const seconds = Math.floor((world.now - phase) * rate());
    phase += seconds / rate();
    advance(memory, seconds);
  }

  function reset(): void {
    memory.fill(0);
    memory[DAY] = memory[DATE] = memory[MONTH] = 1;
    memory[CONTROL] = CONTROL_RESET;
    memory[STATUS] = STATUS_OSF | STATUS_EN32KHZ;
    world.cancel(conversion);
    pointer = 0;
    phase = world.now;
    alive = on;
  }

  function convert(): void {
    memory[CONTROL] |= CONTROL_CONV;
    conversion = world.after(BUSY_AFTER, () => {
      memory[STATUS] |= STATUS_BSY;
      conversion = world.after(CONVERSION - BUSY_AFTER, () => {
        memory[CONTROL] &= ~CONTROL_CONV;
        memory[STATUS] &= ~STATUS_BSY;
      });
    });
  }

  function put(register: number, value: number): void {
    const old = memory[register];
    if (register > LAST) {
      memory[register] = value; // battery-backed RAM
    } else if (register === STATUS) {
      memory[STATUS] = (old & STATUS_BSY) | (value & STATUS_EN32KHZ) | (old & value & STATUS_FLAGS);
    } else if (register === CONTROL) {
      memory[CONTROL] = (value & ~CONTROL_CONV) | (old & CONTROL_CONV);
      if (value & ~old & CONTROL_CONV) convert();
    } else if (WRITABLE[register]) {
      memory[register] = value & WRITABLE[register];
    }
    // The countdown chain is reset whenever the seconds are written.
    if (register === SECONDS) phase = world.now;
  }

  /** The pointer comes round after the last register; the RAM's end is the end of the address byte. */
  const next = () => {
    pointer = pointer === LAST ? 0 : (pointer + 1) % memory.length;
  };
  const answers = () => on && part.present;

  const part: Ds3231 = {
    address: options.address,
    present: true,
    write(sent) {
      if (!answers()) return false;
      tick();
      if (sent.length > 0) pointer = sent[0] % memory.length;
      for (const value of sent.subarray(1)) {
        put(pointer, value);
        next();
      }
      return true;
    },
    read(length) {
      if (!answers()) return undefined;
      tick(); // time is latched at the start, and no time passes in this transaction
      const quarters = Math.round(celsius * 4);
      memory[TEMPERATURE] = quarters >> 2;
      memory[TEMPERATURE + 1] = quarters << 6;
      return Uint8Array.from({ length }, () => {
        const value = memory[pointer];
        next();
        return value;
      });
    },
    power(rail) {
      tick();
      on = rail;
      if (rail) alive = true;
      else if (!battery) reset();
      tick();
    },
    ship(unixSeconds) {
      part.power!(true);
      part.set(unixSeconds);
      put(STATUS, 0);
      part.power!(false);
    },
    stop() {
      tick();
      stopped = true;
      tick();
    },
    start() {
      tick();
      stopped = false;
    },
    lose() {
      battery = false;
      if (!on) reset();
    },
    get running() {
      return !stopped;
    },
    get battery() {
      return battery;
    },
    set battery(good) {
      if (good) battery = true;
      else part.lose();
    },
    set(unixSeconds) {
      tick();
      const date = new Date(Math.floor(unixSeconds) * 1000);
      const hours = date.getUTCHours();
      const year = date.getUTCFullYear() - 2000;
      memory[SECONDS] = bcd(date.getUTCSeconds());
      memory[MINUTES] = bcd(date.getUTCMinutes());
      memory[HOURS] = encodeHours(hours, memory[HOURS]);
      memory[DAY] = date.getUTCDay() + 1;
      memory[DATE] = bcd(date.getUTCDate());
      memory[MONTH] = bcd(date.getUTCMonth() + 1) | (year > 99 ? MONTH_CENTURY : 0);
      memory[YEAR] = bcd(year % 100);
      phase = world.now - (unixSeconds - Math.floor(unixSeconds)) / rate();
    },
    get ppm() {
      return ppm;
    },
    set ppm(value) {
      tick();
      ppm = value;
    },
    get celsius() {
      return celsius;
    },
    set celsius(value) {
      celsius = value;
    },
  };
  reset();
  return part;
}

const bcd = (value: number) => (Math.floor(value / 10) << 4) | (value % 10);
const binary = (value: number) => (value >> 4) * 10 + (value & 15);

/** Hours 0 to 23 in the mode that the old register has. */
function encodeHours(hours: number, old: number): number {
  if (!(old & HOURS_12)) return bcd(hours);
  return HOURS_12 | (hours >= 12 ? HOURS_PM : 0) | bcd(hours % 12 || 12);
}

function decodeHours(register: number): number {
  if (!(register & HOURS_12)) return binary(register);
  return (binary(register & 0x1f) % 12) + (register & HOURS_PM ? 12 : 0);
}

/**
 * A counter of two BCD digits goes on by `n`; returns where it stands and how often it came round. What no clock shows
 * (the data sheet: "illogical entries result in undefined operation") counts like hardware that compares with the last
 * value: too much is the end of the count, a digit beyond 9 is a 9.
 */
function count(value: number, n: number, first: number, last: number): [value: number, carry: number] {
  const start = Math.min((value >> 4) * 10 + Math.min(value & 15, 9), last);
  const steps = start - first + n;
  const span = last - first + 1;
  return [bcd(first + (steps % span)), Math.floor(steps / span)];
}

/** The calendar of the chip: leap years every four years, right up to 2100. */
function advance(memory: Uint8Array, seconds: number): void {
  let carry = seconds;
  if (carry > 0) [memory[SECONDS], carry] = count(memory[SECONDS], carry, 0, 59);
  if (carry > 0) [memory[MINUTES], carry] = count(memory[MINUTES], carry, 0, 59);
  if (carry > 0) {
    const hours = Math.min(decodeHours(memory[HOURS]), 23) + carry;
    memory[HOURS] = encodeHours(hours % 24, memory[HOURS]);
    carry = Math.floor(hours / 24);
  }
  for (; carry > 0; carry--) {
    memory[DAY] = (memory[DAY] % 7) + 1;
    let over: number;
    [memory[DATE], over] = count(memory[DATE], 1, 1, daysOf(binary(memory[MONTH] & 0x1f), binary(memory[YEAR])));
    if (!over) continue;
    const century = memory[MONTH] & MONTH_CENTURY;
    [memory[MONTH], over] = count(memory[MONTH] & 0x1f, 1, 1, 12);
    memory[MONTH] |= century;
    if (!over) continue;
    [memory[YEAR], over] = count(memory[YEAR], 1, 0, 99);
    if (over) memory[MONTH] ^= MONTH_CENTURY;
  }
}

const daysOf = (month: number, year: number) =>
  month === 2 ? (year % 4 ? 28 : 29) : [4, 6, 9, 11].includes(month) ? 30 : 31;
