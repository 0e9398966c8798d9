/**
 * A session with a cellular modem: it is switched on, registers, carries POSTs, hands over text messages, and is switched
 * off or put to sleep. What goes wrong climbs a ladder, from closing what is open to cutting the modem off its supply. All
 * of this is loaded for the session, and gone when "off" was told and nobody holds the transport any more.
 */
import type { ModemPort, Post, System, Transport } from "../../hal/hal";
import { AGAIN, GO, GONE, LATER, PIECE, STOP, startAt } from "./at";

/** What a board's bundle has of all this: raw connections, the modem's own HTTP service, text messages. */
declare const LEAN: boolean;
declare const SERVICE: boolean;
declare const SMS: boolean;

/** What a session has to know. */
export interface ModemSettings {
  /**
   * Of the network's access point its name, user and password, each "" where it has none; and the PIN of the SIM, or "".
   */
  access: string[];
  /** What is known of the PIN: 0 never sent, 1 sent and not seen to be right, 2 right. Kept up to date. */
  pinState: number;
  /** 1 allows plain HTTP, and TLS below 1.2 on a modem that has no better. */
  plain: number;
  /** 1 sends over a raw connection with a short head where the modem can do that, 0 over the modem's own HTTP service. */
  lean: number;
  /**
   * The certificate of the authority that the server's must come from, PEM, in pieces from 1 on, "" behind its end; when the modem has
   * still to be given it.
   */
  ca: undefined | ((piece: number) => string);
  /** Its bytes. */
  caBytes: number;
  /** 1 reads text messages. Set to 0 while one is told, it stays, and no other is read. */
  sms: number;
  /** 1 puts the modem to sleep after a good session; 0 switches it off. */
  doze: number;
  /** Sessions before this one that failed in a row. */
  failures: number;
  /** 1 for the factory's test: the session ends as soon as the modem has answered, and its SIM was looked at. */
  trial?: number;
}

/**
 * Who wants to know what happens:
 * - "pin": what is known of the PIN from now on, to be stored as `pinState` before the next command goes out, 20 ms later.
 * - "time": Unix seconds as the network says, unchecked. "signal": 0 to 31, 99 if unknown.
 * - "sms": the text of a message, which is deleted next unless `sms` was set to 0.
 * - "bytes": what a POST took on the air, both ways, about.
 * - "ca": 1, the modem has the certificate.
 * - "off": "" or why the session failed. The last word of the session: its port is given back, no timer runs.
 */
export type Tell = (event: string, value: number | string) => void;

/** What the session does: nothing, on its way to an answer, a repair, the end in its steps. */
const IDLE = 0;
const RISING = 1;
const MENDING = 3;
const READING = 4;
const FALLING = 5;
const DOWN = 6;

/** How far it is: the number of the script it runs, as listed in `proceed`; from `READY` on with a POST. */
const SIM = 2;
const NET = 3;
const READY = 6;
const ANSWERED = 10;

/** Rungs of the ladder where a failure on the way starts. */
const RADIO = 1;
const OFF = 3;

/** Where a raw answer is after its head: in its body, its chunks, a body that ends with the connection, behind it. */
const BODY = 1;
const CHUNKS = 2;
const OPEN = 3;
const WHOLE = 4;

/** Longest piece of an answer that is handed over; longest line of its head that is looked at. */
const HANDED = 64;
const LONGEST = 128;

/** Most bytes of one send: what every family takes, and a segment carries. */
const SEND = 1360;

/** Most messages read in a session, and places that are looked at, whether the one before was empty or not. */
const MESSAGES = 40;
const LOOKED = 10;

/** Bytes on the air that are not counted: ten segments, the heads that the modem's own service writes and reads, TLS. */
const SEGMENTS = 400;
const HEADS = 300;
const TLS = 5000;

