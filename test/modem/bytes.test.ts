/** What reports cost on the air, at the sockets of the bench's modem: the specification's example, a month of hours, and docs/modem-bytes.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allowance, cells, type Interval, line, reference } from "../../bench/modem-bytes";
import { modem as modemPart } from "../../bench/parts/modem/modem";
import { inProcess, type Network } from "../../bench/parts/modem/network";
import { random } from "../../bench/parts/modem/uart";
import { createServer } from "../../bench/server/server";
import { World } from "../../bench/world";
import { bundle } from "../../build/bundle";
import { modem } from "../../firmware/modem/modem";
import type { ModemPort, Post, System } from "../../hal/hal";
import { KEY, prepare } from "../metrics/asking";
import { EXAMPLE } from "../metrics/configurations";
import { HOUR, MODULES, Reporter } from "./device";
import { FAMILIES, type Family, settings } from "./modems";

/** TCP payload both ways that the example may take. */
const MOST = { json: 803, cbor: 503 };
type Encoding = keyof typeof MOST;

const DRIVERS: { [module: string]: Family } = { bg95: "quectel" };
const NAMES = ["panel_voltage", "battery_voltage", "panel_current", "usb_1_current", "usb_2_current", "overload"];

/** Sends the example (30 updates of 5 metrics, 2 alarms) as a device does over a raw connection; its answer has a token. */
function sendExample(family: string, encoding: Encoding) {
  const asked = EXAMPLE(encoding);
  asked.count = 132;
  const serial = asked.unit.serial;
  const format = { data_order: ["token_count", "tampered", "firmware_version"], historical_data_interval: -120 };
  const server = createServer({
    units: [{ serial, key: KEY, startingCode: 123456789 }],
    formats: { 12: { ...format, historical_data_order: [...NAMES, "relative_time"] } },
    // As the published library answers.
    nameless: true,
    now: () => asked.now,
  });
  server.tokens(serial, { kind: "add", value: 7 });

  const world = new World(asked.now);
  const part = modemPart(world, { family, port: "Serial3", baud: 115200 });
  part.network = inProcess((url, headers, body) => {
    const { status, body: answer } = server.answer("POST", new URL(url).pathname, headers, body)!;
    return { status, body: Buffer.from(answer) };
  });
  const port: ModemPort = {
    baud: 115200,
    burst: 64,
    pins: {},
    drive() {},
    start(onData, baud) {
      part.toController = onData ?? (() => {});
      part.setRate(baud);
    },
    write: (text) => part.hear(text),
  };
  const system = { after: (fn, ms) => world.after(ms, fn), cancel: (id) => world.cancel(id) } as System;
  const ends: [number, string][] = [];
  const report = prepare(asked);
  const { type, size } = report.letter();
  const post: Post = {
    // The host of the specification's examples.
    url: "http://example.server.com/dd",
    type,
    size,
    authorization: "",
    read: report.read,
    write() {},
    close(status, reason) {
      ends.push([status, reason]);
      transport.close();
    },
  };
  part.power!(true);
  world.run(world.now + 40000);
  const transport = modem(
    port,
    system,
    settings({ lean: 1 }),
    FAMILIES[DRIVERS[family] ?? (family as Family)],
    () => {},
  );
  transport.open(post);
  world.run(world.now + 300000);
  expect(ends).toEqual([[201, ""]]);
  const [request] = server.requests;
  expect(request.expanded!.historical_data).toHaveLength(30);
  expect(request.answer).toMatchObject({ tkl: [expect.any(String)] });
  const { sent, received } = part.state();
  // Both heads and both bodies are in it.
  expect(sent).toBeGreaterThan(size);
  expect(received).toBeGreaterThan(request.told.length);
  return sent + received;
}

describe.each(MODULES)("%s, a raw connection:", (family) => {
  test.each(["json", "cbor"] as const)("the specification's example fits into its bytes as %s", (encoding) => {
    expect(sendExample(family, encoding)).toBeLessThanOrEqual(MOST[encoding]);
  });
});

/** Of a network's connections, so many take the request to the server and lose its answer. */
function lossy(network: Network, share: number) {
  const chance = random(5);
  const told = { connections: 0, lost: 0 };
  const connect: Network["connect"] = (...to) => {
    const real = network.connect(...to);
    told.connections++;
    if ("failure" in real || chance() >= share) return real;
    told.lost++;
    return { send: (bytes) => real.send(bytes), close: () => real.close(), onData() {}, onClose() {} };
  };
  return { told, network: { ...network, connect } };
}

test("a month of hourly reports, a tenth of them without an answer and sent again, stays below 750 KB", async () => {
  const it = new Reporter(await bundle(reference("raw TCP", "json", HOUR)), { time: Date.UTC(2027, 3, 1) / 1000 });
  const { told, network } = lossy(it.modem.network, 0.1);
  it.modem.network = network;
  it.do("sun cloudy");
  // Up to some hours before the month ends, as the device counts anew then.
  for (let day = 0; day < 30; day++) it.do(`wait ${24 * HOUR - (day === 29 ? 3 * HOUR : 0)}`);
  const { sent, received } = it.modem.state();
  const counted = it.info().report.kilobytes * 1024;
  // What the device counts itself, with 400 bytes for each.
  const known = sent + received + 400 * told.connections;
  expect(Math.abs(counted - known)).toBeLessThan(0.05 * known);
  it.do(`wait ${3 * HOUR}`);

  expect(told.lost).toBeGreaterThanOrEqual(72);
  expect(it.taken - told.lost).toBeGreaterThanOrEqual(719);
  const all = it.modem.state();
  const payload = all.sent + all.received;
  expect(payload).toBeLessThan(750_000);
  expect(payload + told.connections * allowance(false)).toBeLessThan(750_000);
  // Every row of the month is there once.
  expect(new Set(it.rows).size).toBe(it.rows.length - it.again);
  expect(it.rows.length - it.again).toBeGreaterThanOrEqual(719);
  it.end();
}, 300_000);

describe("docs/modem-bytes.md", () => {
  /** Cells of the tables whose first column is an interval. */
  const documented = readFileSync(join(__dirname, "../../docs/modem-bytes.md"), "utf8")
    .split("\n")
    .map((text) => text.slice(2, -2).split("|"))
    .map((row) => row.map((cell) => cell.trim()))
    .filter(([every]) => /^\d+ (min|h|day)$/.test(every));

  test("follows from what was measured", () => {
    expect(documented).toHaveLength(28);
    for (const row of documented) {
      const [every, encoding, way, payload] = row;
      expect(cells(every as Interval, encoding, way, Number(payload.replace(/ /g, "")))).toEqual(row);
    }
  });

  // The others are made of the same pieces; npm run bytes measures them all, which takes a minute.
  test("is what npm run bytes measures now", async () => {
    expect(documented).toContainEqual(cells(...(await line("6 h", "json", "raw TCP"))));
  });
});
