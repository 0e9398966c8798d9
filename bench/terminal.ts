/**
 * `npm run terminal`: a device in the terminal. It builds the file that would be flashed, runs it on the virtual board, and
 * shows what a person in front of it sees. `--demo` plays a story instead, `--svg` prints a picture.
 */
import { writeSync } from "node:fs";
import { Command, Option } from "commander";
import { boardNames, bundle } from "../build/bundle";
import { ENGINES } from "./bench";
import { gestures, HOLD, PRESS, VirtualBoard } from "./board";
import { builtIn, carry } from "./built-in";
import { DEMO } from "./demo-unit";
import { encode, type TokenRequest } from "./encode";
import type { Modem } from "./parts/modem/modem";
import type { MetricsServer } from "./server/server";
import { COLUMNS, dateAndTime, duration, ROWS, render, svg, type View } from "./terminal-screen";
import { setupLine, story } from "./terminal-story";
import type { Info } from "./web/frame";
import { plain } from "./web/words";

type Options = { board: string; engine: string; demo?: boolean; svg?: boolean };

/** Milliseconds between two looks at the device. */
const LOOK = 50;
/** Milliseconds after which the device has answered a key. */
const SETTLE = 500;
/** Milliseconds of the world between two looks at the computer's clock in a time jump. */
const STRIDE = 60000;
/** Seconds of the world by time travel key. */
const JUMPS: { [key: string]: number } = { h: 3600, d: 86400, w: 7 * 86400, m: 30 * 86400 };
const OFFERS: [about: string, request: Pick<TokenRequest, "kind" | "days">][] = [
  ["adds 1 day", { kind: "add", days: 1 }],
  ["adds 7 days", { kind: "add", days: 7 }],
  ["sets 30 days", { kind: "set", days: 30 }],
  ["unlocks the device for ever", { kind: "disable" }],
  ["brings the counter in step", { kind: "sync" }],
];

async function makeBoard({ board, engine }: Options, unixSeconds: number): Promise<VirtualBoard> {
  const built = await bundle(board);
  return new VirtualBoard(built.board, built.code, ENGINES[engine], unixSeconds);
}

/** One device with a person before it. It knows the device from outside: its parts, and its serial port. */
export class Session {
  private log: View["log"] = [];
  private offered = 1;
  private count?: number;
  private events: string[] = [];
  private pressed = "";
  private free = 0;
  private help = false;
  /** Whether the modem's line is looked at. */
  private line = false;
  private next = 0;
  private seen = 0;
  private asked = 0;
  /** Where reports go. */
  private server: MetricsServer;
  /** Where the world's clock has to be, milliseconds since 1970. */
  private target: number;

  constructor(
    private board: VirtualBoard,
    private options: Options,
  ) {
    this.server = builtIn(board, { units: [{ ...DEMO, restricted: board.fourKeys }] });
    const { network } = board;
    board.network = (sent) => {
      const answer = network(sent);
      if (answer) this.note(`server: ${answer.status}, ${answer.body.length} B`, answer.status >= 300);
      return answer;
    };
    board.onLine = (line) => {
      if (!line.startsWith("{")) this.note(`‹ ${line}`);
      else if (JSON.parse(line).events) this.inform(JSON.parse(line));
      else this.carry(line);
    };
    board.on();
    this.send(setupLine(board));
    board.wait(1);
    // It leaves the factory, and comes home.
    board.cut();
    board.wait(1);
    board.on();
    this.note("power on");
    this.ask();
    this.target = board.world.now;
  }

  private note(text: string, bad = false, at = this.board.world.now): void {
    this.log = [...this.log, { at: Math.floor(at / 1000), text, bad }].slice(-50);
  }

  private send(line: string): void {
    this.note(`› ${line}`);
    this.board.send(line);
  }

  /** Asks the device for its count and its last events, which are then noted. */
  private ask(): void {
    if (this.board.powered) this.board.send("#INFO");
    this.asked = this.board.world.now;
  }

  private inform({ serial, count, events, report }: Pick<Info, "serial" | "count" | "events" | "report">): void {
    this.count = serial ? count : undefined;
    this.next = report?.next ?? 0;
    let old = this.events;
    while (old.some((event, i) => event !== events[i])) old = old.slice(1);
    for (const event of events.slice(old.length)) {
      const [, at, name] = event.match(/^(\d+) (.*)$/)!;
      this.note(`device: ${name}`, false, Math.min(Math.max(Number(at) * 1000, this.asked), this.board.world.now));
    }
    this.events = events;
  }

  /** An agent's phone brings a report to the server, and the answer back. */
  private carry(request: string): void {
    this.note(`‹ ${request.length} B ${request}`);
    const answer = carry(this.board, request);
    if (answer) this.send(`#ANSWER;${answer.body}`);
  }

  /** Notes what happened to the lamp, and what went wrong. */
  private look(): void {
    for (const { at, on } of this.board.parts.output.changes.filter(({ at }) => at > this.seen)) {
      this.seen = at;
      this.note(`lamp ${on ? "on" : "off"}`, false, at);
    }
    for (const text of this.board.uncaught.splice(0)) this.note(text, true);
  }

