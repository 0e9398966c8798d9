/** Token entry: keys in, digits and signals out, as the OpenPAYGO Token documents describe it for a person. */
import { type Answer, credit, type Device, enterToken, secondsClosed } from "../device";
import { type Profile, play } from "./signals";

/** An entry without a key for this long (ms) is dropped; a display goes dark after the same time. */
const PATIENCE = 16000;

/** Below three days the lamps say so at power-on, below one the buzzer does so once a day. */
const LOW = 3 * 86400;

/** Listens to the keypad from now on, and shows what `device.tell` hears, with the signals of a profile. */
export function startEntry(d: Device, profile: Profile): void {
  const hal = d.hal;
  const system = hal.system;
  const signals = { hal, rest: "", timer: 0 };
  /** Digits so far; undefined outside an entry. */
  let digits: string | undefined;
  let timer = 0;

  const show = (text: string) => {
    if (timer) system.cancel(timer);
    if (hal.display) hal.display.show(text);
    timer = system.after(() => {
      digits = undefined;
      timer = 0;
      if (hal.display) hal.display.show("");
    }, PATIENCE);
  };
  /** Days left, rounded up, or why there are none. */
  const days = () => {
    const left = credit(d);
    return d.fault
      ? "Err" + (d.fault === "RTC" ? 1 : d.fault === "MEMORY" ? 2 : 3)
      : !d.unit
        ? "SEt"
        : left < 0
          ? "FrEE"
          : "" + Math.ceil(left / 86400);
  };
  const answered = (answer: Answer, value: number) => {
    play(signals, profile[answer] || "R", 250);
    show(
      answer === "INVALID"
        ? "Err"
        : answer === "ALREADY_USED"
          ? "USEd"
          : answer === "LOCKED"
            ? "L" + Math.ceil(value / 60)
            : days(),
    );
  };
  const submit = () => {
    const text = digits!;
    digits = undefined;
    enterToken(d, text, answered);
  };

  hal.keypad.start((key, held) => {
    if (d.walk) return;
    const length = d.unit && d.unit.restricted ? 15 : 9;
    if (key === "*") {
      if (held) return;
      const closed = secondsClosed(d);
      if (d.fault || !d.unit || closed) {
        digits = undefined;
        answered(d.fault ? "FAULT" : closed ? "LOCKED" : "NOT_SET_UP", closed);
        return;
      }
      digits = "";
    } else if (digits === undefined) {
      if (key !== "#") play(signals, "R", 150);
      else if (!held) {
        play(signals, "G", 60);
        show(days());
      }
      return;
    } else if (key === "#") digits = held ? "" : digits.slice(0, -1);
    else if (held) return;
    else if (length > 9 && "1234".indexOf(key) < 0) {
      play(signals, "R", 150);
      return;
    } else digits += key;
    play(signals, "G", 60);
    show(digits || "-");
    if (digits.length === length) submit();
  });

  let spin = 0;
  d.tell = (event) => {
    if (event === "low credit") play(signals, "G", 500);
    else if (event === "fault") answered("FAULT", 0);
    else if (event === "progress" && hal.display) {
      if (timer) system.cancel(timer);
      timer = 0;
      hal.display.show("-   ,-- ,--- ,----".split(",")[(spin++ >> 3) & 3]);
    }
  };
  const left = credit(d);
  if (d.fault || !d.unit) answered(d.fault ? "FAULT" : "NOT_SET_UP", 0);
  else if (left > 0 && left < LOW) play(signals, profile["LOW"], 250);
}
