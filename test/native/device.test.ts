import { existsSync } from "node:fs";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import type { Host } from "../../bench/engines/engine";
import { armEngine, espruinoEngine } from "../../bench/engines/espruino";
import { nodeEngine } from "../../bench/engines/node";
import { Session } from "../../bench/session";
import { type Bundle, bundle, readBoard } from "../../build/bundle";
import { check } from "../../build/check";
import { arm, compile, instructions, interpret, type Machine } from "../../build/interpreter";
import { vectors } from "../bench/oracle";
import { Rig } from "../hil/rig";

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
const ENGINES = [
  ["node", nodeEngine, true, ""],
  ["espruino", espruinoEngine, existsSync(process.env.ESPRUINO ?? ""), " (needs an interpreter: set ESPRUINO)"],
  ["espruino for ARM", armEngine, onArm, NEEDS_ARM],
] as const;

for (const [name, engine, there, needs] of ENGINES)
  (there ? describe : describe.skip)(`with machine code on ${name}${there ? "" : needs}`, () => {
    let rig: Rig;
    beforeEach(() => {
      rig = new Rig(built, engine, { idle: 0, peak: 0, total: 0 });
    });
    afterEach(() => rig.end());

    test("a token is taken at count 643, and again it is used", () => {
      expect(rig.ask(setUp(643))).toEqual(["#SETUP;OK"]);
      const { token } = encode({ ...DEMO, count: 643, kind: "set", value: 30 });
      expect(rig.ask(`#TOKEN;${token}`)).toEqual(["#TOKEN;VALID;2592000"]);
      expect(rig.ask(`#TOKEN;${token}`)).toEqual(["#TOKEN;ALREADY_USED"]);
      expect(rig.ask("#TOKEN;111111111")).toEqual(["#TOKEN;INVALID"]);
    });

    test("extended tokens are read too", () => {
      expect(rig.ask(setUp(643))).toEqual(["#SETUP;OK"]);
      const { token } = encode({ ...DEMO, count: 643, kind: "extended-set", value: 123456 });
      expect(rig.ask(`#TOKEN;${token}`)).toEqual(["#TOKEN;EXTENDED;123456"]);
    });

    // Waits longer than the procedure says, for the delay after wrong tokens.
    const [quick] = vectors("certification.jsonl");
    test(`the published ${quick.procedure} procedure passes`, () => {
      expect(
        rig.ask(`#SETUP;1;${quick.startingCode};${quick.key};${quick.count ?? 1};${quick.timeDivider ?? 1}`),
      ).toEqual(["#SETUP;OK"]);
      const word = {
        valid: /^#TOKEN;(VALID|SYNCED|PAYG_DISABLED)/,
        used: /^#TOKEN;ALREADY_USED/,
        invalid: /^#TOKEN;INVALID/,
      };
      for (const { wait, token, result } of quick.steps) {
        rig.do(`wait ${Math.max(wait, 700)}`);
        const [said] = rig.ask(`#TOKEN;${token}`);
        expect(said).toMatch(word[result as keyof typeof word]);
      }
    });
  });

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
