/**
 * One device after the other, at several ports at once: the factory's test, an identity, and proof that it arrived. What
 * happens at the command line is in provision.ts; here it is for any ports, virtual ones too.
 */
import { encode, tableCommands } from "../bench/encode";
import type { Unit } from "../bench/server/units";
import type { Board } from "../boards/board";
import { find } from "./console";
import { keyHash, type Ledger } from "./ledger";
import { ask, type Port } from "./port";
import { ToolError } from "./tool";

/** A place where devices are put, one after the other. */
export interface Place {
  name: string;
  /** Opens the port; undefined when nobody will ever put another device there. */
  open(): Promise<Port | undefined>;
}

/** Parts that are tried, and so can be left out. */
export const TESTS = ["clock", "memory", "output", "modem", "display", "keypad"] as const;
export type Test = (typeof TESTS)[number];

/** What happens, for people and programs; none of it holds a key. */
export type Happening =
  /** Nobody answers at this port; said once until somebody does. */
  | { what: "waiting"; port: string; hint: string }
  | { what: "found"; port: string; chip: string }
  | { what: "flashing"; port: string }
  /** A person is asked to press all of these keys. */
  | { what: "keys"; port: string; keys: string }
  | { what: "passed"; port: string; serial: string; chip: string; notes: string[] }
  | { what: "failed"; port: string; serial?: string; chip: string; reason: string }
  /** The device passed in an earlier run, or a moment ago: nothing is done to it. */
  | { what: "done"; port: string; serial: string }
  | { what: "idle"; port: string; reason: string };

export interface FactoryOptions {
  places: Place[];
  ledger: Ledger;
  source: Source;
  skip: Test[];
  /** What a board has; undefined for one that is not known here. */
  board: (name: string) => Board | undefined;
  say: (happening: Happening) => void;
  /** Asks a person at the port; false is a no. */
  confirm: (port: string, question: string) => Promise<boolean>;
  /** Puts the firmware onto a board that has none; left out, such a board fails. */
  flash?: (port: string) => Promise<void>;
  /** The version that devices must have; left out, any. */
  version?: string;
}

/** Milliseconds that a device has for an answer; for the longest ones, a set-up and a check; and to see that its modem is dead. */
const ANSWER = 2000;
const LONG = 20000;
const MODEM = 180000;
/** Milliseconds of a clock's test, in which a person has to press every key, and between two looks for another device. */
const TICKING = 2500;
const KEYING = 60000;
const LOOK = 1000;
/** Milliseconds from a restart until it answers; and until the output is on. */
const STARTING = 15000;
const SETTLING = 50;
/** Milliseconds for each hash of a decode, at most, on the slowest controller. */
const HASH = 200;

/** Which identity is next. Nothing is given that the ledger knows as given. */
export class Source {
  /** Identities that are being put into a device now, by port. */
  private inHand = new Map<string, string>();

  private bySerial = new Map<string, Unit>();
  private byKey = new Map<string, Unit>();

  constructor(
    private units: Unit[],
    private ledger: Ledger,
    /** How many have to pass, where more can be made; `make` has them on the disk before it returns. */
    private target = 0,
    private make?: (n: number) => Unit[],
  ) {
    for (const unit of units) this.admit(unit);
  }

  /** Refuses an identity that stands in the way of another. */
  private admit(unit: Unit): void {
    const { serial, key } = unit;
    const { given, keys } = this.ledger;
    const hash = keyHash(key!);
    const owner = keys.get(hash);
    if (owner !== undefined && owner !== serial)
      throw new ToolError(`The key of ${serial} was given to ${owner} before.`, "Make a new key for it.");
    if (given.has(serial) && given.get(serial)!.key !== hash)
      throw new ToolError(`${serial} was given before, with another key.`, "Take another serial for it.");
    const twin = this.byKey.get(key!);
    if (this.bySerial.has(serial) || twin)
      throw new ToolError(
        twin && twin.serial !== serial
          ? `${twin.serial} and ${serial} have the same key.`
          : `${serial} is there twice.`,
        "Give each unit a serial and a key of its own.",
      );
    this.bySerial.set(serial, unit);
    this.byKey.set(key!, unit);
  }

