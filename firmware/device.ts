/** The services wired to the hal: what the device knows, its one door for tokens, and the tick that switches the output. */
import type { Hal, Memory } from "../hal/hal";
import { type Clock, checkClock, now, startClock } from "./clock/clock";
import { applyToken, closeEntry, isActive, nothingPaid, type Paid, secondsLeft } from "./credit/credit";
import { append, type Journal, latest, openJournal } from "./store/journal";
import {
  BYPASSED,
  CLOCK_LOST,
  DEAD_OUTPUT,
  FAILURES,
  type Log,
  MEMORY_REPLACED,
  PAID,
  packLog,
  packPaid,
  packUnit,
  RESTARTS,
  TIME,
  UNIT,
  unpackLog,
  unpackPaid,
  unpackUnit,
} from "./store/records";
import { DISABLE, SYNC, startWalk, stepWalk, type Unit, type Walk } from "./token/decode";

/** Seconds of a day: between two writes of what a token changes, so that an old copy of the other memory wins no more than a day. */
const DAY = 86400;

/** Seconds by which a store of the time may come late. */
const STORING = 2;

/** What a board's JSON says beside its parts. */
export interface Settings {
  board: string;
  /** Seconds between two checks of the clock, each of which stores the time: 60 with an EEPROM, 3600 in flash alone. */
  interval: number;
  /** Seconds that local time is ahead of UTC: the sign of little credit is not given at night. */
  utcOffset: number;
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
  | "BUSY"
  | "NOT_SET_UP"
  | "FAULT";

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
  /** Local day on which the sign of little credit was given last. */
  lowDay: number;
  /** Last events, newest last, at most eight: "time name". */
  events: string[];
  /** Who wants to know what happened: feedback to the person, a product's own code. */
  tell: (event: string, value: number) => void;
}

/** Notes an event, counts it where it has an index in the log's tally (-1: none), and tells it; names: docs/serial.md. */
export function note(d: Device, event: string, index: number): void {
  if (d.events.length > 7) d.events.shift();
  d.events.push(now(d.hal, d.clock) + " " + event);
  if (index >= 0) d.log.tally[index] = Math.min(d.log.tally[index] + 1, 65535);
  d.tell(event, 0);
}

function noteLost(d: Device): void {
  d.log.unsure = 1;
  note(d, "clock lost", CLOCK_LOST);
}

