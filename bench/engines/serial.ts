/**
 * The bench protocol with a real board: lines go to its port, and what a hand and an eye do for the virtual one is done by a
 * jig (docs/hil.md). Time is the computer's. What neither port nor jig can do is an error that says what it would need.
 */
import type { Board } from "../../boards/board";
import { evaluate, find, type Interpreter, LINUX, stored, times } from "../../build/console";
import { reopen } from "../../build/flash";
import { ask, openPort, type Port, pause } from "../../build/port";
import { ownPages } from "../../build/storage";
import { ToolError } from "../../build/tool";
import { gestures, PRESS, type State } from "../board";
import { BenchError, need, number, repeated, standsAlone } from "../need";
import { COMMANDS as VIRTUAL } from "../session";

export interface SerialOptions {
  board: Board;
  /** Where the board is spoken to: its console if that is open, or its factory port. */
  port: string;
  /** Where the factory port is, if it is another. */
  factory?: string;
  /** Where the jig is spoken to, if there is one. */
  jig?: string;
  /** Bits a second of a serial `port`, if not those of the board's factory port. */
  baud?: number;
  out: (said: SerialSaid) => void;
}

/** What is seen of a real board: without a jig, the time. */
export type SerialState = Pick<State, "time"> & Partial<Pick<State, "powered" | "load" | "leds" | "blinks">>;

export type SerialSaid =
  | { uart: string }
  | { uncaught: string }
  | { state: SerialState }
  | { who: Who }
  | { done: string }
  | { error: string };

/** Who is at the port. */
export interface Who {
  /** What the firmware says that it is, and the serial of its unit, "" without one. */
  board: string;
  version: string;
  serial: string;
  /**
   * Where the console is open: whether it is the interpreter on a computer, and no hardware; the interpreter's name for its
   * board, its version, and CRC-32 of the program in it.
   */
  virtual?: boolean;
  espruino?: string;
  interpreter?: string;
  crc?: number;
  /** What the jig says that it is. */
  jig?: string;
}

/**
 * Milliseconds: a press that the interpreter on a computer surely sees, whose pins are behind a pipe; a key held, on a keypad of twelve (a second, by a device that is slow) and of four (where two seconds are
 * another sign); until a line is answered, between two looks for that, until a device that
 * starts is asked again, until it answers; least time without power.
 */
const SLOW = 250;
const HOLD = { twelve: 2500, four: 1500 };
const ANSWER = 5000;
const LOOK = 10;
const AGAIN = 300;
const UP = 30000;
const DISCHARGE = 1500;
/** Millivolts from which on the output counts as on. */
const ON = 1000;
/** Seconds that the device's clock may be off before a test. */
const CLOCK = 2;
/** Characters that a UART hands over at once. */
const PIECE = 64;

const now = () => Math.floor(Date.now() / 1000);

