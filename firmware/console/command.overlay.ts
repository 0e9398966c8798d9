/** The serial commands, docs/serial.md. */
import { now } from "../clock/clock";
import { type Answer, credit, type Device, enterToken, secondsClosed } from "../device";
import { factoryTest } from "../factory/test.overlay";
import { setUp } from "../setup.overlay";
import { BYPASSED, CLOCK_LOST, DEAD_OUTPUT, FAILURES, MEMORY_REPLACED, RESTARTS, SHORT_STARTS } from "../store/records";

declare const VERSION: string;

/** What the device knows of itself, one line of JSON for whoever services it; never its key. */
function info(d: Device): string {
  const tally = d.log.tally;
  return JSON.stringify({
    "version": VERSION,
    "board": d.settings.board,
    "chip": d.hal.system.chip(),
    "serial": d.unit ? d.unit.serial : "",
    "fault": d.fault,
    "clock": { "time": now(d.hal, d.clock), "silent": d.clock.silent },
    "restarts": tally[RESTARTS],
    "loop": d.log.view.getUint8(SHORT_STARTS),
    "failures": tally[FAILURES],
    "clockLost": tally[CLOCK_LOST],
    "memoryReplaced": tally[MEMORY_REPLACED],
    "bypass": tally[BYPASSED],
    "deadOutput": tally[DEAD_OUTPUT],
    "credit": credit(d),
    "count": d.paid.count,
    "lockout": secondsClosed(d),
    "memory": d.hal.system.memory(),
    "events": d.events,
  });
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
    case "#TEST":
      say(d, "#TEST;" + factoryTest(d, fields));
      return true;
    case "#INFO":
      say(d, info(d));
      return true;
  }
  const more = d.commands[fields[0]];
  const answer = more ? more(fields) : "";
  if (answer) say(d, answer);
  return more !== undefined;
}
