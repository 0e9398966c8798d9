import { appendRow, openHistory, recallHistory } from "../../firmware/metrics/append";
import { type History, readRow } from "../../firmware/metrics/history.shared";
import { keepMarks } from "../../firmware/store/records";
import { random } from "../power/story";
import { type Chip, eeprom, flash, type Tear } from "./memories";

/** Small rings, so that every byte of every row of several rounds can be tried. */
interface Kind {
  make: () => Chip;
  layout: number[];
  tears: Tear[];
}
const EEPROM: Tear[] = ["clean", "torn", "refresh"];
const FLASH: Tear[] = ["clean", "torn"];
const MEANING = 0x1234;
/** The time at each start. */
const TIME = 1795305600;
const KINDS: { [name: string]: Kind } = {
  "an AT24C256, four rows a page": {
    make: () => eeprom(32768, 64),
    layout: [128, 8, 64, 4, 5, 2, MEANING],
    tears: EEPROM,
  },
  "an AT24C256, three rows a page": {
    make: () => eeprom(32768, 64),
    layout: [128, 8, 64, 3, 3, 4, MEANING],
    tears: EEPROM,
  },
  "an AT24C32, one row a page": { make: () => eeprom(4096, 32), layout: [32, 8, 32, 1, 5, 2, MEANING], tears: EEPROM },
  "an AT24C512, eight rows a page": {
    make: () => eeprom(65536, 128),
    layout: [128, 6, 128, 8, 5, 2, MEANING],
    tears: EEPROM,
  },
  // 21 rows of 24 bytes in a page of 512.
  flash: { make: () => flash(5, 512), layout: [16, 3 * 21, 24, 1, 5, 2, MEANING], tears: FLASH },
};

const values = ([, , , , count]: number[], n: number) =>
  Array.from({ length: count }, (_, i) => (i === 1 ? undefined : (i % 2 ? -1 : 1) * ((n * (i + 1)) % 30000)));
const rowOf = (layout: number[], n: number) => [1795305600 + n * 3600, ...values(layout, n)];
/** Marks as they are stored: in the record that a device writes each minute. */
const marks = (h: History) => {
  const view = new DataView(new ArrayBuffer(64));
  keepMarks(h, view);
  return view;
};
const fresh = ({ hal }: Chip, layout: number[]) => openHistory(hal, layout, 1, 1, 1);
/** Rows of the ring that are not about to be overwritten. */
const capacity = ([, blocks, , rows]: number[], erase: boolean) =>
  erase ? blocks - 21 : (blocks - (rows > 1 ? 2 : 1)) * rows;

/** Numbers of rows, `from` one on, that were written and are not what they should be. */
function missing(h: History, layout: number[], written: (n: number) => number | undefined, from = h.first): number[] {
  const wrong: number[] = [];
  for (let n = from; n < h.next; n++) {
    const what = written(n);
    const row = readRow(h, n);
    const expected = what !== undefined && rowOf(layout, what);
    if (expected ? !row || row.some((value, i) => value !== expected[i]) : row) wrong.push(n);
  }
  return wrong;
}

