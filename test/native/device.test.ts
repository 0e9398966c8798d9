import { DEMO } from "../../bench/demo-unit";
import type { Host } from "../../bench/engines/engine";
import { nodeEngine } from "../../bench/engines/node";
import { Session } from "../../bench/session";
import { type Bundle, bundle, readBoard } from "../../build/bundle";
import { check } from "../../build/check";
import { arm, compile, instructions, interpret, type Machine } from "../../build/interpreter";

/** The reference board with another controller in its place, which runs machine code. */
let built: Bundle;

beforeAll(async () => {
  built = await bundle({ ...readBoard("esp32"), native: true });
});

test("a board that does not run machine code has none of it in its bundle", async () => {
  const { code } = await bundle("esp32");
  expect(code).not.toMatch(/nativeCall|atob/);
  expect(built.code.length - code.length).toBeGreaterThan(1000);
});

test("what is in the bundle for it is the language of the interpreter", () => {
  expect(check(built.code, built.map)).toEqual([]);
});

const setUp = (count: number) => `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key};${count}`;

const onArm = typeof arm() !== "string";
const NEEDS_ARM = " (needs an interpreter for ARM, and qemu-arm: set ESPRUINO_ARM)";

test("the device calls the machine code, once for a decode and not for each hash", () => {
  let calls = 0;
  const make = (code: string, pins: string[], host: Host) =>
    nodeEngine(code, pins, (operation, ...args) => {
      if (operation === "native") calls++;
      return host(operation, ...args);
    });
  const session = new Session({ board: built.board, code: built.code, make, out: () => {} });
  session.line(setUp(643));
  const tested = calls;
  expect(tested).toBe(3);
  session.line("#TOKEN;111111111");
  session.line("wait 2");
  expect(calls).toBe(tested + 1);
  session.close();
});

(onArm ? test : test.skip)(
  `a walk of 708 hashes takes 0.4 million ARM instructions at most${onArm ? "" : NEEDS_ARM}`,
  () => {
    const programs = [1, 2].map((times) =>
      compile(`
      import { native } from "./hal/espruino/native";
      const walk = native();
      const chain = { code: 123456789, least: 1e9, modulus: 1000 };
      for (let i = 0; i < ${times}; i++) walk([1, -2, 3, -4], chain, 708);`),
    );
    const [once, twice] = interpret(programs, arm() as Machine, true).map(instructions);
    expect(twice - once).toBeGreaterThan(200000);
    expect(twice - once).toBeLessThan(400000);
  },
);
