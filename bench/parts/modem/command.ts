/** `modem …` of the bench protocol. */
import { FAULTS, type When } from "./faults";
import type { Modem } from "./modem";

export const USAGE =
  "fault NAME [ARGS] [at command N | at byte N | in SECONDS | random SEED SECONDS] | fault none [NAME] | sim out|in | antenna out|in | sms FROM TEXT";

const NONE = "none [NAME]: ends that fault, or all that stay or wait for their moment";

/** Whether, and how, the last words of a fault say when it happens. */
const MOMENTS: [words: number, read: (words: string[]) => When | undefined][] = [
  [3, ([at, what, n]) => (at === "at" && what === "command" && whole(n) > 0 ? { command: whole(n) } : undefined)],
  [3, ([at, what, n]) => (at === "at" && what === "byte" && whole(n) > 0 ? { byte: whole(n) } : undefined)],
  [
    3,
    ([random, seed, n]) =>
      random === "random" && whole(seed) >= 0 && whole(n) > 0 ? { random: whole(seed), within: whole(n) } : undefined,
  ],
  [2, ([within, n]) => (within === "in" && whole(n) >= 0 ? { seconds: whole(n) } : undefined)],
];

const whole = (text = "") => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);

/** Does one command. `wrong` says what is wrong with it, and then nothing has changed; `lines` are what there is to read. */
export function modemCommand(modem: Modem, words: string[]): { wrong?: string; lines?: string[] } {
  const [what, ...args] = words;
  if (what === "fault") return fault(modem, args);
  if (what === "sim" || what === "antenna") {
    if (args.length !== 1 || !/^(out|in)$/.test(args[0])) return { wrong: `modem ${what} takes out or in` };
    modem[what](args[0] === "in");
    return {};
  }
  if (what === "sms") {
    const [from = "", ...text] = args;
    if (text.length === 0)
      return { wrong: "modem sms takes a number and a text, as in: modem sms +254700000001 123 456 789" };
    if (!/^\+?\d{3,15}$/.test(from)) {
      const what = /^\+?\d{0,2}$/.test(from) ? "too short for a number" : "no number";
      return { wrong: `${from} is ${what}: one has 3 to 15 digits, as in: modem sms +254700000001 123 456 789` };
    }
    if (!/^[ -~]{1,160}$/.test(text.join(" "))) return { wrong: "A message has 1 to 160 characters of plain ASCII" };
    modem.sms(from, text.join(" "));
    return {};
  }
  return { wrong: `modem takes one of: ${USAGE}` };
}

function fault(modem: Modem, words: string[]): { wrong?: string; lines?: string[] } {
  const [name, ...args] = words;
  if (name === undefined)
    return { lines: [NONE, ...Object.values(FAULTS).map(({ usage, about }) => `${usage}: ${about}`)] };
  let when: When = "now";
  for (const [length, read] of MOMENTS) {
    const found = args.length >= length ? read(args.slice(-length)) : undefined;
    if (!found) continue;
    when = found;
    args.splice(-length);
    break;
  }
  try {
    modem.fault(name, args, when);
    return {};
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { wrong: error.message };
  }
}
