/** `npm run flash -- <board> -p <port>`: builds the firmware of a board, and puts it onto one. docs/flashing.md. */
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Command, InvalidArgumentError } from "commander";
import type { Board } from "../boards/board";
import { isBle } from "./ble";
import { boardNames, brokenRules, readBoard } from "./boards";
import { type Bundle, bundle } from "./bundle";
import { check } from "./check";
import { evaluate, find, type Interpreter, LINUX, type Locked, older, stored, times } from "./console";
import { crc32 } from "./crc";
import { storageImage } from "./image";
import { ask, openPort, type Port, pause } from "./port";
import { BOOT, layout, occupied, ownPages, type Plan, plan, STORAGE, type Storage, steps } from "./storage";
import { prepare, run, ToolError } from "./tool";
import { type Pace, upload } from "./upload";

/** The oldest interpreter that the firmware was tried on. */
const OLDEST = "2v29";

/** Until the program is verified, this throws away one that is not whole: half of one could close the console, and be nothing else. */
const GUARD = ".boot3";
const guard = (crc: number) =>
  `(function(s){var c=s.read(".bootrst");if(c&&E.CRC32(c)!=${crc})s.erase(".bootrst")})(require("Storage"));`;

/** How fast a console may be sent to: flow control works on all of these, and TCP loses nothing. */
const PACES: { [console: string]: Pace } = { USB: "steady", Bluetooth: "steady", Telnet: "fast" };

export interface FlashOptions {
  port: string;
  /** Where the factory port is, if not at `port`; "none" if nobody can ask there. */
  factory?: string;
  /** Bits a second of a serial `port`, if not those of the board's factory port. */
  baud?: number;
  dev?: boolean;
  /** Wipe what the device keeps, identity too. Whoever calls has asked before. */
  erase?: boolean;
  /** The interpreter's name for its board, of a build that has one of its own. */
  espruino?: string;
  say: (text: string) => void;
  /** The part of the upload that is done, 0 to 1. */
  progress: (part: number) => void;
}

/** How a device whose console is closed is opened for another program, by Espruino's name of its build. Not tried on hardware. */
function reopening(board: Board): string {
  const { start, bytes } = layout(board);
  const name = board.espruino;
  const hex = (n: number) => `0x${n.toString(16)}`;
  if (name === LINUX) return "delete espruino.flash in its folder, and start it anew";
  if (name.startsWith("ESP32"))
    return `esptool erase_region ${hex(start)} ${hex(bytes)} wipes Storage alone; then repeat this`;
  const nordic = /^(PUCKJS|MDBT42Q|PIXLJS|MICROBIT|NRF5)/.test(name) ? " (nrfjprog --sectorerase)" : "";
  return `npm run flash -- ${board.name} --hex ${board.name}.hex, and write that with a programmer at SWD that erases only what it writes${nordic}`;
}

/** Builds a board's bundle, and refuses one whose circuit breaks a rule, that its interpreter could not run, or that is over its budget. */
export async function buildFor(name: string, dev: boolean): Promise<Bundle> {
  if (!boardNames().includes(name))
    throw new ToolError(`There is no board "${name}".`, `Choose one of ${boardNames().join(", ")}.`);
  const [broken, ...others] = brokenRules(readBoard(name));
  if (broken)
    throw new ToolError(
      `The board would not work: ${broken}${others.length ? `, and ${others.length} more` : ""}.`,
      "Mend what npm run check names.",
    );
  const built = await bundle(name, dev);
  const [problem, ...more] = check(built.code, built.map);
  if (problem)
    throw new ToolError(
      `The interpreter cannot run this bundle: ${problem.source ?? name}:${problem.line} ${problem.message}${more.length ? `, and ${more.length} more` : ""}.`,
      "Mend what npm run check names.",
    );
  const over = built.code.length - built.board.budget.bytes;
  if (over > 0)
    throw new ToolError(
      `The bundle is ${over} bytes over its budget.`,
      "Take parts or services out of the board's JSON.",
    );
  return built;
}

/** Opens a port, again and again until it is there: after a restart it may be away for a while. */
export async function reopen(name: string, baud: number): Promise<Port> {
  const end = Date.now() + times.back;
  for (;;) {
    try {
      return await openPort(name, baud);
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(300);
    }
  }
}