describe.each(Object.keys(KINDS))("history in %s", (name) => {
  const { make, layout, tears } = KINDS[name];
  const erases = name === "flash";
  const room = capacity(layout, erases);
  const rounds = 2 * layout[1] * layout[3] + 9;

  test("keeps rows in order, the newest of them when it is full, and counts what nobody asked for in time", () => {
    const chip = make();
    let h = fresh(chip, layout);
    expect(readRow(h, 1)).toBeUndefined();
    for (let n = 1; n <= rounds; n++) {
      appendRow(h, rowOf(layout, n));
      expect(h.next).toBe(n + 1);
      expect(missing(h, layout, (one) => one)).toEqual([]);
      expect(h.first).toBe(h.lost + 1);
      expect(h.next - h.first).toBeGreaterThanOrEqual(Math.min(n, room));
      const again = recallHistory(chip.hal, layout, marks(h), TIME);
      expect(again).toEqual({ ...h, lost: 0 });
      // A restart after each row, or none for long.
      if (n > rounds / 2) h = { ...again, lost: h.lost };
    }
    expect(h.lost).toBeGreaterThan(0);
    for (const n of [0, -1, h.next, h.next + 1, 1]) expect(readRow(h, n)).toBeUndefined();
  });

  test("cut at every byte of a row, it has the rows before it, and that row or not; and it goes on", () => {
    const chip = make();
    const h = fresh(chip, layout);
    // Where anything is special: changes of group and of page, in the first and in the last round.
    const unit = erases ? 21 : layout[3];
    const special = (n: number) => {
      const index = (n - 1) % unit;
      return (index < 2 || index > unit - 3) && (n <= unit + 2 || n > rounds - 2 * unit);
    };
    for (let n = 1; n <= rounds; n++) {
      const before = chip.image;
      const stored = marks(h);
      const was = { ...h };
      for (const tear of special(n) ? tears : []) {
        for (let cut = 1, done = false; !done; cut++) {
          chip.image = before;
          done = chip.cut(cut, tear, () => appendRow({ ...was }, rowOf(layout, n)));
          const found = recallHistory(chip.hal, layout, stored, TIME);
          // In flash the number of a torn row is not used again.
          const next = readRow(found, n) ? n + 1 : found.next;
          if (done && next !== n + 1) throw new Error(`row ${n} was lost, ${tear}`);
          if (next < n || next > n + 1) throw new Error(`row ${n}, ${tear} at ${cut}: next is ${next}`);
          const whole = readRow(found, n);
          const written = (one: number) => (one < n || (one === n && whole) ? one : undefined);
          // What the row was to replace may be gone by now.
          const wrong = missing(found, layout, written, Math.max(found.first, n - room + 1));
          const from = found.next;
          for (let more = 0; more < 5; more++) appendRow(found, rowOf(layout, 5000 + more));
          const later = (one: number) => (one >= from ? 5000 + one - from : written(one));
          wrong.push(...missing(found, layout, later));
          if (wrong.length) throw new Error(`row ${n}, ${tear} at ${cut}: rows ${wrong} are gone`);
        }
      }
      chip.image = before;
      Object.assign(h, was);
      appendRow(h, rowOf(layout, n));
    }
  });

  test("cut again and again, at each start, it still loses nothing but the rows in progress", () => {
    const rand = random(11);
    for (let story = 0; story < 20; story++) {
      const chip = make();
      let stored = marks(fresh(chip, layout));
      const whole = new Map<number, number>();
      for (let n = 1; n < rounds; n++) {
        const h = recallHistory(chip.hal, layout, stored, TIME);
        const number = h.next;
        const tear = tears[Math.floor(rand() * tears.length)];
        const bytes = rand() < 0.5 ? 1 + Math.floor(rand() * layout[2]) : Number.POSITIVE_INFINITY;
        if (chip.cut(bytes, tear, () => appendRow(h, rowOf(layout, n)))) whole.set(number, n);
        const after = recallHistory(chip.hal, layout, stored, TIME);
        // Cut after its last byte, it may be whole all the same.
        if (!whole.has(number) && readRow(after, number)) whole.set(number, n);
        const kept = Math.max(after.first, number - room + 1);
        expect(missing(after, layout, (one) => whole.get(one), kept)).toEqual([]);
        // The record with the marks is stored about once a row, and may be one behind.
        if (rand() < 0.7) stored = marks(after);
      }
      expect(whole.size).toBeGreaterThan(rounds / 3);
    }
  });

  test("marks that are a row or two old are as good; without marks nothing that is in it is offered", () => {
    const chip = make();
    const h = fresh(chip, layout);
    for (let n = 1; n <= rounds; n++) {
      const old = [marks(h)];
      for (let i = 0; i < 3; i++) {
        appendRow(h, rowOf(layout, h.next));
        old.push(marks(h));
      }
      for (const view of old) {
        const found = recallHistory(chip.hal, layout, view, TIME);
        expect(found.next).toBe(h.next);
        expect(found.first).toBe(h.first);
      }
      n += 2;
    }
    const blank = new DataView(new ArrayBuffer(64));
    const unknown = recallHistory(chip.hal, layout, blank, TIME);
    expect(unknown.next).toBeGreaterThan(h.next);
    expect(unknown).toMatchObject({ first: unknown.next, offered: unknown.next });
  });

  test("finds its end with few reads", () => {
    const chip = make();
    const h = fresh(chip, layout);
    for (let n = 1; n <= rounds; n++) {
      appendRow(h, rowOf(layout, n));
      chip.reads = 0;
      recallHistory(chip.hal, layout, marks(h), TIME);
      expect(chip.reads).toBeLessThanOrEqual(erases ? 3 : 2);
    }
  });

  test("passes over what it did not write, and rows of other columns", () => {
    const rand = random(5);
    const chip = make();
    chip.image = chip.image.map(() => Math.floor(rand() * 256));
    const h = recallHistory(chip.hal, layout, new DataView(new ArrayBuffer(64)), TIME);
    expect(h.first).toBe(h.next);
    const start = h.next;
    for (let i = 0; i < 2 * layout[1]; i++) appendRow(h, rowOf(layout, i));
    expect(missing(h, layout, (one) => one - start)).toEqual([]);
    expect(h.next - h.first).toBeGreaterThanOrEqual(Math.min(room, h.next - start) - layout[3]);
    // A new firmware: its rows begin behind the last marks, and the old ones do not count.
    const other = [...layout.slice(0, 6), MEANING + 1];
    const changed = recallHistory(chip.hal, other, marks(h), TIME);
    expect(changed.next).toBeGreaterThanOrEqual(h.next);
    for (let n = changed.first; n < changed.next; n++) expect(readRow(changed, n)).toBeUndefined();
    const next = changed.next;
    for (let i = 1; i < 10; i++) appendRow(changed, rowOf(layout, i));
    expect(missing(changed, layout, (one) => (one < next ? undefined : one - next + 1))).toEqual([]);
  });

  test("a row that the memory did not keep is missing, and no older one stands in its place", () => {
    const chip = make();
    const h = fresh(chip, layout);
    const kept = (n: number) => n % 5 > 1;
    for (let n = 1; n <= rounds; n++) {
      chip.protected = !kept(n);
      appendRow(h, rowOf(layout, n));
    }
    for (let n = h.first; n < h.next; n++) {
      const row = readRow(h, n);
      if (row) expect(row).toEqual(rowOf(layout, n));
    }
  });

  test("a memory that does not answer keeps its rows, and the row that it did not take can come again", () => {
    const chip = make();
    const h = fresh(chip, layout);
    for (let n = 1; n <= 6; n++) appendRow(h, rowOf(layout, n));
    const { memory } = chip.hal;
    chip.hal.memory = {
      ...memory,
      read: () => {
        throw new Error("no acknowledge");
      },
      write: () => {
        throw new Error("no acknowledge");
      },
    };
    expect(() => appendRow(h, rowOf(layout, 7))).toThrow();
    expect(() => readRow(h, 3)).toThrow();
    chip.hal.memory = memory;
    appendRow(h, rowOf(layout, 7));
    expect(missing(h, layout, (one) => one)).toEqual([]);
    expect(h.next).toBe(8);
  });
});

