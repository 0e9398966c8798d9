/** `npm run provision` as a process, at a TCP port with virtual devices that are put there and taken away. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { encode } from "../../bench/encode";
import { type Bundle, bundle } from "../../build/bundle";
import { ask, openPort, pause } from "../../build/port";
import { TcpPlace } from "./tcp";

const root = resolve(__dirname, "../..");
const KEYS = ["bc41ec9530f6dac86b1a29ab82edc5fb", "dac86b1a29ab82edc5fbbc41ec9530f6"];
const UNITS = `Serial Number,Starting Code,Key,Count,Time Divider,Restricted Digit Mode,Hardware Model,Version,Test Code
SLT220000001,516959010,${KEYS[0]},1,4,1,SuperLight,X20,
SLT240000002,432435255,${KEYS[1]},643,1,0,SuperLight,X40,999333777
`;

let built: Bundle;
let folder: string;
let place: TcpPlace;
let child: ChildProcess | undefined;
let said = "";

beforeAll(async () => {
  built = await bundle("esp32");
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "provision-"));
  place = new TcpPlace(built);
  await place.open();
});
afterEach(() => {
  child?.kill("SIGKILL");
  place.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the command; `until` waits for a text, `ended` for its end. */
function start(...args: string[]) {
  said = "";
  const tool = join(root, "build/provision.ts");
  const started = spawn(
    process.execPath,
    ["--import", `file://${join(root, "node_modules/tsx/dist/loader.mjs")}`, tool, ...args],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  child = started;
  for (const stream of [started.stdout, started.stderr])
    stream.on("data", (text) => {
      said += text;
    });
  const ended = new Promise<number | null>((done) => started.on("close", (code) => done(code)));
  const until = async (pattern: RegExp) => {
    for (let tries = 0; !pattern.test(said); tries++) {
      if (tries > 600) throw new Error(`Waited for ${pattern} in vain: ${said}`);
      await pause(100);
    }
  };
  return { ended, until };
}

// A modem takes half a minute, and is tried by the tests in simulated time.
const SKIP = ["--skip", "display,keypad,modem"];

test("units of a file, a faulty device between them, and what is in the devices afterwards", async () => {
  writeFileSync(join(folder, "units.csv"), UNITS, { mode: 0o600 });
  const { ended, until } = start("units.csv", "-p", place.name, ...SKIP, "--json");
  await until(/0 of 2/);
  const first = place.put("chip-1");
  await until(/"passed".*SLT220000001/);
  first.cut();
  place.put("chip-2", ({ parts }) => {
    parts.rtc.present = false;
  });
  await until(/"failed".*the clock chip does not answer/);
  const second = place.put("chip-3");
  expect(await ended).toBe(0);
  for (const key of KEYS) {
    expect(said).not.toContain(key);
    expect(readFileSync(join(folder, "ledger.jsonl"), "utf8")).not.toContain(key);
  }
  expect(said).toMatch(/WARNING: units\.csv holds the keys/);
  // Every other line is JSON, for a program.
  const lines = said.split("\n").filter((line) => line && !line.startsWith("WARNING"));
  expect(lines.map((line) => JSON.parse(line).what)).toContain("passed");

  // What the person at the keypad and the programme's server have to find in it.
  expect(second.powered).toBe(true);
  const port = await openPort(place.name, 0);
  expect(JSON.parse((await ask(port, "#INFO\n", /^\{/, 5000))!)).toMatchObject({
    serial: "SLT240000002",
    count: 643,
    credit: 0,
  });
  const unit = { key: KEYS[1], startingCode: 432435255, count: 643 };
  expect(await ask(port, `#TOKEN;${encode({ ...unit, kind: "add", value: 3 }).token}\n`, /^#TOKEN/, 20000)).toBe(
    "#TOKEN;VALID;259200",
  );
  expect(await ask(port, "#TOKEN;999333777\n", /^#TOKEN/, 20000)).toBe("#TOKEN;TEST;30");
  await port.close();
});

test("killed after the set-up: the same device is finished, another one never gets its serial", async () => {
  const { until } = start("--generate", "2", "--prefix", "SLT", "-p", place.name, ...SKIP);
  await until(/0 of 2/);
  const board = place.put("chip-1");
  const hear = board.onLine;
  board.onLine = (line) => {
    // It is dead before it hears of its success.
    if (line === "#SETUP;OK") child!.kill("SIGKILL");
    else hear(line);
  };
  for (let tries = 0; child!.exitCode === null && child!.signalCode === null && tries < 600; tries++) await pause(100);
  board.onLine = hear;
  expect(readFileSync(join(folder, "ledger.jsonl"), "utf8")).toContain('"given","serial":"SLT000000001"');

  const again = start("--generate", "2", "--prefix", "SLT", "-p", place.name, ...SKIP);
  await again.until(/PASS SLT000000001/);
  place.put("chip-2");
  expect(await again.ended).toBe(0);
  expect(said).toMatch(/PASS SLT000000002/);
});

test.each<[string, string[], RegExp]>([
  ["nothing to give", ["-p", "x"], /^Nothing says which units\. Give a CSV file, or --generate/],
  ["no port", ["units.csv"], /required option '-p, --port/],
  ["no prefix", ["--generate", "3", "-p", "x", ...SKIP], /^Units that are made need serials\. Give --prefix/],
  [
    "nobody to look",
    ["units.csv", "-p", "x"],
    /^The tests of display and keypad need a person .* add --skip display,keypad/,
  ],
  ["no file", ["none.csv", "-p", "x", ...SKIP], /^There is no file none\.csv\. Name/],
  [
    "a file that others may read",
    ["open.csv", "-p", "x", ...SKIP],
    /^Others than you may read open\.csv, and it holds keys\. Close it first: chmod 600 open\.csv\n$/,
  ],
  [
    "a wrong file",
    ["wrong.csv", "-p", "x", ...SKIP],
    /^The key of SLT1 is not 32 hexadecimal digits\. Correct wrong\.csv/,
  ],
  ["a test that is none", ["units.csv", "-p", "x", "--skip", "house"], /Choose out of clock, memory/],
  [
    "a serial that is not open",
    ["units.csv", "-p", "x", ...SKIP, "--release", "SLT9"],
    /^SLT9 is not open\. No serial is/,
  ],
  [
    "a board that is none",
    ["units.csv", "-p", "x", ...SKIP, "--flash", "esp31"],
    /^There is no board "esp31"\. Choose/,
  ],
])("%s: what it is and what to do, exit code 1, and no key", async (_what, args, says) => {
  writeFileSync(join(folder, "units.csv"), UNITS, { mode: 0o600 });
  writeFileSync(join(folder, "open.csv"), UNITS, { mode: 0o644 });
  writeFileSync(join(folder, "wrong.csv"), `serial,key\nSLT1,${KEYS[0]}0\n`, { mode: 0o600 });
  const { ended } = start(...args);
  expect(await ended).toBe(1);
  expect(said.replace(/^(error: |WARNING.*\n)/, "")).toMatch(says);
  for (const key of KEYS) expect(said).not.toContain(key);
});

test("--help", async () => {
  const { ended } = start("--help");
  expect(await ended).toBe(0);
  for (const option of ["--generate", "--prefix", "--ledger", "--skip", "--flash", "--json"])
    expect(said).toContain(option);
});
