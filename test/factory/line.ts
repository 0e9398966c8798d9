/**
 * A factory's line in a process of its own: virtual devices are put onto three places, one after the other, some of them
 * faulty. What a device keeps, and which one lies where, is in the folder, so it outlives the process: it can be killed at
 * any point. `node --import tsx test/factory/line.ts <folder> <devices> <units> [<kill at>]`
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualBoard } from "../../bench/board";
import { nodeEngine } from "../../bench/engines/node";
import { bundle, readBoard } from "../../build/bundle";
import { factory, type Happening, type Place } from "../../build/factory";
import { Ledger } from "../../build/ledger";
import type { Port } from "../../build/port";
import { generated } from "../../build/provision";

const [, , folder, count, units, killAt = ""] = process.argv;
const PLACES = 3;

/** What may be wrong with a device, and a word of what has to be said about it. */
export const FAULTS: { [name: string]: string } = {
  "no clock": "the clock chip does not answer",
  "a clock that stands still": "says that it stopped",
  "no memory": "the EEPROM does not keep",
  "a protected memory": "the EEPROM does not keep",
  "a small memory": "smaller than the board's JSON says",
  "flash that keeps nothing": "flash does not keep",
  "a shorted load switch": "while it is off",
  "a dead load switch": "while it is on",
  "a dead modem": "the modem does not answer",
  "a dead key": "nothing came from 5",
  "a dark display": "display, lamps or buzzer",
  "noise in its key": "its key, starting code or digit set",
  "noise in its serial": "it says that its serial is",
  "a loose wire": "stopped to answer in the middle",
  "an old firmware": "no test of its parts",
  "nobody at home": "",
};

/** Which of the devices are faulty: twenty, spread over all of them. */
export function faultOf(device: number, devices: number): string | undefined {
  const kinds = Object.keys(FAULTS);
  const step = Math.floor(devices / 20);
  return device % step === step >> 1 && device < 20 * step
    ? kinds[Math.floor(device / step) % kinds.length]
    : undefined;
}

/** A file that is whole or not there, whenever the process dies. */
function keep(file: string, data: string | Uint8Array): void {
  writeFileSync(`${file}.new`, data);
  renameSync(`${file}.new`, file);
}

/** One place: which device lies there, and what that keeps. */
class VirtualPlace implements Place {
  name: string;
  device = -1;
  board!: VirtualBoard;
  fault?: string;
  private port?: Port & { closed: boolean };
  private saved = 0;
  private asked = 0;

  constructor(
    i: number,
    private json: any,
    private code: string,
    private sent: (line: string) => void,
  ) {
    this.name = `place ${i}`;
  }

  private get file() {
    return join(folder, this.name.replace(" ", "-"));
  }

