/**
 * Stories of a device whose power goes at random bytes of random writes, told against an independent model of what may
 * be true. After a cut the device is what it was before the interrupted action, or what the action makes of it (for a
 * token also: as if it had been a wrong one), and nothing else.
 */
import { VirtualBoard } from "../../bench/board";
import { encode, type Kind } from "../../bench/encode";
import type { EngineMaker } from "../../bench/engines/engine";
import type { Bundle } from "../../build/bundle";
import { DeviceModel } from "../bench/oracle";

/** Where the power was cut, and what else the stories were made of. */
export interface Figures {
  stories: number;
  /** Cuts in a write to the EEPROM, in a write to flash, in an erase of flash; and those of them that tore a byte. */
  cuts: { eeprom: number; program: number; erase: number };
  torn: number;
  /** Cuts while the device started, and while a token was typed at the keypad and checked. */
  atBoot: number;
  atKeypad: number;
  /** Boots with a clock chip that had lost its time. */
  clockLost: number;
  answers: { [answer: string]: number };
  /** Seconds of light given, and paid for. */
  given: number;
  paid: number;
}

/** What may be true of a device: undefined before the factory, then the model, and what wrong tokens did. */
interface Truth {
  model: DeviceModel;
  wrong: number;
  /** The device's time until which token entry is closed. */
  closed: number;
  /** Seconds of light that were paid for. */
  paid: number;
}
type Outcome = { answer: string; truth: Truth | undefined };

/** Seconds by which two clocks read at different moments may differ. */
const SLACK = 2;
/** Seconds of credit that a lost clock may cost: one store interval, and the slack. */
const INTERVAL = 60 + 2 * SLACK;
const START = 1795305600;
const CUTS_A_STORY = 40;

