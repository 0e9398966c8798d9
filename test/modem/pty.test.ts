/** On the interpreter a modem's port is the interpreter's own, at a terminal of this computer: the firmware's serial code runs as on a board. */
import { execFileSync, spawnSync } from "node:child_process";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { espruinoEngine } from "../../bench/engines/espruino";
import { Interpreter } from "../interpreter";
import { device, MODULES, Reporter } from "./device";

const socat = spawnSync("socat", ["-V"]).status === 0;
const here = Interpreter.there && socat ? test : test.skip;
const NEEDS = Interpreter.there ? (socat ? "" : " (needs socat)") : " (needs an interpreter: set ESPRUINO)";

here.each(MODULES)(`%s: a report goes out, and its answer and a message come in${NEEDS}`, async (family) => {
  const it = new Reporter(await device(family, "service"), { engine: "espruino" });
  try {
    it.do("server tokens add:7", "wait 60");
    it.recover(2);
    expect(it.taken).toBeGreaterThan(0);
    expect(it.info()).toMatchObject({ count: 2, report: { failure: "", failures: 0 } });
    it.do(`modem sms +254700000001 ${encode({ ...DEMO, kind: "add", value: 2, count: 2 }).token}`, "wait 1200");
    expect(it.info()).toMatchObject({ count: 4 });
    expect(it.modem.complaints).toEqual([]);
  } finally {
    it.end();
  }
});

describe("the port", () => {
  /** Runs a program, says something at its port, and returns what was called for. */
  const run = (program: string, ...said: string[]) => {
    const calls: unknown[][] = [];
    const host = (...call: unknown[]) => {
      calls.push(call.filter((one) => one !== null));
    };
    const engine = espruinoEngine(program, ["D16", "D17"], host, "Serial3");
    try {
      engine.start();
      for (const text of said) engine.deliver(-1, text, false);
    } finally {
      engine.stop();
    }
    return calls;
  };
  const setUp = "Serial3.setup(115200, { tx: D17, rx: D16 });";
  const heard = (calls: unknown[][]) =>
    calls.flatMap(([operation, , text]) => (operation === "send" ? [text] : [])).join("");
  const processes = () =>
    execFileSync("ps", ["-o", "args=", "--ppid", String(process.pid)], { encoding: "latin1" }).split("\n");

  here(`carries all bytes both ways at once, as many as there are${NEEDS}`, () => {
    const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    const all = bytes.repeat(8);
    const calls = run(`Serial3.on("data", function (text) { Serial3.write(text); }); ${setUp}`, all);
    expect(heard(calls)).toBe(all);
    expect(calls.slice(0, 2)).toEqual([
      ["uart", "Serial3", 115200],
      ["listen", -1, "Serial3"],
    ]);
  });

  here(`says nothing before it is set up, and hears again after it was set up anew${NEEDS}`, () => {
    const listen = 'Serial3.on("data", function (text) { Serial3.write("<" + text + ">"); });';
    const again = `Serial3.removeAllListeners("data"); Serial3.unsetup(); ${listen} ${setUp}`;
    expect(heard(run(`Serial3.write("lost"); ${listen} ${setUp} ${again}`, "text"))).toBe("<text>");
  });

  here(`loses what comes while nobody listens${NEEDS}`, () => {
    expect(heard(run(setUp, "a".repeat(1000)))).toBe("");
  });

  here(`tells of an exception where it is heard, and goes on${NEEDS}`, () => {
    const calls = run(
      `process.on("uncaughtException", function (error) { Serial3.write("!" + error); });
      Serial3.on("data", function (text) { if (text === "bad") throw "oh"; Serial3.write(text); }); ${setUp}`,
      "bad",
      "good",
    );
    expect(heard(calls)).toBe("!ohgood");
    expect(calls).toContainEqual(["uncaught", "oh"]);
  });

  here(`refuses options that Espruino does not know${NEEDS}`, () => {
    const calls = run(
      'setTimeout(function () {}, 1); try { Serial3.setup(9600, { baud: 1 }); } catch (e) { $call("send", "", "" + e); }',
    );
    expect(heard(calls)).toContain('Unknown option "baud"');
  });

  here(`leaves no process behind${NEEDS}`, () => {
    run(setUp);
    expect(processes().filter((one) => /^socat/.test(one))).toEqual([]);
  });
});
