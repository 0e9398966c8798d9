/** The report overlay on the interpreter that ESPRUINO names, made into what is flashed: minified, asleep until it is called. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { flashable } from "../../build/bundle";
import { check, type Problem } from "../../build/check";
import { interpret } from "../../build/interpreter";
import type { Ask } from "../../firmware/metrics/report.overlay";
import type { Terms } from "../../firmware/metrics/terms";
import { formatOf } from "./asking";

/** Characters of cases in a program: all of it has to fit the Storage of a Puck.js. */
const PROGRAM = 10000;

/** All that a board may leave out, as for the tests on Node. */
const PARTS: { [part: string]: boolean } = JSON.parse(readFileSync("jest.config.json", "utf8")).globals;

/** What judges answers, asleep until then: on a device it is so with what takes them. */
const MADE = {
  [resolve(__dirname, "../../firmware/metrics/judging.overlay.ts")]: `
    import { judge } from "./answer";
    export function judging(terms, body) {
      return judge(terms, body);
    }`,
};

/** A value as source text, its names without quotes: the minifier shortens them. */
export function source(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(source).join()}]`;
  if (typeof value !== "object" || value === null) return value === undefined ? "undefined" : JSON.stringify(value);
  const members = Object.entries(value).filter(([, one]) => typeof one !== "function");
  return `{${members.map(([name, one]) => `${name}:${source(one)}`).join()}}`;
}

const PRELUDE = `
  import { judging } from "./firmware/metrics/judging.overlay";
  import { decimal } from "./firmware/metrics/decimal";
  import { report } from "./firmware/metrics/report.overlay";
  import { keyed } from "./firmware/token/siphash";
  function request(asked, format, rows, digits) {
    if (digits) asked.write = (v, i) => decimal(v, digits[i]);
    asked.format = (piece) => format.substr(piece * 37, 37);
    asked.row = (n) => rows[n - asked.first] && rows[n - asked.first].slice(0);
    const q = report(asked, false);
    while (!q.step());
    const post = q.letter();
    for (let piece = q.read(); piece; piece = q.read()) print("#+" + btoa(piece));
    print("#=" + JSON.stringify({
      "offered": q.offered, "size": post.size, "url": post.url, "type": post.type, "authorization": post.authorization,
    }));
  }
  function answer(terms, text) {
    const check = judging(terms, text);
    let a;
    for (let i = 0; i < 3000 && !a; i++) a = check();
    print("#=" + JSON.stringify(!a ? "never judged" : a.refused ? { "refused": a.refused } : {
      "refused": a.refused, "verified": a.verified, "tokens": a.tokens, "until": a.until, "left": a.left,
      "settings": a.settings, "extra": a.extra, "skipped": a.skipped, "id": a.id,
    }));
  }
  if (!report) {
    request();
    answer();
    judging();
    keyed();
  }
`;

/** A request of so many rows and its answer, looked at from its rows and between its slices. */
const MEASURE = (rows: number, encoding: string) => `
  import { judging } from "./firmware/metrics/judging.overlay";
  import { report } from "./firmware/metrics/report.overlay";
  import { high, keyed, low, sip } from "./firmware/token/siphash";
  let peak = 0;
  const used = () => process["memory"]()["usage"];
  function look() {
    peak = Math.max(peak, used());
  }
  function row(number) {
    look();
    return [1700000000 + number * 3600, 1755 + (number % 90), 1250, -220, 320, number % 15 ? undefined : 1];
  }
  function all(rows) {
    const before = used();
    let bytes = 0;
    const asked = {
      unit: { serial: "A111222", key: [1, 2, 3, 4] },
      server: { base_url: "https://server.example/m", data_format_id: 12, auth: "ra", encoding: "${encoding}" },
      format: (n) => (n ? "" : "{}"), interval: -3600, data: [12, 0, "1.2.3"], columns: 5, first: 1, next: rows + 1, row,
      accessories: [], most: 4194304, now: 1800000000, timestamp: 1800000000, count: 7, asks: "auts", settings: [],
    };
    let q = report(asked, false);
    peak = 0;
    while (!q.step()) look();
    let letter = q.letter();
    for (let piece = q.read(); piece; piece = q.read()) {
      bytes += piece.length;
      look();
    }
    const highest = peak;
    q = letter = undefined;
    let check = judging(asked, ${JSON.stringify(`{"ed":{"x":"${"y".repeat(900)}"},"auts":1682954836,"a":"da12"}`)});
    peak = 0;
    while (!check()) look();
    check = undefined;
    return { "before": before, "bytes": bytes, "peak": highest, "judging": peak };
  }
  if (!report) {
    judging();
    sip(keyed(), "", high, low);
  }
  // The first time, what is built into the interpreter is set up too.
  all(1);
  const found = all(${rows});
  found["after"] = used();
  print("#=" + JSON.stringify(found));
`;

/** What of the overlays the interpreter would not run, as the build's check sees it. */
export async function problems(): Promise<Problem[]> {
  const { code, map } = await flashable(PRELUDE, "metrics", PARTS, MADE);
  return check(code, map);
}

/** Variables in use before, at the peak of a request, while its answer is judged, and after; and bytes of the body. */
export async function variables(
  rows: number,
  encoding: string,
): Promise<{ before: number; peak: number; judging: number; after: number; bytes: number }> {
  const [said] = interpret([(await flashable(MEASURE(rows, encoding), "metrics", PARTS, MADE)).code]);
  return JSON.parse(/#=([^\r\n]*)/.exec(said)![1]);
}

/** Runs calls of the functions above, in as many programs as it takes; gives what each of them printed. */
async function run(calls: string[]): Promise<{ text: string; line: any }[]> {
  const programs: string[][] = [[]];
  let length = 0;
  for (const call of calls) {
    length += call.length;
    if (length > PROGRAM && programs[programs.length - 1].length) {
      programs.push([]);
      length = call.length;
    }
    programs[programs.length - 1].push(call);
  }
  const codes: string[] = [];
  for (const program of programs)
    codes.push((await flashable(PRELUDE + program.join("\n"), "metrics", PARTS, MADE)).code);
  const found: { text: string; line: any }[] = [];
  let text = "";
  for (const said of interpret(codes))
    for (const [, mark, piece] of said.matchAll(/#([+=])([^\r\n]*)/g))
      if (mark === "+") text += Buffer.from(piece, "base64").toString("latin1");
      else {
        found.push({ text, line: JSON.parse(piece) });
        text = "";
      }
  if (found.length !== calls.length) throw new Error(`${calls.length} cases, and ${found.length} came to an end`);
  return found;
}

export interface Written {
  text: string;
  offered: number;
  size: number;
  url: string;
  type: string;
  authorization: string;
}

/** What requests come out as. `digits` behind the point, by column, are for all that have a `write`. */
export async function requestsOnDevice(asks: Ask[], digits: number[]): Promise<Written[]> {
  const calls = asks.map((a) => {
    const rows = Array.from({ length: a.next - a.first }, (_, i) => a.row!(a.first + i));
    return `request(${source(a)}, ${JSON.stringify(formatOf(a))}, ${source(rows)}, ${source(a.write && digits)});`;
  });
  return (await run(calls)).map(({ text, line }) => ({ text, ...line }));
}

/** What answers are judged as. */
export async function answersOnDevice(cases: { terms: Terms; text: string }[]): Promise<any[]> {
  const calls = cases.map(({ terms, text }) => `answer(${source(terms)}, ${JSON.stringify(text)});`);
  return (await run(calls)).map(({ line }) => line);
}
