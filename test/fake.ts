import { crc32 } from "../build/crc";
import { type Answer, type Device, enterToken, type Settings, startDevice } from "../firmware/device";
import type { Hal } from "../hal/hal";
import { cells } from "./store/cells";

const START = 1795305600;

/** A board of plain values and arrays around the firmware's services, in a world that jumps from one timer to the next. */
export class FakeBoard {
  /** Seconds of the world since 1970. */
  world = START;
  /** What the clock chip counts: NaN, it does not answer; 0, it stopped. Without its battery it stops when the power goes. */
  private chipWas = START;
  private chipAt = START;
  battery = true;
  /** Parts per million by which the controller's own clock is fast. */
  ppm = 0;
  output = 0;
  sensed: number | undefined;
  restarts = 0;
  kicks = 0;
  keypadAlive = true;
  failure: () => void = () => {};
  memory = cells(32768, 4096, false);
  flash = cells(8192, 4096, true);
  /** Undefined while the power is off. */
  device: Device | undefined;
  private timers: { at: number; id: number; fn: () => void }[] = [];
  private id = 0;
  private base = START;
  private light = 0;
  private since = START;

  get chip(): number {
    return this.chipWas && this.chipWas + this.world - this.chipAt;
  }
  set chip(time: number) {
    this.chipWas = time;
    this.chipAt = this.world;
  }

  hal: Hal = {
    system: {
      ticks: () => 7 + (this.world - this.base) * (1 + this.ppm / 1e6),
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
      chip: () => "fake",
      crc: crc32,
    },
    output: {
      write: (on) => {
        this.light = this.given;
        this.since = this.world;
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

  /** Seconds of light so far. */
  get given(): number {
    return this.light + (this.output ? this.world - this.since : 0);
  }

  /** Power on. The power may go again in the middle of what is written: then there is no `device`. */
  start(settings: Settings): Device {
    this.base = this.world;
    const device = startDevice(this.hal, settings);
    this.device = device;
    this.seePower();
    return device;
  }

  /** The power went in the middle of a write, if it did. */
  seePower(): void {
    if (this.memory.left <= 0 || this.flash.left <= 0) this.cut(0);
  }

  /** Lets seconds pass, timers with them, as long as the power is there; `until` ends it early. */
  wait(seconds: number, until = () => false): void {
    const end = this.world + seconds;
    while (this.device && !until()) {
      let next = -1;
      for (let i = 0; i < this.timers.length; i++)
        if (this.timers[i].at <= end && (next < 0 || this.timers[i].at < this.timers[next].at)) next = i;
      if (next < 0) break;
      const [timer] = this.timers.splice(next, 1);
      this.world = Math.max(this.world, timer.at);
      timer.fn();
      this.seePower();
    }
    if (!until()) this.world = end;
  }

  /** The power goes for `seconds`. */
  cut(seconds: number): void {
    this.hal.output.write(0);
    this.timers = [];
    this.device = undefined;
    this.memory.left = this.flash.left = Number.POSITIVE_INFINITY;
    if (!this.battery) this.chip = 0;
    this.world += seconds;
  }

  /** Enters a token and waits for what becomes of it; undefined when the power went first. */
  enter(token: string): Answer | undefined {
    let answer: Answer | undefined;
    enterToken(this.device!, token, (said) => {
      answer = said;
    });
    this.seePower();
    this.wait(60, () => answer !== undefined);
    return this.device && answer;
  }
}
