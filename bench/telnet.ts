/**
 * A virtual board that is flashed like a real one: its controller is the interpreter itself, with its own console,
 * Storage and boot order, and its console is the Telnet port. What is not there on a computer stands in `.boot0`: pins,
 * I2C, the flash outside of Storage, and Serial1, which shares its wire with the console as it does on an ESP32. They
 * reach the parts on the bench over two pipes, and the world's clock is the computer's.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Command } from "commander";
import type { Board } from "../boards/board";
import { readBoard } from "../build/boards";
import { JIGS, jigBundle } from "../build/jig";
import { HEADER, ownPages, reservedBytes } from "../build/storage";
import { prepare, run, ToolError } from "../build/tool";
import { VirtualBoard } from "./board";
import type { Engine, EngineMaker } from "./engines/engine";
import { ANSWERED, espruinoEngine, prelude, shim } from "./engines/espruino";
import { connectJig } from "./jig";

/** The interpreter built for Linux listens on no other. */
export const TELNET = 2323;
/** Where a virtual jig at the board is spoken to. */
export const JIG = 2324;
/** Where the factory port of a board is that has a wire of its own for it. */
export const FACTORY = 2325;

/** Executable of the interpreter. */
function interpreter(): string {
  const path = process.env.ESPRUINO ?? "";
  if (!existsSync(path))
    throw new ToolError(
      "There is no interpreter.",
      "Set ESPRUINO to the executable of an Espruino interpreter built for Linux.",
    );
  return path;
}

/** Milliseconds between two questions of the interpreter for events, and between two steps of the world. */
const POLL = 10;

/** What the shim takes the names of, kept for those who want the real ones. */
const kept = `
var $require = require, $every = setInterval, $listen = Telnet.on, $write = Telnet.write, $at = E.getAddressOf;
`;
/** The interpreter goes on by itself here, so that its console works, and asks for events from a timer of its own. */
const wire = `
global.require = (name) => (name === "Flash" ? $flash : $require(name));
Serial1.write = (text) => { $write.call(Telnet, text); };
Serial1.on = (event, fn) => { $listen.call(Telnet, event, fn); };
Serial1.emit = (event, data) => { Telnet.emit(event, data); };
$every(function () {
  for (var event = $call("idle"); event[0]; event = $call("idle")) $event(event[0], event[1], event[2]);
}, ${POLL});
`;
/**
 * Pages in a file of Storage are the interpreter's own, as on the board. Its flash lies somewhere in the process: where, shows
 * at that file, which is the first.
 */
const ownPagesIn = (file: string) => `
var $view = E.getAddressOf;
E.getAddressOf = (data, flat) => typeof data !== "string" ? $view(data) :
  $at.call(E, data, flat) - $at.call(E, $require("Storage").read("${file}"), flat) + $require("Flash").getFree()[0].addr + ${HEADER};
global.require = $require;
`;

/** An engine that runs what is in the interpreter's own Storage, in `folder`, in place of a bundle. */
function telnetEngine(folder: string, board: Board): EngineMaker {
  const { file, pages = 0, page = 0 } = ownPages(board) ?? {};
  return (_code, pins, host): Engine => {
    const path = (name: string) => join(folder, name);
    if (!existsSync(path("out"))) execFileSync("mkfifo", [path("out"), path("in")]);
    if (!existsSync(path("espruino.flash"))) {
      const boot = prelude(pins) + kept + shim + wire + (file ? ownPagesIn(file) : "");
      writeFileSync(path("boot0"), boot);
      // What must never move comes before the virtual parts, which stay too.
      const reserve = file ? `require("Storage").write("${file}","",0,${reservedBytes({ pages, page })});` : "";
      const program = `${reserve}require("Storage").write(".boot0",require("fs").readFileSync("boot0"));print("kept="+require("Storage").read(".boot0").length);`;
      writeFileSync(path("upload.js"), program);
      const options = { cwd: folder, input: "", timeout: 20000, killSignal: "SIGKILL" as const };
      const { stdout } = spawnSync(interpreter(), ["upload.js"], options);
      if (!stdout.includes(`kept=${boot.length}`))
        throw new Error("The virtual parts do not fit the interpreter's Storage");
    }
    const events: unknown[] = [];
    let child: ChildProcess | undefined;
    let out: Socket | undefined;
    let to = -1;
    let text = "";

    const answer = (value: unknown) => {
      const json = JSON.stringify(value ?? null);
      writeSync(to, 1000000 + json.length + json, null, "latin1");
    };
    const serve = ([operation, ...args]: any[]) => {
      if (operation === "idle") {
        answer(events.shift() ?? [0]);
        return;
      }
      const result = host(operation, ...args);
      if (child && ANSWERED.includes(operation)) answer(result);
    };
    const hear = (data: Buffer) => {
      text += data.toString("latin1");
      for (let end = text.indexOf("\n"); end >= 0 && child; end = text.indexOf("\n")) {
        const call = text.slice(0, end);
        text = text.slice(end + 1);
        serve(JSON.parse(call));
      }
    };
    const stop = () => {
      const running = child;
      child = undefined;
      running?.kill("SIGKILL");
      out?.destroy();
      if (to >= 0) closeSync(to);
      to = -1;
    };
    const start = () => {
      events.length = 0;
      text = "";
      to = openSync(path("in"), constants.O_RDWR);
      out = new Socket({ fd: openSync(path("out"), constants.O_RDWR | constants.O_NONBLOCK), writable: false });
      out.on("data", hear);
      const started = spawn(interpreter(), ["--telnet"], { cwd: folder, stdio: ["pipe", "ignore", "ignore"] });
      child = started;
      // Without the virtual parts, E.reboot is the interpreter's own, and that ends it.
      started.on("exit", () => {
        if (child !== started) return;
        stop();
        start();
      });
    };
    return {
      start,
      deliver(id, data, last) {
        events.push([id, data ?? null, last]);
      },
      memory: () => undefined,
      stop,
    };
  };
}

