/**
 * The command line of a module on its UART: echo, answers, prompts and data, unsolicited lines, sleep. What the commands
 * do is in the families' tables.
 */
import type { World } from "../../world";
import { log } from "../part";
import { CME, CMS, type Command, type Form, parseLine, Query, Refusal } from "./at";
import { Line, type Random, random } from "./uart";

/** What a command does in one form. "later": it says itself when it is done, by `ok` or `refuse`. */
export type Act = (query: Query) => unknown;
/** What a command does, by its name. `test` is the line that tells its ranges. */
export type Commands = { [name: string]: { run?: Act; read?: Act; write?: Act; test?: string } };

/** `n` numbers what was said, from 1 on. */
export type Entry = { n: number; at: number; from: "controller" | "modem" | "bench"; text: string };
export type Armed = { name: string; args: string[] };

/** What the command line needs to know of a module. */
export interface Manners {
  /** Characters of the longest command line. */
  longest: number;
  /** What a parameter out of place is answered with. */
  wrong: number | "";
  /** An unsolicited line that may come at any time. */
  gossip: string;
}

/** Seconds without a word until a module with a slow clock sleeps, and milliseconds until it is awake. */
const DROWSY = 5;
const WAKE = 50;
/** Characters of an entry of the log. */
const LONG = 500;
/** Milliseconds from the end of a command line to its answer. */
const THINK = 10;

/** Unsolicited lines that begin as an answer does. */
const TWINS: [prefix: string, line: string][] = [
  ["+CREG:", "+CREG: 1"],
  ["+CGREG:", "+CGREG: 1"],
  ["+CEREG:", "+CEREG: 1"],
  ["+CPIN:", "+CPIN: NOT READY"],
  ["+CSQ:", "+CSQ: 99,99"],
  ["+CIPRXGET:", "+CIPRXGET: 1,9"],
  ["+CNACT:", "+CNACT: 3,0"],
  ["+CMGR:", '+CMTI: "SM",9'],
];

export abstract class Shell {
  /** Settings of the AT commands. */
  settings: { [name: string]: number } = {};
  readonly log: Entry[] = [];
  /** What the controller did that no manual allows, newest last. */
  readonly complaints: Entry[] = [];
  readonly line: Line;
  readonly random: Random;
  /** Faults that wait for their moment in the module's doing. */
  armed: Armed[] = [];
  /** Called with each command line before it is looked at. */
  onCommand: () => void = () => {};

  /** Counts the times that the module was switched on or off: what was begun before is void. */
  protected life = 0;
  private noted = 0;
  private typed = "";
  private busy = false;
  private pending: Command[] = [];
  /** Whether the command has said anything yet; whether a result follows its OK; whether that OK was left for later. */
  private answered = false;
  private expectsResult = false;
  private owesOk = false;
  /** Unsolicited lines that wait for the data to be in. */
  private held?: string[];
  private input?: {
    data: string;
    length: number;
    echo: boolean;
    timer: number;
    take: (data: string) => void;
    short: (data: string) => void;
  };
  /** Whether the rate is known; when somebody spoke last (later than now: it does not hear yet). */
  private synced = false;
  private awake = 0;

  constructor(
    readonly world: World,
    /** Bits a second that the module was set to. */
    protected readonly initialRate: number,
    /** Level of the DTR pin: low keeps the module awake. */
    private dtr: () => number,
    seed: number,
  ) {
    this.random = random(seed);
    this.line = new Line(world, initialRate, this.random);
    this.line.toModem = (text) => this.hear(text);
  }

  abstract get traits(): Manners;
  protected abstract get commands(): Commands;
  /** Whether the UART has a supply, and whether anybody reads it. */
  protected abstract get speaking(): boolean;
  protected abstract get listening(): boolean;

