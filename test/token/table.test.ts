import fc from "fast-check";
import { DEMO } from "../../bench/demo-unit";
import { encode, tableCommands } from "../../bench/encode";
import { carry } from "../../firmware/token/carry.overlay";
import { PAST } from "../../firmware/token/decode";
import { BEGUN, openTable, SLOT, skipToTable, WHOLE } from "../../firmware/token/table";
import type { Hal } from "../../hal/hal";
import { DeviceModel, vectors } from "../bench/oracle";
import { type Cells, cells } from "../store/cells";
import { Decoder } from "./decoder";

const NOW = 1702246400;
const AT = 4096;
const OTHER = { ...DEMO, key: "00112233445566778899aabbccddeeff" };

/** A memory for a table, as flash that erases or as an EEPROM. */
const memory = (flash: boolean) => cells(AT + 2 * SLOT, 4096, flash);

const SETTINGS = { flash: 0, position: AT, hashes: 8, pause: 1000 };
const open = (m: Cells, device: Decoder) => openTable({ memory: m } as unknown as Hal, SETTINGS, device.unit);

/** Does all that is to do, and returns the slices it took; `slices` ends it early, as a cut would. */
function finish(m: Cells, device: Decoder, slices = Infinity): number {
  const step = carry({ memory: m } as unknown as Hal, SETTINGS, device.unit, device.paid);
  let done = 1;
  while (done < slices && step(8)) done++;
  return done;
}

/** A device with a table that is as late as it may be, in a memory; opened at each decode, as the device does. */
function equipped(count: number, flash: boolean, unit = DEMO): { device: Decoder; m: Cells } {
  const device = new Decoder({ ...unit, count });
  const m = memory(flash);
  finish(m, device);
  device.skip = (walk) => skipToTable(walk, device.paid, open(m, device));
  return { device, m };
}

