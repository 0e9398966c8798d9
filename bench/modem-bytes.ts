/**
 * `npm run bytes` makes docs/modem-bytes.md: what reports over a modem cost on the air. The payload is measured at the sockets
 * of the bench's modem, with the file that is flashed on the virtual board; what networks and TLS add to it is an allowance.
 */
import { writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Board, Modem } from "../boards/board";
import { bundle, readBoard } from "../build/bundle";
import { table } from "../build/docs/wiring";
import type { VariableSection } from "../firmware/metrics/format";
import { DEMO } from "./demo-unit";
import { nodeEngine } from "./engines/node";
import { Session } from "./session";

const root = resolve(__dirname, "..");
const PAGE = join(root, "docs/modem-bytes.md");

const HOUR = 3600;
const DAY = 86400;
/** Seconds of a month, and how many requests of it are sent once more, because nobody answered them. */
const MONTH = 30 * DAY;
const RETRIED = 0.1;

// ---- Allowances: bytes on the air that no socket sees. Where they are from is said on the page ----

/** Heads of IPv4 and TCP; segments of a connection with one request; the option of its first two (the longest segment). */
const HEADS = 20 + 20;
const SEGMENTS = 10;
const OPTIONS = 2 * 4;
/** Asking for an address by name: two datagrams with heads of IPv4, UDP and DNS, the question twice, the answer. */
const HOST = "metrics.example.com";
const LOOKUP = 2 * (20 + 8 + 12 + HOST.length + 2 + 4) + 16;
/** A whole TLS 1.2 handshake, the segments that it takes more, and the frames of two records. */
const HANDSHAKE = 3600;
const TLS_SEGMENTS = 8;
const RECORDS = 2 * 29;

/** Bytes of allowance for a request. */
export const allowance = (tls: boolean): number =>
  HEADS * SEGMENTS + OPTIONS + LOOKUP + (tls ? HANDSHAKE + HEADS * TLS_SEGMENTS + RECORDS : 0);

// ---- Boards ----

/** How reports go; a family that can do it, and whether it is over TLS. */
const WAYS = {
  "raw TCP": { family: "sim7600", raw: true, tls: false },
  "raw TCP with TLS": { family: "sim7080", raw: true, tls: true },
  "the modem's HTTPS": { family: "sim7600", raw: false, tls: true },
};
type Way = keyof typeof WAYS;

const INTERVALS = { "15 min": HOUR / 4, "1 h": HOUR, "6 h": 6 * HOUR, "1 day": DAY };
export type Interval = keyof typeof INTERVALS;
const ENCODINGS = ["json", "cbor"] as const;

/** Whatever takes time and has no bytes on the air is left out: the table of codes. */
function quick(board: Board): Board {
  const { table: _, ...settings } = board.settings;
  return { ...board, settings };
}

/** The reference board with its reports going another way. Its server has the data format, as after a registration. */
export function reference(way: Way, encoding: string, report: number): Board {
  const board = structuredClone(readBoard("esp32"));
  const { family, raw, tls } = WAYS[way];
  const { ca, ...modem } = board.parts.modem as Modem;
  const how = { family, lean: raw, service: !raw, plain: !tls };
  board.parts.modem = { ...modem, ...(tls && { ca }), ...how } as Modem;
  Object.assign(board.metrics!, { report });
  Object.assign(board.metrics!.server, { base_url: `http${tls ? "s" : ""}://${HOST}`, data_format_id: 1, encoding });
  return quick(board);
}

/** A board that sends the specification's example: every hour 30 looks at 5 metrics and an alarm that came twice. */
function example(encoding: string): Board {
  const board = reference("raw TCP", encoding, HOUR);
  const row = (key: string, channel: number): VariableSection => ({
    key,
    name: key,
    type: "float",
    scale: 0.1,
    aggregation: "latest",
    in: "historical_data",
    source: "product",
    channel,
    least: -1000,
    most: 1000,
  });
  const keys = ["panel_voltage", "battery_voltage", "panel_current", "usb_1_current", "usb_2_current", "overload"];
  const { store, server, variables } = board.metrics!;
  const data = variables.filter(({ key }) => /^(token_count|tampered|firmware_version)$/.test(key));
  return {
    ...board,
    product: { code: "bench/modem-example" },
    metrics: {
      sample: 120,
      interval: 120,
      report: HOUR,
      store: { ...store, days: 1 },
      server: { ...server, data_format_id: 12 },
      variables: [...data, ...keys.map(row)],
    },
  };
}

// ---- Measuring ----