/** A board as in its JSON, its Storage in a folder, at the Telnet port of this computer. */
export class TelnetBoard {
  readonly board: VirtualBoard;
  private timer: NodeJS.Timeout;

  constructor(board: Board, folder: string) {
    mkdirSync(folder, { recursive: true });
    this.board = new VirtualBoard(board, "", telnetEngine(folder, board), Date.now() / 1000);
    this.timer = setInterval(() => this.board.wait(Math.max(0, Date.now() - this.board.world.now) / 1000), POLL);
    this.board.on();
  }

  /** Nothing is left running. */
  end(): void {
    clearInterval(this.timer);
    this.board.cut();
  }
}

/** A port of this computer for something on the bench: `hear` gets what comes from there, and what is returned says something. */
async function served(port: number, hear: (text: string) => void): Promise<(text: string) => void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (data) => hear(data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return (text) => {
    for (const socket of sockets) socket.write(text, "latin1");
  };
}

/** Puts a virtual jig, its program on an interpreter of its own, beside a board. Returns what ends it. */
async function withJig({ board }: TelnetBoard, name: string): Promise<() => void> {
  const made = await jigBundle(name);
  let say = (_text: string) => {};
  const jig = connectJig(board, made, espruinoEngine, (text) => say(text));
  say = await served(JIG, jig.send);
  jig.on();
  return jig.off;
}

/** Milliseconds that a finger is on a key, and off it before the next: a slow computer sees them too. */
const PRESS = 150;

async function main(argv: string[]): Promise<void> {
  const command = prepare(new Command("npm run device --"))
    .description("A virtual board to flash, at the Telnet port of this computer. It has no program when it starts.")
    .option("--board <name>", "a board of boards/", "esp32")
    .option("--jig <name>", `a virtual jig has its power and its keys: ${Object.keys(JIGS).join(" or ")}, docs/hil.md`)
    .addHelpText(
      "after",
      "\nWhat is typed is pressed on its keypad; the word power switches its power. Needs ESPRUINO.",
    )
    .parse(argv, { from: "user" });
  interpreter();
  const folder = mkdtempSync(join(tmpdir(), "device-"));
  const { board: name, jig } = command.opts();
  const device = new TelnetBoard(readBoard(name), folder);
  const { board } = device;
  console.log(`A board without a program listens at tcp://127.0.0.1:${TELNET}.`);
  // The interpreter's own Telnet cannot be told where to listen.
  console.log("It listens at all of this computer's addresses, and whoever reaches one can run programs here:");
  console.log("have it only on a network that you trust. In another window:");
  console.log(`  npm run flash -- ${name} -p tcp://127.0.0.1:${TELNET}`);
  if (board.board.serial.port === "software") {
    const say = await served(FACTORY, (text) => board.type(text));
    board.onLine = (line) => say(`${line}\r\n`);
    console.log(`  Its factory port is another wire: --factory-port tcp://127.0.0.1:${FACTORY}`);
  }
  const unplug = jig ? await withJig(device, jig) : () => {};
  if (jig) console.log(`Its jig listens at tcp://127.0.0.1:${JIG}.`);
  let shown = "";
  const timer = setInterval(() => {
    const { powered, load, display, leds } = board.state();
    const lit = Object.keys(leds).filter((lamp) => leds[lamp]);
    const now = `power ${powered ? "on" : "off"}, lamp ${load ? "on" : "off"}, display ${display.trim() || "dark"}`;
    const text = lit.length ? `${now}, lit: ${lit.join(", ")}` : now;
    if (text !== shown) console.log(text);
    shown = text;
  }, 50);
  const end = () => {
    clearInterval(timer);
    unplug();
    device.end();
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", end);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(0));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === "power") {
      if (board.powered) board.cut();
      else board.on();
      continue;
    }
    Array.from(line.replace(/[^0-9*#]/g, "")).forEach((key, i) => {
      board.world.after(2 * i * PRESS, () => board.parts.keypad.down(key));
      board.world.after((2 * i + 1) * PRESS, () => board.parts.keypad.up(key));
    });
  }
  // Without a keyboard it goes on until it is ended.
  await new Promise(() => {});
}

if (require.main === module) run(main);
