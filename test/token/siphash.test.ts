import fc from "fast-check";
import { hash } from "siphash";
import { compile, interpret } from "../../build/interpreter";
import { high, keyed, low, sip } from "../../firmware/token/siphash";

const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
const block = fc.uint8Array({ minLength: 8, maxLength: 8 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const lengths = Array.from({ length: 65 }, (_, length) => length);

const words = (b: Uint8Array) => Array.from({ length: b.length / 4 }, (_, i) => Buffer.from(b).readInt32LE(i * 4));

/** What the published implementation says. */
function expected(k: Uint8Array, message: Uint8Array): number[] {
  const { h, l } = hash(Uint32Array.from(words(k)), message);
  return [h | 0, l | 0];
}

function ofText(k: Uint8Array, message: Uint8Array): number[] {
  sip(words(k), Buffer.from(message).toString("latin1"), 0, 0);
  return [high, low];
}

function ofWords(k: Uint8Array, message: Uint8Array): number[] {
  sip(words(k), "", words(message)[0], words(message)[1]);
  return [high, low];
}

// A text of no bytes stands for the form with two words, so there is no hash of it.
test.each(lengths.slice(1))("a text of %i bytes", (length) => {
  fc.assert(fc.property(key, bytes(length), (k, m) => expect(ofText(k, m)).toEqual(expected(k, m))));
});

test("eight bytes as two words", () => {
  fc.assert(
    fc.property(key, block, (k, m) => expect(ofWords(k, m)).toEqual(expected(k, m))),
    { numRuns: 1000 },
  );
});

test("one keyed hash serves many messages", () => {
  fc.assert(
    fc.property(key, fc.array(block), (k, messages) => {
      const hash = keyed(words(k));
      for (const m of messages) {
        hash(words(m)[0], words(m)[1], 3);
        expect([high, low]).toEqual(expected(k, m));
      }
    }),
  );
});

test("an empty text is the eight bytes of two words", () => {
  const k = Uint8Array.from({ length: 16 }, (_, i) => i);
  expect(ofText(k, new Uint8Array(0))).toEqual(expected(k, new Uint8Array(8)));
});

test("bytes and words that carry or have all bits set", () => {
  const corners = [0, 1, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(16).fill(byte));
  for (const k of corners)
    for (const m of corners) {
      expect(ofWords(k, m.subarray(8))).toEqual(expected(k, m.subarray(8)));
      expect(ofText(k, m)).toEqual(expected(k, m));
    }
});

test("a text of 100 kilobytes, over which the sums grow", () => {
  const message = Uint8Array.from({ length: 100000 }, (_, i) => (i * i) >> 3);
  const k = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
  expect(ofText(k, message)).toEqual(expected(k, message));
});

const onDevice = process.env.ESPRUINO ? test : test.skip;
const NEEDS = process.env.ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)";

onDevice(`the interpreter computes the same${NEEDS}`, () => {
  const cases = lengths.slice(1).map((n) => fc.sample(fc.tuple(key, bytes(n)), 1)[0]);
  const pairs = fc.sample(fc.tuple(key, block), 40);
  const hex = (b: Uint8Array) => JSON.stringify(Buffer.from(b).toString("hex"));
  const [said] = interpret([
    compile(`
      import { high, keyed, low, sip } from "./firmware/token/siphash";
      const say = () => print("#" + high + " " + low);
      function text(key, message) {
        let t = "";
        for (let i = 0; i < message.length; i += 2) t += String.fromCharCode(parseInt(message.substr(i, 2), 16));
        sip(key, t, 0, 0);
        say();
      }
      function pair(key, x, y) {
        sip(key, "", x, y);
        say();
      }
      const hash = keyed([1, -2, 3, -4]);
      function again(x, y) {
        hash(x, y, 3);
        say();
      }
      ${cases.map(([k, m]) => `text([${words(k)}], ${hex(m)});`).join("\n")}
      ${pairs.map(([k, m]) => `pair([${words(k)}], ${words(m)});`).join("\n")}
      ${pairs.map(([, m]) => `again(${words(m)});`).join("\n")}`),
  ]);
  const answers = [...said.matchAll(/#(-?\d+) (-?\d+)/g)].map(([, h, l]) => [Number(h), Number(l)]);
  const fixed = new Uint8Array(Int32Array.of(1, -2, 3, -4).buffer);
  const again: typeof pairs = pairs.map(([, m]) => [fixed, m]);
  expect(answers).toEqual([...cases, ...pairs, ...again].map(([k, m]) => expected(k, m)));
});
