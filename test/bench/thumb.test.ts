import { call } from "../../bench/thumb";

const halves = (...code: number[]) => new Uint8Array(Uint16Array.from(code).buffer);
const run = (code: Uint8Array, ...args: number[]) => call([{ at: 0x1000, bytes: code }], 0x1001, args);

test("adds, counts its instructions, and returns", () => {
  // adds r0, r0, r1; bx lr
  expect(run(halves(0x1840, 0x4770), 3, 4)).toEqual({ result: 7, instructions: 2 });
});

test("does what the conditions of an IT block say, and leaves the flags alone in it", () => {
  // cmp r0, r1; ite hi; movhi r0, #1; movls r0, #0; adc r0, r0; bx lr
  const code = halves(0x4288, 0xbf8c, 0x2001, 0x2000, 0x4140, 0x4770);
  expect(run(code, 5, 4).result).toBe(3);
  expect(run(code, 4, 4).result).toBe(1);
  expect(run(code, 3, 0xffffffff).result).toBe(0);
});

test.each([
  ["an instruction that it does not know", [0xde00], "No known instruction: de00, at 0x1000"],
  ["a place where nothing lies", [0x6800], "Nothing lies at 0x64, at 0x1000"],
  ["two registers at an odd place", [0xe9d1, 0x2300], "A word that is not aligned, at 0x1000"],
  ["code that goes on behind its end", [0xbf00], "Nothing lies at 0x1002, at 0x1002"],
  ["a stack that is left full", [0xb081, 0x4770], "The stack is not as it was, at 0x1002"],
])("%s is an error", (_what, code, message) => {
  expect(() => run(halves(...code), 100, 101)).toThrow(message);
});
