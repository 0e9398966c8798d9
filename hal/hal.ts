/**
 * What the firmware asks of a board: this file is the whole boundary. A port implements it (hal/espruino and
 * hal/drivers do for Espruino boards), a test fakes it, and nothing in firmware/ knows anything else about hardware.
 *
 * Unless a line says otherwise: calls return at once (the longest, a page of EEPROM, takes 10 ms), are made from the
 * one thread of the interpreter, and throw an Error when the part does not answer. Names follow ECMA-419 where it has
 * a term.
 */

/** Pins, as drivers see them. A pin is whatever the port uses to name one; on Espruino a `Pin`. */
export type Pin = unknown;
export interface Io {
  /** Drives a pin, or an array of pins from a number (last pin = bit 0). */
  write(pin: Pin | Pin[], level: number): void;
  /** Reads a pin (0 or 1), or an array of pins as a number (last pin = bit 0). */
  read(pin: Pin | Pin[]): number;
  /** Sets "output", "input", "input_pullup", "input_pulldown" or "opendrain". */
  mode(pin: Pin, mode: string): void;
  /** Calls `fn` on every such edge of a pin; wakes a sleeping controller. */
  watch(fn: () => void, pin: Pin, options: { repeat: boolean; edge: "falling" | "rising" }): number;
  /** Square wave on a pin, `freq` in hertz. */
  pwm(pin: Pin, duty: number, options: { freq: number }): void;
}

/** An I2C bus. Both calls throw when the part does not acknowledge. */
export interface I2C {
  writeTo(address: number, data: number[] | Uint8Array): void;
  readFrom(address: number, byteLength: number): Uint8Array;
}

/** A clock chip with its own battery. */
export interface RealTimeClock {
  /** Unix time in seconds, or 0 when the chip says that it stopped or holds an impossible date. */
  read(): number;
  /** Sets the time (946684800, year 2000, to 4102444799, end of 2099) in one transfer and clears the stop flag. */
  write(seconds: number): void;
}

/** Non-volatile bytes at an address. What `write` returned from has survived any later power cut. */
export interface Memory {
  /** Bytes, and bytes that `erase` takes at once (4096 where there is no `erase`: the store thinks in pages). */
  byteLength: number;
  eraseSize: number;
  /** 64 bytes, or more where a chip writes more at once: then a power cut may spoil all of that, also what was there before. */
  stride: number;
  read(position: number, byteLength: number): Uint8Array;
  write(position: number, data: Uint8Array): void;
  /** Flash only: sets the `eraseSize` bytes from `position` on to 0xFF; until then `write` can only clear bits. */
  erase?(position: number): void;
}

/** Keys "0" to "9", "*" and "#". No timer runs while no key is down. */
export interface Keypad {
  /**
   * Whether it has only the keys 1 to 4 (and "#" by some gesture): units take the restricted digit set, and an entry
   * begins with its first digit.
   */
  fourKeys?: boolean;
  /** False when a press would go unnoticed: a line is down and nothing looks at it. */
  isAlive(): boolean;
  /** Called once a press (debounced), and again with `held` true when the key is still down a second later. */
  start(onKey: (key: string, held: boolean) => void): void;
}

/** The controller's analog inputs. */
export interface Analog {
  /** Level of a pin, 0 to 1 of what the converter can tell apart. */
  read(pin: Pin): number;
}

/** A part that measures: its values as whole numbers, in order and units as its driver says (millivolts, milliamperes). */
export interface Sensor {
  read(): number[];
}

/** Two to eight characters a person can read. */
export interface Display {
  /** Shows text (its end, if it is too long); "" turns the display off. Digits of segments stand at the right. */
  show(text: string): void;
}

/** The output that credit pays for. Built first, and off when built. */
export interface Output {
  write(on: number): void;
  /** Whether the output really gives current (1 or 0), where the board can sense it. */
  read?(): number;
}

/** A UART: the factory port. `start` hands over what arrives, in pieces of any size. */
export interface Serial {
  start(onData: (data: string) => void): void;
  write(text: string): void;
}

