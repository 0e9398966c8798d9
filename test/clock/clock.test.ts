import { checkClock, EARLIEST, now, startClock } from "../../firmware/clock/clock";
import type { Hal } from "../../hal/hal";
import { random } from "../power/story";

const START = 1795305600;
const INTERVAL = 60;
const HOUR = 3600;
const DAY = 86400;

/** Two clocks in a world of their own: the controller's and the chip's, each at its own pace. */
class Clocks {
  /** Seconds of the world. */
  passed = 0.4;
  /** Parts by which each is fast; what the chip is off; what it says instead. */
  controller = 0;
  chip = 0;
  offset = 0;
  says: number | "nothing" | undefined;
  lost = 0;
  hal = {
    system: { ticks: () => 1000 + this.passed * (1 + this.controller) },
    rtc: {
      read: () => {
        if (this.says === "nothing") throw new Error("I2C Read Error: No ACK");
        return this.says ?? this.now();
      },
      write: (seconds: number) => {
        this.says = undefined;
        this.offset += seconds - this.now();
      },
    },
  } as unknown as Hal;
  private now = () => Math.floor(START + this.passed * (1 + this.chip) + this.offset);
  noteLost = () => this.lost++;

  start = (stored: number) => startClock(this.hal, stored, INTERVAL, this.noteLost);
  /** Lets seconds pass, with a check every minute. Returns how many it took to lose trust; undefined if it did not. */
  run(clock: ReturnType<typeof startClock>, seconds: number): number | undefined {
    const { lost } = this;
    let last = now(this.hal, clock);
    for (let at = 0; at < seconds; at += 60) {
      this.passed += 60;
      const before = now(this.hal, clock);
      checkClock(this.hal, clock, this.noteLost);
      const after = now(this.hal, clock);
      if (before < last || after < before) throw new Error(`time went back: ${last}, ${before}, ${after}`);
      last = after;
      if (this.lost > lost) return at + 60;
    }
    return undefined;
  }
}

test("starts from a chip that kept the time", () => {
  const clocks = new Clocks();
  const clock = clocks.start(START - 5 * DAY);
  expect(now(clocks.hal, clock)).toBe(START);
  expect(clocks.lost).toBe(0);
});

test.each([
  ["with one wrong bit", [START + 40 * 365 * DAY]],
  ["that is not answered", ["nothing" as const]],
  ["with both, and one between", ["nothing" as const, START + 64, START, START - 32]],
])("a reading %s at the start is read again", (_name, says) => {
  const clocks = new Clocks();
  const { read } = clocks.hal.rtc;
  clocks.hal.rtc.read = () => {
    const wrong = says.shift();
    if (wrong === "nothing") throw new Error("I2C Read Error: No ACK");
    return wrong ?? read();
  };
  expect(now(clocks.hal, clocks.start(START - 5 * DAY))).toBe(START);
  expect(clocks.lost).toBe(0);
});

test("a chip that says something else each time does not start", () => {
  const clocks = new Clocks();
  let says = START;
  clocks.hal.rtc.read = () => (says += 64);
  expect(() => clocks.start(START)).toThrow();
});

test.each([
  ["says that it stopped", 0],
  ["says what cannot be", EARLIEST - 1],
  ["was set back, if only by a minute", START - 60],
])("a chip that %s at the start: time goes on from the stored one, less an interval of credit", (_name, says) => {
  const clocks = new Clocks();
  clocks.says = says;
  const clock = clocks.start(START);
  expect(now(clocks.hal, clock)).toBe(START + INTERVAL);
  expect(clocks.lost).toBe(1);
  // The chip was set, and counts again.
  clocks.passed += 100;
  expect(clocks.hal.rtc.read()).toBe(START + INTERVAL + 100);
});

test("a device that never stored a time, with a chip that never had one, starts at the earliest there is", () => {
  const clocks = new Clocks();
  clocks.says = 0;
  expect(now(clocks.hal, clocks.start(0))).toBe(EARLIEST);
});

test("a chip that is silent at the start is an error; later, the controller counts on and tells how often", () => {
  const clocks = new Clocks();
  const clock = clocks.start(START);
  clocks.says = "nothing";
  expect(() => clocks.start(START)).toThrow();
  clocks.run(clock, HOUR);
  expect(Math.abs(now(clocks.hal, clock) - START - HOUR)).toBeLessThanOrEqual(1);
  expect(clock.silent).toBe(60);
  expect(clocks.lost).toBe(0);
});

test.each([
  ["back by two minutes", -120, HOUR],
  ["back by a year", -365 * DAY, HOUR],
  ["forward by an hour", HOUR, HOUR],
  ["forward by a year", 365 * DAY, 5],
  ["forward by an hour, after a month of peace", HOUR, 30 * DAY],
  ["back by an hour, after a month of peace", -HOUR, 30 * DAY],
])("a chip that is moved %s while the power is on: noticed at the next check, and not followed", (_name, by, after) => {
  const clocks = new Clocks();
  const clock = clocks.start(START);
  clocks.run(clock, after);
  const before = now(clocks.hal, clock);
  clocks.offset += by;
  expect(clocks.run(clock, HOUR)).toBe(60);
  // It is put right at once: a power cut now finds the right time.
  for (const time of [now(clocks.hal, clock), clocks.hal.rtc.read()])
    expect(Math.abs(time - before - 60)).toBeLessThanOrEqual(1);
});

test("a chip that stops while the power is on is noticed within minutes", () => {
  const clocks = new Clocks();
  const clock = clocks.start(START);
  clocks.run(clock, DAY);
  clocks.chip = -1;
  clocks.offset = DAY;
  expect(clocks.run(clock, HOUR)).toBeLessThanOrEqual(30 * 60);
});

test.each([0.03, -0.03])("drift of %d is noticed within hours", (drift) => {
  const clocks = new Clocks();
  const clock = clocks.start(START);
  clocks.chip = drift;
  expect(clocks.run(clock, DAY)).toBeLessThan(3 * HOUR);
});

test.each([0.01, -0.01])("drift of %d between the two clocks is not noticed, in a month", (drift) => {
  for (const which of ["chip", "controller"] as const) {
    const clocks = new Clocks();
    clocks[which] = drift;
    const clock = clocks.start(START);
    expect(clocks.run(clock, 30 * DAY)).toBeUndefined();
  }
});

test.each([0.0005, -0.0005])(
  "a controller's clock that is off by %d does not move the time away from the chip's",
  (drift) => {
    const clocks = new Clocks();
    clocks.controller = drift;
    const clock = clocks.start(START);
    clocks.run(clock, 30 * DAY);
    expect(Math.abs(now(clocks.hal, clock) - clocks.hal.rtc.read())).toBeLessThanOrEqual(1);
    // So the next start finds nothing wrong.
    clocks.passed += 2;
    clocks.start(now(clocks.hal, clock));
    expect(clocks.lost).toBe(0);
  },
);

test("whatever is done to the chip, time only counts up", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const rand = random(seed);
    const clocks = new Clocks();
    const clock = clocks.start(START);
    let last = START;
    for (let i = 0; i < 200; i++) {
      const step = rand() * 90;
      clocks.passed += step;
      if (rand() < 0.2) clocks.offset += (rand() - 0.5) * 10 ** (rand() * 6);
      if (rand() < 0.1) clocks.chip = (rand() - 0.5) * 0.1;
      if (rand() < 0.7) checkClock(clocks.hal, clock, clocks.noteLost);
      const time = now(clocks.hal, clock);
      if (time < last) throw new Error(`seed ${seed}: ${last}, ${time}`);
      last = time;
    }
  }
});
