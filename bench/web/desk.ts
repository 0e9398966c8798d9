/**
 * A device on a desk: it lives beside the person's clock, at their speed, whether anybody looks or not. All that is known of
 * it comes from the bench protocol, and all that is done to it goes there.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, boardNames, bundle, readBoard } from "../../build/bundle";
import { hush } from "../../build/tool";
import { ENGINES } from "../bench";
import type { State } from "../board";
import { DEMO } from "../demo-unit";
import { COMMANDS, type Said, Session, START } from "../session";
import type { DeskView, Happening, Info, Lists, Made, Request, Sold, View, Wish } from "./frame";

/** Milliseconds of the computer in one go, after which pages get their turn. */
const TURN = 14;
/** The same while time jumps. */
const LEAP = 26;
/** Milliseconds of the world between two looks at the computer's clock, on the way through a jump. */
const STRIDE = 60000;
/** A desk that is this many of its own milliseconds behind gives them up. */
const LATE = 1000;
/** Milliseconds between two peeks at what the device says of itself, if nothing happens. */
const PEEK = 500;
/** What is kept of each list. */
const KEPT = 400;
/** Seconds that a report may take to begin when it is due. */
const LAG = 120;
/** Hour of the first day at which the device is switched on. */
const MORNING = 9 * 3600;

/** Milliseconds of the world between a key going down and up, at least. */
const TOUCH = 80;

/** A story goes no faster than somebody can follow: milliseconds for a wait, for a line, for a sentence and each character of it. */
const PACE = { wait: 1200, line: 350, caption: 900, character: 28 };

const TITLES: { [engine: string]: string } = { node: "Node", espruino: "Interpreter" };

const scripts = join(__dirname, "../scripts");

/** The stories that ship, by file name; the first line is the title. */
export function stories(): { name: string; title: string }[] {
  return readdirSync(scripts)
    .sort()
    .map((name) => ({
      name,
      title: readFileSync(join(scripts, name), "utf8")
        .split("\n")[0]
        .replace(/^\/\/ */, ""),
    }));
}

/** Events of the device, in words for a person. */
const EVENTS: { [name: string]: string } = {
  "set up": "set up: it has a serial number and a key now",
  valid: "token accepted",
  payg_disabled: "token accepted: unlocked for ever",
  synced: "token accepted: counter in step",
  extended: "extended token accepted",
  already_used: "token was used before",
  invalid: "wrong token: entry closes for a while",
  test: "test code: light for half a minute",
  "answer refused": "the server's answer was refused",
  fault: "a part does not work: see its display",
  failure: "the firmware failed, and starts anew",
  "clock lost": "the clock chip is not to be believed, and was set again",
  "memory replaced": "the memory is not as this device left it",
  bypass: "the output gives current although it is off",
  "dead output": "the output gives none although it is on",
};