/** Makes the device from its board: reads what was stored, starts the clock and the tick. Never throws. */
export function startDevice(hal: Hal, settings: Settings): Device {
  const clock: Clock = { time: 0, ticks: hal.system.ticks(), since: 0, sinceTicks: 0, silent: 0 };
  const log: Log = { time: 0, unsure: 0, tally: [0, 0, 0, 0, 0, 0] };
  const d: Device = {
    hal,
    settings,
    unit: undefined,
    paid: nothingPaid(1),
    log,
    clock,
    safe: undefined,
    often: undefined,
    fault: "",
    walk: undefined,
    on: 0,
    onSince: 0,
    sensed: 0,
    timer: 0,
    lowDay: 0,
    events: [],
    tell: () => {},
  };
  const open = (memory: Memory) =>
    openJournal(memory, hal.system.crc, 0, memory === hal.flash ? memory.byteLength / memory.eraseSize : 2, TIME);
  try {
    d.fault = "FLASH";
    d.safe = open(hal.flash || hal.memory);
    d.fault = "MEMORY";
    d.often = hal.flash ? open(hal.memory) : d.safe;
    const unit = latest(d.safe, UNIT);
    const paid = latest(d.safe, PAID);
    if (unit && paid) {
      d.unit = unpackUnit(unit);
      d.paid = unpackPaid(paid);
      const bytes = latest(d.often, TIME);
      const stored = bytes && unpackLog(bytes, d.unit);
      if (stored) d.log = stored;
      // Not this device's, or older than a store that came after it: somebody changed the memory.
      if (!stored || stored.time + 2 * settings.interval < d.paid.stored) note(d, "memory replaced", MEMORY_REPLACED);
    }
    d.fault = "RTC";
    const stored = Math.max(d.paid.stored, d.log.time);
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

/** Stores what was paid; false, and a fault, when the memory does not keep it. */
function storePaid(d: Device): boolean {
  d.paid.stored = now(d.hal, d.clock);
  return store(d, d.safe, PAID, packPaid(d.paid));
}

/** Stores the time, with the tally of what happened. */
function storeTime(d: Device): void {
  d.log.time = now(d.hal, d.clock);
  if (!d.unit || d.fault) return;
  store(d, d.often, TIME, packLog(d.log, d.unit));
  if (d.log.time - d.paid.stored >= DAY) storePaid(d);
}

/**
 * Moves a clock that was lost forward to the time that a network or a server tells (Unix seconds), if that lies within 20
 * years of `released`, the build's date. What is left of the credit, and of a lockout, stays as it is: nothing is given
 * back and nothing taken. Returns whether it moved.
 */
export function setTime(d: Device, time: number, released: number): boolean {
  const before = now(d.hal, d.clock);
  const lead = time - before;
  const plausible = lead > 0 && time >= released && time <= released + 20 * 31557600;
  if (d.fault || !d.log.unsure || !plausible) return false;
  if (d.paid.until > before) d.paid.until += lead;
  if (d.paid.closedUntil > before) d.paid.closedUntil += lead;
  d.clock.time += lead;
  d.clock.since += lead;
  d.log.unsure = 0;
  // The shifted credit first: a cut before the chip is set finds a chip behind the stored time, which is a lost clock again.
  if (!storePaid(d)) return false;
  try {
    d.hal.rtc.write(time);
  } catch (_) {
    d.clock.silent++;
  }
  storeTime(d);
  return true;
}

/** Stores a record; a memory that fails is a fault, and the answer is false. */
function store(d: Device, journal: Journal | undefined, type: number, bytes: Uint8Array): boolean {
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

/** The output follows the credit, and nothing else. */
function switchOutput(d: Device): void {
  const on = d.unit && !d.fault && isActive(d.paid, now(d.hal, d.clock)) ? 1 : 0;
  if (on !== d.on) d.onSince = d.hal.system.ticks();
  d.on = on;
  d.hal.output.write(on);
}

/**
 * Runs when something is due: the clock's check, the end of credit, a look at the sense pin a second after a switch.
 * It alone kicks the watchdog, and only when it found clock, store, output and keypad alive.
 */
function tick(d: Device): void {
  const system = d.hal.system;
  const output = d.hal.output;
  if (d.timer) system.cancel(d.timer);
  if (now(d.hal, d.clock) - d.log.time >= d.settings.interval) {
    if (!d.fault) checkClock(d.hal, d.clock, () => noteLost(d));
    storeTime(d);
  }
  switchOutput(d);
  const settled = system.ticks() - d.onSince >= 1;
  if (output.read && settled) {
    const wrong = output.read() === d.on ? 0 : 1;
    if (wrong > d.sensed) note(d, d.on ? "dead output" : "bypass", d.on ? DEAD_OUTPUT : BYPASSED);
    d.sensed = wrong;
  }
  if (d.hal.keypad.isAlive()) system.kick();
  const left = d.paid.until - now(d.hal, d.clock);
  const hours = Math.floor((now(d.hal, d.clock) + d.settings.utcOffset) / 3600);
  const hour = hours % 24;
  if (d.on && left > 0 && left < DAY && hour > 7 && hour < 20 && Math.floor(hours / 24) > d.lowDay) {
    d.lowDay = Math.floor(hours / 24);
    d.tell("low credit", left);
  }
  const due = Math.min(60, d.log.time + d.settings.interval - now(d.hal, d.clock), left > 0 ? left : 60);
  d.timer = system.after(
    () => {
      d.timer = 0;
      tick(d);
    },
    settled ? due * 1000 : 1000,
  );
}

/** Gives a device its identity, once. Returns "" or the reason why nothing was changed. */
export function setUp(d: Device, unit: Unit, count: number): string {
  if (d.unit) return "SET_UP_ALREADY";
  if (d.fault) return d.fault;
  d.unit = unit;
  d.paid = nothingPaid(count);
  d.paid.stored = now(d.hal, d.clock);
  // The unit's record comes last: whatever fails or is cut before it leaves a device that can be set up.
  storeTime(d);
  if (d.fault || !storePaid(d) || !store(d, d.safe, UNIT, packUnit(unit))) {
    d.unit = undefined;
    return d.fault;
  }
  note(d, "set up", -1);
  return d.fault;
}

/** Seconds that token entry stays closed for wrong tokens; 0 if it is open. */
export function secondsClosed(d: Device): number {
  return Math.max(0, d.paid.closedUntil - now(d.hal, d.clock));
}

/** Seconds of credit left; -1 if the device was unlocked for ever. */
export function credit(d: Device): number {
  return d.paid.unlocked ? -1 : secondsLeft(d.paid, now(d.hal, d.clock));
}

/**
 * The one door for tokens, from the keypad or a wire. `done` gets what became of it, and a number with "VALID" and
 * "SYNCED" (seconds left), "EXTENDED" (the value) and "LOCKED" (seconds). It may be called before this returns.
 */
export function enterToken(d: Device, text: string, done: (answer: Answer, value: number) => void): void {
  const unit = d.unit;
  const closed = secondsClosed(d);
  const refusal = d.fault ? "FAULT" : !unit ? "NOT_SET_UP" : d.walk ? "BUSY" : closed ? "LOCKED" : "";
  if (refusal || !unit) {
    done(refusal as Answer, closed);
    return;
  }
  const wrong = d.paid.wrong;
  const closedUntil = d.paid.closedUntil;
  const walk = startWalk(unit, d.paid, text);
  const slice = () => {
    let answer: Answer = "FAULT";
    let value = 0;
    if (d.walk !== walk) return;
    stepWalk(walk, unit, d.paid, 4);
    if (!walk.result) {
      d.tell("progress", walk.count / walk.top);
      d.hal.system.after(slice, 1);
      return;
    }
    if (!d.fault) {
      answer = walk.result;
      if (answer !== "INVALID") {
        d.paid.wrong = answer === "VALID" ? 0 : wrong;
        d.paid.closedUntil = closedUntil;
        if (answer === "VALID") {
          applyToken(d.paid, unit, walk, now(d.hal, d.clock));
          // Who just paid needs no reminder on the same day.
          d.lowDay = Math.floor((now(d.hal, d.clock) + d.settings.utcOffset) / DAY);
          if (walk.extended) answer = "EXTENDED";
          else if (walk.value === SYNC) answer = "SYNCED";
          else if (walk.value === DISABLE) answer = "PAYG_DISABLED";
          value = walk.extended ? walk.value : credit(d);
        }
        if (!storePaid(d)) answer = "FAULT";
      }
    }
    d.walk = undefined;
    tick(d);
    note(d, answer.toLowerCase(), -1);
    done(answer, value);
  };
  d.walk = walk;
  // Stored before the answer is known: cutting the power in the middle of the check gains nothing.
  closeEntry(d.paid, now(d.hal, d.clock));
  storePaid(d);
  slice();
}
