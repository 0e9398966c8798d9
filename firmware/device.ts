/** The services wired to the hal: what the device knows, its one door for tokens, and the tick that switches the output. */
import type { Hal, Memory, Sensor } from "../hal/hal";
import { type Clock, checkClock, now, startClock } from "./clock/clock";
import type { Paid } from "./credit/credit";
import type { Metrics } from "./metrics/format";
import type { Sampler } from "./metrics/sampler";
import type { Connect, Setting } from "./metrics/terms";
import { append, type Journal, latest, openJournal, PAYLOAD } from "./store/journal";
import {
  BYPASSED,
  CLOCK_LOST,
  DEAD_OUTPUT,
  FAILURES,
  LAST_TYPE,
  type Log,
  MEMORY_REPLACED,
  openLog,
  PAID,
  packPaid,
  RESTARTS,
  SHORT_STARTS,
  seal,
  TIME,
  UNIT,
  UNSURE,
  unpackPaid,
  unpackUnit,
} from "./store/records";
import { check } from "./token/check.overlay";
import type { Unit, Walk } from "./token/decode";
import type { TableSettings } from "./token/tables";

/** Whether the board has a product's own code. */
declare const PRODUCT: boolean;

/** Seconds of a day: between two writes of what a token changes, so that an old copy of the other memory wins no more than a day. */
const DAY = 86400;

/** Seconds after its start, at the most, after which a device with a fault starts anew, to see whether it is still there. */
const HEALS = 3600;

/** Seconds of running after which a clock at half its speed is found out. */
const FOUND_OUT = 6;

/** Whether the board has a transport of its own for its reports. */
declare const TRANSPORT: boolean;

/** Milliseconds after which a session has given up, or is asked again. */
export const YIELDS = 20;

/** Seconds by which a store of the time may come late. */
const STORING = 2;

/** What a board's JSON says beside its parts. */
export interface Settings {
  board: string;
  /** Seconds between two checks of the clock, each of which stores the time: 60 with an EEPROM, 3600 in flash alone. */
  interval: number;
  /** Seconds that local time is ahead of UTC: the sign of little credit is not given at night. */
  utcOffset: number;
  /** Where the table of codes is, if there is one. */
  table?: TableSettings;
}

/** What became of a token; with the serial commands' words. */
export type Answer =
  | "VALID"
  | "SYNCED"
  | "PAYG_DISABLED"
  | "EXTENDED"
  | "ALREADY_USED"
  | "INVALID"
  | "LOCKED"
  | "TEST"
  | "BUSY"
  | "NOT_SET_UP"
  | "FAULT";

/**
 * What a product's own code adds to reports (docs/reporting.md). Each function is called when it is needed, so what it gives
 * need not stay in memory. `read` gives what variables of the source "product" are, by their channels, and may throw: then they
 * have no value. The others must not throw.
 */
export interface Product extends Sensor {
  /** The settings that a server may change, always in the same order. */
  settings(): Setting[];
  /** Takes a setting's new value, from an answer that was verified: within its bounds. It has to be stored when this returns. */
  change(name: string, value: number | string): void;
  /** Requests of other devices: main objects of the specification, JSON, passed on as they are. */
  accessories(): string[];
  /** Takes an answer's extra data, a JSON object as text. */
  extra(json: string): void;
}

export interface Device {
  hal: Hal;
  settings: Settings;
  /** Undefined until the factory set the device up. */
  unit: Unit | undefined;
  paid: Paid;
  log: Log;
  clock: Clock;
  /** Identity and what was paid, and what is written often: two journals, or one and the same. */
  safe: Journal | undefined;
  often: Journal | undefined;
  /** "" or the part that does not work and keeps the output off: "FLASH", "MEMORY" or "RTC". */
  fault: string;
  /** The token being checked. Setting it to undefined stops the check: the token stays unused, the delay stays. */
  walk: Walk | undefined;
  /** Whether the output should be on, since when (ticks), and whether the sense pin agreed. */
  on: number;
  onSince: number;
  sensed: number;
  timer: number;
  /** When the clock is checked out of turn (ticks): soon after the start, and soon after it was found wrong. */
  early: number;
  /** The output is on until this time for the factory's test. */
  testUntil: number;
  /** Local day on which the sign of little credit was given last. */
  lowDay: number;
  /** What a board with a `metrics` section measures and reports; made anew by each call. */
  metrics?: () => Metrics;
  /** The data format that a server registers, JSON text in pieces, "" behind its end: it is the longest text there is. */
  format?: (piece: number) => string;
  /** What was measured; from the second tick of a device that is set up. */
  sampler?: Sampler;
  /** Last events, newest last, at most eight: "time name". */
  events: string[];
  /** Who wants to know what happened: feedback to the person, and a product's own code, which hands it on (docs/product.md). */
  tell: (event: string, value: number) => void;
  /** What the services of this board do with every tick, once a minute or more often. */
  ticks: ((time: number, d: Device) => void)[];
  /**
   * While a report is made, sent or answered: what that has in memory is needed by others. Called, it gives up what may be given
   * up, and returns whether that memory is free soon. Undefined when it is.
   */
  session?: () => boolean;
  /** What carries the board's reports, for the factory's test of a modem. */
  connect?: Connect;
  /** Of the last report over the board's own transport: "" or why it failed, and its signal, 0 to 31 (99: unknown). */
  failure?: string;
  signal?: number;
  /** The last token of a text message that was entered since power-on. Its message is still to be deleted. */
  texted?: string;
  /** Takes a server's answer from the factory port, in pieces; "" ends it. */
  hear?: (piece: string) => void;
  /** What a product's own code adds to reports; it sets this itself. */
  product?: Product;
}

