/** Answers as a server signs them, and spoilt ones. */
import { Encoder } from "cbor-x";
import { judge, type Verdict } from "../../firmware/metrics/answer";
import type { Terms } from "../../firmware/metrics/terms";
import { KEY } from "./asking";
import { answerAuth } from "./model";

/** The request that they are to. */
export const REQUEST = { serial: "A111222", timestamp: 1611583070, count: 7 };

/** Members' texts (without spaces) as a body, signed. `order` says which member comes when. */
export function signedBody(
  texts: { [name: string]: string },
  order = [...Object.keys(texts), "a"],
  key = KEY,
  request = REQUEST,
): string {
  const auth = answerAuth(key, request, texts);
  return `{${order.map((name) => `"${name}":${name === "a" ? `"${auth}"` : texts[name]}`).join()}}`;
}

/** A body as CBOR, in which `decimals` (texts that end in ".0") are decimals. */
export function asCbor(body: string, decimals: string[] = []): string {
  // Another number that is as long takes their places, since the encoder makes integers of them.
  const places = decimals.map((_, i) => 0.1 + i);
  const plain = decimals.reduce((text, decimal, i) => text.replace(decimal, `${places[i]}`), body);
  const bytes = new Encoder({ useRecords: false, variableMapSize: true }).encode(JSON.parse(plain));
  const mark = (n: number) => {
    const view = Buffer.alloc(9, 0xfb);
    view.writeDoubleBE(n, 1);
    return view.toString("latin1");
  };
  const text = bytes.toString("latin1");
  return decimals.reduce((made, decimal, i) => made.replace(mark(places[i]), () => mark(Number(decimal))), text);
}

/** Bodies that are no CBOR of an answer. */
export const HOSTILE_CBOR: [string, string][] = (
  [
    ["its first byte alone", "a1"],
    ["a list", "80"],
    ["a number", "1901"],
    ["a text", "f4"],
    ["a tag", "c0a0"],
    ["two objects", "a0a0"],
    ["something behind it", "a000"],
    ["an object of open length", "bf61610fff"],
    ["more members than it holds", "a16161"],
    ["more members than an answer has", "b8ff"],
    ["no end of members", "bbffffffffffffffff"],
    ["a text of no end", "a1627479" + "7bffffffffffffffff"],
    ["a text that is longer than the body", "a163746b6c78ff31"],
    ["a list of no end", "a163746b6c9bffffffffffffffff31"],
    ["bytes", "a163746b6c4131"],
    ["a text in pieces", "a163746b6c7f6131ff"],
    ["undefined", "a163746b6cf7"],
    ["a simple value", "a163746b6cf820"],
    ["a half decimal", "a16161f93c00"],
    ["a decimal with a fraction", "a16161fb3fb999999999999a"],
    ["no number", "a16161fb7ff8000000000000"],
    ["infinity", "a16161fb7ff0000000000000"],
    ["a name that is a number", "a10101"],
    ["a name that is an object", "a1a001"],
    ["a name twice", "a263746b6c8063746b6c80"],
    ["a text in UTF-8", "a1626564a161786463616663c3a9"],
    ["deep nesting", `a1626564${"81".repeat(600)}00`],
    ["deep nesting without an end", "81".repeat(1000)],
    ["8 KB", `a1617859${"2000"}${"79".repeat(8192)}`],
  ] as [string, string][]
).map(([what, hex]) => [what, Buffer.from(hex, "hex").toString("latin1")]);

/** What an answer may say, all at once. */
export const FULL = {
  tkl: '["036100348","452411961"]',
  auts: "1682954836.0",
  st: '{"base_url":"new.example/m","data_format_id":40,"jwt_key":"ey.J-0_","sample_s":30,"mode":"high"}',
  ed: '{"sun":"990","list":[1,{"a":null}]}',
};

/** The product's settings that go with it. */
export const TABLE = [
  { name: "sample_s", text: false, least: -5, most: 3600 },
  { name: "mode", text: true, least: 0, most: 8 },
];

