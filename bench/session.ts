/** The bench protocol: one command a line in, JSON objects out, each command ended by `done` or `error`. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dataFormat } from "../build/metrics";
import { type State, VirtualBoard } from "./board";
import type { EngineMaker } from "./engines/engine";
import { USAGE as MODEM, modemCommand } from "./parts/modem/command";
import type { Network } from "./parts/modem/network";
import { USAGE as SERVER, serverCommand } from "./server/commands";
import { createServer, type MetricsServer, type Unit } from "./server/server";

/** What comes out, one object a line. */
export type Said =
  | { uart: string }
  | { uncaught: string }
  | { state: State }
  | { server: string }
  | { modem: string }
  | { done: string }
  | { error: string };

export interface SessionOptions {
  /** The board's JSON, its bundle, and what runs it. */
  board: any;
  code: string;
  make: EngineMaker;
  out: (said: Said) => void;
  /** Where world time starts, Unix seconds; if left out, where the state's last run ended, or `START`. */
  time?: number;
  /** Folder in which non-volatile memory lives between runs. */
  state?: string;
  /** Units that the server knows from the start; others it learns from `#SETUP`. */
  units?: Unit[];
  /** What the device reaches; if left out, the built-in server under every name. */
  network?: Network;
}

/** Where world time starts unless told otherwise: a fixed date, so that runs repeat. 2026-11-22T00:00:00Z. */
export const START = 1795305600;
/** The last second that a clock chip can hold. 2099-12-31T23:59:59Z. */
const END = 4102444799;
/** World time that an answer of the device to a `#` line is waited for, in milliseconds, and the step in which it is. */
const ANSWER = 5000;
const STEP = 10;
/** Seconds of a `hold`. */
const HOLD = 1.5;

/** A command that cannot be done as it was given; the message says what to change. */
export class BenchError extends Error {}

function need(ok: unknown, message: string): asserts ok {
  if (!ok) throw new BenchError(message);
}

/** Reads a number in digits; `fraction` if it may have one. Anything else is NaN. */
const number = (text = "", fraction = false) =>
  (fraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text) ? Number(text) : Number.NaN;

type Run = (session: Session, args: string[], rest: string) => void;
type Acts = { [word: string]: (board: VirtualBoard, arg: string | undefined) => void };

/** Commands on a part: a word, and for some an argument, which the act checks. */
function acts(name: string, table: Acts): Run {
  return ({ board }, [word, argument, ...more]) => {
    const act = Object.hasOwn(table, word ?? "") && table[word];
    need(act, `${name} takes one of: ${Object.keys(table).join(", ")}`);
    need(
      more.length === 0 && (argument === undefined || act.length > 1),
      `${name} ${word}: there is too much behind it`,
    );
    act(board, argument);
  };
}

const GESTURES: { [word: string]: (board: VirtualBoard, key: string) => void } = {
  down: ({ parts }, key) => parts.keypad.down(key),
  up: ({ parts }, key) => parts.keypad.up(key),
  hold: (board, key) => {
    board.parts.keypad.down(key);
    board.wait(HOLD);
    board.parts.keypad.up(key);
  },
};

const alone =
  (name: string, run: (session: Session) => void): Run =>
  (session, args) => {
    need(args.length === 0, `${name} stands alone on its line`);
    run(session);
  };
