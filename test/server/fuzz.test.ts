/** Whatever comes, the server answers with 2xx or 4xx in one sentence, and goes on. */
import fc from "fast-check";
import { writeCbor } from "../../bench/server/cbor";
import { fromPlain } from "../../bench/server/json";
import { desk, NOW, send, sign, UNIT } from "./desk";

const server = desk({ units: [UNIT, { serial: "J", jwt: true }] });
const headers = { authorization: `Bearer ${server.jwt("J")}` };
let count = 0;

function fine(body: unknown, options: object = {}): void {
  const { status, value } = send(server, body, options);
  if (!(status === 201 || status === 200 || (status >= 400 && status < 500 && /^[A-Z].*\.$/.test(value.error))))
    throw new Error(`${status} ${JSON.stringify(value)}: ${JSON.stringify(server.events)}`);
}

afterAll(() => {
  expect(send(server, sign({ sn: UNIT.serial, ts: NOW, d: {} })).status).toBe(201);
});

test("random bytes, as JSON and as CBOR, to every path", () => {
  const path = fc.constantFrom("/dd", "/device_data", "/data_format", "/log", "/", "//", "/dd?from_datetime=%", "");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), path, (bytes, cbor, path) => {
      fine(bytes, { cbor, path });
    }),
    { numRuns: 3000 },
  );
});

test("random methods, paths and headers", () => {
  const header = fc.dictionary(fc.constantFrom("content-type", "authorization", "Content-Type", "x"), fc.string());
  fc.assert(
    fc.property(fc.constantFrom("GET", "POST", "PUT", "x y"), fc.string(), header, (method, rest, headers) => {
      fine("{}", { method, path: `/dd?${rest}`, headers });
      fine("{}", { method, path: rest, headers });
    }),
    { numRuns: 1000 },
  );
});

test("random values in every field of a request whose sender is known", () => {
  const mostly = <T>(good: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 5, arbitrary: good }, { weight: 1, arbitrary: anything });
  const anything: fc.Arbitrary<unknown> = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(0, 1, -1, 1e300, 2 ** 53, "", [], {}, [[]], [{}]),
  );
  const row = fc.oneof(
    fc.record({ timestamp: fc.integer(), "0": anything }),
    anything,
    fc.record({ timestamp: anything, relative_time: anything, "0": anything }, { requiredKeys: [] }),
    fc.array(anything, { maxLength: 5 }),
  );
  const format = fc.oneof(
    anything,
    fc.record(
      {
        data_order: fc.oneof(anything, fc.array(fc.string())),
        historical_data_order: fc.constant(["a", "relative_time", "timestamp"]),
        historical_data_interval: fc.oneof(anything, fc.integer()),
        variables: fc.oneof(anything, fc.dictionary(fc.string(), anything)),
      },
      { requiredKeys: [] },
    ),
  );
  const request = fc.record(
    {
      ts: mostly(fc.constant(0)),
      d: mostly(fc.dictionary(fc.string(), anything)),
      hd: mostly(fc.array(row, { maxLength: 3 })),
      df: mostly(fc.constant(12)),
      dct: mostly(fc.nat()),
      acc: fc.array(anything),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(request, fc.option(format), fc.boolean(), (body, dfo, cbor) => {
      const whole = { sn: "J", rc: ++count, ...body, ...(dfo !== null && { dfo }) };
      let bytes: Uint8Array;
      try {
        bytes = cbor ? writeCbor(fromPlain(whole)) : Buffer.from(JSON.stringify(whole));
      } catch {
        return; // Nested deeper than the encoder of this test goes.
      }
      fine(bytes, { headers, cbor });
      fine(JSON.stringify(dfo), { path: "/data_format" });
    }),
    { numRuns: 3000 },
  );
  expect(server.read(undefined, undefined, "J").length).toBeGreaterThan(50);
});

test("a good request that was damaged", () => {
  const good = sign({ sn: UNIT.serial, df: 12, ts: NOW - 9, d: [1, 0, "1.2.3"], hd: [[1, 2], { "0": 5 }] });
  const forms = [Buffer.from(JSON.stringify(good)), Buffer.from(writeCbor(fromPlain(good)))];
  const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.boolean(), damage, (cbor, damages) => {
      let bytes = Buffer.from(forms[Number(cbor)]);
      for (const { at, byte, cut } of damages)
        if (cut) bytes = bytes.subarray(0, at % (bytes.length + 1));
        else if (bytes.length) bytes[at % bytes.length] = byte;
      if (!bytes.equals(forms[Number(cbor)])) fine(bytes, { cbor });
    }),
    { numRuns: 3000 },
  );
});
