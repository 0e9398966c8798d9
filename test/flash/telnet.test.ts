/**
 * Flashing from end to end, on the interpreter itself: its console, its Storage and its boot order, over its Telnet port,
 * with the uploading tool as it is installed. Simulated are the parts around it (bench/telnet.ts).
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { TELNET, TelnetBoard } from "../../bench/telnet";
import { type Bundle, bundle, readBoard } from "../../build/bundle";
import { evaluate, find } from "../../build/console";
import { flash, reopen } from "../../build/flash";
import { ask, pause } from "../../build/port";
import { telnetPort } from "../telnet";

const onInterpreter = existsSync(process.env.ESPRUINO ?? "") ? test : test.skip;
const NAME = `tcp://127.0.0.1:${TELNET}`;
const SETUP = `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`;
const [first, second] = [
  encode({ ...DEMO, kind: "add", value: 2 }),
  encode({ ...DEMO, kind: "add", value: 3, count: 2 }),
];

let folder: string;
let device: TelnetBoard;
let handOn: () => void;

beforeEach(async () => {
  if (onInterpreter === test.skip) return;
  handOn = await telnetPort();
  folder = mkdtempSync(join(tmpdir(), "telnet-"));
  device = new TelnetBoard(readBoard("esp32"), folder);
});
afterEach(() => {
  device?.end();
  handOn?.();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Asks the firmware; a development build through its console. */
async function tell(line: string, dev: boolean): Promise<string> {
  const port = await reopen(NAME, 0);
  try {
    await port.wait(200);
    const text = dev ? `\x10Serial1.emit("data",${JSON.stringify(`${line}\n`)})\n` : `${line}\n`;
    const answer = await ask(port, text, /^(#(?!DEV)|\{)/, 20000);
    return answer ?? "nothing";
  } finally {
    await port.close();
  }
}

const put = async (built: Bundle, dev: boolean) => {
  // The console opens a moment after the process.
  await (await reopen(NAME, 0)).close();
  return flash(built, { port: NAME, dev, say: () => {}, progress: () => {} });
};

async function off(): Promise<void> {
  device.board.cut();
  await pause(300);
  device.board.on();
}

/** What has to be the same after flashing: the lamp is on, and the days that were paid for are there. */
async function paid(days: number, dev: boolean): Promise<void> {
  const [, seconds] = /^#STATUS;ACTIVE;(\d+)$/.exec(await tell("#STATUS", dev))!;
  expect(Number(seconds)).toBeGreaterThan(days * 86400 - 600);
  expect(device.board.state().load).toBe(true);
  expect(JSON.parse(await tell("#INFO", dev))).toMatchObject({ serial: DEMO.serial, fault: "" });
}

onInterpreter(
  "a development build: flash, set up, token, lamp; a second version over it, and the credit is still there",
  async () => {
    const built = await bundle("esp32", true);
    expect(await put(built, true)).toBe("#STATUS;NOT_SET_UP");
    expect(await tell(SETUP, true)).toBe("#SETUP;OK");
    expect(device.board.state().load).toBe(false);
    expect(await tell(`#TOKEN;${first.token}`, true)).toMatch(/^#TOKEN;VALID;17\d{4}$/);
    await paid(2, true);
    await off();
    await paid(2, true);

    const code = built.code.replace(/"\d+\.\d+\.\d+"/g, '"0.99.0"');
    expect(code).not.toBe(built.code);
    expect(await put({ ...built, code }, true)).toMatch(/^#STATUS;ACTIVE;17\d{4}$/);
    await paid(2, true);
    expect(JSON.parse(await tell("#INFO", true))).toMatchObject({ version: "0.99.0", count: first.count });
    expect(await tell(`#TOKEN;${first.token}`, true)).toBe("#TOKEN;ALREADY_USED");
    expect(await tell(`#TOKEN;${second.token}`, true)).toMatch(/^#TOKEN;VALID;4\d{5}$/);
    await paid(5, true);
    expect(device.board.uncaught).toEqual([]);
  },
);

onInterpreter(
  "a production build closes its console, says so when flashed again, and keeps its credit when Storage is wiped as esptool does",
  async () => {
    const built = await bundle("esp32");
    expect(await put(built, false)).toBe("#STATUS;NOT_SET_UP");
    expect(await tell(SETUP, false)).toBe("#SETUP;OK");
    expect(await tell(`#TOKEN;${first.token}`, false)).toMatch(/^#TOKEN;VALID;17\d{4}$/);
    await off();
    await paid(2, false);

    await expect(put(built, false)).rejects.toThrow(
      /a production build answers \(esp32 .*serial 123456789\).*erase_region/,
    );
    await paid(2, false);

    // The pages with identity and credit are no part of Storage on this board.
    device.board.cut();
    rmSync(join(folder, "espruino.flash"));
    device.board.on();
    expect(await put(built, false)).toMatch(/^#STATUS;ACTIVE;17\d{4}$/);
    await paid(2, false);
    expect(device.board.uncaught).toEqual([]);
  },
);

onInterpreter(
  "the power goes in the middle of an upload: nothing half runs, the console is open, and it is flashed again",
  async () => {
    const built = await bundle("esp32");
    await (await reopen(NAME, 0)).close();
    let cut = false;
    const failed = flash(built, {
      port: NAME,
      say: () => {},
      progress: (part) => {
        if (cut || part < 0.5) return;
        cut = true;
        device.board.cut();
      },
    });
    await expect(failed).rejects.toThrow(/went away|stopped/);
    device.board.on();
    const port = await reopen(NAME, 0);
    expect(await find(port)).toMatchObject({ kind: "console", board: "LINUX" });
    expect(await evaluate(port, `require("Storage").list()`)).not.toContain(".bootrst");
    await port.close();
    expect(await put(built, false)).toBe("#STATUS;NOT_SET_UP");
  },
);

onInterpreter("--erase wipes identity and credit too", async () => {
  const built = await bundle("esp32", true);
  await put(built, true);
  expect(await tell(SETUP, true)).toBe("#SETUP;OK");
  const options = { port: NAME, dev: true, erase: true, say: () => {}, progress: () => {} };
  expect(await flash(built, options)).toBe("#STATUS;NOT_SET_UP");
  expect(await tell(SETUP.replace(DEMO.serial, "OTHER"), true)).toBe("#SETUP;OK");
});
