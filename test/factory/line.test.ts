/** A thousand devices, twenty of them faulty, at three places, and a process that is killed at the three worst moments. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { keyHash } from "../../build/ledger";
import { FAULTS, faultOf } from "./line";

const DEVICES = 1020;
const UNITS = 1000;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "line-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One run of the line, until it ends or is killed. */
function run(killAt = ""): Promise<{ code: number | null; signal: string | null; said: string }> {
  const args = ["--import", "tsx", "test/factory/line.ts", folder, String(DEVICES), String(UNITS), killAt];
  const child = spawn(process.execPath, args, { cwd: resolve(__dirname, "../.."), stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      said += text;
    });
  return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, said })));
}

const lines = (file: string): any[] =>
  readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test("a thousand pass, none is given twice, and every faulty one is told by its fault", async () => {
  // Before the device heard of its identity; after it has it, and nobody knows; and after that was written down.
  const runs = [await run("given:250"), await run("sent:500"), await run("passed:750"), await run()];
  expect(runs.map(({ code, signal }) => signal ?? code)).toEqual(["SIGKILL", "SIGKILL", "SIGKILL", 0]);

  const ledger = lines("ledger.jsonl");
  const given = ledger.filter(({ what }) => what === "given");
  const passed = ledger.filter(({ what }) => what === "passed");
  expect(passed).toHaveLength(UNITS);
  for (const name of ["serial", "key", "chip"]) expect(new Set(given.map((one) => one[name])).size).toBe(given.length);
  expect(new Set(passed.map(({ serial }) => serial)).size).toBe(UNITS);

  // What is really in the devices, which know nothing of the ledger.
  const devices = lines("devices.jsonl");
  const inDevices = devices.flatMap(({ serial }) => serial || []);
  expect(new Set(inDevices).size).toBe(inDevices.length);
  expect(new Set(devices.map(({ device }) => device)).size).toBe(devices.length);
  const good = devices.filter(({ verdict }) => verdict === "passed" || verdict === "done");
  expect(new Set(good.map(({ serial }) => serial))).toEqual(new Set(passed.map(({ serial }) => serial)));
  for (const { device, fault, verdict } of devices) {
    expect(fault).toBe(faultOf(device, DEVICES));
    if (!fault) expect(verdict).toMatch(/^(passed|done)$/);
  }

  const faulty = devices.filter(({ fault }) => fault);
  expect(faulty).toHaveLength(20);
  expect(new Set(faulty.map(({ fault }) => fault)).size).toBe(Object.keys(FAULTS).length);
  for (const { device, fault, verdict } of faulty) {
    if (fault === "nobody at home") {
      expect(verdict).toBe("nobody answers");
      continue;
    }
    expect(verdict).toBe("failed");
    const { reason } = ledger.find(
      ({ what, chip }) => what === "failed" && chip === (fault === "an old firmware" ? "" : `chip-${device}`),
    );
    expect(reason).toContain(FAULTS[fault]);
  }

  // Keys are in their file, which is closed to others, and nowhere else.
  const [, ...rows] = readFileSync(join(folder, "keys.csv"), "utf8").trim().split("\n");
  const keys = rows.map((row) => row.split(",")[2]);
  expect(statSync(join(folder, "keys.csv")).mode & 0o777).toBe(0o600);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(keys.map(keyHash))).toEqual(new Set(given.map(({ key }) => key)));
  const told = runs.map(({ said }) => said).join() + readFileSync(join(folder, "ledger.jsonl"), "utf8");
  for (const key of keys) expect(told.includes(key)).toBe(false);
}, 600000);
