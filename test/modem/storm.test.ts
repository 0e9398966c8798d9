/** Weeks of bad luck, out of seeds: the device comes back by itself, every row is at the server once, every token was used once. */
import { existsSync } from "node:fs";
import type { Bundle } from "../../build/bundle";
import { device, WAYS } from "./device";
import { shortest, storm } from "./storm";

/** Storms of each family and way, and the first seed; for a long run: STORMS=25 SEED=100. */
const STORMS = Number(process.env.STORMS ?? 1);
const SEED = Number(process.env.SEED ?? 1);

const ESPRUINO = existsSync(process.env.ESPRUINO ?? "");

/** Bad times of a storm, of two days or so; times that a storm that fails is played again to find a shorter one. */
const SPELLS = Number(process.env.SPELLS ?? 2);
const TRIES = Number(process.env.TRIES ?? 40);

describe.each(WAYS)("%s, %s", (family, way) => {
  let built: Bundle;
  beforeAll(async () => {
    built = await device(family, way, {}, { interval: 3600, report: 3600 });
  });

  test.each(Array.from({ length: STORMS }, (_, i) => SEED + i))("storm %i", (seed) => {
    expect(shortest(built, storm(seed, SPELLS), TRIES)).toBe("");
  });

  (ESPRUINO && way === "lean" ? test : test.skip)(
    `a storm on the interpreter${ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)"}`,
    () => {
      expect(shortest(built, storm(SEED, 1), 0, "espruino")).toBe("");
    },
    600_000,
  );
});
