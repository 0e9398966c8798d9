/** The server against what the published Python library signed. */
import { writeCbor } from "../../bench/server/cbor";
import { fromPlain } from "../../bench/server/json";
import { createServer } from "../../bench/server/server";
import { vectors } from "../bench/oracle";
import { answers, send } from "./desk";

const REQUESTS = vectors("metrics-requests.jsonl");
const ANSWERS = vectors("metrics-answers.jsonl");
const NOW = 1900000000;

const open = ({ key, format, request }: any, nameless = false) =>
  createServer({
    units: [{ serial: request.sn, key }],
    formats: request.df ? { [request.df]: format } : {},
    now: () => NOW,
    nameless,
  });
const body = ({ request, auth }: any) => JSON.stringify({ ...request, a: auth });

test("there are requests of every method, with hashes shorter than 16 digits among them", () => {
  expect(new Set(REQUESTS.map(({ method }) => method))).toEqual(new Set(["sa", "ta", "ca", "da", "ra"]));
  expect(REQUESTS.some(({ auth }) => auth.length < 18)).toBe(true);
});

test("every request is accepted once, as JSON with and without spaces and as CBOR", () => {
  for (const vector of REQUESTS) {
    const server = open(vector);
    const accepted = send(server, body(vector));
    expect([vector.auth, accepted.status]).toEqual([vector.auth, 201]);
    expect(answers(accepted.text, vector.request, vector.key)).toBe(true);
    expect(send(server, body(vector)).status).toBe(409);
    expect(send(open(vector), JSON.stringify({ ...vector.request, a: vector.auth }, null, 2)).status).toBe(201);
    const cbor = writeCbor(fromPlain({ ...vector.request, a: vector.auth }));
    expect(send(open(vector), cbor, { cbor: true }).status).toBe(201);
  }
});

test("with any byte changed, a request signed over its data is refused, and so is the serial, time, count or auth of any other", () => {
  const fields: { [method: string]: RegExp } = {
    sa: /"(sn|a)":"[^"]*"/g,
    ta: /"(sn|a)":"[^"]*"|"ts":\d+/g,
    ca: /"(sn|a)":"[^"]*"|"rc":\d+/g,
    da: /^.*$/g,
    ra: /^.*$/g,
  };
  for (const [n, vector] of REQUESTS.entries()) {
    const server = open(vector);
    const text = body(vector);
    // Of the longest requests every few bytes, from another one on in each; everything is over all of them.
    const step = Math.ceil(text.length / 120);
    for (const { index, 0: field } of text.matchAll(fields[vector.method]))
      for (let at = index + (n % step); at < index + field.length; at += step) {
        const other = [String.fromCharCode(text.charCodeAt(at) ^ 1), " ", "0"];
        const changed =
          text.slice(0, at) + (other[(n + at) % 3] === text[at] ? other[0] : other[(n + at) % 3]) + text.slice(at + 1);
        const { status } = send(server, changed);
        if (status < 400 || status >= 500) throw new Error(`${status} for ${changed}, which was ${text}`);
      }
    expect(send(server, text).status).toBe(201);
    expect(server.read()).toHaveLength(1);
  }
});

test("the server's own verifier takes the answers that a device may act on, and no others", () => {
  for (const { key, device, answer, valid } of ANSWERS)
    expect([answer, answers(answer, device, key)]).toEqual([answer, valid]);
});

test("the server says the same things in the same bytes as the published library", () => {
  const good = ANSWERS.filter(({ valid, answer }) => valid && !/\.0\b/.test(answer));
  expect(good.length).toBeGreaterThan(30);
  for (const { key, device, answer } of good) {
    const { sn, rc, ts } = device;
    const { tkl = [], auts = 0, st = {}, ed = {} } = JSON.parse(answer);
    const server = open({ key, request: { sn } }, true);
    server.tokens(sn, ...tkl);
    server.until(sn, auts);
    server.settings(sn, st);
    server.extra(sn, ed);
    // Only what is asked for is told, and any auth will do.
    const data = { token_count: 1, active_until_timestamp_requested: 1 };
    const request = { sn, ...(ts && { ts }), ...(rc && { rc }), data };
    server.add({ serial: sn, key, jwt: true });
    const headers = { authorization: `Bearer ${server.jwt(sn)}` };
    expect(send(server, request, { headers }).text).toBe(answer);
  }
});
