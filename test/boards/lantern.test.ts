/** The example of a product: what its customer may expect, in the file that is flashed. */
import { ENGINES } from "../../bench/bench";
import { DEMO } from "../../bench/demo-unit";
import { encode, type TokenRequest } from "../../bench/encode";
import { bundle } from "../../build/bundle";
import { Rig } from "../hil/rig";

const DAY = 86400;
const skipped = (engine: string) => engine === "espruino" && !process.env.ESPRUINO;

for (const engine of Object.keys(ENGINES).filter((name) => name !== "espruino-arm"))
  (skipped(engine) ? describe.skip : describe)(`the lantern on ${engine}`, () => {
    let rig: Rig;
    let count: number;
    const enter = (request: Pick<TokenRequest, "kind"> & Partial<TokenRequest>) => {
      const made = encode({ ...DEMO, restricted: true, ...request, count });
      count = made.count;
      // A keypad takes the short tokens only.
      if (request.kind === "extended-set") rig.ask(`#TOKEN;${made.token}`);
      else rig.enter(made.token);
    };
    const pins = () => rig.state().product;
    beforeEach(async () => {
      rig = new Rig(await bundle("lantern"), engine, { idle: 0, peak: 0, total: 0 });
      count = DEMO.count;
      rig.ask(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key};1;1;1`);
    });
    afterEach(() => rig.end());

    test("is dark without credit, whatever key is pressed", () => {
      rig.do("press key", "press key");
      expect(pins()).toEqual({ light: 0, usb: 0 });
    });

    test("has three brightnesses, and goes dark when the credit ends", () => {
      enter({ kind: "add", value: 1 });
      const seen = [pins()?.light];
      for (let i = 0; i < 4; i++) {
        rig.do("wait 1", "press key");
        seen.push(pins()?.light);
      }
      expect(seen).toEqual([1, 0.4, 0.1, 0, 1]);
      rig.do(`wait ${DAY}`);
      expect(rig.state()).toMatchObject({ load: false, product: { light: 0, usb: 0 } });
    });

    test("charges phones when that was paid for and there is credit, after a power cut too", () => {
      enter({ kind: "add", value: 1 });
      expect(pins()).toEqual({ light: 1, usb: 0 });
      enter({ kind: "extended-set", value: 1 });
      expect(pins()).toEqual({ light: 1, usb: 1 });
      rig.off(60);
      expect(pins()).toEqual({ light: 1, usb: 1 });
      rig.do(`wait ${DAY}`);
      expect(pins()).toEqual({ light: 0, usb: 0 });
      enter({ kind: "add", value: 1 });
      expect(pins()).toEqual({ light: 1, usb: 1 });
      enter({ kind: "extended-set", value: 0 });
      expect(pins()).toEqual({ light: 1, usb: 0 });
    });
  });