/** Every command: what --help says, and what it does. It checks all of its arguments before it changes anything. */
export const COMMANDS: { [name: string]: { usage: string; about: string; run: Run } } = {
  raw: {
    usage: 'raw "#STA"',
    about:
      "characters for the serial port as they are, a JSON string of bytes (\\u0000 to \\u00ff); no line end is added",
    run: ({ board }, _args, rest) => {
      let text: unknown;
      try {
        text = JSON.parse(rest);
      } catch (_) {}
      need(
        typeof text === "string" && /^[\0-\xff]*$/.test(text),
        'raw takes a JSON string of bytes, as in: raw "#STATUS\\n"',
      );
      board.type(text);
    },
  },
  key: {
    usage: "key * 1 2 3",
    about:
      "key presses, one after the other, each down for 80 ms and up for 80 ms. " +
      `\`key 5 down\` and \`key 5 up\` leave the key as it is then, \`key 5 hold\` holds it for ${HOLD} s. ` +
      "On a keypad of four keys a # is a key held, and a * is nothing",
    run: ({ board, keys: all }, args) => {
      const gesture = Object.hasOwn(GESTURES, args[args.length - 1] ?? "") && GESTURES[args[args.length - 1]];
      const pressed = (gesture ? args.slice(0, -1) : args).join("");
      const keys = gesture ? board.parts.keypad.keys : all;
      need(pressed, `Name the keys to press, out of ${keys}`);
      for (const key of pressed) need(keys.includes(key), `The keypad has no key "${key}": choose out of ${keys}`);
      need(!gesture || pressed.length === 1, "down, up and hold take one key: give each its own line");
      if (gesture) gesture(board, pressed);
      else board.press(pressed);
    },
  },
  press: {
    usage: "press NAME",
    about: "an input of the product's own code is closed to ground for 80 ms, as by a key of its own",
    run: ({ board }, args) => {
      const all = board.inputs;
      need(all.length, "This board has no product code with inputs: leave the line out");
      need(args.length === 1 && all.includes(args[0]), `press takes one of: ${all.join(", ")}`);
      board.close(args[0]);
    },
  },
  wait: {
    usage: "wait 3600",
    about: "seconds pass in the world, fractions count",
    run: ({ board }, args) => {
      const seconds = number(args[0], true);
      need(args.length === 1 && seconds >= 0, "wait takes the seconds, as in: wait 3600");
      need(board.world.now / 1000 + seconds <= END, "The world ends with the year 2099: wait less");
      board.wait(seconds);
    },
  },
  time: {
    usage: "time 1800000000",
    about: "time passes until this Unix time; forward only",
    run: ({ board }, args) => {
      const until = number(args[0]);
      const now = board.world.now / 1000;
      need(args.length === 1 && until >= 0, "time takes Unix seconds, as in: time 1800000000");
      need(until >= now, `Time goes forward only, and it is ${Math.ceil(now)}: give that or more`);
      need(until <= END, "The world ends with the year 2099: give an earlier time");
      board.wait(until - now);
    },
  },
  rtc: {
    usage: "rtc stop | start | lose | set UNIX | missing | back",
    about:
      "the clock chip stops or starts, loses its battery, is moved by someone, is off the bus, or is back on it with a good battery",
    run: acts("rtc", {
      stop: ({ parts }) => parts.rtc.stop(),
      start: ({ parts }) => parts.rtc.start(),
      lose: ({ parts }) => parts.rtc.lose(),
      set: ({ parts }, text) => {
        const time = number(text);
        need(time >= 946684800 && time <= END, "rtc set takes Unix seconds from 946684800 (2000) to the end of 2099");
        parts.rtc.set(time);
      },
      missing: ({ parts }) => {
        parts.rtc.present = false;
      },
      back: ({ parts }) => {
        parts.rtc.present = true;
        parts.rtc.battery = true;
      },
    }),
  },
  memory: {
    usage: "memory missing | back | protect | unprotect",
    about: "the EEPROM is off the bus, or back on it; its write protection is closed, or open",
    run: acts("memory", {
      missing: ({ parts }) => {
        parts.memory.present = false;
      },
      back: ({ parts }) => {
        parts.memory.present = true;
      },
      protect: ({ parts }) => {
        need("protected" in parts.memory, "This board has no EEPROM to protect: leave the line out");
        parts.memory.protected = true;
      },
      unprotect: ({ parts }) => {
        parts.memory.protected = false;
      },
    }),
  },
  cut: {
    usage: "cut | cut after N",
    about: "power off now, or while the Nth byte from now is written to non-volatile memory",
    run: ({ board }, args) => {
      const bytes = number(args[1]);
      const now = args.length === 0;
      need(now || (args.length === 2 && args[0] === "after" && bytes > 0), "cut stands alone, or as in: cut after 1");
      if (now) board.cut();
      else board.cutAfter(bytes);
    },
  },
  sample: {
    usage: "sample NAME VALUE | missing | back",
    about:
      "what a sensor reads from now on: NAME is the part, or part.channel where it has several, VALUE in millivolts or " +
      "milliamperes; a chip is off the bus, or back on it",
    run: ({ board }, [name = "", value = "", ...more]) => {
      const [part, channel] = name.split(".");
      const all = Object.keys(board.sensors);
      need(all.length, "This board has no sensors: leave the line out");
      const sensor = Object.hasOwn(board.sensors, part) && board.sensors[part];
      need(sensor, `There is no sensor "${part}": choose one of ${all.join(", ")}`);
      need(value && more.length === 0, `sample takes a sensor and what it reads, as in: sample ${part} 12500`);
      if (value === "missing" || value === "back") {
        need(channel === undefined, `The whole of ${part} is missing or back: leave .${channel} out`);
        need(sensor.present !== undefined, `${part} is on no bus: give the value that it reads`);
        sensor.present = value === "back";
        return;
      }
      const channels = Object.keys(sensor.channels);
      const wanted = channel ?? (channels.length === 1 ? channels[0] : "");
      need(
        Object.hasOwn(sensor.channels, wanted),
        `${part} measures ${channels.join(" and ")}: name one, as in: sample ${part}.${channels[0]} ${value}`,
      );
      const { unit, least, most, set } = sensor.channels[wanted];
      const reads = number(value.replace(/^-/, ""), true) * (value.startsWith("-") ? -1 : 1);
      need(reads >= least && reads <= most, `${part}.${wanted} reads ${least} to ${most} ${unit}: give one of these`);
      set(reads);
    },
  },
  on: { usage: "on", about: "power on", run: alone("on", ({ board }) => board.on()) },
  state: {
    usage: "state",
    about: "what is seen from outside, as one object; blinks count how often each lamp went on since power came",
    run: alone("state", ({ board, out }) => out({ state: board.state() })),
  },
  quit: {
    usage: "quit",
    about: "ends; so does the end of the input",
    run: alone("quit", (session) => session.close()),
  },
  modem: {
    usage: `modem ${MODEM}`,
    about:
      "a fault happens, SIM or antenna are pulled or put back, a message comes; `modem fault` alone lists the faults",
    run: ({ board, out }, args) => {
      const { modem } = board.parts;
      need(modem, "This board has no modem: choose one that has with --board");
      const { wrong, lines = [] } = modemCommand(modem, args);
      need(!wrong, wrong ?? "");
      for (const line of lines) out({ modem: line });
    },
  },
  server: {
    usage: `server ${SERVER}`,
    about:
      "what the built-in server says to this unit's next requests, and whether it is there; it knows the unit from #SETUP. " +
      "A T is a token's digits, or add:DAYS, set:DAYS, extended:VALUE, disable or sync",
    run: ({ server, serial }, _args, rest) => {
      const wrong = serverCommand(server, serial, rest);
      need(!wrong, wrong ?? "");
    },
  },
};