describe.each([
  ["flash", true],
  ["an EEPROM", false],
])("a table in %s", (_name, flash) => {
  test("makes a verdict at count 643 from 24 hashes, for every kind of token", () => {
    const { device, m } = equipped(643, flash);
    expect(open(m, device).count).toBe(643 - PAST);
    for (const [kind, value] of [
      ["add", 7],
      ["set", 365],
      ["disable", undefined],
      ["add", 995],
    ] as const) {
      const { token } = encode({ ...DEMO, kind, count: device.paid.count, ...(value === undefined ? {} : { value }) });
      expect(device.enter(token, NOW)).toMatchObject({ result: "valid", value: value ?? null });
      finish(m, device);
      // And two for the key of the seals, two for the slots, one for the cell.
      expect(device.hashes + 5).toBeLessThanOrEqual(24);
    }
  });

  describe.each(vectors("certification.jsonl"))("with the published $procedure procedure", (unit) => {
    test.each([
      ["after each token it has time to be carried on", true],
      ["it is typed without a pause", false],
    ])("each decode is in its bound of hashes when %s", (_when, pauses) => {
      const { device, m } = equipped(unit.count ?? 1, flash, { ...DEMO, ...unit });
      for (const { step, token, result, kind } of unit.steps) {
        if (pauses) finish(m, device);
        const { count } = device.paid;
        const begun = open(m, device).count;
        expect({ step, ...device.enter(token, NOW) }).toMatchObject({ step, result, kind });
        const ahead = device.paid.count - count;
        const late = pauses && count > PAST;
        // Two hashes for the key of the seals, two for the slots, one for the cell.
        const most = late ? ahead + 24 - 5 : device.paid.count - begun + 1;
        // An older one is walked for afterwards, from the beginning; a sync has no cell.
        const whole = result !== "valid" || kind === "sync";
        expect(device.hashes).toBeLessThanOrEqual(whole ? count + 100 : most);
      }
    });
  });

  test("is not begun before there is a past, and not touched when there is nothing to do", () => {
    const m = memory(flash);
    const device = new Decoder({ ...DEMO, count: PAST });
    const erased = flash ? jest.spyOn(m, "erase" as any) : jest.fn();
    expect(finish(m, device)).toBe(1);
    expect(m.writes).toBe(0);
    device.paid.count = 30;
    finish(m, device);
    const { writes } = m;
    erased.mockClear();
    expect(finish(m, device)).toBe(1);
    expect(m.writes).toBe(writes);
    expect(erased).not.toHaveBeenCalled();
  });

  test("is found again after a restart, is carried on, and the older one is never used for it", () => {
    const { device, m } = equipped(100, flash);
    expect(open(m, device)).toMatchObject({ slot: 0, count: 84 });
    device.paid.count = 110;
    expect(open(m, device)).toMatchObject({ slot: 0, count: 84 });
    finish(m, device);
    expect(open(m, device)).toMatchObject({ slot: 1, count: 94 });
    expect(finish(m, device)).toBe(1);
  });

  test("cut anywhere while it is carried on, it is whole in the end and no decode is led astray", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1200 }), { maxLength: 4 }), fc.nat(1 << 20), (cuts, noise) => {
        const { device, m } = equipped(60, flash);
        device.paid.count = 70;
        for (const slices of cuts) {
          finish(m, device, slices);
          // What was being written when the power went is torn.
          const torn = AT + (noise % (2 * SLOT));
          m.bytes[torn] = flash ? m.bytes[torn] & noise : noise;
          const { token } = encode({ ...DEMO, kind: "add", value: noise % 996, count: 70 });
          expect(device.walk(token).result).toBe("VALID");
        }
        // A cell that a cut made unwritable is found when all is written, and the slot is begun anew.
        for (let tries = 0; open(m, device).count < 54 && tries < 3; tries++) finish(m, device);
        expect(open(m, device).count).toBe(54);
      }),
      { numRuns: 40, seed: 20261122 },
    );
  });

  test("is wiped when a sync lowers the count below what it holds", () => {
    const { device, m } = equipped(100, flash);
    const ahead = encode({ ...DEMO, kind: "add", value: 7, count: 162, exact: true }).token;
    expect(device.enter(ahead, NOW).result).toBe("valid");
    finish(m, device);
    const t = open(m, device);
    expect(t.count).toBe(162 - PAST);
    expect(device.enter(encode({ ...DEMO, kind: "sync", count: 130, exact: true }).token, NOW).count).toBe(130);
    // Until it is wiped, nothing is taken from it: it may lie beyond a token that is good again.
    expect(device.enter(encode({ ...DEMO, kind: "add", value: 7, count: 130 }).token, NOW).count).toBe(132);
    expect(device.hashes).toBe(132);
    const codes = Buffer.from(m.bytes.slice(AT + t.slot * SLOT, AT + t.slot * SLOT + 8 * 996));
    // The slot before last is whole, and not too late: it is gone back to, and carried on.
    finish(m, device);
    expect(open(m, device).count).toBe(100 - PAST);
    finish(m, device);
    expect(open(m, device).count).toBe(132 - PAST);
    for (let at = 0; at < codes.length; at += 8)
      expect(Buffer.from(m.bytes).includes(codes.subarray(at, at + 8))).toBe(false);
  });
});

test("is, cell by cell, what the factory's tool computes on its own", () => {
  const { m } = equipped(77, false);
  for (const line of tableCommands({ ...DEMO, count: 77 })) {
    const [, at, hex] = line.split(";");
    expect(line.length).toBeLessThanOrEqual(128);
    expect(Buffer.from(m.bytes.subarray(AT + +at, AT + +at + hex.length / 2)).toString("hex")).toBe(hex);
  }
  expect(tableCommands({ ...DEMO, count: PAST })).toEqual([]);
});

