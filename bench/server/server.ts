/**
 * A server for OpenPAYGO Metrics devices (specification v1.0.0-rc1). `answer` is all of it, and is synchronous, so that a bench
 * in simulated time can call it; Hono carries it to a socket. Keys of units stay in memory: none is ever written, said or stored.
 */
import { randomBytes } from "node:crypto";
import type { Server as Listener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { readCbor, writeCbor } from "./cbor";
import { type Entry, isoTime, line, type Metrics, type Part, refused, summary } from "./entry";
import { checkFormat, expandData, expandRows, type Format, hasShortNames, type Row, rootNames } from "./expand";
import { husher } from "./hush";
import { DEEPEST, FormError, fromPlain, type Json, plain, readJson, show, written } from "./json";
import { makeJwt, readJwt } from "./jwt";
import { answerAuth, type Link, links, METHODS, type Said, type Signed } from "./sign";
import { fileName, openStore } from "./store";
import { checkUnit, type Unit, UnitsError } from "./units";
import { integer, Refusal, signedParts, verify } from "./verify";
import { deliver, makeToken, NOTHING, queue, type Waiting, type Wish } from "./waiting";

export type { Entry, Metrics, Part } from "./entry";
export type { Unit } from "./units";
export type { Waiting, Wish } from "./waiting";

/** Most bytes of a request: 4096 KB. */
export const LARGEST = 4096 * 1024;
/** Requests and events that are remembered; the files have all that counts. */
const KEPT = 200;

export interface ServerOptions {
  units?: Unit[];
  /** Where data lives; in memory only if left out. */
  folder?: string;
  /** Data formats that are registered from the start, by id. */
  formats?: { [id: number]: unknown };
  /** Of the JSON web tokens. If given, `GET` and `/data_format` want one; if not, one is made up and forgotten with the server. */
  jwtSecret?: string;
  /** The path that the base URL ends with, as in "/metrics". */
  base?: string;
  /** Leaves the serial out of answers, as the published library does. The specification wants it in. */
  nameless?: boolean;
  /** Unix seconds, whole; the computer's clock if left out. */
  now?: () => number;
  /** Hears one line about every request and event; `request` for those that are about one. */
  log?: (line: string, request?: Entry) => void;
}

export interface Answer {
  status: number;
  headers: { [name: string]: string };
  body: Uint8Array;
}

/** What is known of a unit. */
interface Desk {
  unit: Unit;
  /** Time and count of the last request that was accepted. */
  last: { time: number; count: number };
  waiting: Waiting;
  /** Accepted requests, without the rows that had come before. */
  records: { at: number; request: Metrics }[];
  /** Every row that was accepted. */
  rows: Set<string>;
}

type Headers = { [name: string]: string };
type Handler = (entry: Entry, headers: Headers, query: URLSearchParams) => { status: number; value: Json };

const FORMATS = "formats.jsonl";
const REFUSED = "refused.jsonl";

const rowKey = (row: Row) => JSON.stringify(row);
/** The time that a request is from: its own, or when somebody collected it, or when it came. */
const timeOf = (at: number, { timestamp, data_collection_timestamp: collected }: Partial<Metrics>) =>
  timestamp || collected || at;

const CONDENSED: { [name: string]: string } = {
  serial_number: "sn",
  token_list: "tkl",
  active_until_timestamp: "auts",
  active_seconds_left: "asl",
  settings: "st",
  extra_data: "ed",
  auth: "a",
};

/** ISO 8601, a date alone or with a time; without a zone it is UTC. Unix seconds. */
function readTime(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  // A plus that was not escaped in the query has become a space.
  const found = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[ +-]\d\d:?\d\d)?)?$/.exec(text);
  const zone = (found?.[3] ?? "Z").replace(" ", "+").replace(/(\d\d)(\d\d)$/, "$1:$2");
  const time = found ? Date.parse(`${found[1]}T${found[2] ?? "00:00"}${zone}`) / 1000 : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new Refusal(400, `The ${name} is no date and time in ISO 8601, as in 2026-11-22T00:00:00Z.`);
}

