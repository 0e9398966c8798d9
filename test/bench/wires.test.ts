import fc from "fast-check";
import { type Level, Wires } from "../../bench/wires";

test("a wire nobody drives floats and reads 0", () => {
  const wires = new Wires();
  expect(wires.floating("D1")).toBe(true);
  expect(wires.level("D1")).toBe(0);
  wires.drive("D1", "pull", 1, "weak");
  expect(wires.floating("D1")).toBe(false);
  expect(wires.level("D1")).toBe(1);
  wires.drive("D1", "pull", undefined);
  expect(wires.floating("D1")).toBe(true);
});

test("open drain: anyone can pull a pulled-up wire low, and only the last to let go frees it", () => {
  const wires = new Wires();
  wires.drive("SDA", "pull", 1, "weak");
  wires.drive("SDA", "controller", 0);
  wires.drive("SDA", "chip", 0);
  wires.drive("SDA", "controller", undefined);
  expect(wires.level("SDA")).toBe(0);
  wires.drive("SDA", "chip", undefined);
  expect(wires.level("SDA")).toBe(1);
});

test("a strong driver beats a pull, strong low beats strong high, a pull-down beats a pull-up", () => {
  const rank: [Level, "strong" | "weak"][] = [
    [1, "weak"],
    [0, "weak"],
    [1, "strong"],
    [0, "strong"],
  ];
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(3), { minLength: 1 }), fc.boolean(), (drives, apart) => {
      const wires = new Wires();
      if (apart) wires.join("A", "B", true);
      for (const i of drives) wires.drive(apart && i % 2 ? "B" : "A", `owner ${i}`, ...rank[i]);
      expect(wires.level("A")).toBe(rank[Math.max(...drives)][0]);
    }),
  );
});

test("one owner's newest drive replaces the last, in strength too", () => {
  const wires = new Wires();
  wires.drive("D1", "pin", 1);
  wires.drive("D1", "outside", 0, "weak");
  expect(wires.level("D1")).toBe(1);
  wires.drive("D1", "pin", 1, "weak");
  expect(wires.level("D1")).toBe(0);
});

test("watchers hear changes only, their own and those that come through a switch, and may leave", () => {
  const wires = new Wires();
  const seen: string[] = [];
  wires.drive("column", "pull", 1, "weak");
  const leave = wires.onchange("column", (level) => seen.push(`column ${level}`));
  wires.drive("row", "pin", 0);
  wires.drive("column", "pull again", 1, "weak");
  expect(seen).toEqual([]);
  wires.join("row", "column", true);
  wires.join("row", "column", true);
  wires.drive("row", "pin", undefined);
  wires.drive("row", "pin", 0);
  wires.join("column", "row", false);
  expect(seen).toEqual(["column 0", "column 1", "column 0", "column 1"]);
  leave();
  wires.drive("column", "pin", 0);
  expect(seen).toHaveLength(4);
});

test("a watcher that drives the wire back: no one is told of a level that is gone", () => {
  const wires = new Wires();
  const told: string[] = [];
  wires.onchange("D1", (level) => {
    told.push(`first ${level}`);
    if (level) wires.drive("D1", "clamp", 0);
  });
  wires.onchange("D1", (level) => told.push(`second ${level} of ${wires.level("D1")}`));
  wires.drive("D1", "pin", 1);
  expect(told).toEqual(["first 1", "first 0"]);
});

test("ghosting: three keys of a rectangle close the fourth", () => {
  const wires = new Wires();
  for (const column of ["c1", "c2"]) wires.drive(column, "pull", 1, "weak");
  wires.drive("r2", "pin", 0);
  wires.join("r1", "c1", true);
  wires.join("r1", "c2", true);
  expect([wires.level("c1"), wires.level("c2")]).toEqual([1, 1]);
  wires.join("r2", "c1", true);
  expect([wires.level("c1"), wires.level("c2")]).toEqual([0, 0]); // r2-c2 is not pressed
  wires.join("r1", "c1", false);
  expect([wires.level("c1"), wires.level("c2")]).toEqual([0, 1]);
});
