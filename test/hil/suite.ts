/** One suite for every engine: what a person at the keypad, at the wires and at the serial port may expect of a device. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DEMO } from "../../bench/demo-unit";
import { encode, type TokenRequest, tableCommands } from "../../bench/encode";
import type { Board } from "../../boards/board";
import { type Bundle, boardNames, bundle, readBoard } from "../../build/bundle";
import { DeviceModel, type Entry, vectors } from "../bench/oracle";
import { type Figures, Rig } from "./rig";

const SETUP = `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`;

/** Green and red blinks by what became of a token (the table in the reference documents). */
const LAMPS = {
  valid: { green: 2, red: 0 },
  used: { green: 1, red: 0 },
  invalid: { green: 0, red: 10 },
  sync: { green: 3, red: 0 },
  disable: { green: 5, red: 0 },
};
const lamps = ({ result, kind }: Pick<Entry, "result" | "kind">) =>
  LAMPS[kind === "sync" || kind === "disable" ? kind : result];

/** Three tokens in which a digit does not occur, each of which sets 1, 2 and 3 days. */
function setsWithout(digit: string): string[] {
  let count = DEMO.count;
  return [1, 2, 3].map((value) => {
    for (;;) {
      const made = encode({ ...DEMO, kind: "set", value, count });
      count = made.count;
      if (!made.token.includes(digit)) return made.token;
    }
  });
}

/** Numbers from 0 to `below` - 1 that look random and are the same in every run (Mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mix = Math.imul(state ^ (state >>> 15), state | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) % below;
  };
}

/**
 * Boards that go through all of the suite: the reference, and the smallest, of another class and without a display. The
 * others go through what their own parts are in: each key, display, clock, memory and store has its board among them.
 */
const THOROUGH = ["esp32", "puckjs"];

/** The stories that ship, and the board that each is told of. */
const SCRIPTS = resolve(__dirname, "../../bench/scripts");
const STORIES = readdirSync(SCRIPTS).map((file) => {
  const text = readFileSync(join(SCRIPTS, file), "utf8");
  return { file, lines: text.split("\n"), board: /--board (\S+)/.exec(text)?.[1] };
});

/** In place of `test` where a board does not go through one. */
const none = Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof test;

/** Registers the suite for one engine; for a real board, that board alone. */
export function suite(engine: "node" | "espruino" | "serial"): void {
  if (engine === "serial") {
    const name = process.env.BOARD ?? "esp32";
    describe(`${name} on serial`, () => tests(name, engine));
    return;
  }
  const skipped = engine === "espruino" && !process.env.ESPRUINO;
  const group = skipped ? describe.skip : describe;
  for (const name of boardNames()) group(`${name} on ${engine}`, () => tests(name, engine));
  group(`esp32 with a PCF8563 on ${engine}`, () => tests("esp32", engine, { driver: "pcf8563", address: 0x51 }));
  group(`esp32 with an RV-3028-C7 on ${engine}`, () => tests("esp32", engine, { driver: "rv3028", address: 0x52 }));
}

/**
 * The tests for a board: all of them, or those that its own parts are in; or, given another clock chip than its own, those
 * that the chip is in.
 */
