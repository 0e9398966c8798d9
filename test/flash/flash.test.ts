/** Flashing, and what can go wrong with it: against a stand-in for the interpreter. The real one: telnet.test.ts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { boardNames, readBoard } from "../../build/boards";
import type { Bundle } from "../../build/bundle";
import { older, times } from "../../build/console";
import { type FlashOptions, flash } from "../../build/flash";
import { layout, ownPages } from "../../build/storage";
import { Fake, type FakeOptions } from "./fake";

const esp32 = readBoard("esp32");
/** A board that keeps identity and credit inside Storage. */
const small = {
  ...esp32,
  name: "small",
  espruino: "SMALL",
  limits: { ...esp32.limits, storage: 28672 },
  map: { storage: 442368 },
  parts: { ...esp32.parts, flash: { driver: "flash", file: "paygo", pages: 2, page: 4096 } },
};
/** A program of about so many bytes. */
const program = (bytes: number, head = "") => head + "var a=1;\n".repeat(Math.ceil((bytes - head.length) / 9));
const OPEN = "/*dev*/";
const LOCK = "E.setConsole(null,{force:true});";
const built = (board: any, code: string): Bundle => ({ board, code, map: "", sha256: "" });
const quiet = { say: () => {}, progress: () => {} };

Object.assign(times, { expression: 300, boot: 900, slow: 2000, away: 50, back: 3000, answer: 1500, idle: 4000 });

let fake: Fake;
afterEach(() => fake?.close());

async function at(options: FakeOptions): Promise<string> {
  fake = new Fake(options);
  return fake.open();
}

/** Flashes a stand-in; returns what the firmware said, or what was complained about. */
async function put(options: FakeOptions, what: Partial<FlashOptions> & { board?: any; code?: string } = {}) {
  const { board = esp32, code = program(3000, OPEN), ...rest } = what;
  const port = await at({ board: board.espruino, bytes: board.limits.storage, start: board.map.storage, ...options });
  try {
    return await flash(built(board, code), { port, dev: true, ...quiet, ...rest });
  } catch (error) {
    return (error as Error).message;
  }
}

test("the program is stored as it is, verified, and started; what ran before is gone", async () => {
  const code = program(3000, LOCK);
  const files = { ".boot0": "a", ".bootcde": "b", ".bootrst": program(2000, OPEN), "notes": "c" };
  expect(await put({ files }, { code, dev: false })).toBe("#STATUS;NOT_SET_UP");
  expect(fake.text(".bootrst")).toBe(code);
  expect(fake.files.map(({ name }) => name).sort()).toEqual([".bootrst", "notes"]);
  // Whatever ran is ended by a restart before the upload, and the new one starts by another.
  expect(fake.restarts).toBe(2);
  const [first] = fake.done.filter((one) => one.startsWith("write .bootrst"));
  expect(fake.done.indexOf("restart")).toBeLessThan(fake.done.indexOf(first));
});

test("until it is verified, a program that is not whole is thrown away at the next start", async () => {
  let done: string[] = [];
  expect(await put({}, { progress: (part) => void (part > 0.7 && done.length === 0 && (done = [...fake.done])) })).toBe(
    "#STATUS;NOT_SET_UP",
  );
  const [guard] = fake.done.filter((one) => one.includes(".boot3"));
  expect(guard).toBe("write .boot3 0");
  expect(fake.done.indexOf("write .boot3 0")).toBeLessThan(fake.done.indexOf("write .bootrst 0"));
  expect(fake.done.indexOf("erase .boot3", fake.done.indexOf("write .bootrst 0"))).toBeGreaterThan(0);
});

test("tiny uploads, after which the uploading tool never ends, end here", async () => {
  expect(await put({}, { code: "var a=1;" })).toBe("#STATUS;NOT_SET_UP");
});

test("bytes that went wrong are noticed, and sent once more", async () => {
  const said: string[] = [];
  const once = { spoil: (text: string, write: number) => (write === 2 ? text.replace("a", "b") : text) };
  expect(await put(once, { say: (text) => said.push(text) })).toBe("#STATUS;NOT_SET_UP");
  expect(said.join()).toContain("once more, slowly");
});

