/**
 * What each test of the suite asks of the bench, found out by a rehearsal on the virtual board: so a real one is spared what
 * neither its port nor a jig can do, and nobody has to say it test by test.
 */
import { appendFileSync, readFileSync } from "node:fs";
import type { State } from "../../bench/board";
import { SERIAL_COMMANDS } from "../../bench/engines/serial";

/** What one test asked for. */
interface Asked {
  name: string;
  lines: string[];
  /** What of `state` it looked at. */
  looks: string[];
  /** Devices that it began with. */
  devices: number;
}

/** Seconds that a test may take on a real board, unless PATIENCE says otherwise; and what a key, a power cut take of them. */
const PATIENCE = Number(process.env.PATIENCE ?? 200);
const KEY = 0.3;
const CUT = 5;
/** Seconds: no shorter wait is one on a real board. */
const SHORTEST = 0.1;

/** What of `state` nobody sees of a real board, where tests go on all the same, with what they see beside it. */
export const UNSEEN = ["display", "memory"];
/** What is seen with a jig. */
const JIG = ["powered", "load", "leds", "blinks"];

/** Where a rehearsal is written down; nowhere, in any other run. */
const file = process.env.HIL_REHEARSAL;
let lines: string[] = [];
let looks = new Set<string>();
let devices = 0;

/** Takes down what a test asks for. */
export const note = {
  device(): void {
    devices++;
  },
  line(line: string): void {
    if (file) lines.push(line);
  },
  looks(state: State): State {
    if (!file) return state;
    const own = (key: string | symbol): key is string => typeof key === "string" && key in state;
    return new Proxy(state, {
      get(target, key) {
        if (own(key)) looks.add(key);
        return Reflect.get(target, key);
      },
    });
  },
  end(): void {
    const { currentTestName: name = "" } = expect.getState();
    if (file) appendFileSync(file, `${JSON.stringify({ name, lines, looks: [...looks], devices })}\n`);
    [lines, looks, devices] = [[], new Set(), 0];
  },
};

/** The name of a test without the engine that it is on. */
export const bare = (name: string): string => name.replace(/ on (node|serial)(?= |$)/, "");

/** What keeps tests from a real board, by their bare names; "" is nothing. */
export function needs(rehearsal: string, jig: boolean): { [name: string]: string } {
  const all: { [name: string]: Asked } = {};
  for (const line of readFileSync(rehearsal, "utf8").split("\n").filter(Boolean)) {
    const asked: Asked = JSON.parse(line);
    const same = all[bare(asked.name)];
    // Tests of one name, or a test that ended a device and began another.
    if (same) {
      same.lines.push(...asked.lines);
      same.looks.push(...asked.looks);
      same.devices += asked.devices;
    } else all[bare(asked.name)] = asked;
  }
  return Object.fromEntries(Object.entries(all).map(([name, asked]) => [name, lacks(asked, jig)]));
}

function lacks({ lines, looks, devices }: Asked, jig: boolean): string {
  const words = lines.map((line) => line.split(" "));
  const foreign = lines.filter(
    (line, i) => !line.startsWith("#") && !/^(\/\/|$)/.test(line) && !Object.hasOwn(SERIAL_COMMANDS, words[i][0]),
  );
  if (foreign.length) return `needs the virtual board for "${foreign[0].split(" ").slice(0, 2).join(" ")}"`;
  if (lines.some((line) => /^cut after|^key . (stick|free)$/.test(line))) return "needs the virtual board for a fault";
  if (devices > 1) return "needs a second device";
  const unseen = looks.filter((one) => one !== "time" && !UNSEEN.includes(one) && !JIG.includes(one));
  if (unseen.length) return `needs the virtual board to see ${unseen.join(", ")}`;
  const waits = words.filter(([word]) => word === "wait").map(([, seconds]) => Number(seconds));
  const keys = words.filter(([word]) => word === "key").reduce((sum, [, ...pressed]) => sum + pressed.length, 0);
  const cuts = words.filter(([word]) => word === "cut").length;
  const seconds = Math.ceil(waits.reduce((sum, one) => sum + one, 0) + keys * KEY + cuts * CUT);
  if (seconds > PATIENCE) return `needs ${seconds} s of time, PATIENCE is ${PATIENCE} s`;
  if (waits.some((one) => one > 0 && one < SHORTEST)) return "needs time to the millisecond";
  const handed = words.some(([word]) => /^(key|cut|on)$/.test(word)) || looks.some((one) => JIG.includes(one));
  return handed && !jig ? "needs the jig" : "";
}