  /** One that needs keys for ten digits. */
  get wide(): Unit | undefined {
    return this.units.find(({ restricted }) => !restricted);
  }

  unit(serial: string): Unit | undefined {
    return this.bySerial.get(serial);
  }

  get passed(): number {
    return this.units.filter(({ serial }) => this.ledger.given.get(serial)?.passed).length;
  }

  get total(): number {
    return this.target || this.units.length;
  }

  /** Takes the next identity for a controller and writes that down; the one it was given before, if it did not pass. */
  take(chip: string, port: string): Unit | undefined {
    const { given } = this.ledger;
    const own = this.units.find(({ serial }) => given.get(serial)?.chip === chip && !given.get(serial)!.passed);
    if (own) {
      this.inHand.set(port, own.serial);
      return own;
    }
    let unit = this.units.find(({ serial }) => !given.has(serial));
    if (!unit && this.make) {
      const missing = this.target - this.passed - this.inHand.size;
      if (missing > 0) {
        const made = this.make(1);
        this.units.push(...made);
        for (const one of made) this.admit(one);
        [unit] = made;
      }
    }
    if (unit) {
      this.inHand.set(port, unit.serial);
      this.ledger.add({ what: "given", serial: unit.serial, key: keyHash(unit.key!), chip, port });
    }
    return unit;
  }

  /** The device at a port has its verdict. */
  drop(port: string): void {
    this.inHand.delete(port);
  }

  /** Whether one of the identities at other ports may become free. */
  get busy(): boolean {
    return this.inHand.size > 0;
  }

  /** Whether all that was asked for is done. */
  get finished(): boolean {
    return this.passed >= this.total;
  }
}

/** Who is on a port. */
type Who =
  | { kind: "nobody" }
  | { kind: "console" }
  | { kind: "blank"; chip: string }
  | { kind: "old" }
  | { kind: "set up"; serial: string };

/** A reason to put the device aside. */
class Reject extends Error {}

/** The answer to #INFO. */
const INFO = /^\{.*\}$/;

