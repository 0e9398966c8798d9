/**
 * A cellular modem on a UART of the controller: its pins, its line, and what a person or a test does to it. The modules
 * themselves are in families/, what they have in common in unit.ts.
 */
import type { Level } from "../../wires";
import type { World } from "../../world";
import type { Part } from "../part";
import { quectel } from "./families/quectel";
import { sim800 } from "./families/sim800";
import { sim7080 } from "./families/sim7080";
import { sim7600 } from "./families/sim7600";
import { end, FAULTS, mend, standing, type When } from "./faults";
import type { Network } from "./network";
import type { Entry } from "./shell";
import { random } from "./uart";
import { type Air, type Dialect, type Message, type Sim, Unit } from "./unit";

/** Models by the name that a board's JSON gives. */
const FAMILIES: { [family: string]: (unit: Unit) => Dialect } = {
  sim800: sim800,
  sim7600: (unit) => sim7600(unit, "sim7600"),
  a7670: (unit) => sim7600(unit, "a7670"),
  sim7080: sim7080,
  sim7070: sim7080,
  bg95: (unit) => quectel(unit, "bg95"),
  eg915: (unit) => quectel(unit, "eg915"),
  ec21: (unit) => quectel(unit, "ec21"),
};

export type ModemOptions = {
  driver?: string;
  /** sim800, sim7600, a7670, sim7080, sim7070, bg95, eg915 or ec21. */
  family: string;
  /** The controller's UART, and its pins (the model does not look at them). */
  port: string;
  tx?: string;
  rx?: string;
  /** Bits a second that the controller is going to use; the module was set to it, or finds it (SIM800). */
  baud?: number;
  /** Pin at the power key, and its level that presses it (0, the pin itself at the key; 1, through a transistor). Without it the module starts with its rail. */
  key?: string;
  keyLevel?: Level;
  /** Pin that switches the module's rail, and its level for on. */
  supply?: string;
  supplyLevel?: Level;
  /** Pin that is high while the module is on. */
  status?: string;
  /** Pin at DTR: low keeps the module awake. Without it DTR is high, as the module pulls it. */
  dtr?: string;
  /** Bytes of a burst that the controller's serial port takes before it drops the rest (64 on the ESP32); 0 takes all. */
  burst?: number;
  /** Seed of all that is random about it. */
  seed?: number;
};

/** What a person sees who looks at the modem, or asks it. */
export interface ModemState {
  on: boolean;
  registered: boolean;
  /** TCP payload both ways so far, bytes. */
  sent: number;
  received: number;
}

export type Modem = Part & {
  readonly family: string;
  readonly port: string;
  /** Bytes for the controller, one character each. */
  toController: (text: string) => void;
  /** Bytes from the controller. */
  hear(text: string): void;
  /** The controller sets its rate, bits a second. */
  setRate(baud: number): void;
  /** Where requests and sockets go; set it before the first. */
  network: Network;
  state(): ModemState;
  /** Power, SIM, registration, data connection, HTTP session and sleep, in words. */
  readonly view: {
    power: Unit["state"] | "dead";
    sim: string;
    antenna: boolean;
    /** 0 to 31. */
    signal: number;
    registration: number;
    data: boolean;
    http: boolean;
    sockets: number;
    asleep: boolean;
    /** Faults that stay, or wait for their moment. */
    faults: string[];
  };
  /** The last 200 things that were said, by whom. */
  readonly log: Entry[];
  /** The last 200 things that the controller said and no manual allows. A good driver leaves it empty. */
  readonly complaints: Entry[];
  /** The place and the card. After a change call `look`. */
  readonly air: Air;
  readonly card: Sim;
  look(): void;
  /** Messages in the module, and files by name. */
  readonly messages: Message[];
  readonly files: Map<string, Buffer>;
  /** Pulls the SIM or puts it back; it is read when the module starts or gets its functions back. */
  sim(there: boolean): void;
  antenna(there: boolean): void;
  sms(from: string, text: string): void;
  /** Makes a fault of `FAULTS` happen; "none" ends all that stay or wait, or the one that it is given. Throws on a name or argument that is none. */
  fault(name: string, args?: string[], when?: When): void;
};

