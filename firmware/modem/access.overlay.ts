/**
 * What a session has to know of the network's access, and how that is given, at the factory port. The texts are one to three records of
 * one generation, so that a cut leaves all of the new ones or none:
 *
 *     0 generation | 1 a piece of APN, user, password and PIN, a line each; zeros behind the end
 */
import { type Device, secondsClosed, store } from "../device";
import { latest, PAYLOAD } from "../store/journal";
import { ACCESS, ACCESS_PARTS, FAILED_SESSIONS, NEXT_SESSION } from "../store/records";
import type { ModemSettings } from "./modem";
import { marked, NEW, PINS, pins, RIGHT, SENT, textIn } from "./pins";

/** Whether raw connections are for it; text messages are read; plain HTTP will do; the modem sleeps between sessions. */
declare const LEAN: boolean;
declare const SMS: boolean;
declare const PLAIN: boolean;
declare const DOZE: boolean;

/** A number that only this certificate of an authority has, 0 for none; and its bytes. */
declare const CERTIFICATE: number;
declare const CERTIFICATE_BYTES: number;

/** Failures in a row after which the certificate is given to the modem again: it may be another modem. */
const AGAIN = 4;

/** Characters of a record of texts. */
const PIECE = PAYLOAD - 1;

/** One thing of it is used, once. */
export interface Access {
  /**
   * What a session has to know. `given` is what the board's JSON says: 0 gives APN, user, password and PIN of a unit that was told
   * nothing else, a line each; from 1 on come pieces of the certificate, PEM.
   */
  settings: (given: (piece: number) => string) => ModemSettings;
  /** `#MODEM` with the fields of its line: keeps what they say. Returns the answer. */
  command: (fields: string[]) => string;
}

export function access(d: Device): Access {
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
    const all = textIn(pins(d), PINS).split("\n");
    if (all.indexOf("=" + pin) >= 0) return RIGHT;
    return all.indexOf(pin) >= 0 || all.join("\n").length + pin.length + 2 > PAYLOAD - PINS ? SENT : NEW;
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
        if (marked(d) && settings.failures % AGAIN !== AGAIN - 1) settings.ca = undefined;
      } catch (_) {
        // The store tells that its memory fails. No PIN is sent that could not be remembered.
        settings.access[3] = "";
      }
      return settings;
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
