/**
 * Keys, output and clock never notice the modem: whatever it does, nothing takes longer than 50 ms. Instructions are counted on the
 * interpreter for ARM; what a millisecond of the reference board's chip is in them, docs/measurements.md tells.
 */
import { ACCESS, Counted, LONGEST, modemsOwn, RATES, SESSION, tell } from "../../bench/slices";
import type { Modem } from "../../boards/board";
import { bundle, readBoard } from "../../build/bundle";
import { arm, qemu } from "../../build/interpreter";
import { MODULES } from "./device";

const there = typeof arm() !== "string";
const onArm = there ? test : test.skip;
const NEEDS = there ? "" : " (needs an interpreter for ARM, and qemu-arm: set ESPRUINO_ARM)";

/** What a modem may send that no manual tells of. */
const RUBBISH = [
  '+CMTI: "SM",1\r\n'.repeat(4),
  "x".repeat(2000),
  "\r\n".repeat(200),
  '+CREG: 1\r\nOK\r\n+CMTI: "SM",2\r\n> \r\nDOWNLOAD\r\nERROR\r\n'.repeat(30),
  `+CSQ:${":,".repeat(95)}\r\n`.repeat(8),
  Array.from({ length: 1500 }, (_, i) => String.fromCharCode((i * 7919) % 256)).join(""),
];

let it: Counted;
afterEach(() => it?.end());

/** The reference board with a modem of some family, and what cuts its supply; after its first session. */
async function started(family: string): Promise<void> {
  const board = structuredClone(readBoard("esp32"));
  const modem = board.parts.modem as Modem;
  Object.assign(modem, { family, supply: "D12" });
  if (family === "sim800") {
    // Its TLS is too old: a raw connection without.
    modem.plain = true;
    delete modem.ca;
    board.metrics!.server.base_url = "http://metrics.example.com";
  }
  const built = await bundle(board);
  it = new Counted(built, qemu() as string[], RATES.ESP32);
  it.do(...SESSION);
  expect(info()).toMatchObject({ count: 2, report: { failure: "", failures: 0 } });
}

function info() {
  it.do("#INFO");
  return JSON.parse((it.said.filter((one) => "uart" in one).pop() as { uart: string }).uart);
}

/** Begins a session, and waits until the modem is at work. */
function begin(): void {
  it.do(ACCESS);
  for (let i = 0; i < 200 && !it.session.board.parts.modem!.state().on; i++) it.do("wait 1");
  it.do("wait 8");
}

/** The slices that were too long, in words. */
function tooLong(): string[] {
  const own = it.slices.filter(modemsOwn);
  expect(own.length).toBeGreaterThan(300);
  return own.filter(({ instructions }) => instructions > LONGEST * RATES.ESP32).map(tell);
}

onArm.each(MODULES)(
  `%s: no slice of a session takes longer than 50 ms${NEEDS}`,
  async (family) => {
    await started(family);
    expect(tooLong()).toEqual([]);
  },
  180_000,
);

onArm(
  `nor does one when the network sets a clock that was lost, and what is stored begins a new page${NEEDS}`,
  async () => {
    await started("sim7600");
    const erases = () => it.session.board.parts.flash!.erases.reduce((sum, each) => sum + each, 0);
    const before = erases();
    it.do("rtc lose", "cut", "wait 86400", "on", "wait 10");
    const late = () => it.session.board.state().time - info().clock.time;
    expect(late()).toBeGreaterThan(80000);
    // Each line is a record.
    for (let i = 0; i < 50; i++) it.do(ACCESS);
    it.do("wait 180");
    expect(Math.abs(late())).toBeLessThan(3);
    expect(info()).toMatchObject({ report: { failure: "", failures: 0 } });
    expect(erases()).toBe(before + 1);
    expect(tooLong()).toEqual([]);
  },
  180_000,
);

onArm(
  `nor does one when all goes wrong; and keys are seen meanwhile${NEEDS}`,
  async () => {
    await started("sim7600");
    const { board } = it.session;
    begin();
    it.do("modem fault http-status 500");
    const before = board.state().blinks.green;
    for (let i = 0; i < 10; i++) it.do("wait 1.3", "key # down", "wait 0.2", "key # up");
    expect(board.state().blinks.green - before).toBe(10);
    for (const text of RUBBISH) {
      it.do("wait 300");
      begin();
      board.controller.receive("Serial3", text);
      it.do("wait 20");
      board.controller.receive("Serial3", text);
    }
    it.do("wait 300");
    begin();
    // Up to the last rung of the ladder, the supply.
    it.do("modem fault hang", "wait 600");
    for (let i = 0; i < 30 && info().report.failures; i++) it.do("wait 300");
    expect(info().report).toMatchObject({ failure: "", failures: 0 });
    expect(tooLong()).toEqual([]);
  },
  600_000,
);