export function modem(
  port: ModemPort,
  system: System,
  settings: ModemSettings,
  family: (name: string) => string,
  tell: Tell,
): Transport {
  let doing = MENDING;
  let phase = 0;
  let rung = 0;
  let ending = 0;
  // Why the script that runs fails, if more is known than where; why the session has failed.
  let why = "";
  let reason = "";
  // The POST; whether it is over TLS, over a raw connection, and its body was begun; all its bytes so far.
  let post: Post | undefined;
  let tls = 0;
  let raw = 0;
  let begun = 0;
  let bytes = 0;
  // Bytes to be written: of the request (-1: not known yet), of this send; and those that are at hand.
  let left = 0;
  let chunk = 0;
  let text = "";
  // The answer: its status; its bytes (-1: not known); those that were read; those since last asked.
  let status = 0;
  let total = 0;
  let offset = 0;
  let taken = 0;
  // A raw answer: where it is, the line that is being read, bytes before the next line, whether the connection is closed.
  let place = 0;
  let line = "";
  let body = 0;
  let closed = 0;
  // Of the script that runs: whether the modem answered; the PIN is to be sent (1), was taken (2) or not (3); the other network is asked.
  let mark = 0;
  // The message that is read, whether it was there, and the last one announced.
  let message = -1;
  let found = 1;
  let announced = -1;

  /** A script: the family's own, or what all families have in common. */
  const script = (name: string): string => {
    const own = family(name);
    switch (name) {
      case "on":
        return `!b${port.baud}\n!r1||1\n!s0||.1\n|OK|.3|4?|a\n!k1$k||${family("press")}\n!k0$k||2`;
      case "boot":
        return "|OK|.5|60\nE0\n+CMEE=1\n+CFUN=1|OK|15|1?\n" + own;
      case "sim":
        return '+CPIN?|+CPIN: OK|5|20|p\n+CPIN="$p"|OK||1|q\n+CPIN?$P|+CPIN: OK|5|20|p';
      case "net":
        return `+CSQ|+CSQ: OK||?|g\n+CREG=0|OK||?\n+C${family("reg")}REG=0|OK||?\n+C$rREG?|REG:0, OK|3|90|c`;
      case "radio":
        return "+CFUN=0|OK|15|1?\n!||3\n+CFUN=1|OK|15|1?";
      case "reset":
        return "+CFUN=1,1|OK|15|1?\n!||5";
      case "baud":
        return [9600, 19200, 38400, 57600, 115200]
          .map((baud) => `!b${baud}||.1\n+IPR=${port.baud}|OK|.4|2?`)
          .join("\n");
      case "off":
        // Without a key or a supply to switch, nobody could switch it on again.
        // A POST may have been refused before the port was set up.
        return `!b${port.baud}\n` + (port.pins.k === undefined && port.pins.r === undefined ? "+CFUN=0|OK|15|1?" : own);
      case "cut":
        return "!r0||9";
      case "ca":
        return tls && settings.ca ? own + "\n!c" : "";
      case "sms":
        return SMS
          ? (message > 0 ? "" : "+CMGF=1\n+CNMI=2,1|OK||?\n") + "+CMGR=$i|+CMGR: * OK|3|1|m\n+CMGD=$j|OK||?"
          : "";
    }
    return own;
  };

  /** The POST is over. */
  const close = (code: number, said: string) => {
    const over = post;
    const used = bytes;
    post = undefined;
    bytes = begun = 0;
    if (used) tell("bytes", used + SEGMENTS + (raw ? 0 : HEADS) + (tls ? TLS : 0));
    if (over) over.close(code, said);
  };

  /** Goes on after what it did, which ended with "" or an error. */
  const proceed = (error: string) => {
    const did = doing;
    let run: string | undefined;
    // Whoever is called from here finds it at work.
    doing = MENDING;
    if (did < MENDING && !error && ++phase === ANSWERED) {
      phase = READY;
      rung = 0;
      reason = "";
      close(status, "");
    } else if (did < MENDING && error && !ending) {
      // What helps, from the least on: a script, and how far back it leads at least. Each time one rung higher.
      const ladder = "clear3 radio2 reset1 off0 baud0 cut0";
      const lacks = "SILENT SILENT NO_SIM NO_NETWORK NO_NETWORK NO_NETWORK NO_CA NO_NETWORK NO_SERVER NO_ANSWER";
      if (phase < READY && !settings.trial) rung = Math.max(rung, phase < SIM ? OFF : RADIO);
      // A new modem may have another rate. The factory's test tries nothing else: who is there looks at it.
      const step = (!settings.trial ? ladder : phase < SIM ? "baud0" : "").split(" ")[rung++];
      if (!why) why = lacks.split(" ")[phase];
      // Nothing helps against a wrong PIN.
      if (!step || why.charAt(0) === "P") ending = 1;
      else {
        run = script(step.slice(0, -1));
        phase = Math.min(phase, +step.slice(-1));
      }
      if (begun || ending) {
        reason = why;
        close(0, why);
      }
    }
    if (did === DOWN) {
      port.start(undefined, 0);
      tell("off", reason);
      return;
    }
    if (settings.trial && phase > SIM) ending = 1;
    if (ending) {
      doing = did === FALLING || (settings.doze && port.pins.s !== undefined && !reason) ? DOWN : FALLING;
      run = did === FALLING ? "!||3\n!r0" : doing === DOWN ? family("sleep") + "\n!s1" : script("off");
      if (SMS && settings.sms && phase > NET && did < FALLING) {
        // First the messages, from number 0 or 1 on, and the one announced.
        message = found || message < LOOKED ? message + 1 : announced > message ? announced : MESSAGES;
        found = 0;
        if (message < MESSAGES) {
          doing = READING;
          run = script("sms");
        }
      }
    } else if (run === undefined && (phase < READY || post)) {
      doing = RISING;
      mark = 0;
      why = "";
      if (phase === READY) {
        left = total = -1;
        text = line = "";
        chunk = begun = status = offset = taken = closed = body = place = 0;
        tls = post!.url.charAt(4) === "s" ? 1 : 0;
        raw = LEAN && (!SERVICE || (settings.lean && (!tls || family("tls")))) ? 1 : 0;
      }
      run = script(("on boot sim net data time ca clear " + (raw ? "tcp talk" : "http send")).split(" ")[phase]);
    }
    if (run === undefined) doing = IDLE;
    else at.run(run);
  };

  const at = startAt(port, system, {
    done: proceed,

    gap(name) {
      // Asked for most often, with every line that comes.
      if (name === "|") return family("unasked");
      const asked = post!;
      if (name === ">") {
        if (!text && chunk && phase === READY) text = settings.ca!(++offset);
        else if (!text && chunk && asked) {
          begun = 1;
          text = asked.read();
        }
        const piece = text.substr(0, Math.min(chunk, PIECE));
        text = text.substr(piece.length);
        chunk -= piece.length;
        if (left > 0) left -= piece.length;
        bytes += piece.length;
        return piece;
      }
      const address = asked ? asked.url.split("/") : [];
      switch (name) {
        case "a":
          return settings.access[0];
        case "u":
          return settings.access[1];
        case "U":
          return settings.access[1] || undefined;
        case "e":
          return settings.access[1] ? undefined : "";
        case "w":
          return settings.access[2];
        case "W":
          return settings.access[2] || undefined;
        case "p":
          return mark === 1 ? settings.access[3] : undefined;
        case "P":
          return mark > 1 ? "" : undefined;
        case "r":
          return mark ? "" : family("reg");
        case "k":
          return mark || port.pins.k === undefined ? undefined : "";
        case "i":
          return message;
        case "j":
          return found ? message : undefined;
        case "h":
          return address[2].split(":")[0];
        case "o":
          return address[2].split(":")[1] || (tls ? 443 : 80);
        case "l":
          return "/" + address.slice(3).join("/");
        case "S":
          return address[0];
        case "s":
          return tls ? "" : undefined;
        case "t":
          return tls;
        case "m":
          if (LEAN && raw) return port.burst;
          return offset < total ? Math.min(port.burst, total - offset) : undefined;
        case "K":
          offset = 0;
          return (chunk = settings.caBytes);
        case "L":
          text = asked.url;
          return (chunk = text.length);
      }
      if (SERVICE)
        switch (name) {
          case "R":
            return asked.url;
          case "T":
            return asked.type;
          case "A":
            return asked.authorization || undefined;
          case "f":
            return offset;
          case "q":
            return total ? "" : undefined;
        }
      // What is left of the request, and how much of it is to be sent now: N the body, M and n with our head before it.
      if (left < 0) {
        text =
          SERVICE && name === "N"
            ? ""
            : `POST /${address.slice(3).join("/")} HTTP/1.1\r\nHost:${address[2]}\r\nContent-Type:${asked.type}\r\n` +
              `Content-Length:${asked.size}\r\n` +
              (asked.authorization && "Authorization:" + asked.authorization + "\r\n") +
              "\r\n";
        left = text.length + asked.size;
      }
      return (chunk = name === "n" ? Math.min(left, SEND) : left);
    },

    judge(code, said, error) {
      const fields = said.split(":").join(",").split(",");
      const field = fields[2];
      const n = taken;
      taken = 0;
      switch (code) {
        case "!":
          if (said.charAt(0) === "b") port.start(at.feed, +said.substr(1));
          else if (said === "c") {
            tell("ca", 1);
            offset = 0;
          } else if (said) port.drive(said.charAt(0) as "k", +said.charAt(1));
          return GO;
        case "^":
          return chunk;
        case "a":
          mark = error ? 0 : 1;
          break;
        case "p":
          if (fields[1] === "READY") {
            if (mark && settings.pinState < 2) tell("pin", (settings.pinState = 2));
            return GO;
          }
          if (fields[1] === "SIMPUK") why = "PUK";
          if (fields[1] === "SIMPIN") {
            if (!mark && settings.access[3] && settings.pinState !== 1) {
              if (!settings.pinState) tell("pin", (settings.pinState = 1));
              mark = 1;
              return GO;
            }
            if (mark > 2 && settings.pinState > 1) tell("pin", (settings.pinState = 1));
            why = "PIN";
            // It was taken: the SIM says so in a moment.
            if (mark === 2) return LATER;
          }
          return why ? STOP : LATER;
        case "q":
          mark = error ? 3 : 2;
          return GO;
        case "g":
          if (!error) tell("signal", parseInt(fields[1], 10));
          break;
        case "c":
          if (field === "1" || field === "5") return GO;
          why = field === "3" ? "DENIED" : "";
          mark = 1 - mark;
          return LATER;
        case "t":
        case "T": {
          // yy/MM/dd,hh:mm:ss and the quarter hours that it is ahead of UTC; or it is UTC already.
          const y = said.indexOf("/");
          const date =
            "20" +
            said
              .substr(y - 2, 8)
              .split("/")
              .join("-") +
            "T" +
            said.substr(y + 7, 8) +
            "Z";
          const ahead = code === "t" ? parseInt(said.substr(y + 15, 3), 10) * 900 : 0;
          const time = Date.parse(date) / 1000 - ahead;
          // A byte that got lost has moved the signs.
          if (said.charAt(y + 3) + said.charAt(y + 12) === "/:" && time > 0) tell("time", time);
          break;
        }
        case "z":
          return !error && fields[fields.length - 1] === "0" ? GO : LATER;
        case "n":
          return field === "1" ? GO : LATER;
        case "w":
          return error ? STOP : left > 0 ? AGAIN : GO;
        case "v":
          return place === WHOLE || (closed && !n && place === OPEN) ? GO : n ? AGAIN : closed ? STOP : LATER;
        case "m":
          // Whoever was told of it may want it to stay.
          found = error ? 0 : settings.sms;
          return GO;
      }
      if (SERVICE && code === "h") {
        status = parseInt(field, 10) || 0;
        total = fields[3] ? parseInt(fields[3], 10) : -1;
        if (status > 99 && status < 600) return GO;
        if (status) why = "HTTP_" + status;
        return STOP;
      }
      if (SERVICE && code === "r") {
        offset += n;
        return error ? STOP : n && offset < total ? AGAIN : GO;
      }
      return error ? LATER : GO;
    },

    take(letter, data) {
      if (SMS && letter === "s") announced = parseInt(data.substr(data.lastIndexOf(",") + 1), 10);
      else if (letter === "d" || letter === "c") {
        if (letter === "c") closed = 1;
        at.fail("");
      } else if (letter) {
        // Switched off, started anew, or the link is lost. What is left to do then is not given up.
        if (doing === READING || doing === DOWN || (doing < READING && phase <= (letter < "3" ? SIM : READY))) return;
        phase = Math.min(phase, +letter);
        at.fail("LOST");
      } else if (SMS && doing === READING) tell("sms", data.trim());
      else {
        taken += data.length;
        bytes += data.length;
        for (let i = 0; SERVICE && !raw && post && i < data.length; i += HANDED) post.write(data.substr(i, HANDED));
        while (LEAN && raw && data && place !== WHOLE) {
          if (body) {
            const piece = data.substr(0, body);
            if (post) post.write(piece);
            data = data.substr(piece.length);
            body -= piece.length;
            if (!body && place === BODY) place = WHOLE;
          } else {
            const stop = data.indexOf("\n");
            line = (line + (stop < 0 ? data : data.substr(0, stop))).substr(0, LONGEST);
            data = stop < 0 ? "" : data.substr(stop + 1);
            if (stop >= 0) {
              const words = line.trim().toLowerCase();
              const size = parseInt(words.substr(words.indexOf(":") + 1), place ? 16 : 10);
              line = "";
              if (place) {
                // The size of a chunk, 0 after the last one; the line that ends a chunk is empty.
                body = size || 0;
                if (size === 0) place = WHOLE;
              } else if (!status) status = parseInt(words.substr(9), 10) || 0;
              else if (words.indexOf("content-length") === 0) total = size;
              else if (words.indexOf("transfer-encoding") === 0) total = -2;
              else if (!words) {
                // An answer of 1xx announces the real one.
                if (status < 200) status = 0;
                else place = total < -1 ? CHUNKS : total < 0 ? OPEN : total ? BODY : WHOLE;
                body = place === BODY ? total : place === OPEN ? 1e9 : 0;
              }
            }
          }
        }
      }
    },
  });

  at.run(settings.failures > 1 ? script("cut") : "");

  return {
    open(asked) {
      const weak = asked.url.charAt(4) !== "s" || family("old");
      if (post || ending) asked.close(0, post ? "BUSY" : "CLOSED");
      else if (!SERVICE && asked.url.charAt(4) === "s" && !family("tls")) asked.close(0, "NO_TLS");
      else if (weak && !settings.plain) asked.close(0, "PLAIN_HTTP");
      else {
        post = asked;
        if (!doing) proceed("");
      }
    },

    close(now) {
      if (now) {
        at.fail(GONE);
        port.start(undefined, 0);
        post = undefined;
        ending = 1;
      }
      if (ending) return;
      ending = 1;
      if (post) close(0, "CLOSED");
      if (doing) at.fail("CLOSED");
      else proceed("");
    },
  };
}
