/** Requests for the tests: what a board asks, its history, and the two passes run to their ends. */
import type { ServerSection } from "../../firmware/metrics/format";
import { type Ask, type Report, report } from "../../firmware/metrics/report.overlay";
import type { Terms } from "../../firmware/metrics/terms";
import type { Value } from "../../firmware/metrics/values";

export const KEY = "bc41ec9530f6dac86b1a29ab82edc5fb";

/** The four words of a key of 32 hexadecimal digits. */
export function words(key: string): number[] {
  return [0, 4, 8, 12].map((at) => Buffer.from(key, "hex").readInt32LE(at));
}

export const SERVER: ServerSection = {
  base_url: "https://server.example/m",
  data_format_id: 12,
  jwt_key: "",
  auth: "ra",
  encoding: "json",
  padded: false,
};

export function terms(changes: Partial<Terms> & { key?: string; serial?: string } = {}): Terms {
  const { key = KEY, serial = "A111222", ...rest } = changes;
  return {
    unit: { serial, key: words(key), startingCode: 123456789, timeDivider: 1, restricted: 0 },
    now: 1611583070,
    timestamp: 1611583070,
    count: 7,
    asks: "",
    settings: [],
    ...rest,
  };
}

/** A data format as a board gives it. */
export const inPieces =
  (text: string, size = 37) =>
  (piece: number) =>
    text.substr(piece * size, size);

/** The data format that a request has. */
export function formatOf({ format }: Ask): string {
  let text = "";
  for (let i = 0; format(i); i++) text += format(i);
  return text;
}

/** What asks with these rows: [time, value, …], or undefined where one was lost. */
export function asking(
  rows: (Value[] | undefined)[],
  changes: Partial<Ask> & { key?: string; serial?: string } = {},
): Ask {
  return {
    ...terms(changes),
    server: SERVER,
    format: inPieces('{"data_order":[],"historical_data_order":["relative_time"]}'),
    interval: -60,
    data: [],
    columns: 0,
    first: 1,
    next: rows.length + 1,
    row: (number) => rows[number - 1]?.slice(),
    accessories: [],
    most: 4194304,
    ...changes,
  } as Ask;
}

/** A request after its first pass. */
export function prepare(a: Ask): Report {
  const q = report(a, false);
  for (let slices = 0; !q.step(); slices++) if (slices > 100000) throw new Error("The request is never ready");
  return q;
}

/** What is left of a body, as a transport gets it. */
export function readAll(q: Report): string {
  let body = "";
  for (;;) {
    const piece = q.read();
    if (piece.length > 64) throw new Error(`a piece of ${piece.length} characters`);
    if (!piece) return body;
    body += piece;
  }
}

/** The body of a request, which has to be as long as it said. */
export function body(a: Ask): string {
  const q = prepare(a);
  const { size } = q.letter();
  const text = readAll(q);
  if (text.length !== size) throw new Error(`${size} bytes were announced, and ${text.length} came`);
  return text;
}
