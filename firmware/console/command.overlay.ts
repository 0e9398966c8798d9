/** The serial commands, docs/serial.md. */
import { now } from "../clock/clock";
import { type Answer, credit, type Device, enterToken, secondsClosed } from "../device";
import { factoryTest } from "../factory/test";
import { collect } from "../metrics/collect.overlay";
import { reset } from "../metrics/reset.overlay";
import { access } from "../modem/access.overlay";
import { setUp } from "../setup";
import {
  BYPASSED,
  CLOCK_LOST,
  DEAD_OUTPUT,
  FAILED_SESSIONS,
  FAILURES,
  KILOBYTES,
  MEMORY_REPLACED,
  NEXT_SESSION,
  RESTARTS,
  SHORT_STARTS,
} from "../store/records";
import { fill } from "../token/fill";

declare const VERSION: string;

/** Whether the board has a table of codes; reports, a transport of its own for them, and whether that is a modem. */
declare const TABLE: boolean;
declare const REPORTS: boolean;
declare const TRANSPORT: boolean;
declare const MODEM: boolean;
/** Whether an answer may change where the server is. */
declare const MOVES: boolean;

/** Says what the device knows of itself, one line of JSON for whoever services it, in parts that take less memory; never its key. */
function info(d: Device): void {
  const log = d.log;
  const tally = log.tally;
  const part = (before: string, members: { [name: string]: unknown }) =>
    d.hal.serial.write(before + JSON.stringify(members).slice(1, -1));
  part("{", {
    "version": VERSION,
    "board": d.settings.board,
    "chip": d.hal.system.chip(),
    "serial": d.unit ? d.unit.serial : "",
    "fault": d.fault,
    "clock": { "time": now(d.hal, d.clock), "silent": d.clock.silent },
    "restarts": tally[RESTARTS],
    "loop": log.bytes[SHORT_STARTS],
    "failures": tally[FAILURES],
  });
  part(",", {
    "clockLost": tally[CLOCK_LOST],
    "memoryReplaced": tally[MEMORY_REPLACED],
    "bypass": tally[BYPASSED],
    "deadOutput": tally[DEAD_OUTPUT],
    "credit": credit(d),
    "count": d.paid.count,
    "lockout": secondsClosed(d),
  });
  part(",", { "memory": d.hal.system.memory(), "events": d.events });
  if (TRANSPORT)
    part(',"report":{', {
      "failure": d.failure || "",
      "failures": log.bytes[FAILED_SESSIONS],
      "next": log.view.getUint32(NEXT_SESSION, true),
      "kilobytes": log.view.getUint16(KILOBYTES, true),
      "signal": d.signal === undefined ? 99 : d.signal,
    });
  say(d, TRANSPORT ? "}}" : "}");
}

function say(d: Device, text: string): void {
  d.hal.serial.write(text + "\r\n");
}

/** Does what a line asks for; false if it is no command. */
export function command(d: Device, fields: string[]): boolean {
  const left = credit(d);
  switch (fields[0]) {
    case "#SETUP": {
      const reason = setUp(d, fields);
      say(d, reason ? "#SETUP;ERROR;" + reason : "#SETUP;OK");
      return true;
    }
    case "#TOKEN":
      enterToken(d, fields[1] || "", (answer: Answer, value: number) => {
        const refusal = answer === "BUSY" || answer === "FAULT" || answer === "NOT_SET_UP";
        const number = answer === "VALID" || answer === "EXTENDED" || answer === "LOCKED" || answer === "TEST";
        say(d, "#TOKEN;" + (refusal ? "ERROR;" : "") + answer + (number ? ";" + value : ""));
      });
      return true;
    case "#STATUS":
      say(
        d,
        "#STATUS;" +
          (!d.unit ? "NOT_SET_UP" : left < 0 ? "PAYG_DISABLED" : left && !d.fault ? "ACTIVE;" + left : "INACTIVE"),
      );
      return true;
    case "#TEST": {
      const said = factoryTest(d, fields);
      if (!MODEM || said) say(d, "#TEST;" + said);
      return true;
    }
    case "#INFO":
      info(d);
      return true;
  }
  if (TABLE && fields[0] === "#TABLE") say(d, fill(d, d.settings.table!, fields));
  else if (REPORTS && fields[0] === "#METRICS") collect(d);
  else if (REPORTS && MOVES && fields[0] === "#RESET") say(d, reset(d));
  else if (MODEM && fields[0] === "#MODEM") say(d, access(d).command(fields));
  else return false;
  return true;
}