/** The port again after a restart, which takes it away for a while. */
export async function afterRestart(port: Port, baud: number): Promise<Port> {
  await port.wait(times.away);
  await port.close();
  return reopen(port.name, baud);
}

function locked(found: Locked, board: Board, port: string): ToolError {
  const { info } = found;
  const who = info ? `${info.board} ${info.version}${info.serial ? `, serial ${info.serial}` : ""}` : "this firmware";
  return new ToolError(
    `At ${port} a production build answers (${who}), which has closed its console.`,
    `To flash it again: ${reopening(board)}. Identity, count and credit stay. See docs/flashing.md.`,
  );
}

function silent(heard: string, port: string, baud: number): ToolError {
  return heard
    ? new ToolError(
        `What answers at ${port} is no interpreter (it says ${JSON.stringify(heard.trim().split("\n").pop()!.slice(-60))}).`,
        `Check the port and --baud (now ${baud}), cut the board's power for a moment, and repeat.`,
      )
    : new ToolError(
        `Nobody answers at ${port}.`,
        `Check power, wires (TX to RX) and --baud (now ${baud}); a board without Espruino needs it first, and a production build on another port keeps its console closed: see docs/flashing.md.`,
      );
}

/** Sees that the board is the right one, and its interpreter new enough. */
function judge(found: Interpreter, board: Board, expected: string, say: FlashOptions["say"]): void {
  if (found.board === LINUX) say(`This is the interpreter on a computer: the parts of ${board.name} are virtual.`);
  else if (found.board !== expected)
    throw new ToolError(
      `This is a ${found.board}, and the firmware is for ${expected}.`,
      `Name its own board (${boardNames().join(", ")}), or give --espruino ${found.board} if that is the name of your own build for it.`,
    );
  if (older(found.version, OLDEST))
    throw new ToolError(
      `Espruino ${found.version} is too old: ${OLDEST} is the oldest that this firmware runs on.`,
      "Update it (espruino.com/Download), and repeat.",
    );
}

type Act = (expression: string) => Promise<void>;

/** Wipes Storage and the pages that keep identity, count and credit. */
async function wipe(board: Board, act: Act, virtual: boolean): Promise<void> {
  const pages = ownPages(board);
  if (!pages)
    throw new ToolError(
      "This board keeps identity and credit in its EEPROM, which is not wiped from here.",
      "Change the chip, or repeat without --erase.",
    );
  // The virtual parts are a file there.
  if (!virtual) await act(`(require("Storage").eraseAll(),true)`);
  if (pages.position !== undefined)
    for (let page = 0; page < pages.pages; page++)
      await act(`(require("Flash").erasePage(${pages.position + page * pages.page}),true)`);
}

/** Makes room for the program, with nothing running any more, and sets the guard. `restarted` gives the port as it is after a restart. */
async function clear(
  opened: Port,
  built: Bundle,
  o: FlashOptions,
  virtual: boolean,
  restarted: () => Promise<Port>,
): Promise<void> {
  const { board, code } = built;
  const where = layout(board);
  const watch = guard(crc32(code));
  let port = opened;
  const act: Act = async (expression) => {
    if ((await evaluate(port, expression, times.slow)) !== true)
      throw new ToolError("The device did not do what it was told.", "Cut its power for a moment, and repeat.");
  };
  // The virtual parts are in .boot0.
  const parts = virtual ? [".boot0"] : [];
  const room = async (): Promise<Plan> => {
    const storage: Storage | undefined = await evaluate(port, STORAGE, times.slow);
    if (!storage)
      throw new ToolError(
        "The interpreter does not tell what is in Storage.",
        "Cut its power for a moment, and repeat.",
      );
    return plan(storage, where, code.length + occupied(watch.length), parts);
  };
  const old: Storage = (await evaluate(port, STORAGE, times.slow)) ?? { files: [], free: 0, trash: 0 };
  // Where there is no room, nothing has changed yet.
  if (!o.erase) await room();
  const running = old.files.map(({ name }) => name).filter((name) => BOOT.includes(name) && !parts.includes(name));
  // What ran has timers and a watchdog, which nothing but a restart ends; and no line may run of what was just erased.
  if (running.length > 0) {
    port.write(
      `\x10(function(s){${JSON.stringify(running)}.forEach(function(n){s.erase(n)});E.reboot()})(require("Storage"))\n`,
    );
    port = await restarted();
    if ((await find(port)).kind !== "console")
      throw new ToolError(
        "The interpreter did not come back after a restart.",
        "Cut its power for a moment, and repeat.",
      );
  }
  if (o.erase) await wipe(board, act, virtual);
  const todo = await room();
  if (todo.pages || todo.compact) o.say("Making room. Leave it powered.");
  for (const step of steps(todo, where)) await act(step);
  await act(`require("Storage").write(${JSON.stringify(GUARD)},${JSON.stringify(watch)})!==false`);
}

