/** The bench protocol: one command a line in, JSON objects out, each command ended by `done` or `error`. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type State, VirtualBoard } from "./board";
import { builtIn, carry } from "./built-in";
import type { Boot } from "./controller";
import { DEMO } from "./demo-unit";
import type { EngineMaker } from "./engines/engine";
import { LOOKS } from "./looks";
import { BenchError, need, number, repeated, standsAlone } from "./need";
import { USAGE as MODEM, modemCommand } from "./parts/modem/command";
import type { Network } from "./parts/modem/network";
import type { Entry } from "./parts/modem/shell";
import { USAGE as SERVER, serverCommand } from "./server/commands";
import type { Row } from "./server/expand";
import type { MetricsServer, Unit, Waiting, Wish } from "./server/server";
import { SKIES, type Sky } from "./sun";

/** What comes out, one object a line. */
export type Said =
  | { uart: string }
  | { uncaught: string }
  | { state: State }
  | { server: string }
  | { modem: string }
  | { peek: string }
  | { board: { name: string; title: string; keys: string; [more: string]: unknown } }
  | { boots: Boot[] }
  | { lamp: { n: number; at: number; on: boolean }[] }
  | { dump: { part: string; from: number; hex: string } }
  | { wear: { part: string; cells: [writes: number, cells: number][]; erases?: readonly number[] } }
  | { request: { n: number; [more: string]: unknown } }
  | { rows: Row[]; variables: { [key: string]: { name: string; [more: string]: unknown } } }
  | { waiting: { up: boolean; units: string[]; serial?: string } & Partial<Waiting> }
  | { air: { family: string; log: Entry[]; complaints: Entry[]; [more: string]: unknown } }
  | { token: { token: string; count: number } & Wish }
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

