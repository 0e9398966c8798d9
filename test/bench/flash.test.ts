import { flash } from "../../bench/parts/flash";
import { World } from "../../bench/world";

const BASE = 0x310000;
const PAGE = 4096;

function bench(tear?: number) {
  const world = new World(1_700_000_000);
  const part = flash(world, { driver: "flash", position: BASE, pages: 2, page: PAGE });
  part.tear = tear;
  return { world, part };
}

test("comes erased; a write clears bits only, and an erase sets the whole page around its address and no other", () => {
  const { part } = bench();
  expect(part.fetch(BASE, 2)).toEqual([0xff, 0xff]);
  part.program(BASE + 10, Uint8Array.of(0xf0, 0x0f));
  part.program(BASE + 10, Uint8Array.of(0x3c, 0xff));
  part.program(BASE + PAGE, Uint8Array.of(1));
  expect(part.fetch(BASE + 10, 3)).toEqual([0x30, 0x0f, 0xff]);
  part.erase(BASE + 123);
  expect(part.fetch(BASE + 10, 2)).toEqual([0xff, 0xff]);
  expect(part.fetch(BASE + PAGE, 1)).toEqual([1]);
  expect(part).toMatchObject({ writes: 5, maxErases: 1 });
});

test("outside of its pages, and locked, nothing changes", () => {
  const { part } = bench();
  part.program(BASE - 1, Uint8Array.of(0, 0));
  part.program(BASE + 2 * PAGE - 1, Uint8Array.of(0, 0));
  part.erase(BASE - 1);
  part.erase(BASE + 2 * PAGE);
  expect([...part.image].filter((byte) => byte !== 255)).toHaveLength(2);
  part.present = false;
  part.program(BASE + 5, Uint8Array.of(0));
  part.erase(BASE);
  expect(part.fetch(BASE, 6)).toEqual([0, 255, 255, 255, 255, 255]);
});

test("a write that is cut short keeps the bytes before the cut; the one under way stays, or has some of its bits cleared", () => {
  const seen = new Set<number>();
  for (let tear: number | undefined; (tear ?? 0) < 50; tear = (tear ?? 0) + 1) {
    const { world, part } = bench(tear);
    let cuts = 0;
    world.cutAfter(3, () => cuts++);
    part.program(BASE, Uint8Array.of(1, 2, 0x0f, 4));
    expect(cuts).toBe(1);
    const [first, second, third, fourth] = part.fetch(BASE, 4);
    expect([first, second, third & 0x0f, fourth]).toEqual([1, 2, 0x0f, 0xff]);
    if (tear === undefined) expect(third).toBe(0xff);
    seen.add(third);
  }
  expect(seen.size).toBeGreaterThan(8);
});

test("an erase that is cut short leaves the end of the page as it was", () => {
  for (const tear of [undefined, 1, 2, 3]) {
    const { world, part } = bench(tear);
    part.image = new Uint8Array(2 * PAGE);
    world.cutAfter(1, () => {});
    part.erase(BASE + PAGE);
    const page = [...part.image.subarray(PAGE)];
    const erased = page.indexOf(0);
    expect(erased).toBeGreaterThan(0);
    expect(page.slice(0, erased).every((byte) => byte === 255)).toBe(true);
    expect(page.slice(erased).every((byte) => byte === 0)).toBe(true);
    expect(part.image[0]).toBe(0);
    // Without power nothing goes on.
    part.erase(BASE);
    part.program(BASE + PAGE, Uint8Array.of(0));
    expect([part.image[0], part.image[PAGE]]).toEqual([0, 255]);
  }
});

test("takes the time that flash takes", () => {
  const { world, part } = bench();
  const before = world.now;
  part.erase(BASE);
  expect(world.now - before).toBe(85);
  part.program(BASE, new Uint8Array(64));
  expect(world.now - before).toBeCloseTo(86.28, 3);
});