/** Asks the firmware for its state, however it can be reached. */
async function status(port: Port, built: Bundle, dev: boolean): Promise<string | undefined> {
  const end = Date.now() + times.answer;
  while (Date.now() < end && !port.closed) {
    // While the console is open it has the wire, and the firmware is spoken to through it.
    const line = dev ? `\x10${built.board.serial.port}.emit("data","#STATUS\\n")\n` : "#STATUS\n";
    const said = await ask(port, line, /^#STATUS;/, 2000);
    if (said) return said;
  }
  return undefined;
}

/** Puts a bundle onto a board, and sees that it runs. Returns what the firmware said to `#STATUS`; undefined if nobody could ask. */
export async function flash(built: Bundle, o: FlashOptions): Promise<string | undefined> {
  const { board, code } = built;
  const { say } = o;
  const baud = o.baud ?? board.serial.baud;
  const crc = crc32(code);
  let port = await openPort(o.port, baud);
  try {
    say(`Looking who is at ${o.port}.`);
    const found = await find(port);
    if (found.kind === "locked") throw locked(found, board, o.port);
    if (found.kind === "silent") throw silent(found.heard, o.port, baud);
    say(`Found ${found.board}, Espruino ${found.version}.`);
    judge(found, board, o.espruino ?? board.espruino, say);
    const virtual = found.board === LINUX;

    const restarted = async () => {
      port = await afterRestart(port, baud);
      return port;
    };
    await clear(port, built, o, virtual, restarted);
    await store(port, code, crc, found, o);
    if ((await evaluate(port, `(require("Storage").erase(${JSON.stringify(GUARD)}),true)`)) !== true)
      throw new ToolError("The device went away after the upload.", "Cut its power for a moment, and repeat.");
    say("Stored and verified. Restarting.");
    port.write("\x10E.reboot()\n");
    // No board has its factory port on Bluetooth; and a console that was closed does not come back.
    const factory = o.factory ?? (isBle(o.port) ? "none" : undefined);
    if (factory) {
      await port.wait(times.away);
      await port.close();
      if (factory === "none") return undefined;
      port = await openPort(factory, board.serial.baud);
    } else await restarted();
    const said = await status(port, built, o.dev === true && !factory);
    if (said) return said;
    const { port: uart, baud: bits, tx, rx } = board.serial;
    const pins = tx ? ` (transmits on ${tx}, receives on ${rx})` : "";
    throw new ToolError(
      `The program is stored and verified, but its factory port does not answer at ${o.factory ?? o.port}.`,
      `The factory port of ${board.name} is ${uart}${pins} at ${bits} baud: if that is another wire, name it with --factory-port, or --factory-port none.`,
    );
  } finally {
    await port.close();
  }
}

/** Uploads and compares what was stored, a second time slowly if it is not the same. */
async function store(port: Port, code: string, crc: number, found: Interpreter, o: FlashOptions) {
  let kept: Awaited<ReturnType<typeof stored>>;
  for (const pace of [PACES[found.console] ?? "slow", "slow"] as const) {
    await upload(port, code, found.version, pace, o.progress);
    if (port.closed) throw new ToolError(`${o.port} went away in the middle of the upload.`, "Plug it in, and repeat.");
    await find(port);
    kept = await stored(port, times.read);
    if (kept && kept[0] === code.length && kept[1] === crc) return;
    o.say(`Stored were ${kept?.[0] ?? 0} of ${code.length} bytes, or others: once more, slowly.`);
    await evaluate(port, `(require("Storage").erase(".bootrst"),true)`);
  }
  throw new ToolError(
    `What was stored is not what was sent (${kept?.[0] ?? 0} of ${code.length} bytes).`,
    "Take a shorter cable or a lower --baud, see that nothing else uses the port, and repeat.",
  );
}

/** A line that shows progress on a terminal, and nothing elsewhere. */
export function bar(stream: NodeJS.WriteStream): (part: number) => void {
  let shown = -1;
  return (part) => {
    const percent = Math.floor(part * 100);
    if (!stream.isTTY || percent === shown) return;
    shown = percent;
    const width = 30;
    const full = Math.round(part * width);
    stream.write(
      `\r[${"#".repeat(full)}${".".repeat(width - full)}] ${String(percent).padStart(3)} %${part >= 1 ? "\n" : ""}`,
    );
  };
}

/** Asks a person; anything but the word itself is a no. */
async function sure(question: string, word: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new ToolError(
      "--erase asks before it wipes, and nobody is there to ask.",
      "Run it in a terminal, or add --yes.",
    );
  const line = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await line.question(`${question} Type ${word} to go on: `)).trim() === word;
  } finally {
    line.close();
  }
}