  /** Puts a finger on the keys one after the other, as the world's time goes on; `held` holds them, longer by one second. */
  private press(keys: string, held = 0): void {
    const { world, parts } = this.board;
    for (const { key, ms: least } of gestures(keys, this.board.fourKeys)) {
      const ms = held && least < HOLD ? HOLD : least + held;
      const wait = Math.max(0, this.free - world.now);
      world.after(wait, () => {
        parts.keypad.down(key);
        this.pressed = key;
      });
      world.after(wait + ms, () => parts.keypad.up(key));
      this.free = world.now + wait + ms + PRESS;
      // The screen keeps it lit a little longer, for the eye.
      world.after(wait + ms + PRESS - 1, () => {
        this.pressed = "";
      });
    }
  }

  private offer(): View["offer"] {
    if (this.count === undefined || !this.board.powered) return undefined;
    const [about, request] = OFFERS[this.offered];
    const { token, count } = encode({ ...DEMO, restricted: this.board.fourKeys, count: this.count, ...request });
    return { token, about: `${about}, count ${count}` };
  }

  /** A key of the terminal. Returns false when the person wants to go. */
  key(key: string): boolean {
    const { board } = this;
    if (this.help && key !== "?") this.help = false;
    if (/^[0-9*#]$/.test(key)) {
      if (key === "#" || board.parts.keypad.keys.includes(key)) this.press(key);
    } else if (key === "\x7f" || key === "\b") this.press("#");
    else if (key === "c") this.press("#", 1000);
    else if (key === "n") {
      const offer = this.offer();
      if (offer) this.press(`*${offer.token}`);
    } else if (key === "t") this.offered = (this.offered + 1) % OFFERS.length;
    else if (key === "s") {
      if (board.powered) this.send("#STATUS");
    } else if (key === "e") {
      if (board.powered) this.send("#METRICS");
    } else if (key === "p") {
      if (board.powered) board.cut();
      else board.on();
      this.events = [];
      this.note(board.powered ? "power on" : "power off");
      this.look();
      this.ask();
    } else if (key === "r") {
      board.parts.rtc.battery = !board.parts.rtc.battery;
      this.note(`clock battery ${board.parts.rtc.battery ? "in" : "out"}`);
    } else if (/[iagl]/.test(key)) {
      if (board.parts.modem) this.air(board.parts.modem, key);
    } else if (JUMPS[key]) {
      this.target += JUMPS[key] * 1000;
      this.note(`▸▸ ${duration(JUMPS[key])}`);
      // Nothing happens in a device without power, so its time passes at once, before the next key.
      if (!board.powered) this.pass(0);
    } else if (key === " " || key === "\x1b") this.target = board.world.now;
    else if (key === "?") this.help = !this.help;
    else if (key === "q" || key === "\x03" || key === "\x04") return false;
    return true;
  }

  /** A key for the modem. */
  private air(modem: Modem, key: string): void {
    const { sim, antenna } = modem.view;
    const offer = this.offer();
    if (key === "i") {
      modem.sim(sim === "absent");
      this.note(sim === "absent" ? "SIM in" : "SIM pulled");
    } else if (key === "a") {
      modem.antenna(!antenna);
      this.note(`antenna ${antenna ? "off" : "on"}`);
    } else if (key === "g" && offer) {
      this.server.tokens(DEMO.serial, offer.token);
      this.note(`${offer.token} goes with the next answer`);
    } else if (key === "l") this.line = !this.line;
  }

  /** `ms` of the person's time pass, and what is left of a time jump, as far as the computer gets in a moment. */
  pass(ms: number): void {
    const { board } = this;
    const end = performance.now() + LOOK * 0.9;
    this.target += ms;
    do {
      const far = this.target - board.world.now > 1000;
      board.wait(Math.max(0, Math.min(this.target - board.world.now, far && board.powered ? STRIDE : Infinity)) / 1000);
    } while (board.world.now < this.target && performance.now() < end);
    this.look();
    if (board.world.now - this.asked > 1000 && !this.view().travel) this.ask();
  }

  /** The device has had time to answer the last key, and no time jump is under way. */
  get idle(): boolean {
    return this.free + SETTLE < this.board.world.now && this.target - this.board.world.now < 1000;
  }

  /** The power goes, and the engine with it. */
  end(): void {
    this.board.cut();
  }

  view(): View {
    const { board, options } = this;
    const { modem } = board.parts;
    const behind = this.target - board.world.now;
    return {
      board: options.board,
      engine: options.engine,
      state: board.state(),
      segments: board.parts.display && "segments" in board.parts.display ? board.parts.display.segments : [],
      keys: board.parts.keypad.keys,
      pressed: this.pressed,
      battery: board.parts.rtc.battery,
      travel: behind > 1000 ? behind / 1000 : 0,
      offer: this.offer(),
      air: modem?.view,
      next: this.next,
      log: modem && this.line ? spoken(modem) : this.log,
      help: this.help,
    };
  }
}

/** Both sides of a modem's line, and what the bench did to it. */
const spoken = ({ log }: Modem): View["log"] =>
  log.map(({ at, from, text }) => ({
    at: Math.floor(at / 1000),
    text: `${{ controller: "› ", modem: "‹ ", bench: "" }[from]}${plain(text)}`,
    bad: from === "bench",
  }));

/** One line on what can be seen, for an output that is no terminal. */
export function statusLine({ state }: View): string {
  const lit = Object.keys(state.leds).filter((name) => state.leds[name]);
  return [
    state.powered ? "power on " : "power off",
    state.load ? "lamp on " : "lamp off",
    `display ${state.display.trim() || "dark"}`.padEnd(13),
    lit.length ? `lit: ${lit.join(", ")}` : "",
  ]
    .join("  ")
    .trimEnd();
}

async function interactive(options: Options): Promise<void> {
  const { stdin, stdout } = process;
  const screen = stdout.isTTY === true;
  const colours = screen && !process.env.NO_COLOR;
  const session = new Session(await makeBoard(options, Date.now() / 1000), options);
  let shown: string[] = [];
  let ended = false;
  let rest = "";

  const leave = () => {
    session.end();
    if (stdin.isTTY) stdin.setRawMode(false);
    if (screen) writeSync(1, "\x1b[0m\x1b[?25h\x1b[?1049l");
  };
  const quit = () => process.exit(0);
  process.on("exit", leave);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, quit);
  process.on("uncaughtException", (error) => {
    leave();
    console.error(error);
    process.exit(1);
  });

