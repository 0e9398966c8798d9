/** The bench's own server, over JSON and CBOR: it takes what the firmware asks, and the firmware takes what it answers. */
import fc from "fast-check";
import { createServer } from "../../bench/server/server";
import { TABLE, verdict } from "./answering";
import { body, formatOf, inPieces, prepare } from "./asking";
import { requestsOf } from "./configurations";

test("it takes any request, stores its rows, and its answers count", () => {
  fc.assert(
    fc.property(requestsOf(true), fc.constantFrom("", "auts", "asl"), ({ ask, key, rows }, asks) => {
      const format = JSON.parse(formatOf(ask));
      const { serial } = ask.unit;
      // The server tells tokens to who tells a token count, and a time to who asks for it.
      const names = [
        "token_count",
        ...(asks ? [`active_${asks === "auts" ? "until_timestamp" : "seconds_left"}_requested`] : []),
      ];
      format.data_order.push(...names);
      while (ask.data.length < format.data_order.length - names.length) ask.data.push(undefined);
      ask.data.push(1, ...(asks ? [1] : []));
      ask.format = inPieces(JSON.stringify(format));
      ask.asks = asks;
      ask.settings = TABLE;
      const id = ask.server.data_format_id;
      const server = createServer({
        units: [{ serial, key, startingCode: 123456789, count: 1 }],
        formats: id ? { [id]: format } : {},
        now: () => ask.now,
      });
      server.tokens(serial, "036100348");
      server.settings(serial, { base_url: "new.example/m", mode: "high" });
      server.extra(serial, { sun: "990", list: [1, { a: null }] });
      if (asks) server.until(serial, ask.now + 86400);

      const text = body(ask);
      const { type, url } = prepare(ask).letter();
      const path = url.slice("https://server.example".length);
      const answer = server.answer("POST", path, { "content-type": type }, Buffer.from(text, "latin1"))!;
      const { reason } = server.requests.at(-1) as any;
      expect([answer.status, reason]).toEqual([201, undefined]);
      expect(answer.headers["content-type"]).toBe(type);
      const stored = server.read().flatMap((request: any) => request.historical_data ?? []);
      expect(stored).toHaveLength(rows.filter((row) => row !== undefined).length);

      const said = Buffer.from(answer.body).toString("latin1");
      expect(verdict(ask, said)).toEqual({
        refused: "",
        verified: true,
        tokens: ["036100348"],
        until: asks === "auts" ? ask.now + 86400 : 0,
        left: asks === "asl" ? 86400 : 0,
        settings: ["https://new.example/m", 0, "", undefined, "high"],
        extra: '{"sun":"990","list":[1,{"a":null}]}',
        skipped: "",
        id: 0,
      });
      expect(verdict({ ...ask, count: ask.count + 1 }, said)).toEqual({ refused: "SIGNATURE" });
    }),
    { numRuns: 200 },
  );
});

test("it registers a data format, and tells its id", () => {
  const key = "00112233445566778899aabbccddeeff";
  const server = createServer({ units: [{ serial: "A1", key }], now: () => 1795305600 } as any);
  const format = JSON.stringify({ data_order: ["token_count"] });
  const answer = server.answer("POST", "/data_format", { "content-type": "application/json" }, Buffer.from(format))!;
  const id = verdict(
    { unit: { serial: "A1" }, timestamp: 0, count: 0, asks: "", settings: [], now: 0 } as any,
    Buffer.from(answer.body).toString("latin1"),
  ).id;
  expect(answer.status).toBe(201);
  expect(id).toBeGreaterThan(0);
});
