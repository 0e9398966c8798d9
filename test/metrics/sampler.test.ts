import fc from "fast-check";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { setTime } from "../../firmware/clock/told";
import { type Device, enterToken } from "../../firmware/device";
import {
  AVERAGE,
  CONSTANT,
  FIRMWARE_VERSION,
  LATEST,
  MAX,
  type Metrics,
  MIN,
  OUTPUT,
  SENSOR,
  SUM,
  TAMPERED,
  TOKEN_COUNT,
  type Variable,
} from "../../firmware/metrics/format";
import { readRow } from "../../firmware/metrics/history.shared";
import { startSampling } from "../../firmware/metrics/sampler";
import { dataValues, divide } from "../../firmware/metrics/sources.shared";
import { setUp } from "../../firmware/setup";
import { BYPASSED, CLOCK_LOST, MEMORY_REPLACED, RESTARTS } from "../../firmware/store/records";
import { FakeBoard } from "../fake";
import { random } from "../power/story";

const SETTINGS = { board: "fake", interval: 60, utcOffset: 0 };
const HOUR = 3600;
const DAY = 86400;
/** The world of the tests begins on a full hour. */
const START = 1795305600;

interface Reading {
  time: number;
  sensor: number;
  values: number[] | undefined;
}

/** A device that is set up, on a board with two sensors of two channels; `reads` says what they read, undefined: no answer. */
function make(
  rows: Variable[],
  reads: (sensor: number, time: number) => number[] | undefined = () => [0, 0],
  data: Variable[] = [],
) {
  const board = new FakeBoard();
  const log: Reading[] = [];
  const sensor = (index: number) => ({
    read: () => {
      const values = reads(index, board.world);
      log.push({ time: board.world, sensor: index, values });
      if (!values) throw new Error("no acknowledge");
      return values;
    },
  });
  const metrics: Metrics = {
    sample: 60,
    interval: HOUR,
    layout: [256, 256, 64, Math.floor(56 / (4 + 2 * rows.length)), rows.length, 2, 7],
    sensors: () => [sensor(0), sensor(1)],
    data,
    rows,
    server: { base_url: "https://example.com", data_format_id: 0, auth: "ra", encoding: "json", padded: false },
    report: HOUR,
    budget: 0,
    asks: "",
  };
  const start = () => {
    const device = board.start(SETTINGS);
    startSampling(
      device,
      () => metrics,
      () => "{}",
    );
    return device;
  };
  const device = start();
  expect(setUp(device, ["#SETUP", "S1", String(DEMO.startingCode), DEMO.key])).toBe("");
  return { board, log, metrics, device, start };
}

/** Every row that is stored: [hours since the start, value, …]. */
function stored(d: Device): (number | undefined)[][] {
  const h = d.sampler!.history;
  return Array.from({ length: h.next - h.first }, (_, i) => {
    const [time, ...values] = readRow(h, h.first + i)!;
    return [(time! - START) / HOUR, ...values];
  });
}

/** What a variable is for an hour, by its definition, from the readings in it. */
function expected(log: Reading[], hour: number, { source, channel, divide = 1, aggregation }: Variable) {
  const from = START + (hour - 1) * HOUR;
  const values = log
    .filter(({ sensor, time }) => sensor === source - SENSOR && time >= from && time < from + HOUR)
    .flatMap(({ values }) => (values ? [BigInt(values[channel ?? 0])] : []));
  if (!values.length) return undefined;
  const sum = values.reduce((a, b) => a + b);
  const sorted = [...values].sort((a, b) => Number(a - b));
  const by = BigInt(divide) * (aggregation === AVERAGE ? BigInt(values.length) : 1n);
  const all = { [AVERAGE]: sum, [SUM]: sum, [LATEST]: values.at(-1)!, [MIN]: sorted[0], [MAX]: sorted.at(-1)! };
  const what = (all as { [how: number]: bigint })[aggregation!];
  const size = what < 0n ? -what : what;
  const whole = (2n * size + by) / (2n * by);
  return Number(what < 0n ? -whole : whole);
}

