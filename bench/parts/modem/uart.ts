/**
 * A UART between a modem and the controller: bytes take time, ten bit times each, and what the controller gets is in
 * pieces as long as its loop takes.
 */
import type { World } from "../../world";

/** Milliseconds of a gap that lets a controller with a small buffer catch up. */
const GAP = 2;
/** Bits a second up to which such a controller keeps up. */
const EASY = 19200;

/** A number from 0 up to 1, from a seed that moves on by itself. */
export type Random = () => number;
export function random(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mix = Math.imul(state ^ (state >>> 15), state | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) / 4294967296;
  };
}

/** The modem's side of the line. Text is one character a byte, 0 to 255. */
export class Line {
  /** Bits a second of the modem and of the controller; 0 on the modem's side is autobauding that has not found it yet. */
  rate: number;
  controllerRate: number;
  /** Bytes of a burst that the controller takes before it drops the rest; 0 takes all. */
  burst = 0;
  /** Bytes in each piece that the controller gets; 0 is what arrives in 1 to 8 ms. */
  piece = 0;
  /** Milliseconds for which everything waits and then comes at once; 0 is off. */
  lump = 0;
  /** Called for each byte that passes, either way, with the world time at which it does. */
  onByte: (at: number) => void = () => {};
  /** What the controller gets. */
  toController: (text: string) => void = () => {};
  /** What the modem gets, in pieces that end with a carriage return. */
  toModem: (text: string) => void = () => {};

  /** Bytes on their way to the controller, and how many of them it has. */
  private waiting: { at: number; byte: string }[] = [];
  private given = 0;
  private flushing = 0;
  private outFree = 0;
  private inFree = 0;
  private loseOut = 0;
  private loseIn = 0;
  private run = 0;
  private last = 0;

  constructor(
    private world: World,
    rate: number,
    private random: Random,
  ) {
    this.rate = rate;
    this.controllerRate = rate;
  }

  /** Whether both sides agree on the rate. */
  get agreed(): boolean {
    return this.rate === this.controllerRate;
  }

  private byteTime(rate: number): number {
    // A controller that writes before it set its port up has no rate: what it says is nothing.
    return 10000 / (rate || this.controllerRate || 9600);
  }

  /** The modem says something. */
  say(text: string): void {
    const time = this.byteTime(this.rate);
    let at = Math.max(this.outFree, this.world.now);
    for (const byte of text) {
      at += time;
      this.onByte(at);
      if (this.loseOut > 0) this.loseOut--;
      else if (this.kept(at, time)) this.waiting.push({ at, byte: this.agreed ? byte : this.garble() });
    }
    this.outFree = at;
    this.schedule();
  }

  /** Whether a controller with a small buffer keeps a byte that arrives then. */
  private kept(at: number, time: number): boolean {
    this.run = at - this.last > time + GAP ? 1 : this.run + 1;
    this.last = at;
    return !this.burst || this.rate <= EASY || this.run <= this.burst;
  }

  /** What the wrong rate makes of a byte. */
  private garble(): string {
    return String.fromCharCode(this.random() < 0.5 ? 0 : 128 + Math.floor(this.random() * 128));
  }

  private schedule(): void {
    if (this.given === this.waiting.length) {
      this.waiting = [];
      this.given = 0;
    }
    if (this.flushing || this.waiting.length === 0) return;
    const first = this.waiting[this.given].at;
    const last = this.waiting[Math.min(this.given + Math.max(this.piece, 1), this.waiting.length) - 1].at;
    const at = this.lump ? first + this.lump : this.piece ? last : first + 1 + this.random() * 7;
    this.flushing = this.world.after(at - this.world.now, () => {
      this.flushing = 0;
      const most = this.piece || Number.POSITIVE_INFINITY;
      let text = "";
      while (this.waiting[this.given]?.at <= this.world.now && text.length < most)
        text += this.waiting[this.given++].byte;
      if (text) this.toController(text);
      this.schedule();
    });
  }

  /** The controller says something. */
  hear(text: string): void {
    const time = this.byteTime(this.controllerRate);
    for (const part of text.match(/[^\r]{1,32}\r?|\r/gs) ?? []) {
      this.inFree = Math.max(this.inFree, this.world.now) + part.length * time;
      this.world.after(this.inFree - this.world.now, () => this.arrive(part));
    }
  }

  private arrive(part: string): void {
    let text = "";
    for (const byte of part) {
      this.onByte(this.world.now);
      if (this.loseIn > 0) this.loseIn--;
      else text += this.rate === 0 || this.agreed ? byte : this.garble();
    }
    if (text) this.toModem(text);
  }

  /** The next bytes are lost, on their way to the controller or from it. */
  lose(bytes: number, way: "out" | "in"): void {
    if (way === "in") this.loseIn += bytes;
    else {
      const first = this.waiting.findIndex(({ at }) => at > this.world.now);
      this.loseOut += bytes - (first < 0 ? 0 : this.waiting.splice(first, bytes).length);
    }
  }

  /** The modem stops in the middle of whatever it says. */
  silence(): void {
    this.waiting = this.waiting.slice(this.given).filter(({ at }) => at <= this.world.now);
    this.given = 0;
    this.outFree = this.world.now;
  }
}
