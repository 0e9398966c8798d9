/** The ledger: what is in it happened, what happened is in it, and nothing is ever given twice. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Unit } from "../../bench/server/units";
import { readUnits } from "../../bench/server/units";
import { Source } from "../../build/factory";
import { keyHash, Ledger } from "../../build/ledger";
import { generated, keepKeys, makeUnits } from "../../build/provision";

let folder: string;
let file: string;
const open: Ledger[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-"));
  file = join(folder, "ledger.jsonl");
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(folder, { recursive: true });
});

const ledger = () => {
  const one = new Ledger(file);
  open.push(one);
  return one;
};
const units = (n: number): Unit[] => makeUnits({ prefix: "A" }, 1, n);
const pass = (one: Ledger, serial: string) =>
  one.add({ what: "passed", serial, chip: "c", port: "p", board: "esp32", version: "1", tests: "" });

test("what was written is known in the next run, and no key is in it", () => {
  const [a, b, c] = units(3);
  const first = ledger();
  const source = new Source([a, b, c], first);
  expect(source.take("chip-a", "p")).toBe(a);
  pass(first, a.serial);
  source.drop("p");
  expect(source.take("chip-b", "p")).toBe(b);
  first.close();
  const text = readFileSync(file, "utf8");
  for (const { key } of [a, b, c]) expect(text).not.toContain(key);
  expect(text).toContain(keyHash(a.key!));

  const second = ledger();
  expect({ passed: second.passed, open: second.open }).toEqual({ passed: 1, open: [b.serial] });
  const again = new Source([a, b, c], second);
  // The controller that it was given to gets it; no other one does.
  expect(again.take("chip-x", "p")).toBe(c);
  expect(again.take("chip-b", "q")).toBe(b);
  expect(again.take("chip-y", "r")).toBeUndefined();
});

test("half a line, of a run that was cut, is passed over, and what follows is whole", () => {
  const [a, b] = units(2);
  const first = ledger();
  new Source([a, b], first).take("chip-a", "p");
  first.close();
  appendFileSync(file, '{"n":2,"at":"2026');
  const second = ledger();
  new Source([a, b], second).take("chip-b", "p");
  second.close();
  expect(ledger().open).toEqual([a.serial, b.serial]);
});

test("a ledger out of which something was taken is refused", () => {
  const first = ledger();
  const source = new Source(units(3), first);
  for (const chip of ["a", "b", "c"]) source.take(chip, chip);
  first.close();
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, [lines[0], ...lines.slice(2)].join("\n"));
  expect(() => ledger()).toThrow(/^Line 2 of .* lines were taken out, or changed\. Put the file back/);
  // And it is free again for who put it right.
  writeFileSync(file, lines.join("\n"));
  expect(ledger().open).toHaveLength(3);
});

test("two runs at once are refused; one that was killed is no run", () => {
  ledger();
  expect(() => ledger()).toThrow(/^Another run \(process \d+\) uses the ledger/);
  open.splice(0)[0].close();
  // No process has this number.
  writeFileSync(`${file}.lock`, "4194305");
  ledger();
  expect(existsSync(`${file}.lock`)).toBe(true);
});

describe("identities that stand in the way of others are refused", () => {
  test.each<[string, (a: Unit, b: Unit) => Unit, RegExp]>([
    ["a serial twice", (a, b) => ({ ...b, serial: a.serial }), /A000000001 is there twice/],
    ["a key twice", (a, b) => ({ ...b, key: a.key }), /A000000001 and A000000002 have the same key/],
  ])("%s in a file", (_what, spoil, says) => {
    const [a, b] = units(2);
    expect(() => new Source([a, spoil(a, b)], ledger())).toThrow(says);
  });

  test.each<[string, (a: Unit, b: Unit) => Unit, RegExp]>([
    [
      "a serial that was given with another key",
      (a, b) => ({ ...b, serial: a.serial }),
      /was given before, with another key/,
    ],
    [
      "a key that was given to another serial",
      (a, b) => ({ ...b, key: a.key }),
      /The key of A000000002 was given to A000000001/,
    ],
  ])("%s", (_what, spoil, says) => {
    const [a, b] = units(2);
    const one = ledger();
    new Source([a], one).take("chip-a", "p");
    expect(() => new Source([spoil(a, b)], one)).toThrow(says);
  });
});

test("one that is released may be given again", () => {
  const all = units(1);
  const one = ledger();
  const source = new Source(all, one);
  source.take("chip-a", "p");
  expect(source.take("chip-b", "q")).toBeUndefined();
  one.add({ what: "released", serial: all[0].serial });
  expect(source.take("chip-b", "q")).toBe(all[0]);
});

test("generated units: keys are on the disk before they are given, closed to others, and more are made for those that are lost", () => {
  const keys = join(folder, "keys.csv");
  const one = ledger();
  const source = generated(keys, { prefix: "SLT", timeDivider: 4, testCode: 42 }, 3, one);
  expect(statSync(keys).mode & 0o777).toBe(0o600);
  expect(readFileSync(keys, "utf8").split("\n")[1]).toMatch(/^SLT000000001,\d{1,9},[\da-f]{32},1,4,0,42$/);
  for (let i = 1; i <= 3; i++) {
    const unit = source.take(`chip-${i}`, "p")!;
    if (i !== 2) pass(one, unit.serial);
    source.drop("p");
  }
  expect(source.finished).toBe(false);
  const fourth = source.take("chip-4", "p")!;
  expect(fourth.serial).toBe("SLT000000004");
  expect(readUnits(keys).units.map(({ serial }) => serial)).toContain("SLT000000004");
  pass(one, fourth.serial);
  expect(source.finished).toBe(true);
  one.close();
  // The same words again go on where it was; another file of keys is another batch, with numbers of its own.
  expect(generated(keys, { prefix: "SLT" }, 3, ledger()).finished).toBe(true);
  open.splice(0)[1].close();
  const next = generated(join(folder, "more.csv"), { prefix: "SLT" }, 2, ledger());
  expect(next.take("chip-5", "p")!.serial).toBe("SLT000000005");
});

test("a file of keys that others could read is closed when keys are added", () => {
  const keys = join(folder, "keys.csv");
  writeFileSync(keys, "Serial Number,Key\n", { mode: 0o644 });
  keepKeys(keys, []);
  expect(statSync(keys).mode & 0o777).toBe(0o600);
});

test("the last identity at another port is waited for, and none too many is made", () => {
  const one = ledger();
  const source = generated(join(folder, "keys.csv"), { prefix: "A" }, 1, one);
  const unit = source.take("chip-a", "p")!;
  expect(source.take("chip-b", "q")).toBeUndefined();
  expect(source.busy).toBe(true);
  source.drop("p");
  expect(source.take("chip-b", "q")!.serial).toBe("A000000002");
  expect(unit.serial).toBe("A000000001");
});
