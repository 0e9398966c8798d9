/**
 * Slices: what the interpreter does between two events, while keys, output and clock wait. They are counted in instructions of ARM
 * code, on the interpreter built for ARM, and each takes its time in the bench's world at the rate of some chip: what looks at the
 * clock in a slice sees it go.
 */
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { Bundle } from "../build/bundle";
import { DEMO } from "./demo-unit";
import { countedEngine } from "./engines/espruino";
import { type Said, Session } from "./session";

/** Instructions of ARM code in a millisecond that a chip's work is like; where they come from: docs/measurements.md. */
export const RATES = { "ESP32": 64000, "nRF52832": 28000 };

/** The longest slice, milliseconds. */
export const LONGEST = 50;

/** A network with user and password, and a SIM with a PIN; a session begins. */
export const ACCESS = "#MODEM;internet;user;password;1234";

/** A unit's first session: with the PIN, the authority's certificate, a token in the answer, and a message as long as they get. */
export const SESSION = [
  `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`,
  ACCESS,
  "modem fault sim-pin 1234",
  "server tokens add:7",
  `modem sms +254700000001 ${"0123456789 ".repeat(14)}`,
  "wait 180",
];

export interface Slice {
  instructions: number;
  /** Where the function is that the event called: a source file, and its line. */
  file: string;
  line: number;
  /** What the event was, with what came, and the last command that went to the modem. */
  event: string;
  command: string;
}

/**
 * Whether it is for the modem or what goes over it. Ticks, keys, and tokens from wherever they come are the device's own, and not longer
 * with a modem.
 */
export const modemsOwn = ({ file, event }: Slice): boolean =>
  /^firmware\/(modem|metrics)\//.test(file) && !(file === "firmware/metrics/session.ts" && event === "200 ms");

/** A slice in words. */
export const tell = ({ instructions, file, line, event, command }: Slice): string =>
  `${(instructions / RATES.ESP32).toFixed(1)} ms: ${file}:${line}, called by ${event}, ${command || "no command"} last`;

/** A device whose slices are counted, under a QEMU that `qemu` of build/interpreter.ts gives. */
export class Counted {
  readonly session: Session;
  /** What it did since its start, and what the device said. */
  readonly slices: Slice[] = [];
  readonly said: Said[] = [];

  constructor(built: Bundle, qemu: string[], perMs: number) {
    const map = new TraceMap(built.map);
    const port = (built.board.parts.modem as any)?.port;
    const events = new Map<number, { event: string; file: string; line: number }>();
    let command = "";
    const place = (text: string) => {
      const at = text ? built.code.indexOf(text) : -1;
      const before = built.code.slice(0, Math.max(at, 0)).split("\n");
      const from = originalPositionFor(map, { line: before.length, column: before[before.length - 1].length });
      return { file: from.source?.replace(/^(\.\.\/)+/, "") ?? "", line: from.line ?? 0 };
    };
    this.session = new Session({
      ...built,
      out: (one) => this.said.push(one),
      make: (code, pins, host) => {
        let seen = 0;
        const spend = () => {
          const count = engine.count!();
          // The first start is in the constructor, when there is no world yet.
          this.session?.board.world.elapse((count - seen) / perMs);
          seen = count;
        };
        const engine = countedEngine(qemu, code, pins, (operation, ...args) => {
          const [id, more] = args;
          if (operation === "about") {
            events.set(id, { event: "", ...place(more) });
            return;
          }
          if (operation === "timer") events.get(id)!.event = `${Math.round(more)} ms`;
          if ((operation === "listen" && id) || operation === "watch") events.get(id)!.event = more;
          if (operation === "send" && id === port) command = more.startsWith("AT") ? more : command;
          spend();
          return host(operation, ...args);
        });
        return {
          ...engine,
          deliver: (id, data, last) => {
            const { event, ...from } = events.get(id)!;
            const before = engine.count!();
            const came = typeof data === "string" ? ` ${JSON.stringify(data)}` : "";
            const slice = { instructions: 0, ...from, event: event + came, command: command.trim() };
            engine.deliver(id, data, last);
            spend();
            slice.instructions = seen - before;
            this.slices.push(slice);
          },
        };
      },
    });
  }

  /** Does lines of the bench's protocol; what the device should not do throws. */
  do(...lines: string[]): void {
    for (const line of lines) this.session.line(line);
    for (const one of this.said) if ("error" in one || "uncaught" in one) throw new Error(JSON.stringify(one));
  }

  end(): void {
    this.session.close();
  }
}
