/**
 * A stand-in for an interpreter at a TCP port, for what goes wrong when flashing: it evaluates what is typed with a
 * Storage of its own. That the real one does the same is shown in telnet.test.ts and storage.test.ts.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createContext, runInContext } from "node:vm";
import { crc32 } from "../../build/crc";
import { occupied } from "../../build/storage";

export interface FakeOptions {
  board?: string;
  version?: string;
  console?: string;
  /** Bytes of Storage, and where it begins. */
  bytes?: number;
  start?: number;
  files?: { [name: string]: string };
  /** What it says to each line in place of evaluating it. */
  says?: (line: string) => string | undefined;
  /** What becomes of a file's bytes when they are stored. */
  spoil?: (text: string, write: number) => string;
  /** Goes away after so many bytes. */
  dies?: number;
  /** Whether what is stored in .bootrst answers after a restart, as the firmware does. */
  runs?: boolean;
}

type File = { name: string; text: string; at: number; bytes: number };

export class Fake {
  files: File[] = [];
  /** Everything that was done to it, in order. */
  done: string[] = [];
  restarts = 0;
  private server!: Server;
  private sockets = new Set<Socket>();
  private top: number;
  private writes = 0;
  private received = 0;
  private running = false;

  constructor(private o: FakeOptions = {}) {
    this.top = o.start ?? 0;
    for (const [name, text] of Object.entries(o.files ?? {})) this.write(name, text, 0, text.length);
    this.done = [];
  }

  private get end() {
    return (this.o.start ?? 0) + (this.o.bytes ?? 40960);
  }

  private write(name: string, text: string, offset: number, bytes: number): boolean {
    this.done.push(`write ${name} ${offset}`);
    if (!offset) {
      this.erase(name);
      if (this.top + occupied(bytes || text.length) > this.end) throw new Error("Unable to find or create file");
      this.files.push({ name, text: "", at: this.top + 32, bytes: bytes || text.length });
      this.top += occupied(bytes || text.length);
    }
    const file = this.files.find((one) => one.name === name)!;
    file.text += this.o.spoil?.(text, this.writes++) ?? text;
    return true;
  }

  private erase(name: string): void {
    this.done.push(`erase ${name}`);
    this.files = this.files.filter((one) => one.name !== name);
  }

  text(name: string): string | undefined {
    return this.files.find((one) => one.name === name)?.text;
  }

  private restart(): void {
    this.restarts++;
    this.done.push("restart");
    const guard = this.text(".boot3");
    const program = this.text(".bootrst");
    const sum = guard && /!=(\d+)\)/.exec(guard)?.[1];
    if (sum && program !== undefined && crc32(program) !== Number(sum)) this.erase(".bootrst");
    this.running = this.o.runs !== false && this.text(".bootrst") !== undefined;
    for (const socket of this.sockets) socket.destroy();
  }

  private context(print: (text: string) => void) {
    const storage = {
      list: () => this.files.map(({ name }) => name),
      read: (name: string) => this.files.find((one) => one.name === name),
      write: (name: string, text: string, offset = 0, bytes = 0) => this.write(name, text, offset, bytes),
      erase: (name: string) => this.erase(name),
      eraseAll: () => {
        this.done.push("erase all");
        this.files = [];
        this.top = this.o.start ?? 0;
      },
      compact: () => {
        this.done.push("compact");
        this.top = this.o.start ?? 0;
        for (const file of this.files) {
          file.at = this.top + 32;
          this.top += occupied(file.bytes);
        }
      },
      getStats: () => {
        const live = this.files.reduce((sum, one) => sum + occupied(one.bytes), 0);
        return { freeBytes: this.end - this.top, trashBytes: this.top - (this.o.start ?? 0) - live };
      },
    };
    // What is read from Storage is its text, which knows where it lies.
    const reading = { ...storage, read: (name: string) => this.text(name)?.padEnd(storage.read(name)!.bytes, "\xff") };
    const flash = {
      getPage: (address: number) => ({ addr: address - (address % 4096), length: 4096 }),
      erasePage: (address: number) => {
        this.done.push(`erase page ${address}`);
        this.top = Math.min(this.top, Math.max(address, ...this.files.map((one) => one.at + one.bytes)));
      },
    };
    return createContext({
      print,
      process: {
        env: { BOARD: this.o.board ?? "ESP32", VERSION: this.o.version ?? "2v29", CONSOLE: this.o.console ?? "USB" },
      },
      E: {
        CRC32: crc32,
        reboot: () => setImmediate(() => this.restart()),
        getAddressOf: (text: string) => this.files.find((one) => one.text.padEnd(one.bytes, "\xff") === text)?.at ?? 0,
      },
      require: (name: string) => (name === "Flash" ? flash : reading),
      Serial1: {
        emit: (_event: string, text: string) => text === "#STATUS\n" && this.running && print("#STATUS;NOT_SET_UP"),
      },
    });
  }

  private type(line: string, socket: Socket): void {
    const print = (text: string) => socket.write(`${text}\r\n>`);
    const said = this.o.says?.(line);
    if (said !== undefined) {
      if (said) print(said);
      return;
    }
    // A production build closes the console; one of these tests' boards has its factory port on the same wire.
    const locked =
      this.running && /^E\.setConsole\(null/m.test(this.text(".bootrst")!.replace(/.*?(E\.setConsole)/s, "$1"));
    if (locked) print(line === "#STATUS" ? "#STATUS;NOT_SET_UP" : "#INVALID");
    else if (!line.startsWith("\x10")) print("");
    else
      try {
        runInContext(line.slice(1), this.context(print));
      } catch (error) {
        print(`Uncaught ${error}`);
      }
  }

  /** Opens its port; returns the name. */
  async open(): Promise<string> {
    this.server = createServer((socket) => {
      let rest = "";
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => {});
      socket.on("data", (data) => {
        this.received += data.length;
        if (this.o.dies && this.received > this.o.dies) {
          socket.destroy();
          this.server.close();
          return;
        }
        const parts = (rest + data.toString("latin1")).split("\n");
        rest = parts.pop()!;
        for (const part of parts) this.type(part.replace(/\x03/g, ""), socket);
      });
    });
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