  /** The module is switched on or off: whatever was under way is not any more. */
  protected begin(): void {
    this.life++;
    this.line.silence();
    this.typed = "";
    this.pending = [];
    this.busy = this.expectsResult = this.owesOk = false;
    this.input = this.held = undefined;
  }

  /** The rate of the line; 0 is autobauding. */
  protected tune(rate: number): void {
    this.line.rate = rate;
    this.synced = rate !== 0;
  }

  /** Something happened that keeps a module awake. */
  protected stir(): void {
    this.awake = this.world.now;
  }

  /** Runs `fn` some milliseconds from now, if the module is not switched off before. */
  after(ms: number, fn: () => void): number {
    const { life } = this;
    return this.world.after(ms, () => {
      if (life === this.life) fn();
    });
  }

  /** The same for an act that says itself when it is done. */
  later(ms: number, fn: () => void): "later" {
    this.after(ms, fn);
    return "later";
  }

  /** NULs and worse on the line, as when a supply comes up. */
  noise(bytes: number): void {
    const byte = (_: unknown, i: number) => (i % 3 === 0 ? "\0" : String.fromCharCode(Math.floor(this.random() * 256)));
    this.line.say(Array.from({ length: bytes }, byte).join(""));
  }

  note(from: Entry["from"], text: string): void {
    const open = text.replace(/(\+CPIN=)[^\r\n]*/g, "$1(a PIN)");
    const short = open.length > LONG ? `${open.slice(0, LONG)}…` : open;
    log(this.log, { n: ++this.noted, at: this.world.now, from, text: short });
  }

  complain(text: string): void {
    log(this.complaints, { n: ++this.noted, at: this.world.now, from: "controller", text });
  }

  /** Puts bytes on the line, if anybody is there to. */
  say(text: string, echo = false): void {
    if (!this.speaking || !this.synced) return;
    if (!echo) this.note("modem", text);
    this.line.say(text);
  }

  protected speak(text: string): void {
    this.say(`\r\n${text}\r\n`);
  }

  /** An unsolicited line. While the module takes data in, it waits. */
  urc(text: string): void {
    if (this.held) this.held.push(text);
    else this.speak(text);
  }

  /** The unsolicited line that a command announced. */
  result(text: string): void {
    this.urc(this.take("no-space") ? text.replace(": ", ":") : text);
    if (!this.owesOk) return;
    this.owesOk = false;
    this.finish("OK");
  }

  /** A command's answer comes before its result, so that the two can be swapped. */
  expectResult(): void {
    this.expectsResult = true;
  }

  /** A line of the answer. */
  info(text: string): void {
    this.before(text);
    this.speak(text);
    this.inside();
  }

  /** A head, counted data and a tail of the answer, as they stand; the head is given the number of bytes. */
  counted(data: string, head: (length: number) => string, tail = ""): void {
    const declared = head(data.length);
    this.before(declared.trim());
    const short = this.take("body-short");
    const long = this.take("body-long");
    let given = data;
    if (short) given = data.slice(0, Math.max(0, data.length - Number(short[0] ?? 5)));
    if (long) given = data + "~".repeat(Number(long[0] ?? 5));
    this.say(declared + given + tail);
    this.inside();
  }

  /** What comes before the first line of an answer. */
  private before(text: string): void {
    if (this.answered) return;
    this.answered = true;
    const early = this.take("urc-before");
    if (early) this.speak(early.join(" ") || this.traits.gossip);
    const same = TWINS.find(([prefix]) => text.startsWith(prefix));
    if (same && this.take("urc-same")) this.speak(same[1]);
  }

  private inside(): void {
    const inside = this.take("urc-inside");
    if (inside) this.speak(inside.join(" ") || this.traits.gossip);
  }