  const show = () => {
    const view = session.view();
    if (!screen) {
      const line = statusLine(view);
      if (line !== shown[0]) stdout.write(`${dateAndTime(view.state.time)}  ${line}\n`);
      shown = [line];
      return;
    }
    const small = stdout.columns < COLUMNS || stdout.rows < ROWS;
    const lines = small ? [`This needs a terminal of ${COLUMNS}x${ROWS}.`] : render(view, colours);
    const changed = lines.map((line, i) => (line === shown[i] ? "" : `\x1b[${i + 1};1H${line}\x1b[K`)).join("");
    if (changed) stdout.write(changed);
    shown = lines;
  };
  const type = (keys = Infinity) => {
    for (; rest && keys > 0; keys--) {
      const key = rest[0];
      rest = rest.slice(1);
      if (!session.key(key)) quit();
    }
  };
  const clear = () => {
    shown = [];
    stdout.write("\x1b[2J");
  };

  if (screen) {
    stdout.write("\x1b[?1049h\x1b[?25l");
    clear();
    stdout.on("resize", clear);
  } else stdout.write("No terminal: keys come from the input (n types a token, d is a day, p the power, q quits).\n");
  if (stdin.isTTY && screen) stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", (data: string) => {
    // The cursor keys and their like are sequences that begin with an escape.
    rest += data.length > 1 && data.startsWith("\x1b") ? "" : data.toLowerCase();
    if (stdin.isTTY) type();
    show();
  });
  stdin.on("end", () => {
    ended = true;
  });
  show();
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    session.pass(now - last);
    last = now;
    // From a file or a program, each key waits for the one before.
    if (rest && session.idle) type(1);
    else if (ended && session.idle) quit();
    show();
  }, LOOK);
}

/** The picture in the README: a week was just paid for. */
export async function picture(): Promise<string> {
  const options: Options = { board: "esp32", engine: "node" };
  const session = new Session(await makeBoard(options, Date.UTC(2026, 2, 14, 18, 30) / 1000), options);
  session.pass(1000);
  session.key("n");
  for (let ms = 0; ms < 4000; ms += LOOK) session.pass(LOOK);
  session.key("#");
  session.pass(LOOK);
  return svg(session.view());
}

/** Plays the story; returns the exit code. */
export function demo(board: VirtualBoard, say: (line: string) => void): number {
  const wrong = story(board, say);
  say(wrong ? `Wrong. ${wrong}` : "Lamp, days and display were right at every step.");
  return wrong ? 1 : 0;
}

async function main(argv: string[]): Promise<void> {
  const program = new Command(argv.includes("--demo") ? "npm run demo --" : "npm run terminal --")
    .description("A pay-as-you-go device in the terminal.")
    .addOption(new Option("--board <name>", "which board").choices(boardNames()).default("esp32"))
    .addOption(new Option("--engine <name>", "what runs the firmware").choices(Object.keys(ENGINES)).default("node"))
    .option("--demo", "play a story and check it")
    .option("--svg", "print a picture of the device")
    .parse(argv);
  const options = program.opts<Options>();
  if (options.svg) process.stdout.write(await picture());
  else if (options.demo) {
    const board = await makeBoard(options, Date.UTC(2026, 0, 1, 8) / 1000);
    process.exitCode = demo(board, (line) => process.stdout.write(`${line}\n`));
    board.cut();
  } else await interactive(options);
}

if (require.main === module)
  main(process.argv).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
