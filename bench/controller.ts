import type { Engine, EngineMaker } from "./engines/engine";
import { nativeCall } from "./native";
import type { Flash } from "./parts/flash";
import { log, type Part } from "./parts/part";
import type { Level } from "./wires";
import type { World } from "./world";

/** A POST that a device sent, whatever carried it. */
export interface Sent {
  url: string;
  /** Names in lower case. */
  headers: { [name: string]: string };
  body: Buffer;
}

/** What answers POSTs; undefined where nothing does. */
export type Network = (sent: Sent) => { status: number; body: Buffer } | undefined;

/** What the controller's own pins, buses and ports are connected to. */
export interface Surroundings {
  /** Parts on the I2C bus, by port name. */
  i2c: { [port: string]: { parts: Part[] } };
  /** What a UART of the controller says, by port name. */
  uart: (port: string, text: string) => void;
  /** A UART of the controller is set to a rate, bits a second. */
  rate: (port: string, baud: number) => void;
  /** A square wave on a pin, and how much of the time it is high; 0 hertz ends it. */
  pwm: (pin: string, hertz: number, duty: number) => void;
  /** An exception that the firmware did not catch. */
  uncaught: (text: string) => void;
  /** Level of an analogue pin, 0 to 1. */
  analog: (pin: string) => number;
  /** The controller's own flash, where the board keeps something in it. */
  flash?: Flash;
  /** The access point that a radio finds, by name and password, and what is behind it. */
  accessPoint?: { ssid: string; password: string };
  network: Network;
}

/** Milliseconds that a radio takes to connect, a piece to be sent, a server to answer. */
const CONNECT = 2000;
const DRAIN = 5;
const ANSWER = 300;

/** What starts a controller. */
export type Cause = "power" | "brown-out" | "watchdog" | "firmware";

/** One run of the controller, from its start to its end. */
export interface Boot {
  /** From 1 on. */
  n: number;
  why: Cause;
  /** World time in milliseconds; the end and what ended it, once it did. */
  at: number;
  until?: number;
  end?: "cut" | "cut in a write" | Exclude<Cause, "power">;
}

/** An exchange of Espruino's `http` module. */
interface Exchange {
  options: { protocol: string; host: string; port: number; path: string; headers: { [name: string]: unknown } };
  /** Who listens, by event. */
  on: { [event: string]: number };
  body: string;
}

/** Instructions of machine code in a millisecond: 64 MHz, and two ticks for each. */
const INSTRUCTIONS = 32000;

/** Milliseconds from a reset to the first line of the program. */
const BOOT = 300;

/**
 * The controller as seen from its pins: it runs a bundle on an engine and does in the world what the bundle asks of
 * Espruino. A power cut is `off`, at any moment, in the middle of a call too.
 */
export class Controller {
  private engine?: Engine;
  private timers = new Map<number, number>();
  private watches = new Map<number, () => void>();
  private listeners = new Map<string, number>();
  private modes = new Map<string, string>();
  private since = 0;
  private bitrate = 100000;
  private exchanges = new Map<number, Exchange>();
  private connected = false;
  private patience = 0;
  private dog = 0;
  private codes = new Map<number, { offset: number; bytes: Uint8Array }>();
  private operations: { [name: string]: (args: any[]) => unknown };
  /** How often it started anew while the board had power. */
  restarts = 0;
  /** What its maker called it. */
  chip = "00000000-00000001";
  /** How often it started, and its last 200 runs. */
  started = 0;
  readonly boots: Boot[] = [];
  /** Parts per million by which the controller's own clock runs fast. */
  ppm = 0;

  constructor(
    private world: World,
    private around: Surroundings,
    private make: EngineMaker,
    private code: string,
    private pins: string[],
    /** Pins that the interpreter pulls up at start, before any program runs. */
    private pulledUp: string[],
  ) {
    this.operations = this.table();
  }

  /** The power comes: the interpreter starts and runs the bundle's boot code. */
  on(why: Cause = "power"): void {
    this.since = this.world.now;
    log(this.boots, { n: ++this.started, why, at: this.since });
    for (const pin of this.pulledUp) this.mode(pin, "input_pullup");
    this.engine = this.make(this.code, this.pins, (operation, ...args) => this.call(operation, args));
    this.engine.start();
  }

  /** The power goes: pins let go, nothing of the firmware runs any more. */
  off(end: Boot["end"] = "cut"): void {
    const last = this.boots[this.boots.length - 1];
    if (last && !last.end) Object.assign(last, { until: this.world.now, end });
    this.engine?.stop();
    this.engine = undefined;
    for (const event of this.timers.values()) this.world.cancel(event);
    for (const unwatch of this.watches.values()) unwatch();
    for (const pin of this.modes.keys()) {
      this.world.wires.drive(pin, this, undefined);
      this.around.pwm(pin, 0, 0);
    }
    this.world.cancel(this.dog);
    this.patience = 0;
    this.timers.clear();
    this.watches.clear();
    this.listeners.clear();
    this.exchanges.clear();
    this.connected = false;
    this.modes.clear();
    this.codes.clear();
  }