/** Notes an event, counts it where it has an index in the log's tally (-1: none), and tells it; names: docs/serial.md. */
export function note(d: Device, event: string, index: number, value?: number): void {
  if (d.events.length > 7) d.events.shift();
  d.events.push(now(d.hal, d.clock) + " " + event);
  if (index >= 0) d.log.tally[index] = Math.min(d.log.tally[index] + 1, 65535);
  d.tell(event, value || 0);
}

function noteLost(d: Device): void {
  d.log.bytes[UNSURE] = 1;
  note(d, "clock lost", CLOCK_LOST);
}

/** Makes the device from its board: reads what was stored, starts the clock and the tick. Never throws. */
export function startDevice(hal: Hal, settings: Settings): Device {
  const clock: Clock = { time: 0, ticks: hal.system.ticks(), since: 0, sinceTicks: 0, silent: 0 };
  const d: Device = {
    hal,
    settings,
    unit: undefined,
    paid: unpackPaid(new Uint8Array(PAYLOAD)),
    log: openLog(new Uint8Array(PAYLOAD)),
    clock,
    safe: undefined,
    often: undefined,
    fault: "",
    walk: undefined,
    on: 0,
    onSince: 0,
    sensed: 0,
    timer: 0,
    early: clock.ticks + FOUND_OUT,
    testUntil: 0,
    lowDay: 0,
    events: [],
    tell: () => {},
    ticks: [],
  };
  d.paid.count = 1;
  const open = (memory: Memory, types: number) => openJournal(memory, hal.system.crc, 0, 2, types);
  try {
    d.fault = hal.flash ? "FLASH" : "MEMORY";
    d.safe = open(hal.flash || hal.memory, LAST_TYPE);
    d.fault = "MEMORY";
    d.often = hal.flash ? open(hal.memory, TIME) : d.safe;
    const unit = latest(d.safe, UNIT);
    const paid = latest(d.safe, PAID);
    if (unit && paid) {
      d.unit = unpackUnit(unit);
      d.paid = unpackPaid(paid);
      const bytes = latest(d.often, TIME);
      const stored = bytes && openLog(bytes);
      const own = stored && seal(stored, d.unit, false);
      if (stored && own) d.log = stored;
      // What is noted before the clock has started carries the last time that was stored.
      clock.time = Math.max(d.paid.stored, storedTime(d));
      // Not this device's, or older than a store that came after it: somebody changed the memory.
      if (!own || storedTime(d) + 2 * settings.interval < d.paid.stored) note(d, "memory replaced", MEMORY_REPLACED);
    }
    d.fault = "RTC";
    const stored = clock.time;
    let skipped = 0;
    d.clock = startClock(hal, stored, settings.interval + STORING, () => {
      skipped = settings.interval + STORING;
      noteLost(d);
    });
    d.fault = "";
    // What the lost clock costs in credit must not shorten a lockout.
    if (skipped && d.paid.closedUntil > stored) {
      d.paid.closedUntil += skipped;
      storePaid(d);
    }
    d.log.tally[RESTARTS]++;
    d.log.bytes[SHORT_STARTS] = Math.min(d.log.bytes[SHORT_STARTS] + 1, 255);
    storeTime(d);
  } catch (_) {
    note(d, "fault", -1);
  }
  hal.system.onFailure(() => {
    hal.output.write(0);
    note(d, "failure", FAILURES);
    storeTime(d);
    hal.system.restart();
  });
  tick(d);
  return d;
}

/** The time as it was stored last. */
function storedTime(d: Device): number {
  return d.log.view.getUint32(0, true);
}

/** Stores what was paid; false, and a fault, when the memory does not keep it. */
export function storePaid(d: Device): boolean {
  d.paid.stored = now(d.hal, d.clock);
  return store(d, d.safe, PAID, packPaid(d.paid));
}

/** Stores the time, with the tally of what happened; `sealed`: the log as it is. Once a day also what was paid. */
export function storeTime(d: Device, sealed?: boolean): void {
  const asItIs = TRANSPORT && sealed;
  if (!asItIs) d.log.view.setUint32(0, now(d.hal, d.clock), true);
  if (!d.unit || d.fault) return;
  if (!asItIs) seal(d.log, d.unit, true);
  store(d, d.often, TIME, d.log.bytes);
  if (storedTime(d) - d.paid.stored >= DAY) storePaid(d);
}

