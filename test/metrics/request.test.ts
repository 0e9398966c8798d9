import { decode } from "cbor-x";
import fc from "fast-check";
import { type Ask, report } from "../../firmware/metrics/report.overlay";
import type { Value } from "../../firmware/metrics/values";
import { asking, body, formatOf, inPieces, KEY, prepare, readAll, SERVER } from "./asking";
import { EXAMPLE, requestsOf } from "./configurations";
import { authOf, receive, rowsOf } from "./model";
import { askOf, requests } from "./vectors";

/** The JSON that a gateway makes of a CBOR body. */
function reEmitted(text: string): string {
  return JSON.stringify(decode(Buffer.from(text, "latin1")), (_, v) => (typeof v === "bigint" ? Number(v) : v));
}

const NOW = 1611583070;
const ORDER = ["panel_voltage", "battery_voltage", "panel_current", "usb_current", "overload_alert", "relative_time"];
const FORMAT = { data_order: ["token_count"], historical_data_order: ORDER, historical_data_interval: -60 };

/** A condensed request with these rows, oldest first, and what a server reads in it. */
function condensed(rows: (Value[] | undefined)[], changes: Partial<Ask> = {}) {
  const ask = asking(rows, {
    now: NOW,
    timestamp: NOW,
    columns: 5,
    format: inPieces(JSON.stringify(FORMAT)),
    ...changes,
  });
  const text = body(ask);
  return { text, hd: JSON.parse(text).hd };
}

test.each(requests.map((vector, i) => [`${i} ${vector.method}`, vector] as const))(
  "the published library made the same request: %s",
  (_, vector) => {
    const { sn, ts, rc, df, d, hd } = vector.request;
    expect(body(askOf(vector))).toBe(JSON.stringify({ sn, ts, rc, df, d, hd, a: vector.auth }));
  },
);