test("holds no code of the value 999, and none of a count that may still be accepted", () => {
  const { device, m } = equipped(80, false);
  const stored = new Set<number>();
  for (let at = AT; at < m.bytes.length; at += 8) stored.add(Buffer.from(m.bytes).readUInt32LE(at));
  for (const kind of ["sync", "add", "set", "disable"] as const)
    for (let count = 80 - PAST + 1; count < 180; count++) {
      if ((kind === "add" && count % 2) || (kind === "set" && count % 2 === 0)) continue;
      const special = kind === "sync" || kind === "disable";
      const { token } = encode({ ...DEMO, kind, count, exact: true, ...(special ? {} : { value: 7 }) });
      const fresh = new Decoder({ ...DEMO, count: 80 });
      if (fresh.enter(token, NOW).result !== "valid") continue;
      expect(stored).not.toContain(fresh.walk(token).code);
    }
  expect(device.paid.count).toBe(80);
  // The same for a sync to a count that the table is at.
  for (let count = 20; count <= 80; count++) {
    const { token } = encode({ ...DEMO, kind: "sync", count, exact: true });
    const walk = new Decoder({ ...DEMO, count: 80 }).walk(token);
    if (walk.result === "VALID") expect(stored).not.toContain(walk.code);
  }
});

describe("who can write the memory gains nothing", () => {
  const used = (device: Decoder) => {
    const { token } = encode({ ...DEMO, kind: "set", value: 30, count: device.paid.count });
    expect(device.enter(token, NOW).result).toBe("valid");
    return token;
  };
  /** Tampers with the memory; then neither a used token nor one of another value is any good, and a bought one is. */
  const attack = (tamper: (bytes: Uint8Array, device: Decoder) => void) => {
    const { device, m } = equipped(100, false);
    const token = used(device);
    tamper(m.bytes, device);
    expect(device.enter(token, NOW).result).toBe("used");
    const { token: bought } = encode({ ...DEMO, kind: "set", value: 30, count: device.paid.count });
    expect(device.enter(bought, NOW).result).toBe("valid");
  };
  const cell = (value: number) => AT + value * 8;

  test("with a cell of another value", () => attack((bytes) => bytes.copyWithin(cell(30), cell(31), cell(32))));

  test("with a cell of another count: a chain moved on by two", () =>
    attack((bytes) => {
      const later = equipped(102, false).m.bytes;
      bytes.set(later.subarray(cell(30), cell(31)), cell(30));
    }));

  test("with the code of another count, under the old seal", () =>
    attack((bytes) => {
      const later = equipped(102, false).m.bytes;
      bytes.set(later.subarray(cell(30), cell(30) + 4), cell(30));
    }));

  test("with the whole table of a later count", () => attack((bytes) => bytes.set(equipped(140, false).m.bytes)));

  test("with an older table put back", () => attack((bytes) => bytes.set(equipped(60, false).m.bytes)));

  test("with the table of another device", () => attack((bytes) => bytes.set(equipped(100, false, OTHER).m.bytes)));

  test("with another count in the marks of a slot", () =>
    attack((bytes) => {
      for (const mark of [BEGUN, WHOLE]) new DataView(bytes.buffer).setUint32(AT + mark * 8, 86, true);
    }));

  test("with random bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) =>
        attack((bytes) => {
          for (let i = AT, x = seed; i < bytes.length; i++) {
            x = (Math.imul(x, 1103515245) + 12345) >>> 0;
            bytes[i] = x >>> 16;
          }
        }),
      ),
      { numRuns: 20, seed: 20261122 },
    );
  });
});

test.each(vectors("token-scenarios.jsonl").slice(0, 12))(
  "device $id of the scenarios does what the vectors say with tables stale, half-built and late",
  (scenario) => {
    const device = new Decoder({ ...scenario, restricted: scenario.restrictedDigits });
    const model = new DeviceModel({ ...scenario, restricted: scenario.restrictedDigits });
    const m = memory(scenario.id % 2 === 0);
    device.skip = (walk) => skipToTable(walk, device.paid, open(m, device));
    scenario.steps.forEach(({ at, token, result, kind, value, count }: any, i: number) => {
      finish(m, device, [1, 30, 900, Infinity][i % 4]);
      expect({ at, token, ...device.enter(token, at) }).toEqual({ at, token, result, kind, value, count });
      model.enter(token, at);
    });
  },
);
