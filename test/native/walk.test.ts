import fc from "fast-check";
import { encode } from "../../bench/encode";
import { nativeCall } from "../../bench/native";
import { nothingPaid } from "../../firmware/credit/credit";
import { skipTo, startWalk, stepWalk, type Unit, type Walk } from "../../firmware/token/decode";
import type { Hal } from "../../hal/hal";

type Call = (offset: number, signature: string, code: string) => unknown;

/** Loads hal/espruino/native.ts beside an interpreter whose calls of machine code are `call`, and asks for the walk. */
function load(call: Call | undefined, address = 4): Hal["walk"] {
  let walk: Hal["walk"];
  const getAddressOf = (array: Uint32Array) => {
    data = array;
    return address;
  };
  Object.assign(globalThis, { E: { getAddressOf, nativeCall: call } });
  jest.isolateModules(() => {
    walk = require("../../hal/espruino/native").native();
  });
  return walk;
}

/** The array whose address was asked for. */
let data: Uint32Array;

/** As a board does it, on the bench's processor; `after` may spoil what came out. */
const calls =
  (after = (result: number) => result): Call =>
  (offset, _signature, code) =>
  (_address: number, number: number) =>
    after(nativeCall(Buffer.from(code, "latin1"), offset, new Uint8Array(data.buffer), number).result);

/** A decode, in slices. */
function decode(
  unit: Unit,
  count: number,
  token: string,
  hashes: number,
  native?: Hal["walk"],
  from?: [number, number],
) {
  const counts = nothingPaid(count);
  const walk = startWalk(unit, counts, token);
  if (from) skipTo(walk, counts, ...from);
  let slices = 0;
  for (; !walk.result; slices++) stepWalk(walk, unit, counts, hashes, native);
  const { result, value, extended } = walk;
  return { result, value, extended, count: result === "VALID" ? walk.count : 0, slices };
}

const words = (key: string) => [0, 8, 16, 24].map((at) => Buffer.from(key, "hex").readInt32LE(at / 2));

/** A unit at some count, and a token for it: often one that fits, near to where the unit is. */
const entries = fc
  .record({
    key: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex")),
    startingCode: fc.integer({ min: 1, max: 999999999 }),
    count: fc.integer({ min: 1, max: 120 }),
    ahead: fc.integer({ min: -80, max: 104 }),
    kind: fc.constantFrom("add" as const, "set" as const, "sync" as const, "disable" as const, "extended-set" as const),
    value: fc.integer({ min: 0, max: 995 }),
    damaged: fc.integer({ min: 0, max: 30 }),
    checkpoint: fc.integer({ min: 1, max: 120 }),
  })
  .map(({ key, startingCode, count, ahead, kind, value, damaged, checkpoint }) => {
    const odd = kind === "add" ? 0 : 1;
    const own = Math.max(1 + (1 - odd), Math.floor((count + ahead) / 2) * 2 + odd);
    const request = kind === "sync" || kind === "disable" ? { kind } : { kind, value };
    const unit: Unit = { serial: "A1", key: words(key), startingCode, timeDivider: 1, restricted: 0 };
    let { token } = encode({ key, startingCode, ...request, count: own, exact: true });
    if (damaged < 9) token = token.slice(0, damaged) + ((Number(token[damaged]) + 1) % 10) + token.slice(damaged + 1);
    return { unit, count, token, checkpoint };
  });

/** Leaves another code behind than the one it came to. */
const spoil = (taken: number) => {
  data[4] ^= 1;
  return taken;
};

const shown = ({ slices, ...rest }: ReturnType<typeof decode>) => rest;

test("a board that runs machine code decodes as one that does not, in slices of any length", () => {
  const native = load(calls())!;
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 300 }), ({ unit, count, token }, hashes) => {
      const plain = decode(unit, count, token, 4);
      expect(shown(decode(unit, count, token, hashes, native))).toEqual(shown(plain));
    }),
    { numRuns: 300, seed: 20261122 },
  );
});

test("a whole decode at count 643 is one slice", () => {
  const native = load(calls())!;
  const unit: Unit = { serial: "A1", key: [1, -2, 3, -4], startingCode: 123456789, timeDivider: 1, restricted: 0 };
  expect(decode(unit, 643, "111111111", 1024, native)).toMatchObject({ result: "INVALID", slices: 1 });
});

/** The code of a token's chain at a count. */
function codeAt(unit: Unit, token: string, count: number): number {
  const counts = nothingPaid(count);
  const walk: Walk = { ...startWalk(unit, counts, token), least: 1e12 };
  stepWalk(walk, unit, counts, count);
  return walk.code;
}

test("it may begin at a known code, as the plain walk does", () => {
  const native = load(calls())!;
  fc.assert(
    fc.property(entries, ({ unit, count, token, checkpoint }) => {
      const from: [number, number] = [checkpoint, codeAt(unit, token, checkpoint)];
      expect(shown(decode(unit, count, token, 50, native, from))).toEqual(shown(decode(unit, count, token, 4)));
    }),
    { numRuns: 300, seed: 20261122 },
  );
});

test.each([
  ["has no calls of machine code", () => load(undefined)],
  ["has no memory in one piece for the data", () => load(calls(), 0)],
  ["has no memory in one piece for the code", () => load(() => undefined)],
  ["counts wrongly", () => load(calls((taken) => (taken === 4 ? 3 : taken)))],
  ["finds what does not fit", () => load(calls((taken) => taken || 4))],
  ["does nothing", () => load(() => () => 4)],
  ["leaves another code", () => load(calls(spoil))],
  ["knows the codes of nine digits only", () => load(calls((taken) => (data[8] === 1000 ? taken : 0)))],
])("an interpreter that %s falls back to JavaScript", (_what, walk) => {
  expect(walk()).toBeUndefined();
});