  /** The final result of a command. */
  private finish(text: string): void {
    const late = text === "OK" && this.take("late-ok");
    const said = this.settings.V ? `\r\n${text}\r\n` : text === "OK" ? "0\r" : text === "ERROR" ? "4\r" : `${text}\r\n`;
    if (text === "OK" && this.take("no-ok")) this.note("bench", "OK lost");
    else if (late) this.after(Number(late[0] ?? 10) * 1000, () => this.say(said));
    else this.say(said);
    const after = this.take("urc-after");
    if (after) this.speak(after.join(" ") || this.traits.gossip);
    this.busy = false;
    this.stir();
  }

  /** The command is done; the next of its line comes, or the final OK. */
  ok(): void {
    if (this.pending.length > 0) this.next();
    else if (this.expectsResult && this.take("urc-first")) this.owesOk = true;
    else this.ended("OK");
  }

  /** Ends a command with a final result of its own, such as SHUT OK. */
  ended(text: string): void {
    this.before("");
    this.expectsResult = false;
    this.pending = [];
    this.finish(text);
  }

  /** The command is refused, as AT+CMEE says. */
  refuse(code: number | "", kind: "CME" | "CMS" = "CME"): void {
    const { CMEE } = this.settings;
    const words = kind === "CMS" ? CMS : CME;
    if (code === "" || (CMEE === 0 && kind === "CME")) this.ended("ERROR");
    else this.ended(`+${kind} ERROR: ${CMEE === 2 ? (words[code] ?? code) : code}`);
  }

  // ---- Hearing ----

  private hear(text: string): void {
    if (!this.listening) return;
    if (!this.synced) {
      this.synchronise(text);
      return;
    }
    if (this.asleep) {
      // With DTR in charge the UART is dead. Where a word wakes, its first character is lost on that.
      if (this.settings.CSCLK === 1) return;
      text = text.slice(1);
    }
    if (this.awake > this.world.now) return;
    this.stir();
    this.feed(text);
  }

  /** The module forgets the rate and looks for it again. */
  desynchronise(): void {
    this.tune(0);
    this.typed = "";
  }

  /** With autobauding the first line with an "AT" only tells the rate. */
  private synchronise(text: string): void {
    this.typed += text;
    if (!text.endsWith("\r")) return;
    if (/at/i.test(this.typed)) this.tune(this.line.controllerRate);
    this.typed = "";
  }

  private feed(text: string): void {
    if (this.input) {
      this.feedInput(text);
      return;
    }
    if (this.busy) {
      if (!/[^\r\n]/.test(text)) return;
      this.note("controller", text);
      this.complain(`said while a command was running: ${JSON.stringify(text)}`);
      return;
    }
    if (this.settings.E) this.say(text, true);
    this.typed += text;
    if (this.typed.endsWith("\r")) {
      const line = this.typed;
      this.typed = "";
      this.execute(line);
    }
  }

  /** One command line. What is before its "AT" is noise. */
  private execute(line: string): void {
    const text = line.replace(/[\0-\x1f\x7f]/g, "");
    if (text === "") return;
    this.note("controller", line);
    const start = text.search(/at/i);
    if (start < 0) {
      this.complain(`no command: ${JSON.stringify(text)}`);
      return;
    }
    this.onCommand();
    if (!this.listening) return;
    this.busy = true;
    this.answered = this.expectsResult = false;
    const commands = text.length > this.traits.longest ? undefined : parseLine(text.slice(start + 2));
    this.after(THINK, () => {
      if (!commands) {
        this.complain(`not understood: ${text}`);
        return this.refuse("");
      }
      if (this.refusedByFault()) return;
      this.pending = commands;
      this.ok();
    });
  }

  private refusedByFault(): boolean {
    const cme = this.take("cme");
    const verbose = this.take("cme-verbose");
    const cms = this.take("cms");
    if (this.take("error")) this.ended("ERROR");
    else if (cme) this.ended(`+CME ERROR: ${cme[0] ?? 100}`);
    else if (verbose) this.ended(`+CME ERROR: ${verbose.join(" ") || "SIM failure"}`);
    else if (cms) this.ended(`+CMS ERROR: ${cms[0] ?? 500}`);
    else return false;
    return true;
  }

