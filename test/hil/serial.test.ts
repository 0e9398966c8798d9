/**
 * Engine serial, with a virtual board and a virtual jig behind real ports: on Node in this process; and the suite itself, as
 * `npm run test:hil` runs it on a board, with device and jig on the interpreter.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { VirtualBoard } from "../../bench/board";
import { DEMO } from "../../bench/demo-unit";
import { encode } from "../../bench/encode";
import { nodeEngine } from "../../bench/engines/node";
import { SerialSession } from "../../bench/engines/serial";
import { connectJig } from "../../bench/jig";
import { JIG, TELNET } from "../../bench/telnet";
import { bundle } from "../../build/bundle";
import { jigBundle } from "../../build/jig";
import { Interpreter } from "../interpreter";
import { telnetPort } from "../telnet";
import { needs } from "./needs";

const root = resolve(__dirname, "../..");
const SETUP = `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`;
const { token } = encode({ ...DEMO, kind: "add", value: 1 });

/** What is given to `hear` comes from a port of this computer; what it returns the function for goes there. */
async function serve(hear: (text: string) => void): Promise<{ name: string; say(text: string): void; end(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (data) => hear(data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    name: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say: (text) => {
      for (const socket of sockets) socket.write(text, "latin1");
    },
    end: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const REFUSED = {
  "key 1": "needs the jig",
  cut: "needs the jig",
  fresh: "flash a development build",
  "rtc stop": "the clock chip is not reached",
  "time 5": "cannot be moved",
  "sample battery 1": "sample needs the virtual board",
  "modem fault silent": "modem needs the virtual board",
  "memory missing": "memory needs the virtual board",
  "cut after 5": "No jig counts bytes",
  "key 5 stick": "No jig spoils a contact",
  "key x": 'no key "x"',
  "wait -1": "wait takes seconds",
  "raw hello": "JSON string",
  hello: "choose one of #",
};

describe("a production build behind ports", () => {
  let device: VirtualBoard;
  let wire: Awaited<ReturnType<typeof serve>>;
  let jigWire: Awaited<ReturnType<typeof serve>>;
  let timer: NodeJS.Timeout;

  beforeEach(async () => {
    const { board, code } = await bundle("esp32");
    device = new VirtualBoard(board, code, nodeEngine, Date.now() / 1000);
    wire = await serve((text) => device.type(text));
    device.onLine = (line) => wire.say(`${line}\r\n`);
    const jig = connectJig(device, await jigBundle("pico"), nodeEngine, (text) => jigWire.say(text));
    jigWire = await serve((text) => jig.send(text));
    jig.on();
    timer = setInterval(() => device.wait(Math.max(0, Date.now() - device.world.now) / 1000), 10);
  });
  afterEach(() => {
    clearInterval(timer);
    wire.end();
    jigWire.end();
  });

  /** A session; the function does lines and returns all that came out. */
  async function open(jig?: string) {
    const said: any[] = [];
    const session = await SerialSession.open({
      board: device.board,
      port: wire.name,
      jig,
      out: (one) => said.push(one),
    });
    const bench = async (...lines: string[]) => {
      for (const line of lines) await session.line(line);
      return said.splice(0);
    };
    return { session, bench };
  }

  test("with a jig: a token is typed, the power is cut, and what was paid is there", async () => {
    const { session, bench } = await open(jigWire.name);
    try {
      expect(await bench("who")).toEqual([
        { who: { board: "esp32", version: expect.any(String), serial: "", jig: "pico" } },
        { done: "who" },
      ]);
      expect(await bench(SETUP)).toEqual([{ uart: "#SETUP;OK" }, { done: "#SETUP" }]);
      expect((await bench("state"))[0].state).toMatchObject({ powered: true, load: false });
      await bench(`key * ${[...token].join(" ")}`, "wait 4");
      const [{ state }] = await bench("state");
      expect(state).toMatchObject({ powered: true, load: true });
      expect(state.blinks).toEqual(device.state().blinks);
      expect(await bench("cut", "state")).toContainEqual({
        state: expect.objectContaining({ powered: false, load: false, leds: { green: false, red: false } }),
      });
      const back = await bench("on", "#STATUS", "state");
      expect(back).toContainEqual({ uart: expect.stringMatching(/^#STATUS;ACTIVE;86\d\d\d$/) });
      expect(back).toContainEqual({ state: expect.objectContaining({ powered: true, load: true }) });
      await bench("key 5 down");
      expect(device.state().keypad.held).toBe("5");
      await bench("key 5 up", 'raw "#STA"', 'raw "TUS\\r"');
      expect(device.state().keypad.held).toBe("");
      expect(await bench("wait 1.1", "quit", "state")).toContainEqual({ error: "The session has ended" });
      expect(device.uncaught).toEqual([]);
    } finally {
      await session.close();
    }
  });

  test("without a jig, what needs one or the virtual board is refused with what is missing", async () => {
    const { session, bench } = await open();
    try {
      for (const [line, says] of Object.entries(REFUSED))
        expect(await bench(line)).toEqual([{ error: expect.stringContaining(says) }]);
      expect(await bench("on", "state", "#STATUS")).toEqual([
        { done: "on" },
        { state: { time: expect.any(Number) } },
        { done: "state" },
        { uart: "#STATUS;NOT_SET_UP" },
        { done: "#STATUS" },
      ]);
    } finally {
      await session.close();
    }
  });

  test("says which port is no jig's", async () => {
    await expect(open(wire.name)).rejects.toThrow(/^No jig answers at tcp:.*\. Put its program onto it/);
  });
});

test("a rehearsal tells what keeps a test from a real board", () => {
  const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  const file = join(folder, "rehearsal");
  const asked = (name: string, lines: string[], looks: string[] = [], devices = 1) =>
    JSON.stringify({ name: `esp32 on node ${name}`, lines, looks, devices });
  writeFileSync(
    file,
    [
      asked("talks", ["#STATUS", "wait 5", "", "// a note"], ["time", "display"]),
      asked("types", ["key * 1 2 3", "wait 5"]),
      asked("sees", ["#TOKEN;1"], ["load"]),
      asked("stops", ["wait 5", "rtc stop"]),
      asked("tears", ["cut after 3"]),
      asked("waits", ["wait 100", "cut", "wait 100", "on"]),
      asked("hurries", ["wait 0.03"]),
      asked("counts", ["wait 1"], ["variables"]),
      asked("two", [], [], 1),
      asked("two", [], [], 1),
    ].join("\n"),
  );
  const without = needs(file, false);
  const withJig = needs(file, true);
  rmSync(folder, { recursive: true });
  expect(without).toMatchObject({ "esp32 talks": "", "esp32 types": "needs the jig", "esp32 sees": "needs the jig" });
  expect(withJig).toEqual({
    "esp32 talks": "",
    "esp32 types": "",
    "esp32 sees": "",
    "esp32 stops": 'needs the virtual board for "rtc stop"',
    "esp32 tears": "needs the virtual board for a fault",
    "esp32 waits": "needs 205 s of time, PATIENCE is 200 s",
    "esp32 hurries": "needs time to the millisecond",
    "esp32 counts": "needs the virtual board to see variables",
    "esp32 two": "needs a second device",
  });
});

/** Tests of the suite that a real board goes through, one of each kind, and one that it cannot. */
const CHOSEN = [
  "happens once, and outlives the power",
  "takes the last digit back",
  "refuses lower case",
  "refuses a set-up with no key",
  "goes missing at work",
];

(Interpreter.there ? test : test.skip)(
  "the suite runs on a development build behind a port, with the jig: the rest is skipped by name, and the report says that it is no hardware",
  async () => {
    const handOn = await telnetPort();
    const start = (...args: string[]) =>
      spawnSync(process.execPath, ["--import", "tsx", ...args], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, SERIAL: `tcp://127.0.0.1:${TELNET}`, JIG: `tcp://127.0.0.1:${JIG}`, BOARD: "esp32" },
        timeout: 400000,
        killSignal: "SIGKILL",
      });
    let device: ChildProcess | undefined;
    try {
      device = spawn(process.execPath, ["--import", "tsx", "bench/telnet.ts", "--board", "esp32", "--jig", "pico"], {
        cwd: root,
        stdio: ["pipe", "pipe", "inherit"],
      });
      // Its first words about the lamp say that all of it is there; what it says later is read all the same.
      const { stdout: words } = device;
      await new Promise<void>((done) => words!.on("data", (text) => String(text).includes("power on") && done()));
      const flashed = start("build/flash.ts", "esp32", "-p", `tcp://127.0.0.1:${TELNET}`, "--dev");
      expect(flashed.stderr + flashed.stdout).toContain("#STATUS;NOT_SET_UP");
      const { stdout, stderr, status } = start("test/run.ts", "--hil", "-t", `(${CHOSEN.join("|")})`);
      // Jest's own words are on the other stream.
      expect(status ? `${stdout}${stderr.replace(/.*○ skipped.*\n/g, "")}` : "").toBe("");
      expect(stdout).toContain("a virtual board: this is no test of hardware");
      const report = JSON.parse(readFileSync(join(root, "dist/hil-esp32.json"), "utf8"));
      expect(report).toMatchObject({ hardware: false, jig: "pico", tests: { serial: { passed: 4, run: 4 } } });
      expect(report.skipped["the clock chip goes missing at work: no exception, and no light for free"]).toBe(
        'needs the virtual board for "rtc missing"',
      );
    } finally {
      device?.kill("SIGTERM");
      if (device) await once(device, "exit");
      handOn();
    }
  },
  600000,
);
