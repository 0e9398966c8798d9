/** Reading and writing of values: characters matter, because they are signed. */
import { readCbor, writeCbor } from "../../bench/server/cbor";
import { FormError, fromPlain, inJavaScript, plain, readJson, reemitted, written } from "../../bench/server/json";

test.each([
  // As Python's json module writes what it read.
  ["12.0", "12.0", "12"],
  ["1.50", "1.5", "1.5"],
  ["-0", "0", "0"],
  ["-0.0", "-0.0", "0"],
  ["1e3", "1000.0", "1000"],
  ["1E+2", "100.0", "100"],
  ["0.0001", "0.0001", "0.0001"],
  ["0.00012345", "0.00012345", "0.00012345"],
  ["0.00001", "1e-05", "0.00001"],
  ["1.5e-7", "1.5e-07", "1.5e-7"],
  ["1e15", "1000000000000000.0", "1000000000000000"],
  ["1e16", "1e+16", "10000000000000000"],
  ["1e22", "1e+22", "1e+22"],
  ["5e-324", "5e-324", "5e-324"],
  ["9007199254740993", "9007199254740993", "9007199254740992"],
  [
    '"caf\\u00e9 \\/ \\u2603 \\ud83d\\ude00 \\u007f\\n"',
    '"caf\\u00e9 / \\u2603 \\ud83d\\ude00 \\u007f\\n"',
    '"café / ☃ 😀 \x7f\\n"',
  ],
  [' { "10" : [ 1 , true ] , "9" : null } ', '{"10":[1,true],"9":null}', '{"9":null,"10":[1,true]}'],
])("%s is written again as %s, in JavaScript as %s", (text, python, javaScript) => {
  const value = readJson(text);
  expect([reemitted(value), inJavaScript(value)]).toEqual([python, javaScript]);
  if (/^[-\d]/.test(text)) expect(written(value)).toBe(text);
});

test.each([
  ...[
    "",
    " ",
    "{",
    "[1,]",
    "[1 2]",
    '{"a"}',
    '{"a":}',
    "{a:1}",
    "'a'",
    "01",
    "1.",
    ".5",
    "+1",
    "NaN",
    "Infinity",
    "1e999",
    "nul",
  ],
  ...['"a', '"\\x"', '"\t"', "1 1", '{"a":1,"a":1}', "[".repeat(40), `${"[".repeat(33)}1${"]".repeat(33)}`],
])("%j is refused", (text) => expect(() => readJson(text)).toThrow(FormError));

test("a name that JavaScript treats in its own way is a name", () => {
  const value = readJson('{"__proto__":{"a":1},"constructor":2}');
  expect(Object.keys(plain(value))).toEqual(["__proto__", "constructor"]);
  expect(reemitted(fromPlain(plain(value)))).toBe('{"__proto__":{"a":1},"constructor":2}');
});

test("CBOR and back", () => {
  const value = {
    a: [1, -5, 23, 24, 65536, 4294967295, 4294967296, -2147483649, 1.5, -0.25, true, null, "é", ""],
    b: {},
  };
  expect(plain(readCbor(writeCbor(fromPlain(value))))).toEqual(value);
  expect(reemitted(readCbor(Buffer.from("1bffffffffffffffff", "hex")))).toBe("18446744073709551615");
  expect(reemitted(readCbor(Buffer.from("9f01bf6161f6ffff", "hex")))).toBe('[1,{"a":null}]');
});

test.each([
  ["nothing", ""],
  ["an item that breaks off", "830102"],
  ["a text that breaks off", "6561"],
  ["a number that breaks off", "1901"],
  ["a list said to be huge", "9bffffffffffffffff"],
  ["lists in lists said to be huge", "9a00ffffff".repeat(30)],
  ["something behind the end", "0000"],
  ["a byte string", "4101"],
  ["a tag", "c11a514b67b0"],
  ["undefined", "f7"],
  ["not a number", "f97e00"],
  ["infinity", "fb7ff0000000000000"],
  ["a break alone", "ff"],
  ["a break in a list of a length", "82ff01"],
  ["an object that ends at a key", "bf6161ff"],
  ["a text in pieces", "7f6161ff"],
  ["a reserved length", "1c"],
  ["nested too deep", "81".repeat(40) + "01"],
  ["a list as a key", "a18001"],
  ["a key twice", "a2010161310 2".replace(" ", "")],
  ["text that is no UTF-8", "61ff"],
])("CBOR: %s is refused", (_what, hex) => expect(() => readCbor(Buffer.from(hex, "hex"))).toThrow(FormError));
