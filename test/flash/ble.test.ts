/** A port over Bluetooth, against a stand-in for noble: what is connected to, how it is written to, and what can go wrong. */
import { EventEmitter } from "node:events";
import { isBle, openBle, patience } from "../../build/ble";
import { ask } from "../../build/port";

Object.assign(patience, { radio: 200, found: 300 });

const ADDRESS = "c0:ff:ee:00:00:01";
const NUS = (n: number) => `6e40000${n}b5a3f393e0a9e50e24dcca9e`;

/** A computer's Bluetooth with one Puck.js in reach; what its console says comes from `hear`. */
class Radio extends EventEmitter {
  state = "poweredOn";
  pieces: number[] = [];
  connected = 0;
  uart = true;
  constructor(private hear: (data: Buffer, say: (data: Buffer) => void) => void) {
    super();
  }
  startScanning() {
    setImmediate(() => this.emit("discover", this.device("aa:aa:aa:aa:aa:aa", "Headphones")));
    setImmediate(() => this.emit("discover", this.device(ADDRESS, "Puck.js 0001")));
  }
  stopScanning() {}
  private device(address: string, localName: string) {
    const notify = Object.assign(new EventEmitter(), { uuid: NUS(3), subscribeAsync: async () => {} });
    const write = {
      uuid: NUS(2),
      writeAsync: async (data: Buffer) => {
        this.pieces.push(data.length);
        this.hear(Buffer.from(data), (said) => notify.emit("data", said));
      },
    };
    const device: any = Object.assign(new EventEmitter(), {
      id: address.replace(/:/g, ""),
      address,
      advertisement: { localName },
      connectAsync: async () => void this.connected++,
      disconnectAsync: async () => {
        this.connected--;
        device.emit("disconnect");
      },
      discoverSomeServicesAndCharacteristicsAsync: async () => ({ characteristics: this.uart ? [write, notify] : [] }),
    });
    return device;
  }
}

const echo = (data: Buffer, say: (data: Buffer) => void) => say(data);

test("names of Bluetooth are told from others", () => {
  for (const name of [`ble:${ADDRESS}`, ADDRESS, "ble:Puck.js 0001", "BLE:x"]) expect(isBle(name)).toBe(true);
  for (const name of ["/dev/ttyUSB0", "COM3", "tcp://10.0.0.1"]) expect(isBle(name)).toBe(false);
});

test.each([`ble:${ADDRESS}`, ADDRESS.toUpperCase(), "ble:Puck.js 0001"])(
  "%s is found among others, written to in pieces that every device takes, and let go",
  async (name) => {
    const radio = new Radio(echo);
    const port = await openBle(name, radio as any);
    const text = `${"x".repeat(50)}\xff\x10`;
    expect(await ask(port, `${text}\n`, /^x+/, 1000)).toBe(`${"x".repeat(50)}\xff`);
    expect(radio.pieces).toEqual([20, 20, 13]);
    expect(port.closed).toBe(false);
    await port.close();
    expect(port.closed).toBe(true);
    expect(radio.connected).toBe(0);
    // Nothing is written to who is away.
    port.write("y");
    await port.close();
    expect(radio.pieces).toHaveLength(3);
  },
);

test("says what keeps it from a device, and what to do", async () => {
  const radio = new Radio(echo);
  await expect(openBle("ble:other", radio as any)).rejects.toThrow(
    `No device ble:other is in reach. Those here are Headphones (aa:aa:aa:aa:aa:aa), Puck.js 0001 (${ADDRESS}): give one`,
  );
  radio.uart = false;
  await expect(openBle(ADDRESS, radio as any)).rejects.toThrow(/has no console on Bluetooth\. A production build/);
  expect(radio.connected).toBe(0);
  radio.state = "poweredOff";
  await expect(openBle(ADDRESS, radio as any)).rejects.toThrow(/not ready \(poweredOff\)\. Switch it on/);
});