  get running(): boolean {
    return this.engine !== undefined;
  }

  /** Variables in use, at peak since the last call, and in all; undefined on an engine that cannot tell. */
  memory() {
    return this.engine?.memory();
  }

  /** The program hangs, in the middle of a call too: nothing of it runs any more, pins stay as they are, the watchdog waits. */
  hang(): void {
    this.engine?.stop();
    this.engine = undefined;
  }

  /** The interpreter runs out of memory, see `Engine`. */
  exhaust(spare: number): void {
    this.engine?.exhaust?.(spare);
  }

  /** The watchdog is content for another while. */
  private kick(): void {
    this.world.cancel(this.dog);
    if (this.patience) this.dog = this.world.after(this.ms(this.patience), () => this.reboot("watchdog"));
  }

  /** The controller alone starts anew; the rest of the board keeps its power. */
  reboot(why: Exclude<Cause, "power">): void {
    this.off(why);
    this.restarts++;
    this.dog = this.world.after(BOOT, () => this.on(why));
  }

  /** Something arrives at a UART: the interpreter hands it over in pieces of at most 64 characters. */
  receive(port: string, text: string): void {
    for (let i = 0; i < text.length; i += 64) this.deliver(this.listeners.get(port), text.slice(i, i + 64), false);
  }

  private deliver(id: number | undefined, data: unknown, last: boolean): void {
    if (id !== undefined) this.engine?.deliver(id, data, last);
  }

  /** The controller's own clock, seconds: it starts at 2000 with every power-on. */
  private time(): number {
    return 946684800 + ((this.world.now - this.since) / 1000) * (1 + this.ppm / 1e6);
  }

  /** Milliseconds of the world in which the controller's clock counts `ms`. */
  private ms(ms: number): number {
    return ms / (1 + this.ppm / 1e6);
  }

  private timer(id: number, ms: number, repeat: number): void {
    const wait = this.ms(Math.max(ms, 1));
    this.timers.set(
      id,
      this.world.after(wait, () => {
        if (repeat) this.timer(id, ms, repeat);
        else this.timers.delete(id);
        this.deliver(id, undefined, !repeat);
      }),
    );
  }

  private mode(pin: string, mode: string): void {
    this.modes.set(pin, mode);
    this.around.pwm(pin, 0, 0);
    const pull = ({ input_pullup: 1, input_pulldown: 0 } as const)[mode];
    this.world.wires.drive(pin, this, pull, "weak");
  }

  private write(pin: string, level: Level): void {
    const mode = this.modes.get(pin);
    if (mode !== "opendrain" && mode !== "output") this.mode(pin, "output");
    else if (mode === "output") this.around.pwm(pin, 0, 0);
    this.world.wires.drive(pin, this, mode === "opendrain" && level ? undefined : level);
  }

  /** Time on a bus: start, address, bytes with their acknowledges, stop. */
  private busTime(bytes: number): void {
    this.world.elapse(((bytes + 1) * 9 + 2) / (this.bitrate / 1000));
  }

  /** Something later in an exchange, if it is still there then. */
  private later(ms: number, id: number, what: (exchange: Exchange) => void): void {
    this.world.after(ms, () => {
      const exchange = this.exchanges.get(id);
      if (exchange) what(exchange);
    });
  }

