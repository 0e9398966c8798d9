/** The bench protocol itself: in process for what it says, in a process of its own for how it is started. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { nodeEngine } from "../../bench/engines/node";
import { type Said, Session, START } from "../../bench/session";
import type { At24 } from "../../boards/board";
import { type Bundle, bundle } from "../../build/bundle";

const SETUP = "#SETUP;123456789;123456789;a29ab82edc5fbbc41ec9530f6dac86b1";
const DAY = "662486790";
let built: Bundle;
let folder: string;

beforeAll(async () => {
  built = await bundle("esp32");
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A session in this process; the function does lines and returns all that came out. */
function open(options: { time?: number; state?: string } = {}) {
  const said: any[] = [];
  const session = new Session({ ...built, make: nodeEngine, out: (one: Said) => said.push(one), ...options });
  return (...lines: string[]) => {
    for (const line of lines) session.line(line);
    return said.splice(0);
  };
}

/** The command in a process of its own, with standard input given. */
async function run(args: string[], input = ""): Promise<{ code: number | null; said: any[] }> {
  const child = spawn(process.execPath, ["--import", "tsx", "bench/bench.ts", ...args], {
    cwd: resolve(__dirname, "../.."),
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (data) => {
    text += data;
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return {
    code,
    said: text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

describe("a session", () => {
  test("starts powered on at a fixed date, and says what is seen from outside", () => {
    expect(open()("state")).toEqual([
      {
        state: {
          time: START,
          powered: true,
          load: false,
          display: " 5Et",
          leds: { green: false, red: true },
          blinks: { green: 0, red: 1 },
          buzzer: expect.any(Number),
          beeps: { count: 1, hertz: 400 },
          segments: [0, 109, 121, 120],
          output: { commanded: false, changes: 0 },
          keypad: { held: "", stuck: "", bounce: true },
          rtc: { present: true, battery: true, running: true, ppm: 0 },
          boots: 1,
          variables: undefined,
          memory: { writes: 0, maxPerCell: 0, present: true, protected: false },
          flash: { writes: 0, maxErases: 0 },
          modem: { on: false, registered: false, sent: 0, received: 0 },
        },
      },
      { done: "state" },
    ]);
  });

  test("answers every command with done, and never repeats what went to the serial port", () => {
    const bench = open();
    expect(bench(SETUP)).toEqual([{ uart: "#SETUP;OK" }, { done: "#SETUP" }]);
    expect(bench('raw "#STATUS\\n"')).toEqual([{ uart: "#STATUS;INACTIVE" }, { done: "raw" }]);
    expect(bench("#a29ab82edc5fbbc4").pop()).toEqual({ done: "#" });
    expect(bench("", "// a note", " wait  1 ")).toEqual([{ done: "wait  1" }]);
    expect(bench("key * 1 2", "key 5 down", "key 5 up", "key 5 hold", "cut", "on")).toHaveLength(6);
    expect(bench(`time ${START + 600}`).pop()).toEqual({ done: `time ${START + 600}` });
    expect(bench("state")[0].state.time).toBe(START + 600);
  });

  test.each([
    ["hello", "choose one of"],
    ["constructor", "choose one of"],
    ["key", "Name the keys"],
    ["key 1 2 x", 'no key "x"'],
    ["key 1 2 down", "one key"],
    ["wait", "seconds"],
    ["wait -1", "seconds"],
    ["wait 1e9", "seconds"],
    ["wait 9999999999", "2099"],
    ["time 5", "forward only"],
    ["time tomorrow", "Unix seconds"],
    ["time 9999999999", "2099"],
    ["rtc", "one of: stop"],
    ["rtc explode", "one of: stop"],
    ["rtc stop now", "too much"],
    ["rtc set", "946684800"],
    ["rtc set 5", "946684800"],
    ["memory full", "one of: missing"],
    ["cut after", "cut after 1"],
    ["cut after 0", "cut after 1"],
    ["cut now", "cut after 1"],
    ["on now", "alone"],
    ["raw hello", "JSON string"],
    ['raw "\\u0100"', "bytes"],
    ["sample", "choose one of panel, battery"],
    ["sample volts 12", 'no sensor "volts"'],
    ["sample toString 12", "no sensor"],
    ["sample battery", "as in: sample battery 12500"],
    ["sample battery 12 13", "as in: sample battery 12500"],
    ["sample battery high", "0 to 18300 mV"],
    ["sample battery -1", "0 to 18300 mV"],
    ["sample battery missing", "on no bus"],
    ["sample panel 12000", "voltage and current: name one, as in: sample panel.voltage 12000"],
    ["sample panel.power 12000", "voltage and current"],
    ["sample panel.current 3201", "-3200 to 3200 mA"],
    ["sample panel.voltage missing", "leave .voltage out"],
    ["modem fault silent", "no fault"],
    ["server until 5", "#SETUP"],
  ])("refuses %j with what to change, and nothing changes", (line, says) => {
    const bench = open();
    const [before] = bench("state");
    expect(bench(line)).toEqual([{ error: expect.stringContaining(says) }]);
    expect(bench("state")[0]).toEqual(before);
  });

  test("cuts the power while a byte is written, at that byte", () => {
    const bench = open();
    bench("cut after 40", SETUP);
    const { state } = bench("state")[0];
    expect(state.powered).toBe(false);
    // Erasing a page of flash counts like a byte.
    const writes = state.memory.writes + state.flash.writes;
    expect(writes).toBeLessThan(40);
    expect(writes).toBeGreaterThan(30);
    expect(bench("on", "#STATUS")).toContainEqual({ uart: "#STATUS;NOT_SET_UP" });
    expect(bench(SETUP)).toContainEqual({ uart: "#SETUP;OK" });
  });

  test("tells of an exception that the firmware did not catch", () => {
    const said: any[] = [];
    const code = 'Serial1.setup(9600); Serial1.on("data", function () { throw new Error("oh"); });';
    const session = new Session({ board: built.board, code, make: nodeEngine, out: (one) => said.push(one) });
    session.line('raw "x"');
    expect(said).toEqual([{ uncaught: expect.stringContaining("oh") }, { done: "raw" }]);
  });

  test("keeps memory and time in a folder between runs", () => {
    const state = join(folder, "new");
    open({ state, time: START + 100 })(SETUP, `#TOKEN;${DAY}`, "wait 3600", "quit");
    const bench = open({ state });
    expect(bench("state")[0].state).toMatchObject({ load: true });
    const [{ uart }] = bench("#STATUS");
    expect(Number(/^#STATUS;ACTIVE;(\d+)$/.exec(uart)?.[1])).toBeGreaterThan(86400 - 3600 - 30);
    expect(Number(/^#STATUS;ACTIVE;(\d+)$/.exec(uart)?.[1])).toBeLessThanOrEqual(86400 - 3600);
    expect(() => open({ state, time: START })).toThrow("time cannot start before");
    writeFileSync(join(state, "memory.bin"), "short");
    expect(() => open({ state })).toThrow("give another --state");
  });
});

describe("npm run bench", () => {
  test("takes lines from standard input; its end is the end, and the state is kept", async () => {
    const first = await run(
      ["--stdio", "--state", folder],
      `${SETUP}\nkey * ${[...DAY].join(" ")}\nwait 5\nnonsense\n`,
    );
    expect(first.code).toBe(0);
    expect(first.said.map((one) => Object.keys(one)[0])).toEqual(["uart", "done", "done", "done", "error"]);
    const second = await run(["--stdio", "--state", folder], "state\nquit\nstate\n");
    expect(second.said).toEqual([
      { state: expect.objectContaining({ load: true }) },
      { done: "state" },
      { done: "quit" },
    ]);
    expect(readFileSync(join(folder, "memory.bin"))).toHaveLength((built.board.parts.memory as At24).bytes);
  });

  test("runs a script: exit code 0, or 1 at the first error", async () => {
    const script = join(folder, "script");
    writeFileSync(script, "#STATUS\nwait 1\n");
    expect((await run(["--script", script])).code).toBe(0);
    writeFileSync(script, "wait 1\nwait x\nwait 2\n");
    const { code, said } = await run(["--script", script]);
    expect(code).toBe(1);
    expect(said).toEqual([{ done: "wait 1" }, { error: expect.stringContaining("seconds") }]);
  });

  test.each([
    [["--stdio", "--board", "nothing"], "choose one of"],
    [["--stdio", "--engine", "serial"], "--engine serial -p /dev/ttyUSB0"],
    [["--stdio", "-p", "/dev/ttyUSB0"], "--engine serial -p /dev/ttyUSB0"],
    [["--stdio", "--engine", "serial", "-p", "/dev/ttyNONE"], "There is no port /dev/ttyNONE"],
    [["--stdio", "--engine", "serial", "-p", "tcp://127.0.0.1:1"], "Nothing takes a connection"],
    [["--script", "no-such-file"], "no-such-file"],
    [[], "--stdio or --script"],
  ])("started with %j it says what to change", async (args, says) => {
    expect(await run(args)).toEqual({ code: 1, said: [{ error: expect.stringContaining(says) }] });
  });
});
