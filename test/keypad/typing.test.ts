/** Tokens typed by quick fingers: the interpreter's own slowness, which the bench leaves out elsewhere, loses no key. */
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { Counted, RATES } from "../../bench/slices";
import { bundle } from "../../build/bundle";
import { arm, qemu } from "../../build/interpreter";

const there = typeof arm() !== "string";

(there ? test : test.skip)(
  "on the reference board each press of 80 ms is heard, whenever it is typed (needs an interpreter for ARM, and qemu-arm: set ESPRUINO_ARM)",
  async () => {
    const it = new Counted(await bundle("esp32"), qemu() as string[], RATES.ESP32);
    it.do(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`, "wait 200");
    const count = () => {
      it.do("#INFO");
      return JSON.parse((it.said.filter((one) => "uart" in one).pop() as { uart: string }).uart).count;
    };
    for (let tokens = 0; tokens < 5; tokens++) {
      const made = encode({ ...DEMO, kind: "add", value: 1, count: count() });
      it.do(`wait ${60 + 7.3 * tokens}`);
      for (const key of `*${made.token}#`) it.do(`key ${key} down`, "wait 0.08", `key ${key} up`, "wait 0.08");
      it.do("wait 20");
      expect({ tokens, count: count() }).toEqual({ tokens, count: made.count });
    }
    it.end();
  },
  180_000,
);
