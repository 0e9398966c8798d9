/**
 * A port over Bluetooth: Espruino's console on the Nordic UART service, through noble, where that is installed. It is no
 * dependency: few need it, and it wants a compiler or a driver on some computers.
 * https://docs.nordicsemi.com/bundle/ncs-latest/page/nrf/libraries/bluetooth/services/nus.html
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { lines, type Port, pause } from "./port";
import { ToolError } from "./tool";

const UART = "6e400001b5a3f393e0a9e50e24dcca9e";
/** Where the computer writes, and where the device does. */
const WRITE = "6e400002b5a3f393e0a9e50e24dcca9e";
const NOTIFY = "6e400003b5a3f393e0a9e50e24dcca9e";

/** Bytes that one write carries on every device. */
const PIECE = 20;
/** Milliseconds; tests have less patience. */
export const patience = { radio: 5000, found: 15000 };

/** What this file uses of noble. */
interface Characteristic {
  uuid: string;
  writeAsync(data: Buffer, withoutResponse: boolean): Promise<void>;
  subscribeAsync(): Promise<void>;
  on(event: "data", fn: (data: Buffer) => void): void;
}
interface Peripheral {
  id: string;
  address: string;
  advertisement: { localName?: string };
  connectAsync(): Promise<void>;
  disconnectAsync(): Promise<void>;
  discoverSomeServicesAndCharacteristicsAsync(
    services: string[],
    characteristics: string[],
  ): Promise<{ characteristics: Characteristic[] }>;
  once(event: "disconnect", fn: () => void): void;
}
export interface Noble {
  state: string;
  on(event: string, fn: (value: any) => void): void;
  removeListener(event: string, fn: (value: any) => void): void;
  startScanning(services: string[], again: boolean): void;
  stopScanning(): void;
}

/** The packages that are noble, the maintained one first. */
const PACKAGES = ["@stoprocent/noble", "@abandonware/noble"];

/** Whether a port's name is one of Bluetooth: `ble:` and an address or a device's name, or an address alone. */
export const isBle = (name: string): boolean => /^ble:/i.test(name) || /^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(name);

/** noble, as it is installed here or in the project that is worked on. */
export function installed(from = [__filename, join(process.cwd(), "package.json")]): Noble {
  for (const name of PACKAGES)
    for (const place of from)
      try {
        const found = createRequire(place)(name);
        const noble = found.default ?? found;
        // An empty package stands in for the one that espruino would bring.
        if (noble.startScanning) return noble;
      } catch {}
  throw new ToolError(
    "Bluetooth is not installed.",
    `Run npm install --no-save ${PACKAGES[0]}, see that this computer has Bluetooth and you may use it, and repeat; or use the board's UART (docs/flashing.md).`,
  );
}

/** Waits for an event with a value that is wanted; undefined if none comes in time. */
function heard<V>(noble: Noble, event: string, ms: number, wanted: (value: V) => boolean, begin = () => {}) {
  return new Promise<V | undefined>((done) => {
    const end = (value?: V) => {
      clearTimeout(timer);
      noble.removeListener(event, hear);
      done(value);
    };
    const hear = (value: V) => void (wanted(value) && end(value));
    const timer = setTimeout(end, ms);
    noble.on(event, hear);
    begin();
  });
}

/** Opens the console of a device at `ble:` and its address or name. */
export async function openBle(name: string, noble: Noble = installed()): Promise<Port> {
  const wanted = name.replace(/^ble:/i, "").toLowerCase();
  if (noble.state !== "poweredOn")
    if (!(await heard<string>(noble, "stateChange", patience.radio, (state) => state === "poweredOn")))
      throw new ToolError(
        `This computer's Bluetooth is not ready (${noble.state}).`,
        "Switch it on; on Linux, allow it to Node: sudo setcap cap_net_raw+eip $(readlink -f $(which node)).",
      );
  const seen = new Set<string>();
  const is = ({ id, address, advertisement: { localName = "" } }: Peripheral) => {
    if (localName) seen.add(`${localName} (${address || id})`);
    return [id, address, localName].some((one) => one?.toLowerCase() === wanted);
  };
  const device = await heard<Peripheral>(noble, "discover", patience.found, is, () => noble.startScanning([], true));
  noble.stopScanning();
  if (!device)
    throw new ToolError(
      `No device ${name} is in reach.`,
      seen.size
        ? `Those here are ${[...seen].join(", ")}: give one with -p ble:ADDRESS.`
        : "See that it is powered and that nothing else is connected to it, and repeat.",
    );
  await device.connectAsync();
  const { characteristics } = await device.discoverSomeServicesAndCharacteristicsAsync([UART], [WRITE, NOTIFY]);
  const [write, notify] = [WRITE, NOTIFY].map((uuid) =>
    characteristics.find((one) => one.uuid.replace(/-/g, "").toLowerCase() === uuid),
  );
  if (!write || !notify) {
    await device.disconnectAsync();
    throw new ToolError(
      `${name} has no console on Bluetooth.`,
      "A production build closes it: docs/flashing.md says how such a board is flashed again.",
    );
  }
  let closed = false;
  let sent = Promise.resolve();
  const port: Port = {
    name,
    get closed() {
      return closed;
    },
    write(text) {
      const bytes = Buffer.from(text, "latin1");
      for (let i = 0; i < bytes.length; i += PIECE)
        sent = sent.then(async () => {
          if (!closed) await write.writeAsync(bytes.subarray(i, i + PIECE), true);
        });
      // Whoever went away in the middle of a write is gone, and that is told otherwise.
      sent = sent.catch(() => {});
    },
    onLine: () => {},
    wait: pause,
    async close() {
      await sent;
      if (!closed) await device.disconnectAsync();
      closed = true;
    },
  };
  const cut = lines((line) => port.onLine(line));
  device.once("disconnect", () => {
    closed = true;
  });
  notify.on("data", (data) => {
    const text = data.toString("latin1");
    port.onData?.(text);
    cut(text);
  });
  await notify.subscribeAsync();
  return port;
}
