/** The jig's own program, wired to a virtual board: on Node, and on the interpreter where ESPRUINO names one. */
import { VirtualBoard } from "../../../bench/board";
import { DEMO } from "../../../bench/demo-unit";
import { encode } from "../../../bench/encode";
import { espruinoEngine } from "../../../bench/engines/espruino";
import { nodeEngine } from "../../../bench/engines/node";
import { connectJig } from "../../../bench/jig";
import { START } from "../../../bench/session";
import { bundle, readBoard } from "../../../build/bundle";
import { check } from "../../../build/check";
import { BUILDS } from "../../../build/chips";
import { times } from "../../../build/console";
import { install, JIGS, jigBundle, KEYS, readJig } from "../../../build/jig";
import { Fake } from "../../flash/fake";
import { Interpreter } from "../../interpreter";

const names = Object.keys(JIGS);
const ENGINES = [
  ["Node", nodeEngine, describe],
  ["the interpreter", espruinoEngine, Interpreter.there ? describe : describe.skip],
] as const;

/** Programs, each built once. */
const built: { [name: string]: ReturnType<typeof bundle> } = {};
const jigs: { [name: string]: ReturnType<typeof jigBundle> } = {};

/** A jig at a board: `tell` sends a line and gives what was answered within that many seconds. */
async function bench(name: string, boardName: string, make = nodeEngine) {
  const { board, code } = await (built[boardName] ??= bundle(boardName));
  const device = new VirtualBoard(board, code, nodeEngine, START);
  let heard = "";
  const jig = connectJig(device, await (jigs[name] ??= jigBundle(name)), make, (text) => {
    heard += text;
  });
  jig.on();
  const tell = (line: string, seconds = 0.01) => {
    heard = "";
    jig.send(`${line}\n`);
    device.wait(seconds);
    return heard.trim();
  };
  return { device, jig, tell };
}