/** A text of bytes as a literal in which nothing means anything to a console on the way. */
const quoted = (text: string) =>
  JSON.stringify(text).replace(/[^ -~]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`);

type Run = (session: SerialSession, args: string[], rest: string) => Promise<void> | void;

/** Every command that a real board can be worked with. */
export const SERIAL_COMMANDS: { [name: string]: { usage: string; about: string; run: Run } } = {
  raw: {
    ...VIRTUAL.raw,
    run: (session, args, rest) => {
      let text = "";
      // What it takes is the same as beside a virtual board.
      VIRTUAL.raw.run({ type: (typed: string) => (text = typed) } as any, args, rest);
      session.asked = "";
      session.type(text);
    },
  },
  key: {
    usage: "key * 1 2 3",
    about: "key presses by the jig; also `key 5 down`, `key 5 up` and `key 5 hold`",
    run: async (session, args) => {
      const gesture = ["down", "up", "hold"].find((word) => word === args[args.length - 1]);
      const pressed = (gesture ? args.slice(0, -1) : args).join("");
      need(!/^(stick|free)$/.test(args[args.length - 1]), "No jig spoils a contact: use down and up");
      const { keys, fourKeys } = session;
      const all = fourKeys && !gesture ? `${keys}*#` : keys;
      need(pressed, `Name the keys to press, out of ${all}`);
      for (const key of pressed) need(all.includes(key), `The keypad has no key "${key}": choose out of ${all}`);
      need(!gesture || pressed.length === 1, "down, up and hold take one key: give each its own line");
      if (gesture === "hold") await session.hold(pressed, fourKeys ? HOLD.four : HOLD.twelve);
      else if (gesture) await session.tellJig(`${gesture} ${pressed}`);
      else
        for (const { key, ms } of gestures(pressed, fourKeys))
          if (ms === PRESS) await session.press(key);
          else await session.hold(key, ms);
    },
  },
  wait: {
    usage: "wait 5",
    about: "seconds pass, real ones",
    run: async (_session, args) => {
      const seconds = number(args[0], true);
      need(args.length === 1 && seconds >= 0 && seconds <= 86400, "wait takes seconds up to a day, as in: wait 5");
      await pause(seconds * 1000);
    },
  },
  cut: {
    usage: "cut",
    about: "the jig takes the board's power away",
    run: async (session, args) => {
      need(args.length === 0, "No jig counts bytes that are written: cut stands alone here");
      await session.cut();
    },
  },
  on: {
    usage: "on",
    about: "the jig gives it back; done when the firmware answers",
    run: async (session, args) => {
      standsAlone("on", args);
      await session.on();
    },
  },
  state: {
    usage: "state",
    about: "the time; and what the jig sees: power, output, lamps and how often each went on since power came",
    run: async (session, args) => {
      standsAlone("state", args);
      session.out({ state: await session.state() });
    },
  },
  who: {
    usage: "who",
    about: "who is at the port: board, versions, CRC-32 of its program, and whether it is hardware",
    run: async (session) => session.out({ who: await session.who() }),
  },
  fresh: {
    usage: "fresh",
    about: "no key is down, identity, count and credit are wiped, and the device starts anew: development builds only",
    run: (session) => session.fresh(),
  },
  quit: { usage: "quit", about: "ends; so does the end of the input", run: (session) => session.close() },
};

/** What other commands of the protocol would need. */
const NEEDS: { [name: string]: string } = {
  rtc: "the clock chip is not reached from outside: it needs the virtual board",
  time: "the clock of a real board cannot be moved: it needs the virtual board",
};

/** A real board that is worked with lines of the protocol. */
export class SerialSession {
  closed = false;
  readonly out: SerialOptions["out"];
  readonly fourKeys: boolean;
  readonly keys: string;
  private wire?: Port;
  private factory?: Port;
  private jig?: Port;
  private console?: Interpreter;
  /** Lines that came since somebody asked. */
  private heard: string[] = [];
  /** They are for whoever asked, and not said. */
  private quiet = true;
  /** The line that was asked last; "" after other characters. */
  asked = "";
  private off = 0;
  private released = 0;

  private constructor(private options: SerialOptions) {
    this.out = options.out;
    this.fourKeys = options.board.parts.keypad.driver === "keys";
    this.keys = this.fourKeys ? "1234" : "123456789*0#";
  }

  /** Opens the ports, gives the board its power, and sees who is there. */
  static async open(options: SerialOptions): Promise<SerialSession> {
    const session = new SerialSession(options);
    try {
      if (options.jig) await session.openJig(options.jig);
      await session.openPorts();
      await session.meet();
    } catch (error) {
      await session.close();
      throw error;
    }
    session.quiet = false;
    return session;
  }

  /** Does one line. Blank ones and those that start with // are nothing. An error that is not the line's own fault is thrown. */
  async line(text: string): Promise<void> {
    const line = text.replace(/\r$/, "").trim();
    const [name, ...args] = line.split(/\s+/);
    if (name === "" || name.startsWith("//")) return;
    try {
      need(!this.closed, "The session has ended");
      if (line.startsWith("#")) await this.ask(line);
      else {
        const command = Object.hasOwn(SERIAL_COMMANDS, name) && SERIAL_COMMANDS[name];
        const why = Object.hasOwn(VIRTUAL, name) && (NEEDS[name] ?? `${name} needs the virtual board`);
        need(
          command,
          why
            ? `${why}: leave the line out with --engine serial`
            : `There is no such command: choose one of #…, ${Object.keys(SERIAL_COMMANDS).join(", ")}`,
        );
        await command.run(this, args, line.slice(name.length));
      }
    } catch (error) {
      if (!(error instanceof BenchError || error instanceof ToolError)) throw error;
      this.out({ error: error.message });
      return;
    }
    this.out({ done: repeated(line) });
  }

