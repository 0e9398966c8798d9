import { matrix } from "../../bench/parts/matrix";
import { World } from "../../bench/world";

const ROWS = ["D25", "D26", "D27", "D14"];
const COLUMNS = ["D18", "D19", "D23"];

function bench() {
  const world = new World(1_700_000_000);
  const part = matrix(world, { driver: "matrix", rows: ROWS, columns: COLUMNS });
  for (const column of COLUMNS) world.wires.drive(column, "controller", 1, "weak");
  /** Which keys a scan sees: one row low at a time. */
  const scan = () =>
    ROWS.map((row, r) => {
      world.wires.drive(row, "controller", 0);
      const seen = COLUMNS.map((column, c) => (world.wires.level(column) ? "" : "123456789*0#"[r * 3 + c]));
      world.wires.drive(row, "controller", undefined);
      return seen.join("");
    }).join("");
  const wait = (ms: number) => world.run(world.now + ms);
  return { world, part, scan, wait };
}

test("each key joins its row and its column, and no others", () => {
  const { part, scan, wait } = bench();
  expect(scan()).toBe("");
  for (const key of "123456789*0#") {
    part.down(key);
    wait(5);
    expect(scan()).toBe(key);
    part.up(key);
    wait(5);
    expect(scan()).toBe("");
  }
});

test("contacts bounce on both edges, for less than 5 ms, and always alike", () => {
  const edges = () => {
    const { world, part, wait } = bench();
    world.wires.drive("D25", "controller", 0);
    const seen: [number, number][] = [];
    world.wires.onchange("D18", (level) => seen.push([Math.round((world.now - 1.7e12) * 10) / 10, level]));
    part.down("1");
    wait(100);
    const pressed = seen.splice(0);
    part.up("1");
    wait(100);
    return [pressed, seen];
  };
  const [pressed, released] = edges();
  expect(edges()).toEqual([pressed, released]);
  for (const [seen, start, end] of [
    [pressed, 0, 0],
    [released, 100, 1],
  ] as const) {
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen[0]).toEqual([start, end]);
    expect(seen[seen.length - 1][1]).toBe(end);
    expect(seen[seen.length - 1][0]).toBeLessThan(start + 5);
    for (let i = 1; i < seen.length; i++) expect(seen[i][1]).not.toBe(seen[i - 1][1]);
  }
});

test("bounce can be turned off", () => {
  const { world, part, scan } = bench();
  part.bounce = false;
  part.down("5");
  expect(world.next()).toBeUndefined();
  expect(scan()).toBe("5");
  part.up("5");
  expect(scan()).toBe("");
});

test("a tap shorter than the bounce ends open", () => {
  const { part, scan, wait } = bench();
  part.down("5");
  wait(1);
  part.up("5");
  wait(20);
  expect(scan()).toBe("");
  part.down("5");
  part.bounce = false;
  part.up("5");
  wait(20);
  expect(scan()).toBe(""); // nothing of the first edge's bounce comes after the second edge
});

test("two keys are two, three of a rectangle are four", () => {
  const { part, scan } = bench();
  part.bounce = false;
  part.down("1");
  part.down("2");
  expect(scan()).toBe("12");
  part.down("4");
  expect(scan()).toBe("1245");
  part.up("1");
  expect(scan()).toBe("24");
});

test("a stuck key stays down whatever the finger does, until it is repaired", () => {
  const { part, scan, wait } = bench();
  part.down("7");
  part.stick("7");
  part.up("7");
  wait(10);
  expect(scan()).toBe("7");
  part.down("8");
  wait(10);
  expect(scan()).toBe("78");
  part.stick("7", false);
  expect(scan()).toBe("8");
});

test("pressing twice is pressing once; a key that is not there is an error", () => {
  const { world, part, scan, wait } = bench();
  part.down("3");
  wait(10);
  part.down("3");
  expect(world.next()).toBeUndefined();
  part.up("3");
  wait(10);
  expect(scan()).toBe("");
  expect(() => part.down("A")).toThrow('no key "A"');
  expect(() => part.up("")).toThrow("no key");
});

test("other key caps: four rows of four", () => {
  const world = new World(0);
  const part = matrix(world, { rows: ["a", "b"], columns: ["w", "x", "y", "z"], keys: "123A456B", bounce: false });
  world.wires.drive("z", "pull", 1, "weak");
  world.wires.drive("b", "pin", 0);
  part.down("A");
  expect(world.wires.level("z")).toBe(1);
  part.down("B");
  expect(world.wires.level("z")).toBe(0);
});