for (const [engine, make, group] of ENGINES)
  group.each(names)(`the jig "%s", run by ${engine}`, (name) => {
    test("powers a device, sets it up beside it, types a token, and sees lamps and output", async () => {
      const { device, jig, tell } = await bench(name, "esp32", make);
      try {
        expect(tell("jig")).toBe(`jig ${name}`);
        expect(device.powered).toBe(true);
        expect(tell("power off")).toBe("ok");
        expect(device.powered).toBe(false);
        expect(tell("see")).toMatch(/^see 0 0 /);
        expect(tell("power on", 1)).toBe("ok");
        expect(device.powered).toBe(true);
        device.send(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
        device.wait(20);
        const look = () => tell("see").split(" ").slice(1).map(Number);
        const [powered, output, green, rises, , red, , falls] = look();
        expect([powered, output, green]).toEqual([1, 0, 0]);
        // The reference board's red lamp lights when its pin is low, and a device that is not set up blinks with it.
        expect(red).toBe(1);
        expect(falls).toBeGreaterThan(0);

        const { token } = encode({ ...DEMO, kind: "add", value: 1 });
        const { green: before } = device.state().blinks;
        expect(tell(`press *${token} 80`, 10 * 0.16 + 0.1)).toBe("ok");
        device.wait(8);
        const { blinks, load } = device.state();
        expect(load).toBe(true);
        const seen = look();
        expect(seen[1]).toBeGreaterThan(11900);
        expect(seen[1]).toBeLessThan(12100);
        expect(seen[3] - rises).toBe(blinks.green - before);
        expect(seen[3] - rises).toBeGreaterThan(10);

        expect(tell("power off")).toBe("ok");
        expect(device.powered).toBe(false);
        expect(look().slice(0, 2)).toEqual([0, 0]);
        tell("power on", 3);
        expect(device.state().load).toBe(true);
        expect(device.uncaught).toEqual([]);
      } finally {
        jig.off();
        device.cut();
      }
    });

    test("holds keys, several at once, until it is told otherwise", async () => {
      const { device, jig, tell } = await bench(name, "esp32", make);
      try {
        for (const key of KEYS) expect(tell(`down ${key}`)).toBe("ok");
        expect([...device.state().keypad.held].sort().join("")).toBe([...KEYS].sort().join(""));
        for (const key of KEYS.slice(1)) expect(tell(`up ${key}`)).toBe("ok");
        expect(device.state().keypad.held).toBe("1");
        // A jig that starts anew, or has no power, presses nothing.
        jig.off();
        expect(device.state().keypad.held).toBe("");
        jig.on();
        expect(device.state().keypad.held).toBe("");
        expect(tell("jig")).toBe(`jig ${name}`);
      } finally {
        jig.off();
        device.cut();
      }
    });

    test("says what it does not know, and goes on", async () => {
      const { device, jig, tell } = await bench(name, "esp32", make);
      try {
        for (const line of [
          "hello",
          "power",
          "power cycle",
          "press",
          "press 5",
          "press 5 0",
          "press 5 99999",
          "down 55",
        ])
          expect({ line, answer: tell(line) }).toEqual({
            line,
            answer: expect.stringContaining("error: choose one of"),
          });
        for (const line of ["down x", "press 1x 80"])
          expect({ line, answer: tell(line) }).toEqual({ line, answer: "error: no such key" });
        expect(tell("x".repeat(500))).toContain("error");
        expect(tell("\r\n\r\njig")).toBe(`jig ${name}`);
        expect(device.uncaught).toEqual([]);
      } finally {
        jig.off();
      }
    });
  });

test.each(names)("the program of the jig %s is within the language of the interpreter", async (name) => {
  const { code, map } = await jigBundle(name);
  expect(check(code, map)).toEqual([]);
});

test.each(names)("the pins of the jig %s are there, are free, and can do what they are for", (name) => {
  const { espruino, keys, power, green, red, output, port } = readJig(name);
  const build = BUILDS[espruino];
  const { tx, rx } = build.console;
  const all = [...keys, power, green, red, output];
  expect(keys).toHaveLength(KEYS.length);
  expect(new Set(all).size).toBe(all.length);
  for (const pin of all) {
    expect(build.pins).toContain(pin);
    expect(Object.keys({ ...build.taken, ...build.straps })).not.toContain(pin);
    if (port !== "USB") expect([tx, rx]).not.toContain(pin);
  }
  for (const pin of [...keys, power]) expect(build.inputOnly).not.toContain(pin);
  // A device that gets its power while the jig starts would live through more than the test says.
  expect(build.pulledUp).not.toContain(power);
  expect(build.analog).toContain(output);
});

test.each(["puckjs", "lantern", "microbit2"])("a jig works the keys of %s", async (name) => {
  const { device, jig, tell } = await bench("pico", name);
  device.wait(2);
  const keys = readBoard(name).parts.keypad.driver === "keys" ? "1234" : KEYS;
  const said: string[] = [];
  device.onLine = (line) => said.push(line);
  device.send("#TEST;CLOCK");
  device.wait(1);
  expect(tell(`press ${keys} 80`, keys.length * 0.16 + 1)).toBe("ok");
  expect(said.slice(1)).toEqual([...keys].map((key) => `#KEY;${key}`));
  jig.off();
  expect(device.powered).toBe(false);
});

describe("npm run jig", () => {
  let fake: Fake;
  beforeAll(() => void Object.assign(times, { expression: 300, boot: 900, away: 50, back: 3000, idle: 4000 }));
  afterEach(() => fake.close());

  test("stores the program on a controller, also on one that is a jig already, and hears it answer", async () => {
    let jig = false;
    const says = (line: string) => {
      if (line === "jig" && fake.restarts) return "jig pico";
      if (!jig || line.startsWith("\x10")) return undefined;
      jig = line !== "console";
      return jig ? "error: choose one of jig" : "ok";
    };
    fake = new Fake({ board: "RP2040_PICO", says, runs: false });
    const port = await fake.open();
    await install("pico", port);
    expect(fake.text(".bootrst")).toBe((await jigBundle("pico")).code);
    jig = true;
    await install("pico", port);
    expect(fake.restarts).toBe(2);
  });

  test("says what is wrong with another board, and with a program that does not answer", async () => {
    fake = new Fake({ board: "ESP32" });
    await expect(install("pico", await fake.open())).rejects.toThrow(
      /This is a ESP32, and the jig "pico" is a RP2040_PICO\. Give/,
    );
    fake.close();
    fake = new Fake({ board: "RP2040_PICO", runs: false });
    await expect(install("pico", await fake.open())).rejects.toThrow("does not answer. Cut the jig's power");
    expect(() => readJig("uno")).toThrow('There is no jig "uno". Choose one of pico, esp32.');
  });
});
