import fc from "fast-check";
import { DEMO } from "../../bench/demo-unit";
import {
  countOf,
  deriveStartingCode,
  encode,
  type Kind,
  nextCount,
  TokenError,
  type TokenRequest,
} from "../../bench/encode";
import { derivedStartingCode, read, vectors } from "./oracle";

const { key, startingCode } = DEMO;
const unit = { key, startingCode, count: 1 };

test("every token of the published library is made as it makes it", () => {
  for (const line of vectors("published-tokens.jsonl")) {
    const plain = { ADD_TIME: "add", SET_TIME: "set", DISABLE_PAYG: "disable", COUNTER_SYNC: "sync" }[
      line.token_type as string
    ];
    // The library gives the commands of the standard form an extended twin, which is a plain extended value.
    const kind = (line.extended_token ? `extended-${plain === "add" ? "add" : "set"}` : plain) as Kind;
    const command = { disable: 998, sync: 999 }[plain as string];
    const made = encode({
      key: line.key,
      startingCode: line.starting_code,
      count: line.count,
      kind,
      value: line.value_raw ?? (line.extended_token ? command : undefined),
      restricted: line.restricted_digit_set,
    });
    expect(made).toEqual({ token: line.token, count: line.new_count });
  }
});

test("the count of every token of the published library is found again, and of no other unit's", () => {
  for (const { key, starting_code, restricted_digit_set: restricted, token, new_count: count } of vectors(
    "published-tokens.jsonl",
  )) {
    const unit = { key, startingCode: starting_code, restricted };
    expect(countOf(unit, token, 0, 65535)).toBe(count);
    expect(countOf(unit, token, count, 20)).toBeUndefined();
    expect(countOf({ ...unit, key: "0".repeat(32) }, token, 0, 200)).toBeUndefined();
    expect(countOf({ ...unit, restricted: !restricted }, token, 0, 200)).toBeUndefined();
  }
});

test("every token that a scenario accepts is made at its count", () => {
  let made = 0;
  for (const { key, startingCode, restrictedDigits: restricted, steps } of vectors("token-scenarios.jsonl")) {
    for (const { token, result, kind: read, count, value } of steps) {
      if (result !== "valid") continue;
      const kind: Kind = read === "extended" ? (count % 2 ? "extended-set" : "extended-add") : read;
      const request = { key, startingCode, restricted, kind, value: value ?? undefined, count, exact: true };
      expect(encode(request)).toEqual({ token, count });
      made++;
    }
  }
  expect(made).toBeGreaterThan(500);
});

test("the tokens of the certification procedures are made from what they do", () => {
  for (const { steps, ...device } of vectors("certification.jsonl")) {
    for (const { token, result, kind } of steps) {
      if (result !== "valid") continue;
      const found = read(device.key, device.startingCode, token, false)!;
      const count = Array.from({ length: 1000 }, (_, at) => at).find((at) => at > 0 && found.isAt(at))!;
      const value = found.value <= 995 ? found.value : undefined;
      expect(encode({ ...device, kind, value, count, exact: true })).toEqual({ token, count });
    }
  }
});

const kinds = fc.constantFrom<Kind>("add", "set", "disable", "sync", "extended-add", "extended-set");

test("walking the chain finds the value and the count of any token", () => {
  const request = fc.record({
    key: fc.stringMatching(/^[0-9a-fA-F]{32}$/),
    startingCode: fc.option(fc.integer({ min: 0, max: 999999999 }), { nil: undefined }),
    count: fc.integer({ min: 0, max: 300 }),
    kind: kinds,
    restricted: fc.boolean(),
  });
  const run = fc.property(request, fc.nat(999999), (base, random) => {
    const extended = base.kind.startsWith("extended");
    const command = { disable: 998, sync: 999 }[base.kind as string];
    const value = extended ? random : random % 996;
    const { token, count } = encode({ ...base, value: command ? undefined : value });
    expect(count).toBe(nextCount(base.count, base.kind));
    expect(token).toHaveLength(base.restricted ? (extended ? 20 : 15) : extended ? 12 : 9);
    const code = base.startingCode ?? derivedStartingCode(base.key);
    const found = read(base.key, code, token, base.restricted)!;
    expect(found.value).toBe(command ?? value);
    expect(found.isAt(count)).toBe(true);
  });
  fc.assert(run, { numRuns: 300 });
});

test("the starting code left out comes from the key", () => {
  expect(deriveStartingCode(key)).toBe(derivedStartingCode(key));
  const request: TokenRequest = { key, count: 1, kind: "add", value: 30 };
  expect(encode(request)).toEqual(encode({ ...request, startingCode: deriveStartingCode(key) }));
});

