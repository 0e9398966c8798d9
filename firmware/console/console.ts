/**
 * The serial commands of the factory port, docs/serial.md: one line in, one line out. It parses and never evaluates;
 * what is not a command is `#INVALID`, at most once a second, however much of it arrives.
 */
import { now } from "../clock/clock";
import { type Answer, credit, type Device, enterToken, secondsClosed } from "../device";
import { setUp } from "../setup.overlay";
import { BYPASSED, CLOCK_LOST, DEAD_OUTPUT, FAILURES, MEMORY_REPLACED, RESTARTS, SHORT_STARTS } from "../store/records";

declare const VERSION: string;

/** Longest line, characters; the rest of a longer one is thrown away. */
const LONGEST = 128;

/** What the device knows of itself, one line of JSON for whoever services it; never its key. */
function info(d: Device): string {
  const tally = d.log.tally;
  return JSON.stringify({
    "version": VERSION,
    "board": d.settings.board,
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
function command(d: Device, fields: string[]): boolean {
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
    case "#INFO":
      say(d, info(d));
      return true;
  }
  return false;
}

/** Listens on the factory port from now on. */
export function startConsole(d: Device): void {
  let line = "";
  let refused = -1;
  d.hal.serial.start((data) => {
    for (let i = 0; i < data.length; i++) {
      const c = data.charAt(i);
      if (c !== "\r" && c !== "\n") {
        if (line.length <= LONGEST) line += c;
      } else if (line) {
        const known = line.length <= LONGEST && command(d, line.split(";"));
        line = "";
        if (!known && d.hal.system.ticks() - refused >= 1) {
          refused = d.hal.system.ticks();
          say(d, "#INVALID");
        }
      }
    }
  });
}