/** A line as others may see it. */
const quiet = (line: string) => hush(line).replace(/(#MODEM;[^;]*;[^;]*;).+/, "$1(password, PIN)");

/** A list of which only the end is kept; its items are counted from 0 on for ever. */
class Tail<T> {
  items: T[] = [];
  from = 0;

  push(...more: T[]): void {
    this.items.push(...more);
    const over = this.items.length - KEPT;
    if (over > 0) {
      this.items.splice(0, over);
      this.from += over;
    }
  }

  get end(): number {
    return this.from + this.items.length;
  }
}

export type Tails = { [name in keyof Lists]: Tail<Lists[name]> };

const none = (): Tails => ({ feed: new Tail(), serial: new Tail(), story: new Tail(), requests: new Tail() });

export class Desk {
  /** What pages see: parts that are sent whole, and lists that are sent by their ends. */
  view: Partial<View> = {};
  lists = none();
  /** Counts the devices that were on the desk. */
  device = 0;
  private turn = 0;

  private session?: Session;
  private speed = 1;
  /** A jump; with `late` it goes on, at most so many seconds, until the modem is on. */
  private travel?: { since: number; seconds: number; rate: number; late?: number };
  private hand = "";
  /** Lines of a story that are still to come, and when the next one may. */
  private playing?: { title: string; lines: string[]; done: number; caption: string; next: number };
  private behind = 0;
  private trouble?: string;
  private busy = false;
  private board: string;
  private engine: string;
  private bytes = 0;
  /** Where the world has to be, milliseconds since 1970. */
  private target = 0;
  private said: Said[] = [];
  /** The computer's time, milliseconds, and when it last peeked. */
  private clock = 0;
  private peeked = 0;
  private stir = true;
  private deaf = false;
  private events: string[] = [];
  /** World time at which a key went down or up last. */
  private touched = 0;

  constructor({ board, engine }: { board: string; engine: string }) {
    this.board = board;
    this.engine = engine;
  }

  /** Whether it has a jump to do, and not time to lose. */
  get hurries(): boolean {
    return this.travel !== undefined;
  }

  /** World time, milliseconds. */
  get now(): number {
    return this.session?.now ?? START * 1000;
  }

  /** Puts a new device on the desk, set up and switched on, or as it comes out of the oven. */
  async renew(board = this.board, engine = this.engine, raw = false): Promise<void> {
    if (!boardNames().includes(board) || !Object.hasOwn(ENGINES, engine)) return;
    this.end();
    Object.assign(this, {
      board,
      engine,
      busy: true,
      trouble: undefined,
      playing: undefined,
      travel: undefined,
      hand: "",
    });
    this.tell();
    const turn = ++this.turn;
    const built = await made(board).catch((error: Error) => error);
    // Somebody wanted another one meanwhile.
    if (turn !== this.turn) return;
    this.device++;
    this.view = {};
    this.lists = none();
    Object.assign(this, { events: [], behind: 0, stir: true });
    this.guard(() => {
      if (built instanceof Error) throw built;
      this.bytes = built.code.length;
      this.view.sold = [];
      this.view.strip = [];
      this.session = new Session({ ...built, make: ENGINES[engine], out: (said) => this.hear(said) });
      this.view.made = this.look<{ board: Made }>("board")[0].board;
      this.look("state");
      if (raw) return;
      this.line(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
      this.line("cut");
      this.line(`time ${START + MORNING}`);
      this.line("on");
      if (Object.keys(this.view.made.sensors).length) this.line("sun clear");
      this.line("wait 1");
      this.look("state");
      // How it was made is no part of its life.
      this.lists.feed = new Tail();
    });
    this.target = this.now;
    this.busy = false;
    this.tell();
  }

  /** Runs what may end the device: an interpreter that breaks off, or the machinery around it. */
  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private fail({ message }: Error): void {
    this.trouble = message.slice(0, 500);
    this.end();
  }

  /** The device is taken off the desk. */
  end(): void {
    const { session } = this;
    this.session = undefined;
    try {
      session?.close();
    } catch (_) {
      // It had ended by itself.
    }
  }

  /** What comes out of the session goes to whoever asked, and into the lists. */
  private hear(said: Said): void {
    this.said.push(said);
    const at = Math.floor(this.now / 1000);
    if ("uart" in said) this.lists.serial.push({ at, from: "device", text: said.uart });
    else if ("uncaught" in said) this.happen("trouble", `an exception that nothing caught: ${said.uncaught}`);
    else if ("state" in said && !this.deaf) this.see(said.state);
    // Of a report that came the list of requests tells.
    else if ("server" in said && said.server === "nobody answers")
      this.happen("trouble", "a report was carried to the server, which does not answer");
    else if ("token" in said) this.view.sold = [...this.view.sold!, { ...said.token, at } as Sold].slice(-20);
  }

  private happen(what: Happening["what"], text: string, at = Math.floor(this.now / 1000)): void {
    this.lists.feed.push({ at, what, text });
  }

  /** One line of the protocol, and what it says. */
  private line(text: string): Said[] {
    this.said = [];
    if (text.startsWith("#")) {
      this.lists.serial.push({ at: Math.floor(this.now / 1000), from: "desk", text: quiet(text) });
    }
    this.session?.line(text);
    this.stir = true;
    return this.said;
  }

  /** A line that only looks; what it says, without the `done`. */
  private look<T = Said>(text: string): T[] {
    const { said } = this;
    this.said = [];
    this.session?.line(text);
    const heard = this.said.filter((one) => !("done" in one));
    this.said = said;
    return heard as T[];
  }

  /** Takes a state in: what changed is told, and the strip goes on. */
  private see(state: State): void {
    const { state: last, strip } = this.view;
    if (!last || last.powered !== state.powered) this.happen("power", state.powered ? "power on" : "power off");
    const known = last?.output.changes ?? 0;
    const [found] =
      state.output.changes > known ? this.look<{ lamp: { at: number; on: boolean }[] }>(`lamp ${known + 1}`) : [];
    const steps = (found?.lamp ?? []).map(({ at, on }) => ({
      at: Math.floor(at / 1000),
      lamp: on,
      power: on || state.powered,
    }));
    for (const { at, lamp } of steps) this.happen("lamp", lamp ? "lamp on" : "lamp off", at);
    const before = steps[steps.length - 1] ?? strip![strip!.length - 1];
    if (before?.power !== state.powered) steps.push({ at: state.time, lamp: state.load, power: state.powered });
    if (steps.length) this.view.strip = [...strip!, ...steps].slice(-2000);
    const seen = (one?: State) => one && [one.powered, one.load, one.display, one.leds, one.boots, one.keypad];
    if (JSON.stringify(seen(last)) !== JSON.stringify(seen(state))) this.stir = true;
    if (JSON.stringify(last) !== JSON.stringify(state)) this.view.state = state;
  }

  /** Asks the device for what it says of itself. What that takes of its memory is not counted. */
  private peek(): void {
    this.stir = false;
    this.peeked = this.clock;
    const [found] = this.look("peek #INFO");
    if (!found || !("peek" in found)) return;
    const info: Info = { at: Math.floor(this.now / 1000), ...JSON.parse(found.peek) };
    this.deaf = true;
    this.look("state");
    this.deaf = false;
    if (JSON.stringify(info) !== JSON.stringify(this.view.info)) this.view.info = info;
    let old = this.events;
    while (old.some((event, i) => event !== info.events[i])) old = old.slice(1);
    for (const event of info.events.slice(old.length)) {
      const [, at, name] = /^(\d+) (.*)$/.exec(event)!;
      // That an answer was taken is told by the report that it was to.
      if (name !== "answer")
        this.happen("event", EVENTS[name] ?? name, Math.min(Number(at), Math.floor(this.now / 1000)));
    }
    this.events = info.events;
  }

  /** Brings what is told of the desk itself up to date. */
  private tell(): void {
    const { board, engine, bytes, busy, speed, travel, hand, playing, behind, trouble } = this;
    const desk: DeskView = {
      boards: BOARDS,
      engines: Object.keys(ENGINES).map((name) => ({
        name,
        title: TITLES[name] ?? name,
        lacks:
          name === "espruino" && !process.env.ESPRUINO ? "Set ESPRUINO to an interpreter built for Linux" : undefined,
      })),
      board,
      engine,
      bytes,
      busy,
      speed,
      travel: travel && { from: travel.since / 1000, until: travel.since / 1000 + travel.seconds },
      hand,
      scripts: SCRIPTS,
      playing: playing && {
        title: playing.title,
        done: playing.done,
        of: playing.lines.length,
        caption: playing.caption,
      },
      behind: Math.round(behind / 1000),
      trouble,
    };
    if (JSON.stringify(desk) !== JSON.stringify(this.view.desk)) this.view.desk = desk;
  }

  /** `ms` of the person's time pass. */
  tick(ms: number): void {
    this.clock += ms;
    this.said = [];
    this.guard(() => {
      if (!this.session || this.busy) return;
      const end = performance.now() + (this.travel ? LEAP : TURN);
      this.go(ms, end);
      this.play();
      this.learn();
      if (this.stir || this.clock - this.peeked >= PEEK) this.peek();
    });
    this.tell();
  }

  /** Brings what pages see of the device up to now. */
  private learn(): void {
    this.look("state");
    this.collect();
  }

  /** The world goes on, by the speed, or as a jump goes. */
  private go(ms: number, end: number): void {
    const session = this.session!;
    if (this.travel) {
      const { since, seconds, rate } = this.travel;
      const until = since + seconds * 1000;
      const turn = Math.min(until, rate ? this.now + ms * rate : until);
      while (session.now < turn && performance.now() < end)
        session.pass(Math.min(turn, this.view.state?.powered ? session.now + STRIDE : turn));
      if (session.now < until) return;
      if (this.travel.late && !this.view.state?.modem?.on) {
        this.travel.seconds++;
        this.travel.late--;
      } else this.arrive();
      return;
    }
    // Between its lines a story has no time; whoever types does so in a time that goes on, and by that alone.
    if (this.playing && !this.hand) return;
    this.target += ms * (this.hand ? Math.max(this.speed, 1) : this.speed);
    const turn = this.hand ? 0 : Math.floor(this.target);
    while (session.now < turn && performance.now() < end) session.pass(Math.min(turn, session.now + STRIDE));
    const late = this.target - session.now;
    if (late > LATE * Math.max(this.speed, 1)) {
      this.behind += late;
      this.target = session.now;
    }
    // A key is pressed as soon as the world is not ahead of its clock any more.
    while (this.hand && session.now <= this.target && performance.now() < end) {
      const key = this.hand[0];
      this.hand = this.hand.slice(1);
      this.line(`key ${key}`);
    }
  }

  private arrive(): void {
    this.session!.settle(this.travel!.seconds);
    this.travel = undefined;
    this.target = this.now;
    this.stir = true;
  }

  /** The next line of a story, if it is time. */
  private play(): void {
    const { playing } = this;
    if (!playing || this.travel || this.hand || this.clock < playing.next) return;
    const line = playing.lines[playing.done];
    this.target = this.now;
    if (line === undefined) {
      this.playing = undefined;
      this.happen("story", "the story is over");
      return;
    }
    playing.done++;
    playing.next = this.clock + PACE.line;
    const wait = /^wait (\d+(?:\.\d+)?)$/.exec(line);
    if (line.startsWith("//") && line.includes("npm run bench")) this.line(line);
    else if (line.startsWith("//")) {
      playing.caption = line.replace(/^\/\/ */, "");
      playing.next = this.clock + PACE.caption + PACE.character * playing.caption.length;
      this.line(line);
    } else if (wait) {
      const seconds = Number(wait[1]);
      this.session!.settle();
      this.travel = { since: this.now, seconds, rate: Math.max(1, this.speed, (seconds * 1000) / PACE.wait) };
    } else if (/^key( [0-9*#])+$/.test(line)) {
      this.hand = line.replace(/^key|\s/g, "");
    } else {
      const wrong = this.line(line).find((one) => "error" in one || "uncaught" in one);
      if (!wrong) return;
      this.playing = undefined;
      this.happen("trouble", `the story breaks off at "${quiet(line)}": ${Object.values(wrong)[0]}`);
    }
  }

  /** New lines of the story, and new requests. */
  private collect(): void {
    const { done } = this.session!;
    const { story, requests } = this.lists;
    const known = story.items[story.items.length - 1];
    // The last line may have grown.
    if (known && done[story.end - 1].line !== known.line)
      story.items[story.items.length - 1] = { ...done[story.end - 1] };
    if (done.length > story.end) story.push(...done.slice(story.end).map((one) => ({ ...one })));
    const last = requests.items[requests.items.length - 1]?.n ?? 0;
    for (const { request } of this.look<{ request: any }>(`requests ${last + 1}`)) {
      const { sent, answered: _, chain: __, notes: ___, accessories: ____, ...rest } = request;
      requests.push({ ...rest, bytes: rest.encoding === "cbor" ? sent.length / 2 : Buffer.byteLength(sent) });
      this.report(rest);
    }
  }

  /** Tells of a report; those that follow each other without more to say are one line. */
  private report({ at, rows = 0, reason }: Request): void {
    const { items } = this.lists.feed;
    const last = items[items.length - 1];
    if (reason) this.happen("server", `the server refused a report: ${reason}`, at);
    else if (last?.reports) {
      const reports = last.reports + 1;
      items[items.length - 1] = { at, what: "server", text: `the server took ${reports} reports`, reports };
    } else {
      const text = `the server took a report of ${rows} ${rows === 1 ? "row" : "rows"}`;
      this.lists.feed.push({ at, what: "server", text, reports: 1 });
    }
  }

  /** Does what a page wants; what there is to answer. */
  async wish(wish: Wish): Promise<Said[]> {
    try {
      return await this.act(wish);
    } catch (error) {
      this.fail(error as Error);
      return [{ error: this.trouble! }];
    }
  }

  private async act(wish: Wish): Promise<Said[]> {
    if ("board" in wish) await this.renew(wish.board, wish.engine);
    else if ("play" in wish) await this.begin(String(wish.play));
    else if ("speed" in wish) {
      this.speed = Math.min(1000, Math.max(0, Number(wish.speed) || 0));
      // What the old speed is still owed is not made up for: a pause is one at once.
      this.target = this.now;
    } else if ("stop" in wish) {
      this.playing = undefined;
      this.hand = "";
      this.stopJump();
      this.target = this.now;
    } else if ("hand" in wish) this.hand = (this.hand + String(wish.hand).replace(/[^0-9*#]/g, "")).slice(0, 60);
    else if ("jump" in wish) return this.jump(wish.jump);
    else if ("story" in wish && this.session) return this.session.story().map((uart) => ({ uart }));
    else if ("line" in wish) return this.command(String(wish.line));
    return [];
  }

  private none(): Said[] {
    return [{ error: this.trouble ? `There is no device: ${this.trouble}` : "There is no device yet" }];
  }

  private stopJump(): void {
    if (!this.travel) return;
    this.session?.settle();
    this.travel = undefined;
    this.target = this.now;
  }

  private jump(to: number | "credit" | "report"): Said[] {
    if (!this.session) return this.none();
    this.stopJump();
    this.session.settle();
    this.peek();
    const { info } = this.view;
    const left = info ? info.at + info.credit - Math.floor(this.now / 1000) : 0;
    const credit = info && info.credit > 0 ? left : 0;
    if (to === "credit" && credit <= 0) return [{ error: "There is no credit that could end" }];
    const next = info?.report?.next ?? 0;
    const now = Math.floor(this.now / 1000);
    if (to === "report" && !next) return [{ error: "There is no report that could be waited for" }];
    const seconds = { credit: credit + 1, report: Math.max(1, next - now) }[to] ?? Number(to);
    const end = 4102444799 - this.now / 1000;
    if (!(seconds >= 0 && seconds <= end)) return [{ error: "The world ends with the year 2099" }];
    if (seconds) this.travel = { since: this.now, seconds, rate: 0, late: to === "report" ? LAG : 0 };
    return [];
  }

  private command(text: string): Said[] {
    if (!this.session) return this.none();
    const [name] = text.trim().split(/\s+/);
    const looks = Object.hasOwn(COMMANDS, name) && COMMANDS[name].look;
    if (name === "quit") return [{ error: "The device stays" }];
    if (looks && name !== "token") return this.look(text);
    this.stopJump();
    let said: Said[] = [];
    this.guard(() => {
      if (/^key \S (down|up)$/.test(text)) this.finger();
      said = this.line(text).filter((one) => !("done" in one));
      // Whoever has the answer and asks for a frame gets what it led to, before the next tick too.
      this.learn();
    });
    // What took time is not made up for.
    this.target = Math.max(this.target, this.now);
    return said;
  }

  /** A click may be shorter than any finger: since the last key went down or up, the world has to have gone on a little. */
  private finger(): void {
    const session = this.session!;
    if (session.now < this.touched + TOUCH) session.pass(this.touched + TOUCH);
    this.touched = session.now;
  }

  private async begin(play: string): Promise<void> {
    const known = SCRIPTS.find(({ name }) => name === play);
    const text = known ? readFileSync(join(scripts, known.name), "utf8") : play;
    const lines = text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line && line !== "quit");
    // A story is one of a board: how it is run says which.
    const board = /^\/\/.*--board (\S+)/m.exec(text)?.[1] ?? this.board;
    await this.renew(boardNames().includes(board) ? board : this.board, this.engine, true);
    this.playing = { title: known?.title ?? "a story of your own", lines, done: 0, caption: "", next: 0 };
  }
}

const BOARDS = boardNames().map((name) => ({ name, title: readBoard(name).title }));
const SCRIPTS = stories();

const bundles = new Map<string, Promise<Bundle>>();
/** A board's bundle, built once. */
export function made(board: string): Promise<Bundle> {
  const known = bundles.get(board) ?? bundle(board);
  bundles.set(board, known);
  return known;
}
