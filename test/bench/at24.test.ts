import { at24 } from "../../bench/parts/at24";
import { World } from "../../bench/world";

const OPTIONS = { driver: "at24", address: 80, bytes: 32768, page: 64 };

function bench(options = OPTIONS) {
  const world = new World(1_700_000_000);
  const part = at24(world, options);
  part.power?.(true);
  const write = (address: number, ...data: number[]) => {
    const ok = part.write?.(Uint8Array.of(address >> 8, address & 255, ...data));
    return ok;
  };
  const wait = (ms: number) => world.run(world.now + ms);
  const read = (address: number, length: number) => {
    expect(part.write?.(Uint8Array.of(address >> 8, address & 255))).toBe(true);
    return [...(part.read?.(length) ?? [])];
  };
  return { world, part, write, wait, read };
}

const range = (length: number, from = 0) => Array.from({ length }, (_, i) => (from + i) & 255);

test("comes erased and answers only with power", () => {
  const { part, read } = bench();
  expect(read(0, 4)).toEqual([255, 255, 255, 255]);
  part.power?.(false);
  expect(part.write?.(new Uint8Array(0))).toBe(false);
  expect(part.read?.(1)).toBeUndefined();
});

test("does not acknowledge anything for the 5 ms of a write cycle, then does", () => {
  const { part, write, wait, read } = bench();
  expect(write(0x1234, 7)).toBe(true);
  wait(4.9);
  expect(part.write?.(new Uint8Array(0))).toBe(false);
  expect(part.read?.(1)).toBeUndefined();
  expect(write(0x1234, 8)).toBe(false);
  wait(0.1);
  expect(part.write?.(new Uint8Array(0))).toBe(true);
  expect(read(0x1234, 1)).toEqual([7]);
});

test("setting the address or polling starts no write cycle", () => {
  const { part, write } = bench();
  expect(write(0x10)).toBe(true);
  expect(part.write?.(Uint8Array.of(0))).toBe(true);
  expect(part.write?.(new Uint8Array(0))).toBe(true);
  expect(part.read?.(1)).toEqual(Uint8Array.of(255));
  expect(part.writes).toBe(0);
});

test("a write beyond the end of a page comes round to its start, and leaves the next page alone", () => {
  const { write, wait, read } = bench();
  write(64 + 60, ...range(8, 1));
  wait(5);
  expect(read(64, 4)).toEqual([5, 6, 7, 8]);
  expect(read(64 + 60, 6)).toEqual([1, 2, 3, 4, 255, 255]);
});

test("of more than a page the last bytes win, and a cell is stored once", () => {
  const { part, write, wait, read } = bench();
  write(0, ...range(70));
  wait(5);
  expect(read(0, 64)).toEqual([...range(6, 64), ...range(58, 6)]);
  expect([part.writes, part.maxPerCell]).toEqual([64, 1]);
});

test("reads on to the end of the memory and from its start; a current address read goes on after the last access", () => {
  const { part, write, wait, read } = bench();
  write(32766, 1, 2);
  wait(5);
  write(0, 3);
  wait(5);
  expect(read(32766, 4)).toEqual([1, 2, 3, 255]);
  write(10, 11, 12);
  wait(5);
  expect(read(10, 1)).toEqual([11]);
  expect([...(part.read?.(1) ?? [])]).toEqual([12]);
  write(63, 9); // after a write the counter stays in the page
  wait(5);
  expect([...(part.read?.(1) ?? [])]).toEqual([3]);
});

test("address bits beyond the memory are ignored: an AT24C32 sees 1000h as 0", () => {
  const { write, wait, read } = bench({ driver: "at24", address: 87, bytes: 4096, page: 32 });
  write(0x1000 + 31, 5, 6);
  wait(5);
  expect(read(31, 1)).toEqual([5]);
  expect(read(0, 1)).toEqual([6]);
});

test("a cut inside a page keeps what was before it and the old rest, and nothing is stored until power is back", () => {
  const { world, part, write, wait, read } = bench();
  write(0, ...range(8, 10));
  wait(5);
  world.cutAfter(4, () => part.power?.(false));
  write(0, ...range(8, 20));
  expect(write(0, 99)).toBe(false);
  expect([...part.image.subarray(0, 8)]).toEqual([20, 21, 22, 13, 14, 15, 16, 17]);
  world.powered = true;
  part.power?.(true);
  expect(read(0, 4)).toEqual([20, 21, 22, 13]);
  expect(part.writes).toBe(11);
});

test("a torn byte is random, the same for the same seed, and it is the only one", () => {
  const torn = (seed: number) => {
    const { world, part, write } = bench();
    part.tear = seed;
    world.cutAfter(2, () => part.power?.(false));
    write(0, 1, 2, 3);
    expect(part.image[0]).toBe(1);
    expect([...part.image.subarray(2, 100)].every((byte) => byte === 255)).toBe(true);
    return part.image[1];
  };
  const values = range(64).map(torn);
  expect(range(64).map(torn)).toEqual(values);
  expect(new Set(values).size).toBeGreaterThan(30);
});

test("a chip that refreshes the page around what it is sent may lose all of it in a cut, and nothing beyond", () => {
  const { world, part, write, wait } = bench();
  part.image = new Uint8Array(32768).fill(7);
  part.tear = 5;
  part.refreshes = true;
  write(130, 1, 2, 3);
  wait(5);
  world.cutAfter(1, () => part.power?.(false));
  write(140, 1, 2, 3);
  const { image } = part;
  expect(new Set(image.subarray(128, 192)).size).toBeGreaterThan(30);
  expect([...image.subarray(0, 128), ...image.subarray(192)].every((byte) => byte === 7)).toBe(true);
});

test("write protected: acknowledges, stores nothing, and is ready at once", () => {
  const { part, write, read } = bench();
  part.protected = true;
  expect(write(0, 1)).toBe(true);
  expect(read(0, 1)).toEqual([255]);
  expect(part.writes).toBe(0);
});

test("absent: nothing is acknowledged", () => {
  const { part, write } = bench();
  part.present = false;
  expect(write(0, 1)).toBe(false);
  expect(part.read?.(1)).toBeUndefined();
});

test("the data outlives power, the counts tell the worst cell, and an image can be put in", () => {
  const { part, write, wait, read } = bench();
  for (let i = 0; i < 3; i++) {
    write(100, i, i);
    wait(5);
  }
  write(101, 9);
  wait(5);
  part.power?.(false);
  part.power?.(true);
  expect(read(100, 2)).toEqual([2, 9]);
  expect([part.writes, part.maxPerCell]).toEqual([7, 4]);
  part.image = new Uint8Array(32768).fill(3);
  expect(read(32767, 1)).toEqual([3]);
  expect(() => {
    part.image = new Uint8Array(5);
  }).toThrow("5 bytes");
});
