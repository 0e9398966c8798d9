/**
 * What a device knows of its modem, and what becomes of that which the modem tells. In the store are the network's access, given at
 * the factory port, and what became of each PIN.
 *
 * The texts are one to three records of one generation, so that a cut leaves all of the new ones or none:
 *
 *     0 generation | 1 a piece of APN, user, password and PIN, a line each; zeros behind the end
 *
 * The other record:
 *
 *     0 mark of the certificate that the modem has | 4 the PINs that were sent, a line each; the right one with a = before it
 */
import { setTime } from "../clock/told";
import { type Device, secondsClosed, store } from "../device";
import { latest, PAYLOAD } from "../store/journal";
import { ACCESS, ACCESS_PARTS, FAILED_SESSIONS, NEXT_SESSION, SENT_PINS } from "../store/records";
import type { ModemSettings } from "./modem";

/** Whether raw connections are for it; text messages are read; plain HTTP will do; the modem sleeps between sessions. */
declare const LEAN: boolean;
declare const SMS: boolean;
declare const PLAIN: boolean;
declare const DOZE: boolean;

/** A number that only this certificate of an authority has, 0 for none; and its bytes. */
declare const CERTIFICATE: number;
declare const CERTIFICATE_BYTES: number;

/** When this was built, Unix seconds: no network's time before that is right. */
declare const RELEASED: number;

/** Failures in a row after which the certificate is given to the modem again: it may be another modem. */
const AGAIN = 4;

/** What is known of a PIN: it was never sent; it was, and was not seen to be right; it is right. */
const NEW = 0;
const SENT = 1;
const RIGHT = 2;

/** Characters of a record of texts, and where the PINs begin in theirs. */
const PIECE = PAYLOAD - 1;
const PINS = 4;

/** One thing of it is used, once. */
export interface Access {
  /**
   * What a session has to know. `given` is what the board's JSON says: 0 gives APN, user, password and PIN of a unit that was told
   * nothing else, a line each; from 1 on come pieces of the certificate, PEM.
   */
  settings: (given: (piece: number) => string) => ModemSettings;
  /** Hears what the modem tells (modem.ts), keeps what is to be kept, and returns a token that was in a message, or "". */
  hear: (settings: ModemSettings, event: string, value: number | string) => string;
  /** `#MODEM` with the fields of its line: keeps what they say. Returns the answer. */
  command: (fields: string[]) => string;
}

