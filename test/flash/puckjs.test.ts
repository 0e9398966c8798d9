/**
 * Flashing a board of the Puck.js class from end to end, on the interpreter itself: identity and credit are in pages inside a
 * file of its Storage, which are its own here too, and the factory port is another wire than the console.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { TELNET, TelnetBoard } from "../../bench/telnet";
import { bundle, readBoard } from "../../build/bundle";
import { flash, reopen } from "../../build/flash";
import { pause } from "../../build/port";
import { telnetPort } from "../telnet";

const onInterpreter = existsSync(process.env.ESPRUINO ?? "") ? test : test.skip;
const NAME = `tcp://127.0.0.1:${TELNET}`;
const [first, second] = [
  encode({ ...DEMO, kind: "add", value: 2 }),
  encode({ ...DEMO, kind: "add", value: 3, count: 2 }),
];

onInterpreter(
  "flash, set up, token, lamp; a second version over it, and the credit is still there; then a production build",
  async () => {
    const handOn = await telnetPort();
    const folder = mkdtempSync(join(tmpdir(), "puckjs-"));
    const device = new TelnetBoard(readBoard("puckjs"), folder);
    const { board } = device;
    const said: string[] = [];
    board.onLine = (line) => said.push(line);
    /** Sends a line to the factory port until it is answered: a device that starts does not listen yet. */
    const tell = async (line: string) => {
      said.length = 0;
      for (let tries = 0; tries < 30 && !said.some((one) => !one.startsWith("#DEV")); tries++) {
        board.send(line);
        await pause(1000);
      }
      return said.find((one) => !one.startsWith("#DEV"));
    };
    const put = async (code: string, built: Awaited<ReturnType<typeof bundle>>, dev: boolean) => {
      await (await reopen(NAME, 0)).close();
      await flash({ ...built, code }, { port: NAME, factory: "none", dev, say: () => {}, progress: () => {} });
    };
    const paid = async (days: number) => {
      const [, seconds] = /^#STATUS;ACTIVE;(\d+)$/.exec((await tell("#STATUS")) ?? "")!;
      expect(Number(seconds)).toBeGreaterThan(days * 86400 - 600);
      expect(board.state().load).toBe(true);
      expect(JSON.parse((await tell("#INFO"))!)).toMatchObject({ serial: DEMO.serial, fault: "" });
    };
    try {
      const built = await bundle("puckjs", true);
      await put(built.code, built, true);
      expect(await tell("#STATUS")).toBe("#STATUS;NOT_SET_UP");
      expect(await tell(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`)).toBe("#SETUP;OK");
      expect(await tell(`#TOKEN;${first.token}`)).toMatch(/^#TOKEN;VALID;17\d{4}$/);
      await paid(2);
      board.cut();
      await pause(300);
      board.on();
      await paid(2);

      const newer = built.code.replace(/"\d+\.\d+\.\d+"/g, '"0.99.0"');
      expect(newer).not.toBe(built.code);
      await put(newer, built, true);
      await paid(2);
      expect(JSON.parse((await tell("#INFO"))!)).toMatchObject({ version: "0.99.0", count: first.count });
      expect(await tell(`#TOKEN;${second.token}`)).toMatch(/^#TOKEN;VALID;4\d{5}$/);

      const sold = await bundle("puckjs");
      await put(sold.code, sold, false);
      await paid(5);
      await expect(put(sold.code, sold, false)).rejects.toThrow(/Nobody answers|production build/);
      await paid(5);
      // All of it is in the interpreter's own flash, and nothing in the model of one.
      expect(board.state().flash).toEqual({ writes: 0, maxErases: 0 });
      expect(board.uncaught).toEqual([]);
    } finally {
      device.end();
      handOn();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300000,
);
