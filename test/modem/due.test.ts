import fc from "fast-check";
import { compile, interpret } from "../../build/interpreter";
import { type Due, reported } from "../../firmware/modem/due";

const HOUR = 3600;
const now = 1795305600;
const fresh = (): Due => ({ next: 0, failures: 0, used: 0, month: 0 });
const key = (n: number) => [n, -1, 2 * n, 77];

test("kilobytes are counted by calendar months", () => {
  for (let month = 0; month < 12 * 60; month++) {
    const first = Date.UTC(2020, month, 1) / 1000;
    const next = Date.UTC(2020, month + 1, 1) / 1000;
    for (const time of [first, first + 12345, next - 1]) {
      const due = fresh();
      reported(due, key(1), first - 1, HOUR, true, 7 * 1024, 0);
      reported(due, key(1), time, HOUR, true, 5 * 1024, 0);
      expect(due.used).toBe(5);
      reported(due, key(1), next - 1, HOUR, false, 3 * 1024, 0);
      expect(due.used).toBe(8);
      reported(due, key(1), next, HOUR, false, 1024, 0);
      expect(due.used).toBe(1);
    }
  }
});

test("parts of a kilobyte are not lost, and none is counted twice", () => {
  for (const bytes of [10, 300, 803, 1500, 5300]) {
    const due = fresh();
    let time = Date.UTC(2027, 0, 1) / 1000;
    for (let i = 0; i < 700; i++) {
      reported(due, key(4), time + (i % 5), HOUR, true, bytes, 0);
      time = due.next;
    }
    expect(Math.abs(due.used - (700 * bytes) / 1024)).toBeLessThan(0.02 * 700);
  }
});

test("a device that never reported does so at once, then once an interval at a second of its own", () => {
  const due = fresh();
  expect(due.next).toBeLessThanOrEqual(now);
  reported(due, key(1), now, HOUR, true, 900, 0);
  const second = due.next % HOUR;
  for (let i = 0; i < 50; i++) {
    const time = due.next + (i % 7) * 60;
    const before = due.next;
    reported(due, key(1), time, HOUR, true, 900, 0);
    expect(due.next).toBe(before + HOUR);
    expect(due.next % HOUR).toBe(second);
  }
});

test("a thousand devices spread over the interval", () => {
  const quarters = [0, 0, 0, 0];
  for (let i = 0; i < 1000; i++) {
    const due = fresh();
    reported(due, key(i), now, HOUR, true, 0, 0);
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
      reported(due, key(device), time, HOUR, false, 0, 0);
      waits[device].push(due.next - time);
      const middle = Math.min(60 * 2 ** i, 4 * HOUR);
      expect(due.next - time).toBeGreaterThanOrEqual(Math.floor(middle * 0.75));
      expect(due.next - time).toBeLessThanOrEqual(middle * 1.25);
      time = due.next;
    }
    expect(due.failures).toBe(252);
    reported(due, key(device), time, HOUR, true, 0, 0);
    expect(due.failures).toBe(0);
    expect(due.next - time).toBeLessThanOrEqual(HOUR);
  }
  expect(new Set(waits.map((list) => list[8])).size).toBeGreaterThan(6);
});

test("when the month's bytes are used up it is silent until the next month", () => {
  const due = fresh();
  const march = Date.UTC(2027, 2, 1) / 1000;
  let sent = 0;
  for (let time = Date.UTC(2027, 1, 1) / 1000; time < march; time = due.next) {
    reported(due, key(3), time, HOUR, sent % 3 > 0, 1024, 100);
    sent++;
  }
  expect(sent).toBe(100);
  expect(due.next).toBeLessThan(march + HOUR);
  const { next } = due;
  reported(due, key(3), next, HOUR, true, 1024, 100);
  expect(due.used).toBe(1);
  expect(due.next).toBeLessThanOrEqual(next + HOUR);
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
    reported(due, key(5), time, interval, good, bytes, 50);
    return `${due.next} ${due.failures} ${due.used} ${due.month}`;
  });
  const [said] = interpret([
    compile(`
      import { reported } from "./firmware/modem/due";
      const due = { next: 0, failures: 0, used: 0, month: 0 };
      function step(time, interval, good, bytes) {
        reported(due, [${key(5)}], time, interval, good, bytes, 50);
        print("#" + due.next + " " + due.failures + " " + due.used + " " + due.month);
      }
      ${steps.map(({ time, interval, good, bytes }) => `step(${time}, ${interval}, ${good}, ${bytes});`).join("\n")}`),
  ]);
  expect([...said.matchAll(/#([^\r\n]*)/g)].map(([, line]) => line)).toEqual(expected);
});
