/** The memories outlive the product by far: what the built bundle writes as it is used, by `npm run wear`, and what docs/store.md says of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { USAGE, type Wear, wear } from "../../bench/wear";
import { bundle, readBoard } from "../../build/bundle";

/** Cells of the Markdown tables in docs/store.md, row by row. */
const documented = readFileSync(join(__dirname, "../../docs/store.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );

/** The page promises no less wear than there is, and not much more. */
const expectDocumented = (name: string, wear: Wear) => {
  const [, of, ...figures] = documented.find(([part]) => part === name) ?? [];
  const [year, ten, endurance] = figures.map((text) => Number(text.replace(/ /g, "")));
  expect(of).toBe(wear.of);
  expect(endurance).toBe(wear.endurance);
  for (const [said, measured] of [
    [year, wear.perYear],
    [ten, wear.perYear * 10],
  ]) {
    expect(said).toBeGreaterThanOrEqual(measured);
    expect(said).toBeLessThan(measured * 1.3);
  }
};

const expectLongLife = (wears: Wear[]) => {
  expect(wears.length).toBeGreaterThan(0);
  for (const one of wears) expect(one).toMatchObject({ holds: true });
};

// One board for each kind of memory; the build's rule "wear" reckons it for all of them.
test.each(["esp32", "microbit2", "pixljs"])(
  "%s: ten years are below a tenth of what its memories endure",
  async (name) => {
    const wears = wear(await bundle(name));
    expectLongLife(wears);
    // Something was written at all: the time once a minute, each token, the table after it.
    for (const { perYear } of wears) expect(perYear).toBeGreaterThan(1);
    if (name === "esp32") for (const one of wears) expectDocumented(`${one.part} (${one.driver})`, one);
  },
);

test("a board with flash alone, which then stores the time once an hour, lasts as long", async () => {
  const esp32 = readBoard("esp32");
  const { flash, memory: _, ...others } = esp32.parts;
  const settings = { ...esp32.settings, interval: 3600, table: { ...esp32.settings.table!, flash: 0 as const } };
  // Its memory ends before the place of the metrics.
  const board = { ...esp32, settings, metrics: undefined, parts: { ...others, memory: flash! } };
  const wears = wear(await bundle(board));
  expectLongLife(wears);
  for (const [i, what] of ["flash alone, every hour", "flash alone, table of codes"].entries())
    expectDocumented(what, wears[i]);
});

test("the tool counts what is entered, and a memory that a board wears out does not hold", async () => {
  const built = await bundle("esp32");
  const days = 2;
  const of = (wears: Wear[], part: string) => wears.find((one) => one.part === part)!;
  const some = wear(built, { ...USAGE, days, tokens: 70, wrong: 0, cuts: 0 });
  const more = wear(built, { ...USAGE, days, tokens: 140, wrong: 0, cuts: 0 });
  // Ten tokens a day leave twenty records, and 128 of them are an erase of each of the two pages.
  expect(of(some, "flash").perYear).toBeCloseTo((365.25 * 20) / 128, -1);
  expect(of(more, "flash").perYear / of(some, "flash").perYear).toBeCloseTo(2, 0);
  const wasteful = { ...built.board, settings: { ...built.board.settings, interval: 20 } };
  const worn = wear(await bundle(wasteful), { ...USAGE, days: 1 });
  expect(of(worn, "memory")).toMatchObject({ holds: false });
});
