/** Token entry: keys in, digits and signals out, as the OpenPAYGO Token documents describe it for a person. */
import { type Answer, credit, type Device, enterToken, secondsClosed } from "../device";
import { SHORT_STARTS } from "../store/records";
import { type Profile, play, type Signals } from "./signals";

/** An entry without a key for this long (ms) is dropped; a display goes dark after the same time. */
const PATIENCE = 16000;

/** Below three days the lamps say so at power-on, below one the buzzer does so once a day. */
const LOW = 259200;

/** The sign that nothing works, and that of little credit, in every profile. */
const BROKEN = -3;
const LITTLE = "a.a.a";

/** So many starts running that did not last until the first store of the time are shown: it is a loop, or a bad contact. */
const RESTARTING = 4;

/** What the person is in the middle of. */
interface Entry {
  /** Digits so far; undefined outside an entry. */
  digits: string | undefined;
  /** Timer that drops the entry and darkens the display. */
  patience: number;
  profile: Profile;
  signals: Signals;
}

/** Shows text until nothing has happened for a while. */
function show(d: Device, e: Entry, text: string): void {
  const display = d.hal.display;
  if (e.patience) d.hal.system.cancel(e.patience);
  if (display) display.show(text);
  e.patience = d.hal.system.after(() => {
    e.digits = undefined;
    e.patience = 0;
    if (display) display.show("");
  }, PATIENCE);
}

/** Days left, rounded up, or why there are none. */
function days(d: Device): string {
  const left = credit(d);
  if (d.fault) return "Err" + (d.fault === "RTC" ? 1 : d.fault === "MEMORY" ? 2 : 3);
  if (!d.unit) return "SEt";
  return left < 0 ? "FrEE" : "" + Math.ceil(left / 86400);
}

/** Tells the person what became of a token; `value` is the seconds of a lockout. */
function answered(d: Device, e: Entry, answer: Answer, value: number): void {
  const blinks =
    e.profile[answer] || (answer === "FAULT" || answer === "NOT_SET_UP" ? BROKEN : answer === "TEST" ? 1 : -1);
  play(e.signals, (blinks > 0 ? "G." : "R.").repeat(Math.abs(blinks)), 250);
  const texts: { [answer: string]: string } = {
    "INVALID": "Err",
    "ALREADY_USED": "USEd",
    "LOCKED": "L" + Math.ceil(value / 60),
    "TEST": "tESt",
  };
  show(d, e, texts[answer] || days(d));
}

/** One press of a key, or one that is still down after a second (`held`). */
function press(d: Device, e: Entry, key: string, held: boolean): void {
  const restricted = d.unit && d.unit.restricted;
  let digits = e.digits;
  // The factory's test of the keys.
  if (!d.unit) d.hal.serial.write("#KEY;" + key + "\r\n");
  if (d.walk || (held && key !== "#")) return;
  // Without a star the first digit starts.
  if (key === "*" || (digits === undefined && key !== "#" && d.hal.keypad.fourKeys)) {
    const closed = secondsClosed(d);
    e.digits = undefined;
    if (d.fault || !d.unit || closed) {
      answered(d, e, d.fault ? "FAULT" : closed ? "LOCKED" : "NOT_SET_UP", closed);
      return;
    }
    digits = key === "*" ? "" : key;
  } else if (digits === undefined) {
    if (key !== "#") play(e.signals, "R", 150);
    else if (!held) {
      play(e.signals, "G", 60);
      show(d, e, days(d));
    }
    return;
  } else if (key === "#") digits = held ? "" : digits.slice(0, -1);
  else if (restricted && "1234".indexOf(key) < 0) {
    play(e.signals, "R", 150);
    return;
  } else digits += key;
  e.digits = digits;
  play(e.signals, "G", 60);
  show(d, e, digits || "-");
  if (digits.length === (restricted ? 15 : 9)) {
    e.digits = undefined;
    enterToken(d, digits, (answer, value) => answered(d, e, answer, value));
  }
}

/** Listens to the keypad from now on, and shows what `device.tell` hears, with the signals of a profile. */
export function startEntry(d: Device, profile: Profile): void {
  const e: Entry = { digits: undefined, patience: 0, profile, signals: { hal: d.hal, rest: "", timer: 0 } };
  const left = credit(d);
  let spin = 0;
  d.hal.keypad.start((key, held) => press(d, e, key, held));
  d.tell = (event) => {
    // A new sign every eight slices; the last one goes dark by itself when the token came over a wire.
    if (event === "progress") {
      if (!(spin++ & 7)) show(d, e, "-   ,-- ,--- ,----".split(",")[(spin >> 3) & 3]);
    } else if (event === "low credit") play(e.signals, "G", 500);
    else if (event === "fault") answered(d, e, "FAULT", 0);
    else if (event === "set up") show(d, e, days(d));
  };
  const restarting = d.log.bytes[SHORT_STARTS] > RESTARTING;
  if (restarting || d.fault || !d.unit) answered(d, e, "FAULT", 0);
  else if (left > 0 && left < LOW) play(e.signals, LITTLE, 250);
  show(d, e, restarting ? "rSt" : days(d));
}
