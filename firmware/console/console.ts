/**
 * The serial commands of the factory port, docs/serial.md: one line in, one line out. It parses and never evaluates;
 * what is not a command is `#INVALID`, at most once a second, however much of it arrives.
 */
import { now } from "../clock/clock";
import { type Answer, credit, type Device, enterToken, secondsClosed, setUp } from "../device";
import { BYPASSED, CLOCK_LOST, DEAD_OUTPUT, FAILURES, MEMORY_REPLACED, RESTARTS } from "../store/records";
import { startingCode, type Unit } from "../token/decode";

declare const VERSION: string;

/** Longest line, characters; the rest of a longer one is thrown away. */
const LONGEST = 128;

/** Reads a whole number from `least` to `most`; `otherwise` if it is left out, -1 if it is anything else. */
function whole(text: string | undefined, least: number, most: number, otherwise: number): number {
  if (!text) return otherwise;
  const n = /^[0-9]+$/.test(text) && text.length < 11 ? parseInt(text, 10) : -1;
  return n < least || n > most ? -1 : n;
}

/** `#SETUP;serial;starting code;key[;count;time divider;restricted]`: "" or the reason why nothing was changed. */
function setup(d: Device, fields: string[]): string {
  const serial = fields[1] || "";
  const hex = fields[3] || "";
  const key = [];
  const code = whole(fields[2], 0, 999999999, -2);
  const count = whole(fields[4], 1, 65535, 1);
  const timeDivider = whole(fields[5], 1, 255, 1);
  const restricted = whole(fields[6], 0, 1, 0);
  if (fields.length > 7) return "TOO_MANY_FIELDS";
  if (!/^[!-:<-~]+$/.test(serial) || serial.length > 31) return "SERIAL";
  if (code === -1) return "STARTING_CODE";
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length !== 32) return "KEY";
  if (count < 0) return "COUNT";
  if (timeDivider < 0) return "TIME_DIVIDER";
  if (restricted < 0) return "RESTRICTED";
  for (let i = 0; i < 32; i += 8) {
    let word = 0;
    for (let j = 6; j >= 0; j -= 2) word = (word << 8) | parseInt(hex.substr(i + j, 2), 16);
    key.push(word);
  }
  const unit: Unit = { serial, key, startingCode: code > 0 ? code : startingCode(key), timeDivider, restricted };
  return setUp(d, unit, count);
}

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
      const reason = setup(d, fields);
      say(d, reason ? "#SETUP;ERROR;" + reason : "#SETUP;OK");
      return true;
    }
    case "#TOKEN":
      enterToken(d, fields[1] || "", (answer: Answer, value: number) => {
        const refusal = answer === "BUSY" || answer === "FAULT" || answer === "NOT_SET_UP";
        const number = answer === "VALID" || answer === "EXTENDED" || answer === "LOCKED";
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