/** Lines that are not kept, since stories are handed on, and what is kept of them. A unit's key may be the public one. */
const SECRETS: [line: RegExp, words: string][] = [
  [/#SETUP;/, "Here a unit was set up whose key is not public: put its #SETUP line here"],
  [/#MODEM;[^;]*;[^;]*;./, "Here a modem was told a password or a PIN: put its #MODEM line here"],
  [/"jwt_key"/, "Here the server had a key for the unit: put its line here"],
];

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
  stick: ({ parts }, key) => parts.keypad.stick(key),
  free: ({ parts }, key) => parts.keypad.stick(key, false),
};

const alone =
  (name: string, run: (session: Session) => void): Run =>
  (session, args) => {
    standsAlone(name, args);
    run(session);
  };

/** Every command: what --help says, and what it does. It checks all of its arguments before it changes anything. */
export const COMMANDS: { [name: string]: { usage: string; about: string; look?: true; run: Run } } = {
  raw: {
    usage: 'raw "#STA"',
    about:
      "characters for the serial port as they are, a JSON string of bytes (\\u0000 to \\u00ff); no line end is added",
    run: (session, _args, rest) => {
      let text: unknown;
      try {
        text = JSON.parse(rest);
      } catch (_) {}
      need(
        typeof text === "string" && /^[\0-\xff]*$/.test(text),
        'raw takes a JSON string of bytes, as in: raw "#STATUS\\n"',
      );
      session.type(text);
    },
  },
  key: {
    usage: "key * 1 2 3",
    about:
      "key presses, one after the other, each down for 80 ms and up for 80 ms. " +
      `\`key 5 down\` and \`key 5 up\` leave the key as it is then, \`key 5 hold\` holds it for ${HOLD} s; ` +
      "`key 5 stick`: its contact stays closed, `key 5 free`: it does not any more. " +
      "On a keypad of four keys a # is a key held, and a * is nothing",
    run: ({ board, keys: all }, args) => {
      const gesture = Object.hasOwn(GESTURES, args[args.length - 1] ?? "") && GESTURES[args[args.length - 1]];
      const pressed = (gesture ? args.slice(0, -1) : args).join("");
      const keys = gesture ? board.parts.keypad.keys : all;
      need(pressed, `Name the keys to press, out of ${keys}`);
      for (const key of pressed) need(keys.includes(key), `The keypad has no key "${key}": choose out of ${keys}`);
      need(!gesture || pressed.length === 1, "down, up, hold, stick and free take one key: give each its own line");
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
    usage: "rtc stop | start | lose | set UNIX | drift PPM | missing | back",
    about:
      "the clock chip stops or starts, loses its battery, is moved by someone, runs too fast or (with -) too slow by millionths, " +
      "is off the bus, or is back on it with a good battery",
    run: acts("rtc", {
      stop: ({ parts }) => parts.rtc.stop(),
      start: ({ parts }) => parts.rtc.start(),
      lose: ({ parts }) => parts.rtc.lose(),
      set: ({ parts }, text) => {
        const time = number(text);
        need(time >= 946684800 && time <= END, "rtc set takes Unix seconds from 946684800 (2000) to the end of 2099");
        parts.rtc.set(time);
      },
      drift: ({ parts }, text) => {
        need(/^-?\d{1,6}$/.test(text ?? ""), "rtc drift takes millionths, as in: rtc drift -20");
        parts.rtc.ppm = Number(text);
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
  brownout: {
    usage: "brownout",
    about: "the supply sags: the controller alone starts anew, the parts around it keep what they have",
    run: alone("brownout", ({ board }) => board.brownOut()),
  },
  output: {
    usage: "output bypass | dead | whole",
    about: "somebody wires the output to the supply, its switch is dead, or all is well again",
    run: acts("output", {
      bypass: ({ parts }) => {
        parts.output.stuck = "on";
      },
      dead: ({ parts }) => {
        parts.output.stuck = "off";
      },
      whole: ({ parts }) => {
        parts.output.stuck = undefined;
      },
    }),
  },
  bounce: {
    usage: "bounce on | off",
    about: "the keypad's contacts bounce, as they do unless told otherwise, or not",
    run: acts("bounce", {
      on: ({ parts }) => {
        parts.keypad.bounce = true;
      },
      off: ({ parts }) => {
        parts.keypad.bounce = false;
      },
    }),
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
  sun: {
    usage: "sun clear | cloudy | off",
    about: "days for the board's panel and battery, under that sky; or their readings stay as they are",
    run: ({ board }, [sky = "", ...more]) => {
      need(Object.keys(board.sensors).length, "This board has no sensors: leave the line out");
      need((sky === "off" || Object.hasOwn(SKIES, sky)) && more.length === 0, "sun takes clear, cloudy or off");
      board.sun(sky === "off" ? undefined : (sky as Sky));
    },
  },
  on: { usage: "on", about: "power on", run: alone("on", ({ board }) => board.on()) },
  quit: {
    usage: "quit",
    about: "ends; so does the end of the input",
    look: true,
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
  ...LOOKS,
  carry: {
    usage: "carry",
    about: "an agent's phone: takes the report at the serial port, brings it to the server, and the answer back",
    run: alone("carry", (session) => session.carry()),
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
  /** What the device's serial port said last. */
  last = "";
  /** What was done so far, in the words of the protocol, without what is secret; `at` in Unix seconds. */
  readonly done: { at: number; line: string }[] = [];
  private heard = 0;
  /** Count of the last token that was made. */
  private sold = 0;
  /** The start in which half a line was sent to the serial port. */
  private half = 0;
  /** World time in milliseconds since which it passed by `pass`, and until when. */
  private passing?: { since: number; until: number };
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
    this.server = builtIn(this.board, {
      units: options.units,
      log: (text, request) => {
        if (request) out({ server: text });
      },
    });
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
      this.last = line;
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
    if (name.startsWith("//")) this.note(line.trim());
    if (name === "" || name.startsWith("//")) return;
    try {
      need(!this.closed, "The session has ended");
      if (line.startsWith("#")) {
        this.settle();
        const at = this.seconds;
        this.step(() => this.ask(line));
        this.keep(at, line);
      } else {
        const command = Object.hasOwn(COMMANDS, name) && COMMANDS[name];
        need(command, `There is no such command: choose one of #…, ${Object.keys(COMMANDS).join(", ")}`);
        if (!command.look) this.settle();
        const at = this.seconds;
        this.step(() => command.run(this, args, line.slice(line.indexOf(name) + name.length)));
        if (!command.look) this.keep(at, line.trim());
      }
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      this.out({ error: error.message });
      return;
    }
    this.out({ done: repeated(line.trim()) });
  }

  /** World time, milliseconds since 1970. */
  get now(): number {
    return this.board.world.now;
  }

  private get seconds(): number {
    return Math.floor(this.now / 1000);
  }

  /**
   * Time passes up to a point (milliseconds of world time, later than what was given before), without a line: that is for
   * whoever lets the world run beside a clock of their own. In `done` it is one `wait` up to the next line, and that is the
   * same to the device.
   */
  pass(until: number): void {
    this.passing = { since: this.passing?.since ?? this.now, until };
    this.step(() => this.board.world.run(until));
  }

  /**
   * What has passed becomes a `wait`: so many seconds, or if that is not said what it takes to get to the next hundredth. It
   * does not matter in how many pieces a world runs up to a point.
   */
  settle(exactly?: number): void {
    if (!this.passing) return;
    const { since, until } = this.passing;
    this.passing = undefined;
    const seconds = exactly ?? Math.ceil((until - since) / 10) / 100;
    this.step(() => this.board.world.run(since + seconds * 1000));
    if (seconds > 0) this.done.push({ at: Math.floor(since / 1000), line: `wait ${seconds}` });
  }

  /** Keeps what was done, but no secrets. Keys that were pressed one after the other are one line. */
  private keep(at: number, line: string): void {
    for (const [secret, words] of SECRETS) if (secret.test(line) && !line.includes(DEMO.key)) line = `// ${words}`;
    const before = this.done[this.done.length - 1];
    const keys = /^key( [0-9*#])+$/;
    if (before && keys.test(before.line) && keys.test(line)) before.line += line.slice("key".length);
    else this.done.push({ at, line });
  }

  private note(line: string): void {
    this.settle();
    this.done.push({ at: this.seconds, line });
  }

  /** What was done as a script for `npm run bench -- --script`, which ends by checking that all is as it is now. */
  story(): string[] {
    this.settle();
    const { time, powered, load, display, memory, flash } = this.board.state();
    const end = { time, powered, load, display, memory: { writes: memory.writes }, flash };
    return [...this.done.map(({ line }) => line), `expect ${JSON.stringify(end)}`];
  }

  /** What the device answers to a line just now: the world's clock is put back. */
  peek(line: string): string {
    const { board, now } = this;
    need(board.powered, "The device has no power");
    need(this.half !== board.controller.started, "Half a line was sent to the serial port: end it first");
    const hear = board.onLine;
    const said: string[] = [];
    board.onLine = (answer) => said.push(answer);
    try {
      board.type(`${line}\n`);
    } finally {
      board.onLine = hear;
      board.world.now = now;
    }
    need(said.length === 1, "The device does not answer just now");
    return said[0];
  }

  /** Makes a token for the unit on the bench. Throws a `UnitsError` or a `TokenError`. */
  sell(wish: Wish): { token: string; count: number } {
    const { serial } = this;
    need(
      serial !== undefined,
      "The server knows no unit: set one up with #SETUP in this session, or give --units FILE",
    );
    let count = this.server.unit(serial).count ?? 1;
    try {
      const told = JSON.parse(this.peek("#INFO"));
      if (told.serial === serial) count = told.count;
    } catch (error) {
      // Without the device, what was sold last is all that a shop knows.
      if (!(error instanceof BenchError)) throw error;
    }
    const made = this.server.make(serial, wish, Math.max(count, this.sold));
    this.sold = made.count;
    return made;
  }

  /** Sends characters to the serial port. */
  type(text: string): void {
    this.half = /[\r\n]$/.test(text) ? 0 : this.board.controller.started;
    this.board.type(text);
  }

  /** An agent's phone brings the report to the server, and the answer back. */
  carry(): void {
    this.ask("#METRICS");
    if (!this.last.startsWith("{")) return;
    const answer = carry(this.board, this.last);
    if (answer) this.ask(`#ANSWER;${answer.body}`);
    else this.out({ server: "nobody answers" });
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
    this.type(`${Buffer.from(line, "utf8").toString("latin1")}\n`);
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
