/** Requests at random, and the specification's example. */
import fc from "fast-check";
import type { Ask } from "../../firmware/metrics/report.overlay";
import type { Value } from "../../firmware/metrics/values";
import { asking, inPieces, SERVER } from "./asking";

const NOW = 1611583070;

/**
 * The specification's example: 30 updates of 5 metrics in an hour, 2 of them with an alarm. Tenths of volts and amperes, on
 * a cloudy day.
 */
export function EXAMPLE(encoding: string): Ask {
  const rows = Array.from({ length: 30 }, (_, i) => [
    NOW - 120 * (29 - i),
    172 + ((i * 5) % 9),
    124 + (i % 4),
    4 + ((i * 7) % 15),
    ((i * 5) % 13) - 4,
    i % 3 ? 7 : 2,
    i === 11 || i === 24 ? 1 : undefined,
  ]);
  return asking(rows, {
    now: NOW,
    timestamp: NOW,
    count: 0,
    interval: -120,
    columns: 6,
    data: [13, 0, "1.14.2"],
    server: { ...SERVER, encoding },
  });
}

const integer = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.integer({ min: -2147483648, max: 2147483647 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -24, -25, -4294967296, -4294967297),
);
const text = fc.stringMatching(/^[ -~]{0,30}$/);
const value = fc.option(integer, { nil: undefined, freq: 3 });
const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const serial = fc.stringMatching(/^[!-:<-~]{1,31}$/);

export interface Case {
  ask: Ask;
  key: string;
  rows: (Value[] | undefined)[];
}

/** Everything that a request may be made of, at random. `published`: only what the published server library reads. */
export function requestsOf(published = false): fc.Arbitrary<Case> {
  const columns = fc.integer({ min: 1, max: published ? 8 : 14 });
  const server = fc.record({
    base_url: fc.constant("https://server.example"),
    data_format_id: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 70000 })),
    auth: fc.constantFrom(..."ra ra ra da sa ta ca".split(" "), ...(published ? [] : ["jwt"])),
    encoding: fc.constantFrom("json", "cbor"),
    padded: published ? fc.constant(false) : fc.boolean(),
    simple: fc.constantFrom(false, false, true),
  });
  const data = fc.array(fc.oneof(value, text), { maxLength: 12 });
  const accessories = fc.array(
    serial.map((sn) => JSON.stringify({ sn, d: [1, null, "x"], a: "ra12" })),
    { maxLength: 2 },
  );
  const shape = fc.record({
    key,
    serial,
    server,
    columns,
    data,
    accessories,
    interval: fc.constantFrom(-60, 60, -3600, 3600, ...(published ? [] : [0])),
    stamps: fc.constantFrom(1, 2, 3),
    count: fc.integer({ min: 1, max: 4000000000 }),
    now: fc.integer({ min: 1500000000, max: 2000000000 }),
  });
  return shape.chain((s) => {
    const row = fc.record({
      lost: fc.integer({ min: 0, max: 19 }),
      apart: fc.oneof(fc.constant(Math.abs(s.interval)), fc.integer({ min: 0, max: 90000 })),
      values: fc.array(value, { minLength: s.columns, maxLength: s.columns }),
    });
    return fc.array(row, { maxLength: 12 }).map((rows) => {
      const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}_${i}`);
      const format = JSON.stringify({
        data_order: names("data", s.data.length),
        historical_data_order: [...names("column", s.columns), "relative_time"],
        ...(s.interval ? { historical_data_interval: s.interval } : {}),
      });
      let time = s.now;
      const stored = rows
        .map(({ lost, apart, values }) => {
          time -= apart;
          return lost ? [time, ...values] : undefined;
        })
        .reverse();
      const ask = asking(stored, {
        key: s.key,
        serial: s.serial,
        now: s.now,
        timestamp: s.stamps & 1 || s.server.auth === "ta" ? s.now : 0,
        count: s.stamps & 2 || s.server.auth === "ca" ? s.count : 0,
        server: s.server,
        format: inPieces(format),
        interval: s.interval,
        data: s.data,
        columns: s.columns,
        accessories: s.accessories,
      });
      return { ask, key: s.key, rows: stored };
    });
  });
}