  /** The next device is put here, or the one that lay here when the process died. */
  async open(): Promise<Port | undefined> {
    const lies = existsSync(`${this.file}.json`);
    const counter = join(folder, "devices");
    if (lies) this.device = JSON.parse(readFileSync(`${this.file}.json`, "utf8"));
    else {
      this.device = existsSync(counter) ? Number(readFileSync(counter, "utf8")) : 0;
      if (this.device >= Number(count)) return undefined;
      for (const part of ["memory", "flash"]) rmSync(`${this.file}-${part}.bin`, { force: true });
      keep(`${this.file}.json`, String(this.device));
      keep(counter, String(this.device + 1));
    }
    this.fault = faultOf(this.device, Number(count));
    const json = structuredClone(this.json);
    if (this.fault === "a small memory") json.parts.memory.bytes = 4096;
    const board = new VirtualBoard(json, this.code, nodeEngine, Date.now() / 1000);
    this.board = board;
    const { parts } = board;
    board.controller.chip = `chip-${this.device}`;
    if (lies)
      for (const part of ["memory", "flash"] as const)
        if (existsSync(`${this.file}-${part}.bin`))
          parts[part]!.image = new Uint8Array(readFileSync(`${this.file}-${part}.bin`));
    if (this.fault === "no clock") parts.rtc.present = false;
    if (this.fault === "a clock that stands still") parts.rtc.stop();
    if (this.fault === "no memory") parts.memory.present = false;
    if (this.fault === "a protected memory") parts.memory.protected = true;
    if (this.fault === "flash that keeps nothing") parts.flash!.present = false;
    if (this.fault === "a shorted load switch") parts.output.stuck = "on";
    if (this.fault === "a dead load switch") parts.output.stuck = "off";
    if (this.fault === "a dead modem") parts.modem!.fault("dead");
    board.on();
    board.wait(0.5);
    this.saved = 0;
    this.port = {
      name: this.name,
      closed: false,
      onLine: () => {},
      write: (text) => this.hear(text),
      wait: async (ms) => {
        board.wait(ms / 1000);
        this.save();
        // Others have their turn, too.
        if (++this.asked % 50 === 0) await new Promise((done) => setImmediate(done));
      },
      close: async () => {},
    };
    board.onLine = (line) => {
      const old = this.fault === "an old firmware";
      if (this.fault !== "nobody at home") this.port!.onLine(old ? line.replace(/"chip":"[^"]*",/, "") : line);
    };
    return this.port;
  }

  private hear(text: string): void {
    let line = text;
    if (this.fault === "a loose wire" && line.includes("#TEST;OUTPUT")) return;
    if (this.fault === "noise in its key")
      line = line.replace(/^(#SETUP(?:;[^;]*){2};)(.)/, (_all, head, digit) => head + (digit === "0" ? "1" : "0"));
    if (this.fault === "noise in its serial") line = line.replace(/^#SETUP;./, "#SETUP;X");
    this.board.type(line);
    this.board.wait(0.01);
    this.save();
    this.sent(text);
  }

  private save(): void {
    const { memory, flash } = this.board.parts;
    const writes = memory.writes + flash!.writes;
    if (writes === this.saved) return;
    this.saved = writes;
    keep(`${this.file}-memory.bin`, memory.image);
    keep(`${this.file}-flash.bin`, flash!.image);
  }

  /** The person takes the device off; what is really in it is written down, for the test to judge. */
  takeOff(verdict: string): void {
    let serial: string | undefined;
    this.board.onLine = (line) => {
      if (line.startsWith("{")) ({ serial } = JSON.parse(line));
    };
    this.board.send("#INFO");
    this.board.wait(0.2);
    const note = { device: this.device, fault: this.fault, verdict, serial };
    appendFileSync(join(folder, "devices.jsonl"), `${JSON.stringify(note)}\n`);
    rmSync(`${this.file}.json`);
    this.port!.closed = true;
    this.board.cut();
  }

  press(keys: string): void {
    const good = this.fault === "a dead key" ? keys.replace("5", "") : keys;
    Array.from(good).forEach((key, i) => {
      this.board.world.after(i * 160, () => this.board.parts.keypad.down(key));
      this.board.world.after(i * 160 + 80, () => this.board.parts.keypad.up(key));
    });
  }
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const board = readBoard("esp32");
  const { code } = await bundle("esp32");
  const [moment, n] = killAt.split(":");
  const die = (now: string) => {
    if (now === moment && ledger.given.size >= Number(n)) process.kill(process.pid, "SIGKILL");
  };
  const ledger = new Ledger(join(folder, "ledger.jsonl"), ({ what }) => die(what));
  const source = generated(join(folder, "keys.csv"), { prefix: "SLT" }, Number(units), ledger);
  const places = Array.from(
    { length: PLACES },
    (_, i) => new VirtualPlace(i, board, code, (line) => line.startsWith("#SETUP;") && die("sent")),
  );
  const at = (name: string) => places.find((place) => place.name === name)!;
  await factory({
    places,
    ledger,
    source,
    skip: [],
    board: () => board,
    confirm: async (port) => {
      const { display, leds } = at(port).board.state();
      return at(port).fault !== "a dark display" && display === "8888" && leds.green && leds.red;
    },
    say: (happening: Happening) => {
      console.log(JSON.stringify(happening));
      const { what, port } = happening;
      if (what === "keys") at(port).press(happening.keys);
      if (what === "passed" || what === "done" || what === "failed") at(port).takeOff(what);
      if (what === "waiting") at(port).takeOff("nobody answers");
    },
  });
  ledger.close();
}

if (require.main === module) main();