test("any request's auth and rows are what the specification makes of them, in JSON as in CBOR", () => {
  fc.assert(
    fc.property(requestsOf(), ({ ask, key, rows }) => {
      const text = body(ask);
      const { type } = prepare(ask).letter();
      const cbor = type === "application/cbor";
      const object = JSON.parse(cbor ? reEmitted(text) : text);
      const r = receive(object);
      const format = JSON.parse(formatOf(ask));
      const method = ask.server.auth;
      if (method === "jwt") expect(r.auth).toBeUndefined();
      else expect(r.auth).toBe(authOf(key, r, method, ask.server.padded));
      expect(r.serial_number).toBe(ask.unit.serial);
      expect([r.timestamp ?? 0, r.request_count ?? 0]).toEqual([ask.timestamp, ask.count]);
      if (ask.server.data_format_id)
        expect([r.data_format_id, r.data_format]).toEqual([ask.server.data_format_id, undefined]);
      else expect([r.data_format_id, r.data_format]).toEqual([undefined, format]);
      expect(r.accessories ?? []).toEqual(ask.accessories.map((one) => JSON.parse(one)));
      const data = Object.entries<any>(r.data ?? {}).map(([name, value]) => [
        ask.server.simple ? name : format.data_order[Number(name)],
        value ?? undefined,
      ]);
      const expected = format.data_order.map((name: string, i: number) => [name, ask.data[i]]);
      expect(data.filter(([, value]) => value !== undefined)).toEqual(
        expected.filter(([, value]: [string, Value]) => value !== undefined),
      );
      const there = rows.filter((row) => row !== undefined);
      const sent = rowsOf(r, format, ask.now);
      expect(ask.interval < 0 ? sent.reverse() : sent).toEqual(
        there.map(([time, ...values]) => ({
          time,
          values: Object.fromEntries(
            values.map((v, i) => [format.historical_data_order[i], v]).filter(([, v]) => v !== undefined),
          ),
        })),
      );
      // What is left out, empty or null is not sent, and JSON has neither spaces nor characters to be escaped.
      expect(Object.values(object)).not.toContainEqual([]);
      expect(Object.values(object)).not.toContainEqual({});
      if (!cbor) expect(text).toBe(JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 600 },
  );
});

test("the specification's example, 30 updates of 5 metrics and 2 alarms, takes 625 bytes of JSON and 325 of CBOR", () => {
  const json = body(EXAMPLE("json"));
  const cbor = body(EXAMPLE("cbor"));
  expect(json.length).toBeLessThanOrEqual(625);
  expect(cbor.length).toBeLessThanOrEqual(325);
  expect(reEmitted(cbor)).toBe(json);
});

describe("rows", () => {
  test("end at their last value", () => {
    expect(condensed([[NOW, 1, 2, undefined, undefined, undefined]]).hd).toEqual([[1, 2]]);
  });

  test("on the interval carry no time, newest first", () => {
    expect(
      condensed(
        [
          [NOW - 60, 1],
          [NOW, 2],
        ].map(full),
      ).hd,
    ).toEqual([[2], [1]]);
  });

  test("on a positive interval go oldest first, the first one dated from the request", () => {
    const { hd } = condensed(
      [
        [NOW - 120, 1],
        [NOW - 60, 2],
        [NOW, 3],
      ].map(full),
      { interval: 60 },
    );
    expect(hd).toEqual([{ 0: 1, 5: -120 }, [2], [3]]);
  });

  test("off the interval carry the time since the one before", () => {
    const { hd } = condensed(
      [
        [NOW - 150, 1],
        [NOW - 60, 2],
        [NOW - 5, 3],
      ].map(full),
    );
    expect(hd).toEqual([
      { 0: 3, 5: -5 },
      { 0: 2, 5: -55 },
      { 0: 1, 5: -90 },
    ]);
  });

  test("without an interval carry it all, oldest first", () => {
    const { hd } = condensed(
      [
        [NOW - 60, 1],
        [NOW, 2],
        [NOW, 3],
      ].map(full),
      { interval: 0 },
    );
    expect(hd).toEqual([
      { 0: 1, 5: -60 },
      { 0: 2, 5: 60 },
      { 0: 3, 5: 0 },
    ]);
  });

  test("of an alarm alone are objects by index, ascending; with as much else they are arrays", () => {
    expect(condensed([[NOW, undefined, undefined, undefined, undefined, 1]]).text).toContain('"hd":[{"4":1}]');
    expect(condensed([[NOW, 1, 2, undefined, 3, 1]]).text).toContain('"hd":[[1,2,null,3,1]]');
  });

  test("that are lost are passed over, and the time goes on from the one before", () => {
    const { hd } = condensed([[NOW - 120, 1, 1, 1, 1, 1], undefined, [NOW, 2, 2, 2, 2, 2]]);
    expect(hd).toEqual([
      [2, 2, 2, 2, 2],
      [1, 1, 1, 1, 1, -120],
    ]);
  });

  test("none at all leaves historical data out", () => {
    expect(condensed([]).text).not.toContain("hd");
    expect(condensed([undefined, undefined]).text).not.toContain("hd");
  });
});

/** A row with undefined for the columns that it does not have. */
function full([time, ...values]: Value[]): Value[] {
  return [time, ...Array.from({ length: 5 }, (_, i) => values[i])];
}

describe("accessories", () => {
  const other = '{"sn":"TV1","df":7,"rc":3,"d":[1.50,{"x":" y "}],"a":"raabc"}';

  test("pass through unread, behind everything that is signed", () => {
    const text = body(asking([[NOW, 1]], { now: NOW, columns: 1, accessories: [other, other] }));
    expect(text).toContain(`,"acc":[${other},${other}]`);
  });

  test("make a CBOR request a JSON one, since their texts are signed as they are", () => {
    const server = { ...SERVER, encoding: "cbor" };
    const ask = (accessories: string[]) => asking([], { data: [1], server, accessories });
    expect(prepare(ask([other])).letter().type).toBe("application/json");
    expect(prepare(ask([])).letter().type).toBe("application/cbor");
  });
});

describe("the transport is told", () => {
  const post = (changes: object) => prepare(asking([], { data: [1], server: { ...SERVER, ...changes } })).letter();

  test("the route of the form", () => {
    expect(post({}).url).toBe("https://server.example/m/dd");
    const simple = asking([], { server: { ...SERVER, simple: true } });
    expect(prepare(simple).letter().url).toBe("https://server.example/m/device_data");
  });

  test("a JWT instead of an auth", () => {
    expect(post({ auth: "jwt", jwt_key: "abc.def" }).authorization).toBe("Bearer abc.def");
    expect(post({ jwt_key: "abc.def" }).authorization).toBe("");
    expect(body(asking([], { data: [1], server: { ...SERVER, auth: "jwt" } }))).not.toContain('"a"');
  });

  test("the data format to register, with the JWT where there is one", () => {
    const format = `{"data_order":["${"x".repeat(200)}"]}`;
    const server = { ...SERVER, encoding: "cbor", jwt_key: "abc" };
    const q = report(asking([], { server, format: inPieces(format), timestamp: 0, count: 0 }), true);
    const { url, type, authorization, size } = q.letter();
    expect(q.step()).toBe(true);
    expect({ url, type, authorization, size }).toEqual({
      url: "https://server.example/m/data_format",
      type: "application/json",
      authorization: "Bearer abc",
      size: format.length,
    });
    expect(readAll(q)).toBe(format);
  });
});

describe("a request that would be too long", () => {
  const rows = Array.from({ length: 500 }, (_, i) => [NOW - 60 * (499 - i), 1000 + i, 1 - i, i, 12345, 1]);

  test.each([
    ["newest first", { interval: -60 }],
    ["oldest first", { interval: 60 }],
    ["in CBOR", { server: { ...SERVER, encoding: "cbor" } }],
    [
      "in the simple form",
      {
        server: { ...SERVER, simple: true },
        format: inPieces(JSON.stringify({ ...FORMAT, historical_data_order: ORDER })),
      },
    ],
  ])("is split %s: every row is offered once, the oldest first", (_, changes) => {
    const found: number[][] = [];
    let first = 1;
    for (let requests = 0; first <= rows.length && requests < 200; requests++) {
      const ask = asking(rows, { now: NOW, timestamp: NOW, columns: 5, first, most: 6000, data: [1], ...changes });
      const q = prepare(ask);
      expect(q.offered).toBeGreaterThan(first);
      const text = readAll(q);
      expect(text.length).toBeLessThanOrEqual(6000);
      const cbor = ask.server.encoding === "cbor";
      const r = receive(JSON.parse(cbor ? reEmitted(text) : text));
      const sent = rowsOf(r, { ...FORMAT, historical_data_interval: ask.interval }, NOW).map(({ time, values }) => [
        time,
        ...ORDER.slice(0, 5).map((n) => values[n]),
      ]);
      found.push(...(ask.interval < 0 ? sent.reverse() : sent));
      first = q.offered;
    }
    expect(found).toEqual(rows);
  });

  test("is not split below 4096 KB", () => {
    expect(prepare(asking(rows, { now: NOW, columns: 5 })).offered).toBe(501);
    const endless = { row: (number: number) => [NOW, number, 1, 1, 1, 1], columns: 5, next: 1e6, now: NOW };
    expect(report(asking([], endless), false).offered).toBeLessThan(4194304 / 24);
    expect(report(asking([], endless), false).offered).toBeGreaterThan(20000);
  });
});

describe("when the memory fails", () => {
  const rows = [1, 2, 3].map((i) => [NOW - 60 * (3 - i), i]);

  test("while it is hashed, there is nothing to send", () => {
    const row = () => {
      throw new Error("no acknowledge");
    };
    const q = prepare(asking(rows, { now: NOW, columns: 1, row }));
    expect(q.letter().size).toBe(0);
    expect(q.read()).toBe("");
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no acknowledge");
      },
    ],
    ["has lost a row", () => undefined],
    ["has another one", () => [NOW - 120, 1234]],
  ])("and %s while it is written, the end comes before the size is reached", (_, later) => {
    let calls = 0;
    const row = (number: number) => (++calls > 3 && number === 1 ? later() : rows[number - 1].slice());
    const q = prepare(asking(rows, { now: NOW, columns: 1, row }));
    const { size } = q.letter();
    expect(size).toBeGreaterThan(0);
    expect(readAll(q).length).toBeLessThan(size);
    expect(q.read()).toBe("");
  });
});

test("the hash is written with leading zeros only for a server that wants them", () => {
  const auths = (padded: boolean) =>
    Array.from({ length: 64 }, (_, count) => {
      const ask = asking([], { count: count + 1, timestamp: 0, server: { ...SERVER, auth: "ca", padded } });
      return JSON.parse(body(ask)).a as string;
    });
  const short = auths(false);
  expect(short.filter((auth) => auth.length < 18)).not.toEqual([]);
  expect(auths(true)).toEqual(short.map((auth) => `ca${auth.slice(2).padStart(16, "0")}`));
});

test("a serial with a quote and a backslash is escaped in the body, and hashed as it is", () => {
  const ask = asking([], { serial: 'A"1\\2', server: { ...SERVER, auth: "sa" } });
  const { sn, a } = JSON.parse(body(ask));
  expect(sn).toBe('A"1\\2');
  expect(a).toBe(authOf(KEY, { serial_number: sn }, "sa"));
});
