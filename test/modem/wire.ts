import type { ModemPort, Post, System } from "../../hal/hal";

/** What a modem says to one command, or the data it asked for: text, several texts (a second apart), or nothing. */
export type Reply = string | string[] | undefined;

/** Seconds that pass when they are told to, and the timers that run out meanwhile. */
class Time {
  world = 0;
  timers: { at: number; id: number; fn: () => void }[] = [];
  private id = 0;

  system = {
    after: (fn: () => void, ms: number) => {
      this.timers.push({ at: this.world + ms / 1000, id: ++this.id, fn });
      return this.id;
    },
    cancel: (id: number) => {
      this.timers = this.timers.filter((timer) => timer.id !== id);
    },
  } as System;

  wait(seconds: number): void {
    const end = this.world + seconds;
    for (;;) {
      // Those of one moment run in the order in which they were set.
      const next = this.timers.reduce<Time["timers"][0] | undefined>(
        (first, timer) => (!first || timer.at < first.at ? timer : first),
        undefined,
      );
      if (!next || next.at > end) break;
      this.world = Math.max(this.world, next.at);
      this.timers = this.timers.filter((timer) => timer !== next);
      next.fn();
    }
    this.world = end;
  }
}

/** A UART and pins with somebody at the other end; time passes only on `time`. */
export class Wire implements ModemPort {
  time = new Time();
  baud = 115200;
  burst = 48;
  /** Rate of the modem; what is written at another one does not arrive. */
  modemBaud = 115200;
  rate = 0;
  open = false;
  /** Lines and data as they were written. */
  lines: string[] = [];
  pins: ModemPort["pins"] = { k: 1, r: 2, s: 3 };
  longest = 0;
  /** Whether the modem repeats what it is sent. */
  echo = false;
  /** Bytes of data that the modem waits for, and what it has of them. */
  wanted = 0;
  data = "";
  /** Cuts what the modem says into pieces. */
  cut: (text: string) => string[] = (text) => [text];
  private rest = "";
  private onData: (data: string) => void = () => {};
  private queue = 0;

  /** `answer` gets each line without its end, or the data that was asked for. */
  constructor(readonly answer: (line: string, wire: Wire) => Reply) {}

  start(onData: ((data: string) => void) | undefined, baud: number): void {
    this.onData = onData ?? (() => {});
    this.rate = baud;
    this.open = onData !== undefined;
  }
  write(text: string): void {
    this.longest = Math.max(this.longest, text.length);
    if (this.rate !== this.modemBaud) return;
    this.rest += text;
    for (;;) {
      let line: string;
      if (this.wanted) {
        const taken = this.rest.slice(0, this.wanted);
        this.rest = this.rest.slice(taken.length);
        this.data += taken;
        this.wanted -= taken.length;
        if (this.wanted || !taken) return;
        line = this.data;
        this.data = "";
      } else {
        const end = this.rest.indexOf("\r");
        if (end < 0) return;
        line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 1);
        if (!line) continue;
        if (this.echo) this.say(`${line}\r`);
      }
      this.lines.push(line);
      const reply = this.answer(line, this);
      (reply === undefined ? [] : [reply].flat()).forEach((part, i) => {
        if (part) this.say(part, i * 1000 + 2);
      });
    }
  }
  /** Pins that were set, as "k1". */
  pressed: string[] = [];
  drive(pin: "k" | "r" | "s", on: number): void {
    if (this.pins[pin] === undefined) return;
    this.pressed.push(pin + on);
    this.onPin(pin, on);
  }
  onPin: (pin: string, on: number) => void = () => {};
  /** Timers that still run. */
  get timers(): number {
    return this.time.timers.length;
  }

  /** The modem says something, in pieces a millisecond apart. */
  say(text: string, ms = 2): void {
    const after = this.time.system.after;
    let at = Math.max(this.queue, this.time.world + ms / 1000);
    for (const piece of this.cut(text)) {
      after(() => this.open && this.rate === this.modemBaud && this.onData(piece), (at - this.time.world) * 1000);
      at += 0.001;
    }
    this.queue = at;
  }
  /** Lets time pass until `over` says so, a minute at most for each of `minutes`. */
  run(over: () => boolean, minutes = 1): void {
    for (let i = 0; i < minutes * 600 && !over(); i++) this.time.wait(0.1);
  }
}

/** A line, or several, as a modem sends them. */
export const said = (...lines: string[]) => lines.map((line) => `\r\n${line}\r\n`).join("");
export const ok = (...lines: string[]) => said(...lines, "OK");

/** A POST of some text, and what became of it. */
export class Letter implements Post {
  url = "http://m.example.com/dd";
  type = "application/json";
  authorization = "";
  size: number;
  read_ = 0;
  answer = "";
  pieces: number[] = [];
  ends: [number, string][] = [];
  onEnd: () => void = () => {};
  constructor(readonly body: string) {
    this.size = body.length;
  }
  read(): string {
    const piece = this.body.slice(this.read_, this.read_ + 37);
    this.read_ += piece.length;
    return piece;
  }
  write(text: string): void {
    this.pieces.push(text.length);
    this.answer += text;
  }
  close(status: number, reason: string): void {
    this.ends.push([status, reason]);
    this.onEnd();
  }
}
