/**
 * The serial commands of the factory port: one line in, one line out. It parses and never evaluates; what is not a
 * command is `#INVALID`, at most once a second, however much of it arrives.
 */
import type { Device } from "../device";
import { command } from "./command.overlay";

/** Longest line, characters; the rest of a longer one is thrown away. */
const LONGEST = 128;

/** Listens on the factory port from now on. */
export function startConsole(d: Device): void {
  let line = "";
  let refused = -1;
  let hearing = false;
  d.hal.serial.start((data) => {
    for (let i = 0; i < data.length; i++) {
      const c = data[i];
      const ends = c === "\r" || c === "\n";
      if (hearing) {
        let end = i;
        while (end < data.length && data[end] !== "\r" && data[end] !== "\n") end++;
        if (end > i) d.hear!(data.substring(i, end));
        hearing = end === data.length;
        if (!hearing) d.hear!("");
        i = end;
      } else if (!ends) {
        if (line.length <= LONGEST) line += c;
        // A server's answer may be longer than a line: it is read as it comes.
        if (d.hear && line === "#ANSWER;") {
          hearing = true;
          line = "";
        }
      } else if (line) {
        // Noise is thrown away before the commands are loaded for it, which takes some milliseconds.
        const known = line[0] === "#" && line.length <= LONGEST && command(d, line.split(";"));
        line = "";
        if (!known && d.hal.system.ticks() - refused >= 1) {
          refused = d.hal.system.ticks();
          d.hal.serial.write("#INVALID\r\n");
        }
      }
    }
  });
}
