/** The factory's test on each of the boards, by the parts that it has: a good one passes, and what is wrong is named. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualBoard } from "../../bench/board";
import { nodeEngine } from "../../bench/engines/node";
import { boardNames, readBoard } from "../../build/boards";
import { type Bundle, bundle } from "../../build/bundle";
import { factory, type Happening, Source } from "../../build/factory";
import { Ledger } from "../../build/ledger";
import type { Port } from "../../build/port";
import { makeUnits } from "../../build/provision";

const TIME = 1795305600;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "boards-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(boardNames())("%s", (name) => {
  const { parts } = readBoard(name);
  const four = parts.keypad.driver === "keys";
  let built: Bundle;

  beforeAll(async () => {
    built = await bundle(name);
  });

  /** A device on the line: what was said of it, what a person was asked, and what was written down. */
  async function serve(
    spoil: (board: VirtualBoard) => void = () => {},
    press = (keys: string) => keys,
    restricted = four,
    json = built.board,
  ) {
    const board = new VirtualBoard(json, built.code, nodeEngine, TIME);
    const ledger = new Ledger(join(folder, "ledger.jsonl"));
    const said: Happening[] = [];
    const asked: string[] = [];
    spoil(board);
    board.on();
    board.wait(0.5);
    let closed = false;
    const port: Port = {
      name: "place",
      get closed() {
        return closed;
      },
      onLine: () => {},
      write: (text) => board.type(text),
      wait: async (ms) => board.wait(ms / 1000),
      close: async () => board.cut(),
    };
    board.onLine = (line) => port.onLine(line);
    let lies = true;
    await factory({
      places: [
        {
          name: "place",
          open: async () => {
            const here = lies ? port : undefined;
            lies = false;
            return here;
          },
        },
      ],
      ledger,
      source: new Source(makeUnits({ prefix: "SLT", restricted }, 1, 1), ledger),
      skip: [],
      board: readBoard,
      confirm: async (_port, question) => {
        asked.push(question);
        const { display, leds, load } = board.state();
        if (question === "Is the output on?") return load;
        return display.trim() === board.reads("8888") && leds.green === true && leds.red === true;
      },
      say: (happening) => {
        said.push(happening);
        if (happening.what === "keys") board.press(press(happening.keys));
        if (happening.what === "passed" || happening.what === "failed") closed = true;
      },
    }).finally(() => ledger.close());
    return { board, said, asked, last: said[said.length - 1] };
  }

  test("a good one passes, and what was tried are its own parts", async () => {
    const { said, asked, last } = await serve();
    expect(last).toMatchObject({ what: "passed", serial: "SLT000000001" });
    expect(said).toContainEqual({ what: "keys", port: "place", keys: four ? "1234" : "123456789*0#" });
    const looks = asked.find((question) => question.includes("lamp"))!;
    expect(looks.includes("8888")).toBe(parts.display !== undefined);
    expect(asked.some((question) => question === "Is the output on?")).toBe(!("sense" in parts.output));
  });

  (four ? test : test.skip)(
    "units that its keys cannot enter tokens of are refused before one is given away",
    async () => {
      await expect(serve(undefined, undefined, false)).rejects.toThrow(
        /four keys, and SLT000000001 takes tokens of ten digits\. Give it units of the restricted digit set/,
      );
      expect(readFileSync(join(folder, "ledger.jsonl"), "utf8")).toBe("");
    },
  );

  const pressAll = (keys: string) => keys;
  const nothing = () => {};
  test.each<[string, RegExp, (board: VirtualBoard) => void, (keys: string) => string]>([
    ["no clock", /the clock chip does not answer/, ({ parts: { rtc } }) => void (rtc.present = false), pressAll],
    ["a dead key", /of the keypad nothing came from 3$/, nothing, (keys) => keys.replace("3", "")],
    [
      "a memory that does not answer",
      parts.memory.driver === "at24" ? /the EEPROM does not keep/ : /its memory does not keep/,
      ({ parts: { memory } }) => void (memory.present = false),
      pressAll,
    ],
    [
      "a dead load switch",
      "sense" in parts.output ? /no current at the output while it is on/ : /the output is not on/,
      ({ parts: { output } }) => void (output.stuck = "off"),
      pressAll,
    ],
  ])("%s fails, and the reason says so", async (_what, reason, spoil, press) => {
    const { last } = await serve(spoil, press);
    expect(last).toMatchObject({ what: "failed", reason: expect.stringMatching(reason) });
    // Flash is tried by the set-up itself; all others fail before an identity is given away.
    expect("serial" in last).toBe(String(reason).includes("its memory"));
  });

  if (!parts.modem) return;

  test.each<[string, string[], string | undefined]>([
    ["a SIM", [], undefined],
    ["a SIM that takes its time", ["sim-busy", "10"], undefined],
    ["no SIM", ["sim-absent"], "the modem sees no SIM: put one in, or look at its holder"],
    ["a SIM with a PIN", ["sim-pin"], "the SIM asks for its PIN: give it with #MODEM, or take it off the SIM"],
    ["a locked SIM", ["sim-puk"], "the SIM is locked, and asks for its PUK: another SIM, or unlock it in a phone"],
  ])(
    "a modem with %s passes, is off again, and no try of a PIN is used up",
    async (_what, [fault, ...args], remark) => {
      const { last, board } = await serve(({ parts: { modem } }) => fault && modem!.fault(fault, args));
      expect(last).toMatchObject({ what: "passed", notes: remark ? [remark] : [] });
      const { modem } = board.parts;
      const said = modem!.log.map(({ text }) => text).join("\n");
      expect(said).toContain("AT+CPIN?");
      expect(said).not.toContain("AT+CPIN=");
      expect(modem!.state()).toMatchObject({ on: false, sent: 0 });
      expect(modem!.complaints).toEqual([]);
    },
  );

  test("a new modem, which has another rate, is given the board's and passes", async () => {
    const board = structuredClone(built.board);
    Object.assign(board.parts.modem!, { baud: 115200 });
    const { last } = await serve(nothing, pressAll, four, board);
    expect(last).toMatchObject({ what: "passed", notes: [] });
  });

  test("a dead modem fails, and the reason says so", async () => {
    const { last } = await serve(({ parts: { modem } }) => modem!.fault("dead"));
    expect(last).toMatchObject({
      what: "failed",
      reason: expect.stringMatching(/^the modem does not answer: its supply/),
    });
    expect(last).not.toHaveProperty("serial");
  });
});
