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
