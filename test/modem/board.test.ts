/** The whole device on every family of modems, and every fault of the list on each: it comes back by itself, and loses nothing. */
import { FAULTS } from "../../bench/parts/modem/faults";
import { device, Reporter, WAYS } from "./device";

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
      it.do("server tokens add:1");
      count += 2;
      for (const command of MOMENTS[way]) {
        it.do(`modem fault ${name} ${args} at command ${command}`, "wait 1000", "modem fault none");
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
