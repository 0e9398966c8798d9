/** What a device, and the person who tests it, may expect of the server. */
import { encode } from "../../bench/encode";
import { writeCbor } from "../../bench/server/cbor";
import { fromPlain, readJson } from "../../bench/server/json";
import { createServer, LARGEST } from "../../bench/server/server";
import { requestAuth } from "../../bench/server/sign";
import { DeviceModel } from "../bench/oracle";
import { answers, desk, FORMAT, get, KEY, NOW, send, sign, UNIT } from "./desk";

const { serial } = UNIT;
const first = { sn: serial, df: 12, ts: NOW, d: [1, 0, "1.2.3"] };
/** The same request a moment later. */
const later = (seconds: number, more: object = {}) => sign({ ...first, ts: NOW + seconds, ...more });

describe("requests", () => {
  test("a condensed one is expanded: full names, values by the format's order, a time for every row", () => {
    const server = desk();
    const request = sign({ ...first, hd: [[1750, 1250], [1570, 1260, 220], { "0": 1500, "3": -600 }, [null, 1]] });
    expect(send(server, request).status).toBe(201);
    expect(server.requests[0].expanded).toEqual({
      serial_number: serial,
      timestamp: NOW,
      data_format_id: 12,
      data: { token_count: 1, tampered: 0, firmware_version: "1.2.3" },
      historical_data: [
        { timestamp: NOW, panel_voltage: 1750, battery_voltage: 1250 },
        { timestamp: NOW - 60, panel_voltage: 1570, battery_voltage: 1260, panel_current: 220 },
        { timestamp: NOW - 660, panel_voltage: 1500 },
        { timestamp: NOW - 720, battery_voltage: 1 },
      ],
    });
  });

  test("a simple one is taken as it is, its answer is in the simple form", () => {
    const server = desk();
    const request = sign({
      serial_number: serial,
      request_count: 7,
      data: { token_count: 1, active_seconds_left_requested: true },
      historical_data: [{ timestamp: NOW - 5, panel_voltage: 17.5 }],
    });
    server.until(serial, NOW + 100);
    const { status, value } = send(server, request);
    expect([status, value]).toEqual([
      201,
      { serial_number: serial, active_seconds_left: 100, auth: expect.stringMatching(/^da[1-9a-f][0-9a-f]*$/) },
    ]);
    expect(server.requests[0].expanded!.historical_data).toEqual([{ timestamp: NOW - 5, panel_voltage: 17.5 }]);
  });

  test.each(["sa", "ta", "ca", "da", "ra"] as const)(
    "%s: signed with the unit's key it is accepted, with another's refused",
    (method) => {
      const server = desk();
      const request = { ...first, rc: 1, hd: [[1], [2]] };
      const other = send(server, sign(request, method, "00112233445566778899aabbccddeeff"));
      expect([other.status, other.value.error]).toEqual([403, expect.stringContaining(method)]);
      expect(send(server, sign(request, method)).status).toBe(201);
      expect(server.requests[1].auth).toBe(method);
    },
  );

  test("hashes have no zeros in front, unless the unit's are said to have them", () => {
    for (let rc = 1; ; rc++) {
      const request = sign({ sn: serial, rc, d: {} }, "ca");
      if (request.a.length === 18) continue;
      const padded = { ...request, a: `ca${request.a.slice(2).padStart(16, "0")}` };
      const refused = send(desk(), padded);
      expect([refused.status, refused.value.error]).toEqual([403, expect.stringContaining("zeros in front")]);
      expect(send(desk(), request).status).toBe(201);
      const server = desk({ units: [{ ...UNIT, padded: true }] });
      expect(send(server, request).value.error).toContain("lack the zeros");
      expect(send(server, padded).value.a).toMatch(/^da[0-9a-f]{16}$/);
      return;
    }
  });

  test("neither the same count nor the same time is accepted again, and one of them must be there", () => {
    const server = desk();
    const ask = (more: object) => send(server, sign({ sn: serial, d: {}, ...more }));
    expect(ask({}).status).toBe(400);
    expect(ask({ rc: 0, ts: 0 }).status).toBe(400);
    expect(ask({ rc: 5, ts: NOW }).status).toBe(201);
    expect(ask({ rc: 5 })).toMatchObject({ status: 409, value: { error: expect.stringContaining("not above 5") } });
    expect(ask({ rc: 4, ts: NOW + 1 }).status).toBe(409);
    expect(ask({ rc: 6, ts: NOW }).status).toBe(409);
    expect(ask({ rc: 6 }).status).toBe(201);
    expect(ask({ ts: NOW + 1 }).status).toBe(201);
    // A refused one does not count.
    expect(send(server, sign({ sn: serial, d: {}, rc: 1000 }, "ca", "0".repeat(32))).status).toBe(403);
    expect(ask({ rc: 7 }).status).toBe(201);
  });

  test("rows that came before are taken once, also when they come again with new ones", () => {
    const server = desk();
    const rows = [1, 2, 3].map((n) => ({ timestamp: NOW - 3600 * n, panel_voltage: n }));
    send(server, later(0, { hd: rows.slice(1) }));
    send(server, later(9, { hd: rows }));
    expect(server.requests[1]).toMatchObject({ again: 2, expanded: { historical_data: rows } });
    expect(server.read().flatMap((request) => request.historical_data)).toHaveLength(3);
  });

  test("a data format comes inline, or by the id that it was registered under", () => {
    const server = desk({ formats: {} });
    const { id } = send(server, FORMAT, { path: "/data_format" }).value;
    expect(send(server, FORMAT, { path: "/data_format" })).toMatchObject({ status: 201, value: { id } });
    expect(send(server, sign({ ...first, df: id })).status).toBe(201);
    const { df, ...rest } = first;
    expect(send(server, sign({ ...rest, ts: NOW + 1, dfo: FORMAT })).status).toBe(201);
    expect(server.requests[3].expanded).toMatchObject({ data_format_id: id, data: { token_count: 1 } });
    for (const [wrong, says] of [
      [{ ...rest, df: 99 }, "99 is not registered"],
      [{ ...first, df: id, dfo: FORMAT }, "both"],
      [rest, "data_order"],
      [{ ...first, df: id, d: [1, 2, 3, 4, 5] }, "5 values"],
      [{ ...first, df: id, hd: [[1], [1, 2, 3, 4, 5]] }, "row 2"],
      [{ ...first, df: id, hd: [{ "4": 1 }] }, "index 4"],
      [{ ...first, df: id, dfo: undefined, hd: [7] }, "row 1"],
    ] as const)
      expect(send(server, sign({ ...wrong, ts: NOW + 2 }))).toMatchObject({
        status: 400,
        value: { error: expect.stringContaining(says) },
      });
  });

  test("accessories are checked each by itself", () => {
    const server = desk({
      units: [UNIT, { serial: "TV1", key: "1".repeat(32) }, { serial: "FAN2", key: "2".repeat(32) }],
    });
    const tv = sign({ sn: "TV1", rc: 1, d: { token_count: 3 } }, "ca", "1".repeat(32));
    const fan = sign({ sn: "FAN2", rc: 1, d: { token_count: 3 } }, "ca", KEY);
    const { status } = send(server, sign({ ...first, acc: [fan, tv, { sn: "RADIO" }, 5] }));
    expect(status).toBe(201);
    expect(server.requests[0].accessories).toMatchObject([
      { serial: "FAN2", reason: expect.stringContaining("auth (ca)") },
      { serial: "TV1", auth: "ca" },
      { serial: "RADIO", reason: expect.stringContaining("known") },
      { reason: expect.stringContaining("object") },
    ]);
    expect(server.read().map((request) => request.serial_number)).toEqual([serial, "TV1"]);
    // What is refused as a whole brings nothing in.
    send(server, { ...later(1, { acc: [sign({ ...tv, rc: 2 }, "ca", "1".repeat(32))] }), a: "ra0" });
    expect(server.read()).toHaveLength(2);
  });

  test("a JSON web token in the header does for units that use one, and only for the unit that it was made for", () => {
    let time = NOW;
    const server = desk({ units: [UNIT, { serial: "J1", jwt: true }, { serial: "J2", jwt: true }], now: () => time });
    const ask = (sn: string, jwt: string | undefined, rc = 1) =>
      send(server, { sn, rc, d: { token_count: 1 } }, { headers: jwt ? { Authorization: `Bearer ${jwt}` } : {} });
    expect(ask("J1", server.jwt("J1", 60))).toMatchObject({ status: 201, text: "{}" });
    expect(ask("J1", server.jwt("J2"), 2).status).toBe(403);
    expect(ask("J1", undefined, 2)).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    expect(ask("J1", createServer().jwt("J1"), 2)).toMatchObject({
      status: 401,
      value: { error: expect.stringContaining("not signed by this server") },
    });
    const [head, , signature] = server.jwt("J1").split(".");
    const forged = [head, Buffer.from('{"sub":"J1"}').toString("base64url"), signature].join(".");
    expect(ask("J1", forged, 2).status).toBe(401);
    expect(ask(serial, server.jwt(serial), 2).value.error).toContain("may not use");
    const old = server.jwt("J1", 60);
    time += 60;
    expect(ask("J1", old, 2).value.error).toContain("expired");
  });

  test.each<[string, unknown, number, string, object?]>([
    ["text that is no JSON", "{", 400, "JSON"],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400, "UTF-8"],
    ["a list", [], 400, "object"],
    ["no serial", { rc: 1 }, 400, "serial_number"],
    ["a serial that is a number", { sn: 5 }, 400, "serial_number"],
    ["an unknown serial", { sn: "X", rc: 1 }, 404, "known"],
    ["a key that stands twice", `{"sn":"${serial}","sn":"${serial}"}`, 400, "twice"],
    ["a long and a short name for one thing", { sn: serial, serial_number: serial }, 400, "twice"],
    ["no auth", first, 401, "no auth"],
    ["an auth of no method", { ...first, a: "xx12" }, 403, "begins with none"],
    ["an auth that is a number", { ...first, a: 12 }, 403, "begins with none"],
    ["a time that is a fraction", { ...first, ts: 1.5 }, 400, "timestamp"],
    ["a count that is text", { ...first, rc: "1" }, 400, "request_count"],
    ["a negative count", { ...first, rc: -1 }, 400, "request_count"],
    ["ta without a time", sign({ sn: serial, rc: 1, d: {} }, "ta"), 403, "timestamp"],
    ["ca without a count", sign({ sn: serial, ts: 1, d: {} }, "ca"), 403, "request_count"],
    ["rows that are no list", sign({ ...first, hd: { 0: 1 } }), 400, "no list"],
    ["neither data nor rows", sign({ sn: serial, rc: 1 }), 400, "neither data"],
    ["data that is text", sign({ ...first, d: "1" }), 400, "neither a list"],
    ["a row without a time", sign({ sn: serial, rc: 1, hd: [{ a: 1 }, { a: 1 }] }), 400, "no time"],
    ["a time of a row that is text", sign({ sn: serial, rc: 1, hd: [{ timestamp: "x" }] }), 400, "whole number"],
    ["another content type", "x", 415, "content type", { headers: { "Content-Type": "text/plain" } }],
    ["too much", Buffer.alloc(LARGEST + 1, 32), 413, "4096 KB"],
    ["another path", {}, 404, "/dd", { path: "/" }],
    ["another method", {}, 405, "POST, GET", { method: "DELETE" }],
    ["a data format without names", { data_order: [1] }, 400, "data_order", { path: "/data_format" }],
    ["a variable like an index", { data_order: ["5"] }, 400, "index", { path: "/data_format" }],
    ["a variable twice", { data_order: ["a", "a"] }, 400, "twice", { path: "/data_format" }],
    ["no interval", { historical_data_interval: 0 }, 400, "interval", { path: "/data_format" }],
    ["a variable without a name", { variables: { a: {} } }, 400, "name", { path: "/data_format" }],
    ["an unknown type", { variables: { a: { name: "A", type: "int" } } }, 400, "type", { path: "/data_format" }],
    [
      "a scale factor of 0",
      { variables: { a: { name: "A", scale_factor: 0 } } },
      400,
      "scale",
      { path: "/data_format" },
    ],
  ])("refuses %s, says why in one sentence, and notes it", (_what, body, status, says, options = {}) => {
    const lines: string[] = [];
    const server = desk({ log: (line) => lines.push(line) });
    const got = send(server, body, options);
    expect([got.status, got.value]).toEqual([status, { error: expect.stringContaining(says) }]);
    expect(got.value.error).toMatch(/^[A-Z].*\.$/);
    expect(server.requests).toMatchObject([{ status, reason: got.value.error }]);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^2026-11-22T00:00:00Z ${status} .*: `))]);
    expect(get(server, "/log?refused").value).toMatchObject([{ status, reason: got.value.error }]);
    expect(server.read()).toEqual([]);
  });

  test("tells what may fail at another server: numbers and orders that not everybody writes again, short names in an object", () => {
    // Signed as the published library writes it again.
    for (const data of ['{"b":12.0}', '{"10":1,"9":2}']) {
      const server = desk({ formats: { 12: { data_order: [..."abcdefghijkl"] } } });
      const auth = requestAuth("da", KEY, { serial, time: String(NOW), data: readJson(data) });
      expect(send(server, `{"sn":"${serial}","df":12,"ts":${NOW},"d":${data},"a":"${auth}"}`).status).toBe(201);
      expect(server.requests[0].notes).toEqual([expect.stringContaining("not every server")]);
    }
    const server = desk();
    send(server, sign({ sn: serial, rc: 1, d: { tc: 5 } }));
    expect(server.requests[0]).toMatchObject({
      expanded: { data: { token_count: 5 } },
      notes: [expect.stringContaining("hort names")],
    });
  });
});

describe("answers", () => {
  test("a request that nothing waits for gets a signed answer that says nothing", () => {
    const { status, text, value } = send(desk(), sign(first));
    expect([status, value]).toEqual([201, { sn: serial, a: expect.any(String) }]);
    expect(answers(text, first)).toBe(true);
    expect(Object.keys(send(desk({ nameless: true }), sign(first)).value)).toEqual(["a"]);
  });

  test("tokens are made for the unit's count, go out oldest first, and again until the unit's count shows that they were taken", () => {
    const server = desk();
    const device = new DeviceModel({ ...UNIT, key: KEY });
    server.tokens(serial, { kind: "add", days: 7 }, { kind: "set", days: 2 });
    const { tkl } = send(server, later(0)).value;
    expect(send(server, later(1)).value.tkl).toEqual(tkl);
    expect(tkl.map((token: string) => device.enter(token, NOW))).toMatchObject([
      { result: "valid", kind: "add", value: 7 },
      { result: "valid", kind: "set", value: 2 },
    ]);
    expect(send(server, later(2, { d: [device.count] })).value.tkl).toBeUndefined();
    server.tokens(serial, { kind: "disable" });
    const [disable] = send(server, later(3, { d: [device.count] })).value.tkl;
    expect(device.enter(disable, NOW)).toMatchObject({ result: "valid", kind: "disable" });
  });

  test("tokens that were made elsewhere go out the same way; those that are not the unit's, once", () => {
    const server = desk();
    const made = encode({ ...UNIT, key: KEY, kind: "add", value: 3, count: 9 });
    // A new one is made for a count above those that are out.
    const next = encode({ ...UNIT, key: KEY, kind: "add", value: 1, count: made.count });
    server.tokens(serial, { kind: "add", value: 1 }, "000000001", made.token);
    expect(send(server, later(0)).value.tkl).toEqual([made.token, next.token, "000000001"]);
    expect(send(server, later(1)).value.tkl).toEqual([made.token, next.token]);
    expect(send(server, later(2, { d: [made.count] })).value.tkl).toEqual([next.token]);
  });

  test("tokens wait for a request that tells the unit's count", () => {
    const server = desk();
    server.tokens(serial, { kind: "add", days: 1 });
    expect(send(server, sign({ sn: serial, rc: 1, d: {} })).value.tkl).toBeUndefined();
    expect(send(server, sign({ sn: serial, rc: 2, d: { token_count: 1 } })).value.tkl).toHaveLength(1);
  });

  test("the end of the credit is told to those who ask, in the way that they ask, and is never 0", () => {
    const server = desk();
    let rc = 0;
    const ask = (data: object) => {
      const { sn, a, ...said } = send(server, sign({ sn: serial, rc: ++rc, d: data })).value;
      return said;
    };
    const until = { active_until_timestamp_requested: true };
    const left = { active_seconds_left_requested: 1 };
    expect(ask(until)).toEqual({});
    server.until(serial, NOW + 3600);
    expect(ask({})).toEqual({});
    expect(ask(until)).toEqual({ auts: NOW + 3600 });
    expect(ask(left)).toEqual({ asl: 3600 });
    expect(ask({ ...until, ...left })).toEqual({ auts: NOW + 3600 });
    expect(ask({ active_until_timestamp_requested: false })).toEqual({});
    server.until(serial, NOW - 3600);
    expect(ask(left)).toEqual({ asl: 1 });
    server.until(serial, 0);
    expect(ask(until)).toEqual({});
  });

  test("settings and extra data go into one answer, signed, in ASCII", () => {
    const server = desk();
    server.settings(serial, { base_url: "https://new.example/m" });
    server.settings(serial, { note: "café ☃", sample_s: 30, factor: 0.00001 });
    server.extra(serial, { sun: "990" });
    const { text, value } = send(server, sign(first));
    expect(value).toMatchObject({
      st: { base_url: "https://new.example/m", note: "café ☃", sample_s: 30, factor: 0.00001 },
      ed: { sun: "990" },
    });
    expect(text).toMatch(/^[ -~]+$/);
    expect(text).toContain('"note":"caf\\u00e9 \\u2603","sample_s":30,"factor":1e-05');
    expect(answers(text, first)).toBe(true);
    expect(Object.keys(send(server, later(1)).value)).toEqual(["sn", "a"]);
  });

  test("CBOR is answered in CBOR, signed over its JSON form", () => {
    const server = desk();
    server.until(serial, NOW + 86400);
    server.settings(serial, { big: 2 ** 40, ratio: 0.5, on: true });
    const request = { ...first, d: [1, 0, "1.2.3", 1] };
    const { headers, value } = send(server, sign(request), { cbor: true });
    expect(headers["content-type"]).toBe("application/cbor");
    expect(value).toMatchObject({ auts: NOW + 86400, st: { big: 2 ** 40, ratio: 0.5, on: true } });
    expect(answers(JSON.stringify(value), request)).toBe(true);
    expect(send(server, Buffer.from([0xff]), { cbor: true })).toMatchObject({
      status: 400,
      value: { error: expect.stringContaining("CBOR") },
    });
  });

  test("indexes are numbers in CBOR, and text in the JSON form that is signed", () => {
    const server = desk();
    const request = sign({ ...first, hd: [{ "0": 1500, "3": -600 }] });
    const hex = Buffer.from(writeCbor(fromPlain(request))).toString("hex");
    const shorter = hex.replace("a261301905dc6133390257", "a2001905dc03390257");
    expect(shorter.length).toBe(hex.length - 4);
    expect(send(server, Buffer.from(shorter, "hex"), { cbor: true }).status).toBe(201);
    expect(server.requests[0].expanded!.historical_data).toEqual([{ timestamp: NOW - 600, panel_voltage: 1500 }]);
  });

  test.each<[string, (server: ReturnType<typeof desk>) => void]>([
    ["token", (server) => server.tokens(serial, "12a")],
    ["kind", (server) => server.tokens(serial, { kind: "renew" as "add" })],
    ["days", (server) => server.tokens(serial, { kind: "add", days: 5000 })],
    ["JSON", (server) => server.settings(serial, { f: () => 1 })],
    ["time", (server) => server.until(serial, 1.5)],
    ["no unit", (server) => server.extra("X", {})],
  ])("what cannot be said is refused when it is told: %s", (says, tell) => {
    const server = desk();
    expect(() => tell(server)).toThrow(new RegExp(says, "i"));
    expect(server.waiting(serial)).toEqual({ tokens: [], until: 0 });
  });
});

describe("reading", () => {
  test("GET gives what was accepted in a time, in the simple form, with its format", () => {
    const server = desk();
    send(server, later(0, { hd: [[1], [2], [3]] }));
    send(server, later(3600, { d: [2] }));
    const day = "from_datetime=2026-11-22T00:00:00Z&to_datetime=2026-11-23";
    const path = `/device_data?${day}`;
    expect(get(server, path).value).toEqual([
      {
        serial_number: serial,
        timestamp: NOW,
        data_format: FORMAT,
        data: { token_count: 1, tampered: 0, firmware_version: "1.2.3" },
        historical_data: [{ timestamp: NOW, panel_voltage: 1 }],
      },
      {
        serial_number: serial,
        timestamp: NOW + 3600,
        data_format: FORMAT,
        data: { token_count: 2 },
        historical_data: [],
      },
    ]);
    const times = (query: string) =>
      get(server, `/dd?${query}`).value.flatMap((one: any) =>
        one.historical_data.map((row: any) => row.timestamp - NOW),
      );
    expect(times("")).toEqual([0, -60, -120]);
    expect(times("to_datetime=2026-11-22T00:00:00Z")).toEqual([-60, -120]);
    expect(times("from_datetime=2026-11-22T01:58:00+02:00&to_datetime=2026-11-22T00:00:00%2B00:00")).toEqual([
      -60, -120,
    ]);
    expect(times("from_datetime=2026-11-22T05:28:59.5%2B0530&serial_number=SLT220001")).toEqual([0, -60]);
    expect(times("serial_number=X")).toEqual([]);
    for (const wrong of ["yesterday", "2026-13-01", "2026-11-22T00", ""])
      expect(get(server, `/dd?from_datetime=${wrong}`)).toMatchObject({ status: 400 });
  });

  test("what is nested as deep as is accepted can be read as well", () => {
    const server = desk({ units: [{ serial: "J1", jwt: true }] });
    const headers = { authorization: `Bearer ${server.jwt()}` };
    const ask = (depth: number) =>
      send(server, `{"sn":"J1","rc":${depth},"d":{"nest":${"[".repeat(depth)}${"]".repeat(depth)}}}`, { headers })
        .status;
    const deepest = [...Array(40).keys()].filter((depth) => ask(depth + 1) === 201).length;
    expect(deepest).toBeGreaterThan(20);
    const { status, body } = server.answer("GET", "/dd", {}, Buffer.from(""))!;
    expect([status, JSON.parse(Buffer.from(body).toString()).length]).toEqual([200, deepest]);
  });

  test("with a secret, reading and registering need a JSON web token", () => {
    const server = desk({ jwtSecret: "a long secret of this server" });
    const bearer = (serial?: string) => ({ authorization: `Bearer ${server.jwt(serial)}` });
    for (const path of ["/dd", "/log"]) {
      expect(get(server, path).status).toBe(401);
      expect(get(server, path, bearer()).status).toBe(200);
    }
    expect(get(server, `/dd?serial_number=${serial}`, bearer(serial)).status).toBe(200);
    expect(get(server, "/dd?serial_number=X", bearer(serial)).status).toBe(403);
    expect(get(server, "/log", bearer(serial)).status).toBe(403);
    expect(send(server, {}, { path: "/data_format" }).status).toBe(401);
    expect(send(server, {}, { path: "/data_format", headers: bearer(serial) }).status).toBe(201);
    expect(send(server, sign(first)).status).toBe(201);
  });
});

describe("over HTTP", () => {
  test("the same over a socket; while the server is down nobody answers", async () => {
    const server = desk({ base: "/metrics" });
    const url = await server.listen();
    try {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      const post = (body: unknown) =>
        fetch(`${url}/dd`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
      const good = await post(sign(first));
      expect([good.status, good.headers.get("content-type")]).toEqual([201, "application/json"]);
      expect(await good.json()).toMatchObject({ sn: serial });
      server.down();
      await expect(post(later(1))).rejects.toThrow();
      expect(server.answer("POST", "/metrics/dd", {}, Buffer.from(""))).toBeUndefined();
      await expect(server.handle(new Request(`${url}/dd`))).rejects.toThrow("down");
      server.up();
      expect((await post(later(1))).status).toBe(201);
      expect((await fetch(`${url}/dd?from_datetime=2026-11-22`)).status).toBe(200);
      expect((await fetch(`${url}/dd`, { method: "POST", body: new Uint8Array(LARGEST + 9) })).status).toBe(413);
      expect((await server.handle(new Request("http://x/metrics/nothing"))).status).toBe(404);
      expect(server.requests.map(({ status }) => status)).toEqual([201, 201, 200, 413, 404]);
    } finally {
      await server.close();
    }
    await expect(fetch(url)).rejects.toThrow();
  });
});

test("no key comes out, wherever somebody puts it", () => {
  const lines: string[] = [];
  const server = desk({ log: (line) => lines.push(line) });
  const upper = KEY.toUpperCase();
  const bodies = [
    { sn: KEY, rc: 1 },
    { ...first, a: `ra${KEY}` },
    { ...first, [`x${upper}`]: 1 },
    `{"${KEY}":1,"${KEY}":2}`,
    `{"x${"-".repeat(15)}${KEY}":1,"x${"-".repeat(15)}${KEY}":2}`,
    sign({ ...first, d: { token_count: 1, note: `f${upper}0`, [KEY]: 1 }, hd: [{ note: KEY }] }),
    sign({ sn: serial, ts: NOW + 5, d: {}, acc: [{ sn: KEY }], dfo: { variables: { a: { name: KEY } } } }),
  ];
  const answered = bodies.map((body) => send(server, body).text);
  answered.push(get(server, `/${KEY}`).text, get(server, "/log").text, get(server).text);
  expect(() => server.until(KEY, 1)).toThrow("a key");
  expect(server.requests.filter(({ status }) => status === 201)).toHaveLength(2);
  const { raw, ...seen } = Object.assign({}, ...server.requests);
  const all = JSON.stringify([
    answered,
    lines,
    server.events,
    server.read(),
    server.requests.map(({ expanded }) => expanded),
    seen,
  ]);
  expect(all).toContain("a key");
  for (let at = 0; at < 32; at += 8) expect(all.toLowerCase()).not.toContain(KEY.slice(at, at + 8));
});
