import fc from "fast-check";
import { fromUnix, toUnix } from "../../hal/drivers/calendar";

const FIRST = Date.UTC(2000, 0, 1) / 1000;
const LAST = Date.UTC(2099, 11, 31, 23, 59, 59) / 1000;
const bcd = (n: number) => Number.parseInt(String(n), 16);

test("every second of the chips' century goes to BCD and back, as the calendar has it", () => {
  fc.assert(
    fc.property(fc.integer({ min: FIRST, max: LAST }), (seconds) => {
      const date = new Date(seconds * 1000);
      const fields = fromUnix(seconds);
      expect(fields).toEqual([
        bcd(date.getUTCSeconds()),
        bcd(date.getUTCMinutes()),
        bcd(date.getUTCHours()),
        bcd(date.getUTCDate()),
        bcd(date.getUTCMonth() + 1),
        bcd(date.getUTCFullYear() - 2000),
        date.getUTCDay(),
      ]);
      expect(toUnix(fields)).toBe(seconds);
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test("every day of the century has the right date", () => {
  for (let seconds = FIRST; seconds <= LAST; seconds += 86400) {
    const [, , , day, month, year] = fromUnix(seconds).map((n) => Number(n.toString(16)));
    expect(Date.UTC(2000 + year, month - 1, day) / 1000).toBe(seconds);
  }
});

test.each([
  ["second 60", [0x60, 0, 0, 1, 1, 0]],
  ["minute 60", [0, 0x60, 0, 1, 1, 0]],
  ["hour 24", [0, 0, 0x24, 1, 1, 0]],
  ["day 0", [0, 0, 0, 0, 1, 0]],
  ["month 0", [0, 0, 0, 1, 0, 0]],
  ["month 13", [0, 0, 0, 1, 0x13, 0]],
  ["30 February 2024", [0, 0, 0, 0x30, 2, 0x24]],
  ["29 February 2026", [0, 0, 0, 0x29, 2, 0x26]],
  ["31 April", [0, 0, 0, 0x31, 4, 0x26]],
  ["a digit above 9", [0x0a, 0, 0, 1, 1, 0]],
  ["a bus that reads ones", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
])("there is no date with %s", (_, fields) => {
  expect(toUnix(fields)).toBe(0);
});
