/**
 * Storms: weeks of a device and its modem in which everything goes wrong that can, out of a seed. A storm is a list of steps, each some
 * lines of the bench's protocol, so that what fails can be made shorter by leaving steps out, and played again. At the end of each bad time
 * all is put right, and nothing else is done: then the device must come back by itself.
 */
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { FAULTS } from "../../bench/parts/modem/faults";
import type { Bundle } from "../../build/bundle";
import { random } from "../power/story";
import { HOUR, Reporter } from "./device";

/** Lines of the protocol. The token in them, if there is one, is to be used once. */
interface Step {
  lines: string[];
  token?: { digits: string; days: number; typed: boolean };
}

/** Before a `wait`: it is for the modem to be on, for two hours at most, and then for so long. */
const SESSION = "session, ";

/** All is put right; the device is held to what it must be. */
const CALM: Step = { lines: ["modem fault none", "modem sim in", "modem antenna in", "server up", "on"] };

/** Days of credit from the start on. */
const CREDIT = 300;

/** Hours that a device may take to have reported, and to have used every token: its longest wait, and a session for each message. */
const PATIENCE = 6;
const TOKENS = 12;

/** What a fault is given, other than nothing. */
const ARGUMENTS: { [fault: string]: (int: (n: number) => number) => string } = {
  registration: (int) => String([0, 2, 3, 4][int(4)]),
  drop: (int) => `${1 + int(9)} ${["in", "out"][int(2)]}`,
  fragments: (int) => String(1 + int(7)),
  "late-ok": (int) => String(1 + int(40)),
  "prompt-late": (int) => String(1 + int(30)),
  "http-status": (int) => String([302, 404, 429, 500, 503][int(5)]),
  "modem-error": (int) => String(601 + int(110)),
};

/** A storm of `spells` bad times, of two days or so each. */
export function storm(seed: number, spells: number): Step[] {
  const rand = random(seed);
  const int = (n: number) => Math.floor(rand() * n);
  const chance = (p: number) => rand() < p;
  const pick = <T>(list: T[]): T => list[int(list.length)];
  const steps: Step[] = [];
  let count = 2;
  const wait = (most: number) => `wait ${(rand() ** 3 * most).toFixed(1)}`;

  /** What a fault's moment is: now, in the session that comes, or in the next one. */
  const moment = () =>
    pick([
      () => "",
      () => `at command ${1 + int(60)}`,
      () => `at byte ${1 + int(3000)}`,
      () => `random ${int(1e6)} ${HOUR}`,
    ])();
  const fault = (): Step => {
    const name = pick(Object.keys(FAULTS));
    const lines = [`modem fault ${name} ${ARGUMENTS[name]?.(int) ?? ""} ${moment()}`, wait(3 * HOUR)];
    if (chance(0.4)) lines.unshift(SESSION + wait(60));
    return { lines: chance(0.5) ? [...lines, "modem fault none"] : lines };
  };
  /** Pulled, and put back after up to so many hours. */
  const pulled = (out: string, back: string, hours: number): Step => ({
    lines: [out, `wait ${Math.round(rand() ** 2 * hours * HOUR)}`, back],
  });
  const cut = (): Step => ({
    lines: chance(0.5)
      ? [...(chance(0.7) ? [SESSION + wait(60)] : []), "cut", wait(chance(0.2) ? 20 * HOUR : 60), "on", wait(1800)]
      : [`cut after ${1 + int(chance(0.7) ? 200 : 3000)}`, wait(2 * HOUR), "on", wait(1800)],
  });

  for (let spell = 0; spell < spells; spell++) {
    // The server takes a token as used when the unit's count has come to it: its own are the last, in their order.
    const ways = Array.from({ length: 1 + int(6) }, () => pick(["sms", "key", "server"])).sort();
    ways.sort((a, b) => Number(a === "server") - Number(b === "server"));
    const tokens = ways.map((way): Step => {
      const days = 1 + int(40);
      const { token: digits, count: at } = encode({ ...DEMO, kind: "add", days, count });
      count = at;
      const said = way === "sms" && chance(0.5) ? digits.match(/.../g)!.join(" ") : digits;
      const line = { sms: `modem sms +254700000001 ${said}`, server: `server tokens ${digits}`, key: "" }[way];
      return {
        lines: [line || `key * ${[...digits].join(" ")}`, wait(1800)],
        token: { digits, days, typed: way === "key" },
      };
    });
    const bad: Step[] = Array.from({ length: 9 + int(9) }, () =>
      pick([
        fault,
        fault,
        fault,
        fault,
        cut,
        cut,
        () => ({ lines: ["brownout", wait(1800)] }),
        () => pulled("server down", "server up", 12),
        () => pulled("modem sim out", "modem sim in", 6),
        () => pulled("modem antenna out", "modem antenna in", chance(0.1) ? 100 : 6),
        () => ({ lines: [wait(4 * HOUR)] }),
        () => ({ lines: ["modem sms +254700000002 Your balance is low", wait(600)] }),
        () => ({ lines: ["modem sms +254700000002 123456789", wait(600)] }),
        () => ({ lines: ["key * 1 2 3 4 5 6 7 8 9", wait(600)] }),
        () => ({ lines: ["carry", wait(600)] }),
      ])(),
    );
    const places = tokens.map(() => int(bad.length + 1)).sort((a, b) => a - b);
    for (const [i, one] of tokens.entries()) bad.splice(places[i] + i, 0, one);
    steps.push(...bad, CALM);
  }
  return steps;
}