/** Numbers from 0 to 1 out of a seed (Mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mix = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) / 4294967296;
  };
}

const copy = (model: DeviceModel): DeviceModel =>
  Object.assign(Object.create(DeviceModel.prototype), model, { used: new Set((model as any).used) });

class Story {
  private board: VirtualBoard;
  private rand: () => number;
  private lines: string[] = [];
  private log: string[] = [];
  private truths: (Truth | undefined)[] = [undefined];
  private unit: { key: string; startingCode: number; count: number; timeDivider: number; restricted: boolean };
  /** Tokens that were ever typed and meant something. */
  private tokens: string[] = [];
  private inside: "eeprom" | "program" | "erase" = "eeprom";
  private armed = false;
  private cuts = 0;
  /** Boots since the last look at which the clock chip had lost its time. */
  private lost = 0;
  private device = START;
  private world = START;
  private worldClosed = 0;
  private starting = false;
  private typing = false;
  private unlocks: boolean;

  constructor(
    readonly seed: number,
    { board, code }: Bundle,
    make: EngineMaker,
    private figures: Figures,
    private slow: boolean,
  ) {
    this.rand = random(seed);
    this.board = new VirtualBoard(board, code, make, START);
    this.board.onLine = (line) => this.lines.push(line);
    // A clock that was lost stays behind: nobody tells it the time.
    this.board.parts.modem?.fault("time-unset", [], "now");
    const { flash } = this.board.parts;
    for (const name of ["program", "erase"] as const) {
      const original: (...args: any[]) => void = flash![name];
      flash![name] = (...args: any[]) => {
        this.inside = name;
        // More than their share of cuts fall into the change of a page.
        if (name === "erase" && this.armed && this.chance(0.7)) this.cutAfter(this.chance(0.4) ? 1 : 1 + this.int(130));
        original(...args);
        this.inside = "eeprom";
      };
    }
    this.unit = {
      key: Array.from({ length: 32 }, () => this.int(16).toString(16)).join(""),
      startingCode: this.int(1e9),
      count: this.chance(0.8) ? 1 : 1 + this.int(30),
      timeDivider: this.pick([1, 24, 255, 255]),
      restricted: this.chance(0.1),
    };
    this.board.parts.rtc.battery = this.chance(0.75);
    this.unlocks = this.chance(0.25);
  }

  private int = (n: number) => Math.floor(this.rand() * n);
  private chance = (p: number) => this.rand() < p;
  private pick = <T>(list: T[]): T => list[this.int(list.length)];

  private fail(what: string): never {
    throw new Error(`Story ${this.seed}: ${what}\n${this.log.slice(-30).join("\n")}`);
  }

  /** Sends a line and waits for the next one; undefined when the power went first. */
  private ask(line: string): string | undefined {
    this.lines.length = 0;
    this.board.send(line);
    for (let i = 0; i < 400 && this.board.powered && !this.lines.length; i++) this.board.wait(0.02);
    if (!this.lines.length && this.board.powered) this.fail(`no answer to ${line}`);
    return this.lines[0];
  }

  /** The power goes at the `bytes`th byte from now that is written to either memory. */
  private arm(): void {
    this.armed = true;
    this.cutAfter(1 + this.int(this.chance(0.8) ? 64 : 200));
  }

  private cutAfter(bytes: number): void {
    const { flash, memory } = this.board.parts;
    const tear = this.chance(0.5) ? this.int(1e9) : undefined;
    memory.tear = flash!.tear = tear;
    this.board.world.cutAfter(bytes, () => {
      this.log.push(
        `  cut in ${this.inside}, byte ${bytes}${tear === undefined ? "" : ", torn"}${this.starting ? ", at boot" : ""}`,
      );
      this.figures.cuts[this.inside]++;
      this.inside = "eeprom";
      if (tear !== undefined) this.figures.torn++;
      if (this.starting) this.figures.atBoot++;
      if (this.typing) this.figures.atKeypad++;
      this.cuts++;
      this.board.cut();
    });
  }

  private disarm(): void {
    this.armed = false;
    this.board.world.cutAfter(Number.POSITIVE_INFINITY, () => {});
  }

  /** What the device's clock says now, if it went on as it should since the last look. */
  private now(): number {
    return this.device + this.board.world.now / 1000 - this.world;
  }

  /** Power on until it stays on. */
  private start(): void {
    while (!this.board.powered) {
      this.board.wait(this.chance(0.8) ? this.int(100) / 10 : this.int(this.chance(0.5) ? 4000 : 100000));
      if (!this.board.parts.rtc.battery) {
        this.lost++;
        this.figures.clockLost++;
      }
      if (this.chance(0.3)) this.arm();
      this.starting = true;
      this.board.on();
      this.starting = false;
      // A chip that lost its time is set in the first moments.
      this.disarm();
    }
  }

  /** Holds what the device says of itself against what may be true, and against the light that it gave. */
  private look(): void {
    const { world, uncaught } = this.board;
    this.disarm();
    this.start();
    const info = JSON.parse(this.ask("#INFO")!);
    const time = info.clock.time;
    const { given } = this.board.parts.output;
    this.log.push(
      `  ${time - START} s (${(world.now / 1000 - START).toFixed(1)}): count ${info.count}, credit ${info.credit}, closed ${info.lockout}`,
    );
    if (uncaught.length) this.fail(`uncaught: ${uncaught.join()}`);
    if (info.fault) this.fail(`fault ${info.fault}`);

    const passed = world.now / 1000 - this.world;
    const counted = time - this.device;
    // A device that is not set up keeps no time.
    if (this.truths.every((truth) => truth)) {
      if (counted > passed + SLACK + this.lost * INTERVAL) this.fail(`${counted} s counted in ${passed} s`);
      if (!this.lost && counted < passed - SLACK) this.fail(`only ${counted} s counted in ${passed} s`);
      this.light += counted;
      if (this.light < (given - this.dark) / 1000 - SLACK)
        this.fail(`${(given - this.dark) / 1000} s of light while ${this.light} s were counted`);
    } else this.dark = given;
    this.truths = this.truths.filter((truth) => {
      if (!truth) return info.serial === "";
      const left = truth.model.secondsLeft(time);
      const closed = Math.max(0, truth.closed - time);
      return (
        info.serial === "S" + this.seed &&
        info.count === truth.model.count &&
        (left === null ? info.credit === -1 : Math.abs(left - info.credit) <= SLACK) &&
        info.lockout >= closed - SLACK &&
        info.lockout <=
          closed + SLACK + (closed || truth.closed > time - INTERVAL * this.lost ? this.lost * INTERVAL : 0)
      );
    });
    if (!this.truths.length) this.fail("nothing that may be true fits");
    for (const truth of this.truths) if (truth && info.lockout) truth.closed = time + info.lockout;
    // What cannot be told apart is one and the same.
    const name = (truth: Truth | undefined) => truth && JSON.stringify([truth, [...(truth.model as any).used]]);
    this.truths = [...new Map(this.truths.map((truth) => [name(truth), truth])).values()];
    const most = Math.max(...this.truths.map((truth) => truth?.paid ?? 0));
    if (given / 1000 > most + SLACK) this.fail(`${given / 1000} s of light for ${most} s paid`);
    const closed = (this.worldClosed - world.now) / 1000;
    if (info.lockout < closed - SLACK) this.fail(`closed for ${info.lockout} s in place of ${closed}`);
    if (info.lockout) this.worldClosed = Math.max(this.worldClosed, world.now + (info.lockout - SLACK) * 1000);
    this.device = time;
    this.world = world.now / 1000;
    this.lost = 0;
  }
  /** Seconds that the device's clock counted since set-up, and the light (ms) given before. */
  private light = 0;
  private dark = 0;

  /** Everything that a token may do to what is true. */
  private outcomes(truth: Truth | undefined, token: string): Outcome[] {
    if (!truth) return [{ answer: "ERROR;NOT_SET_UP", truth }];
    const left = truth.closed - this.now();
    const locked = { answer: "LOCKED", truth };
    if (left > SLACK) return [locked];
    const model = copy(truth.model);
    const { result, kind, value } = model.enter(token, this.now());
    const valid = { ...truth, model, wrong: 0, closed: 0 };
    const outcome =
      result === "invalid"
        ? { answer: "INVALID", truth: this.attempted(truth) }
        : result === "used"
          ? { answer: "ALREADY_USED", truth }
          : kind === "sync"
            ? { answer: "SYNCED", truth: valid }
            : kind === "extended"
              ? { answer: `EXTENDED;${value}`, truth: valid }
              : kind === "disable"
                ? { answer: "PAYG_DISABLED", truth: { ...valid, paid: Number.POSITIVE_INFINITY } }
                : {
                    answer: "VALID",
                    truth: { ...valid, paid: truth.paid + Math.floor((value! * 86400) / truth.model.timeDivider) },
                  };
    return left > -SLACK && truth.closed ? [locked, outcome] : [outcome];
  }

  /** As stored before a token is checked: counted as a wrong one. */
  private attempted(truth: Truth): Truth {
    return { ...truth, closed: this.now() + 60 * 2 ** Math.min(truth.wrong, 9), wrong: truth.wrong + 1 };
  }

  private enter(token: string, keypad: boolean): void {
    this.log.push(`${keypad ? "keypad" : "token"} ${token}`);
    const before = this.truths;
    const may = () => before.flatMap((truth) => this.outcomes(truth, token));
    let all = may();
    const early = this.board.world.now < this.worldClosed;
    let answer: string | undefined;
    this.typing = keypad;
    if (keypad) {
      for (const key of "*" + token) if (this.board.powered) this.board.press(key);
      // Entry may open while the keys are pressed; refused is who began before.
      all = [...all.filter((outcome) => outcome.answer === "LOCKED"), ...may()];
      if (this.board.powered) this.board.wait(2);
    } else answer = this.ask(`#TOKEN;${token}`)?.slice(7);
    this.typing = false;
    if (answer) {
      this.log.push(`  ${answer}`);
      const name = answer.startsWith("EXTENDED") || answer.startsWith("ERROR") ? answer : answer.split(";")[0];
      this.figures.answers[name.split(";")[0]] = (this.figures.answers[name.split(";")[0]] ?? 0) + 1;
      this.truths = all.filter((outcome) => outcome.answer === name).map((outcome) => outcome.truth);
      if (!this.truths.length) this.fail(`${answer} where only ${all.map((outcome) => outcome.answer)} may be`);
      if (early && name !== "LOCKED") this.fail(`${answer} while entry should be closed`);
    } else if (this.board.powered) this.truths = all.map((outcome) => outcome.truth);
    else {
      const tried = before
        .filter((truth) => truth && truth.closed <= this.now() + SLACK)
        .map((truth) => this.attempted(truth!));
      this.truths = [...before, ...tried, ...all.map((outcome) => outcome.truth)];
    }
  }

  private setUp(): void {
    const { key, startingCode, count, timeDivider, restricted } = this.unit;
    this.log.push("set-up");
    const answer = this.ask(
      `#SETUP;S${this.seed};${startingCode};${key};${count};${timeDivider};${Number(restricted)}`,
    );
    const model = new DeviceModel(this.unit);
    const done = { model, wrong: 0, closed: 0, paid: 0 };
    const already = this.truths.some((truth) => truth);
    if (already) {
      if (answer && answer !== "#SETUP;ERROR;SET_UP_ALREADY") this.fail(answer);
    } else if (answer && answer !== "#SETUP;OK") this.fail(answer);
    else this.truths = answer ? [done] : [undefined, done];
  }

  /** A token to type: right ones of every kind, late, replayed, too far ahead, made up. */
  private token(): string {
    const model = this.truths[0]?.model ?? new DeviceModel(this.unit);
    const { count } = model;
    const make = (kind: Kind, at: number, exact = false) => {
      const command = kind === "sync" || kind === "disable";
      const value = kind.startsWith("extended") ? this.int(1e6) : 1 + this.int(this.chance(0.7) ? 4 : 90);
      const { token } = encode({ ...this.unit, kind, count: at, exact, value: command ? undefined : value });
      this.tokens.push(token);
      return token;
    };
    const kind = this.rand();
    if (kind < 0.36) return make("add", count + this.int(this.chance(0.8) ? 3 : 60));
    if (kind < 0.46) return make("add", Math.max(2, count + (count % 2) - 2 * this.int(9)), true);
    if (kind < 0.58) return make("set", count + this.int(4));
    if (kind < 0.64) return make("sync", Math.max(0, count - 30 + this.int(120)));
    if (kind < 0.7) return make(this.pick<Kind>(["extended-add", "extended-set"]), count + this.int(4));
    if (kind < 0.73 && this.unlocks) return make("disable", count);
    if (kind < 0.75) return make("add", count + 66);
    if (kind < 0.88 && this.tokens.length) return this.pick(this.tokens);
    const [digits, first, length] = this.unit.restricted ? [4, 1, 15] : [10, 0, 9];
    return Array.from({ length }, () => first + this.int(digits)).join("");
  }

  private wait(): void {
    const closed = Math.max(...this.truths.map((truth) => truth?.closed ?? 0)) - this.now();
    const long = this.slow ? 300 : 7200;
    const seconds =
      closed > 0 && this.chance(0.6)
        ? closed + 1
        : this.chance(0.85)
          ? this.int(130)
          : this.int(this.chance(0.95) ? long : 12 * long);
    this.log.push(`wait ${seconds}`);
    // With a chip that keeps time it passes as well without power.
    if (seconds > 600 && this.board.parts.rtc.battery && this.chance(0.6)) this.board.cut();
    this.board.wait(seconds);
  }

  /** One story; returns the cuts that it had. */
  tell(): number {
    this.start();
    this.look();
    for (let i = 0; i < 10 * CUTS_A_STORY && this.cuts < CUTS_A_STORY; i++) {
      if (this.chance(0.8)) this.arm();
      const what = this.rand();
      if (this.truths.some((truth) => !truth) ? what < 0.7 : what < 0.02) this.setUp();
      else if (this.truths.some((truth) => truth && truth.closed > this.now()) && this.chance(0.6)) this.wait();
      else if (what < 0.72) {
        const token = this.token();
        // The keypad takes the interpreter its time.
        this.enter(token, token.length !== 12 && token.length !== 20 && this.chance(this.slow ? 0.05 : 0.1));
      } else if (what < 0.95) this.wait();
      else {
        this.log.push("off");
        if (this.board.powered) this.board.cut();
      }
      this.look();
    }
    this.replay();
    const { given } = this.board.parts.output;
    const paid = this.truths[0]?.paid ?? 0;
    this.board.cut();
    this.figures.stories++;
    this.figures.given += given / 1000;
    if (paid < Number.POSITIVE_INFINITY) this.figures.paid += paid;
    return this.cuts;
  }

  /** At the end every token that was ever typed is typed again, power failing no more: nothing is accepted twice. */
  private replay(): void {
    for (const token of this.slow ? this.tokens.slice(-5) : this.tokens) {
      const closed = Math.max(...this.truths.map((truth) => truth?.closed ?? 0)) - this.now();
      if (closed > 0) this.board.wait(closed + SLACK + 1);
      this.enter(token, false);
      this.look();
    }
  }

  /** Leaves no interpreter behind. */
  end(): void {
    this.board.cut();
  }
}

/** Tells stories, seeds `seed` and up, until there were `cuts` cuts. Throws at the first thing that is not as it should be. */
export async function tellStories(
  seed: number,
  cuts: number,
  bundle: Bundle,
  make: EngineMaker,
  slow = false,
): Promise<Figures> {
  const figures: Figures = {
    stories: 0,
    cuts: { eeprom: 0, program: 0, erase: 0 },
    torn: 0,
    atBoot: 0,
    atKeypad: 0,
    clockLost: 0,
    answers: {},
    given: 0,
    paid: 0,
  };
  for (let done = 0; done < cuts; seed++) {
    const story = new Story(seed, bundle, make, figures, slow);
    try {
      done += story.tell();
    } finally {
      story.end();
    }
    // Node buries the interpreters that were ended.
    await new Promise((done) => setImmediate(done));
  }
  return figures;
}
