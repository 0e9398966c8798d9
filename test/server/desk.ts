/** A device's side for tests of the server: it signs, sends without a socket, and reads answers. */
import { readCbor, writeCbor } from "../../bench/server/cbor";
import { fromPlain, type Json, plain, readJson } from "../../bench/server/json";
import { createServer, type MetricsServer, type ServerOptions, type Unit } from "../../bench/server/server";
import { answerAuth, type Method, requestAuth, type Said, same } from "../../bench/server/sign";

export const KEY = "bc41ec9530f6dac86b1a29ab82edc5fb";
export const UNIT: Unit = { serial: "SLT220001", key: KEY, startingCode: 516959010, count: 1 };
export const NOW = 1795305600;
/** The specification's example, condensed. */
export const FORMAT = {
  data_order: ["token_count", "tampered", "firmware_version", "active_until_timestamp_requested"],
  historical_data_interval: -60,
  historical_data_order: ["panel_voltage", "battery_voltage", "panel_current", "relative_time"],
  variables: { panel_voltage: { name: "Panel voltage", type: "float", unit: "V", scale_factor: 0.01 } },
};

/** A server at a fixed time that knows one unit and one data format, 12. */
export function desk(options: ServerOptions = {}): MetricsServer {
  return createServer({ units: [UNIT], formats: { 12: FORMAT }, now: () => NOW, ...options });
}

export interface Got {
  status: number;
  headers: { [name: string]: string };
  text: string;
  value: any;
}

/** One HTTP request; `body` as text, as bytes, or as a value that goes as JSON. */
export function send(
  server: MetricsServer,
  body: unknown,
  { method = "POST", path = "/dd", headers = {} as { [name: string]: string }, cbor = false } = {},
): Got {
  const bytes =
    body instanceof Uint8Array
      ? body
      : cbor
        ? writeCbor(fromPlain(body))
        : Buffer.from(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  const type = { "content-type": cbor ? "application/cbor" : "application/json" };
  const found = server.answer(method, path, { ...type, ...headers }, bytes);
  if (!found) throw new Error("nobody answered");
  const read = found.headers["content-type"] === "application/cbor" ? readCbor(found.body) : undefined;
  const text = Buffer.from(found.body).toString("utf8");
  return { status: found.status, headers: found.headers, text, value: plain(read ?? readJson(text)) };
}

export const get = (server: MetricsServer, path = "/dd", headers = {}) =>
  send(server, undefined, { method: "GET", path, headers });

const signed = (root: Map<string, Json>) => {
  const text = (name: string, short: string) => {
    const value = plain(root.get(short) ?? root.get(name) ?? null);
    return value ? String(value) : undefined;
  };
  return {
    serial: text("serial_number", "sn")!,
    time: text("timestamp", "ts"),
    count: text("request_count", "rc"),
    data: root.get("d") ?? root.get("data"),
    rows: (root.get("hd") ?? root.get("historical_data")) as Json[] | undefined,
  };
};

/** The same request with its auth at the end. */
export function sign(request: object, method: Method = "ra", key = KEY): any {
  const root = fromPlain(request) as Map<string, Json>;
  return { ...request, [root.has("sn") ? "a" : "auth"]: requestAuth(method, key, signed(root)) };
}

/** Whether an answer's auth is that of this key and this request, over the text as it stands. */
export function answers(
  text: string,
  request: { sn: string; ts?: number | null; rc?: number | null },
  key = KEY,
): boolean {
  const root = readJson(text) as Map<string, Json>;
  const said: Said = {};
  const names = [
    ["auts", "active_until_timestamp"],
    ["asl", "active_seconds_left"],
    ["tkl", "token_list"],
    ["st", "settings"],
    ["ed", "extra_data"],
  ];
  for (const [short, long] of names) {
    const value = root.get(short) ?? root.get(long);
    if (value !== undefined) said[short as keyof Said] = value;
  }
  const { sn, ts, rc } = request;
  const time = ts == null ? undefined : String(ts);
  const count = rc == null ? undefined : String(rc);
  return same(String(root.get("a") ?? root.get("auth")), answerAuth(key, { serial: sn, time, count }, said));
}
