/** What goes wrong with a modem, by name. Each fault is observable from the UART. */
import type { Unit } from "./unit";

/** What an engine must survive; a fault names its number in this list, from 1. */
export const FACTS = [
  "one-byte fragments, several lines in one event",
  "echo on, or back after a reset",
  "autobaud silence",
  "noise and NULs at power-on",
  "wrong baud rate",
  "an unsolicited line before, inside or after a reply",
  "an unsolicited line with the reply's prefix",
  "a prompt without newline",
  "DOWNLOAD or CONNECT late, never, with and without newline",
  "ERROR, numeric and verbose CME and CMS",
  "a lost OK",
  "an OK after the time-out",
  "the result before its OK",
  "a result without a space",
  "OK, ERROR or an unsolicited line inside a body",
  "a body shorter or longer than declared, or 64 KB",
  "the families' read orders",
  "dropped bytes",
  "SIM absent, busy, PIN, PUK",
  "registration 0, 2, 3, 4, flapping",
  "data connection lost",
  "HTTP 4xx, 5xx, the modem's own 6xx and 7xx",
  "HTTP service open already",
  "brown-out in the middle of a POST",
  "dead modem",
  "the power key switching a running modem off",
  "power-down line missing",
  "time unset or jumping",
  "the answer lost after the server took the request",
  "a captive portal's HTML",
  "a message during a POST",
  "first character lost on waking",
  "settings left over after a controller-only reset",
];

/** When a fault happens: at once, with the Nth command from now, with the Nth byte either way, after some seconds, or at a random moment within some seconds. */
export type When =
  | "now"
  | { command: number }
  | { byte: number }
  | { seconds: number }
  | { random: number; within: number };

export interface Fault {
  fact: number;
  usage: string;
  about: string;
  /** Whether these are arguments that it takes. */
  takes(args: string[]): boolean;
  run(unit: Unit, args: string[]): void;
  /** Of one that stays until `none`: whether it is there, and how it ends. Others wait in the module for their moment, or are over at once. */
  stays?: { is(unit: Unit): boolean; end(unit: Unit): void };
}

/** A fault that waits in the module for its moment. */
const arms =
  (name: string) =>
  (unit: Unit, args: string[]): void =>
    unit.arm(name, args);

const none = (args: string[]) => args.length === 0;
const text = () => true;
const now = (args: string[]) => args.length === 0 || (args.length === 1 && args[0] === "now");
/** At most one argument, a whole number from `low` to `high`. */
const whole = (low: number, high: number) => (args: string[]) =>
  args.length === 0 ||
  (args.length === 1 && /^\d+$/.test(args[0]) && Number(args[0]) >= low && Number(args[0]) <= high);

const numberOf = (text: string | undefined, otherwise: number): number => Number(text ?? otherwise);

const SERVICES = { 0: "none", 1: "home", 2: "searching", 3: "denied", 4: "unknown", 5: "roaming" } as const;

/** Locks or removes the SIM of a module that may be running. */
function sim(state: Unit["card"]["state"]) {
  return (unit: Unit, args: string[]) => {
    if (state === "pin" && args[0]) unit.card.pin = args[0];
    unit.simGone();
    unit.card.state = state;
    unit.look();
  };
}

/** A SIM in such a state, until it is as it should be. */
const card = (state: Unit["card"]["state"]): Fault["stays"] => ({
  is: ({ card }) => card.state === state,
  end(unit) {
    Object.assign(unit.card, { state: "ready", tries: 3 });
    if (unit.state === "on") unit.readSim();
  },
});

const revive = (dead: Unit["dead"]): Fault["stays"] => ({
  is: (unit) => unit.dead === dead,
  end(unit) {
    unit.dead = "";
  },
});

