/**
 * The published Python library as judge: it accepts what the firmware asks, reads in it what the history held, and the
 * firmware takes what it answers. OPENPAYGO_PYTHON names the library's folder (github.com/EnAccess/OpenPAYGO-python).
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { decode } from "cbor-x";
import fc from "fast-check";
import { TABLE, verdict } from "./answering";
import { body, formatOf, inPieces, prepare } from "./asking";
import { requestsOf } from "./configurations";

const library = process.env.OPENPAYGO_PYTHON ?? "";
const judged = existsSync(join(library, "openpaygo")) ? test : test.skip;
const NEEDS = judged === test ? "" : " (needs the published library: set OPENPAYGO_PYTHON)";

/** How many requests the published library judges. */
const CASES = 200;

/** What the library makes of each case; see judge/judge.py. */
function judge(cases: object[]): { valid: boolean; metrics: any; answer: string }[] {
  const path = [library, join(__dirname, "judge")].join(delimiter);
  const { stdout, stderr, status } = spawnSync("python3", ["-B", join(__dirname, "judge/judge.py")], {
    input: cases.map((one) => `${JSON.stringify(one)}\n`).join(""),
    env: { ...process.env, PYTHONPATH: path, TZ: "UTC" },
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`python3 ended with ${status}: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const answer = fc.record({
  tokens: fc.array(fc.stringMatching(/^[0-9]{9}$/), { maxLength: 3 }),
  until: fc.oneof(fc.constant(0), fc.integer({ min: 1600000000, max: 2100000000 })),
  settings: fc.record(
    {
      base_url: fc.constantFrom("new.example/m", "http://10.0.0.1:8080/"),
      data_format_id: fc.integer({ min: 1, max: 9999 }),
      sample_s: fc.integer({ min: 1, max: 3600 }),
      mode: fc.stringMatching(/^[a-z ]{0,8}$/),
      note: fc.string({ maxLength: 12 }),
    },
    { requiredKeys: [] },
  ),
  extra: fc.dictionary(
    fc.stringMatching(/^[a-z]{1,6}$/),
    fc.oneof(fc.integer(), fc.string({ maxLength: 9 }), fc.double()),
    {
      maxKeys: 3,
    },
  ),
});

judged(`the published server library accepts ${CASES} random requests, and its answers are taken${NEEDS}`, () => {
  const cases = fc.sample(fc.tuple(requestsOf(true), answer), CASES).map(([one, said]) => {
    const { ask } = one;
    const format = JSON.parse(formatOf(ask));
    // The server gives a time only where the data asks for it.
    const asks = said.until > 0;
    if (asks) {
      format.data_order.push("active_until_timestamp_requested");
      ask.data.length = format.data_order.length - 1;
      ask.data.push(1);
      ask.asks = "auts";
      ask.format = inPieces(JSON.stringify(format));
    }
    ask.settings = TABLE;
    const text = body(ask);
    const cbor = prepare(ask).letter().type === "application/cbor";
    const object = cbor ? decode(Buffer.from(text, "latin1")) : undefined;
    const json = cbor ? JSON.stringify(object, (_, v) => (typeof v === "bigint" ? Number(v) : v)) : text;
    const by_id = ask.server.data_format_id > 0;
    return { ...one, ...said, format, line: { key: one.key, body: json, data_format: by_id ? format : null, ...said } };
  });
  const found = judge(cases.map(({ line }) => line));
  expect(found).toHaveLength(CASES);
  found.forEach(({ valid, metrics, answer }, i) => {
    const { ask, rows, format, tokens, until, settings, extra } = cases[i];
    expect(valid).toBe(true);
    expect(metrics.serial_number).toBe(ask.unit.serial);
    // Without a time stamp, the server dates rows from when it got them.
    const there = rows.filter((row) => row !== undefined);
    const sent = metrics.historical_data.map(({ timestamp, ...values }: any) => ({
      time: ask.timestamp ? timestamp : undefined,
      values: Object.fromEntries(Object.entries(values).filter(([, v]) => v !== null)),
    }));
    expect(ask.interval < 0 ? sent.reverse() : sent).toEqual(
      there.map(([time, ...values]) => ({
        time: ask.timestamp ? time : undefined,
        values: Object.fromEntries(
          values.map((v, c) => [format.historical_data_order[c], v]).filter(([, v]) => v !== undefined),
        ),
      })),
    );
    const taken = verdict({ ...ask, now: 1600000000 }, answer);
    expect(taken).toMatchObject({ refused: "", verified: true, tokens, until, skipped: "" });
    expect(taken.settings[3]).toBe(settings.sample_s);
    expect(taken.settings[4]).toBe(settings.mode);
    expect(taken.settings[1]).toBe(settings.data_format_id ?? (settings.base_url ? 0 : undefined));
    expect(taken.extra ? JSON.parse(taken.extra) : {}).toEqual(JSON.parse(JSON.stringify(extra)));
    // To another request, the same answer does not count.
    expect(verdict({ ...ask, now: 1600000000, count: ask.count + 1 }, answer).refused).toBe("SIGNATURE");
  });
});
