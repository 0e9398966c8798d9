import { pcf8574 } from "../../bench/parts/pcf8574";
import { World } from "../../bench/world";

function bench() {
  const world = new World(1_700_000_000);
  const part = pcf8574(world, { address: 0x20, interrupt: "int", bounce: false });
  part.power!(true);
  const write = (...bytes: number[]) => part.write!(Uint8Array.from(bytes));
  const read = () => part.read!(1)?.[0];
  const int = () => world.wires.level("int");
  return { world, part, write, read, int };
}

test("starts with all lines high, and keeps what is written", () => {
  const { write, read } = bench();
  expect(read()).toBe(0xff);
  expect(write(0xf0)).toBe(true);
  expect(read()).toBe(0xf0);
  expect(write(0xf0, 0xfe)).toBe(true);
  expect(read()).toBe(0xfe);
});

test.each([..."123456789*0#"].map((key, i) => [key, Math.floor(i / 3), i % 3] as const))(
  "key %s joins row %d and column %d",
  (key, row, column) => {
    const { part, write, read } = bench();
    part.down(key);
    for (let other = 0; other < 4; other++) {
      write(0xff & ~(8 >> other));
      expect((read()! >> 4) & 7).toBe(other === row ? 7 & ~(4 >> column) : 7);
    }
    part.up(key);
    write(0xf0);
    expect(read()).toBe(0xf0);
  },
);

test("INT falls when an input changes, and rises with a read, or when the input is as it was", () => {
  const { part, write, read, int } = bench();
  write(0xf0);
  read();
  expect(int()).toBe(1);
  part.down("5");
  expect(int()).toBe(0);
  read();
  expect(int()).toBe(1);
  part.up("5");
  expect(int()).toBe(0);
  part.down("5");
  expect(int()).toBe(1);
});

test("INT falls for what a write itself changes", () => {
  const { write, read, int } = bench();
  write(0xf0);
  read();
  write(0xfe);
  expect(int()).toBe(0);
  read();
  expect(int()).toBe(1);
});

test("off the bus, or without its rail, it does not answer, and pulls nothing", () => {
  const { world, part, write, read, int } = bench();
  part.present = false;
  expect([write(0), read()]).toEqual([false, undefined]);
  part.present = true;
  part.power!(false);
  expect([write(0), read()]).toEqual([false, undefined]);
  expect(world.wires.floating("int")).toBe(true);
  expect(int()).toBe(0);
  part.power!(true);
  expect(read()).toBe(0xff);
});