export const FAULTS: { [name: string]: Fault } = {
  fragments: {
    takes: whole(1, 64),
    fact: 1,
    usage: "fragments [BYTES]",
    about: "the controller gets this many bytes at a time (1), until `none`",
    run(unit, [bytes]) {
      unit.line.piece = numberOf(bytes, 1);
    },
    stays: {
      is: ({ line }) => line.piece > 0,
      end({ line }) {
        line.piece = 0;
      },
    },
  },
  lump: {
    takes: whole(1, 10000),
    fact: 1,
    usage: "lump [MS]",
    about: "what is said within this time (300 ms) comes in one event, until `none`",
    run(unit, [ms]) {
      unit.line.lump = numberOf(ms, 300);
    },
    stays: {
      is: ({ line }) => line.lump > 0,
      end({ line }) {
        line.lump = 0;
      },
    },
  },
  echo: { takes: none, fact: 2, usage: "echo", about: "the module echoes again", run: (unit) => unit.set("E", 1) },
  autobaud: {
    takes: none,
    fact: 3,
    usage: "autobaud",
    about: "the module looks for the rate anew: it is silent until it has met an AT, which it does not answer",
    run: (unit) => unit.desynchronise(),
  },
  noise: {
    takes: whole(1, 200),
    fact: 4,
    usage: "noise [BYTES]",
    about: "NULs and noise (8 bytes) on the line: now, or when it is switched on",
    run(unit, [bytes]) {
      if (unit.state === "off") unit.arm("noise", [bytes ?? "8"]);
      else unit.noise(numberOf(bytes, 8));
    },
  },
  baud: {
    takes: whole(300, 4000000),
    fact: 5,
    usage: "baud [RATE]",
    about: "the module talks at another rate (9600), until it is switched off",
    run(unit, [rate]) {
      unit.line.rate = numberOf(rate, 9600);
    },
  },
  "urc-before": {
    takes: text,
    fact: 6,
    usage: "urc-before [TEXT]",
    about: "an unsolicited line before the next answer",
    run: arms("urc-before"),
  },
  "urc-inside": {
    takes: text,
    fact: 6,
    usage: "urc-inside [TEXT]",
    about: "an unsolicited line in the middle of the next answer that has more than a final result",
    run: arms("urc-inside"),
  },
  "urc-after": {
    takes: text,
    fact: 6,
    usage: "urc-after [TEXT]",
    about: "an unsolicited line right behind the next answer",
    run: arms("urc-after"),
  },
  "urc-same": {
    takes: none,
    fact: 7,
    usage: "urc-same",
    about: "an unsolicited line that begins as the answer does, before the next answer for which there is one",
    run: arms("urc-same"),
  },
  "prompt-bare": {
    takes: none,
    fact: 8,
    usage: "prompt-bare",
    about: "the next prompt (>, DOWNLOAD, CONNECT) comes without line ends",
    run: arms("prompt-bare"),
  },
  "prompt-newline": {
    takes: none,
    fact: 9,
    usage: "prompt-newline",
    about: "the next prompt comes with line ends on both sides",
    run: arms("prompt-newline"),
  },
  "prompt-late": {
    takes: whole(0, 3600),
    fact: 9,
    usage: "prompt-late [SECONDS]",
    about: "the next prompt comes late (5 s)",
    run: arms("prompt-late"),
  },
  "prompt-never": {
    takes: none,
    fact: 9,
    usage: "prompt-never",
    about: "the next prompt never comes, and the command fails when its time is over",
    run: arms("prompt-never"),
  },
  error: { takes: none, fact: 10, usage: "error", about: "the next command is answered ERROR", run: arms("error") },
  cme: {
    takes: whole(0, 999),
    fact: 10,
    usage: "cme [CODE]",
    about: "the next command is answered +CME ERROR: 100",
    run: arms("cme"),
  },
  "cme-verbose": {
    takes: text,
    fact: 10,
    usage: "cme-verbose [WORDS]",
    about: "the next command is answered +CME ERROR: SIM failure",
    run: arms("cme-verbose"),
  },
  cms: {
    takes: whole(0, 999),
    fact: 10,
    usage: "cms [CODE]",
    about: "the next command is answered +CMS ERROR: 500",
    run: arms("cms"),
  },
  "no-ok": { takes: none, fact: 11, usage: "no-ok", about: "the next OK is lost", run: arms("no-ok") },
  "late-ok": {
    takes: whole(0, 3600),
    fact: 12,
    usage: "late-ok [SECONDS]",
    about: "the next OK comes late (10 s)",
    run: arms("late-ok"),
  },
  "urc-first": {
    takes: none,
    fact: 13,
    usage: "urc-first",
    about: "the next result that an OK announces comes before that OK",
    run: arms("urc-first"),
  },
  "no-space": {
    takes: none,
    fact: 14,
    usage: "no-space",
    about: "the next announced result has no space behind its colon",
    run: arms("no-space"),
  },
  "body-ok": {
    takes: text,
    fact: 15,
    usage: "body-ok [TEXT]",
    about: "the next answer of a server begins with OK, an unsolicited line and ERROR",
    run: arms("body-ok"),
  },
  "body-short": {
    takes: whole(1, 65536),
    fact: 16,
    usage: "body-short [BYTES]",
    about: "the next counted data is shorter (by 5 bytes) than announced",
    run: arms("body-short"),
  },
  "body-long": {
    takes: whole(1, 65536),
    fact: 16,
    usage: "body-long [BYTES]",
    about: "the next counted data is longer (by 5 bytes) than announced",
    run: arms("body-long"),
  },
  "body-64k": {
    takes: none,
    fact: 16,
    usage: "body-64k",
    about: "the next answer of a server has a body of 64 KB",
    run: arms("body-64k"),
  },
  "read-order": {
    takes: none,
    fact: 17,
    usage: "read-order",
    about: "the next reading of an answer has its OK where other families have it",
    run: arms("read-order"),
  },
  drop: {
    takes: (args) => whole(1, 65536)(args.slice(0, 1)) && args.length <= 2 && /^(in|out)?$/.test(args[1] ?? ""),
    fact: 18,
    usage: "drop [BYTES] [in|out]",
    about: "bytes (1) are lost on their way to the controller (out) or from it (in)",
    run: (unit, [bytes, way]) => unit.line.lose(numberOf(bytes, 1), way === "in" ? "in" : "out"),
  },
  "sim-absent": {
    takes: none,
    fact: 19,
    usage: "sim-absent",
    about: "the SIM is gone",
    run: sim("absent"),
    stays: card("absent"),
  },
  "sim-busy": {
    takes: whole(1, 86400),
    fact: 19,
    usage: "sim-busy [SECONDS]",
    about: "the SIM does not answer for a while (30 s)",
    run(unit, [seconds]) {
      sim("busy")(unit, []);
      unit.readSim();
      unit.world.after(numberOf(seconds, 30) * 1000, () => {
        if (unit.card.state === "busy") unit.card.state = "ready";
      });
    },
    stays: card("busy"),
  },
  "sim-pin": {
    takes: (args) => args.length === 0 || (args.length === 1 && /^\d{4,8}$/.test(args[0])),
    fact: 19,
    usage: "sim-pin [PIN]",
    about: "the SIM wants its PIN (1234)",
    run: sim("pin"),
    stays: card("pin"),
  },
  "sim-puk": {
    takes: none,
    fact: 19,
    usage: "sim-puk",
    about: "the SIM wants its PUK (12345678)",
    run: sim("puk"),
    stays: card("puk"),
  },
  registration: {
    takes: (args) => args.length === 1 && /^[0-5]$/.test(args[0]),
    fact: 20,
    usage: "registration 0|1|2|3|4|5",
    about: "what the network does with the module: off, home, searching, denied, unknown or roaming; until `none`",
    run(unit, [stat]) {
      unit.air.service = SERVICES[Number(stat) as keyof typeof SERVICES];
      unit.look();
    },
    stays: {
      is: ({ air, flapping }) => air.service !== "home" && !flapping,
      end({ air }) {
        air.service = "home";
      },
    },
  },
  flapping: {
    takes: whole(1, 86400),
    fact: 20,
    usage: "flapping [SECONDS]",
    about: "the registration comes and goes (every 20 s), until `none`",
    run(unit, [seconds]) {
      unit.flap(numberOf(seconds, 20));
    },
    stays: {
      is: ({ flapping }) => flapping > 0,
      end(unit) {
        unit.flap(0);
        unit.air.service = "home";
      },
    },
  },
  "data-lost": {
    takes: none,
    fact: 21,
    usage: "data-lost",
    about: "the network takes the data connection away",
    run: (unit) => unit.loseData(),
  },
  "http-status": {
    takes: whole(100, 599),
    fact: 22,
    usage: "http-status [STATUS]",
    about: "the next request is answered with this status (500), and the server never sees it",
    run: arms("http-status"),
  },
  "modem-error": {
    takes: whole(600, 999),
    fact: 22,
    usage: "modem-error [CODE]",
    about: "the next request fails in the module, with this number of its own or the one it has for a network error",
    run: arms("modem-error"),
  },
  "http-open": {
    takes: none,
    fact: 23,
    usage: "http-open",
    about: "a session of the HTTP service stands open already",
    run: (unit) => unit.dialect.leaveOpen(),
  },
  brownout: {
    takes: now,
    fact: 24,
    usage: "brownout [now]",
    about: "the supply sags in the middle of the next POST (or now), and the module starts anew",
    run(unit, [now]) {
      if (now === "now") unit.restart();
      else unit.arm("brownout", []);
    },
  },
  shutdown: {
    takes: now,
    fact: 24,
    usage: "shutdown [now]",
    about: "the supply sags in the middle of the next POST (or now), and the module is off",
    run(unit, [now]) {
      if (now === "now") unit.off();
      else unit.arm("shutdown", []);
    },
  },
  hang: {
    takes: none,
    fact: 25,
    usage: "hang",
    about: "the module does nothing any more, until its rail is cut",
    run(unit) {
      unit.dead = "hung";
    },
    stays: revive("hung"),
  },
  dead: {
    takes: none,
    fact: 25,
    usage: "dead",
    about: "the module does nothing any more, until `none`",
    run(unit) {
      unit.dead = "dead";
    },
    stays: revive("dead"),
  },
  "already-on": {
    takes: none,
    fact: 26,
    usage: "already-on",
    about: "the module is on by itself: the power key switches it off",
    run: (unit) => unit.powerUp(),
  },
  "no-powerdown": {
    takes: none,
    fact: 27,
    usage: "no-powerdown",
    about: "the next time it switches off it does not say so",
    run: arms("no-powerdown"),
  },
  "time-unset": {
    takes: none,
    fact: 28,
    usage: "time-unset",
    about: "the module knows no time and the network sends none, until `none`",
    run(unit) {
      unit.air.time = false;
      unit.networkTime = undefined;
      unit.setClock(unit.traits.epoch, 0);
    },
    stays: {
      is: ({ air }) => !air.time,
      end({ air }) {
        air.time = true;
      },
    },
  },
  "time-jump": {
    takes: whole(1, 4000000000),
    fact: 28,
    usage: "time-jump [SECONDS]",
    about: "the network's time jumps (by 10 years), until `none`",
    run(unit, [seconds]) {
      unit.air.timeOffset += numberOf(seconds, 315576000);
      unit.tellTime();
    },
    stays: {
      is: ({ air }) => air.timeOffset !== 0,
      end({ air }) {
        air.timeOffset = 0;
      },
    },
  },
  "answer-lost": {
    takes: none,
    fact: 29,
    usage: "answer-lost",
    about: "the next request reaches the server, its answer does not come back",
    run: arms("answer-lost"),
  },
  portal: {
    takes: none,
    fact: 30,
    usage: "portal",
    about: "the next request is answered by a captive portal, with HTML",
    run: arms("portal"),
  },
  "sms-in-post": {
    takes: text,
    fact: 31,
    usage: "sms-in-post [FROM] [TEXT]",
    about: "a message comes in the middle of the next POST",
    run: arms("sms-in-post"),
  },
  "first-lost": {
    takes: none,
    fact: 32,
    usage: "first-lost",
    about: "the next character of the controller is lost",
    run: (unit) => unit.line.lose(1, "in"),
  },
  leftover: {
    takes: none,
    fact: 33,
    usage: "leftover",
    about:
      "the settings are those of somebody else: echo, verbose errors, registration lines, PDU mode, an open session",
    run(unit) {
      for (const [name, value] of Object.entries({ E: 1, CMEE: 2, CREG: 2, CGREG: 2, CEREG: 2, CMGF: 0, CNMI: 2 }))
        if (name in unit.settings) unit.settings[name] = value;
      if (unit.state === "on") unit.dialect.leaveOpen();
    },
  },
};

/** Faults that stay, or wait in the module for their moment. */
export const standing = (unit: Unit): string[] =>
  Object.keys(FAULTS).filter((name) => FAULTS[name].stays?.is(unit) || unit.armed.some((one) => one.name === name));

/** Ends one of them. */
export function end(unit: Unit, name: string): void {
  unit.armed = unit.armed.filter((one) => one.name !== name);
  const { stays } = FAULTS[name];
  if (stays?.is(unit)) stays.end(unit);
  unit.look();
}

/** Ends all of them: the module and the place are as they should be. */
export function mend(unit: Unit): void {
  for (const name of standing(unit)) end(unit, name);
  unit.air.antenna = true;
  unit.look();
}
