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
          d.hal.serial.write("#INVALID\r\n");
        }
      }
    }
  });
}
