/** Sampling on the virtual board, by the file that is flashed: what its EEPROM holds, read by the page of docs/metrics.md. */
import { ENGINES } from "../../bench/bench";
import { DEMO } from "../../bench/demo-unit";
import { type Said, Session } from "../../bench/session";
import { type Bundle, bundle } from "../../build/bundle";
import { rowsIn } from "./image";

const HOUR = 3600;
let built: Bundle;
beforeAll(async () => {
  built = await bundle("esp32");
});

const skipped = (engine: string) => engine === "espruino" && !process.env.ESPRUINO;
for (const engine of Object.keys(ENGINES))
  (skipped(engine) ? describe.skip : describe)(`on ${engine}`, () => {
    let session: Session;
    let said: Said[] = [];
    /** Does lines; what the device should not do throws. */
    const bench = (...lines: string[]) => {
      for (const line of lines) session.line(line);
      for (const one of said) if ("error" in one || "uncaught" in one) throw new Error(JSON.stringify(one));
      return said.splice(0);
    };
    const rows = () =>
      [...rowsIn(built.board, session.board.parts.memory.image)].sort(([a], [b]) => a - b).map(([, row]) => row);

    beforeEach(() => {
      said = [];
      session = new Session({
        ...built,
        make: ENGINES[engine],
        out: (one) => said.push(JSON.parse(JSON.stringify(one))),
      });
      bench(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
    });
    afterEach(() => session.close());

    test("sensors and output become rows under their scale, through a sensor that fails and power cuts", () => {
      const start = session.board.world.now / 1000;
      const hour = (n: number) => (Math.floor(start / HOUR) + n) * HOUR;
      bench("sample panel.voltage 17540", "sample panel.current -256", "sample battery 12400", `time ${hour(1) + 70}`);
      // Steps of the chips: 4 mV, and 15 V over 4096 steps.
      expect(rows()).toEqual([[hour(1), 1754, -26, 1240, 1240, 0]]);
      bench(`time ${hour(2) - 70}`, "sample panel missing", `time ${hour(2) + 1800}`, "sample battery 11000");
      bench(`time ${hour(3) + 70}`);
      const [, second, third] = rows();
      expect(second).toEqual([hour(2), 1754, -26, 1240, 1240, 0]);
      expect(third).toEqual([hour(3), null, null, expect.any(Number), 1100, 0]);
      expect(Math.abs(third[3]! - 1170)).toBeLessThan(5);
      bench("sample panel back", "cut", "wait 600", "on", `time ${hour(4) + 70}`);
      expect(rows()[3]).toEqual([hour(4), expect.any(Number), expect.any(Number), 1100, 1100, 0]);
      // A cut in the middle of the fifth row, and of what is stored around it.
      bench(`time ${hour(5) - 10}`);
      const before = rows();
      for (let bytes = 10; bytes < 140; bytes += 30) {
        bench(`cut after ${bytes}`, "wait 190", "on", "wait 5");
        expect(rows().slice(0, 4)).toEqual(before);
      }
      bench(`time ${hour(7) + 70}`);
      expect(rows().slice(0, 4)).toEqual(before);
      expect(rows().at(-1)).toEqual([hour(7), 1754, -26, 1100, 1100, 0]);
      // No time twice.
      expect(new Set(rows().map(([time]) => time)).size).toBe(rows().length);
    });
  });