/** The JSON value in a request's body. */
function parse(entry: Entry, headers: Headers): Json {
  const type = (headers["content-type"] ?? "application/json").split(";")[0].trim().toLowerCase();
  if (/^(application\/)?cbor$/.test(type)) entry.encoding = "cbor";
  else if (!/^(application\/)?json$/.test(type))
    throw new Refusal(415, "The content type is neither application/json nor application/cbor.");
  if (entry.raw.length > LARGEST) throw new Refusal(413, "A request has at most 4096 KB: send several.");
  if (entry.encoding === "cbor") return readCbor(entry.raw);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(entry.raw);
  } catch {
    throw new Refusal(400, "The body is not UTF-8.");
  }
  return readJson(text);
}

/** The body of a fetch request; of one that is too large, the beginning. It fails if the sender breaks off. */
async function bodyOf(request: Request): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader && length <= LARGEST) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
  }
  if (length > LARGEST) await reader?.cancel();
  return Buffer.concat(pieces);
}

function remember<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > KEPT) list.shift();
}

export type MetricsServer = ReturnType<typeof createServer>;

export function createServer(options: ServerOptions = {}) {
  const { now = () => Math.floor(Date.now() / 1000), log = () => {}, base = "", nameless = false } = options;
  const secret = options.jwtSecret ?? randomBytes(32).toString("hex");
  const store = openStore(options.folder);
  const desks = new Map<string, Desk>();
  const keys = new Set<string>();
  const hush = husher(keys);
  const formats = new Map<number, Format>();
  const requests: Entry[] = [];
  const events: { at: number; text: string }[] = [];
  let reachable = true;
  let asked = 0;

  function tell(told: string): void {
    const text = hush.text(told);
    remember(events, { at: now(), text });
    log(`${isoTime(now())} ${text}`);
  }

  const linesOf = (file: string) =>
    store.lines(file, () => tell(`The last line of ${file} was broken off, and is cut away`));

  /** Appends a line to a file, or throws a `Refusal`. */
  function append(file: string, line: object): void {
    try {
      store.append(file, line);
    } catch (error: any) {
      tell(`Nothing can be stored in ${file} (${error?.code})`);
      throw new Refusal(507, "It could not be stored, so it was not taken: send it again later.");
    }
  }

  // Units, formats, and what waits.

  /** Takes a unit in, or changes it: what it sent, and what waits for it, stays. Throws a `UnitsError`. */
  function add(given: Unit): void {
    const unit = checkUnit(given);
    const { serial, key } = unit;
    if (key) keys.add(key);
    const known = desks.get(serial);
    if (known) {
      known.unit = unit;
      return;
    }
    const desk: Desk = { unit, last: { time: 0, count: 0 }, waiting: NOTHING, records: [], rows: new Set() };
    for (const { at, request, waiting } of linesOf(fileName(serial))) {
      if (waiting) desk.waiting = waiting;
      if (request) take(desk, at, request);
    }
    desks.set(serial, desk);
  }

  function take(desk: Desk, at: number, request: Metrics): void {
    const { timestamp, request_count: count } = request;
    desk.last = { time: timestamp || desk.last.time, count: count || desk.last.count };
    desk.records.push({ at, request });
    for (const row of request.historical_data) desk.rows.add(rowKey(row));
  }

  function deskOf(serial: string): Desk {
    const desk = desks.get(serial);
    if (desk) return desk;
    throw new UnitsError(`There is no unit ${show(hush.text(serial))} here.`);
  }

  /** What waits for a unit, for its file. The key to another server's door stays in memory. */
  const waitingLine = ({ settings, ...rest }: Waiting) =>
    hush.value({ ...rest, ...(settings && { settings: { ...settings, jwt_key: undefined } }) });

  function change(serial: string, to: Partial<Waiting>): void {
    const desk = deskOf(serial);
    const waiting = { ...desk.waiting, ...to };
    append(fileName(serial), { at: now(), waiting: waitingLine(waiting) });
    desk.waiting = waiting;
    tell(`${Object.keys(to).join(", ")} changed for ${serial}`);
  }

  /** Settings or extra data over those that wait: a copy, and certainly JSON. */
  const over = (old: object | undefined, more: object) => plain(fromPlain({ ...old, ...more }));

  /** Registers a data format and returns its id; the same format has the same id. Throws a `FormError`. */
  function register(value: unknown): number {
    const format = hush.value(checkFormat(value));
    const text = JSON.stringify(format);
    for (const [id, known] of formats) if (JSON.stringify(known) === text) return id;
    const id = Math.max(0, ...formats.keys()) + 1;
    append(FORMATS, { at: now(), id, data_format: format });
    formats.set(id, format);
    return id;
  }

  // Requests.

  /** What the JSON web token in the header claims. Throws a `Refusal`. */
  function bearer(headers: Headers): { sub?: string } {
    const token = /^Bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1];
    const found = token === undefined ? "is missing" : readJwt(secret, token, now());
    if (typeof found !== "string") return found;
    const ask = { "www-authenticate": "Bearer" };
    throw new Refusal(401, `This needs a JSON web token in the header, and it ${found}.`, ask);
  }

  /** The data format that a request names or brings. */
  function formatOf(root: Map<string, Json>): { id?: number; inline?: boolean; format?: Format } {
    const brought = root.get("data_format") ?? null;
    const { text, value: id } = integer(root, "data_format_id");
    if (brought !== null && text) throw new Refusal(400, "There are both a data_format and a data_format_id.");
    if (brought !== null) return { inline: true, format: checkFormat(plain(brought)) };
    if (!text) return {};
    const format = formats.get(id);
    if (format) return { id, format };
    throw new Refusal(400, `The data format ${id} is not registered here: send it to ${base}/data_format.`);
  }

  /**
   * Takes one main object in and returns what is answered to it, and its accessories, which are not looked at. Throws a
   * `Refusal` or a `FormError`; nothing was taken then.
   */
  function accept(value: Json, headers: Headers, part: Part): { answer: Map<string, Json>; accessories: Json[] } {
    if (!(value instanceof Map)) throw new Refusal(400, "A request is an object.");
    const root = rootNames(value);
    const serial = root.get("serial_number");
    if (typeof serial === "string") part.serial = hush.text(serial).slice(0, 40);
    const signed = signedParts(root);
    const desk = desks.get(signed.serial);
    if (!desk) throw new Refusal(404, "No unit of this serial is known here.");
    const proof = verify(desk.unit, root.get("auth") ?? null, signed, () => bearer(headers), desk.last);

    if ((root.get("data") ?? root.get("historical_data") ?? null) === null)
      throw new Refusal(400, "There is neither data nor historical_data.");
    const accessories = root.get("accessories") ?? [];
    if (!Array.isArray(accessories)) throw new Refusal(400, "The accessories are no list.");
    const { format, inline, id } = formatOf(root);
    const at = now();
    const collected = integer(root, "data_collection_timestamp").value;
    const head = {
      serial_number: signed.serial,
      ...(signed.time && { timestamp: Number(signed.time) }),
      ...(signed.count && { request_count: Number(signed.count) }),
      ...(collected && { data_collection_timestamp: collected }),
    };
    const data = hush.value(expandData(plain(signed.data ?? []), format));
    const rows: Row[] = hush.value(expandRows(plain(signed.rows), timeOf(at, head), format));
    const fresh = rows.filter((row) => !desk.rows.has(rowKey(row)));

    const { said, waiting } = deliver(desk.unit, desk.waiting, data, at, tell);
    const formatId = inline ? register(format) : id;
    const request: Metrics = { ...head, ...(formatId && { data_format_id: formatId }), data, historical_data: fresh };
    const changed = waiting !== desk.waiting && { waiting: waitingLine(waiting) };
    append(fileName(signed.serial), { at, request, ...changed });
    take(desk, at, request);
    desk.waiting = waiting;
    Object.assign(part, proof, {
      expanded: { ...request, historical_data: rows },
      again: rows.length - fresh.length,
    });
    if (hasShortNames(signed.data))
      part.notes.push("short names inside an object of data are not understood by the published library");
    return { answer: sign(desk.unit, signed, said, value.has("sn")), accessories };
  }

  /** An answer with its auth; under short names where the request used them. */
  function sign({ key, padded }: Unit, signed: Signed, said: Said, condensed: boolean): Map<string, Json> {
    const empty = !key && Object.keys(said).length === 0;
    const all: { [name: string]: Json | undefined } = {
      serial_number: nameless || empty ? undefined : signed.serial,
      token_list: said.tkl,
      active_until_timestamp: said.auts,
      active_seconds_left: said.asl,
      settings: said.st,
      extra_data: said.ed,
      auth: key && answerAuth(key, signed, said, padded),
    };
    const answer = new Map<string, Json>();
    for (const [name, value] of Object.entries(all))
      if (value !== undefined) answer.set(condensed ? CONDENSED[name] : name, value);
    return answer;
  }

  // Routes.

  const postData: Handler = (entry, headers) => {
    const { answer: value, accessories } = accept(parse(entry, headers), headers, entry);
    // Each accessory stands for itself: one that is refused takes nothing from the others.
    for (const open = [...accessories]; open.length > 0; ) {
      const part: Part = { notes: [] };
      entry.accessories.push(part);
      try {
        open.push(...accept(open.shift()!, headers, part).accessories);
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof FormError)) throw error;
        part.reason = hush.text(error.message);
      }
    }
    entry.answer = plain(value);
    return { status: 201, value };
  };

  const postFormat: Handler = (entry, headers) => {
    if (options.jwtSecret) bearer(headers);
    entry.answer = { id: register(plain(parse(entry, headers))) };
    return { status: 201, value: fromPlain(entry.answer) };
  };

  const getData: Handler = (_entry, headers, query) => {
    const sub = options.jwtSecret ? bearer(headers).sub : undefined;
    const [from, to] = ["from_datetime", "to_datetime"].map((name) => readTime(name, query.get(name)));
    const serial = query.get("serial_number") ?? sub;
    if (sub !== undefined && serial !== sub) throw new Refusal(403, "The JSON web token is another unit's.");
    return { status: 200, value: fromPlain(read(from, to, serial), -DEEPEST) };
  };

  const getLog: Handler = (_entry, headers, query) => {
    if (options.jwtSecret && bearer(headers).sub !== undefined)
      throw new Refusal(403, "The JSON web token is a unit's.");
    const wanted = query.has("refused") ? requests.filter(refused) : requests;
    return { status: 200, value: fromPlain(wanted.map(summary)) };
  };

  const device = { POST: postData, GET: getData };
  const routes: { [path: string]: { [method: string]: Handler } } = {
    [`${base}/dd`]: device,
    [`${base}/device_data`]: device,
    [`${base}/data_format`]: { POST: postFormat },
    [`${base}/log`]: { GET: getLog },
  };

  function route(method: string, path: string): Handler {
    const paths = Object.keys(routes).join(", ");
    if (!Object.hasOwn(routes, path)) throw new Refusal(404, `There is nothing at this path, but at ${paths}.`);
    if (Object.hasOwn(routes[path], method)) return routes[path][method];
    const allow = Object.keys(routes[path]).join(", ");
    throw new Refusal(405, `This path takes ${allow} only.`, { allow });
  }

  /**
   * Answers one HTTP request, at once.
   * @param path with its query; `headers` by name, in any case; `body` the bytes
   * @returns undefined while the server is down: nobody answers then
   */
  function answer(method: string, path: string, headers: Headers, body: Uint8Array): Answer | undefined {
    if (!reachable) return undefined;
    const [name, query = ""] = path.split(/\?(.*)/s);
    const named = Object.fromEntries(Object.entries(headers).map(([header, text]) => [header.toLowerCase(), text]));
    const entry: Entry = {
      n: ++asked,
      at: now(),
      method: /^[A-Z]{1,10}$/.test(method) ? method : "?",
      path: hush.text(name.replace(/[^!-~]/g, "?")).slice(0, 80),
      encoding: "json",
      raw: body,
      status: 0,
      told: new Uint8Array(),
      accessories: [],
      notes: [],
    };
    let value: Json;
    let extra: Headers = {};
    try {
      ({ status: entry.status, value } = route(method, name)(entry, named, new URLSearchParams(query)));
    } catch (error: any) {
      const fault = !(error instanceof Refusal || error instanceof FormError);
      if (fault) tell(`A fault of this server: ${error?.stack}`);
      entry.status = error instanceof Refusal ? error.status : fault ? 500 : 400;
      entry.reason = fault ? "This is a fault of the server." : hush.text(error.message);
      if (error instanceof Refusal) extra = error.headers;
      value = fromPlain({ error: entry.reason });
    }
    const cbor = entry.encoding === "cbor";
    entry.told = cbor ? writeCbor(value) : Buffer.from(written(value), "latin1");
    remember(requests, entry);
    log(hush.text(line(entry)), entry);
    if (refused(entry)) keep(entry);
    return {
      status: entry.status,
      headers: { "content-type": cbor ? "application/cbor" : "application/json", ...extra },
      body: entry.told,
    };
  }

  function keep(entry: Entry): void {
    try {
      append(REFUSED, summary(entry));
    } catch {
      // It is in memory, and what cannot be stored was said.
    }
  }

  /** What was accepted from `from` on and before `to`, Unix seconds, oldest first: one request in the simple form for each that came. */
  function read(from = -Infinity, to = Infinity, serial?: string) {
    const inside = (time: number) => time >= from && time < to;
    const chosen = [...desks.values()].filter(({ unit }) => serial === undefined || unit.serial === serial);
    return chosen
      .flatMap(({ records }) => records)
      .map(({ at, request: { data_format_id: id, data, historical_data: rows, ...head } }) => {
        const timestamp = timeOf(at, head);
        return {
          ...head,
          timestamp,
          ...(id !== undefined && { data_format: formats.get(id) }),
          ...(inside(timestamp) && { data }),
          historical_data: rows.filter((row) => inside(row.timestamp)),
        };
      })
      .filter(({ data, historical_data: rows }) => data || rows.length > 0)
      .sort((a, b) => a.timestamp - b.timestamp);
  }

  // HTTP.

  const app = new Hono<{ Bindings: Partial<HttpBindings> }>();
  app.all("*", async ({ req: { raw }, env }) => {
    const { pathname, search } = new URL(raw.url);
    const body = await bodyOf(raw).catch(() => undefined);
    const found = body && answer(raw.method, pathname + search, Object.fromEntries(raw.headers), body);
    if (found) return new Response(Buffer.from(found.body), found);
    env?.incoming?.socket.destroy();
    return new Response(null, { status: 503 });
  });

  let listener: Listener | undefined;

  for (const { id, data_format } of linesOf(FORMATS)) formats.set(id, data_format);
  for (const [id, format] of Object.entries(options.formats ?? {})) formats.set(Number(id), checkFormat(format));
  linesOf(REFUSED);
  for (const unit of options.units ?? []) add(unit);

  return {
    /** The Hono app, to mount elsewhere. */
    app,
    answer,
    /** The same for a fetch request. It fails while the server is down, as a connection would. */
    async handle(request: Request): Promise<Response> {
      if (!reachable) throw new Error("The server is down");
      return app.fetch(request);
    },
    /** Binds a port (0: any) and returns the base URL. Only this computer reaches it, unless another host is given. */
    listen(port = 0, host = "127.0.0.1"): Promise<string> {
      const server = createAdaptorServer({ fetch: app.fetch, hostname: host }) as Listener;
      server.on("connection", (socket: Socket) => {
        if (!reachable) socket.destroy();
      });
      listener = server;
      return new Promise((done, failed) => {
        server.once("error", failed);
        server.listen(port, host, () => {
          const bound = (server.address() as AddressInfo).port;
          done(`http://${host.includes(":") ? `[${host}]` : host}:${bound}${base}`);
        });
      });
    },
    /** Ends listening, and breaks off what is connected. */
    close(): Promise<void> {
      return new Promise((done) => {
        if (!listener) return done();
        listener.close(() => done());
        listener.closeAllConnections();
        listener = undefined;
      });
    },
    /** From now on nobody answers, and what is connected is broken off. */
    down(): void {
      reachable = false;
      listener?.closeAllConnections();
      tell("The server is down");
    },
    up(): void {
      reachable = true;
      tell("The server is up");
    },

    add,
    register,
    /** Whether anybody answers. */
    get reachable(): boolean {
      return reachable;
    },
    /** The serials of the units it knows. */
    get serials(): string[] {
      return [...desks.keys()];
    },
    /** Tokens for a unit, as digits or as what is to be made. Throws a `UnitsError` or a `TokenError`. */
    tokens(serial: string, ...tokens: (string | Wish)[]): void {
      const { unit, waiting } = deskOf(serial);
      change(serial, { tokens: queue(unit, waiting, tokens) });
    },
    /** Settings for the answer to the next request, over those that wait already. Throws a `UnitsError` or a `FormError`. */
    settings(serial: string, settings: object): void {
      change(serial, { settings: over(deskOf(serial).waiting.settings, settings) });
    },
    /** Extra data for the answer to the next request, over what waits already. Throws a `UnitsError` or a `FormError`. */
    extra(serial: string, extra: object): void {
      change(serial, { extra: over(deskOf(serial).waiting.extra, extra) });
    },
    /** When the unit's credit ends, Unix seconds: told to every request that asks. 0: not told. Throws a `UnitsError`. */
    until(serial: string, time: number): void {
      if (!Number.isSafeInteger(time) || time < 0) throw new UnitsError("The end of the credit is no Unix time.");
      change(serial, { until: time });
    },
    /** What waits for a unit. Throws a `UnitsError`. */
    waiting: (serial: string): Waiting => deskOf(serial).waiting,
    /** What is known of a unit, its key included. Throws a `UnitsError`. */
    unit: (serial: string): Readonly<Unit> => deskOf(serial).unit,
    /** A token for a unit that is at `count`, and the token's own count. Throws a `UnitsError` or a `TokenError`. */
    make: (serial: string, wish: Wish, count: number) => makeToken(deskOf(serial).unit, count, wish),
    /** How the auth of a request comes about, by the key of its unit; undefined where it has none that is known. */
    chain(entry: Entry): Link[] | undefined {
      try {
        const value =
          entry.encoding === "cbor" ? readCbor(entry.raw) : readJson(Buffer.from(entry.raw).toString("utf8"));
        const root = rootNames(value as Map<string, Json>);
        const signed = signedParts(root);
        const method = METHODS.find((known) => String(root.get("auth")).startsWith(known));
        const { key, padded } = desks.get(signed.serial)?.unit ?? {};
        return method && key ? links(method, key, signed, { padded }) : undefined;
      } catch (_) {
        return undefined;
      }
    },
    /** A JSON web token for a unit, or without a serial for reading everything; with `seconds`, for so long. */
    jwt: (serial?: string, seconds?: number): string =>
      makeJwt(secret, { sub: serial, iat: now(), exp: seconds === undefined ? undefined : now() + seconds }),
    read,
    /** The last requests, oldest first. */
    requests: requests as readonly Entry[],
    /** The last things that happened to the server, oldest first. */
    events: events as readonly { at: number; text: string }[],
  };
}
