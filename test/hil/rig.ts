/** A board on the bench for tests: protocol lines go in, JSON objects come out, nothing else is touched. */
import { ENGINES } from "../../bench/bench";
import type { State } from "../../bench/board";
import { carry } from "../../bench/built-in";
import type { EngineMaker } from "../../bench/engines/engine";
import type { SerialSaid } from "../../bench/engines/serial";
import { type Said, Session } from "../../bench/session";
import type { Bundle } from "../../build/bundle";
import { note } from "./needs";
import { RealBoard } from "./real";

/** Highest figures that any test saw. */
export interface Figures {
  idle: number;
  peak: number;
  total: number;
}

/** What a person saw after the last digit of a token. */
export interface Seen {
  green: number;
  red: number;
  display: string;
  load: boolean;
  /** World time of the last digit. */
  at: number;
}

/** Keys with which units were set up: nothing that comes out may hold one, or a good part of one. */
const secrets = new Set<string>();

export class Rig {
  private heard: (Said | SerialSaid)[] = [];
  /** The virtual board; or a real one, of which less is known. */
  private session?: Session;
  private real?: RealBoard;

  constructor(
    private bundle: Bundle,
    engine: string | EngineMaker,
    private figures: Figures,
  ) {
    const { board, code } = bundle;
    note.device();
    if (engine === "serial") {
      this.real = RealBoard.open(board.name);
      this.do("fresh");
      return;
    }
    const make = typeof engine === "string" ? ENGINES[engine] : engine;
    this.session = new Session({ board, code, make, out: (said) => this.heard.push(JSON.parse(JSON.stringify(said))) });
  }

  /**
   * Does lines and returns what came out, without the `done` of each. Errors, uncaught exceptions and leaked keys throw.
   * On a keypad of four keys there is no star to begin with: any key does.
   */
  do(...lines: string[]): (Said | SerialSaid)[] {
    for (let line of lines) {
      note.line(line);
      if (this.bundle.board.parts.keypad.driver === "keys") line = line.replace(/^key \*$/, "key 1");
      const key = /^#SETUP;[^;]*;[^;]*;([0-9a-fA-F]{32})/.exec(line)?.[1];
      if (key) for (let i = 0; i < 32; i += 8) secrets.add(key.slice(i, i + 8).toLowerCase());
      if (this.real) this.heard.push(...this.real.line(line));
      else this.session!.line(line);
    }
    const said = this.heard.splice(0);
    const text = JSON.stringify(said).toLowerCase();
    for (const secret of secrets) if (text.includes(secret)) throw new Error(`A part of the key came out: ${text}`);
    for (const one of said)
      if ("error" in one || "uncaught" in one) throw new Error(`${lines.join(" | ")}: ${JSON.stringify(one)}`);
    return said.filter((one) => !("done" in one));
  }

  /** Does lines and returns what the serial port said. */
  ask(...lines: string[]): string[] {
    return this.do(...lines).flatMap((one) => ("uart" in one ? [one.uart] : []));
  }

  state(): State {
    const { state } = this.do("state").find((one): one is { state: State } => "state" in one)!;
    this.figures.peak = Math.max(this.figures.peak, state.variables?.peak ?? 0);
    this.figures.total = state.variables?.total ?? 0;
    // Nobody sees what a real one shows: the suite expects nothing of it then.
    return note.looks({ ...(this.real && { display: "" }), ...state });
  }

  /** Variables in use at rest, a minute after the last key. */
  rest(): number {
    this.do("wait 60");
    const used = this.state().variables?.used ?? 0;
    this.figures.idle = Math.max(this.figures.idle, used);
    return used;
  }

  /** What the display shows, as it is read. */
  display(): string {
    return this.state().display.trim();
  }

  /** Does lines, waits, and counts how often the lamps lit from the first line on. */
  blinks(...lines: string[]): { green: number; red: number } {
    const before = this.state().blinks;
    this.do(...lines, "wait 3");
    const { green, red } = this.state().blinks;
    return { green: green - before.green, red: red - before.red };
  }

  /** Types a token and waits until the answer is over; the lamp of the last key itself does not count. */
  enter(token: string): Seen {
    this.do(`key * ${[...token.slice(0, -1)].join(" ")}`, `key ${token.slice(-1)}`);
    const { time, blinks, leds } = this.state();
    this.do("wait 8");
    const after = this.state();
    const lit = (lamp: string) => after.blinks[lamp] - blinks[lamp] + Number(leds[lamp]);
    return { green: lit("green"), red: lit("red"), display: after.display.trim(), load: after.load, at: time };
  }

  /** Power off for some seconds. */
  off(seconds: number): void {
    this.state();
    this.do("cut", `wait ${seconds}`, "on");
  }

  /** Brings a request to the bench's server, as an agent's phone would, and returns its answer. */
  carry(request: string): { status: number; body: string } {
    note.line("carry");
    const answer = carry(this.session!.board, request)!;
    // What the server says of it is not the device's.
    this.heard.length = 0;
    return answer;
  }

  /** Rows of this unit that the server has. */
  stored(): { [variable: string]: unknown }[] {
    const { server, serial } = this.session!;
    return server.requests
      .filter((one) => !one.reason && one.expanded?.serial_number === serial)
      .flatMap((one) => (one.expanded?.historical_data ?? []) as { [variable: string]: unknown }[]);
  }

  /** Rows of this unit that the server got again, as it had them. */
  again(): number {
    return this.session!.server.requests.reduce((sum, one) => sum + (one.again ?? 0), 0);
  }

  /** What the modem complained about. */
  complaints(): string[] {
    return this.session!.board.parts.modem!.complaints.map(({ text }) => text);
  }

  /** Ends the session, so that no interpreter is left behind. */
  end(): void {
    note.end();
    if (!this.session) return;
    if (!this.session.closed && this.session.board.powered) this.state();
    this.session.close();
  }
}