  private next(): void {
    const command = this.pending.shift()!;
    const entry = this.commands[command.name];
    try {
      if (!entry) throw new Refusal("", "CME", true);
      if (command.form === "test") {
        if (entry.test) this.info(entry.test);
      } else {
        const act = entry[command.form as Exclude<Form, "test">];
        if (!act) throw new Refusal("", "CME", true);
        if (act(new Query(command, this.traits.wrong)) === "later") return;
      }
      this.ok();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.misuse) {
        const given = command.parameters.map(({ text, quoted }) => (quoted ? `"${text}"` : text)).join();
        this.complain(`no manual has AT${command.name} (${command.form}) ${given}`);
      }
      this.refuse(error.code, error.kind);
    }
  }

  /**
   * Asks for data with a prompt, and takes the next `length` bytes as it (0: up to Ctrl-Z). `short` gets what came when
   * the time is over.
   */
  prompt(
    prompt: string,
    length: number,
    seconds: number,
    take: (data: string) => void,
    short: (data: string) => void,
    echo = false,
  ): void {
    this.before("");
    const late = this.take("prompt-late");
    const never = this.take("prompt-never");
    const bare = this.take("prompt-bare");
    const newline = this.take("prompt-newline");
    const said = bare ? prompt.trim() : newline ? `\r\n${prompt.trim()}\r\n` : prompt;
    this.after(late ? Number(late[0] ?? 5) * 1000 : 0, () => {
      if (!never) this.say(said);
      // A module that hides its prompt takes nothing either.
      if (never) return void this.after(seconds * 1000, () => short(""));
      this.held = [];
      const timer = this.after(seconds * 1000, () => this.endInput(short));
      this.input = { data: "", length, echo, timer, take, short };
    });
  }

  private feedInput(text: string): void {
    const input = this.input!;
    const room = input.length ? input.length - input.data.length : text.search(/[\x1a\x1b]/) + 1 || text.length;
    const taken = text.slice(0, room);
    if (input.echo && this.settings.E) this.say(taken, true);
    input.data += taken;
    const done = input.length ? input.data.length === input.length : /[\x1a\x1b]$/.test(input.data);
    if (done) this.endInput(input.take);
    if (text.length > room) {
      const rest = text.slice(room);
      if (/[^\r\n]/.test(rest)) this.complain(`more data than it announced: ${JSON.stringify(rest)}`);
      this.feed(rest);
    }
  }

  private endInput(then: (data: string) => void): void {
    const { data, timer } = this.input!;
    const held = this.held ?? [];
    this.world.cancel(timer);
    this.note("controller", data);
    this.input = this.held = undefined;
    then(data);
    for (const text of held) this.speak(text);
  }

  // ---- Sleep ----

  /** Nobody spoke for a while, and the setting allows it to sleep. */
  private get drowsy(): boolean {
    const idle = this.world.now - this.awake >= DROWSY * 1000;
    return this.listening && this.settings.CSCLK > 0 && !this.busy && !this.input && idle;
  }

  get asleep(): boolean {
    return this.drowsy && (this.settings.CSCLK === 2 || this.dtr() === 1);
  }

  /** DTR went low: a sleeping module wakes, and hears again a moment later. */
  dtrLow(): void {
    if (this.drowsy && this.settings.CSCLK === 1) this.awake = this.world.now + WAKE;
  }

  // ---- Faults ----

  arm(name: string, args: string[]): void {
    this.armed.push({ name, args });
  }

  /** The arguments of an armed fault whose moment this is; it happens once. */
  take(name: string): string[] | undefined {
    if (this.armed.length === 0) return undefined;
    const i = this.armed.findIndex((fault) => fault.name === name);
    if (i < 0) return undefined;
    this.note("bench", `fault ${name}`);
    return this.armed.splice(i, 1)[0].args;
  }
}
