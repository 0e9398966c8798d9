/** A token's verdict is the same with machine code and without, with the table of codes and without. */
import { existsSync } from "node:fs";
import { DEMO } from "../../bench/demo-unit";
import { encode, tableCommands } from "../../bench/encode";
import { armEngine, espruinoEngine } from "../../bench/engines/espruino";
import { nodeEngine } from "../../bench/engines/node";
import { type Bundle, bundle, readBoard } from "../../build/bundle";
import { arm } from "../../build/interpreter";
import { vectors } from "../bench/oracle";
import { Rig } from "../hil/rig";

const ENGINES = [
  ["node", nodeEngine, true],
  ["espruino (needs an interpreter: set ESPRUINO)", espruinoEngine, existsSync(process.env.ESPRUINO ?? "")],
  [
    "espruino for ARM (needs an interpreter for ARM, and qemu-arm: set ESPRUINO_ARM)",
    armEngine,
    typeof arm() !== "string",
  ],
] as const;

const [quick] = vectors("certification.jsonl");
const WORDS: { [result: string]: RegExp } = {
  valid: /^#TOKEN;(VALID|SYNCED|PAYG_DISABLED)/,
  used: /^#TOKEN;ALREADY_USED/,
  invalid: /^#TOKEN;INVALID/,
};

for (const native of [false, true])
  for (const tables of [false, true]) {
    const way = `${native ? "with" : "without"} machine code, ${tables ? "with" : "without"} a table`;
    let built: Bundle;
    beforeAll(async () => {
      const board = readBoard("esp32");
      // Machine code is for chips that have less memory than a modem's session takes beside it.
      delete board.parts.modem;
      const { table, ...settings } = board.settings;
      built = await bundle({ ...board, native, settings: tables ? { ...settings, table } : settings });
    });
    for (const [name, engine, there] of ENGINES)
      (there ? describe : describe.skip)(`${way}, on ${name}`, () => {
        let rig: Rig;
        const say = (token: string) => rig.ask(`#TOKEN;${token}`, "wait 3")[0];
        beforeEach(() => {
          rig = new Rig(built, engine, { idle: 0, peak: 0, total: 0 });
        });
        afterEach(() => rig.end());

        test("a unit at count 643 takes tokens of all kinds once, over a power cut, and no others", () => {
          if (tables)
            for (const line of tableCommands({ ...DEMO, count: 643 })) expect(rig.ask(line)).toEqual(["#TABLE;OK"]);
          expect(rig.ask(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key};643`)).toEqual(["#SETUP;OK"]);
          let count = 643;
          const next = (kind: "add" | "set" | "disable" | "sync" | "extended-set", value?: number) => {
            const made = encode({ ...DEMO, kind, value, count });
            count = made.count;
            return made.token;
          };
          const [set, add, long] = [next("set", 30), next("add", 7), next("extended-set", 123456)];
          expect(say(set)).toBe("#TOKEN;VALID;2592000");
          expect(say("111111111")).toBe("#TOKEN;INVALID");
          rig.off(700);
          expect(say(set)).toBe("#TOKEN;ALREADY_USED");
          expect(say(add)).toMatch(/^#TOKEN;VALID;319\d{4}$/);
          expect(say(long)).toBe("#TOKEN;EXTENDED;123456");
          expect(say(add)).toBe("#TOKEN;ALREADY_USED");
          expect(say(next("sync"))).toBe("#TOKEN;SYNCED");
          expect(say(next("disable"))).toBe("#TOKEN;PAYG_DISABLED");
        });

        test(`the published ${quick.procedure} procedure passes`, () => {
          const { startingCode, key, count = 1, timeDivider = 1, steps } = quick;
          rig.ask(`#SETUP;1;${startingCode};${key};${count};${timeDivider}`);
          for (const { wait, token, result } of steps) {
            rig.do(`wait ${Math.max(wait, 700)}`);
            expect(say(token)).toMatch(WORDS[result]);
          }
        });
      });
  }
