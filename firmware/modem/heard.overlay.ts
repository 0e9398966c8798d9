/** What becomes of that which a modem tells. */
import { setTime } from "../clock/told";
import { type Device, store } from "../device";
import { PAYLOAD } from "../store/journal";
import { SENT_PINS } from "../store/records";
import type { ModemSettings } from "./modem";
import { marked, PINS, pins, RIGHT, textIn } from "./pins";

/** Whether text messages are read. */
declare const SMS: boolean;

/** A number that only this certificate of an authority has, 0 for none. */
declare const CERTIFICATE: number;

/** When this was built, Unix seconds: no network's time before that is right. */
declare const RELEASED: number;

/**
 * Hears what the modem tells (modem.ts), keeps what is to be kept, and returns a token that was in a message and is nothing else, or "":
 * so many digits as the unit's tokens have, in groups or not.
 */
export function heard(d: Device, settings: ModemSettings, event: string, value: number | string): string {
  if (SMS && event === "sms") {
    const digits = (value as string).split(" ").join("").split("-").join("");
    const lengths = d.unit!.restricted ? [15, 20] : [9, 12];
    if (!/^[0-9]+$/.test(digits) || lengths.indexOf(digits.length) < 0 || digits === d.texted) return "";
    // One a session: the others wait for what becomes of it. Its message stays until it was entered: the power may go first.
    settings.sms = 0;
    return digits;
  }
  // To load this takes a slice already.
  if (event === "time") d.hal.system.after(() => setTime(d, value as number, RELEASED), 1);
  if (event === "signal") d.signal = value as number;
  if (event === "ca") settings.ca = undefined;
  if (event !== "pin" && event !== "ca") return "";
  const pin = event === "pin" ? settings.access[3] : "";
  let kept = false;
  try {
    if (pin || !marked(d)) {
      const bytes = pins(d);
      if (pin) {
        const all = textIn(bytes, PINS)
          .split("\n")
          .filter((line) => line && line !== pin && line !== "=" + pin);
        all.push((value === RIGHT ? "=" : "") + pin);
        const text = all.join("\n");
        // Behind its end there is no code, which is kept as 0: that ends it, as it is shorter than before by one at the most.
        for (let i = 0; i <= text.length && PINS + i < PAYLOAD; i++) bytes[PINS + i] = text.charCodeAt(i);
      } else new DataView(bytes.buffer).setUint32(0, CERTIFICATE, true);
      kept = store(d, d.safe, SENT_PINS, bytes);
    }
  } catch (_) {
    // The store tells that its memory fails.
  }
  // What is not remembered is not sent: without digits it is no try.
  if (pin && !kept) settings.access[3] = "";
  return "";
}