describe("every failure says what it is and what to do", () => {
  test.each<[string, FakeOptions, Parameters<typeof put>[1], RegExp]>([
    ["another board", { board: "PUCKJS" }, {}, /^This is a PUCKJS, and the firmware is for ESP32\. Name its own board/],
    ["an old interpreter", { version: "2v21" }, {}, /^Espruino 2v21 is too old: 2v29 is the oldest .*\. Update it/],
    [
      "a production build",
      {
        says: (line) =>
          line === "#INFO" ? '{"version":"0.1.0","board":"esp32","serial":"SLT000000007"}' : line ? "#INVALID" : "",
      },
      {},
      /^At \S+ a production build answers \(esp32 0\.1\.0, serial SLT000000007\), which has closed its console\. To flash it again: esptool erase_region 0x320000 0xe0000 .* Identity, count and credit stay/,
    ],
    ["nobody", { says: () => "" }, {}, /^Nobody answers at \S+\. Check power, wires/],
    [
      "something else",
      { says: () => "login:" },
      {},
      /^What answers at \S+ is no interpreter \(it says "login:"\)\. Check the port/,
    ],
    [
      "a full Storage",
      { files: { "photos": "x".repeat(39000) } },
      { board: { ...esp32, limits: { ...esp32.limits, storage: 40960 } } },
      /^Storage is too full: \d+ bytes are needed, and \d+ can be had\. These files are not the firmware's: photos \(39000\)\. Save what you need, and repeat with --erase/,
    ],
    [
      "bytes that go wrong every time",
      { spoil: (text) => text.replace("a", "b") },
      {},
      /^What was stored is not what was sent \(\d+ of \d+ bytes\)\. Take a shorter cable/,
    ],
    ["a device that goes away", { dies: 3000 }, {}, /went away|stopped after .*\. (Plug it in|Cut)/],
    [
      "a firmware that does not answer",
      { runs: false },
      { factory: undefined },
      /^The program is stored and verified, but its factory port does not answer at \S+\. The factory port of esp32 is Serial1.* --factory-port/,
    ],
  ])("%s", async (_what, options, what, says) => {
    expect(await put(options, what)).toMatch(says);
  });

  test("nobody at the port at all, and a port that is no port", async () => {
    const port = await at({});
    fake.close();
    await expect(flash(built(esp32, program(3000)), { port, ...quiet })).rejects.toThrow(
      /^Nothing takes a connection at \S+ \(ECONNREFUSED\)\. See that the device is powered/,
    );
    const tell = (name: string) => flash(built(esp32, program(3000)), { port: name, ...quiet });
    await expect(tell("tcp://:x")).rejects.toThrow(/is no address\. Write it as tcp:/);
    await expect(tell("/dev/ttyNONE")).rejects.toThrow(/^There is no port \/dev\/ttyNONE\. .* Plug the device in/);
    for (const name of ["aa:bb:cc:dd:ee:ff", "ble:aa:bb:cc:dd:ee:ff", "ble:Puck.js 1234"])
      await expect(tell(name)).rejects.toThrow(/^Bluetooth is not installed. Run npm install --no-save /);
  });

  test("a Storage without room changes nothing", async () => {
    const files = { ".bootrst": program(2000, OPEN), "photos": "x".repeat(38000) };
    await put({ files }, { board: { ...esp32, limits: { ...esp32.limits, storage: 40960 } } });
    expect(fake.done).toEqual([]);
  });
});