test("a division rounds halves away from zero, in whole numbers", () => {
  expect([5, -5, 4, -4, 6, 0, 15].map((n) => divide(n, 10))).toEqual([1, -1, 0, 0, 1, 0, 2]);
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 1e8 }), (n, by) => {
      const size = (2n * BigInt(Math.abs(n)) + BigInt(by)) / (2n * BigInt(by));
      const result = divide(n, by);
      expect(result).toBe(Number(n < 0 ? -size : size));
      expect(Object.is(result, -0)).toBe(false);
    }),
  );
});

test("a look a minute, a row at every full hour: average, latest, sum, least and most of what was read, sensors failing or not", () => {
  const rand = random(3);
  let silent = -1;
  const reads = (sensor: number) => {
    if (rand() < 0.02) silent = silent < 0 ? sensor : -1;
    if (silent === sensor) return undefined;
    return [Math.floor(rand() * 65535) - 32767, Math.floor(rand() * 400) - 200];
  };
  const one = (sensor: number, channel: number, aggregation: number, divide: number) => ({
    source: SENSOR + sensor,
    channel,
    aggregation,
    divide,
  });
  const rows = [
    one(0, 0, AVERAGE, 10),
    one(0, 1, SUM, 1),
    one(1, 0, MIN, 3),
    one(1, 1, MAX, 1),
    one(1, 0, LATEST, 7),
    one(1, 1, AVERAGE, 1),
  ];
  const { board, log, device } = make(rows, reads);
  board.wait(40 * HOUR + 100);
  const found = stored(device);
  expect(found.map(([hour]) => hour)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  for (const [hour, ...values] of found)
    expect({ hour, values }).toEqual({ hour, values: rows.map((variable) => expected(log, hour!, variable)) });
  // Each sensor is asked once a look, however many variables it has.
  const looks = log.filter(({ sensor, time }) => sensor === 0 && time >= START + HOUR && time < START + 2 * HOUR);
  expect(looks.length).toBe(60);
});

test("a sensor that never answers leaves its values out; an hour without any value leaves no row", () => {
  const dead = make([{ source: SENSOR }, { source: RESTARTS, aggregation: LATEST }], () => undefined);
  dead.board.wait(HOUR + 60);
  expect(stored(dead.device)).toEqual([[1, undefined, 1]]);
  const nothing = make([{ source: SENSOR }], () => undefined);
  nothing.board.wait(5 * HOUR);
  expect(stored(nothing.device)).toEqual([]);
  expect(nothing.device.fault).toBe("");
});

test("the output's minutes, and what the firmware counts", () => {
  const { board, device } = make([
    { source: OUTPUT, aggregation: SUM },
    { source: TOKEN_COUNT, aggregation: LATEST },
    { source: CLOCK_LOST, aggregation: MAX },
  ]);
  board.wait(90 * 60 - 30);
  enterToken(device, encode({ ...DEMO, kind: "add", value: 1, count: 1 }).token, () => {});
  board.wait(90 * 60 + 91);
  expect(stored(device)).toEqual([
    [1, 0, 1, 0],
    [2, 30, 2, 0],
    [3, 60, 2, 0],
  ]);
});

test("data is as it is when asked for: numbers under their scale, the version, whether somebody tampered", () => {
  const data = [
    { source: TOKEN_COUNT },
    { source: TAMPERED },
    { source: FIRMWARE_VERSION },
    { source: CONSTANT, channel: -5 },
    { source: SENSOR + 1, channel: 1, divide: 10 },
    { source: SENSOR },
  ];
  (globalThis as any).VERSION = "9.8.7";
  const { device, metrics } = make([{ source: OUTPUT }], (sensor) => (sensor ? [1, 12345] : undefined), data);
  expect(dataValues(device, metrics)).toEqual([1, 0, "9.8.7", -5, 1235, undefined]);
  device.log.tally[BYPASSED] = 2;
  expect(dataValues(device, metrics)[1]).toBe(1);
  device.log.tally[BYPASSED] = 0;
  device.log.tally[MEMORY_REPLACED] = 1;
  expect(dataValues(device, metrics)[1]).toBe(1);
});

test("nothing is measured before the factory has set the device up", () => {
  const { board, metrics } = make([{ source: OUTPUT }]);
  const other = new FakeBoard();
  const device = other.start(SETTINGS);
  startSampling(
    device,
    () => metrics,
    () => "{}",
  );
  other.wait(2 * HOUR);
  expect(device.sampler).toBeUndefined();
  expect(other.memory.writes).toBe(0);
  expect(board.memory.writes).toBeGreaterThan(0);
});

test("a power cut costs the hour in progress its readings so far, and no row that was stored", () => {
  const { board, start, log, device } = make([{ source: SENSOR }], (_, time) => [Math.floor(time / 60) % 1000, 0]);
  board.wait(2 * HOUR + 1800);
  const before = stored(device);
  expect(before).toHaveLength(2);
  board.cut(600);
  const again = start();
  board.wait(HOUR);
  expect(stored(again).slice(0, 2)).toEqual(before);
  const last = log.filter(({ time }) => time >= START + 2 * HOUR + 2400 && time < START + 3 * HOUR);
  const variable = { source: SENSOR, aggregation: AVERAGE };
  expect(stored(again)[2]).toEqual([3, expected(last, 3, variable)]);
});

test("days without power leave no rows, and a clock that is set forward neither", () => {
  const { board, start } = make([{ source: OUTPUT }]);
  board.wait(HOUR + 60);
  board.cut(3 * DAY);
  board.chip = 0;
  const again = start();
  expect(again.log.tally[CLOCK_LOST]).toBe(1);
  board.wait(HOUR);
  const hours = stored(again).map(([hour]) => hour);
  expect(hours).toHaveLength(2);
  expect(setTime(again, Math.floor(board.world), START)).toBe(true);
  board.wait(3 * HOUR);
  const after = stored(again).map(([hour]) => hour!);
  // The hour in which the clock was set, then hours that really were; in order, none twice.
  expect(after).toEqual([...new Set(after)].sort((a, b) => a - b));
  expect(after.at(-1)).toBe(Math.floor((board.world - START) / HOUR));
  expect(after.length).toBeLessThanOrEqual(2 + 1 + 3);
});

test("marks of what was asked for and answered outlive power cuts, from a minute after they moved", () => {
  const { board, start, device } = make([{ source: OUTPUT }]);
  board.wait(5 * HOUR);
  const h = device.sampler!.history;
  const one = h.first;
  h.first += 2;
  h.offered = h.first + 2;
  board.wait(2 * HOUR + 120);
  board.cut(10);
  const again = start();
  board.wait(60);
  expect(again.sampler!.history).toMatchObject({ first: one + 2, offered: one + 4, next: one + 7, lost: 0 });
});

test("a memory that fails is the store's to tell: sampling stops, and nothing is thrown", () => {
  const { board, device } = make([{ source: OUTPUT }]);
  board.wait(HOUR + 60);
  board.memory.fails = true;
  board.wait(3 * HOUR);
  expect(device.fault).toBe("MEMORY");
  expect(board.kicks).toBeGreaterThan(100);
});

test("history that goes missing alone costs rows, not the device", () => {
  const { board, device } = make([{ source: OUTPUT }]);
  board.wait(60);
  const { memory } = board;
  const write = memory.write.bind(memory);
  memory.write = (position, bytes) => {
    if (position >= 16384) throw new Error("no acknowledge");
    write(position, bytes);
  };
  board.wait(3 * HOUR);
  expect(stored(device)).toEqual([]);
  expect(device.fault).toBe("");
  memory.write = write;
  board.wait(HOUR);
  expect(stored(device)).toEqual([[4, 0]]);
});
