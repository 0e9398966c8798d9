/** What a driver is given, over the wires of a world: pins, timers, an I2C bus with parts on it. */
import type { Part } from "../../bench/parts/part";
import type { Level, Wires } from "../../bench/wires";
import { World } from "../../bench/world";
import type { I2C, Io, System } from "../../hal/hal";

/** Milliseconds that a call of the interpreter takes at least. */
const CALL = 0.01;

export class Bench {
  readonly world = new World(1795305600);
  /** Transfers on the bus so far. */
  transfers = 0;
  private pending = new Set<number>();
  private modes = new Map<unknown, string>();
  private started = this.world.now;

  constructor(private parts: Part[] = []) {}

  /** Solders a part on; its rail comes on. */
  add<P extends Part>(part: P): P {
    this.parts.push(part);
    part.power?.(true);
    return part;
  }

  /** Timers that were set and are not over. */
  get timers(): number {
    return this.pending.size;
  }

  private get wires(): Wires {
    return this.world.wires;
  }

  private each(pins: unknown, fn: (pin: string, bit: number) => void): void {
    const list = Array.isArray(pins) ? pins : [pins];
    list.forEach((pin, i) => {
      fn(pin, list.length - 1 - i);
    });
  }

  readonly io: Io = {
    write: (pins, level) => {
      this.world.elapse(CALL);
      this.each(pins, (pin, bit) => {
        const high = ((level >> bit) & 1) as Level;
        this.wires.drive(pin, this, this.modes.get(pin) === "opendrain" && high ? undefined : high);
      });
    },
    read: (pins) => {
      let value = 0;
      this.each(pins, (pin, bit) => {
        value |= this.wires.level(pin) << bit;
      });
      return value;
    },
    mode: (pin, mode) => {
      this.modes.set(pin, mode);
      const pull = ({ input_pullup: 1, input_pulldown: 0 } as const)[mode as "input_pullup"];
      this.wires.drive(pin as string, this, pull, "weak");
    },
    watch: (fn, pin, { edge }) => {
      this.wires.onchange(pin as string, (level) => {
        if (level === (edge === "rising" ? 1 : 0)) this.world.after(0, fn);
      });
      return 1;
    },
    pwm: () => {},
  };

  readonly system: Pick<System, "ticks" | "after" | "cancel"> = {
    ticks: () => {
      this.world.elapse(CALL);
      return (this.world.now - this.started) / 1000;
    },
    after: (fn, ms) => {
      const id = this.world.after(ms, () => {
        this.pending.delete(id);
        fn();
      });
      this.pending.add(id);
      return id;
    },
    cancel: (id) => {
      this.pending.delete(id);
      this.world.cancel(id);
    },
  };

  readonly i2c: I2C = {
    writeTo: (address, data) => {
      this.transfers++;
      this.world.elapse(data.length * 0.1);
      if (!this.parts.some((part) => part.address === address && part.write?.(Uint8Array.from(data))))
        throw new Error("no acknowledge");
    },
    readFrom: (address, length) => {
      this.transfers++;
      this.world.elapse(length * 0.1);
      for (const part of this.parts) {
        const data = part.address === address ? part.read?.(length) : undefined;
        if (data) return data;
      }
      throw new Error("no acknowledge");
    },
  };

  /** Seconds pass. */
  wait(seconds: number): void {
    this.world.run(this.world.now + seconds * 1000);
  }
}
