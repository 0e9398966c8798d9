/**
 * Text display on four data lines, with R/W at ground.
 * Hitachi, "HD44780U Dot Matrix Liquid Crystal Display Controller/Driver", ADE-207-272(Z). Modelled: the interface, 8 and 4 bits wide,
 * the commands but those that move cursor or display, and that a command sent while another runs is lost. Not modelled: characters of
 * one's own; a display without its reset at power-on.
 */
import type { World } from "../world";
import type { Part } from "./part";

/** Milliseconds: after power-on, after the first and the second "function set", clearing, anything else. */
const POWER_ON = 15;
const FIRST = 4.1;
const SECOND = 0.1;
const CLEAR = 1.52;
const OTHER = 0.037;
const LINE = 0x40;
const SIZE = 0x80;

export type Hd44780Options = {
  driver?: string;
  rs: string;
  en: string;
  /** D7 to D4. */
  data: string[];
  light?: string;
  /** Characters of a line, 16 unless told, and lines, 2 unless told. */
  columns?: number;
  lines?: number;
};
export type Hd44780 = Part & {
  /** What a person reads, line after line without the spaces at their ends; "" with the display off. */
  text(): string;
  /** The same with all spaces, a text a line; empty with the display off. */
  readonly rows: string[];
  /** Whether the backlight is on. */
  readonly lit: boolean;
  /** Commands that were lost since power-on, as the display was busy. */
  readonly missed: number;
};

/** The display at its wires. Lines that nobody drives read high: the chip pulls them up. */
export function hd44780(world: World, options: Hd44780Options): Hd44780 {
  const { rs, en, data, light, columns = 16, lines = 2 } = options;
  const { wires } = world;
  const memory = new Uint8Array(SIZE);
  const pull = {};
  let rail = false;
  let on = false;
  let eight = true;
  let high: number | undefined;
  let toTheRight = true;
  let sets = 0;
  let address = 0;
  let characters = false; // the address is one of the characters of one's own
  let busy = 0;
  let missed = 0;

  function command(byte: number): number {
    if (byte & 0x80) {
      address = byte & 0x7f;
      characters = false;
    } else if (byte & 0x40) characters = true;
    else if (byte & 0x20) {
      eight = (byte & 0x10) > 0;
      sets++;
      return sets === 1 ? FIRST : sets === 2 ? SECOND : OTHER;
    } else if (byte & 0x08) on = (byte & 0x04) > 0;
    else if (byte & 0x04) toTheRight = (byte & 0x02) > 0;
    else if (byte & 0x03) {
      if (!(byte & 0x02)) memory.fill(0x20);
      address = 0;
      return CLEAR;
    }
    return OTHER;
  }

  function take(register: number, byte: number): void {
    if (world.now < busy) {
      missed++;
      return;
    }
    let time = OTHER;
    if (!register) time = command(byte);
    else if (!characters) {
      memory[address] = byte;
      address = (address + (toTheRight ? 1 : SIZE - 1)) % SIZE;
    }
    busy = world.now + time;
  }

  wires.onchange(en, (level) => {
    if (!rail || level) return;
    const bits = data.reduce((sum, pin) => sum * 2 + wires.level(pin), 0);
    const register = wires.level(rs);
    if (eight) {
      // D3 to D0 are not connected.
      take(register, bits * 16 + 15);
      high = undefined;
    } else if (high === undefined) high = bits;
    else {
      take(register, high * 16 + bits);
      high = undefined;
    }
  });

  const rows = () =>
    Array.from({ length: on ? lines : 0 }, (_, i) =>
      String.fromCharCode(...memory.subarray(i * LINE, i * LINE + columns)),
    );
  return {
    text: () =>
      rows()
        .map((row) => row.trimEnd())
        .join(""),
    get rows() {
      return rows();
    },
    get lit() {
      return rail && light !== undefined && wires.level(light) === 1;
    },
    get missed() {
      return missed;
    },
    power(now) {
      rail = false; // deaf while its own pull-ups move the lines
      for (const pin of [rs, ...data]) wires.drive(pin, pull, now ? 1 : undefined, "weak");
      rail = now;
      on = false;
      eight = toTheRight = true;
      high = undefined;
      sets = missed = 0;
      // What it shows when it is switched on without being cleared.
      memory.fill(0xff);
      busy = world.now + POWER_ON;
    },
  };
}
