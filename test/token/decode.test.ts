import fc from "fast-check";
import { DEMO } from "../../bench/demo-unit";
import { encode, type Kind } from "../../bench/encode";
import { nothingPaid } from "../../firmware/credit/credit";
import { skipTo, startWalk, stepWalk } from "../../firmware/token/decode";
import { DeviceModel, vectors } from "../bench/oracle";
import { Decoder } from "./decoder";

const same = (device: Decoder, model: DeviceModel, token: string, now: number) => {
  expect({ token, ...device.enter(token, now) }).toEqual({ token, ...model.enter(token, now) });
  expect(device.paid.unlocked === 1).toBe(model.unlocked);
  if (!model.unlocked) expect(device.secondsLeft(now)).toBe(model.secondsLeft(now));
};

test.each(vectors("token-scenarios.jsonl"))("device $id of the scenarios does what the vectors say", (scenario) => {
  const device = new Decoder({ ...scenario, restricted: scenario.restrictedDigits });
  for (const { at, token, result, kind, value, count, unlocked, secondsLeft: left } of scenario.steps) {
    expect({ at, token, ...device.enter(token, at) }).toEqual({ at, token, result, kind, value, count });
    expect(device.paid.unlocked === 1).toBe(unlocked);
    if (!unlocked) expect(device.secondsLeft(at)).toBe(left);
  }
});

test.each(vectors("certification.jsonl"))("passes the published $procedure procedure", (procedure) => {
  const device = new Decoder(procedure);
  let now = 1702246400;
  for (const { step, wait, token, result, kind, daysLeft, active } of procedure.steps) {
    now += wait;
    expect({ step, ...device.enter(token, now) }).toMatchObject({ step, result, kind });
    expect({ step, active: device.paid.unlocked > 0 || device.secondsLeft(now) > 0 }).toEqual({ step, active });
    expect({ step, left: device.paid.unlocked ? "unlimited" : device.secondsLeft(now) / 86400 }).toEqual({
      step,
      left: daysLeft === "unlimited" ? daysLeft : expect.closeTo(daysLeft, 2),
    });
  }
});

test("reads every token that the published library made", () => {
  for (const line of vectors("published-tokens.jsonl")) {
    const device = new Decoder({
      key: line.key,
      startingCode: line.starting_code,
      count: Math.max(1, line.count),
      restricted: line.restricted_digit_set,
    });
    const { result, value, count, extended } = device.walk(line.token);
    expect({ token: line.token, result, count, extended }).toEqual({
      token: line.token,
      result: "VALID",
      count: line.new_count,
      extended: line.extended_token,
    });
    if (line.value_raw !== null && line.token_type !== "DISABLE_PAYG" && line.token_type !== "COUNTER_SYNC")
      expect({ token: line.token, value }).toEqual({ token: line.token, value: line.value_raw });
  }
});

/** One entry of a random story: what somebody types, relative to where the model's device is. */
const entry = fc.record({
  kind: fc.constantFrom<Kind>("add", "add", "add", "set", "disable", "sync", "sync", "extended-add", "extended-set"),
  value: fc.integer({ min: 0, max: 995 }),
  ahead: fc.oneof(fc.integer({ min: -70, max: 3 }), fc.integer({ min: -2, max: 5 }), fc.integer({ min: 60, max: 103 })),
  damage: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }) }),
  replay: fc.boolean(),
  wait: fc.integer({ min: 1, max: 90000 }),
});
const unit = fc.record({
  key: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex")),
  startingCode: fc.option(fc.integer({ min: 1, max: 999999999 }), { nil: undefined }),
  count: fc.integer({ min: 1, max: 90 }),
  timeDivider: fc.integer({ min: 1, max: 255 }),
  restricted: fc.boolean(),
});

test("agrees with the independent model on random lives, and never accepts a count twice", () => {
  fc.assert(
    fc.property(unit, fc.array(entry, { minLength: 5, maxLength: 25 }), (u, entries) => {
      const device = new Decoder(u);
      const model = new DeviceModel(u);
      const accepted = new Set<number>();
      const typed: string[] = [];
      let now = 1702246400;
      for (const { kind, value, ahead, damage, replay, wait } of entries) {
        const odd = kind.endsWith("set") || kind === "disable" || kind === "sync" ? 1 : 0;
        const count = Math.max(1, Math.floor((model.count + ahead) / 2) * 2 + odd) || 2;
        const kinds = kind === "disable" || kind === "sync" ? { kind } : { kind, value };
        let token = encode({ ...u, ...kinds, count: Math.max(count, odd ? 1 : 2), exact: true }).token;
        if (damage) token = token.slice(0, damage - 1) + ((+token[damage - 1] % 4) + 1) + token.slice(damage);
        if (replay && typed.length) token = typed[typed.length >> 1];
        typed.push(token);
        now += wait;
        const before = device.paid.count;
        const walk = device.walk(token);
        same(device, model, token, now);
        if (walk.result === "VALID") {
          expect(accepted).not.toContain(walk.count);
          accepted.add(walk.count);
        } else expect(device.paid.count).toBe(before);
      }
    }),
    { numRuns: 150, seed: 20261122 },
  );
});