  /** Sends characters to the factory port: through the console, where that is open and has the wire. */
  type(text: string): void {
    const { factory, wire } = this;
    need(factory ?? wire, "The device has no power");
    if (factory) factory.write(text);
    else if (!this.console) wire!.write(text);
    else
      for (let i = 0; i < text.length; i += PIECE)
        wire!.write(`\x10${this.options.board.serial.port}.emit("data",${quoted(text.slice(i, i + PIECE))})\n`);
  }

  /** Sends a line to the serial port, and waits until the device says something. */
  private async ask(line: string, ms = ANSWER): Promise<string | undefined> {
    this.heard = [];
    this.asked = line;
    this.type(`${Buffer.from(line, "utf8").toString("latin1")}\n`);
    for (let waited = 0; waited < ms && !this.heard.length; waited += LOOK) await pause(LOOK);
    return this.heard[0];
  }

  /** The same for whoever is in here: nothing of it is said. */
  private async inquire(line: string, ms = ANSWER): Promise<string | undefined> {
    const { quiet } = this;
    this.quiet = true;
    try {
      return await this.ask(line, ms);
    } finally {
      this.quiet = quiet;
    }
  }

  /** Tells the jig to do something, and returns its answer. */
  async tellJig(line: string, ms = 0): Promise<string> {
    need(this.jig, "This needs the jig: give its port with --jig (docs/hil.md)");
    const answer = await ask(this.jig, `${line}\n`, /^(ok|see |jig |error)/, ms + times.expression);
    need(answer, "The jig does not answer: look at its wire, and start it anew");
    need(!answer.startsWith("error"), `The jig says ${answer}`);
    return answer;
  }

  /** A short press; what is looked at after it is looked at as soon as on the virtual board. */
  async press(key: string): Promise<void> {
    const ms = this.console?.board === LINUX ? SLOW : PRESS;
    await pause(this.released + ms - Date.now());
    await this.tellJig(`press ${key} ${ms}`, ms);
    this.released = Date.now();
  }

  /** A key is down for so long. */
  async hold(key: string, ms: number): Promise<void> {
    await this.tellJig(`down ${key}`);
    await pause(ms);
    await this.tellJig(`up ${key}`);
  }

  private async openJig(name: string): Promise<void> {
    this.jig = await openPort(name, 115200);
    // What was left of an earlier line ends here.
    for (let tries = 0; ; tries++) {
      const answer = await ask(this.jig, "\njig\n", /^jig /, times.expression);
      if (answer) break;
      if (tries === 3)
        throw new ToolError(
          `No jig answers at ${name}.`,
          "Put its program onto it (npm run jig -- --help), and repeat.",
        );
    }
    if ((await this.tellJig("see")).startsWith("see 0")) await this.tellJig("power on");
  }

  private async openPorts(): Promise<void> {
    const { port, factory, baud, board } = this.options;
    this.wire = await reopen(port, baud ?? board.serial.baud);
    if (factory) this.factory = await reopen(factory, board.serial.baud);
    this.listen();
  }