/** Bodies that no server makes: each is refused, whatever the request was. */
export const HOSTILE: [string, string][] = [
  ["nothing", ""],
  ["spaces", "  \r\n "],
  ["text", "404 page not found"],
  ["HTML", "<html><body>Log in</body></html>"],
  ["a list", "[]"],
  ["a text", '"a"'],
  ["a number", "12"],
  ["two objects", '{}{"tkl":["123456789"]}'],
  ["something behind it", '{"tkl":["123456789"]}x'],
  ["a comma behind it", '{"tkl":["123456789"]},'],
  ["an object that does not end", '{"tkl":["123456789"]'],
  ["a text that does not end", '{"tkl":["123456789'],
  ["a text that ends in its escape", '{"tkl":["123456789\\"'],
  ["a backslash at its end", '{"tkl":["123456789\\'],
  ["a comma too many", '{"tkl":["123456789"],}'],
  ["a comma at its start", '{,"tkl":["123456789"]}'],
  ["a comma too many in a list", '{"tkl":["123456789",]}'],
  ["a space in a number", '{"tkl":[123456 789]}'],
  ["no comma", '{"tkl":["123456789" "123456789"]}'],
  ["no colon", '{"tkl" ["123456789"]}'],
  ["two colons", '{"tkl"::["123456789"]}'],
  ["a name without quotes", '{tkl:["123456789"]}'],
  ["single quotes", "{'tkl':['123456789']}"],
  ["a member without a value", '{"tkl":}'],
  ["a member without a name", '{:["123456789"]}'],
  ["brackets that do not match", '{"tkl":["123456789"}]'],
  ["a closing bracket too many", '{"tkl":["123456789"]]}'],
  ["a name twice", '{"tkl":["123456789"],"tkl":[]}'],
  ["a name twice, short and long", '{"tkl":[],"token_list":["123456789"]}'],
  ["the auth twice", '{"a":"da1","auth":"da1"}'],
  ["deep nesting", `{"x":${"[".repeat(9)}${"]".repeat(9)}}`],
  ["very deep nesting", "[".repeat(1000)],
  ["very deep nesting in a member", `{"ed":${'{"a":'.repeat(150)}`],
  ["8 KB", `{"tkl":["123456789"],"x":"${"y".repeat(8192)}"}`],
  ["8 KB of spaces", `{"tkl":["123456789"]${" ".repeat(8192)}}`],
  ["just too much", `{"x":"${"y".repeat(1024 - 7)}"}`],
  ["only quotes", '"'.repeat(1000)],
  ["only backslashes", `{"${"\\".repeat(1000)}`],
  ["tokens as an object", '{"tkl":{"a":"123456789"}}'],
  ["a token alone", '{"tkl":"123456789"}'],
  ["tokens in lists", '{"tkl":[["123456789"]]}'],
  ["a token that is null", '{"tkl":[null]}'],
  ["a token with letters", '{"tkl":["12345678a"]}'],
  ["an empty token", '{"tkl":["123456789",""]}'],
  ["a token with a comma", '{"tkl":["123456789,987654321"]}'],
  ["a token below zero", '{"tkl":[-123456789]}'],
  ["a token with a fraction", '{"tkl":[123456789.0]}'],
  ["a token that is too long", `{"tkl":["${"1".repeat(21)}"]}`],
  ["a serial that is a number", '{"sn":12,"tkl":["123456789"]}'],
  ["another device's serial", '{"sn":"A111223","tkl":["123456789"]}'],
  ["an auth that is a number", '{"a":12}'],
  ["an auth without a hash", '{"a":"da"}'],
  ["an auth of another method", '{"a":"ra12"}'],
  ["an auth that is too long", `{"a":"da${"0".repeat(17)}"}`],
  ["an auth that is no hash", '{"a":"da12x4"}'],
  ["a time without an auth", '{"auts":1682954836}'],
  ["seconds without an auth", '{"tkl":["123456789"],"asl":60}'],
  ["settings without an auth", '{"tkl":["123456789"],"st":{"sample_s":30}}'],
  ["extra data without an auth", '{"ed":{"a":1}}'],
  ["an id that is a text", '{"id":"12"}'],
];

/** Signed, but of types that no server sends: each is refused. */
export const WRONG_TYPES: { [name: string]: string }[] = [
  { auts: '"1682954836"' },
  { auts: "[1682954836]" },
  { auts: "true" },
  { auts: "1.6e9" },
  { auts: "-1682954836" },
  { auts: "0x6450" },
  { auts: "1682954836", asl: "60" },
  { asl: "60" },
  { tkl: '"123456789"' },
  { tkl: '{"0":"123456789"}' },
  { tkl: '["123456789",{}]' },
  { st: '[{"sample_s":30}]' },
  { st: '"sample_s"' },
  { st: "30" },
  { st: '{"sample_s":30,"sample_s":40}' },
  { ed: "[1]" },
  { ed: '"x"' },
];

/** Signed settings that are out of their bounds: none of the settings beside them counts either. */
export const BAD_SETTINGS: string[] = [
  '{"sample_s":30,"base_url":"ftp://x.example"}',
  '{"sample_s":30,"base_url":"https://"}',
  '{"sample_s":30,"base_url":"https:///path"}',
  '{"sample_s":30,"base_url":"x.example/a?b"}',
  '{"sample_s":30,"base_url":"x.example/a b"}',
  '{"sample_s":30,"base_url":"x.example\\"AT+CPWROFF"}',
  '{"sample_s":30,"base_url":"x.example\\r\\nHost: y"}',
  '{"sample_s":30,"base_url":"caf\\u00e9.example"}',
  `{"sample_s":30,"base_url":"x.example/${"y".repeat(130)}"}`,
  '{"sample_s":30,"base_url":12}',
  '{"sample_s":30,"base_url":""}',
  '{"sample_s":30,"base_url":{}}',
  '{"sample_s":30,"data_format_id":"12"}',
  '{"sample_s":30,"data_format_id":-1}',
  '{"sample_s":30,"data_format_id":1.5}',
  '{"sample_s":30,"data_format_id":2147483648}',
  '{"sample_s":30,"data_format_id":012}',
  '{"sample_s":30,"jwt_key":12}',
  '{"sample_s":30,"jwt_key":"a\\nb"}',
  `{"sample_s":30,"jwt_key":"${"y".repeat(401)}"}`,
  '{"sample_s":-6}',
  '{"sample_s":3601}',
  '{"sample_s":"30"}',
  '{"sample_s":30.0}',
  '{"sample_s":true}',
  '{"sample_s":[30]}',
  '{"mode":"too long it is"}',
  '{"mode":5}',
  '{"mode":"\\u0007"}',
  '{"mode":"a\\\\b"}',
];

/** The verdict on an answer. */
export function verdict(t: Terms, text: string): Verdict {
  const check = judge(t, text);
  for (let slices = 0; slices < 3000; slices++) {
    const answer = check();
    if (answer) return answer;
  }
  throw new Error("The answer is never judged");
}