const bits = (text: string): number => {
  if (!/^\d{3,7}$/.test(text)) throw new InvalidArgumentError("Give bits a second, as in 115200.");
  return Number(text);
};

async function main(argv: string[]): Promise<void> {
  const command = prepare(new Command("npm run flash --"))
    .description("Builds the firmware of a board and puts it onto one. Identity, count and credit of a device stay.")
    .argument("<board>", "a board of boards/")
    .option("-p, --port <port>", "where its console is: a serial port, tcp://host[:port], or ble:ADDRESS")
    .option("--factory-port <port>", "where its factory port is, if it is another; none if it is not connected")
    .option("--baud <bits>", "of a serial port, if not that of the board's factory port", bits)
    .option("--dev", "a development build: the console stays open, so it is nothing to sell")
    .option("--erase", "wipe the device first, identity, count and credit too; asks before")
    .option("--yes", "do not ask")
    .option("--espruino <name>", "what your own build of the interpreter calls its board")
    .option(
      "--hex <file>",
      "write an image of Storage for a programmer (Intel HEX, or raw where it ends in .bin) in place of flashing",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  npm run flash -- esp32 -p /dev/ttyUSB0\n  npm run flash -- esp32 -p tcp://127.0.0.1:2323 --dev\n  npm run flash -- esp32 --hex esp32.hex\n\ndocs/flashing.md says what each board needs, and how one with a production build is flashed again.",
    )
    .parse(argv, { from: "user" });
  const o = command.opts();
  const [name] = command.args;
  if (!o.hex === !o.port)
    throw new ToolError("Nothing says where to flash.", "Give the port with -p, or a file with --hex; one of the two.");
  const warning = `This wipes all that the device at ${o.port} keeps: identity, count and credit.`;
  if (o.erase && !o.yes && !(await sure(warning, "erase")))
    throw new ToolError("Nothing was done.", "Repeat without --erase to keep it all.");
  const built = await buildFor(name, o.dev === true);
  console.log(`Built ${name}: ${built.code.length} bytes, sha-256 ${built.sha256}${o.dev ? ", console open" : ""}.`);
  if (o.hex) {
    const { text, about } = storageImage(built.board, built.code, o.hex.endsWith(".bin"));
    writeFileSync(o.hex, text);
    console.log(`Written: ${o.hex}. ${about}`);
    return;
  }
  const said = await flash(built, {
    port: o.port,
    factory: o.factoryPort,
    baud: o.baud,
    dev: o.dev,
    erase: o.erase,
    espruino: o.espruino,
    say: (text) => console.log(text),
    progress: bar(process.stderr),
  });
  console.log(said ? `The firmware answers: ${said}` : "The factory port was not asked.");
}

if (require.main === module) run(main);