function tests(name: string, engine: string, rtc?: Board["parts"]["rtc"]): void {
  const figures: Figures = { idle: 0, peak: 0, total: 0 };
  const { parts, settings } = readBoard(name);
  const whole = THOROUGH.includes(name);
  const four = parts.keypad.driver === "keys";
  const eeprom = parts.memory.driver === "at24";
  /** Tests for thorough boards only, and for keypads with a star. */
  const also = whole ? test : none;
  const twelve = four ? none : test;
  let built: Bundle;
  let rig: Rig;
  /** A token for the demo unit, as the board's keypad can enter it. */
  const token = (request: Partial<TokenRequest> & Pick<TokenRequest, "kind">) =>
    encode({ ...DEMO, restricted: four, ...request }).token;
  /** The next `n` tokens that add a day. */
  const days = (n: number): string[] => {
    let count = DEMO.count;
    return Array.from({ length: n }, () => {
      const made = encode({ ...DEMO, restricted: four, kind: "add", value: 1, count });
      count = made.count;
      return made.token;
    });
  };
  const WRONG = "1".repeat(four ? 15 : 9);
  /** What a person reads when the firmware shows a text: segments have no S, and four digits. */
  const reads = (text: string) => {
    // Nobody sees a real one's.
    if (!parts.display || engine === "serial") return "";
    return parts.display.driver === "tm1637" ? text.replace(/S/g, "5").slice(-4) : text;
  };
  const setUp = (fields = "") => expect(rig.ask(SETUP + fields)).toEqual(["#SETUP;OK"]);
  /** Seconds of credit as #STATUS tells: null for a device that was unlocked for ever. */
  const secondsLeft = () => {
    const [line] = rig.ask("#STATUS");
    if (line === "#STATUS;PAYG_DISABLED") return null;
    return line === "#STATUS;INACTIVE" ? 0 : Number(/^#STATUS;ACTIVE;(\d+)$/.exec(line)?.[1]);
  };
  const info = () => JSON.parse(rig.ask("#INFO")[0]);
  /** One day was bought; whatever happens to a part, nothing of it may be lost, and nothing won. */
  const [first, second] = days(2);
  const buy = () => {
    setUp();
    rig.enter(first);
  };
  const broken = (sign: string, fault: string) => {
    expect(rig.blinks("key *")).toEqual({ green: 0, red: 3 });
    expect(rig.state()).toMatchObject({ load: false, display: reads(sign) });
    expect(rig.ask(`#TOKEN;${second}`)).toEqual(["#TOKEN;ERROR;FAULT"]);
    expect(rig.ask("#STATUS")[0]).not.toContain("ACTIVE;");
    expect(info()).toMatchObject({ fault });
  };
  const missingAtPowerOn = (part: string, sign: string, fault: string) => {
    rig.do(`${part} missing`);
    rig.off(10);
    rig.do("wait 3");
    expect(rig.state()).toMatchObject({ load: false, display: reads(sign) });
    broken(sign, fault);
    rig.do("wait 200", `${part} back`);
    rig.off(10);
    expect(rig.state().load).toBe(true);
    expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2") });
  };

  beforeAll(async () => {
    const board = readBoard(name);
    built = await bundle(rtc ? { ...board, parts: { ...board.parts, rtc } } : board);
  });
  beforeEach(() => {
    rig = new Rig(built, engine, figures);
  });
  afterEach(() => rig.end());

  const told = rtc ? [] : STORIES.filter(({ board }) => board === name);
  if (told.length)
    test.each(told)("lives through the story $file as it is written", ({ lines }) => void rig.do(...lines), 300000);

  describe("the clock chip", () => {
    beforeEach(buy);

    test("is missing at power-on: a clear sign, no light; and all is well when it is back", () =>
      missingAtPowerOn("rtc", "Err1", "RTC"));

    test("goes missing at work: no exception, and no light for free", () => {
      rig.do("rtc missing", "wait 300");
      expect(secondsLeft()).toBeLessThan(86400 - 300);
      rig.off(10);
      expect(rig.state().load).toBe(false);
    });

    test.each([
      ["stopped", ["rtc stop", "cut", "wait 5", "on"]],
      ["lost its battery", ["rtc lose", "cut", "wait 5", "on"]],
      ["was set back", ["rtc set 1700000000", "cut", "wait 5", "on"]],
      ["was set back at work", ["rtc set 1700000000", `wait ${settings.interval + 240}`]],
    ])("%s: that gives no credit back", (_name, lines) => {
      const before = secondsLeft()!;
      rig.state();
      rig.do(...lines);
      expect(secondsLeft()).toBeLessThan(before);
      expect(info().clockLost).toBe(1);
      expect(rig.state().load).toBe(true);
    });

    test("counts on without power: the credit ends in time, and a year later the date is right", () => {
      rig.off(86400);
      expect(rig.state().load).toBe(false);
      expect(secondsLeft()).toBe(0);
      rig.off(400 * 86400);
      expect(Math.abs(info().clock.time - rig.state().time)).toBeLessThan(3);
      expect(info().clockLost).toBe(0);
    });
  });
  if (rtc) return;

  const published = vectors("certification.jsonl").filter(({ procedure }) => whole || procedure === "quick");
  (four ? none : describe).each(published.map((one) => [one.procedure, one] as const))(
    "the published %s procedure, typed at the keypad",
    (_name, { steps, ...unit }) => {
      test(`${steps.length} tokens: lamps, display, output and credit`, () => {
        setUp();
        const model = new DeviceModel(unit);
        for (const { step, wait, token, result, kind, daysLeft, active } of steps) {
          // Two days off the wall: the clock goes on with its battery, and the test is faster.
          if (wait) rig.off(wait);
          const seen = rig.enter(token);
          expect({ step, ...model.enter(token, seen.at) }).toMatchObject({ step, result, kind });
          const shown = reads(daysLeft === "unlimited" ? "FrEE" : String(daysLeft));
          const display = { valid: shown, used: reads("USEd"), invalid: reads("Err") }[result as Entry["result"]];
          expect({ step, ...seen }).toMatchObject({ step, ...lamps({ result, kind }), display, load: active });
          rig.do("key #");
          expect({ step, days: rig.display() }).toEqual({ step, days: shown });
          const left = secondsLeft();
          const expected = model.secondsLeft(rig.state().time);
          if (expected === null) expect({ step, left }).toEqual({ step, left: null });
          else expect(Math.abs(left! - expected)).toBeLessThan(3);
          if (result === "invalid") rig.do("wait 60");
        }
      });
    },
  );

  describe("a device that is not set up", () => {
    test("says so, gives no light and takes no token", () => {
      expect(rig.blinks()).toEqual({ green: 0, red: 2 }); // the first of three was at power-on
      expect(rig.display()).toBe(reads("SEt"));
      expect(rig.blinks(`key * ${[...days(1)[0]].join(" ")}`).green).toBe(0);
      expect(rig.display()).toBe(reads("SEt"));
      expect(rig.ask("#STATUS")).toEqual(["#STATUS;NOT_SET_UP"]);
      expect(rig.ask(`#TOKEN;${days(1)[0]}`)).toEqual(["#TOKEN;ERROR;NOT_SET_UP"]);
      expect(info()).toMatchObject({ serial: "", count: 1, credit: 0 });
      expect(rig.state().load).toBe(false);
    });

    also.each([
      ["no field", "#SETUP", "SERIAL"],
      ["no serial", `#SETUP;;1;${DEMO.key}`, "SERIAL"],
      ["a serial of 32 characters", `#SETUP;${"7".repeat(32)};1;${DEMO.key}`, "SERIAL"],
      ["a serial with a space", `#SETUP;a b;1;${DEMO.key}`, "SERIAL"],
      ["a serial beyond ASCII", `#SETUP;é;1;${DEMO.key}`, "SERIAL"],
      ["a starting code of 10 digits", `#SETUP;7;1000000000;${DEMO.key}`, "STARTING_CODE"],
      ["a starting code below 0", `#SETUP;7;-1;${DEMO.key}`, "STARTING_CODE"],
      ["a starting code in letters", `#SETUP;7;one;${DEMO.key}`, "STARTING_CODE"],
      ["no key", "#SETUP;7;1", "KEY"],
      ["a key of 31 digits", `#SETUP;7;1;${DEMO.key.slice(1)}`, "KEY"],
      ["a key of 33 digits", `#SETUP;7;1;${DEMO.key}0`, "KEY"],
      ["a key that is not hexadecimal", `#SETUP;7;1;${DEMO.key.slice(1)}g`, "KEY"],
      ["count 0", `#SETUP;7;1;${DEMO.key};0`, "COUNT"],
      ["count 65536", `#SETUP;7;1;${DEMO.key};65536`, "COUNT"],
      ["a broken count", `#SETUP;7;1;${DEMO.key};1.5`, "COUNT"],
      ["time divider 0", `#SETUP;7;1;${DEMO.key};1;0`, "TIME_DIVIDER"],
      ["time divider 256", `#SETUP;7;1;${DEMO.key};1;256`, "TIME_DIVIDER"],
      ["restricted 2", `#SETUP;7;1;${DEMO.key};1;1;2`, "RESTRICTED"],
      ["a test code of 10 digits", `#SETUP;7;1;${DEMO.key};1;1;0;1000000000`, "TEST_CODE"],
      ["a field too many", `#SETUP;7;1;${DEMO.key};1;1;0;0;0`, "TOO_MANY_FIELDS"],
    ])("refuses a set-up with %s, and nothing changes", (_what, line, reason) => {
      const { memory } = rig.state();
      expect(rig.ask(line)).toEqual([`#SETUP;ERROR;${reason}`]);
      expect(rig.state().memory).toEqual(memory);
      expect(rig.ask("#STATUS")).toEqual(["#STATUS;NOT_SET_UP"]);
    });
  });

  test("a loop of restarts is shown, and ends with the first start that lasts", () => {
    setUp();
    for (let starts = 1; starts < 6; starts++) rig.do("cut", "on", "wait 1");
    expect(rig.display()).toBe(reads("rSt"));
    expect(info()).toMatchObject({ loop: 6, restarts: 6 });
    // A report that is sent meanwhile stores the time too, and the interval begins again.
    rig.do(`wait ${2 * settings.interval + 30}`, "cut", "on", "wait 1");
    expect(rig.display()).toBe(reads("0"));
    expect(info()).toMatchObject({ loop: 1 });
  });

  describe("the factory's test", () => {
    const tell = (line: string) => rig.ask(`#TEST;${line}`)[0];

    test("tries what is soldered on, one part at a time", () => {
      expect(info().chip).toMatch(/^[\da-f-]{8,40}$/);
      const [, first] = /^#TEST;(\d{10})$/.exec(tell("CLOCK"))!;
      rig.do("wait 3");
      const [, second] = /^#TEST;(\d{10})$/.exec(tell("CLOCK"))!;
      expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(3);
      expect(Number(second) - Number(first)).toBeLessThan(5);
      if (eeprom) {
        expect(tell("MEMORY;4000;85")).toBe("#TEST;85");
        expect(tell("MEMORY;4000;170")).toBe("#TEST;170");
        expect(tell("MEMORY;4000")).toBe("#TEST;170");
      }
      const [off, on] = "sense" in parts.output ? ["0", "1"] : ["-", "-"];
      expect(tell("OUTPUT")).toBe(`#TEST;${off}`);
      expect(tell("OUTPUT;1")).toMatch(/^#TEST;./);
      expect(rig.state().load).toBe(true);
      expect(tell("OUTPUT;1")).toBe(`#TEST;${on}`);
      expect(tell("OUTPUT")).toMatch(/^#TEST;./);
      expect(rig.state().load).toBe(false);
      expect(tell("SHOW;8888")).toBe("#TEST;OK");
      expect(rig.display()).toBe(reads("8888"));
      expect(rig.state().leds).toEqual({ green: true, red: true });
      expect(tell("SHOW")).toBe("#TEST;OK");
      expect(rig.display()).toBe("");
      expect(rig.state().leds).toEqual({ green: false, red: false });
      expect(tell("HOUSE")).toBe("#TEST;ERROR");
      const keys = four ? "1234" : "123456789*0#";
      expect(rig.ask(`key ${[...keys].join(" ")}`, "wait 1")).toEqual([...keys].map((key) => `#KEY;${key}`));
      expect(rig.ask(SETUP)).toEqual(["#SETUP;OK"]);
    });

    test("sets the clock, which is no lost clock afterwards", () => {
      rig.do("rtc stop", "cut", "wait 5", "on", "rtc start");
      expect(info()).toMatchObject({ clockLost: 1 });
      const { time } = rig.state();
      tell(`CLOCK;${time + 1000}`);
      rig.do("wait 200");
      expect(rig.ask("#STATUS")).toEqual(["#STATUS;NOT_SET_UP"]);
      setUp();
      rig.off(10);
      expect(info()).toMatchObject({ clockLost: 0, fault: "" });
      expect(Math.abs(info().clock.time - rig.state().time - 1000)).toBeLessThan(3);
    });

    test("says so when there is no clock", () => {
      rig.do("rtc missing");
      expect(tell("CLOCK")).toBe("#TEST;ERROR");
    });

    (eeprom ? test : none).each(["memory missing", "memory protect"])("says so when there is %s", (line) => {
      rig.do(line);
      expect(tell("MEMORY;4000;85")).not.toBe("#TEST;85");
    });

    // Thirty seconds of a modem that starts, or of one that does not.
    (parts.modem ? test : none).each([
      ["none", "OK"],
      ["sim-absent", "NO_SIM"],
      ["dead", "SILENT"],
    ])("switches the modem on and off again: with the fault %s it is %s", (fault, said) => {
      rig.do(`modem fault ${fault}`);
      expect(rig.ask("#TEST;MODEM", "wait 5", "#TEST;MODEM", "#STATUS", "#METRICS", "wait 1")).toEqual([
        "#TEST;ERROR",
        "#STATUS;NOT_SET_UP",
        "#TEST;GIVEN_UP",
        "#METRICS;ERROR;NOT_SET_UP",
      ]);
      expect(rig.ask("#TEST;MODEM", "wait 120")).toEqual([`#TEST;${said}`]);
      expect(rig.state().modem).toMatchObject({ on: false });
      setUp();
      rig.do("modem fault none", "wait 600");
      expect(info()).toMatchObject({ fault: "", failures: 0, report: { failures: 0 } });
    });

    test("is refused after the set-up, and keys are no longer said", () => {
      setUp();
      rig.do("wait 20");
      for (const what of ["CLOCK;1800000000", "MEMORY;4000", "OUTPUT;1", "SHOW;8888", "MODEM", ""])
        expect(tell(what)).toBe("#TEST;ERROR");
      expect(rig.state()).toMatchObject({ load: false, display: "" });
      expect(rig.ask("key 1", "wait 1")).toEqual([]);
    });
  });

  describe("set-up", () => {
    test("happens once, and outlives the power", () => {
      setUp();
      const again = SETUP.replace(DEMO.key, "feedface".repeat(4));
      expect(rig.ask(again)).toEqual(["#SETUP;ERROR;SET_UP_ALREADY"]);
      rig.off(10);
      expect(rig.ask(again)).toEqual(["#SETUP;ERROR;SET_UP_ALREADY"]);
      expect(info()).toMatchObject({ serial: DEMO.serial });
      expect(rig.enter(days(1)[0])).toMatchObject({ ...LAMPS.valid, display: reads("1"), load: true });
    });

    also("derives the starting code from the key when it is left out", () => {
      expect(rig.ask(`#SETUP;${DEMO.serial};;${DEMO.key.toUpperCase()}`)).toEqual(["#SETUP;OK"]);
      expect(rig.ask(`#TOKEN;${token({ kind: "add", value: 3, startingCode: undefined })}`)).toEqual([
        "#TOKEN;VALID;259200",
      ]);
    });

    also("takes the count that the unit is at", () => {
      setUp(";600");
      expect(rig.ask(`#TOKEN;${days(1)[0]}`)).toEqual(["#TOKEN;ALREADY_USED"]);
      expect(rig.ask(`#TOKEN;${token({ kind: "set", value: 9, count: 662 })}`)).toEqual(["#TOKEN;VALID;777600"]);
      expect(info()).toMatchObject({ count: 663 });
    });

    test("takes a time divider: a unit is a part of a day, and the light goes out when it is over", () => {
      setUp(";1;255");
      expect(rig.enter(token({ kind: "add", value: 1 }))).toMatchObject({
        ...LAMPS.valid,
        display: reads("1"),
        load: true,
      });
      const left = secondsLeft()!;
      expect(left).toBeGreaterThan(320);
      expect(left).toBeLessThanOrEqual(338);
      rig.do(`wait ${left - 2}`);
      expect(rig.state().load).toBe(true);
      rig.do("wait 4");
      expect(rig.state().load).toBe(false);
      expect(secondsLeft()).toBe(0);
      rig.do("key #");
      expect(rig.display()).toBe(reads("0"));
    });

    also("takes a test code: 30 seconds of light for whoever tests the batch, at the keypad and over the wire", () => {
      setUp(";1;1;0;42");
      rig.do("key * 0 0 0 0 0 0 0 4 2", "wait 2");
      expect(rig.display()).toBe(reads("tESt"));
      expect(rig.state().load).toBe(true);
      rig.do("wait 31");
      expect(rig.state().load).toBe(false);
      expect(rig.ask("#TOKEN;000000042")).toEqual(["#TOKEN;TEST;30"]);
      expect(info()).toMatchObject({ credit: 0, count: 1, lockout: 0 });
      expect(rig.enter(days(1)[0])).toMatchObject({ ...LAMPS.valid, display: reads("1"), load: true });
    });

    also("takes the restricted digit set: 15 digits of 1 to 4, and the other keys are refused", () => {
      setUp(";1;1;1");
      rig.do("key *");
      expect(rig.blinks("key 5")).toEqual({ green: 0, red: 1 });
      expect(rig.blinks("key 0")).toEqual({ green: 0, red: 1 });
      expect(rig.display()).toBe(reads("-"));
      const restricted = true;
      expect(rig.enter(token({ kind: "add", value: 5, restricted }))).toMatchObject({
        ...LAMPS.valid,
        display: reads("5"),
      });
      const extended = token({ kind: "extended-add", value: 123456, count: 2, restricted });
      expect(extended).toHaveLength(20);
      expect(rig.ask(`#TOKEN;${extended}`)).toEqual(["#TOKEN;EXTENDED;123456"]);
      expect(rig.ask(`#TOKEN;${token({ kind: "add", value: 5, count: 4 })}`)).toEqual(["#TOKEN;INVALID"]);
    });
  });

  (whole && settings.table ? describe : none)("the table of codes", () => {
    const unit = { ...DEMO, count: 643 };
    const answerTime = (line: string) => {
      // A board with a walk of its own answers before any time passes.
      const atOnce = rig.ask(`raw ${JSON.stringify(`${line}\n`)}`);
      for (let ms = 10; ; ms += 10) {
        const said = [...atOnce, ...rig.ask("wait 0.01")];
        if (said.length) return { said: said[0], ms };
        if (ms > 5000) throw new Error("No answer");
      }
    };

    test("written by the factory before the set-up, makes a verdict at once at any age, and is carried on", () => {
      for (const line of tableCommands(unit)) expect(rig.ask(line)).toEqual(["#TABLE;OK"]);
      setUp(";643");
      expect(rig.ask(tableCommands(unit)[0])).toEqual(["#TABLE;ERROR;SET_UP_ALREADY"]);
      const first = token({ kind: "add", value: 30, count: 643 });
      // A slice of four hashes takes a millisecond or more: without the table these are 161 slices.
      expect(answerTime(`#TOKEN;${first}`)).toMatchObject({ said: expect.stringMatching(/^#TOKEN;VALID/), ms: 10 });
      const erases = rig.state().flash!.maxErases;
      rig.do("wait 3600");
      expect(rig.state().flash!.maxErases).toBeGreaterThanOrEqual(erases);
      rig.off(5);
      const second = token({ kind: "set", value: 300, count: 644 });
      expect(answerTime(`#TOKEN;${second}`)).toMatchObject({ said: "#TOKEN;VALID;25920000", ms: 10 });
    });

    test("that somebody made up changes nothing", () => {
      for (const line of tableCommands({ ...unit, key: "00".repeat(16) })) rig.ask(line);
      setUp(";643");
      const { said } = answerTime(`#TOKEN;${token({ kind: "set", value: 3, count: 643 })}`);
      expect(said).toBe("#TOKEN;VALID;259200");
    });

    test.each([
      ["no place", "#TABLE", "POSITION"],
      ["a place between two cells", "#TABLE;4;0011223344556677", "POSITION"],
      ["a place outside", "#TABLE;8192;0011223344556677", "POSITION"],
      ["half a cell", "#TABLE;0;00112233", "HEX"],
      ["something else", "#TABLE;0;001122334455667g", "HEX"],
    ])("refuses %s", (_what, line, reason) => {
      expect(rig.ask(line)).toEqual([`#TABLE;ERROR;${reason}`]);
    });
  });

  (whole && readBoard(name).metrics ? describe : none)("reports over the factory port", () => {
    // What somebody collects; a modem that reports by itself would be first.
    beforeEach(() => {
      if (parts.modem) rig.do("modem antenna out");
    });
    /** Asks for the report, brings it to the server, and brings the answer back. */
    const report = (spoil = (answer: string) => answer) => {
      const [request] = rig.ask("#METRICS");
      const { status, body } = rig.carry(request);
      expect({ request, status, body }).toMatchObject({ status: 201 });
      return { request: JSON.parse(request), answer: body, said: rig.ask(`#ANSWER;${spoil(body)}`)[0] };
    };

    test("a report is taken by the server, its token and its times by the device, and every row counts once", () => {
      expect(rig.ask("#METRICS")).toEqual(["#METRICS;ERROR;NOT_SET_UP"]);
      setUp();
      if ("battery" in parts) rig.do("sample battery 12600");
      rig.do("wait 10900", "server tokens add:7");
      const first = report();
      expect(first.request).toMatchObject({ sn: DEMO.serial, rc: 1, a: expect.stringMatching(/^ra[0-9a-f]+$/) });
      expect(first.said).toBe("#ANSWER;OK");
      rig.do("wait 2");
      expect(info()).toMatchObject({ count: 2, lockout: 0 });
      expect(rig.state().load).toBe(true);
      // The same answer again: nothing is outstanding.
      expect(rig.ask(`#ANSWER;${first.answer}`)).toEqual(["#ANSWER;ERROR;NOT_ASKED"]);
      rig.do("wait 7200");
      // Asked for twice before an answer comes: the same rows, and the new ones.
      const [lost] = rig.ask("#METRICS");
      rig.do("wait 3600");
      const third = report();
      expect(JSON.parse(lost).rc).toBe(2);
      expect(third.request.rc).toBe(3);
      const rows = rig.stored();
      expect(rows.length).toBeGreaterThanOrEqual(5);
      expect(new Set(rows.map(({ timestamp }) => timestamp)).size).toBe(rows.length);
      expect(rows[0].output_minutes).toBe(0);
      if ("battery" in parts) expect(rows[0].battery_voltage).toBe(1260);
    });

    test("what was asked outlives a power cut, and so does the answer that comes a day later", () => {
      setUp();
      rig.do("wait 3700", "server tokens add:30");
      const [request] = rig.ask("#METRICS");
      const { body } = rig.carry(request);
      rig.off(80000);
      rig.do("wait 70");
      expect(rig.ask(`#ANSWER;${body}`)).toEqual(["#ANSWER;OK"]);
      rig.do("wait 2");
      expect(info()).toMatchObject({ count: 2 });
      rig.off(10);
      rig.do("wait 70");
      expect(rig.ask(`#ANSWER;${body}`)).toEqual(["#ANSWER;ERROR;NOT_ASKED"]);
    });

    test.each([
      ["bits flipped", (answer: string) => answer.replace(/"a": ?"da./, '"a":"da0'), "SIGNATURE"],
      ["cut short", (answer: string) => answer.slice(0, -3), "FORM"],
      ["of 5000 characters", () => `{"x":"${"y".repeat(5000)}"}`, "LENGTH"],
      ["garbage", () => "]]]}{", "FORM"],
      ["nothing", () => "", "FORM"],
      ["for another device", (answer: string) => answer.replace(DEMO.serial, "987654321"), "DEVICE"],
    ])("an answer that is %s is refused, and changes nothing", (_what, spoil, reason) => {
      setUp();
      rig.do("wait 130", 'server settings {"base_url":"https://elsewhere.example"}');
      const { said } = report(spoil);
      expect(said).toBe(`#ANSWER;ERROR;${reason}`);
      expect(info()).toMatchObject({ count: 1, credit: 0 });
    });

    test("a reset leaves credit, count and key as they are", () => {
      setUp();
      rig.ask(`#TOKEN;${days(1)[0]}`);
      rig.do("wait 70", 'server settings {"base_url":"https://elsewhere.example"}');
      expect(report().said).toBe("#ANSWER;OK");
      // Where the server is fixed, there is nothing to reset.
      const moves = readBoard(name).metrics!.server.moves !== false;
      expect(rig.ask("#RESET")).toEqual([moves ? "#RESET;OK" : "#INVALID"]);
      expect(info()).toMatchObject({ count: 2, serial: DEMO.serial });
      expect(rig.state().load).toBe(true);
    });
  });

  (whole && parts.modem ? describe : none)("reports over the modem", () => {
    /** What is pulled, and put back. */
    const PULLS: { [what: string]: [pull: string, back: string] } = {
      "the SIM": ["modem sim out", "modem sim in"],
      "the antenna": ["modem antenna out", "modem antenna in"],
      "the server": ["server down", "server up"],
      "the power": ["cut", "on"],
    };
    /** Until a report was answered, at most some hours. */
    const recovered = () => {
      for (let i = 0; i < 24; i++) {
        rig.do("wait 600");
        const { failure, failures } = info().report;
        if (!failures) return failure;
      }
      return "it did not recover";
    };
    const everyRowOnce = () => {
      const times = rig.stored().map(({ timestamp }) => timestamp);
      expect(times.length).toBeGreaterThan(0);
      expect(new Set(times).size).toBe(times.length - rig.again());
    };

    beforeEach(() => setUp());

    test("it registers, reports, gets a token over the air, and is off again", () => {
      rig.do("server tokens add:7", "wait 15");
      expect(rig.state().modem).toMatchObject({ on: true, registered: false });
      rig.do("wait 75");
      expect(info()).toMatchObject({ count: 2, report: { failure: "", failures: 0, signal: 18 } });
      expect(rig.state()).toMatchObject({ load: true, modem: { on: false } });
      const second = encode({ ...DEMO, kind: "add", value: 2, count: 2 }).token;
      rig.do(`modem sms +254700000001 ${second}`, "wait 7200");
      expect(info()).toMatchObject({ count: 4, lockout: 0 });
      everyRowOnce();
      expect(rig.complaints()).toEqual([]);
    });

    test.each(Object.keys(PULLS))("%s, pulled at any moment and put back, ends in the same place", (what) => {
      const [pull, back] = PULLS[what];
      rig.do("server tokens add:7");
      for (const moment of [9, 22, 26, 29, 30]) {
        rig.do(`wait ${moment}`, pull, "wait 700", back, "wait 60");
        expect(recovered()).toBe("");
        // The next session begins within a minute of this.
        rig.do(`wait ${info().report.next - rig.state().time}`);
      }
      expect(info()).toMatchObject({ count: 2, lockout: 0, fault: "" });
      everyRowOnce();
    });

    test.each([3, 21, 26, 29, 30, 45])("somebody who types %i s after it began is not kept waiting", (moment) => {
      rig.do(`wait ${moment}`);
      rig.do("key *");
      expect(rig.display()).toBe(reads("-"));
      rig.do(`key ${[...first].join(" ")}`, "wait 0.5");
      expect(rig.state().load).toBe(true);
      expect(rig.display()).toBe(reads("1"));
      rig.do("wait 300");
      expect(info()).toMatchObject({ count: 2, report: { failure: "", failures: 0 } });
    });
  });

  (four ? none : describe)("the keypad", () => {
    // The sign of a device that is not set up is over before the test begins.
    beforeEach(() => {
      setUp();
      rig.do("wait 20");
    });
    const [first, second] = days(2);

    twelve("shows digits as they are typed, with a blink each", () => {
      expect(rig.blinks("key *")).toEqual({ green: 1, red: 0 });
      expect(rig.display()).toBe(reads("-"));
      expect(rig.blinks("key 1 2 3")).toEqual({ green: 3, red: 0 });
      expect(rig.display()).toBe(reads("123"));
      rig.do("key 4 5 6");
      expect(rig.display()).toBe(reads("123456"));
    });

    also("refuses digits before the star", () => {
      expect(rig.blinks("key 7")).toEqual({ green: 0, red: 1 });
      expect(rig.blinks(`key ${[...first].join(" ")}`).green).toBe(0);
      expect(rig.state()).toMatchObject({ load: false, display: "" });
    });

    twelve("takes the last digit back with #, and starts again with the star", () => {
      rig.do("key * 9 9 # # 6 6 2 5 #");
      expect(rig.display()).toBe(reads("662"));
      rig.do(`key ${[...first.slice(3)].join(" ")}`, "wait 5");
      expect(rig.state().load).toBe(true);
      expect(rig.display()).toBe(reads("1"));
      rig.do("key * 1 2 3 4 5");
      expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2") });
    });

    twelve("clears the entry when # is held, and the entry goes on", () => {
      rig.do("key * 1 2 3", "key # hold");
      expect(rig.display()).toBe(reads("-"));
      rig.do(`key ${[...first].join(" ")}`, "wait 5");
      expect(rig.state().load).toBe(true);
      expect(rig.display()).toBe(reads("1"));
    });

    twelve("drops an entry after 16 s without a key, and it was no attempt", () => {
      rig.do(`key * ${[...WRONG.slice(1)].join(" ")}`, "wait 15");
      expect(rig.display()).toBe(reads(WRONG.slice(1)));
      rig.do("wait 2");
      expect(rig.display()).toBe("");
      expect(rig.blinks("key 1")).toEqual({ green: 0, red: 1 });
      expect(info()).toMatchObject({ lockout: 0 });
      expect(rig.enter(first)).toMatchObject(LAMPS.valid);
    });

    twelve("shows the days left on #, and goes dark again", () => {
      rig.enter(first);
      rig.do("wait 20", "key #");
      expect(rig.display()).toBe(reads("1"));
      rig.do("wait 20");
      expect(rig.display()).toBe("");
    });

    also("a sync token blinks three times, and older ones are used from then on", () => {
      expect(rig.enter(token({ kind: "sync", count: 40 }))).toMatchObject({ ...LAMPS.sync, load: false });
      expect(rig.enter(first)).toMatchObject({ ...LAMPS.used, display: reads("USEd") });
      expect(rig.enter(token({ kind: "add", value: 2, count: 41 }))).toMatchObject({
        ...LAMPS.valid,
        display: reads("2"),
      });
    });

    also.each(["5", "*", "#"])("goes on with key %s stuck, before and after power-on", (key) => {
      const tokens = setsWithout("5");
      rig.do(`key ${key} down`, "wait 2");
      const type = (one: string) => {
        // With the star stuck the entry is open already, until it is dropped.
        const typed = key === "*" ? one : `*${one}`;
        rig.do(`key ${[...typed].join(" ")}`, "wait 8");
      };
      type(tokens[0]);
      expect(rig.state().load).toBe(true);
      expect(rig.display()).toBe(reads("1"));
      rig.off(60);
      rig.do("wait 2");
      type(tokens[1]);
      expect(rig.state().load).toBe(true);
      expect(rig.display()).toBe(reads("2"));
      rig.do("wait 60", `key ${key} up`, "wait 1");
      expect(rig.enter(tokens[2])).toMatchObject({ ...LAMPS.valid, display: reads("3") });
    });

    also("a thousand random keys: no exception, and no light without credit", () => {
      const pick = random(20261122);
      for (let block = 0; block < 50; block++) {
        const keys = Array.from({ length: 20 }, () => "0123456789*#"[pick(12)]);
        rig.do(`key ${keys.join(" ")}`);
        if (pick(4) === 0) rig.do(`wait ${pick(400)}`);
        if (pick(8) === 0) rig.do(`key ${"0123456789*#"[pick(12)]} hold`);
        expect(rig.state().load).toBe(false);
      }
      expect(secondsLeft()).toBe(0);
      rig.off(600 * 60);
      expect(rig.enter(token({ kind: "add", value: 5 }))).toMatchObject({
        ...LAMPS.valid,
        display: reads("5"),
        load: true,
      });
    });
  });

  (four ? describe : none)("the four keys", () => {
    beforeEach(() => {
      setUp();
      rig.do("wait 20");
    });

    test("show digits from the first press on, with a blink each; 16 s without one drop the entry", () => {
      expect(rig.blinks("key 1 2 3")).toEqual({ green: 3, red: 0 });
      expect(rig.display()).toBe(reads("123"));
      rig.do("key 1 1 1 1 1 1 1 1 1 1 1", "wait 17");
      expect(info()).toMatchObject({ lockout: 0 });
      expect(rig.enter(first)).toMatchObject({ ...LAMPS.valid, display: reads("1"), load: true });
    });

    test("held for a second, take the last digit back, and for two, all of them; at rest they show the days left", () => {
      rig.do("key 1 2 3", "key 4 hold");
      expect(rig.display()).toBe(reads("12"));
      rig.do("key 4 down", "wait 2.5", "key 4 up", "wait 1");
      expect(rig.display()).toBe(reads("-"));
      expect(rig.enter(first)).toMatchObject({ ...LAMPS.valid, display: reads("1"), load: true });
      rig.do("wait 20");
      expect(rig.blinks("key 1 hold")).toEqual({ green: 1, red: 0 });
      expect(rig.display()).toBe(reads("1"));
      expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2"), load: true });
    });

    test("go on when one of them is stuck, before and after power-on", () => {
      rig.do("key 4 down", "wait 60");
      expect(rig.blinks("key 1 2 3")).toEqual({ green: 3, red: 0 });
      rig.off(60);
      rig.do("wait 60");
      expect(rig.blinks("key 1 2 3")).toEqual({ green: 3, red: 0 });
      rig.do("wait 60", "key 4 up", "wait 20");
      expect(rig.enter(first)).toMatchObject({ ...LAMPS.valid, display: reads("1") });
    });

    test("are of no use for nine digits: such a set-up is refused", () => {
      rig.off(1);
      const other = new Rig(built, engine, figures);
      expect(other.ask(`${SETUP};1;1;0`)).toEqual(["#SETUP;ERROR;RESTRICTED"]);
      expect(other.ask(`${SETUP};1;1;1`)).toEqual(["#SETUP;OK"]);
      other.end();
    });

    test("five hundred random presses: no exception, and no light without credit", () => {
      const pick = random(20261122);
      for (let block = 0; block < 25; block++) {
        rig.do(`key ${Array.from({ length: 20 }, () => 1 + pick(4)).join(" ")}`);
        if (pick(4) === 0) rig.do(`wait ${pick(400)}`);
        if (pick(4) === 0) rig.do(`key ${1 + pick(4)} hold`);
        expect(rig.state().load).toBe(false);
      }
      rig.off(600 * 60);
      expect(rig.enter(token({ kind: "add", value: 5 }))).toMatchObject({
        ...LAMPS.valid,
        display: reads("5"),
        load: true,
      });
    });
  });

  also("the keypad is closed while a token is checked; a sign runs, and ends", () => {
    // A long check: every count from 0 on is tried.
    setUp(";600");
    rig.do("wait 20");
    const said = rig.ask(`raw ${JSON.stringify(`#TOKEN;${token({ kind: "add", value: 7, count: 660 })}\n`)}`);
    if (readBoard(name).native) {
      // It is over before anybody could look.
      expect(said).toEqual(["#TOKEN;VALID;604800"]);
      return;
    }
    rig.do("wait 0.03");
    if (parts.display) expect(rig.display()).toMatch(/^-+$/);
    expect(rig.ask("key *", "wait 3")).toEqual(["#TOKEN;VALID;604800"]);
    expect(rig.blinks("key 1")).toEqual({ green: 0, red: 1 });
    rig.do("wait 20");
    expect(rig.display()).toBe("");
  });

  describe("wrong tokens", () => {
    beforeEach(() => setUp());

    also("close the entry for a minute, doubling up to 512, through power cuts, until a valid one", () => {
      const [first, second] = days(2);
      for (const minutes of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512]) {
        const seen = rig.enter(WRONG);
        expect({ minutes, ...seen }).toMatchObject({ minutes, ...LAMPS.invalid, display: reads("Err"), load: false });
        expect(rig.blinks("key *")).toEqual({ green: 0, red: 1 });
        expect(rig.display()).toBe(reads(`L${minutes}`));
        expect(rig.ask(`#TOKEN;${first}`)[0]).toMatch(/^#TOKEN;LOCKED;\d+$/);
        const over = seen.at + minutes * 60;
        rig.off(over - rig.state().time - 3);
        rig.do("key *");
        expect(rig.display()).toBe(reads("L1"));
        rig.do("wait 5");
      }
      expect(rig.enter(first)).toMatchObject({ ...LAMPS.valid, display: reads("1") });
      expect(rig.enter(WRONG)).toMatchObject(LAMPS.invalid);
      rig.do("key *");
      expect(rig.display()).toBe(reads("L1"));
      rig.off(60);
      expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2") });
    });

    test("are not those that were used already: these close nothing", () => {
      const [first, second] = days(2);
      rig.enter(first);
      for (let i = 0; i < 3; i++) expect(rig.enter(first)).toMatchObject({ ...LAMPS.used, display: reads("USEd") });
      expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2") });
    });
  });

  describe("the serial port", () => {
    also("answers each kind of token in its words", () => {
      setUp();
      const tell = (line: string) => rig.ask(`#TOKEN;${line}`)[0];
      const [first] = days(1);
      expect(rig.ask("#STATUS")).toEqual(["#STATUS;INACTIVE"]);
      expect(tell(first)).toBe("#TOKEN;VALID;86400");
      expect(tell(first)).toBe("#TOKEN;ALREADY_USED");
      expect(tell(token({ kind: "extended-set", value: 999999, count: 2 }))).toBe("#TOKEN;EXTENDED;999999");
      expect(tell(token({ kind: "sync", count: 10 }))).toBe("#TOKEN;SYNCED");
      expect(tell(token({ kind: "disable", count: 11 }))).toBe("#TOKEN;PAYG_DISABLED");
      expect(rig.ask("#STATUS")).toEqual(["#STATUS;PAYG_DISABLED"]);
      expect(info()).toMatchObject({ credit: -1, count: 13, lockout: 0, fault: "" });
      expect(tell(token({ kind: "set", value: 2, count: 13 }))).toBe("#TOKEN;VALID;172800");
      expect(tell("12345678")).toBe("#TOKEN;INVALID");
      expect(tell("12345678")).toBe("#TOKEN;LOCKED;60");
      rig.do("wait 60");
      expect(tell("12345678a")).toBe("#TOKEN;INVALID");
      rig.do("wait 120");
      expect(tell("")).toBe("#TOKEN;INVALID");
      expect(rig.state().load).toBe(true);
    });

    also.each([
      ["an unknown command", "#HELLO"],
      ["a name that every object has", "#toString"],
      ["lower case", "#status"],
      ["a space in front", "# STATUS"],
      ["129 characters", `#STATUS;${"x".repeat(121)}`],
      ["200 characters", `#STATUS;${"x".repeat(192)}`],
      ["200 characters that begin like a token", `#TOKEN;${"1".repeat(193)}`],
      ["code", "#E.reboot()"],
    ])("refuses %s, and goes on", (_what, line) => {
      setUp();
      rig.do("wait 2");
      expect(rig.ask(line)).toEqual(["#INVALID"]);
      expect(rig.ask("#STATUS")).toEqual(["#STATUS;INACTIVE"]);
    });

    also("takes a line of 128 characters, ended by either line end or both, and passes over empty ones", () => {
      setUp();
      const line = `#STATUS;${"x".repeat(120)}`;
      for (const end of ["\n", "\r", "\r\n", "\n\n\r\r"])
        expect(rig.ask(`raw ${JSON.stringify(line + end)}`, "wait 2")).toEqual(["#STATUS;INACTIVE"]);
    });

    also("refuses control characters wherever they are, and none of them does anything else", () => {
      // An answer over the air would be an event.
      if (parts.modem) rig.do("modem antenna out");
      setUp();
      rig.enter(first);
      const { credit, events } = info();
      // Ctrl-C, backspace, escape sequences, flow control, end of file, what Telnet and BREAK look like.
      for (const odd of ["\0", "\x03", "\b", "\x1b[A", "\x1bc", "\x11", "\x13", "\x04", "\x10", "\x7f", "\xff\xf4"])
        for (const line of [`${odd}#STATUS`, `#STA${odd}TUS`, `#STATUS${odd}`, odd])
          expect(rig.ask(`raw ${JSON.stringify(`${line}\n`)}`, "wait 1.1")).toEqual(["#INVALID"]);
      expect(rig.ask('raw "\\u0003\\u0003"', "wait 2")).toEqual([]);
      expect(rig.ask('raw "\\n"', "wait 2")).toEqual(["#INVALID"]);
      expect(info().events).toEqual(events);
      expect(info().credit).toBeGreaterThan(credit - 200);
      expect(rig.state().load).toBe(true);
    });

    also(
      "bears a megabyte of noise: an answer a second at most, no exception, no more memory than a command needs",
      () => {
        setUp();
        rig.enter(first);
        const before = rig.rest();
        const pick = random(7);
        const noise = (length: number) => String.fromCharCode(...Array.from({ length }, () => pick(256)));
        const kinds = [
          () => noise(4096),
          // A line that does not end; lines of separators; line ends; pieces of commands.
          () => "x".repeat(4096),
          () => `${";".repeat(127)}\n`.repeat(32),
          () => "\r\n".repeat(2048),
          () =>
            Array.from({ length: 512 }, () => `${["#", "#TOKE", "#SETU", "#INF", "#;"][pick(5)]}${noise(1)}`).join(""),
        ];
        let [bytes, answers] = [0, 0];
        const start = rig.state().time;
        while (bytes < 1 << 20) {
          const block = kinds[pick(kinds.length)]();
          bytes += block.length;
          // So long the wire takes for it.
          const said = rig.ask(`raw ${JSON.stringify(block)}`, `wait ${((block.length * 10) / 115200).toFixed(3)}`);
          for (const line of said) expect(line).toBe("#INVALID");
          answers += said.length;
        }
        expect(answers).toBeGreaterThan(20);
        expect(answers).toBeLessThanOrEqual(rig.state().time - start + 1);
        // On Node nobody counts.
        const { peak = 0, used = 0 } = rig.state().variables ?? {};
        expect(Math.max(peak, figures.peak)).toBeLessThanOrEqual(built.board.budget.peak);
        rig.do('raw "\\n"', "wait 2");
        expect(rig.rest()).toBeLessThanOrEqual(before + 20);
        expect(used).toBeLessThanOrEqual(before + 200);
        expect(info()).toMatchObject({ fault: "", failures: 0, restarts: 1 });
        expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2"), load: true });
      },
    );

    also("takes a line in pieces, and half a line and silence are nothing", () => {
      setUp();
      expect(rig.ask('raw "#STA"', "wait 0.1", 'raw "TUS\\r\\n"', "wait 1")).toEqual(["#STATUS;INACTIVE"]);
      expect(rig.ask('raw "#TOK"', "wait 600")).toEqual([]);
      expect(rig.enter(days(1)[0])).toMatchObject(LAMPS.valid);
      rig.do('raw "\\n"', "wait 2");
      expect(rig.ask("#STATUS")[0]).toMatch(/^#STATUS;ACTIVE;/);
    });
  });

  describe("power", () => {
    test("off and on between entries changes nothing but the time", () => {
      setUp();
      const tokens = days(3);
      tokens.forEach((one, i) => {
        expect(rig.enter(one)).toMatchObject({ ...LAMPS.valid, display: reads(String(i + 1)), load: true });
        rig.do("cut", "wait 3600");
        expect(rig.state()).toMatchObject({
          powered: false,
          load: false,
          display: "",
          leds: { green: false, red: false },
        });
        rig.do("on");
        expect(rig.state().load).toBe(true);
        expect(rig.enter(one)).toMatchObject({ ...LAMPS.used, display: reads("USEd") });
        const used = (i + 1) * 3600;
        expect(Math.abs(secondsLeft()! - ((i + 1) * 86400 - used))).toBeLessThan(120);
      });
    });

    also("off after a page of the flash was full: it goes on from the next page", () => {
      buy();
      // Every token that is entered leaves two records.
      for (let i = 0; i < 40; i++) expect(rig.ask(`#TOKEN;${first}`)).toEqual(["#TOKEN;ALREADY_USED"]);
      expect(rig.state().flash?.maxErases ?? 1).toBeGreaterThan(0);
      rig.off(1);
      expect(rig.state().load).toBe(true);
      expect(rig.enter(first)).toMatchObject(LAMPS.used);
      expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2") });
    });

    test("off in the middle of an entry forgets the entry", () => {
      setUp();
      const [first] = days(1);
      rig.do(`key * ${[...first.slice(0, 5)].join(" ")}`);
      rig.off(1);
      const { green } = rig.blinks(`key ${[...first.slice(5)].join(" ")}`);
      // Without a star they begin another.
      if (!four) expect(green).toBe(0);
      expect(rig.state().load).toBe(false);
      rig.do("wait 17");
      expect(rig.enter(first)).toMatchObject(LAMPS.valid);
    });
  });

  (eeprom ? describe : none)("a memory that fails", () => {
    beforeEach(buy);

    test("missing at power-on: a clear sign, no light; and all is well when it is back", () =>
      missingAtPowerOn("memory", "Err2", "MEMORY"));

    also.each([
      ["goes missing", "memory missing", "memory back"],
      ["is write-protected", "memory protect", "memory unprotect"],
    ])("%s: the token is not lost, and there is no light that is not written down", (_name, fail, repair) => {
      rig.do(fail, "wait 120");
      broken("Err2", "MEMORY");
      rig.do(repair);
      rig.off(120);
      expect(rig.state().load).toBe(true);
      expect(rig.enter(second)).toMatchObject({ ...LAMPS.valid, display: reads("2") });
    });
  });

  if (engine === "espruino") {
    test("memory stays within the board's budget, idle and at peak", () => {
      setUp();
      rig.enter(days(1)[0]);
      rig.off(1);
      expect(rig.rest()).toBeLessThanOrEqual(built.board.budget.idle);
      rig.ask("#INFO");
      rig.state();
      expect(figures.peak).toBeLessThanOrEqual(built.board.budget.peak);
    });
  }

  // For the report, see test/run.ts.
  afterAll(() => {
    const folder = process.env.HIL_FIGURES;
    if (folder)
      writeFileSync(join(folder, `${name}-${engine}.json`), JSON.stringify({ ...figures, sha256: built.sha256 }));
  });
}