export function modem(world: World, options: ModemOptions): Modem {
  const { family, port, baud = 115200, key, keyLevel = 0, supply, supplyLevel = 1, status, dtr, seed = 1 } = options;
  const make = Object.hasOwn(FAMILIES, family) && FAMILIES[family];
  if (!make) throw new Error(`There is no modem "${family}": choose one of ${Object.keys(FAMILIES).join(", ")}`);
  const { wires } = world;
  const self = {};
  const unit = new Unit(world, baud, () => (dtr === undefined || wires.floating(dtr) ? 1 : wires.level(dtr)), seed);
  unit.dialect = make(unit);
  unit.line.burst = options.burst ?? 0;
  let rail = false;
  let waiting: { name: string; when: { command?: number; byte?: number }; run: () => void }[] = [];

  // ---- Pins ----

  const fed = () => rail && (supply === undefined || wires.level(supply) === supplyLevel);
  let supplied = false;
  const supplyChanged = () => {
    if (fed() === supplied) return;
    supplied = fed();
    // It is writing to its flash: the manuals want it to have its supply until it is off.
    if (!supplied && rail && unit.state === "stopping") unit.complain("its supply was cut while it switched off");
    if (!supplied) unit.railLost();
    else if (key === undefined) unit.powerUp();
    else if (pressed()) pressedNow();
  };
  const pressed = () => key !== undefined && !wires.floating(key) && wires.level(key) === keyLevel;

  /** World time at which the key went down, and whether this press has done its work. */
  let since = 0;
  let spent = true;
  let holding = 0;
  const pressedNow = () => {
    since = world.now;
    const wasOff = unit.state === "off";
    spent = wasOff;
    world.cancel(holding);
    const { on, restart } = unit.traits.key;
    if (wasOff) {
      holding = world.after(on * 1000, () => {
        if (supplied && pressed() && unit.state === "off") unit.powerUp();
      });
    } else if (restart) {
      holding = world.after(restart * 1000, () => {
        if (!supplied || !pressed() || unit.dead) return;
        spent = true;
        unit.restart();
      });
    }
  };
  const keyChanged = () => {
    if (pressed()) {
      if (supplied) pressedNow();
      return;
    }
    world.cancel(holding);
    const held = (world.now - since) / 1000;
    if (spent || !supplied || unit.dead) return;
    spent = true;
    if (held >= unit.traits.key.off) unit.powerDown(LAST_WORDS[family]);
  };
  if (key !== undefined) {
    wires.drive(key, self, (1 - keyLevel) as Level, "weak");
    wires.onchange(key, keyChanged);
  }
  if (supply !== undefined) {
    wires.drive(supply, self, (1 - supplyLevel) as Level, "weak");
    wires.onchange(supply, supplyChanged);
  }
  if (dtr !== undefined)
    wires.onchange(dtr, (level) => {
      if (level === 0) unit.dtrLow();
    });
  unit.onState = () => {
    if (status !== undefined) wires.drive(status, self, supplied ? (unit.state === "off" ? 0 : 1) : undefined);
  };

  // ---- Faults at a moment ----

  const count = (what: "command" | "byte", at: number) => {
    if (waiting.length === 0) return;
    for (const one of waiting) if (one.when[what] !== undefined) one.when[what]!--;
    const due = waiting.filter(({ when }) => when[what] === 0);
    if (due.length === 0) return;
    waiting = waiting.filter((one) => !due.includes(one));
    for (const { run } of due) {
      if (at <= world.now) run();
      else world.after(at - world.now, run);
    }
  };
  unit.onCommand = () => count("command", world.now);
  unit.line.onByte = (at) => count("byte", at);

  const part: Modem = {
    family,
    port,
    get toController() {
      return unit.line.toController;
    },
    set toController(fn) {
      unit.line.toController = fn;
    },
    hear(text) {
      unit.line.hear(text);
    },
    setRate(rate) {
      unit.line.controllerRate = rate;
    },
    get network() {
      return unit.network;
    },
    set network(network) {
      unit.network = network;
    },
    power(on) {
      rail = on;
      supplyChanged();
      unit.onState();
    },
    state: () => ({
      on: unit.state !== "off",
      registered: unit.registered,
      sent: unit.sent,
      received: unit.received,
    }),
    get view() {
      return {
        power: unit.dead ? ("dead" as const) : unit.state,
        sim: unit.card.state,
        antenna: unit.air.antenna,
        signal: unit.air.antenna ? unit.air.signal : 0,
        registration: unit.stat,
        data: unit.bearer,
        http: unit.http !== "",
        sockets: unit.links.size,
        asleep: unit.asleep,
        faults: [...new Set([...standing(unit), ...waiting.map(({ name }) => name)])],
      };
    },
    log: unit.log,
    complaints: unit.complaints,
    air: unit.air,
    card: unit.card,
    look: () => unit.look(),
    messages: unit.messages,
    files: unit.files,
    sim(there) {
      if (!there) {
        unit.simGone();
        unit.card.state = "absent";
      } else if (unit.card.state === "absent") unit.card.state = "ready";
      unit.look();
    },
    antenna(there) {
      unit.air.antenna = there;
      unit.look();
    },
    sms: (from, text) => unit.sms(from, text),
    fault(name, args = [], when = "now") {
      const known = (name: string) => {
        if (Object.hasOwn(FAULTS, name)) return FAULTS[name];
        throw new RangeError(`There is no fault "${name}": choose one of none, ${Object.keys(FAULTS).join(", ")}`);
      };
      if (name === "none") {
        const [one] = args;
        if (one) known(one);
        waiting = waiting.filter(({ name }) => one && name !== one);
        return one ? end(unit, one) : mend(unit);
      }
      const fault = known(name);
      if (!fault.takes(args)) throw new RangeError(`The fault is used as: ${fault.usage}`);
      const run = () => {
        unit.note("bench", `fault ${[name, ...args].join(" ")}`);
        fault.run(unit, args);
      };
      if (when === "now") {
        run();
        return undefined;
      }
      const one = { name, when: "command" in when || "byte" in when ? { ...when } : {}, run };
      waiting.push(one);
      if ("command" in when || "byte" in when) return undefined;
      const seconds = "seconds" in when ? when.seconds : randomMoment(when.random, when.within);
      world.after(seconds * 1000, () => {
        // It may have been ended meanwhile.
        if (!waiting.includes(one)) return;
        waiting = waiting.filter((other) => other !== one);
        run();
      });
      return undefined;
    },
  };
  return part;
}

/** What a module says when its key switched it off. */
const LAST_WORDS: { [family: string]: string | undefined } = {
  sim800: "NORMAL POWER DOWN",
  sim7080: "NORMAL POWER DOWN",
  sim7070: "NORMAL POWER DOWN",
  bg95: "POWERED DOWN",
  eg915: "POWERED DOWN",
  ec21: "POWERED DOWN",
};

/** A moment from 0 up to `within` seconds that a seed stands for. */
function randomMoment(seed: number, within: number): number {
  return random(seed)() * within;
}