export function access(d: Device): Access {
  const pins = () => latest(d.safe!, SENT_PINS) || new Uint8Array(PAYLOAD);

  /** Whether the modem was given the certificate. */
  const marked = () => new DataView(pins().buffer).getUint32(0, true) === CERTIFICATE;

  /** The text in a record, from a byte on. */
  const textIn = (bytes: Uint8Array, from: number): string =>
    String.fromCharCode.apply(null, bytes.subarray(from) as any).split("\0")[0];

  /** Keeps texts of 160 characters at most. */
  const write = (text: string): boolean => {
    const before = latest(d.safe!, ACCESS);
    for (let part = 0; part * PIECE <= text.length; part++) {
      const bytes = new Uint8Array(PAYLOAD);
      bytes[0] = before ? before[0] + 1 : 0;
      for (let i = 0; i < PIECE; i++) bytes[i + 1] = text.charCodeAt(part * PIECE + i);
      if (!store(d, d.safe, ACCESS + part, bytes)) return false;
    }
    return true;
  };

  const read = (): string[] | undefined => {
    let text = "";
    let generation = 0;
    for (let part = 0; part < ACCESS_PARTS; part++) {
      const bytes = latest(d.safe!, ACCESS + part);
      if (!bytes || (part && bytes[0] !== generation)) return undefined;
      generation = bytes[0];
      text += textIn(bytes, 1);
      if (!bytes[PIECE]) break;
    }
    return text.split("\n");
  };

  /** What is known of a PIN. When no more can be remembered, none is new. */
  const known = (pin: string): number => {
    const all = textIn(pins(), PINS).split("\n");
    if (all.indexOf("=" + pin) >= 0) return RIGHT;
    return all.indexOf(pin) >= 0 || all.join("\n").length + pin.length + 2 > PAYLOAD - PINS ? SENT : NEW;
  };

  /** Keeps what is known of a PIN, or that the modem has the certificate; false when the memory does not. */
  const keep = (pin: string, state: number, mark: number): boolean => {
    const before = pins();
    const bytes = new Uint8Array(PAYLOAD);
    const all = textIn(before, PINS)
      .split("\n")
      .filter((line) => line && line !== pin && line !== "=" + pin);
    if (pin) all.push((state === RIGHT ? "=" : "") + pin);
    const text = all.join("\n");
    for (let i = 0; i < text.length; i++) bytes[PINS + i] = text.charCodeAt(i);
    bytes.set(before.subarray(0, PINS));
    if (mark) new DataView(bytes.buffer).setUint32(0, mark, true);
    return store(d, d.safe, SENT_PINS, bytes);
  };

  /** A token in a message that is nothing else, or "": so many digits as the unit's tokens have, in groups or not. */
  const tokenIn = (text: string): string => {
    const digits = text.split(" ").join("").split("-").join("");
    const lengths = d.unit!.restricted ? [15, 20] : [9, 12];
    return /^[0-9]+$/.test(digits) && lengths.indexOf(digits.length) >= 0 ? digits : "";
  };

  return {
    settings(given) {
      const settings: ModemSettings = {
        access: given(0).split("\n"),
        pinState: NEW,
        plain: PLAIN ? 1 : 0,
        lean: LEAN ? 1 : 0,
        ca: CERTIFICATE ? given : undefined,
        caBytes: CERTIFICATE_BYTES,
        // What comes while entry is closed stays with the modem.
        sms: SMS && !secondsClosed(d) ? 1 : 0,
        doze: DOZE ? 1 : 0,
        failures: d.log.bytes[FAILED_SESSIONS] - 1,
      };
      try {
        settings.access = read() || settings.access;
        if (settings.access[3]) settings.pinState = known(settings.access[3]);
        if (marked() && settings.failures % AGAIN !== AGAIN - 1) settings.ca = undefined;
      } catch (_) {
        // The store tells that its memory fails. No PIN is sent that could not be remembered.
        settings.access[3] = "";
      }
      return settings;
    },

    hear(settings, event, value) {
      let token = SMS && event === "sms" ? tokenIn(value as string) : "";
      if (token === d.texted) token = "";
      // One a session: the others wait for what becomes of it. Its message stays until it was entered: the power may go first.
      if (token) settings.sms = 0;
      // What is not remembered is not sent: without digits it is no try.
      if (event === "pin" && !keep(settings.access[3], value as number, 0)) settings.access[3] = "";
      // To load this takes a slice already.
      if (event === "time") d.hal.system.after(() => setTime(d, value as number, RELEASED), 1);
      if (event === "signal") d.signal = value as number;
      if (event === "ca") {
        if (!marked()) keep("", NEW, CERTIFICATE);
        settings.ca = undefined;
      }
      return token;
    },

    command(fields) {
      const names = ["APN", "USER", "PASSWORD", "PIN"];
      const texts = names.map((_, i) => fields[i + 1] || "");
      let wrong = fields.length > 5 ? "TOO_MANY_FIELDS" : "";
      // They stand in quotes in the modem's commands.
      const quoted = /^[!#-\x5b\x5d-~]*$/;
      for (let i = 0; i < 4 && !wrong; i++) if (!quoted.test(texts[i])) wrong = names[i];
      const pin = texts[3];
      if (pin && (!/^[0-9]+$/.test(pin) || pin.length < 4 || pin.length > 8)) wrong = wrong || "PIN";
      if (!wrong && !d.fault && write(texts.join("\n"))) {
        // Whoever gives them wants to see that they are right.
        d.log.view.setUint32(NEXT_SESSION, 0, true);
        return "#MODEM;OK";
      }
      return "#MODEM;ERROR;" + (wrong || d.fault);
    },
  };
}
