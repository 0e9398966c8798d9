/** What the bench asks of a model of a chip. A model starts with the rail off: nothing answers before `power(true)`. */
export interface Part {
  /** 7-bit I2C address this part answers to (absent for parts on pins). */
  address?: number;
  /** One I2C write transaction (start, address and W, bytes, stop). False: not acknowledged. No bytes at all is an acknowledge poll. */
  write?(bytes: Uint8Array): boolean;
  /** One I2C read transaction of `length` bytes; undefined: not acknowledged. */
  read?(length: number): Uint8Array | undefined;
  /** The board's supply rail goes on or off (a clock goes on with its battery). */
  power?(on: boolean): void;
}

/** A clock chip with its battery, as the world and hands treat it. */
export interface Clock extends Part {
  /** As it leaves the factory: the rail is off, and it counts on its battery from this time on (Unix seconds), with no flag raised. */
  ship(unixSeconds: number): void;
  /** The oscillator stops: time stands still and the chip flags it. `start` lets it run on. */
  stop(): void;
  start(): void;
  /** The battery is taken out: with the rail off everything is lost now, otherwise as soon as the rail goes. */
  lose(): void;
  /** Whether a good battery is in; setting it to true puts a new one in. */
  battery: boolean;
  /** Somebody moves the chip's time: seconds since 1970, from 2000 on, fractions count. The flags stay as they are. */
  set(unixSeconds: number): void;
  /** Whether the oscillator runs: not what a stopped one is told, nor whether it has power. */
  readonly running: boolean;
  /** How much too fast the oscillator is, in millionths; negative is too slow, and more than -1000000. */
  ppm: number;
  /** False: the chip is not on the bus. */
  present: boolean;
}

/** A part that measures: what it reads can be set, by channel. */
export interface Measuring extends Part {
  readonly channels: {
    [name: string]: { unit: string; least: number; most: number; set: (value: number) => void };
  };
  /** False: a chip that never acknowledges. */
  present?: boolean;
  /** A part at an analog pin, and what the controller's converter makes of it, 0 to 1. */
  readonly pin?: string;
  level?(): number;
}

/** Appends to a list that keeps only its last 200 entries. */
export function log<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > 200) list.shift();
}

/** A byte that looks random, even for neighbouring seeds (the mixing step of Mulberry32). */
export function noise(seed: number): number {
  let mix = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
  return (mix ^ (mix >>> 14)) & 255;
}
