/** Token entry: keys in, digits and signals out, as the OpenPAYGO Token documents describe it for a person. */
import { type Answer, credit, type Device, enterToken, secondsClosed } from "../device";
import { play } from "./signals";

/** An entry without a key for this long (ms) is dropped; a display goes dark after the same time. */
const PATIENCE = 16000;

/** Steps of 250 ms by what became of the token: the signals of the documents. */
const SIGNALS: { [answer: string]: string } = {
  VALID: "G.G",
  SYNCED: "G.G.G",
  PAYG_DISABLED: "G.G.G.G.G",
  EXTENDED: "G.G",
  ALREADY_USED: "G",
  INVALID: "R.R.R.R.R.R.R.R.R.R",
  LOCKED: "R",
  FAULT: "R.R.R",
  NOT_SET_UP: "R.R.R",
};

/** Listens to the keypad from now on, and shows what `device.on` tells. */
export function startEntry(d: Device): void {
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
      ? "Err" + (d.fault === "RTC" ? 1 : 2)
      : !d.unit
        ? "SEt"
        : left < 0
          ? "FrEE"
          : "" + Math.ceil(left / 86400);
  };
  const answered = (answer: Answer, value: number) => {
    play(signals, SIGNALS[answer] || "R", 250);
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
  d.on = (event) => {
    if (event === "progress" && hal.display) {
      if (timer) system.cancel(timer);
      timer = 0;
      hal.display.show("-   ,-- ,--- ,----".split(",")[(spin++ >> 3) & 3]);
    }
  };
  if (d.fault || !d.unit) answered(d.fault ? "FAULT" : "NOT_SET_UP", 0);
}
