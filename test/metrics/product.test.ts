/** A product's own code in the file that is flashed: what it measures and passes on, and what a server tells it. */
import { ENGINES } from "../../bench/bench";
import { DEMO } from "../../bench/demo-unit";
import type { Board } from "../../boards/board";
import { bundle, readBoard } from "../../build/bundle";
import { checkMetrics } from "../../build/metrics";
import { Rig } from "../hil/rig";

const BOUNDS = { least: -50000, most: 50000 };
const variable = (key: string, where: string, channel: number) => ({
  key,
  name: "Made up",
  type: "integer",
  in: where,
  source: "product",
  channel,
  ...BOUNDS,
});

/** Puck.js, its server fixed, with a product. */
function board(change: (made: any) => void = () => {}): Board {
  const made: any = structuredClone(readBoard("puckjs"));
  made.product = { code: "test/metrics/product/meter" };
  made.metrics.variables.push(variable("temperature", "data", 0), variable("level", "historical_data", 1));
  made.metrics.variables.push({ ...variable("heat", "historical_data", 0), aggregation: "latest" });
  change(made);
  return made;
}

test.each<[string, (made: any) => void, string]>([
  ["no code", (made) => delete made.product, 'there is no source "product"'],
  ["no bounds", (made) => delete made.metrics.variables.at(-1).most, "least and most are what a reading"],
  ["bounds of another source", (made) => (made.metrics.variables[0].least = 1), "least and most are what a reading"],
  ["a channel in words", (made) => (made.metrics.variables.at(-1).channel = "1"), "0 to 99"],
])("a variable of a product with %s is refused", (_what, change, message) => {
  expect(checkMetrics(board(change)).join()).toContain(message);
});

const skipped = (engine: string) => engine === "espruino" && !process.env.ESPRUINO;
for (const engine of Object.keys(ENGINES).filter((name) => name !== "espruino-arm"))
  (skipped(engine) ? test.skip : test)(`settings, accessories, extra data and readings on ${engine}`, async () => {
    const rig = new Rig(await bundle(board()), engine, { idle: 0, peak: 0, total: 0 });
    try {
      rig.ask(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
      rig.do("wait 7300");
      const [request] = rig.ask("#METRICS");
      const asked = JSON.parse(request);
      expect(asked.d.at(-1)).toBe(-40000);
      expect(asked.acc).toEqual([
        { sn: "METER1", d: [5], a: "sa0011" },
        { sn: "METER2", d: [] },
      ]);
      // The wider value makes all of a row 32 bits wide; a reading that fails is no reading.
      expect(asked.hd.length).toBeGreaterThanOrEqual(2);
      for (const row of asked.hd) expect(row.slice(1, 3)).toEqual([7, -40000]);
      rig.do(
        'server settings {"fan_speed":2,"tariff":"night","base_url":"https://elsewhere.example"}',
        'server extra {"hello":[1]}',
      );
      const { status, body } = rig.carry(request);
      expect({ status, body }).toMatchObject({ status: 201 });
      const said = [...rig.ask(`#ANSWER;${body}`), ...rig.ask("wait 1")];
      expect(said.slice(0, 3)).toEqual([
        "#METER;fan_speed;2",
        "#METER;tariff;night",
        expect.stringMatching(/^#METER;\{"hello": ?\[1\]\}$/),
      ]);
      expect(said[3]).toBe("#ANSWER;OK");
      // Out of its bounds, nothing changes at all.
      rig.do("wait 3700", 'server settings {"fan_speed":4,"tariff":"day"}');
      const again = rig.ask("#METRICS")[0];
      expect(rig.ask(`#ANSWER;${rig.carry(again).body}`)).toEqual(["#ANSWER;OK"]);
    } finally {
      rig.end();
    }
  });
