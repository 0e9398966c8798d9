/** The services wired to the hal: what the device knows, its one door for tokens, and the tick that switches the output. */
import type { Hal } from "../hal/hal";
import { type Clock, checkClock, now, startClock } from "./clock/clock";
import { applyToken, closeEntry, isActive, nothingPaid, type Paid, secondsLeft } from "./credit/credit";
import { append, type Journal, latest, openJournal } from "./store/journal";
import { PAID, packPaid, packUnit, TIME, timeAt, UNIT, unpackPaid, unpackUnit } from "./store/records";
import { DISABLE, SYNC, startWalk, stepWalk, type Unit, type Walk } from "./token/decode";

/** Seconds between two checks of the clock, each of which stores the time. */
const INTERVAL = 60;

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
  /** The board's name, for #INFO. */
  board: string;
  /** Undefined until the factory set the device up. */
  unit: Unit | undefined;
  paid: Paid;
  clock: Clock;
  journal: Journal | undefined;
  /** "" or what keeps the output off: "RTC" or "MEMORY" does not work. */
  fault: string;
  /** The token being checked. */
  walk: Walk | undefined;
  /** Last events, newest last, at most eight: "time name". */
  events: string[];
  /** Who wants to know what happened: feedback to the person, a product's own code. */
  on: (event: string, value: number) => void;
}

/** Tells what happened. Names are lower case words; see docs/serial.md. */
export function tell(d: Device, event: string, value: number): void {
  if (event !== "progress") {
    if (d.events.length > 7) d.events.shift();
    d.events.push(now(d.hal, d.clock) + " " + event);
  }
  d.on(event, value);
}

/** Makes the device from its board: reads what was stored, starts the clock, ticks once a second. Never throws. */
export function startDevice(hal: Hal, board: string): Device {
  const clock: Clock = { time: 0, ticks: hal.system.ticks(), lost: 0, silent: 0 };
  const d: Device = {
    hal,
    board,
    unit: undefined,
    paid: nothingPaid(1),
    clock,
    journal: undefined,
    fault: "MEMORY",
    walk: undefined,
    events: [],
    on: () => {},
  };
  try {
    const journal = openJournal(hal.memory, hal.system.crc, 0, 2, 4096, TIME);
    d.journal = journal;
    const unit = latest(journal, UNIT);
    const paid = latest(journal, PAID);
    const time = latest(journal, TIME);
    if (unit && paid) {
      d.unit = unpackUnit(unit);
      d.paid = unpackPaid(paid);
    }
    d.fault = "RTC";
    d.clock = startClock(hal, Math.max(paid ? timeAt(paid, 28) : 0, time ? timeAt(time, 0) : 0), INTERVAL);
    d.fault = "";
  } catch (_) {
    tell(d, "fault", 0);
  }
  if (d.clock.lost) tell(d, "clock lost", 0);
  let seconds = 0;
  hal.system.every(() => {
    if (++seconds % INTERVAL === 0) storeTime(d);
    switchOutput(d);
  }, 1000);
  switchOutput(d);
  return d;
}

/** Holds the clock against the chip and stores the time. */
function storeTime(d: Device): void {
  if (d.fault) return;
  const lost = d.clock.lost;
  checkClock(d.hal, d.clock);
  if (d.clock.lost !== lost) tell(d, "clock lost", 0);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, now(d.hal, d.clock), true);
  store(d, TIME, bytes);
}

/** Stores a record; a memory that fails is a fault, and the answer is false. */
function store(d: Device, type: number, bytes: Uint8Array): boolean {
  try {
    append(d.journal!, type, bytes);
    return true;
  } catch (_) {
    d.fault = "MEMORY";
    tell(d, "fault", 0);
    switchOutput(d);
    return false;
  }
}

/** The output follows the credit, and nothing else. */
export function switchOutput(d: Device): void {
  const on = d.unit && !d.fault && isActive(d.paid, now(d.hal, d.clock)) ? 1 : 0;
  d.hal.output.write(on);
}

/** Gives a device its identity, once. Returns "" or the reason why nothing was changed. */
export function setUp(d: Device, unit: Unit, count: number): string {
  if (d.unit) return "SET_UP_ALREADY";
  if (d.fault) return d.fault;
  const paid = nothingPaid(count);
  // The unit's record comes last: a cut before it leaves a device that can be set up.
  if (!store(d, PAID, packPaid(paid, now(d.hal, d.clock))) || !store(d, UNIT, packUnit(unit))) return d.fault;
  d.unit = unit;
  d.paid = paid;
  tell(d, "set up", 0);
  return "";
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
  const keep = () => store(d, PAID, packPaid(d.paid, now(d.hal, d.clock)));
  const finish = () => {
    let answer: Answer = walk.result as Answer;
    let value = 0;
    if (answer !== "INVALID") {
      d.paid.wrong = answer === "VALID" ? 0 : wrong;
      d.paid.closedUntil = closedUntil;
      if (answer === "VALID") {
        applyToken(d.paid, unit, walk, now(d.hal, d.clock));
        value = credit(d);
        if (walk.extended) {
          answer = "EXTENDED";
          value = walk.value;
        } else if (walk.value === SYNC) answer = "SYNCED";
        else if (walk.value === DISABLE) answer = "PAYG_DISABLED";
      }
      if (!keep()) answer = "FAULT";
    }
    d.walk = undefined;
    switchOutput(d);
    tell(d, answer.toLowerCase(), value);
    done(answer, value);
  };
  const slice = () => {
    stepWalk(walk, unit, d.paid, 4);
    if (walk.result) finish();
    else {
      tell(d, "progress", walk.count / walk.top);
      d.hal.system.after(slice, 1);
    }
  };
  d.walk = walk;
  closeEntry(d.paid, now(d.hal, d.clock));
  if (!keep()) {
    d.walk = undefined;
    done("FAULT", 0);
  } else slice();
}
