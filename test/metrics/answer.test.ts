import fc from "fast-check";
import type { Verdict } from "../../firmware/metrics/answer";
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
import { KEY, terms } from "./asking";
import { answers, termsOf } from "./vectors";

const TERMS = terms({ ...REQUEST, asks: "auts", settings: TABLE });

/** What the answer with everything says. */
const SAID: Verdict = {
  refused: "",
  verified: true,
  tokens: ["036100348", "452411961"],
  until: 1682954836,
  left: 0,
  settings: ["https://new.example/m", 40, "ey.J-0_", 30, "high"],
  extra: FULL.ed,
  skipped: "",
  id: 0,
};
const NOTHING: Verdict = {
  refused: "",
  verified: true,
  tokens: [],
  until: 0,
  left: 0,
  settings: [],
  extra: "",
  skipped: "",
  id: 0,
};

test.each(answers.map((vector, i) => [`${i} ${vector.case}`, vector] as const))(
  "the published library's answer is judged: %s",
  (_, vector) => {
    const { refused, verified } = verdict(termsOf(vector), vector.answer);
    expect([refused === "", verified ?? false]).toEqual([vector.valid, vector.valid]);
    if (!vector.valid) expect(refused).toBe("SIGNATURE");
  },
);

describe("a good answer", () => {
  const orders = [
    ["tkl", "auts", "st", "ed", "a"],
    ["a", "tkl", "auts", "st", "ed"],
    ["ed", "a", "st", "tkl", "auts"],
  ];
  test.each(orders.map((order) => [order.join()]))("counts in the order %s", (order) => {
    expect(verdict(TERMS, signedBody(FULL, order.split(",")))).toEqual(SAID);
  });

  test("may use long names", () => {
    const long = signedBody(FULL)
      .replace('"tkl"', '"token_list"')
      .replace('"auts"', '"active_until_timestamp"')
      .replace('"st"', '"settings"')
      .replace('"ed"', '"extra_data"')
      .replace('"a":"da', '"auth":"da');
    expect(verdict(TERMS, long)).toEqual(SAID);
  });

  test("may have spaces anywhere outside texts", () => {
    const wide = signedBody(FULL).replace(/[{}[\]:,](?=["{}[\],\d])/g, "$& \t\r\n");
    expect(wide).not.toBe(signedBody(FULL));
    expect(verdict(TERMS, ` ${wide}\r\n`)).toEqual(SAID);
  });

  test("keeps the spaces inside texts", () => {
    const texts = { st: '{"mode":"a  b"}', ed: '{"x y":" z "}' };
    expect(verdict(TERMS, signedBody(texts))).toMatchObject({
      settings: [undefined, undefined, undefined, undefined, "a  b"],
      extra: texts.ed,
    });
  });

  test("may have members that nobody knows", () => {
    const more = signedBody(FULL).replace("{", '{"x":[{"tkl":["1"]},"\\"}",null,-1.5e+3,true],"a1":{},');
    expect(verdict(TERMS, more)).toEqual(SAID);
  });

  test("may name this device", () => {
    expect(verdict(TERMS, signedBody(FULL).replace("{", '{"sn":"A111222",'))).toEqual(SAID);
    expect(verdict(TERMS, signedBody(FULL).replace("{", '{"sn":"A111223",'))).toEqual({ refused: "DEVICE" });
  });

  test("may say nothing, or say it with empty and zero values", () => {
    expect(verdict(TERMS, signedBody({}))).toEqual(NOTHING);
    expect(verdict(TERMS, signedBody({ auts: "0.0", asl: "0", tkl: "[]", st: "{}", ed: "null" }))).toEqual(NOTHING);
    expect(verdict(TERMS, signedBody({ auts: "0", st: "null", ed: '""', tkl: "false" }))).toEqual(NOTHING);
  });

  test("has its hash with or without leading zeros, in either case", () => {
    const short = Array.from({ length: 64 }, (_, count) => {
      const t = terms({ ...REQUEST, count });
      const body = signedBody({}, undefined, KEY, { ...REQUEST, count });
      const padded = body.replace(/da([0-9a-f]+)/, (_all, hex) => `da${hex.padStart(16, "0").toUpperCase()}`);
      expect(verdict(t, body)).toEqual(NOTHING);
      expect(verdict(t, padded)).toEqual(NOTHING);
      return padded.length > body.length;
    });
    expect(short).toContain(true);
  });

  test("may be in UTF-8: its bytes are hashed as they are", () => {
    const ed = Buffer.from('{"note":"café ☃"}').toString("latin1");
    expect(verdict(TERMS, signedBody({ ed }))).toMatchObject({ verified: true, extra: ed });
  });

  test("may fill all that is kept of an answer", () => {
    const ed = (length: number) => `{"x":"${"y".repeat(length)}"}`;
    const rest = 1024 - signedBody({ ed: ed(0) }).length;
    const lengths = [0, 1, 2].map((n) => signedBody({ ed: ed(rest - n) }).length);
    const kept = verdict(TERMS, signedBody({ ed: ed(rest - 2) }));
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(1022);
    expect(kept.refused).toBe("");
    expect(verdict(TERMS, signedBody({ ed: ed(rest + 3) }))).toEqual({ refused: "LENGTH" });
  });
});

describe("an answer in CBOR", () => {
  const body = asCbor(signedBody(FULL), [FULL.auts]);

  test("says the same as in JSON, with integers and decimals that are integers", () => {
    expect(body.length).toBeLessThan(signedBody(FULL).length);
    expect(verdict(TERMS, body)).toEqual(SAID);
    const integers = {
      ...FULL,
      auts: "1682954836",
      ed: '{"n":[0,23,24,255,256,65535,65536,4294967295,-1,-24,-25,-65537]}',
    };
    expect(verdict(TERMS, asCbor(signedBody(integers)))).toEqual({ ...SAID, extra: integers.ed });
    const texts = { ed: '{"a\\"b\\\\":[true,false,null,{}],"":[[]]}' };
    expect(verdict(TERMS, asCbor(signedBody(texts)))).toEqual({ ...NOTHING, extra: texts.ed });
    expect(verdict(TERMS, asCbor(signedBody({})))).toEqual(NOTHING);
    expect(verdict(TERMS, asCbor('{"tkl":["036100348"]}')).tokens).toEqual(["036100348"]);
    expect(verdict(TERMS, "\xa0")).toEqual({ ...NOTHING, verified: false });
  });

  test.each(HOSTILE_CBOR)("does not count with %s", (_, bytes) => {
    expect(Object.keys(verdict(TERMS, bytes))).toEqual(["refused"]);
  });

  test("does not count when it is cut off, or any bit of it is flipped", () => {
    for (let length = 0; length < body.length; length++)
      expect(verdict(TERMS, body.slice(0, length)).refused).not.toBe("");
    for (let at = 0; at < body.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const flipped = String.fromCharCode(body.charCodeAt(at) ^ (1 << bit));
        const { refused, ...said } = verdict(TERMS, body.slice(0, at) + flipped + body.slice(at + 1));
        if (!refused) expect({ refused, ...said }).toEqual(SAID);
      }
  });

  test("does not count when it is anything at random", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 0xa0, max: 0xbf }), bytes, (first, rest) => {
        const { verified } = verdict(TERMS, Buffer.from([first, ...rest]).toString("latin1"));
        expect(verified ?? false).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("tokens", () => {
  const tokens = (tkl: string) => verdict(TERMS, `{"tkl":${tkl}}`).tokens;

  test("need no auth", () => {
    expect(verdict(TERMS, '{"tkl":["036100348"]}')).toEqual({ ...NOTHING, verified: false, tokens: ["036100348"] });
  });

  test("but with a wrong one they do not count", () => {
    expect(verdict(TERMS, '{"tkl":["036100348"],"a":"da12345678"}')).toEqual({ refused: "SIGNATURE" });
  });

  test("come oldest first, with their zeros, also where they were numbers", () => {
    const listed = ["000000001", "123456789012", "111222333444111", "11122233344411122233"];
    expect(tokens(JSON.stringify(listed))).toEqual(listed);
    expect(tokens("[36100348,111222333,1, 12345678901]")).toEqual([
      "036100348",
      "111222333",
      "000000001",
      "012345678901",
    ]);
  });
});

describe("nothing comes of", () => {
  test.each(HOSTILE)("%s", (_, body) => {
    for (const asks of ["", "auts", "asl"]) {
      const answer = verdict(terms({ ...REQUEST, asks, settings: TABLE }), body);
      expect(answer.refused).not.toBe("");
      expect(Object.keys(answer)).toEqual(["refused"]);
    }
  });

  test.each(WRONG_TYPES.map((texts) => [JSON.stringify(texts), texts]))("signed %s", (_, texts) => {
    const answer = verdict(TERMS, signedBody(texts));
    expect(["TYPE", "NOT_ASKED", "FORM"]).toContain(answer.refused);
    expect(Object.keys(answer)).toEqual(["refused"]);
  });

  test("an answer that is cut off anywhere", () => {
    const body = signedBody(FULL);
    for (let length = 0; length < body.length; length++)
      expect(verdict(TERMS, body.slice(0, length)).refused).toBe("FORM");
  });

  test("an answer with any bit flipped, unless it says the same", () => {
    const body = signedBody(FULL);
    let same = 0;
    for (let at = 0; at < body.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const flipped = String.fromCharCode(body.charCodeAt(at) ^ (1 << bit));
        const answer = verdict(TERMS, body.slice(0, at) + flipped + body.slice(at + 1));
        if (answer.refused) continue;
        expect(answer).toEqual(SAID);
        same++;
      }
    // The hash's letters, in upper case.
    expect(same).toBeLessThanOrEqual(16);
  });

  test("an answer to another request, to another device, or under another key", () => {
    const body = signedBody(FULL);
    const other = (changes: object) => verdict({ ...TERMS, ...changes }, body).refused;
    expect(other({ count: 8 })).toBe("SIGNATURE");
    expect(other({ count: 0 })).toBe("SIGNATURE");
    expect(other({ timestamp: 1611583071 })).toBe("SIGNATURE");
    expect(other({ unit: { ...TERMS.unit, serial: "A111223" } })).toBe("SIGNATURE");
    expect(other({ unit: { ...TERMS.unit, key: [1, 2, 3, 4] } })).toBe("SIGNATURE");
  });

  test("a signed answer when nothing was asked", () => {
    const none = { ...REQUEST, timestamp: 0, count: 0 };
    expect(verdict(terms({ ...none, asks: "auts" }), signedBody(FULL, undefined, KEY, none)).refused).toBe("NOT_ASKED");
  });

  test("a time of the kind that was not asked for, though both kinds have one signature", () => {
    const auts = signedBody({ auts: "1682954836" });
    const asl = auts.replace("auts", "asl");
    const ask = (asks: string, body: string) => verdict(terms({ ...REQUEST, asks }), body);
    expect(ask("auts", auts)).toMatchObject({ refused: "", until: 1682954836, left: 0 });
    expect(ask("auts", asl)).toEqual({ refused: "NOT_ASKED" });
    expect(ask("asl", auts)).toEqual({ refused: "NOT_ASKED" });
    expect(ask("", auts)).toEqual({ refused: "NOT_ASKED" });
    expect(ask("", asl)).toEqual({ refused: "NOT_ASKED" });
    // One number divided between both has that signature too.
    const both = auts.replace("1682954836", '168295483,"asl":6');
    expect(ask("auts", both)).toEqual({ refused: "NOT_ASKED" });
    expect(ask("asl", both)).toEqual({ refused: "NOT_ASKED" });
  });

  test("anything at random", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n0-9.eE'.split(""),
      '"a"',
      '"da1"',
      '"st"',
      '"auts"',
      "true",
      "12",
      "\xe9",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { refused, ...said } = verdict(TERMS, pieces.join(""));
        if (!refused)
          expect(said).toEqual({ ...NOTHING, refused: undefined, verified: false, tokens: said.tokens, id: said.id });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("times are bounded", () => {
  const until = (auts: string) => verdict(TERMS, signedBody({ auts, tkl: '["123456789"]' }));
  const left = (asl: string) => verdict(terms({ ...REQUEST, asks: "asl" }), signedBody({ asl, tkl: '["123456789"]' }));

  test("a time in the past ends the credit; from before 2001 it is no time", () => {
    expect(until("1000000000")).toMatchObject({ until: 1000000000, skipped: "" });
    expect(until("999999999")).toMatchObject({ refused: "", tokens: ["123456789"], until: 0, skipped: "TIME" });
  });

  test("a time later than in 20 years is left out, and so are milliseconds", () => {
    expect(until(`${REQUEST.timestamp + 631152000}`)).toMatchObject({
      until: REQUEST.timestamp + 631152000,
      skipped: "",
    });
    expect(until(`${REQUEST.timestamp + 631152001}`)).toMatchObject({
      until: 0,
      skipped: "TIME",
      tokens: ["123456789"],
    });
    expect(until("1682954836000")).toMatchObject({ until: 0, skipped: "TIME" });
    expect(until("9".repeat(100))).toMatchObject({ until: 0, skipped: "TIME" });
  });

  test("seconds are 1 to 20 years, and fractions do not count", () => {
    expect(left("3599.98")).toMatchObject({ left: 3599, skipped: "" });
    expect(left("1")).toMatchObject({ left: 1 });
    expect(left("631152000")).toMatchObject({ left: 631152000 });
    expect(left("631152001")).toMatchObject({ refused: "", left: 0, skipped: "TIME", tokens: ["123456789"] });
  });
});

describe("settings", () => {
  const settings = (st: string) => verdict(TERMS, signedBody({ st, tkl: '["123456789"]' }));

  test.each(BAD_SETTINGS.map((st) => [st]))("that are out of bounds leave all of them out: %s", (st) => {
    expect(settings(st)).toMatchObject({ refused: "", tokens: ["123456789"], settings: [], skipped: "SETTINGS" });
  });

  test.each([
    ["newcloud.paygops.com/metrics", "https://newcloud.paygops.com/metrics"],
    ["http:\\/\\/10.0.0.1:8080\\/", "http://10.0.0.1:8080"],
    ["https://x.example/a//", "https://x.example/a"],
  ])("the address %s is %s", (text, url) => {
    expect(settings(`{"base_url":"${text}"}`).settings[0]).toBe(url);
  });

  test("a new address comes without the old server's data format and key", () => {
    expect(settings('{"base_url":"x.example"}').settings).toEqual(["https://x.example", 0, "", undefined, undefined]);
    expect(settings('{"jwt_key":"k","base_url":"x.example","data_format_id":3}').settings.slice(0, 3)).toEqual([
      "https://x.example",
      3,
      "k",
    ]);
  });

  test("of the same server change one by one", () => {
    expect(settings('{"data_format_id":3}').settings).toEqual([undefined, 3, undefined, undefined, undefined]);
    expect(settings('{"jwt_key":""}').settings).toEqual([undefined, undefined, "", undefined, undefined]);
  });

  test("of the product go by its table; null and what it does not name are passed over", () => {
    expect(settings('{"sample_s":-5,"mode":"","other":{"base_url":5}}').settings.slice(3)).toEqual([-5, ""]);
    expect(settings('{"sample_s":null,"mode":"low","other":[1,"x"]}').settings.slice(3)).toEqual([undefined, "low"]);
  });
});

test("a registration's answer has the data format's id", () => {
  const t = terms({ timestamp: 0, count: 0 });
  expect(verdict(t, '{"id": 123}')).toEqual({ ...NOTHING, verified: false, id: 123 });
  expect(verdict(t, "{}").id).toBe(0);
});

test("whatever a server signs at random is taken as it is", () => {
  const json = fc.json({ maxDepth: 3, noUnicodeString: true } as any).map((text) => JSON.parse(text));
  const object = fc.dictionary(fc.stringMatching(/^[ -~]{0,8}$/), json, { maxKeys: 4 });
  const ascii = (value: unknown) =>
    JSON.stringify(value).replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[0-9]{9}$/), { maxLength: 5 }),
      fc.integer({ min: 1000000000, max: 2000000000 }),
      object.filter((o) => !("base_url" in o)),
      object,
      fc.constantFrom("", " ", "\n  "),
      (tokens, until, st, ed, space) => {
        const texts = { tkl: ascii(tokens), auts: `${until}`, st: ascii(st), ed: ascii(ed) };
        const body = signedBody(texts).replace(/^\{|,(?="a":)/g, (c) => c + space);
        fc.pre(body.length <= 1024 && !/[[{]{8}/.test(body.replace(/[^[{]/g, "")) && !/"__proto__"/.test(body));
        const answer = verdict(TERMS, body);
        expect(answer).toMatchObject({ refused: "", verified: true, tokens, until });
        expect(answer.extra).toBe(Object.keys(ed).length ? texts.ed : "");
      },
    ),
    { numRuns: 500 },
  );
});