/** TCP payload of a request and its answer, whole bytes: the mean of those in so many seconds. `ahead` is done before each. */
async function measured(board: Board, seconds: number, ahead?: string): Promise<number> {
  const { code } = await bundle(board);
  const { report = HOUR } = board.metrics!;
  const session = new Session({
    board,
    code,
    make: nodeEngine,
    out: (said) => {
      if ("error" in said || "uncaught" in said) throw new Error(JSON.stringify(said));
    },
  });
  try {
    session.line(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
    session.line("sun cloudy");
    const all = () => {
      const { sent, received } = session.board.parts.modem!.state();
      const { requests } = session.server;
      for (const { reason } of requests) if (reason) throw new Error(reason);
      return { bytes: sent + received, requests: requests.at(-1)?.n ?? 0 };
    };
    // The first report is at once, the second at a second of the unit's own, and the third is one as all others.
    session.line(`wait ${2 * report}`);
    const before = all();
    for (let passed = 0; passed < seconds; passed += report) {
      if (ahead) session.line(ahead);
      session.line(`wait ${report}`);
    }
    const after = all();
    return Math.ceil((after.bytes - before.bytes) / (after.requests - before.requests));
  } finally {
    session.close();
  }
}

/** Of a request's payload: its allowance, and what a month of such requests costs with those that are sent again. Bytes. */
function cost(payload: number, interval: number, tls: boolean) {
  const requests = (MONTH / interval) * (1 + RETRIED);
  const allowed = allowance(tls);
  return { allowed, month: payload * requests, all: (payload + allowed) * requests };
}

// ---- The page ----

/** Digits in groups of three; never less than it is. */
const grouped = (n: number) => String(Math.ceil(n)).replace(/\B(?=(\d{3})+$)/g, " ");

const HEAD = "a report every|format|way|payload, B|allowance, B|payload a month, KB|with allowance, KB".split("|");

/** A line of a table, from a whole number of bytes that was measured. A kilobyte has 1000 bytes. */
export function cells(every: string, encoding: string, way: string, payload: number): string[] {
  const { allowed, month, all } = cost(payload, INTERVALS[every as Interval], /TLS|HTTPS/.test(way));
  const figures = [payload, allowed, month / 1000, all / 1000];
  return [every, encoding, way, ...figures.map(grouped)];
}

type Line = [every: Interval, encoding: string, way: string, payload: number];

/** Measures a line: the reference board, going a way. */
export async function line(every: Interval, encoding: string, way: Way): Promise<Line> {
  const interval = INTERVALS[every];
  const payload = await measured(reference(way, encoding, interval), Math.max(DAY, 2 * interval));
  return [every, encoding, way, payload];
}

/** The lines of every interval, format and way; of the specification's example; and of the reference board as it is. */
async function lines(say: (line: string) => void): Promise<{ all: Line[]; examples: Line[]; own: Line[] }> {
  const all: Line[] = [];
  for (const way of Object.keys(WAYS) as Way[])
    for (const encoding of ENCODINGS)
      for (const every of Object.keys(INTERVALS) as Interval[]) {
        say(`${every}, ${encoding}, ${way}`);
        all.push(await line(every, encoding, way));
      }
  const examples: Line[] = [];
  for (const encoding of ENCODINGS) {
    say(`the example, ${encoding}`);
    examples.push(["1 h", encoding, "raw TCP", await measured(example(encoding), DAY, "server tokens add:1")]);
  }
  const unregistered = (board: Board): Board => {
    board.metrics!.server.data_format_id = 0;
    return board;
  };
  say("the reference board");
  const own: Line[] = [
    ["1 h", "json", "the modem's HTTPS", await measured(quick(readBoard("esp32")), DAY)],
    ["1 h", "json", "raw TCP", await measured(unregistered(reference("raw TCP", "json", HOUR)), DAY)],
  ];
  return { all, examples, own };
}

function page({ all, examples, own }: Awaited<ReturnType<typeof lines>>): string {
  const tableOf = (some: Line[]) =>
    table(
      HEAD,
      some.map((one) => cells(...one)),
    );
  /** Kilobytes of a month, as in the table. */
  const month = (one: Line) => cells(...one)[HEAD.length - 1];
  const like = (wanted: Line) => all.find((one) => one.slice(0, 3).join() === wanted.slice(0, 3).join())!;
  return `<!-- Made by npm run bytes. -->

# What reports cost on the air

Made by \`npm run bytes\`: the file that is flashed reports over the bench's modem, day after day of simulated time. With \`-- --price 0.05\` the tool prints what the month costs at
so much a megabyte (of a million bytes). A kilobyte has 1000 bytes, a month has 30 days, and one report of ten is sent again.

- **Payload** is measured: TCP payload both ways at the modem's sockets, heads and bodies of request and answer. It is the mean of a day of reports, or of two of them.
- **Allowance** is not measured: [what is on the air beside it](#what-the-allowance-is).

The specification has a device in mind with 750 KB a month. Hourly reports of the reference board stay below that over raw TCP, allowance and all (${month(like(own[1]))} KB), as soon as
the server knows their data format. Over TLS they do not (${month(like(own[0]))} KB), and neither does the board as it is committed: [below](#the-reference-board-as-it-is).

## Interval, format and way

The variables of the [reference board](metrics.md#the-reference-board), a row an hour, whenever reports go. The server knows the data format, and has nothing to say.

${tableOf(all)}

Every family has raw TCP. TLS on it has the SIM7080; the SIM7600 and the Quectel modules have HTTPS; the SIM800 has neither, as its TLS is 1.0. A modem is off between two reports, so
every report over TLS begins with a whole handshake: **over TLS the interval is the lever, and the format hardly matters.** Rows wait for 42 days without being lost.

## The specification's example

30 updates of 5 metrics, one every two minutes, 2 alarms, and a token in the answer, by a whole device and the bench's server:

${tableOf(examples)}

The same rows, with the newest at the very second of the request, and answered as the published library does, without the serial, are at most 803 bytes of JSON and 503 of CBOR
(\`test/modem/bytes.test.ts\`, on every family). The device's own request says how old its first row is (11 bytes), and the bench's server names the device (18 bytes).

## The reference board as it is

As committed, \`boards/esp32.json\` reports every hour over the modem's HTTPS, and no server has given it the number of its data format: until one does, every request brings the format along.
The first line is that; the second is the same over raw TCP.

${tableOf(own)}

So neither stays below 750 KB a month. What does:

- have the format registered: \`data_format_id\` in the board's JSON, or a \`jwt_key\`, with which the device does it itself. Over HTTPS that alone
  makes ${month(like(own[0]))} KB of ${month(own[0])} KB;
- report less often (\`"report": 21600\`), which over HTTPS has to be;
- or go over raw TCP to a server without TLS (\`"plain": true\`, a \`base_url\` with \`http\`). Requests and answers are signed all the same; what is measured can be read by whoever listens.

A \`budget\` in the board's JSON ends the month's reports when it is used up. The device's own count, on \`#INFO\`, has an allowance of its own: 400 bytes for each request, 300 more
where the modem writes the heads, 5000 more over TLS.

## What the allowance is

${table(
  ["what", "bytes", "from"],
  [
    [
      `heads of ${SEGMENTS} segments`,
      `${HEADS * SEGMENTS}`,
      "20 of IPv4 (RFC 791) and 20 of TCP (RFC 9293): 3 to open, request, answer, 1 for each that it came, 3 to close",
    ],
    ["the longest segment, said by both", `${OPTIONS}`, "RFC 9293, 3.7.1"],
    [
      "the server's address, by its name",
      `${LOOKUP}`,
      "two datagrams with 20 of IPv4, 8 of UDP (RFC 768), 12 of DNS (RFC 1035), the name in both, the answer's 16",
    ],
    ["**without TLS**", `**${allowance(false)}**`, ""],
    [
      "a TLS 1.2 handshake",
      `${HANDSHAKE}`,
      "Node's, with two RSA certificates of 2048 bits in the shape of Let's Encrypt's: 3515 to 3711, by the suites offered. Elsewhere: [3231 in five of its messages](https://www.cryptologie.net/article/410/how-big-are-tls-records-during-a-handshake/)",
    ],
    [`heads of ${TLS_SEGMENTS} segments more`, `${HEADS * TLS_SEGMENTS}`, "as above"],
    ["frames of two records", `${RECORDS}`, "5 of a record (RFC 5246), 24 of AES-GCM (RFC 5288)"],
    ["**with TLS**", `**${allowance(true)}**`, ""],
  ],
)}

Not in it: segments that are lost and sent again, attaching to the network, text messages, what an operator rounds up (some count whole kilobytes of a session), and heads that a server adds:
the bench's answers over the modem have the shortest there are (44 bytes); a web server's date, type and keep-alive are some 120 bytes more, and can mostly be switched off.
`;
}

function price(text: string): number {
  const amount = Number(text);
  if (!(amount > 0)) throw new InvalidArgumentError("Give what a megabyte costs, as in: --price 0.05");
  return amount;
}

async function main(argv: string[]): Promise<void> {
  const { price: each } = new Command("npm run bytes --")
    .description("Measures what reports cost on the air, and writes docs/modem-bytes.md.")
    .option("--price <amount>", "write nothing, and print what a month costs at so much a megabyte", price)
    .parse(argv, { from: "user" })
    .opts<{ price?: number }>();
  const made = await lines(each ? () => {} : console.log);
  if (!each) {
    writeFileSync(PAGE, page(made));
    console.log(`Written: ${relative(root, PAGE)}`);
    return;
  }
  const priced = [...made.all, ...made.examples, ...made.own].map((one) => {
    const { all } = cost(one[3], INTERVALS[one[0]], /TLS|HTTPS/.test(one[2]));
    return [...cells(...one), ((all / 1e6) * each).toPrecision(2)];
  });
  console.log(table([...HEAD, "a month"], priced));
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