/** A virtual board, powered on, that is worked with lines of the protocol. */
export class Session {
  readonly board: VirtualBoard;
  readonly out: (said: Said) => void;
  readonly keys: string;
  /** What the device's requests reach. */
  readonly server: MetricsServer;
  /** The unit on the bench, as far as the server knows one. */
  serial?: string;
  /** True once it ended. */
  closed = false;
  private heard = 0;
  private saved = -1;
  private setup = "";

  constructor(private options: SessionOptions) {
    const { board, code, make, out, state } = options;
    this.out = out;
    const world = state && join(state, "world.json");
    const last = world && existsSync(world) ? JSON.parse(readFileSync(world, "utf8")).time : undefined;
    const time = options.time ?? last ?? START;
    need(time >= (last ?? 0), `The state in ${state} is from ${last}: time cannot start before that`);
    this.board = new VirtualBoard(board, code, make, time);
    const known = board.metrics?.server.data_format_id;
    this.server = createServer({
      units: options.units,
      // A board that names its data format by number had it registered before.
      formats: known ? { [known]: dataFormat(board.metrics) } : undefined,
      now: () => Math.floor(this.board.world.now / 1000),
      log: (text, request) => {
        if (request) out({ server: text });
      },
    });
    // The built-in server is wherever the device thinks that one is, but for hosts that cannot exist (RFC 2606).
    this.board.network = ({ url, headers, body }) => {
      const { hostname, pathname } = new URL(url);
      if (hostname.endsWith(".invalid")) return undefined;
      const answer = this.server.answer("POST", `/${pathname.split("/").pop()}`, headers, body);
      return answer && { status: answer.status, body: Buffer.from(answer.body) };
    };
    if (options.units?.length === 1) this.serial = options.units[0].serial;
    const { network } = options;
    if (network) {
      this.board.network = ({ url, headers, body }) => {
        const answer = network.post(url, headers, body);
        return "failure" in answer ? undefined : { status: answer.status, body: Buffer.from(answer.body) };
      };
      if (this.board.parts.modem) this.board.parts.modem.network = network;
    }
    const { keys } = this.board.parts.keypad;
    this.keys = this.board.fourKeys ? `${keys}*#` : keys;
    this.board.onLine = (line) => {
      this.heard++;
      if (line === "#SETUP;OK" && this.setup) this.introduce();
      out({ uart: line });
    };
    for (const [file, part] of this.memories()) {
      const image = existsSync(file) ? new Uint8Array(readFileSync(file)) : part.image;
      need(image.length === part.image.length, `${file} is no memory of this board: give another --state`);
      part.image = image;
    }
    this.step(() => this.board.on());
  }