/** One POST and its answer: the firmware fills it in, a transport carries it. */
export interface Post {
  /** Absolute: "http[s]://host[:port]/path". */
  url: string;
  /** "application/json" or "application/cbor". */
  type: string;
  /** Value of the Authorization header; "" sends none. */
  authorization: string;
  /** Bytes of the body, exactly. */
  size: number;
  /** The next piece of the body, 1 to 64 characters of 0 to 255; "" when all was given. */
  read(): string;
  /** Takes a piece of the answer's body, up to 64 characters. */
  write(text: string): void;
  /** The end, exactly once: the HTTP status, or 0 and why there is no answer. */
  close(status: number, reason: string): void;
}

/**
 * Carries one POST at a time. `open` returns at once and never throws; all else happens from timers and what arrives, in
 * slices under 50 ms. `close` gives up what is open: its POST is closed with 0 and "CLOSED". With `now` that is not told
 * any more: nothing of it is left when it returns, whatever state that leaves a modem in.
 */
export interface Transport {
  open(post: Post): void;
  close(now?: boolean): void;
}

/** A token's chain on its way, see firmware/token/decode.ts. */
export interface Chain {
  /** The code that it has reached, 0 to 999999999 or, with 12 digits, to 999999999999. */
  code: number;
  /** The codes that fit the token: from `least` to `least + modulus - 1`, modulus 1000 or, with 12 digits, 1000000. */
  least: number;
  modulus: number;
}

/**
 * A modem's UART and pins, made for one session: after its last `start` nothing of it is left.
 */
export interface ModemPort {
  /** Bits a second, and bytes of an answer that are read at once: 64, or 48 where longer bursts lose some. */
  baud: number;
  burst: number;
  /** The pins that the board has: `k` power key, `r` supply, `s` sleep (DTR). */
  pins: { k?: Pin; r?: Pin; s?: Pin };
  /**
   * Sets the UART up, or its rate anew, and hands over what arrives, in pieces of any size, one character a byte. Without
   * somebody to hand it to, gives the UART back.
   */
  start(onData: ((data: string) => void) | undefined, baud: number): void;
  /** Writes at most 48 characters, which fit into the UART's buffer once the 48 before them are on the wire. */
  write(text: string): void;
  /** Presses the power key, feeds the modem, lets it sleep (1), or the opposite (0). Does nothing without that pin. */
  drive(pin: "k" | "r" | "s", on: number): void;
}

/** The controller itself. */
export interface System {
  /** Seconds since an arbitrary start, never set back; fractions count. */
  ticks(): number;
  /** Calls `fn` once, `ms` milliseconds from now; returns an id for `cancel`. */
  after(fn: () => void, ms: number): number;
  cancel(id: number): void;
  /** Calls `fn` after an exception that nobody caught, or when memory ran short. */
  onFailure(fn: () => void): void;
  /** Starts the controller anew, as at power-on. Does not return. */
  restart(): void;
  /** Tells the watchdog, which runs from the start, that all is well; without it for `WATCHDOG` seconds the controller starts anew. */
  kick(): void;
  /** Variables of the interpreter: in use and in all. */
  memory(): { usage: number; total: number };
  /** What the controller's maker called this one chip: 1 to 40 printable characters, the same for ever. */
  chip(): string;
  /** CRC-32 (IEEE 802.3) of bytes. */
  crc(bytes: Uint8Array): number;
}

/** Seconds of the watchdog: two of the store's longest waits. */
export const WATCHDOG = 150;

export interface Hal {
  system: System;
  output: Output;
  rtc: RealTimeClock;
  /** An EEPROM, for what is written often; whoever holds the board can change it. */
  memory: Memory;
  /** The controller's own flash, for what decides about tokens. A board without it keeps that in `memory`. */
  flash?: Memory;
  keypad: Keypad;
  serial: Serial;
  /**
   * The walk along a chain in machine code, where the board has it: takes the chain on by up to `hashes` (1 or more) codes, to
   * the next one that fits. Returns how many it took; 0 if none of them fits, and `code` is the last of them then too.
   * Takes 20 ms for a thousand at most.
   */
  walk?: (key: number[], chain: Chain, hashes: number) => number;
  /** Parts that a board may leave out. Lamps take 1 and 0, the buzzer hertz and 0. */
  display?: Display;
  green?: (on: number) => void;
  red?: (on: number) => void;
  buzzer?: (hertz: number) => void;
}
