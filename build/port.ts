/** The wire between the tools and a device: a serial port, a TCP connection, Bluetooth, or (in tests) a virtual device. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { isBle, openBle } from "./ble";
import { ToolError } from "./tool";

export interface Port {
  /** What the person called it. */
  readonly name: string;
  /** True once the other end went away. */
  readonly closed: boolean;
  /** Sends characters (bytes, 0 to 255) as they are. */
  write(text: string): void;
  /** Called with each line that arrives, without its end. */
  onLine: (line: string) => void;
  /** Called with what arrives, as it is; ports of this file only. */
  onData?: (data: string) => void;
  /** Milliseconds pass: the clock's on a real port, the world's on a virtual device. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds between two looks at whether an answer came. */
const LOOK = 10;
/** Milliseconds in which a TCP connection has to be made. */
const CONNECT = 5000;

/**
 * Cuts what arrives into lines; carriage return, line feed or both end one. What a console sends to move a cursor about,
 * and its prompt, are no part of a line.
 */
export function lines(onLine: (line: string) => void): (data: string) => void {
  let rest = "";
  return (data) => {
    const parts = (rest + data).split(/[\r\n]+/);
    rest = parts.pop()!.slice(-10000);
    for (const part of parts) {
      const line = part.replace(/\x1b\[\d*[A-Za-z]|[\x00-\x08\x0e-\x1f]/g, "").replace(/^>+/, "");
      if (line) onLine(line);
    }
  };
}

/** Sends a text and waits for a line that fits; others are passed over. Undefined if none came in time, or the other end went. */
export async function ask(port: Port, text: string, wanted: RegExp, ms: number): Promise<string | undefined> {
  const before = port.onLine;
  let answer: string | undefined;
  port.onLine = (heard) => {
    before(heard);
    if (answer === undefined && wanted.test(heard)) answer = heard;
  };
  try {
    port.write(text);
    for (let waited = 0; answer === undefined && waited < ms && !port.closed; waited += LOOK) await port.wait(LOOK);
    return answer;
  } finally {
    port.onLine = before;
  }
}

/** Milliseconds pass, of the clock. */
export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** What this project uses of the package `serialport`, which comes with `espruino`. */
interface SerialPort {
  write(data: Buffer): void;
  on(event: string, fn: (data: any) => void): void;
  once(event: string, fn: (error: Error) => void): void;
  close(done: () => void): void;
}

/** Serial ports that this computer has now, as far as their names tell. */
function serialPorts(): string[] {
  if (process.platform === "win32") return [];
  const names = /^(ttyUSB|ttyACM|rfcomm|cu\.(usb|SLAB|wch))/;
  return existsSync("/dev")
    ? readdirSync("/dev")
        .filter((name) => names.test(name))
        .sort()
        .map((name) => `/dev/${name}`)
    : [];
}

function openTcp(name: string): Promise<Port> {
  const [, host, number = "23"] = /^tcp:\/\/(\[[\da-f:]+\]|[^:/]+)?(?::(\d+))?\/?$/i.exec(name) ?? [];
  if (!host || Number(number) > 65535)
    throw new ToolError(`${name} is no address.`, "Write it as tcp://192.168.1.50 or tcp://192.168.1.50:2323.");
  return new Promise((done, fail) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port: Number(number) });
    let closed = false;
    const port: Port = {
      name,
      get closed() {
        return closed;
      },
      write: (text) => void (closed || socket.write(text, "latin1")),
      onLine: () => {},
      wait: pause,
      close: async () => {
        if (closed) return;
        socket.end();
        await Promise.race([new Promise((gone) => socket.once("close", gone)), pause(300)]);
        socket.destroy();
      },
    };
    const cut = lines((line) => port.onLine(line));
    socket.setNoDelay(true);
    socket.setTimeout(CONNECT, () => socket.connecting && socket.destroy(new Error("no answer")));
    socket.once("connect", () => done(port));
    socket.on("data", (data) => {
      const text = data.toString("latin1");
      port.onData?.(text);
      cut(text);
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      fail(
        new ToolError(
          `Nothing takes a connection at ${name} (${error.code ?? error.message}).`,
          "See that the device is powered and in the network, and that no other program is connected to it.",
        ),
      ),
    );
    socket.on("close", () => {
      closed = true;
    });
  });
}

const SERIAL_ADVICE: [RegExp, string][] = [
  [/permission|EACCES/i, "Add yourself to the group that owns it (dialout on Linux), log in again, and repeat."],
  [/lock|busy|EBUSY|Access denied/i, "Close the program that uses it (a terminal, an IDE), and repeat."],
];

async function openSerial(name: string, baud: number): Promise<Port> {
  let Serial: new (options: { path: string; baudRate: number }) => SerialPort;
  try {
    Serial = createRequire(require.resolve("espruino"))("serialport").SerialPort;
  } catch {
    throw new ToolError(
      "The package serialport, which opens serial ports, is not installed.",
      "Run npm ci without leaving out optional packages; tcp:// needs it not.",
    );
  }
  const there = serialPorts();
  const found = there.length ? `The ports here are ${there.join(", ")}.` : "This computer shows no serial port.";
  if (name.startsWith("/") && !existsSync(name))
    throw new ToolError(`There is no port ${name}.`, `${found} Plug the device in, and give its port with -p.`);
  const serial = new Serial({ path: name, baudRate: baud });
  let closed = false;
  const port: Port = {
    name,
    get closed() {
      return closed;
    },
    write: (text) => void (closed || serial.write(Buffer.from(text, "latin1"))),
    onLine: () => {},
    wait: pause,
    close: () => (closed ? Promise.resolve() : new Promise((done) => serial.close(() => done()))),
  };
  const cut = lines((line) => port.onLine(line));
  serial.on("data", (data: Buffer) => {
    const text = data.toString("latin1");
    port.onData?.(text);
    cut(text);
  });
  serial.on("close", () => {
    closed = true;
  });
  await new Promise<void>((done, fail) => {
    serial.once("open", () => done());
    serial.on("error", (error: Error) => {
      closed = true;
      const advice = SERIAL_ADVICE.find(([pattern]) => pattern.test(error.message))?.[1];
      fail(
        new ToolError(
          `The port ${name} does not open (${error.message}).`,
          advice ?? `${found} Give the device's own with -p.`,
        ),
      );
    });
  });
  return port;
}

/** Opens a port: `tcp://host[:port]`, `ble:` and a device's address or name, or a serial port at `baud` bits a second. */
export async function openPort(name: string, baud: number): Promise<Port> {
  if (isBle(name)) return openBle(name);
  return name.startsWith("tcp:") ? openTcp(name) : openSerial(name, baud);
}