async function identify(port: Port): Promise<Who> {
  const status = await ask(port, "\n#STATUS\n", /^#STATUS;/, ANSWER);
  if (!status) {
    if (port.closed) return { kind: "nobody" };
    return { kind: (await find(port)).kind === "console" ? "console" : "nobody" };
  }
  const line = await ask(port, "#INFO\n", INFO, ANSWER);
  if (!line) return { kind: "nobody" };
  const { serial, chip } = JSON.parse(line);
  if (status !== "#STATUS;NOT_SET_UP") return { kind: "set up", serial };
  return chip ? { kind: "blank", chip } : { kind: "old" };
}

async function info(port: Port): Promise<any> {
  const line = await ask(port, "#INFO\n", INFO, ANSWER);
  if (!line) throw new Reject("it does not answer to #INFO");
  return JSON.parse(line);
}

/** What does not work, by the firmware's names for it. The controller's flash is not tried before the set-up. */
const FAULTS: { [fault: string]: string } = {
  FLASH: "the controller's flash does not keep what is written",
  MEMORY: "its memory does not keep what is written",
};

/** What the parts say of themselves: the reason why it is none, or what was left out of the test. */
type Verdict = { wrong?: string; note?: string; absent?: boolean };
type Try = (port: Port, board: Board | undefined, o: FactoryOptions) => Promise<Verdict>;

const test = async (port: Port, line: string, ms = ANSWER): Promise<string> => {
  const answer = await ask(port, `#TEST;${line}\n`, /^#TEST;/, ms);
  if (!answer) throw new Reject("it stopped to answer in the middle of its test");
  return answer.slice(6);
};

/** The answer to CLOCK of a device that starts anew. */
async function started(port: Port): Promise<string> {
  for (let waited = 0; waited < STARTING && !port.closed; waited += LOOK) {
    await port.wait(LOOK);
    const said = await ask(port, "#TEST;CLOCK\n", /^#TEST;/, LOOK);
    if (said) return said.slice(6);
  }
  throw new Reject("it did not start again after its clock was set");
}

/** What a modem that answers has to say of its SIM. Many are put in later, so that is no reason to fail. */
const SIMS: { [said: string]: string } = {
  NO_SIM: "the modem sees no SIM: put one in, or look at its holder",
  PIN: "the SIM asks for its PIN: give it with #MODEM, or take it off the SIM",
  PUK: "the SIM is locked, and asks for its PUK: another SIM, or unlock it in a phone",
};

/** What a person can press on a board. */
function keysOf({ parts: { keypad } }: Board): string {
  if (keypad.driver === "keys") return "1234";
  return "keys" in keypad && typeof keypad.keys === "string" ? keypad.keys : "123456789*0#";
}

const TRIES: { [name in Test]: Try } = {
  clock: async (port) => {
    const set = Math.floor(Date.now() / 1000);
    let said = await test(port, "CLOCK");
    if (said !== "ERROR" && Math.abs(Number(said) - set) > 1) {
      port.write(`#TEST;CLOCK;${set}\n`);
      said = await started(port);
    }
    if (said === "ERROR")
      return { wrong: "the clock chip does not answer: look at its solder joints and the I2C pull-ups" };
    const first = Number(said);
    if (!first) return { wrong: "the clock chip says that it stopped, also after it was set: its crystal or the chip" };
    await port.wait(TICKING);
    const passed = Number(await test(port, "CLOCK")) - first;
    if (passed === 0) return { wrong: "the clock chip stands still: its crystal" };
    return passed >= 2 && passed <= 5 ? {} : { wrong: `the clock chip counted ${passed} s in ${TICKING / 1000} s` };
  },
  memory: async (port, board) => {
    if (!board) return { note: "memory not tried: this board is not known here", absent: true };
    const { memory } = board.parts;
    // The set-up tries flash.
    if (memory.driver !== "at24") return { absent: true };
    const last = Number(memory.bytes) - 1;
    const half = (last - 1) / 2;
    const keeps = async (position: number, byte: number) =>
      (await test(port, `MEMORY;${position};${byte}`)) === String(byte);
    // Two, so that what an earlier test left is not what this one wrote.
    if (!(await keeps(last, 85)) || !(await keeps(last, 170)) || !(await keeps(half, 85)))
      return { wrong: "the EEPROM does not keep what is written: its solder joints, or its write protection" };
    // A chip that is too small has the same byte in both places.
    return (await test(port, `MEMORY;${last}`)) === "170"
      ? {}
      : { wrong: "the EEPROM is smaller than the board's JSON says: the wrong chip" };
  },
  output: async (port, _board, o) => {
    const off = await test(port, "OUTPUT");
    if (off === "1")
      return { wrong: "there is current at the output while it is off: the load switch is shorted, or by-passed" };
    try {
      const sensed = (await test(port, "OUTPUT;1")) !== "-";
      await port.wait(SETTLING);
      const on = sensed ? (await test(port, "OUTPUT;1")) === "1" : await o.confirm(port.name, "Is the output on?");
      if (on) return {};
      return {
        wrong: sensed
          ? "there is no current at the output while it is on: the load switch, or its sense divider"
          : "the output is not on while it should be: the load switch",
      };
    } finally {
      await test(port, "OUTPUT");
    }
  },
  modem: async (port, board) => {
    if (!board) return { note: "modem not tried: this board is not known here", absent: true };
    if (!board.parts.modem) return { absent: true };
    const said = await test(port, "MODEM", MODEM);
    if (said === "OK") return {};
    if (SIMS[said]) return { note: SIMS[said] };
    return {
      wrong:
        said === "SILENT"
          ? "the modem does not answer: its supply, its power key, or the wires of its UART (TX to RX, level shifter)"
          : `the modem was not tried, the firmware said ${said}: flash this one, and repeat`,
    };
  },
  display: async (port, board, o) => {
    const parts = ["display", "green", "red", "buzzer"].filter((name) => !board || board.parts[name]);
    if (parts.length === 0) return { absent: true };
    await test(port, "SHOW;8888");
    try {
      const words: { [part: string]: string } = {
        display: "8888 on the display",
        green: "the green lamp",
        red: "the red lamp",
        buzzer: "a tone",
      };
      const good = await o.confirm(port.name, `Do you see or hear ${parts.map((name) => words[name]).join(", ")}?`);
      return good ? {} : { wrong: "display, lamps or buzzer are not right" };
    } finally {
      await test(port, "SHOW");
    }
  },
  keypad: async (port, board, o) => {
    const keys = board ? keysOf(board) : "123456789*0#";
    const missing = new Set<string>(keys);
    const before = port.onLine;
    port.onLine = (line) => {
      before(line);
      const key = /^#KEY;(.)$/.exec(line)?.[1];
      if (key) missing.delete(key);
    };
    try {
      o.say({ what: "keys", port: port.name, keys });
      for (let waited = 0; missing.size > 0 && waited < KEYING && !port.closed; waited += 50) await port.wait(50);
    } finally {
      port.onLine = before;
    }
    return missing.size ? { wrong: `of the keypad nothing came from ${[...missing].join(" ")}` } : {};
  },
};

/** The factory's test of a device that is not set up. Returns what was tried and what a person should know; what is wrong is thrown. */
async function tryParts(port: Port, o: FactoryOptions): Promise<{ notes: string[]; tried: Test[] }> {
  const { fault, board: name } = await info(port);
  const board = o.board(name);
  // It would refuse them, and each of them would be lost to it.
  const wide = board?.parts.keypad.driver === "keys" && o.source.wide;
  if (wide)
    throw new ToolError(
      `A ${name} has four keys, and ${wide.serial} takes tokens of ten digits.`,
      "Give it units of the restricted digit set: a CSV file with Restricted Digit Mode 1, or --restricted with another --keys file.",
    );
  const notes: string[] = o.skip.map((one) => `${one} not tried`);
  const wrong: string[] = [];
  const tried: Test[] = [];
  if (fault === "FLASH") wrong.push(FAULTS.FLASH);
  for (const one of TESTS) {
    // A person is not asked to press keys on a device that fails anyway.
    if (o.skip.includes(one) || (wrong.length > 0 && (one === "display" || one === "keypad"))) continue;
    const said = await TRIES[one](port, board, o);
    if (said.wrong) wrong.push(said.wrong);
    if (said.note) notes.push(said.note);
    if (!said.absent) tried.push(one);
  }
  if (wrong.length > 0) throw new Reject(wrong.join("; "));
  return { notes, tried };
}

/** The line that gives a device its identity. It holds the key. */
const setUpLine = (u: Unit): string =>
  [
    "#SETUP",
    u.serial,
    u.startingCode,
    u.key,
    u.count,
    u.timeDivider,
    u.restricted ? 1 : 0,
    ...(u.testCode ? [u.testCode] : []),
  ].join(";");

/** Gives a device an identity. */
async function setUp(port: Port, unit: Unit): Promise<void> {
  for (const line of tableCommands({ key: unit.key!, startingCode: unit.startingCode, count: unit.count! })) {
    const said = await ask(port, `${line}\n`, /^#(TABLE;|INVALID)/, ANSWER);
    // A board without a table: it works all the same, and takes longer.
    if (said === "#INVALID") break;
    if (said !== "#TABLE;OK") throw new Reject(`its table of codes was refused (${said ?? "no answer"})`);
  }
  const said = await ask(port, `${setUpLine(unit)}\n`, /^#SETUP;/, LONG);
  const fault = FAULTS[said?.replace("#SETUP;ERROR;", "") ?? ""];
  if (said !== "#SETUP;OK") throw new Reject(fault ?? `the set-up was refused (${said?.slice(7) ?? "no answer"})`);
}

/**
 * Sees that a device has the identity it should have, its key too: a token that this unit would have used up already is
 * told as used by who has the key, and as wrong by everybody else. Nothing of the credit changes.
 */
async function prove(port: Port, unit: Unit): Promise<any> {
  const is = await info(port);
  if (is.serial !== unit.serial)
    throw new Reject(`it says that its serial is ${is.serial || "none"}, and it was given ${unit.serial}`);
  if (is.fault) throw new Reject(`it has a fault after its set-up: ${is.fault}`);
  const count = unit.count! - (unit.count! % 2 ? 0 : 1);
  // A unit that starts at 0 has used up no token yet.
  if (count < 1) return is;
  const { token } = encode({
    key: unit.key!,
    startingCode: unit.startingCode,
    restricted: unit.restricted,
    count,
    exact: true,
    kind: "set",
    value: 1,
  });
  const said = await ask(port, `#TOKEN;${token}\n`, /^#TOKEN;/, LONG + count * HASH);
  if (said !== "#TOKEN;ALREADY_USED")
    throw new Reject(
      said === "#TOKEN;INVALID" || said?.startsWith("#TOKEN;LOCKED")
        ? "its key, starting code or digit set is not what it was given: noise on the wire"
        : `a token that proves its key was answered with ${said ?? "nothing"}`,
    );
  return is;
}

/** Does one device from test to proof. Returns who it is now. */
async function serve(port: Port, who: Who, o: FactoryOptions): Promise<string> {
  const { ledger, source, say } = o;
  let chip = who.kind === "blank" ? who.chip : "";
  let serial: string | undefined;
  const name = port.name;
  try {
    let notes: string[] = [];
    let tests = "before its set-up, in an earlier run";
    let unit: Unit | undefined;
    if (who.kind === "console") throw new Reject("its console is open: it has no firmware, or a development build");
    if (who.kind === "old") throw new Reject("its firmware has no test of its parts: flash this one");
    if (who.kind === "set up") {
      const given = ledger.given.get(who.serial);
      if (given?.passed) {
        say({ what: "done", port: name, serial: who.serial });
        return who.serial;
      }
      serial = who.serial;
      unit = source.unit(who.serial);
      if (!given || !unit) throw new Reject(`it is set up already, as ${who.serial}, which this ledger did not give`);
      chip = given.chip;
    } else {
      say({ what: "found", port: name, chip });
      const parts = await tryParts(port, o);
      notes = parts.notes;
      tests = parts.tried.join();
      unit = source.take(chip, name);
      // Another port has the last one, and its device may fail.
      while (!unit && source.busy && !source.finished) {
        await port.wait(LOOK);
        unit = source.take(chip, name);
      }
      if (!unit) {
        say({ what: "idle", port: name, reason: "the device is good, and no identity is left for it" });
        return chip;
      }
      serial = unit.serial;
      await setUp(port, unit);
    }
    const is = await prove(port, unit);
    if (o.version && is.version !== o.version)
      throw new Reject(`it has firmware ${is.version}, and this is ${o.version}`);
    ledger.add({ what: "passed", serial: unit.serial, chip, port: name, board: is.board, version: is.version, tests });
    say({ what: "passed", port: name, serial: unit.serial, chip, notes });
    return unit.serial;
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    // Who takes a device off in the middle of it did not judge it.
    if (port.closed) {
      say({ what: "waiting", port: name, hint: `the device went away: ${error.message}` });
      return "";
    }
    ledger.add({ what: "failed", ...(serial && { serial }), chip, port: name, reason: error.message });
    say({ what: "failed", port: name, ...(serial && { serial }), chip, reason: error.message });
    return serial ?? chip;
  } finally {
    source.drop(name);
  }
}

/** Looks after one port until everything is done. */
async function work(place: Place, o: FactoryOptions): Promise<void> {
  let port: Port | undefined;
  /** Who was here last: it has its verdict, and is not looked at again before it was gone. */
  let last = "";
  let alone = 0;
  try {
    while (!o.source.finished) {
      if (!port || port.closed) {
        port = await place.open();
        if (!port) return;
      }
      const who = await identify(port);
      if (who.kind === "nobody") {
        last = "";
        if (alone++ === 1)
          o.say({
            what: "waiting",
            port: place.name,
            hint: "nobody answers: put a device on, and see that it has power and its firmware",
          });
        await port.wait(LOOK);
        continue;
      }
      alone = 0;
      const name = who.kind === "blank" ? who.chip : who.kind === "set up" ? who.serial : who.kind;
      if (name === last) {
        await port.wait(LOOK);
        continue;
      }
      if (who.kind === "console" && o.flash) {
        o.say({ what: "flashing", port: place.name });
        await port.close();
        await o.flash(place.name);
        continue;
      }
      last = await serve(port, who, o);
    }
  } finally {
    await port?.close();
  }
}

/** Looks after all ports; ends when all is done, or nobody puts on another device. */
export async function factory(o: FactoryOptions): Promise<void> {
  await Promise.all(o.places.map((place) => work(place, o)));
}