test.each([
  ["", false],
  ["12345678", false],
  ["1234567890", false],
  ["12345678a", false],
  ["1234567 9", false],
  ["+12345678", false],
  ["123456789", true],
  ["111111111111110", true],
  ["111111111111115", true],
])("refuses %j (restricted digits: %s) without a hash", (text, restricted) => {
  const device = new Decoder({ ...DEMO, restricted });
  const walk = startWalk(device.unit, device.paid, text);
  expect(walk.result).toBe("INVALID");
});

test("a value that was bought before is found from where its last walk has been, whatever else was bought between", () => {
  const device = new Decoder({ ...DEMO, count: 640 });
  const buy = (value: number) => {
    const { token } = encode({ ...DEMO, kind: "add", value, count: device.paid.count });
    expect(device.enter(token, 1702246400).result).toBe("valid");
    return device.hashes;
  };
  expect(buy(7)).toBe(642);
  expect(buy(7)).toBe(644 - 624);
  expect(buy(30)).toBe(646);
  expect(buy(7)).toBeLessThan(24);
  expect(buy(30)).toBeLessThan(24);
  expect(buy(7)).toBeLessThan(24);
});

test("agrees with a decode that starts at the beginning, wherever it starts and whatever it finds", () => {
  const places = fc.record({ value: fc.integer({ min: 0, max: 999 }), back: fc.integer({ min: -5, max: 80 }) });
  const typed = fc.record({
    value: fc.option(fc.integer({ min: 0, max: 999 })),
    ahead: fc.integer({ min: -90, max: 70 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(places, { maxLength: 3 }), typed, (count, starts, what) => {
      const [whole, quick] = [new Decoder({ ...DEMO, count }), new Decoder({ ...DEMO, count })];
      const value = what.value ?? starts[0]?.value ?? 1;
      const at = Math.max(1, count + what.ahead);
      const kind = value === 999 ? "sync" : value === 998 ? "disable" : at % 2 ? "set" : "add";
      if (value === 996 || value === 997) return;
      const special = kind === "sync" || kind === "disable";
      const { token } = encode({ ...DEMO, kind, count: at, exact: true, ...(special ? {} : { value }) });
      whole.skip = () => {};
      quick.skip = (walk) => {
        for (const start of starts) {
          // The true code of the walk's own value at that count, wherever somebody may have kept it.
          if (start.value !== walk.value || count - start.back < 1) continue;
          const chain = startWalk(quick.unit, { ...quick.paid, count: 60000 }, token);
          while (chain.count < count - start.back) stepWalk(chain, quick.unit, { ...quick.paid, count: 60000 }, 1);
          skipTo(walk, quick.paid, chain.count, chain.code);
        }
      };
      expect(quick.enter(token, 1)).toEqual(whole.enter(token, 1));
      expect({ ...quick.paid, near: 0 }).toEqual({ ...whole.paid, near: 0 });
    }),
    { numRuns: 300, seed: 20261122 },
  );
});

test("a decode that is not driven on changes nothing, and can be begun again", () => {
  const device = new Decoder(DEMO);
  const { token } = encode({ ...DEMO, kind: "add", value: 30 });
  const walk = startWalk(device.unit, device.paid, token);
  stepWalk(walk, device.unit, device.paid, 1);
  expect(walk.result).toBe("");
  expect(device.paid).toEqual(nothingPaid(1));
  expect(device.enter(token, 1702246400).result).toBe("valid");
});

test("does four hashes a slice and no more", () => {
  const device = new Decoder({ ...DEMO, count: 60 });
  const walk = startWalk(device.unit, device.paid, encode({ ...DEMO, kind: "add", value: 1, count: 60 }).token);
  for (let slices = 1; slices <= 15; slices++) {
    stepWalk(walk, device.unit, device.paid, 4);
    expect(walk.count).toBe(4 * slices);
    expect(walk.result).toBe("");
  }
});

test("does not wrap at the last count", () => {
  const device = new Decoder({ ...DEMO, count: 65530 });
  expect(startWalk(device.unit, device.paid, "123456789").top).toBe(65535);
});