  /** The whole request has been sent: the server answers, or the connection fails. */
  private exchange(id: number, { options, on, body }: Exchange): void {
    const { protocol, host, port, path } = options;
    const headers = Object.entries(options.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
    const url = `${protocol}//${host}:${port}${path}`;
    const reachable = this.connected || !this.around.accessPoint;
    const sent = { url, headers: Object.fromEntries(headers), body: Buffer.from(body, "latin1") };
    const answer = reachable ? this.around.network(sent) : undefined;
    if (!answer) this.deliver(on.error, { code: -1 }, true);
    else {
      this.deliver(id, answer.status, true);
      const text = answer.body.toString("latin1");
      for (let i = 0; i < text.length; i += 536) this.deliver(on.data, text.slice(i, i + 536), false);
      this.deliver(on.close, false, true);
    }
    this.exchanges.delete(id);
  }

  private call(operation: string, args: any[]): unknown {
    const perform = this.operations[operation];
    if (!perform) throw new Error(`The controller has no operation "${operation}"`);
    return perform(args);
  }

  /** What each operation does; made once, as a display alone takes thousands of calls. */
  private table(): Controller["operations"] {
    const { wires } = this.world;
    const each = (pins: string | string[], fn: (pin: string, bit: number) => void) => {
      const list = Array.isArray(pins) ? pins : [pins];
      list.forEach((pin, i) => {
        fn(pin, list.length - 1 - i);
      });
    };
    return {
      // Looking at the clock takes the interpreter a while, so that waiting in a loop comes to an end.
      time: () => {
        this.world.elapse(0.1);
        return this.time();
      },
      chip: () => this.chip,
      timer: (args) => this.timer(args[0], args[1], args[2]),
      untimer: (args) => {
        this.world.cancel(this.timers.get(args[0]) ?? 0);
        this.timers.delete(args[0]);
      },
      write: (args) => {
        this.world.elapse(0.01);
        each(args[0], (pin, bit) => {
          this.write(pin, ((args[1] >> bit) & 1) as Level);
        });
      },
      read: (args) => {
        let value = 0;
        each(args[0], (pin, bit) => {
          value |= wires.level(pin) << bit;
        });
        return value;
      },
      mode: ([pin, mode]) => {
        // An output that is made one again keeps its level: it does not let go of what it switches.
        if (mode === "output" && this.modes.get(pin) === mode) this.around.pwm(pin, 0, 0);
        else this.mode(pin, mode);
      },
      watch: (args) => {
        const [id, pin, { edge, repeat }] = args;
        const unwatch = wires.onchange(pin, (level) => {
          if (edge !== "both" && level !== (edge === "rising" ? 1 : 0)) return;
          if (!repeat) unwatch();
          this.world.after(0, () => this.deliver(id, { state: level === 1, time: this.world.now / 1000 }, !repeat));
        });
        this.watches.set(id, unwatch);
      },
      unwatch: (args) => this.watches.get(args[0])?.(),
      pwm: (args) => {
        this.mode(args[0], "output");
        this.around.pwm(args[0], args[2], args[1]);
      },
      analog: (args) => this.around.analog(args[0]),
      i2c: (args) => {
        this.bitrate = args[1] ?? 100000;
      },
      i2cWrite: (args) => {
        const bytes = Uint8Array.from(args[2]);
        this.busTime(bytes.length);
        const part = this.around.i2c[args[0]].parts.find((part) => part.address === args[1]);
        return part?.write?.(bytes) ? 1 : 0;
      },
      i2cRead: (args) => {
        this.busTime(args[2]);
        const part = this.around.i2c[args[0]].parts.find((part) => part.address === args[1]);
        const bytes = part?.read?.(args[2]);
        return bytes ? [...bytes] : 0;
      },
      uart: (args) => this.around.rate(args[0], args[1]),
      listen: ([id, port]) => {
        if (id) this.listeners.set(port, id);
        else this.listeners.delete(port);
      },
      send: (args) => this.around.uart(args[0], args[1]),
      uncaught: (args) => this.around.uncaught(args[0]),
      flashRead: (args) => this.around.flash?.fetch(args[0], args[1]),
      flashWrite: (args) => this.around.flash?.program(args[0], Uint8Array.from(args[1])),
      fileFind: (args) => this.around.flash?.find(args[0]),
      fileReserve: (args) => this.around.flash?.reserve(args[0], args[1]),
      flashErase: (args) => this.around.flash?.erase(args[0]),
      wifi: ([id, ssid, password]) => {
        const { accessPoint } = this.around;
        this.connected = false;
        if (!id) return;
        this.world.after(CONNECT, () => {
          this.connected = accessPoint?.ssid === ssid && accessPoint?.password === password;
          this.deliver(id, this.connected ? null : "NOT_FOUND", true);
        });
      },
      http: ([id, options]) => {
        this.exchanges.set(id, { options, on: {}, body: "" });
      },
      // What listens to the answer says so after it began.
      httpOn: ([id, event, fn]) => {
        const exchange = this.exchanges.get(id);
        if (exchange) exchange.on[event] = fn;
      },
      httpWrite: ([id, data]) => {
        const exchange = this.exchanges.get(id);
        if (!exchange) throw new Error("This socket is closed");
        exchange.body += data;
        this.later(DRAIN, id, ({ on }) => this.deliver(on.drain, undefined, false));
      },
      httpEnd: ([id]) => this.later(ANSWER, id, (exchange) => this.exchange(id, exchange)),
      code: (args) => {
        this.codes.set(args[0], { offset: args[1], bytes: Buffer.from(args[2], "base64") });
      },
      native: (args) => {
        const { offset, bytes } = this.codes.get(args[0])!;
        const data = Uint32Array.from(args[1]);
        const { result, instructions } = nativeCall(bytes, offset, new Uint8Array(data.buffer), args[2]);
        this.world.elapse(instructions / INSTRUCTIONS);
        return [result, [...data]];
      },
      watchdog: (args) => {
        this.patience = args[0] * 1000;
        this.kick();
      },
      kick: () => this.kick(),
      reboot: () => this.reboot("firmware"),
    };
  }
}
