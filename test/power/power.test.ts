/** The power-cut test in small: `npm run test:power` has ten thousand cuts. */
import { existsSync } from "node:fs";
import { espruinoEngine } from "../../bench/engines/espruino";
import { nodeEngine } from "../../bench/engines/node";
import { bundle } from "../../build/bundle";
import { tellStories } from "./story";

test("500 power cuts: no count accepted twice, no credit lost, no light unpaid, and it always starts", async () => {
  const { cuts, answers, atKeypad } = await tellStories(1, 500, await bundle("esp32"), nodeEngine);
  expect(atKeypad).toBeGreaterThan(10);
  expect(Math.min(cuts.eeprom, cuts.program)).toBeGreaterThan(100);
  expect(answers.VALID).toBeGreaterThan(50);
});

const onInterpreter = existsSync(process.env.ESPRUINO ?? "") ? test : test.skip;

onInterpreter(
  "500 power cuts on the interpreter",
  async () => {
    const { atKeypad } = await tellStories(1, 500, await bundle("esp32"), espruinoEngine, true);
    expect(atKeypad).toBeGreaterThan(3);
  },
  600_000,
);
