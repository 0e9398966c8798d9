/** The whole device on every family of modems, and every fault of the list on each: it comes back by itself, and loses nothing. */
import { existsSync } from "node:fs";
import { FAULTS } from "../../bench/parts/modem/faults";
import { device, MODULES, Reporter, WAYS } from "./device";

/** Moments of a session at which a fault happens: with so many commands of the controller from now. */
const MOMENTS = { lean: [1, 13, 25], service: [7, 19, 31] };

describe.each(WAYS)("%s, %s", (family, way) => {
  let it: Reporter;
  /** A token that adds takes the next even count. */
  let count = 0;

  beforeAll(async () => {
    it = new Reporter(await device(family, way));
    it.do("wait 1000");
  });
  afterAll(() => it.end());

  test("registers, reports, and takes its token", () => {
    expect(it.taken).toBeGreaterThan(0);
    it.do("server tokens add:7", "wait 1300");
    count += 2;
    expect(it.info()).toMatchObject({ count, report: { failure: "", failures: 0, signal: 18 } });
    expect(it.modem.state()).toMatchObject({ on: false });
    expect(it.modem.complaints).toEqual([]);
  });

  test.each(Object.keys(FAULTS))(
    "%s: it comes back by itself; every row is there once, and the token was used once",
    (name) => {
      const args = FAULTS[name].takes([]) ? "" : "2";
      // A module whose key does nothing any more has its supply cut, and needs nobody.
      const mended = name === "hang" ? [] : ["modem fault none"];
      it.do("server tokens add:1");
      count += 2;
      for (const command of MOMENTS[way]) {
        it.do(`modem fault ${name} ${args} at command ${command}`, "wait 1000", ...mended);
        it.recover(9);
        expect({ command, ...it.info() }).toMatchObject({ command, report: { failures: 0 }, restarts: 1, failures: 0 });
      }
      expect(it.info()).toMatchObject({ count, fault: "" });
      // What was lost or garbled on the line, the modem did complain about. It has nothing to complain about now.
      it.modem.complaints.length = 0;
      it.do("wait 700");
      expect(it.modem.complaints).toEqual([]);
      const times = new Set(it.rows);
      expect(it.rows.length - it.again).toBe(times.size);
      // What the device has and the server has not is what was measured since.
      const last = Math.max(...times);
      const missing = it.stored.filter((time) => !times.has(time));
      expect(missing.filter((time) => time <= last)).toEqual([]);
    },
  );
});

test("without a pin for its supply, a module that hangs needs a person who takes the power away", async () => {
  const it = new Reporter(await device("sim7600", "lean", { supply: undefined }));
  it.do("wait 1000", "modem fault hang", "wait 43200");
  expect(it.info().report).toMatchObject({ failure: "SILENT", failures: expect.any(Number) });
  expect(it.info().report.failures).toBeGreaterThan(5);
  expect(it.modem.view.power).toBe("dead");
  it.do("cut", "wait 10", "on");
  it.recover(5);
  expect(it.info().report).toMatchObject({ failure: "", failures: 0 });
  it.end();
});

(existsSync(process.env.ESPRUINO ?? "") ? test : test.skip).each(MODULES)(
  "%s, on the interpreter: one that hangs has its supply cut (needs an interpreter: set ESPRUINO)",
  async (family) => {
    const it = new Reporter(await device(family, "lean"), { engine: "espruino" });
    for (const command of MOMENTS.lean) {
      const { taken } = it;
      it.do(`modem fault hang at command ${command}`, "wait 1300");
      it.recover(1);
      expect(it.info()).toMatchObject({ restarts: 1, failures: 0, report: { failure: "", failures: 0 } });
      expect(it.taken).toBeGreaterThan(taken);
      // It came to that, and is over.
      expect(it.modem.view).toMatchObject({ power: "off", faults: [] });
    }
    it.end();
  },
  600_000,
);
