/**
 * OpenPAYGO Metrics as the specification (v1.0.0-rc1) and the published server library have it, as plainly as it can be
 * written: what a server makes of a request, and how it signs an answer. It shares no code with the firmware.
 */
import { siphash } from "../bench/oracle";

/** Long names of members, by their short ones. */
const LONG: { [short: string]: string } = {
  sn: "serial_number",
  ts: "timestamp",
  rc: "request_count",
  df: "data_format_id",
  dfo: "data_format",
  d: "data",
  hd: "historical_data",
  acc: "accessories",
  a: "auth",
};

export interface Received {
  serial_number: string;
  timestamp?: number;
  request_count?: number;
  data_format_id?: number;
  data_format?: any;
  data?: any;
  historical_data?: any[];
  accessories?: any[];
  auth?: string;
}

/** The hash of a text under a key of 32 hexadecimal digits; without leading zeros unless `padded`. */
function hashOf(key: string, text: string, padded = false): string {
  return siphash(key, Buffer.from(text, "latin1").toString("hex"))
    .toString(16)
    .padStart(padded ? 16 : 0, "0");
}

/** A request, whichever names it uses. */
export function receive(object: any): Received {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [LONG[name] ?? name, value])) as any;
}

/** The auth that a request should have, by the method it names. */
export function authOf(key: string, r: Received, method: string, padded = false): string {
  const h = (text: string) => hashOf(key, text, padded);
  const stamp = `${r.timestamp || ""}`;
  const count = `${r.request_count || ""}`;
  const all = (list: unknown) => (list ? JSON.stringify(list) : "");
  if (method === "sa") return method + h(r.serial_number);
  if (method === "ta") return method + h(r.serial_number + stamp);
  if (method === "ca") return method + h(r.serial_number + count);
  if (method === "da") return method + h(r.serial_number + stamp + count + all(r.data) + all(r.historical_data));
  let chain = h(r.serial_number);
  if (stamp) chain = h(chain + stamp);
  if (count) chain = h(chain + count);
  chain = h(chain + JSON.stringify(r.data ?? []));
  for (const row of r.historical_data ?? []) chain = h(chain + JSON.stringify(row));
  return method + chain;
}

/** The rows of a request with their times: { time, values by the name of their column }. */
export function rowsOf(r: Received, format: any, now: number): { time: number; values: { [name: string]: number } }[] {
  let time = r.timestamp ?? now;
  return (r.historical_data ?? []).map((row, i) => {
    const named: { [name: string]: number } = {};
    for (const [name, value] of Object.entries<any>(row))
      if (value !== null) named[/^\d+$/.test(name) ? format.historical_data_order[Number(name)] : name] = value;
    const { timestamp, relative_time, ...values } = named;
    if (relative_time !== undefined) time += relative_time;
    else if (timestamp !== undefined) time = timestamp;
    else if (i > 0) time += format.historical_data_interval;
    return { time, values };
  });
}

/** The members of an answer that the hash covers, in its order. */
export const SIGNED = ["auts", "asl", "tkl", "st", "ed"];

/** An answer's auth; `texts` are the members' texts as they stand in the body, without spaces. */
export function answerAuth(
  key: string,
  request: { serial: string; timestamp: number; count: number },
  texts: { [name: string]: string | undefined },
): string {
  const says = (text: string | undefined) => (text && !/^(null|false|""|\[\]|\{\}|-?0(\.0+)?)$/.test(text) ? text : "");
  const covered = SIGNED.map((name) => says(texts[name])).join("");
  return `da${hashOf(key, `${request.serial}${request.timestamp || ""}${request.count || ""}${covered}`)}`;
}
