/**
 * The published Python library as judge: the server accepts what the library makes, reads in it what the library reads, and the
 * library accepts what the server answers. OPENPAYGO_PYTHON names the library's folder (github.com/EnAccess/OpenPAYGO-python).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { createServer } from "../../bench/server/server";
import { send } from "./desk";

const library = process.env.OPENPAYGO_PYTHON ?? "";
const judged = existsSync(join(library, "openpaygo")) ? test : test.skip;
const NEEDS = judged === test ? "" : " (needs the published library: set OPENPAYGO_PYTHON)";

const NOW = 1795305600;
const FORMAT = {
  id: 12,
  data_order: ["token_count", "tampered", "firmware_version", "active_until_timestamp_requested", "level"],
  historical_data_order: ["panel_voltage", "battery_voltage", "load", "note", "relative_time", "timestamp"],
  historical_data_interval: -60,
};

/** Asks the library everything at once; a text "@12.0" goes as the number 12.0. */
function ask(lines: object[]): any[] {
  const input = lines.map((line) => JSON.stringify(line).replace(/"@([-+.\de]+)"/g, "$1")).join("\n");
  const { status, stdout, stderr } = spawnSync("python3", ["-B", join(__dirname, "judge.py")], {
    input,
    encoding: "utf8",
    maxBuffer: 1e8,
    env: { ...process.env, TZ: "UTC", PYTHONPATH: [library, join(__dirname, "../metrics/judge")].join(delimiter) },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const number = fc.oneof(
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  fc.constantFrom("@12.0", "@1.50", "@-0.0", "@1e-07", "@0.0001", "@1e+16", "@123456789.125", "@-275.4"),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }).map((n) => `@${n}`),
);
const text = fc.oneof(fc.string(), fc.constant("café ☃ 😀 \\/\n\x7f")).filter((t) => !t.includes("@"));
const optional = { requiredKeys: [] as never[] };
const value = fc.oneof(number, text, fc.boolean());

const device = fc.record({
  serial: fc.stringMatching(/^[A-Z0-9]{3,12}$/),
  key: fc.stringMatching(/^[0-9a-f]{32}$/),
  auth: fc.constantFrom("sa", "ta", "ca", "da", "ra"),
  condensed: fc.boolean(),
  both: fc.boolean(),
  count: fc.integer({ min: 1, max: 2 ** 31 }),
  time: fc.integer({ min: 1500000000, max: 2 ** 31 }),
  inline: fc.boolean(),
  data: fc.record(
    {
      token_count: fc.nat(1000),
      tampered: fc.boolean(),
      firmware_version: text,
      active_until_timestamp_requested: fc.boolean(),
      level: number,
    },
    optional,
  ),
  rows: fc.array(
    fc.record(
      {
        panel_voltage: number,
        battery_voltage: number,
        load: value,
        note: text,
        relative_time: fc.integer({ min: -9999, max: 9999 }),
      },
      optional,
    ),
    { maxLength: 12 },
  ),
  says: fc.record({
    tokens: fc.array(fc.stringMatching(/^[0-9]{9}$/), { maxLength: 3 }),
    until: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
    settings: fc.dictionary(
      fc.stringMatching(/^[a-z_]{1,9}$/),
      fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      { maxKeys: 4 },
    ),
    extra: fc.dictionary(text, fc.oneof(text, fc.boolean(), fc.array(fc.nat(), { maxLength: 3 })), { maxKeys: 3 }),
  }),
});

const bare = (object: any) => Object.fromEntries(Object.entries(object).filter(([, one]) => one !== null));

judged(`200 requests that the library made, and 200 answers to them${NEEDS}`, () => {
  const devices = fc.sample(device, 200).map(({ auth, both, count, time, inline, ...rest }, n) => {
    const timed = auth === "ta" || (auth !== "ca" && n % 2 === 0);
    const { id, ...format } = FORMAT;
    return {
      ...rest,
      auth,
      format: inline ? format : FORMAT,
      time: timed || both ? time : null,
      count: timed && !both ? null : count,
    };
  });
  const bodies = ask(devices.map(({ says, ...request }) => ({ ask: "request", ...request })));
  const { id, ...format } = FORMAT;
  const read = ask(bodies.map((body, n) => ({ ask: "judge", body, key: devices[n].key, format })));
  const answers = devices.map(({ serial, key, says, time, count }, n) => {
    const server = createServer({ units: [{ serial, key }], formats: { [id]: format }, now: () => NOW });
    server.tokens(serial, ...says.tokens);
    server.until(serial, says.until);
    server.settings(serial, says.settings);
    server.extra(serial, says.extra);
    const { status, text } = send(server, bodies[n]);
    expect([bodies[n], status, server.requests[0].reason]).toEqual([bodies[n], 201, undefined]);
    expect(read[n].valid).toBe(true);
    const { data, historical_data: rows } = server.requests[0].expanded!;
    expect(data).toEqual(bare(read[n].metrics.data));
    // Without a time, the library takes the computer's.
    if (time !== null) expect(rows).toEqual(read[n].metrics.historical_data.map(bare));
    expect(send(server, bodies[n]).status).toBe(409);
    return { ask: "answer", body: text, key, serial, time, count };
  });
  expect(new Set(ask(answers))).toEqual(new Set([true]));
});