test.each([
  ["add", 0, 2],
  ["add", 1, 2],
  ["add", 2, 4],
  ["set", 0, 1],
  ["set", 1, 3],
  ["set", 2, 3],
  ["disable", 1, 3],
  ["sync", 2, 3],
  ["extended-add", 65533, 65534],
  ["extended-set", 65534, 65535],
] as [Kind, number, number][])("the next count of %s after %i is %i", (kind, count, next) => {
  expect(nextCount(count, kind)).toBe(next);
});

test.each([
  [30, 1, 30],
  [1.5, 2, 3],
  [1 / 3, 3, 1],
  [0.0416667, 24, 1],
  [995 / 255, 255, 995],
  [0, 7, 0],
])("%d days at a divider of %i are %i units", (days, timeDivider, value) => {
  const make = (what: object) => encode({ ...unit, kind: "set", ...what });
  expect(make({ days, timeDivider })).toEqual(make({ value }));
});

test("a command token can be made at either parity", () => {
  for (const kind of ["disable", "sync"] as const)
    for (const count of [6, 7]) expect(encode({ ...unit, kind, count, exact: true }).count).toBe(count);
});

const LONG = "0123456789abcdef0123456789abcdef0";
test.each<[string, object, string]>([
  ["key", { key: LONG }, "The key is not 32 hexadecimal digits."],
  ["key", { key: "x".repeat(32) }, "The key is not 32 hexadecimal digits."],
  ["key", { key: "" }, "The key is not 32 hexadecimal digits."],
  ["startingCode", { startingCode: -1 }, "The starting code is not a whole number from 0 to 999999999."],
  ["startingCode", { startingCode: 1e9 }, "The starting code is not a whole number from 0 to 999999999."],
  ["startingCode", { startingCode: Number.NaN }, "The starting code is not a whole number from 0 to 999999999."],
  ["kind", { kind: "toString" }, "The kind is none of add, set, disable, sync, extended-add, extended-set."],
  ["timeDivider", { timeDivider: 0 }, "The time divider is not a whole number from 1 to 255."],
  ["timeDivider", { timeDivider: 256 }, "The time divider is not a whole number from 1 to 255."],
  ["value", { value: 996 }, "The value is outside 0 to 995 units."],
  ["value", { value: -1 }, "The value is outside 0 to 995 units."],
  ["value", { value: 0.5 }, "The value is not a whole number of units."],
  ["value", { value: Number.NaN }, "The value is not a number."],
  ["value", { value: undefined }, "A token of the kind add needs either a value or days."],
  ["value", { days: 1 }, "A token of the kind add needs either a value or days."],
  ["value", { kind: "extended-set", value: 1000000 }, "The value is outside 0 to 999999 units."],
  ["value", { kind: "sync" }, "A token of the kind sync carries no value."],
  ["value", { kind: "disable", value: undefined, days: 1 }, "A token of the kind disable carries no value."],
  ["days", { kind: "extended-add", value: undefined, days: 1 }, "An extended token carries a value, not days."],
  ["days", { value: undefined, days: Number.NaN }, "The number of days is not a number."],
  [
    "days",
    { value: undefined, days: 0.5, timeDivider: 3 },
    "The days times the time divider of 3 is not a whole number of units.",
  ],
  [
    "days",
    { value: undefined, days: 42, timeDivider: 24 },
    "The days times the time divider of 24 is outside 0 to 995 units.",
  ],
  ["count", { count: -1 }, "The count is not a whole number from 0 to 65535."],
  ["count", { count: 65536 }, "The count is not a whole number from 0 to 65535."],
  ["count", { count: 1.5 }, "The count is not a whole number from 0 to 65535."],
  ["count", { count: 65534 }, "No count that fits is left after this one: 65535 is the last."],
  ["count", { count: 0, exact: true }, "The token's own count is not a whole number from 1 to 65535."],
  ["count", { count: 65536, exact: true }, "The token's own count is not a whole number from 1 to 65535."],
  ["count", { count: 3, exact: true }, "A token of the kind add needs a count that is even, and 3 is not."],
  ["count", { kind: "set", count: 2, exact: true }, "A token of the kind set needs a count that is odd, and 2 is not."],
])("refuses a bad %s in %j", (field, change, message) => {
  const make = () => encode({ ...unit, kind: "add", value: 1, ...change });
  expect(make).toThrow(new TokenError(field as any, message));
  expect(make).toThrow(expect.objectContaining({ field }));
});