  /** Lines that the device says; while its console is open, the interpreter says more on that wire, which is no answer. */
  private listen(): void {
    const hear = (line: string) => {
      if (/^(Uncaught |ERROR: |Execution Interrupted)/.test(line)) this.out({ uncaught: line });
      if (!/^[#{]/.test(line) || line.startsWith("#DEV")) return;
      // A device that started slowly answers more than once to what it was asked more than once.
      if (line.startsWith("#STATUS") && this.asked && !this.asked.startsWith("#STATUS")) return;
      this.heard.push(line);
      if (!this.quiet) this.out({ uart: line });
    };
    if (this.wire) this.wire.onLine = this.factory ? () => {} : hear;
    if (this.factory) this.factory.onLine = hear;
  }

  private async closePorts(): Promise<void> {
    const ports = [this.wire, this.factory];
    this.wire = this.factory = undefined;
    for (const port of ports) await port?.close();
  }

  /** Who is there; and whether its program is this firmware. */
  private async meet(): Promise<void> {
    const { port, board } = this.options;
    const found = await find(this.wire!);
    if (found.kind === "silent")
      throw new ToolError(`Nobody answers at ${port}.`, "Check power, wires (TX to RX) and --baud, and repeat.");
    this.console = found.kind === "console" ? found : undefined;
    this.listen();
    if (await this.up(times.answer)) return;
    throw new ToolError(
      `The interpreter at ${port} runs no firmware that answers.`,
      `Flash it (npm run flash -- ${board.name} -p ${port} --dev), or name its factory port with --factory-port.`,
    );
  }

  /** Waits until the firmware answers. */
  private async up(ms: number): Promise<boolean> {
    const end = Date.now() + ms;
    while (Date.now() < end) if (await this.inquire("#STATUS", AGAIN)) return true;
    return false;
  }

  async cut(): Promise<void> {
    await this.tellJig("power off");
    this.off = Date.now();
    await this.closePorts();
  }

  async on(): Promise<void> {
    if (this.wire) return;
    await pause(this.off + DISCHARGE - Date.now());
    await this.tellJig("power on");
    await this.restarted();
  }

  /** Opens what a restart has closed, and waits until the firmware answers. */
  private async restarted(): Promise<void> {
    await this.openPorts();
    need(await this.up(UP), "The device was started, and does not answer");
  }

  async state(): Promise<SerialState> {
    if (!this.jig) return { time: now() };
    const [powered, millivolts, ...lamps] = (await this.tellJig("see")).split(" ").slice(1).map(Number);
    const leds: State["leds"] = {};
    const blinks: State["blinks"] = {};
    (["green", "red"] as const).forEach((name, i) => {
      const lamp: any = this.options.board.parts[name];
      if (!lamp) return;
      const [level, rises, falls] = lamps.slice(3 * i);
      leds[name] = powered === 1 && level === (lamp.activeLow ? 0 : 1);
      blinks[name] = lamp.activeLow ? falls : rises;
    });
    return { time: now(), powered: powered === 1, load: millivolts >= ON, leds, blinks };
  }

  async who(): Promise<Who> {
    const { board, version, serial } = JSON.parse((await this.inquire("#INFO")) ?? "{}");
    const who: Who = { board, version, serial };
    if (this.jig) who.jig = (await this.tellJig("jig")).slice("jig ".length);
    if (this.console) {
      who.virtual = this.console.board === LINUX;
      who.espruino = this.console.board;
      who.interpreter = this.console.version;
      who.crc = (await stored(this.wire!, times.slow))?.[1];
    }
    return who;
  }

  /** The wire, where the console at it is open. */
  private opened(what: string): Port {
    need(this.wire, "The device has no power");
    need(
      this.console,
      `${what} needs an open console: flash a development build (npm run flash -- ${this.options.board.name} --dev)`,
    );
    return this.wire;
  }

  /** Wipes what the firmware keeps for itself, and starts the device anew, with the right time. */
  async fresh(): Promise<void> {
    const port = this.opened("fresh");
    if (this.jig) for (const key of this.keys) await this.tellJig(`up ${key}`);
    const pages = ownPages(this.options.board);
    need(pages, "This board keeps identity and credit in its EEPROM: fresh cannot wipe that");
    const { file, position, page } = pages;
    const base = file
      ? `Math.ceil(E.getAddressOf(require("Storage").read(${JSON.stringify(file)}),true)/${page})*${page}`
      : position;
    const wiped = await evaluate(
      port,
      `(function(f,b){for(var i=0;i<${pages.pages};i++)f.erasePage((b+i*${page})|0);return true})(require("Flash"),${base})`,
      times.slow,
    );
    need(wiped === true, "The device's pages were not wiped: cut its power for a moment");
    await this.restart();
    const clock = /^#TEST;(\d+)$/.exec((await this.inquire("#TEST;CLOCK")) ?? "");
    if (clock && Math.abs(Number(clock[1]) - now()) <= CLOCK) return;
    await this.inquire(`#TEST;CLOCK;${now()}`);
    await pause(times.away);
    await this.restart();
  }

  /** The device starts anew: by its power where there is a jig, so that nothing runs any more. */
  private async restart(): Promise<void> {
    if (this.jig) {
      await this.cut();
      await this.on();
      return;
    }
    this.opened("This").write("\x10E.reboot()\n");
    await pause(times.away);
    await this.closePorts();
    await this.restarted();
  }

  /** Lets go of the ports; a board at a jig keeps its power. */
  async close(): Promise<void> {
    this.closed = true;
    await this.closePorts();
    await this.jig?.close();
  }
}