/** Plays a storm to its end. Throws at the first thing that is not as it should be. */
export function play(built: Bundle, steps: Step[], engine = "node"): void {
  const it = new Reporter(built, { engine });
  /** Times of all rows that were ever seen in the memory. */
  const rows = new Set<number>();
  const tokens: NonNullable<Step["token"]>[] = [];
  const { board, server } = it.session;
  const fail = (what: string): never => {
    throw new Error(`${what}; ${JSON.stringify(board.powered && it.info())}`);
  };
  const now = () => board.world.now / 1000;
  try {
    const first = encode({ ...DEMO, kind: "add", days: CREDIT });
    it.do(`#TOKEN;${first.token}`);
    let end = now() + CREDIT * 86400;

    for (const step of steps) {
      for (const line of step.lines) {
        // Who has no power to work with does nothing.
        if (!board.powered && line === "carry") continue;
        if (line.startsWith(SESSION))
          for (let i = 0; i < 2 * HOUR && board.powered && !it.modem.state().on; i++) board.wait(1);
        it.do(line.replace(SESSION, ""));
      }
      for (const time of it.stored) rows.add(time);
      if (step.token) {
        tokens.push(step.token);
        end += step.token.days * 86400;
      }
      if (step !== CALM) continue;

      // A cut that has not come yet does not.
      board.world.cutAfter(Number.POSITIVE_INFINITY, () => {});
      const since = now();
      const heard = () => server.requests.some(({ at, reason }) => at >= since && !reason);
      const good = () => heard() && !it.info().report.failures;
      for (let i = 0; i < 2 * PATIENCE && !good(); i++) it.do(`wait ${HOUR / 2}`);
      if (!good()) fail("It does not come back");
      // Who typed a token that did not come in types it again.
      for (let i = 0; i < 60 && it.info().lockout; i++) it.do("wait 600");
      for (const { digits, typed } of tokens) {
        const [said] = typed ? it.ask(`#TOKEN;${digits}`) : [""];
        if (typed && !/;VALID|ALREADY_USED/.test(said)) fail(`${said} to a token at the keypad`);
      }
      const off = () => (it.info().clock.time + it.info().credit - end) / 86400;
      for (let i = 0; i < TOKENS && off() < -0.5; i++) it.do(`wait ${HOUR}`);
      if (Math.abs(off()) > 0.1) fail(`${off()} days of credit too much`);
      if (!board.state().load) fail("It gives no light");
      const { restarts, failures, fault, bypass } = it.info();
      if (failures || fault || bypass) fail(`${restarts} restarts`);

      it.do(`wait ${HOUR + 600}`);
      const sent = server.read().flatMap((one: any) => one.historical_data.map((row: any) => row.timestamp as number));
      if (new Set(sent).size < sent.length) fail("A row counts twice");
      const last = Math.max(...sent);
      const missing = [...rows].filter((time) => time <= last && !sent.includes(time));
      if (missing.length) fail(`Rows are missing: ${missing}`);
      if (sent.length < rows.size - 2) fail(`${rows.size} rows, and the server has ${sent.length}`);
    }
  } finally {
    it.end();
  }
}

/** What a storm fails with, "" for nothing. */
function fails(built: Bundle, steps: Step[], engine: string): string {
  try {
    play(built, steps, engine);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Plays a storm: "" if all is well. Else why not, and what is left of it when steps are left out, one after the other, as long as it fails,
 * in so many tries.
 */
export function shortest(built: Bundle, steps: Step[], tries: number, engine = "node"): string {
  let what = fails(built, steps, engine);
  for (let size = steps.length >> 1; what && size; size >>= 1)
    for (let at = 0; at < steps.length && tries; ) {
      // A token of one bad time is used before the next one begins.
      const less = steps.filter((step, i) => i < at || i >= at + size || step === CALM);
      const now = less.length < steps.length && tries-- ? fails(built, less, engine) : "";
      if (now) {
        what = now;
        steps = less;
      } else at += size;
    }
  return what && [what, ...steps.flatMap(({ lines }) => lines)].join("\n");
}
