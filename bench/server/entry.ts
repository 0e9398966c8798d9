/** What became of requests, as objects and in words. */
import type { Row } from "./expand";
import { show } from "./json";
import type { Method } from "./sign";

/** A device's request in the simple form. */
export interface Metrics {
  serial_number: string;
  timestamp?: number;
  request_count?: number;
  data_collection_timestamp?: number;
  data_format_id?: number;
  data: { [variable: string]: unknown };
  historical_data: Row[];
}

/** What became of a request, or of an accessory in one. */
export interface Part {
  /** As the request names it, whether known or not; at most 40 characters. */
  serial?: string;
  /** How it proved where it comes from. */
  auth?: Method | "jwt";
  /** Why it was refused, one sentence. Undefined: accepted. */
  reason?: string;
  /** What it said, with a time for every row, once it was accepted. */
  expanded?: Metrics;
  /** Rows in it that had been accepted before, and were not stored again. */
  again?: number;
  /** Accepted here, and still another server may not understand it: why. */
  notes: string[];
}

export interface Entry extends Part {
  /** From 1 on. */
  n: number;
  /** Unix seconds. */
  at: number;
  method: string;
  /** Without the query. */
  path: string;
  encoding: "json" | "cbor";
  /** The body as it came. */
  raw: Uint8Array;
  /** HTTP status of the answer. */
  status: number;
  /** What is answered, as an object, and the body as it went. */
  answer?: any;
  told: Uint8Array;
  accessories: Part[];
}

/** Whether a request, or a part of it, was refused. */
export const refused = ({ reason, accessories }: Entry) =>
  reason !== undefined || accessories.some((part) => part.reason !== undefined);

export const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000", "");

const rows = ({ expanded }: Part) => expanded?.historical_data.length;

/** An entry without what was sent and answered, for lists and files. */
export function summary(entry: Entry) {
  const { at, method, path, status, accessories } = entry;
  const told = (part: Part) => {
    const { serial, auth, reason, again, notes } = part;
    return { serial, auth, reason, rows: rows(part), again, notes: notes.length ? notes : undefined };
  };
  return {
    at,
    method,
    path,
    status,
    ...told(entry),
    accessories: accessories.length ? accessories.map(told) : undefined,
  };
}

/** An entry in one line: when, status, what, from whom, and what became of it. */
export function line(entry: Entry): string {
  const { at, method, path, status, serial, auth, reason, again, notes, accessories, raw, encoding, answer } = entry;
  const about: string[] = [];
  if (entry.expanded) {
    about.push(`${auth}, ${raw.length} B of ${encoding}, ${rows(entry)} rows`);
    if (again) about.push(`${again} of them again`);
    const said = Object.keys(answer ?? {}).filter((name) => !["sn", "serial_number", "a", "auth"].includes(name));
    if (said.length) about.push(`answered ${said.join(", ")}`);
  }
  if (reason) about.push(reason);
  about.push(...notes);
  for (const part of accessories)
    about.push(
      `accessory ${show(part.serial ?? "")} ${part.reason ? `refused: ${part.reason}` : `accepted, ${rows(part)} rows`}`,
    );
  const who = serial === undefined ? [] : [show(serial).slice(1, -1)];
  return [isoTime(at), status, method, path, ...who].join(" ") + (about.length ? `: ${about.join("; ")}` : "");
}
