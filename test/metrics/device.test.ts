import fc from "fast-check";
import {
  asCbor,
  BAD_SETTINGS,
  FULL,
  HOSTILE,
  HOSTILE_CBOR,
  REQUEST,
  signedBody,
  TABLE,
  verdict,
  WRONG_TYPES,
} from "./answering";
import { body, prepare, terms } from "./asking";
import { EXAMPLE, requestsOf } from "./configurations";
import { answersOnDevice, problems, requestsOnDevice, variables } from "./device";
import { answers, askOf, DIGITS, requests, termsOf } from "./vectors";

const onDevice = process.env.ESPRUINO ? test : test.skip;
const NEEDS = process.env.ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)";

/** Long enough for all vectors on a machine that is busy, milliseconds. */
const LONG = 300000;

test("request and answer use only what the interpreter has", async () => {
  expect(await problems()).toEqual([]);
});

onDevice(
  `the interpreter writes the same requests, byte by byte, as Node and the published library${NEEDS}`,
  async () => {
    const found = await requestsOnDevice(requests.map(askOf), DIGITS);
    found.forEach(({ text }, i) => {
      expect(text).toBe(body(askOf(requests[i])));
      expect(JSON.parse(text)).toEqual({ ...requests[i].request, a: requests[i].auth });
    });
  },
  LONG,
);

onDevice(
  `the interpreter writes any request as Node does${NEEDS}`,
  async () => {
    const cases = fc.sample(requestsOf(), 150).map(({ ask }) => ask);
    const asks = [EXAMPLE("json"), EXAMPLE("cbor"), ...cases];
    const found = await requestsOnDevice(asks, []);
    found.forEach(({ text, offered, size, url, type, authorization }, i) => {
      const q = prepare(asks[i]);
      const post = q.letter();
      expect({ text, offered, size, url, type, authorization }).toEqual({
        text: body(asks[i]),
        offered: q.offered,
        size: post.size,
        url: post.url,
        type: post.type,
        authorization: post.authorization,
      });
    });
  },
  LONG,
);

onDevice(
  `the interpreter judges answers as Node does: published, good, hostile, spoilt at random${NEEDS}`,
  async () => {
    const t = terms({ ...REQUEST, asks: "auts", settings: TABLE });
    const full = signedBody(FULL);
    const flipped = fc
      .sample(fc.tuple(fc.nat(full.length - 1), fc.nat(7)), 100)
      .map(
        ([at, bit]) => full.slice(0, at) + String.fromCharCode(full.charCodeAt(at) ^ (1 << bit)) + full.slice(at + 1),
      );
    const bodies = [
      full,
      signedBody(FULL, ["a", "ed", "st", "auts", "tkl"]).replace(/[{}[\]:,](?=["{}[\],\d])/g, "$& \t\r\n"),
      signedBody({ auts: "0.0", tkl: "[]", st: "{}", ed: "null" }),
      signedBody({ ed: Buffer.from('{"note":"café ☃"}').toString("latin1") }),
      '{"tkl":[36100348,111222333, 1,12345678901]}',
      '{"id": 123}',
      asCbor(full, [FULL.auts]),
      asCbor(signedBody({ ed: '{"n":[0,23,24,255,256,65535,65536,4294967295,-1,-24,-65537],"a\\"b":[true,null,{}]}' })),
      ...HOSTILE.map(([, text]) => text),
      ...HOSTILE_CBOR.map(([, text]) => text),
      ...WRONG_TYPES.map((texts) => signedBody(texts)),
      ...BAD_SETTINGS.map((st) => signedBody({ st, tkl: '["123456789"]' })),
      ...["1000000000", "999999999", "2242735071", "1682954836000", "1611583070.5"].map((auts) => signedBody({ auts })),
      ...flipped,
    ];
    const cases = [
      ...answers.map((vector) => ({ terms: termsOf(vector), text: vector.answer })),
      ...bodies.map((text) => ({ terms: t, text })),
    ];
    const found = await answersOnDevice(cases);
    found.forEach((answer, i) => {
      // What is undefined is null on the way.
      expect(answer).toEqual(JSON.parse(JSON.stringify(verdict(cases[i].terms, cases[i].text))));
    });
  },
  LONG,
);

onDevice(
  `a request of 1000 rows takes no more variables than one of 30, and nothing stays behind${NEEDS}`,
  async () => {
    for (const encoding of ["json", "cbor"]) {
      const [few, many] = [await variables(30, encoding), await variables(1000, encoding)];
      expect(many.bytes).toBeGreaterThan(few.bytes * 20);
      expect(many.peak - many.before).toBeLessThanOrEqual((few.peak - few.before) * 1.05);
      expect(many.peak - many.before).toBeLessThan(450);
      expect(many.judging - many.before).toBeLessThan(500);
      expect(many.after).toBeLessThanOrEqual(many.before + 5);
    }
  },
  LONG,
);