  /** Does one line. Blank ones and those that start with // are nothing. An error that is not the line's own fault is thrown. */
  line(text: string): void {
    const line = text.replace(/\r$/, "");
    const words = line.trim().split(/\s+/);
    const [name, ...args] = words;
    if (name === "" || name.startsWith("//")) return;
    try {
      need(!this.closed, "The session has ended");
      if (line.startsWith("#")) this.step(() => this.ask(line));
      else {
        const command = Object.hasOwn(COMMANDS, name) && COMMANDS[name];
        need(command, `There is no such command: choose one of #…, ${Object.keys(COMMANDS).join(", ")}`);
        this.step(() => command.run(this, args, line.slice(line.indexOf(name) + name.length)));
      }
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      this.out({ error: error.message });
      return;
    }
    // What goes to the serial port can be a key, and is not repeated.
    const serial = /^#[A-Z]{0,12}(?=;|$)|^#|^raw\b/.exec(line.trim());
    this.out({ done: serial?.[0] ?? line.trim() });
  }

  /** Keeps the state and switches everything off. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.save();
    this.board.cut();
  }

  /** Sends a line to the serial port and lets time pass until the device says something. */
  private ask(line: string): void {
    const before = this.heard;
    if (line.startsWith("#SETUP;")) this.setup = line;
    const { board } = this;
    board.type(`${Buffer.from(line, "utf8").toString("latin1")}\n`);
    for (let ms = 0; ms < ANSWER && this.heard === before && board.powered; ms += STEP) board.wait(STEP / 1000);
  }

  /** Tells the server of the unit that was just set up, key included: it stays in memory there. */
  private introduce(): void {
    const [, serial, code, key, count, divider, restricted] = this.setup.split(";");
    const optional = (text = "") => (text === "" ? undefined : Number(text));
    this.server.add({
      serial,
      key,
      startingCode: optional(code),
      count: optional(count),
      timeDivider: optional(divider),
      restricted: restricted ? restricted === "1" : this.board.fourKeys,
    });
    this.serial = serial;
    this.setup = "";
  }

  private step(run: () => void): void {
    run();
    for (const text of this.board.uncaught.splice(0)) this.out({ uncaught: text });
    if (this.writes() !== this.saved) this.save();
  }

  /** The board's parts that keep bytes without power, by the file that is theirs. */
  private memories() {
    const { state = "." } = this.options;
    return Object.entries(this.board.parts).flatMap(([name, part]) =>
      "image" in part ? [[join(state, `${name}.bin`), part] as const] : [],
    );
  }

  private writes(): number {
    return this.memories().reduce((sum, [, part]) => sum + part.writes, 0);
  }

  private save(): void {
    const { state } = this.options;
    this.saved = this.writes();
    if (state === undefined) return;
    mkdirSync(state, { recursive: true });
    const time = Math.ceil(this.board.world.now / 1000);
    const files: [string, string | Uint8Array][] = this.memories().map(([file, part]) => [file, part.image]);
    for (const [file, data] of [...files, [join(state, "world.json"), JSON.stringify({ time })] as const]) {
      writeFileSync(`${file}.new`, data);
      renameSync(`${file}.new`, file);
    }
  }
}
