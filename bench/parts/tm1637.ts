/**
 * LED driver on two wires, with the digits of a common display module behind it.
 * Titan Micro Electronics, "TM1637 LED Drive Control Special Circuit", V2.4. The module has 10k pull-ups on both lines.
 * Not modelled: key scan (no key is connected: it reads as ones) and the limits on timing.
 */
import type { Level } from "../wires";
import type { World } from "../world";
import type { Part } from "./part";

const COMMAND = 0xc0; // B7, B6: which command
const DATA_COMMAND = 0x40;
const DATA_READ_KEYS = 0x02; // B1, B0: 00 writes to the display register
const DATA_FIXED = 0x04; // B2: the address does not move
const DATA_TEST = 0x08; // B3: for the maker
const CONTROL_COMMAND = 0x80;
const CONTROL_ON = 0x08; // B3
const CONTROL_PULSE = 0x07; // B2 to B0: pulse width, 1/16 to 14/16
const ADDRESS_COMMAND = 0xc0;
const ADDRESS = 0x0f; // B3 to B0: C0h to C5h
const REGISTERS = 6;
const DOT = 0x80;

/** What a person reads in seven segments (bit 0 is the top one, then clockwise, bit 6 the middle); digits before letters. */
const READS: Record<number, string> = {};
for (const [pattern, character] of [
  [0x3f, "0"],
  [0x06, "1"],
  [0x5b, "2"],
  [0x4f, "3"],
  [0x66, "4"],
  [0x6d, "5"],
  [0x7d, "6"],
  [0x07, "7"],
  [0x7f, "8"],
  [0x6f, "9"],
  [0x77, "A"],
  [0x7c, "b"],
  [0x39, "C"],
  [0x58, "c"],
  [0x5e, "d"],
  [0x79, "E"],
  [0x71, "F"],
  [0x3d, "G"],
  [0x76, "H"],
  [0x74, "h"],
  [0x30, "I"],
  [0x10, "i"],
  [0x1e, "J"],
  [0x38, "L"],
  [0x37, "N"],
  [0x54, "n"],
  [0x5c, "o"],
  [0x73, "P"],
  [0x67, "q"],
  [0x50, "r"],
  [0x78, "t"],
  [0x3e, "U"],
  [0x1c, "u"],
  [0x6e, "y"],
  [0x00, " "],
  [0x40, "-"],
  [0x08, "_"],
  [0x48, "="],
  [0x01, "^"],
  [0x63, "°"],
] as [number, string][]) {
  READS[pattern] = character;
}

export type Tm1637Options = {
  driver?: string;
  clk: string;
  dio: string;
  /** Digits of the module, 1 to 6; 4 unless told. */
  digits?: number;
  /** The dot of the second digit lights a colon, as on the common modules of four digits (and only there unless told). */
  colon?: boolean;
};
export type Tm1637 = Part & {
  /** What a person reads: a character a digit, "?" for a pattern that is none, "." and ":" after the digit; "" with the display off. */
  text(): string;
  /** What is lit, left to right: bit 0 to 6 segments a to g, bit 7 the dot. All 0 with the display off. */
  readonly segments: number[];
  /** 0 (pulse width 1/16) to 7 (14/16). */
  readonly brightness: number;
};

/** The display at its two wires. */
export function tm1637(world: World, options: Tm1637Options): Tm1637 {
  const { clk, dio, digits = 4 } = options;
  const { colon = digits === 4 } = options;
  const { wires } = world;
  const registers = new Uint8Array(REGISTERS);
  const pull = {};
  const ack = {};
  let on = false; // the rail
  let lit = false;
  let brightness = 0;
  let mode = 0; // the last data command
  let address = REGISTERS;
  let open = false; // between start and stop
  let bytes = 0; // taken since start
  let clocks = 0; // rising edges since start or since the last byte
  let shift = 0;

  function take(byte: number): void {
    if (bytes++ > 0) {
      // The registers end at C5h: what goes beyond, or follows a command that says no address, falls off the array.
      if (!(mode & (DATA_READ_KEYS | DATA_TEST))) registers[address] = byte;
      if (!(mode & DATA_FIXED)) address++;
      return;
    }
    const command = byte & COMMAND;
    address = command === ADDRESS_COMMAND ? byte & ADDRESS : REGISTERS;
    if (command === DATA_COMMAND) mode = byte;
    if (command === CONTROL_COMMAND) {
      lit = (byte & CONTROL_ON) !== 0;
      brightness = byte & CONTROL_PULSE;
    }
  }

  wires.onchange(clk, (level: Level) => {
    if (!on || !open) return;
    if (level === 1) {
      clocks++;
      shift = (shift >> 1) | (wires.level(dio) << 7); // the ninth bit is pushed out by the next eight
    } else if (clocks === 8) {
      wires.drive(dio, ack, 0);
      take(shift);
    } else if (clocks === 9) {
      clocks = 0;
      wires.drive(dio, ack, undefined);
    }
  });
  wires.onchange(dio, (level: Level) => {
    if (!on || wires.level(clk) === 0) return;
    open = level === 0; // low while the clock is high starts, high ends
    bytes = 0;
    clocks = 0;
  });

  const segments = () => Array.from(registers.subarray(0, digits), (pattern) => (lit ? pattern : 0));
  return {
    get segments() {
      return segments();
    },
    get brightness() {
      return brightness;
    },
    text() {
      if (!lit) return "";
      return segments()
        .map((pattern, i) => (READS[pattern & ~DOT] ?? "?") + (pattern & DOT ? (colon && i === 1 ? ":" : ".") : ""))
        .join("");
    },
    power(rail) {
      on = false; // deaf while its own pull-ups move the lines
      for (const net of [clk, dio]) wires.drive(net, pull, rail ? 1 : undefined, "weak");
      wires.drive(dio, ack, undefined);
      on = rail;
      lit = open = false;
      brightness = mode = 0;
      registers.fill(0);
    },
  };
}
