/** The doctor: what a device with a fault is told to have, by the device itself. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { VirtualBoard } from "../../bench/board";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { type Bundle, bundle } from "../../build/bundle";
import { diagnose, type Info } from "../../build/doctor";
import { Fake } from "../flash/fake";
import { TcpPlace } from "./tcp";

const GOOD: Info = {
  version: "1",
  board: "esp32",
  serial: "A1",
  fault: "",
  clock: { time: 1800000000, silent: 0 },
  restarts: 3,
  loop: 1,
  failures: 0,
  clockLost: 0,
  memoryReplaced: 0,
  bypass: 0,
  deadOutput: 0,
  credit: 86400,
  count: 3,
  lockout: 0,
  memory: { usage: 1000, total: 2630 },
  events: [],
};
const NOW = 1800000000;

test("a good device has nothing", () => expect(diagnose(GOOD, NOW)).toEqual([]));

test("an interpreter that has less than the board's own, as on a computer, says nothing of the memory of the board", () =>
  expect(diagnose({ ...GOOD, memory: { usage: 2392, total: 2630 } }, NOW)).toEqual([]));

test.each<[Partial<Info>, string, RegExp, RegExp]>([
  [{ fault: "RTC" }, "broken", /clock chip did not answer/, /pull-ups/],
  [{ fault: "MEMORY" }, "broken", /EEPROM/, /write protection/],
  [{ fault: "FLASH" }, "broken", /own flash/, /Change the controller/],
  [{ fault: "HOUSE" }, "broken", /HOUSE/, /docs\/serial\.md/],
  [{ serial: "" }, "broken", /never set up/, /provision/],
  [{ loop: 6 }, "broken", /started 6 times running/, /loose contact/],
  [
    { bypass: 2, events: ["1799999940 bypass"] },
    "look",
    /2 times .*\(last at 2027-01-15T07:59 of its time\)/,
    /around the load switch/,
  ],
  [{ deadOutput: 1 }, "look", /once/, /fuse/],
  [{ clockLost: 1 }, "look", /had stopped/, /2\.5 V/],
  [{ clock: { time: NOW, silent: 4 } }, "look", /4 times since power-on/, /before the next power cut/],
  [{ memoryReplaced: 1 }, "look", /another device/, /tampering/],
  [{ failures: 1 }, "look", /failed/, /report/],
  [{ lockout: 3000 }, "look", /another 50 min/, /correct one ends/],
  [{ clock: { time: NOW - 10 * 86400, silent: 0 } }, "look", /10 days behind/, /not harmed/],
  [{ clock: { time: NOW + 10 * 86400, silent: 0 } }, "look", /10 days ahead/, /Change the chip/],
  [{ board: "puckjs", memory: { usage: 2500, total: 2630 } }, "look", /2500 of 2630/, /report/],
  [{ board: "somebody's", memory: { usage: 2500, total: 2630 } }, "look", /2500 of 2630/, /report/],
  [{ credit: 0 }, "know", /no credit/, /Enter a token/],
  [{ credit: -1 }, "know", /unlocked for ever/, /locks it again/],
])("%j", (change, level, says, todo) => {
  const findings = diagnose({ ...GOOD, ...change }, NOW);
  expect(findings).toEqual([
    { level, from: expect.any(String), says: expect.stringMatching(says), todo: expect.stringMatching(todo) },
  ]);
  // One sentence of what, one or two of what to do.
  expect(findings[0].says).toMatch(/^[A-Z0-9].*[.]$/);
  expect(findings[0].todo).toMatch(/^[A-Z].*[.]$/);
});

const SENT = { failure: "", failures: 0, next: NOW + 3600, kilobytes: 12, signal: 18 };

test.each([
  ["sent its last report", SENT],
  ["is sending one", { ...SENT, failures: 1 }],
  ["has sent none yet", { ...SENT, signal: 99 }],
])("a device that %s has nothing", (_what, report) => expect(diagnose({ ...GOOD, report }, NOW)).toEqual([]));

test.each([
  ["SILENT", /the modem does not answer\.$/, /supply/],
  ["NO_SIM", /sees no SIM/, /holder/],
  ["PIN", /asks for its PIN/, /#MODEM/],
  ["PUK", /PUK/, /phone/],
  ["DENIED", /refuses the SIM/, /operator/],
  ["NO_NETWORK", /no network/, /antenna.*APN/],
  ["NO_CA", /certificate/, /modem/],
  ["NO_SERVER", /no connection to the server/, /data left/],
  ["NO_ANSWER", /does not answer/, /others/],
  ["LOST", /lost its connection/, /supply/],
  ["MEMORY", /memory/, /EEPROM/],
  ["HTTP_403", /HTTP status 403/, /identity or key/],
  ["HTTP_601", /did not reach the server/, /signal/],
  ["SIGNATURE", /refused \(SIGNATURE\)/, /another key/],
  ["NO_TLS", /only raw connections/, /service/],
  ["PLAIN_HTTP", /no TLS of 1\.2/, /https/],
  ["HOUSE", /says HOUSE/, /who makes the firmware/],
  ["", /forgotten since power-on/, /Ask again/],
])("reports that fail of %s are explained", (failure, says, todo) => {
  const findings = diagnose({ ...GOOD, report: { ...SENT, failure, failures: 3 } }, NOW);
  expect(findings).toEqual([
    {
      level: "look",
      from: `report ${failure}`.trim(),
      says: expect.stringMatching(/^Reports failed 3 times running; the next attempt is in 60 min: /),
      todo: expect.stringMatching(/^[A-Z].*[.]$/),
    },
  ]);
  expect(findings[0].says).toMatch(says);
  expect(findings[0].todo).toMatch(todo);
});

test("a weak signal is told", () => {
  const [{ from, says }] = diagnose({ ...GOOD, report: { ...SENT, signal: 3 } }, NOW);
  expect({ from, says }).toEqual({ from: "report.signal", says: "The modem's signal is weak: 3 of 31." });
});

test("the worst comes first", () => {
  const levels = diagnose({ ...GOOD, credit: 0, clockLost: 1, loop: 9 }, NOW).map(({ level }) => level);
  expect(levels).toEqual(["broken", "look", "know"]);
});

describe("npm run doctor", () => {
  let built: Bundle;
  let place: TcpPlace;
  beforeAll(async () => {
    built = await bundle("esp32");
  });
  beforeEach(async () => {
    place = new TcpPlace(built);
    await place.open();
  });
  afterEach(() => place.end());

  const doctor = (...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((done) => {
      const child = spawn(process.execPath, ["--import", "tsx", "build/doctor.ts", ...args], {
        cwd: resolve(__dirname, "../.."),
      });
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text) => {
          said += text;
        });
      child.on("close", (code) => done({ code, said }));
    });
  /** A device in use, with a day of credit. */
  const inUse = (change?: (board: VirtualBoard) => void) => {
    const board = place.put("chip", change);
    board.send(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
    board.wait(0.5);
    board.send(`#TOKEN;${encode({ ...DEMO, kind: "add", value: 1 }).token}`);
    board.wait(2);
    return board;
  };

  test("a good one", async () => {
    inUse();
    const { code, said } = await doctor("-p", place.name);
    expect(said).toMatch(/^123456789 \(esp32, firmware [\d.]+\)/);
    expect(said).toContain("Nothing is wrong: 24 hours of credit are left.");
    expect(code).toBe(0);
    const { findings, info } = JSON.parse((await doctor("-p", place.name, "--json")).said);
    expect(findings).toEqual([]);
    expect(info).toMatchObject({ serial: DEMO.serial });
  });

  test("one whose clock went missing, with wires around its switch", async () => {
    const board = inUse();
    board.parts.output.stuck = "on";
    board.cut();
    board.wait(5);
    board.parts.rtc.present = false;
    board.on();
    board.wait(5);
    const { code, said } = await doctor("-p", place.name);
    expect(said).toMatch(/BROKEN {2}The clock chip did not answer at the start.*\n +Check its solder joints/);
    expect(said).toMatch(/LOOK {2}There was current at the output once/);
    expect(code).toBe(1);
  });

  test("one whose SIM is gone", async () => {
    const board = inUse(({ parts }) => parts.modem!.sim(false));
    board.wait(600);
    const { code, said } = await doctor("-p", place.name);
    expect(said).toMatch(/LOOK {2}Reports failed .* running; .*the modem sees no SIM\.\n +Put one in/);
    expect(code).toBe(0);
  });

  test("nobody, an interpreter without firmware, and --help", async () => {
    expect(await doctor("-p", place.name)).toEqual({
      code: 1,
      said: expect.stringMatching(/^No firmware answers at .*\. Check power/),
    });
    const fake = new Fake();
    const name = await fake.open();
    expect(await doctor("-p", name)).toEqual({
      code: 1,
      said: expect.stringMatching(/^At .* the console of an interpreter answers \(ESP32, Espruino 2v29\).*\. Flash it/),
    });
    fake.close();
    expect(await doctor("--help")).toEqual({ code: 0, said: expect.stringContaining("--json") });
    expect(await doctor()).toEqual({ code: 1, said: expect.stringMatching(/--port.*\n*.*--help/) });
  });
});