describe("a board that keeps identity and credit inside Storage", () => {
  const board = small;
  const base = 442368 + 4096;

  test("gets its pages first, so that they never have to move", async () => {
    expect(await put({}, { board, code: program(9000, OPEN) })).toBe("#STATUS;NOT_SET_UP");
    expect(fake.done.filter((one) => one.startsWith("write"))[0]).toBe("write paygo 0");
    expect(fake.files[0]).toMatchObject({ name: "paygo", at: 442368 + 32 });
  });

  test.each(boardNames().filter((name) => layout(readBoard(name)).reserved))("%s too", async (name) => {
    const board = readBoard(name);
    const { pages, page } = ownPages(board)!;
    // As large as it may be.
    expect(await put({}, { board, code: program(board.budget.bytes - 9, OPEN), factory: "none" })).toBe(undefined);
    expect(fake.files.map(({ name, bytes }) => [name, bytes])).toEqual([
      ["paygo", pages * page + page - 4],
      [".bootrst", expect.any(Number)],
    ]);
  });

  test("is flashed again without compaction: what is behind the pages is erased in its place", async () => {
    const files = { "paygo": "\x01".repeat(12284), ".bootrst": program(9000, OPEN) };
    expect(await put({ files }, { board, code: program(9900, OPEN) })).toBe("#STATUS;NOT_SET_UP");
    expect(fake.done).not.toContain("compact");
    expect(fake.done).not.toContain("erase all");
    const erased = fake.done.filter((one) => one.startsWith("erase page")).map((one) => Number(one.slice(11)));
    // From the end down to behind the pages, and never one of these.
    expect(erased[0]).toBe(442368 + 28672 - 4096);
    expect(erased[erased.length - 1]).toBe(base + 2 * 4096);
    expect(fake.text("paygo")).toBe("\x01".repeat(12284));
    expect(fake.done.indexOf("restart")).toBeLessThan(fake.done.findIndex((one) => one.startsWith("erase page")));
  });

  test.each<[string, FakeOptions["files"], RegExp]>([
    ["files that were there before the pages", { "notes": "c" }, /^Storage holds other files, .*: notes \(1\)\. Save/],
    [
      "pages that something lies in front of",
      { ".bootrst": program(10000, OPEN), "paygo": "\x01".repeat(12284) },
      /^Storage has no room behind the pages that keep identity and credit, and they must not move\. .*--erase/,
    ],
    [
      "files behind the pages",
      { "paygo": "\x01".repeat(12284), "notes": "c", ".bootrst": program(9000, OPEN) },
      /must not move\. These files are not the firmware's: notes \(1\)/,
    ],
  ])("refuses %s, and changes nothing", async (_what, files, says) => {
    expect(await put({ files }, { board, code: program(9900, OPEN) })).toMatch(says);
    expect(fake.done).toEqual([]);
  });

  test("with --erase everything goes, and the pages are first again", async () => {
    const files = { ".bootrst": program(10000, OPEN), "paygo": "\x01".repeat(12284), "notes": "c" };
    expect(await put({ files }, { board, code: program(9000, OPEN), erase: true })).toBe("#STATUS;NOT_SET_UP");
    expect(fake.files.map(({ name }) => name)).toEqual(["paygo", ".bootrst"]);
    expect(fake.text("paygo")).toBe("");
    // Nothing ran any more that could have written the identity back.
    expect(fake.done.indexOf("restart")).toBeLessThan(fake.done.indexOf("erase all"));
  });
});

test("--erase on a board with pages of their own erases these too", async () => {
  expect(await put({ files: { ".bootrst": program(2000, OPEN) } }, { erase: true })).toBe("#STATUS;NOT_SET_UP");
  const pages = fake.done.filter((one) => one.startsWith("erase page")).map((one) => Number(one.slice(11)));
  expect(pages).toEqual([0, 1, 2, 3, 4, 5].map((n) => 3211264 + n * 4096));
});

test("versions are compared as numbers", () => {
  expect(older("2v9", "2v29")).toBe(true);
  expect(older("2v29", "2v29")).toBe(false);
  expect(older("2v29.104", "2v29")).toBe(false);
  expect(older("1v99", "2v01")).toBe(true);
});

describe("npm run flash", () => {
  const command = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "build/flash.ts", ...args], {
      cwd: resolve(__dirname, "../.."),
      encoding: "utf8",
      input: "",
    });
    return { status, stdout, stderr: stderr.trim() };
  };

  test.each<[string, string[], RegExp]>([
    ["no port", ["esp32"], /^Nothing says where to flash\. Give the port with -p, or a file with --hex/],
    ["no such board", ["esp31", "-p", "x"], /^There is no board "esp31"\. Choose one of .*esp32/],
    ["no such option", ["esp32", "--fast"], /unknown option '--fast'(.|\n)*--help/],
    ["--erase with nobody there", ["esp32", "-p", "tcp://127.0.0.1:1", "--erase"], /nobody is there to ask\. .*--yes/],
    ["nobody at the port", ["esp32", "-p", "tcp://127.0.0.1:1"], /^Nothing takes a connection at tcp:.*\. See that/],
  ])("%s: one sentence of what, one of what to do, exit code 1", (_what, args, says) => {
    const { status, stderr } = command(...args);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(1);
  });

  test("--help", () => {
    const { status, stdout } = command("--help");
    expect(status).toBe(0);
    for (const option of ["--port", "--dev", "--hex", "--erase", "--factory-port"]) expect(stdout).toContain(option);
  });

  test("an image for a programmer", () => {
    const folder = mkdtempSync(join(tmpdir(), "image-"));
    try {
      const { status, stdout } = command("esp32", "--hex", join(folder, "esp32.hex"));
      expect(stdout).toContain("Written");
      expect(readFileSync(join(folder, "esp32.hex"), "utf8")).toMatch(/^:0200000400/);
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