test.each([
  [2, 32767],
  [4, 2147483647],
])("values of %i bytes are clipped to %i, and none is none", (width, most) => {
  const h = fresh(eeprom(32768, 64), [128, 8, 64, 2, 5, width, MEANING]);
  appendRow(h, [1, 0, undefined, most, -most, 5e9]);
  appendRow(h, [4294967295, -5e9, most + 1, -most - 1, -1, undefined]);
  expect(readRow(h, 1)).toEqual([1, 0, undefined, most, -most, most]);
  expect(readRow(h, 2)).toEqual([4294967295, -most, most, -most, -1, undefined]);
});

test("what was asked for stays apart from what came later, over restarts; the answer clears it, and nothing else", () => {
  const { hal } = eeprom(32768, 64);
  const layout = [128, 8, 64, 4, 5, 2, MEANING];
  let h = openHistory(hal, layout, 1, 1, 1);
  const write = (n: number) => {
    for (let i = 0; i < n; i++) appendRow(h, rowOf(layout, h.next));
    h = recallHistory(hal, layout, marks(h), TIME);
  };
  write(5);
  h.offered = h.next; // asked
  write(3);
  expect(h).toMatchObject({ first: 1, offered: 6, next: 9 });
  h.offered = h.next; // asked again before the answer
  write(2);
  expect(h).toMatchObject({ first: 1, offered: 9, next: 11 });
  h.first = h.offered; // answered
  write(1);
  expect(h).toMatchObject({ first: 9, offered: 9, next: 12 });
  expect(missing(h, layout, (one) => one)).toEqual([]);
});
