import fc from "fast-check";
import { DEMO } from "../../bench/demo-unit";
import { encode, type Kind } from "../../bench/encode";
import { DeviceModel, vectors } from "./oracle";

test.each(vectors("token-scenarios.jsonl"))("scenario $id is reproduced", (scenario) => {
  const device = new DeviceModel({ ...scenario, restricted: scenario.restrictedDigits });
  const steps = scenario.steps.map(({ at, token }: any) => ({
    at,
    token,
    ...device.enter(token, at),
    unlocked: device.unlocked,
    secondsLeft: device.secondsLeft(at),
  }));
  expect(steps).toEqual(scenario.steps);
});

test.each(vectors("certification.jsonl"))("the $procedure procedure is reproduced", (procedure) => {
  const device = new DeviceModel(procedure);
  let now = 1702246400;
  for (const step of procedure.steps) {
    now += step.wait;
    const { result, kind } = device.enter(step.token, now);
    const left = device.secondsLeft(now);
    const daysLeft = left === null ? "unlimited" : left / 86400;
    expect({ ...step, result, kind, daysLeft, active: daysLeft !== 0 }).toEqual(step);
  }
});

const commands = ["disable", "sync"];
const make = (kind: Kind, count: number, value = 1) =>
  encode({ ...DEMO, kind, count, value: commands.includes(kind) ? undefined : value, exact: true }).token;

// What the vectors do not reach: each line is one device, its first count, and what it answers entry by entry (kind, count, answer, value).
test.each([
  ["add: the last 16 counts", 1, "add 40 valid, add 24 used, add 26 valid, add 26 used"],
  ["set and disable: never older", 1, "add 40 valid, set 39 used, extended-set 39 used, disable 38 used"],
  ["forward: 64 counts", 1, "add 66 invalid, set 65 valid, disable 130 invalid"],
  ["sync: 100 counts forward", 1, "sync 102 invalid, sync 101 valid, add 100 used"],
  ["sync: less than 64 counts back", 1, "add 62 valid, add 124 valid, sync 60 used, sync 61 valid"],
  [
    "sync lowers the count",
    1,
    "add 62 valid, add 124 valid, sync 61 valid, add 126 invalid, add 60 used, add 64 valid",
  ],
  ["used marks above a sync stay", 1, "add 62 valid, add 124 valid, sync 61 valid, add 124 used, add 62 used"],
  ["what was used before set-up", 100, "add 90 used, sync 40 used, sync 100 used"],
  ["extended shares the counts", 1, "extended-add 20 valid, add 20 used, add 18 valid, extended-add 18 used"],
  ["extended at an odd count", 1, "extended-set 21 valid, add 20 used, extended-set 19 used"],
  ["extended has no reserved values", 1, "extended-add 2 valid 996, extended-set 3 valid 999"],
  ["the last count of all", 65500, "set 65535 valid, set 65535 used"],
])("%s", (_, count, entries) => {
  const device = new DeviceModel({ ...DEMO, count });
  for (const entry of entries.split(", ")) {
    const [kind, at, result, value] = entry.split(" ");
    expect([entry, device.enter(make(kind as Kind, Number(at), value ? Number(value) : 1), 0).result]).toEqual([
      entry,
      result,
    ]);
  }
});

test("a token that stands at two counts takes the lower one first", () => {
  const token = make("add", 16, 816);
  expect(make("add", 40, 816)).toBe(token);
  const device = new DeviceModel(DEMO);
  expect([0, 0, 0].map(() => device.enter(token, 0).count)).toEqual([16, 40, null]);
});

test("seconds are rounded down once, after the units are summed up", () => {
  const device = new DeviceModel({ ...DEMO, timeDivider: 7 });
  const after = [1, 6, 7].map((units, i) => {
    device.enter(make("set", 3 + 2 * i, units), 0);
    return device.secondsLeft(0);
  });
  expect(after).toEqual([12342, 74057, 86400]);
});

test("not a token by its form", () => {
  const [plain, inFours] = [false, true].map((restricted) => new DeviceModel({ ...DEMO, restricted }));
  for (const text of ["", "12345678", "1234567890", "12345678a", "1234567890123", "111111111111111"])
    expect(plain.enter(text, 0).result).toBe("invalid");
  for (const text of ["123412341", "123412341234125", "12341234123412341230", "1".repeat(16)])
    expect(inFours.enter(text, 0).result).toBe("invalid");
});

test("no count is accepted twice, whatever is entered", () => {
  const kinds = fc.constantFrom<Kind>("add", "set", "disable", "sync", "extended-add", "extended-set");
  const walk = fc.property(
    fc.array(fc.tuple(kinds, fc.integer({ min: -80, max: 110 })), { maxLength: 80 }),
    (steps) => {
      const device = new DeviceModel(DEMO);
      const accepted: number[] = [];
      for (const [kind, distance] of steps) {
        const near = Math.max(1, device.count + distance);
        const odd = kind === "set" || kind === "extended-set";
        const count = commands.includes(kind) || near % 2 === Number(odd) ? near : near + 1;
        const { count: taken } = device.enter(make(kind, count), 0);
        if (taken !== null) accepted.push(taken);
      }
      expect(new Set(accepted).size).toBe(accepted.length);
    },
  );
  fc.assert(walk, { numRuns: 30 });
});