/** Stores a record; a memory that fails is a fault, and the answer is false. */
export function store(d: Device, journal: Journal | undefined, type: number, bytes: Uint8Array): boolean {
  try {
    append(journal!, type, bytes);
    return true;
  } catch (_) {
    d.fault = journal === d.often ? "MEMORY" : "FLASH";
    note(d, "fault", -1);
    switchOutput(d);
    return false;
  }
}

/** The output follows the credit, the factory's test for a moment, and nothing else. */
function switchOutput(d: Device): void {
  const time = now(d.hal, d.clock);
  const on = d.unit && !d.fault && (d.paid.unlocked || time < d.paid.until || time < d.testUntil) ? 1 : 0;
  const changed = on !== d.on;
  if (changed) d.onSince = d.hal.system.ticks();
  d.on = on;
  d.hal.output.write(on);
  if (PRODUCT && changed) d.tell("output", on);
}

/**
 * Runs when something is due: the clock's check, the end of credit, a look at the sense pin a second after a switch.
 * It alone kicks the watchdog, and only when it found clock, store, output and keypad alive.
 */
export function tick(d: Device): void {
  const system = d.hal.system;
  const output = d.hal.output;
  if (d.timer) system.cancel(d.timer);
  // Its output is off: it has nothing to lose, and nobody need cut its power.
  if (d.fault && system.ticks() - d.clock.ticks > HEALS) system.restart();
  let stores = now(d.hal, d.clock) - storedTime(d) >= d.settings.interval;
  if (stores) d.log.bytes[SHORT_STARTS] = 0;
  if (stores || system.ticks() >= d.early) {
    // Early, and again while it is wrong: who has a slow clock, or a fake one, and cuts the power before it is stored
    // how late it is, wins seconds.
    d.early = Infinity;
    if (!d.fault)
      checkClock(d.hal, d.clock, () => {
        noteLost(d);
        stores = true;
        d.early = system.ticks() + FOUND_OUT;
      });
    if (stores) storeTime(d);
  }
  switchOutput(d);
  const settled = system.ticks() - d.onSince >= 1;
  if (output.read && settled) {
    const wrong = output.read() === d.on ? 0 : 1;
    if (wrong > d.sensed) note(d, d.on ? "dead output" : "bypass", d.on ? DEAD_OUTPUT : BYPASSED);
    d.sensed = wrong;
  }
  if (d.hal.keypad.isAlive()) system.kick();
  const time = now(d.hal, d.clock);
  const left = d.paid.until - time;
  const hours = Math.floor((time + d.settings.utcOffset) / 3600);
  const hour = hours % 24;
  if (d.on && left > 0 && left < DAY && hour > 7 && hour < 20 && Math.floor(hours / 24) > d.lowDay) {
    d.lowDay = Math.floor(hours / 24);
    d.tell("low credit", left);
  }
  // They and a token's check or a report, awake at once, would take more memory than need be.
  for (let i = 0; i < d.ticks.length && !d.walk && !d.session; i++) d.ticks[i](time, d);
  const due = Math.min(
    60,
    Math.max(0, d.early - system.ticks()),
    storedTime(d) + d.settings.interval - time,
    left > 0 ? left : 60,
    time < d.testUntil ? d.testUntil - time : 60,
  );
  d.timer = system.after(
    () => {
      d.timer = 0;
      tick(d);
    },
    settled ? due * 1000 : 1000,
  );
}

/** Seconds that token entry stays closed for wrong tokens; 0 if it is open. */
export function secondsClosed(d: Device): number {
  return Math.max(0, d.paid.closedUntil - now(d.hal, d.clock));
}

/** Seconds of credit left; -1 if the device was unlocked for ever. */
export function credit(d: Device): number {
  return d.paid.unlocked ? -1 : Math.max(0, d.paid.until - now(d.hal, d.clock));
}

/**
 * The one door for tokens, from the keypad or a wire. `done` gets what became of it, and a number with "VALID" and
 * "SYNCED" (seconds left), "EXTENDED" (the value), "LOCKED" and "TEST" (seconds). It may be called before this returns.
 * `served`: it comes from the unit's server, so a wrong one closes no door, and a closed door is open to it.
 */
export function enterToken(
  d: Device,
  text: string,
  done: (answer: Answer, value: number) => void,
  served?: boolean,
): void {
  const unit = d.unit;
  const closed = secondsClosed(d);
  const refusal = d.fault ? "FAULT" : !unit ? "NOT_SET_UP" : d.walk ? "BUSY" : closed && !served ? "LOCKED" : "";
  if (refusal || !unit) done(refusal as Answer, closed);
  else if (TRANSPORT && d.session) {
    d.session();
    d.hal.system.after(() => enterToken(d, text, done, served), YIELDS);
  } else check(d, unit, text, done, served);
}
