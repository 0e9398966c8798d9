import { crc32 } from "../../build/crc";
import { append, type Journal, latest, openJournal, PAYLOAD, RECORD } from "../../firmware/store/journal";
import { random } from "../power/story";
import { type Cells, cells } from "./cells";

const TYPES = 3;
/** Small pages, so that every byte of every record and of every change of page can be tried. */
const PAGE = 8 * RECORD;

const open = (memory: Cells): Journal => openJournal(memory, crc32, 0, memory.byteLength / memory.eraseSize, TYPES);
const payload = (n: number) => new Uint8Array(PAYLOAD).fill(n);
/** What a journal holds, as text: the numbers of its payloads. */
const kept = (memory: Cells) => {
  const j = open(memory);
  const numbers = [1, 2, 3].map((type) => {
    const bytes = latest(j, type);
    return bytes && bytes.every((byte) => byte === bytes[0]) ? bytes[0] : bytes;
  });
  return numbers.join(" ");
};

/** Appends until the power goes. */
function tryTo(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if ((error as Error).message !== "power cut") throw error;
    return false;
  }
}

describe.each([
  ["EEPROM", false],
  ["flash", true],
])("a journal in %s", (_name, flash) => {
  test("cut at every byte of every record and of every change of page, it holds the old or the new", () => {
    const memory = cells(2 * PAGE, PAGE, flash);
    const truth = ["", "", ""];
    for (let n = 1; n < 40; n++) {
      // The third type is written twice only, and carried from page to page from then on.
      const type = n === 3 || n === 20 ? 3 : 1 + (n & 1);
      const before = memory.bytes.slice();
      const old = truth.join(" ");
      truth[type - 1] = String(n);
      const after = truth.join(" ");
      let done = false;
      for (let cut = 1; !done; cut++) {
        for (const torn of [0, 170, 255]) {
          memory.bytes.set(before);
          memory.torn = torn;
          memory.left = cut;
          done = tryTo(() => append(open(memory), type, payload(n)));
          memory.left = Number.POSITIVE_INFINITY;
          const found = kept(memory);
          if (found !== after && (done || found !== old)) throw new Error(`record ${n}, byte ${cut}: ${found}`);
          // It goes on from there, over the next change of page.
          const j = open(memory);
          const other = type === 1 ? 2 : 1;
          append(j, type, payload(n));
          for (let more = 0; more < 10; more++) append(j, other, payload(250));
          const last = truth.map((number, i) => (i === other - 1 ? "250" : number)).join(" ");
          if (kept(memory) !== last) throw new Error(`record ${n} after byte ${cut}: ${kept(memory)}`);
        }
      }
      memory.bytes.set(before);
      append(open(memory), type, payload(n));
    }
  });

  // The first write of each start succeeds or not, and then the power goes in the first write to a fresh place.
  test.each([0, 1, 2])(
    "no number of cuts in a row locks it up or loses anything, %i writes let through at first",
    (through) => {
      const size = 20 * RECORD;
      for (let from = 0; from < 20; from++) {
        const memory = cells(2 * size, size, flash);
        const write = memory.write;
        for (let n = 1; n <= 23 + from; n++) append(open(memory), Math.min(n, 3), payload(n));
        const others = 23 + from;
        let last = kept(memory);
        let hostile = false;
        let pass = 0;
        memory.write = (position, data) => {
          const fresh = !flash || memory.bytes.subarray(position, position + RECORD).every((byte) => byte === 255);
          if (hostile && fresh && pass-- <= 0) memory.left = 30;
          write(position, data);
        };
        for (let i = 0; i < 40; i++) {
          hostile = true;
          pass = i ? 0 : through;
          tryTo(() => append(open(memory), 1, payload(99 + i)));
          memory.left = Number.POSITIVE_INFINITY;
          hostile = false;
          const before = memory.bytes.slice();
          const found = kept(memory);
          expect([last, `${99 + i} 2 ${others}`]).toContain(found);
          last = found;
          memory.bytes.set(before);
        }
        append(open(memory), 1, payload(99));
        expect(kept(memory)).toBe(`99 2 ${others}`);
      }
    },
  );

  test("open for long, it holds the newest of each type through every change of page", () => {
    const memory = cells(2 * PAGE, PAGE, flash);
    const journal = open(memory);
    append(journal, 2, payload(200));
    append(journal, 3, payload(201));
    for (let n = 1; n < 200; n++) {
      append(journal, 1, payload(n));
      const before = memory.bytes.slice();
      expect(kept(memory)).toBe(`${n} 200 201`);
      memory.bytes.set(before);
    }
  });

  test("passes over whatever was in the memory before", () => {
    const rand = random(7);
    for (const fill of [0, 255, undefined]) {
      const memory = cells(2 * PAGE, PAGE, flash);
      memory.bytes.forEach((_, i, bytes) => {
        bytes[i] = fill ?? rand() * 256;
      });
      const j = open(memory);
      expect(kept(memory)).toBe("  ");
      append(j, 1, payload(1));
      expect(kept(memory)).toBe("1  ");
    }
  });
});

test("a memory that keeps nothing is an error, not an endless search", () => {
  const memory = cells(2 * PAGE, PAGE, false);
  memory.write = () => {};
  expect(() => append(open(memory), 1, payload(1))).toThrow("MEMORY");
});
