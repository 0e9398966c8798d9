import fc from "fast-check";
import { compile, interpret } from "../../build/interpreter";
import { type Due, isDue, reported } from "../../firmware/modem/due";

const HOUR = 3600;
const now = 1795305600;
const fresh = (): Due => ({ next: 0, failures: 0, used: 0, until: 0 });
const key = (n: number) => [n, -1, 2 * n, 77];

test("bytes are counted by calendar months", () => {
  for (let month = 0; month < 12 * 60; month++) {
    const first = Date.UTC(2020, month, 1) / 1000;
    const next = Date.UTC(2020, month + 1, 1) / 1000;
    for (const time of [first, first + 12345, next - 1]) {
      const due = { ...fresh(), used: 7, until: first };
      reported(due, key(1), time, HOUR, true, 500);
      expect([due.used, due.until]).toEqual([500, next]);
      reported(due, key(1), next - 1, HOUR, false, 300);
      expect([due.used, due.until]).toEqual([800, next]);
      reported(due, key(1), next, HOUR, false, 100);
      expect(due.used).toBe(100);
    }
  }
});

test("a device that never reported does so at once, then once an interval at a second of its own", () => {
  const due = fresh();
  expect(isDue(due, now, HOUR, 0)).toBe(true);
  reported(due, key(1), now, HOUR, true, 900);
  const second = due.next % HOUR;
  for (let i = 0; i < 50; i++) {
    const time = due.next + (i % 7) * 60;
    expect(isDue(due, due.next - 1, HOUR, 0)).toBe(false);
    expect(isDue(due, time, HOUR, 0)).toBe(true);
    const before = due.next;
    reported(due, key(1), time, HOUR, true, 900);
    expect(due.next).toBe(before + HOUR);
    expect(due.next % HOUR).toBe(second);
  }
});

test("a thousand devices spread over the interval", () => {
  const quarters = [0, 0, 0, 0];
  for (let i = 0; i < 1000; i++) {
    const due = fresh();
    reported(due, key(i), now, HOUR, true, 0);
    expect(due.next).toBeGreaterThan(now);
    expect(due.next).toBeLessThanOrEqual(now + HOUR);
    quarters[Math.floor((due.next % HOUR) / (HOUR / 4))]++;
  }
  for (const n of quarters) expect(n).toBeGreaterThan(180);
});

test("waits after failures double up to four hours, differ between devices, and end with a success", () => {
  const waits: number[][] = [];
  for (let device = 0; device < 8; device++) {
    const due = fresh();
    let time = now;
    waits.push([]);
    for (let i = 0; i < 300; i++) {
      reported(due, key(device), time, HOUR, false, 0);
      waits[device].push(due.next - time);
      const middle = Math.min(60 * 2 ** i, 4 * HOUR);
      expect(due.next - time).toBeGreaterThanOrEqual(Math.floor(middle * 0.75));
      expect(due.next - time).toBeLessThanOrEqual(middle * 1.25);
      expect(isDue(due, due.next - 1, HOUR, 0)).toBe(false);
      time = due.next;
      expect(isDue(due, time, HOUR, 0)).toBe(true);
    }
    expect(due.failures).toBe(255);
    reported(due, key(device), time, HOUR, true, 0);
    expect(due.failures).toBe(0);
    expect(due.next - time).toBeLessThanOrEqual(HOUR);
  }
  expect(new Set(waits.map((list) => list[8])).size).toBeGreaterThan(6);
});

test("when the month's bytes are used up it is silent until the next month", () => {
  const due = fresh();
  let time = Date.UTC(2027, 1, 1) / 1000;
  let sent = 0;
  while (time < Date.UTC(2027, 2, 1) / 1000) {
    if (isDue(due, time, HOUR, 100000)) {
      reported(due, key(3), time, HOUR, true, 1000);
      sent++;
    }
    time += 300;
  }
  expect(sent).toBe(100);
  expect(isDue(due, time, HOUR, 100000)).toBe(true);
  reported(due, key(3), time, HOUR, true, 1000);
  expect(due.used).toBe(1000);
});

test("whatever is stored, there is a next report within two of the longest waits", () => {
  const whole = (max: number) => fc.integer({ min: 0, max });
  fc.assert(
    fc.property(whole(4294967295), whole(255), whole(60), (next, failures, minutes) => {
      const interval = 60 * (minutes + 1);
      const due = { next, failures, used: 0, until: 0 };
      const soon = [0, 2 * 4 * HOUR].some((later) => isDue(due, now + later, interval, 0));
      expect(soon).toBe(true);
    }),
  );
});

const onDevice = process.env.ESPRUINO ? test : test.skip;
const NEEDS = process.env.ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)";

onDevice(`the interpreter comes to the same numbers${NEEDS}`, () => {
  const steps = fc.sample(
    fc.record({
      time: fc.integer({ min: 1600000000, max: 4200000000 }),
      interval: fc.constantFrom(60, 3600, 86400),
      good: fc.boolean(),
      bytes: fc.integer({ min: 0, max: 100000 }),
    }),
    60,
  );
  const due = fresh();
  const expected = steps.map(({ time, interval, good, bytes }) => {
    const before = isDue(due, time, interval, 50000);
    reported(due, key(5), time, interval, good, bytes);
    return `${before} ${due.next} ${due.failures} ${due.used} ${due.until}`;
  });
  const [said] = interpret([
    compile(`
      import { isDue, reported } from "./firmware/modem/due";
      const due = { next: 0, failures: 0, used: 0, until: 0 };
      function step(time, interval, good, bytes) {
        const before = isDue(due, time, interval, 50000);
        reported(due, [${key(5)}], time, interval, good, bytes);
        print("#" + before + " " + due.next + " " + due.failures + " " + due.used + " " + due.until);
      }
      ${steps.map(({ time, interval, good, bytes }) => `step(${time}, ${interval}, ${good}, ${bytes});`).join("\n")}`),
  ]);
  expect([...said.matchAll(/#([^\r\n]*)/g)].map(([, line]) => line)).toEqual(expected);
});
