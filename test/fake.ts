import type { Hal, Memory } from "../hal/hal";
import { crc } from "./store/cells";

/** Plain bytes in place of a memory chip; `fails` makes every access throw, `locked` drops what is written. */
export class FakeMemory implements Memory {
  bytes: Uint8Array;
  eraseSize = 4096;
  fails = false;
  locked = false;
  writes = 0;
  constructor(
    readonly byteLength: number,
    readonly flash: boolean,
  ) {
    this.bytes = new Uint8Array(byteLength).fill(0xff);
    if (!flash) this.erase = undefined;
  }
  read(position: number, length: number): Uint8Array {
    if (this.fails) throw new Error("no acknowledge");
    return this.bytes.slice(position, position + length);
  }
  write(position: number, data: Uint8Array): void {
    if (this.fails) throw new Error("no acknowledge");
    if (this.locked) return;
    this.writes++;
    data.forEach((byte, i) => {
      this.bytes[position + i] = this.flash ? this.bytes[position + i] & byte : byte;
    });
  }
  erase?: (position: number) => void = (position) => {
    this.bytes.fill(0xff, position, position + this.eraseSize);
  };
}

/** A board of plain values around the firmware's modules: time passes only when it is told to. */
export class FakeBoard {
  /** Seconds of the world, and of the clock chip (NaN: it does not answer; 0: it stopped). */
  world = 1795305600;
  chip = this.world;
  /** The chip runs this much faster than the controller (0.01 is 1 %). */
  drift = 0;
  output = 0;
  sensed: number | undefined;
  restarts = 0;
  kicks = 0;
  keypadAlive = true;
  failure: () => void = () => {};
  memory = new FakeMemory(32768, false);
  flash = new FakeMemory(8192, true);
  private timers: { at: number; id: number; fn: () => void }[] = [];
  private id = 0;
  private base = this.world;

  hal: Hal = {
    system: {
      ticks: () => this.world - this.base,
      after: (fn, ms) => {
        this.timers.push({ at: this.world + ms / 1000, id: ++this.id, fn });
        return this.id;
      },
      cancel: (id) => {
        this.timers = this.timers.filter((timer) => timer.id !== id);
      },
      onFailure: (fn) => {
        this.failure = fn;
      },
      restart: () => {
        this.restarts++;
      },
      kick: () => {
        this.kicks++;
      },
      memory: () => ({ usage: 0, total: 0 }),
      crc,
    },
    output: {
      write: (on) => {
        this.output = on;
      },
      read: () => this.sensed ?? this.output,
    },
    rtc: {
      read: () => {
        if (Number.isNaN(this.chip)) throw new Error("no acknowledge");
        return Math.floor(this.chip);
      },
      write: (seconds) => {
        if (Number.isNaN(this.chip)) throw new Error("no acknowledge");
        this.chip = seconds;
      },
    },
    keypad: { start: () => {}, isAlive: () => this.keypadAlive },
    serial: { start: () => {}, write: () => {} },
    memory: this.memory,
    flash: this.flash,
  };

  /** Lets seconds pass, timers and clock chip with them. */
  wait(seconds: number): void {
    const end = this.world + seconds;
    for (;;) {
      const next = this.timers.reduce<(typeof this.timers)[0] | undefined>(
        (first, timer) => (!first || timer.at < first.at ? timer : first),
        undefined,
      );
      const until = next && next.at <= end ? next.at : end;
      if (this.chip) this.chip += (until - this.world) * (1 + this.drift);
      this.world = until;
      if (!next || next.at > end) return;
      this.timers = this.timers.filter((timer) => timer !== next);
      next.fn();
    }
  }

  /** The power goes for `seconds`; the clock chip goes on with its battery. */
  cut(seconds: number): void {
    this.timers = [];
    this.output = 0;
    this.wait(seconds);
    this.base = this.world;
  }
}
