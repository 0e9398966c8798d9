/**
 * A request of OpenPAYGO Metrics (v1.0.0-rc1), of any length in the memory of one row. Its rows are read twice: `step`
 * hashes them and counts bytes, `read` gives the body. Both work in slices, each about as long as a hash of eight bytes.
 * What is called when, and what is stored in between: docs/reporting.md.
 */
import { high, low } from "../token/siphash";
import type { ServerSection } from "./format";
import { type Sum, sum } from "./sum.overlay";
import type { Terms } from "./terms";
import { ARRAY, cborValue, type Format, head, SHORT_CBOR, SHORT_JSON, type Value, writeList } from "./values";

/** Whether a board sends CBOR, the simple form, decimals, and objects by index where they are shorter. */
declare const CBOR: boolean;
declare const SIMPLE: boolean;
declare const DECIMALS: boolean;
declare const INDEXED: boolean;
/** Whether it signs every request with `ra`, and whether with leading zeros. */
declare const RA: boolean;
declare const PADDED: boolean;
/** Whether a request may need its data format, and whether its rows may be more than fit into one. */
declare const FORMATS: boolean;
declare const SPLITS: boolean;
/** Whether it has a transport of its own, and a product's own code. */
declare const TRANSPORT: boolean;
declare const PRODUCT: boolean;

/** What is asked. */
export interface Ask extends Terms {
  /**
   * Where it goes, how it is signed and written. What brings a data format or accessories along, which are JSON texts, or
   * decimals, is JSON whatever the encoding.
   */
  server: ServerSection;
  /** The data format, JSON text in pieces from 0 on, "" behind its end; its historical_data_order ends with relative_time. */
  format: (piece: number) => string;
  /** The format's historical_data_interval, seconds: negative for newest rows first; 0: it has none. */
  interval: number;
  /** Values as in the format's data_order, undefined for none; those at its end are taken out. */
  data: Value[];
  /**
   * Values of a row; the rows, from `first` to before `next`; and what reads one, as an array made for it: [time, value, …],
   * or undefined if it is lost. A letter may be kept without it.
   */
  columns: number;
  first: number;
  next: number;
  row?: (number: number) => Value[] | undefined;
  /** Requests of other devices, JSON texts with serial, format and auth of their own. */
  accessories: string[];
  /** Most bytes of a body: 4194304 (4096 KB), or less where a modem asks for that. */
  most: number;
  /** Writes the values of rows, where a server needs decimals: see decimal.ts. Without it they are integers. */
  write?: Format;
}

/** What is kept of a request until its body is written: where it goes, and what came out of the first pass. */
export interface Letter {
  asked: Ask;
  registers: boolean;
  /** As in a `Post`; size 0 if the memory did not answer. */
  url: string;
  type: string;
  authorization: string;
  size: number;
  hash: string;
  rows: number;
  members: number;
}

/** A request, for as long as somebody holds it. */
export interface Report {
  /**
   * Its rows end before this one: `next`, or less where more would not fit. To be stored, with timestamp and count, before
   * the first byte goes out.
   */
  offered: number;
  /** One slice of what comes before the first byte; true when there is none left. */
  step: () => boolean;
  /**
   * The next piece of the body: 1 to 64 characters of 0 to 255, "" at its end. When rows are lost on the way, the end
   * comes early: then the request is not to be finished.
   */
  read: () => string;
  /** The request for a transport, once `step` was true; only where the board has one. */
  letter: () => Letter;
}

/** Passes: over what is signed, where the bytes of rows are counted on the way; over the rest, to count it; over the body. */
const SIGNS = 0;
const COUNTS = 1;
const WRITES = 2;

/** Phases of the first pass, and one of the others. */
const SIGNS_ROWS = 4;
const SIGNED = 5;
const ROWS = 3;

/** What is asked, and whether in CBOR. */
let asked: Ask;
let cbor = false;

/** Names in the simple form, and the data as JSON, "" for none. */
let dataNames: string[] | undefined;
let rowNames: string[] | undefined;
let dataText = "";

/** Where it is: the pass, the phase in it, rows still to read, rows read, time of the last, bytes of its parts so far. */
let pass = SIGNS;
let phase = 0;
let left = 0;
let seen = 0;
let last = 0;
let sent = 0;

/** The body: where its rows end, its bytes, rows, and members of its object. */
let offered = 0;
let size = 0;
let rows = 0;
let members = 0;

/** What was hashed; whether this is a registration. */
let hash = "";
let registering = false;

/** The row that is written next: read, and not yet a text, as both takes two slices. */
let ahead: Value[] | undefined;

/** The part that is being written, from `at` on. */
let out = "";
let at = 0;

/** The memory did not answer, or rows are not what they were. */
let broken = false;

/** Goes to where a pass with so many rows begins. */
function rewind(to: number, count: number): void {
  pass = to;
  phase = 0;
  left = count;
  seen = 0;
  ahead = undefined;
  last = asked.now;
  sent = 0;
}

/** Reads the next row; undefined when it is lost. */
function nextRow(): Value[] | undefined {
  let values: Value[] | undefined;
  left--;
  try {
    values = asked.row!(asked.interval < 0 ? asked.first + left : offered - left - 1);
  } catch (_) {
    broken = true;
    size = 0;
  }
  if (values) {
    const time = values.shift() as number;
    if (SIMPLE && rowNames) values[asked.columns] = time;
    // Without an interval, nothing equals NaN.
    else if (time - last !== (seen ? asked.interval || NaN : 0)) values[asked.columns] = time - last;
    last = time;
    seen++;
  }
  return values;
}

/** A row as JSON or CBOR: both have the shape that is shorter in the body. */
function rowText(values: Value[], asCbor: boolean): string {
  return writeList(values, asCbor, rowNames, cbor ? SHORT_CBOR : SHORT_JSON, DECIMALS ? asked.write : undefined);
}

/** Members' names in the simple form, by those of the condensed one. */
const LONG: { [short: string]: string } = {
  "sn": "serial_number",
  "ts": "timestamp",
  "rc": "request_count",
  "df": "data_format_id",
  "dfo": "data_format",
  "d": "data",
  "hd": "historical_data",
  "acc": "accessories",
  "a": "auth",
};

/** A member of the request's object, or its name alone. */
function member(short: string, value?: Value): string {
  const name = SIMPLE && asked.server.simple ? LONG[short] : short;
  if (CBOR && pass < WRITES) members++;
  if (CBOR && cbor) return cborValue(name) + (value ? cborValue(value) : "");
  return ',"' + name + '":' + (value ? JSON.stringify(value) : "");
}

/** The next part of the body. Undefined behind its end; and before it, when rows are not what they were. */
function part(): string | undefined {
  const id = asked.server.data_format_id;
  let text = "";
  if (TRANSPORT && FORMATS && registering) return asked.format(seen++) || undefined;
  if (ahead) {
    text = rowText(ahead, cbor);
    ahead = undefined;
  } else if (phase === ROWS && left) {
    ahead = nextRow();
    if (ahead && !cbor) text = seen > 1 ? "," : "[";
  } else
    switch (phase++) {
      case 0:
        text = member("sn", asked.unit.serial);
        if (asked.timestamp) text += member("ts", asked.timestamp);
        if (asked.count) text += member("rc", asked.count);
        text += FORMATS && !id ? member("dfo") : member("df", id);
        text = CBOR && cbor ? head(0xa0, members) + text : "{" + text.substr(1);
        break;
      case 1:
        if (FORMATS && !id) text = asked.format(seen++);
        if (text) phase--;
        else seen = 0;
        break;
      case 2:
        if (dataText)
          text = member("d") + (CBOR && cbor ? writeList(asked.data, true, dataNames, ARRAY, undefined) : dataText);
        if (rows) text += member("hd") + (CBOR && cbor ? head(0x80, rows) : pass === WRITES ? "" : "[");
        break;
      case ROWS:
        if (rows && !cbor) text = "]";
        broken = pass === WRITES && seen !== rows;
        seen = 0;
        break;
      case 4:
        if (PRODUCT && seen < asked.accessories.length) {
          text = (seen ? "," : member("acc") + "[") + asked.accessories[seen++];
          phase--;
        } else if (PRODUCT && seen) text = "]";
        break;
      case 5:
        if (hash) text = member("a", asked.server.auth + hash);
        if (!cbor) text += "}";
        // Where a size was announced, nothing else than that may come.
        if (TRANSPORT && pass === WRITES && sent + text.length !== size) broken = true;
        break;
      default:
        return undefined;
    }
  if (TRANSPORT) sent += text.length;
  return broken ? undefined : text;
}

function read(): string {
  while (at >= out.length) {
    const text = part();
    if (text === undefined) return "";
    out = text;
    at = 0;
  }
  at += 64;
  return out.substr(at - 64, 64);
}

/**
 * What is done before the first byte, in slices: the hash, where bytes of rows are counted on the way, and the count of the
 * rest. What is made in here is gone from memory while the body is written.
 */
function signing(): () => boolean {
  // The row that is signed, and whether its bytes were counted; the hash under way, and whether its text ends with what it has.
  let row: Value[] | undefined;
  let counted = false;
  let hashing: Sum | undefined;
  let whole = false;

  /** The next text that the auth covers, "" for none; counts the bytes of rows. */
  const signed = (): string => {
    const auth = asked.server.auth;
    const full = auth === "da" || auth === "ra";
    if (phase === SIGNS_ROWS && (left || row)) {
      const comma = seen > 1 ? "," : "";
      let text = "";
      // A slice reads the row, one counts its bytes in CBOR, one writes it.
      if (!row) row = nextRow();
      else if (CBOR && cbor && !counted) {
        counted = true;
        size += rowText(row, true).length;
      } else {
        text = rowText(row, false);
        if (TRANSPORT && !counted) size += (comma + text).length;
        if (!RA && auth !== "ra") text = full ? (comma || "[") + text : "";
        counted = false;
        row = undefined;
      }
      return text;
    }
    const texts = RA
      ? [asked.unit.serial, asked.timestamp, asked.count, dataText || "[]"]
      : [
          asked.unit.serial,
          (full || auth === "ta") && asked.timestamp,
          (full || auth === "ca") && asked.count,
          full && (dataText || (auth === "ra" && "[]")),
          auth === "da" && seen && "]",
        ];
    return "" + (texts[phase++] || "");
  };

  return () => {
    if (broken || pass === WRITES) return true;
    if (hashing && hashing.take()) return false;
    if (hashing && whole) {
      hashing.end();
      hash = "0000000" + (high >>> 0).toString(16) + ("0000000" + (low >>> 0).toString(16)).substr(-8);
      hash = PADDED && asked.server.padded ? hash.substr(-16) : hash.replace(/^0+/, "");
      hashing = undefined;
    } else if (TRANSPORT && pass === COUNTS) {
      const text = part();
      if (text === undefined) rewind(WRITES, offered - asked.first);
      else size += text.length;
    } else if (phase === SIGNED) {
      rows = seen;
      if (TRANSPORT) rewind(COUNTS, 0);
      else rewind(WRITES, offered - asked.first);
    } else {
      const text = signed();
      whole = RA || asked.server.auth === "ra" || phase === SIGNED;
      if (text && (RA || asked.server.auth !== "jwt")) {
        if (hashing) hashing.add(text);
        else hashing = sum(asked.unit.key, hash + text);
      }
    }
    return pass === WRITES;
  };
}

/** Begins, with all its rows (`whole`: an earlier one saw that they fit); the texts that this needs are gone from memory afterwards. */
function begin(registers: boolean, whole: boolean): void {
  const server = asked.server;
  const simple = SIMPLE && server.simple;
  let format = "";
  registering = registers;
  size = rows = members = at = 0;
  broken = false;
  hash = out = "";
  dataNames = rowNames = undefined;
  if (FORMATS && (registers || simple || !(whole || server.data_format_id)))
    for (let i = 0, piece = ""; (piece = asked.format(i)); i++) {
      if (SIMPLE && simple) format += piece;
      size += piece.length;
    }
  if (SIMPLE && simple) {
    const names = JSON.parse(format);
    dataNames = names["data_order"];
    rowNames = names["historical_data_order"] as string[];
    rowNames[asked.columns] = "timestamp";
  }
  dataText = writeList(asked.data, false, dataNames, ARRAY, undefined);
  offered = asked.next;
  if (SPLITS && !whole) {
    // The longest value with its index is "12":-9007199254740991, and no name is longer than the format.
    const room = asked.most - 512 - dataText.length - size - asked.accessories.join(",").length;
    const most = room / (24 * (asked.columns + 2) + (simple ? size : 0));
    offered = Math.min(offered, asked.first + Math.max(0, Math.floor(most)));
  }
  if (dataText.length < 3) dataText = "";
  cbor =
    CBOR &&
    server.encoding === "cbor" &&
    server.data_format_id > 0 &&
    !asked.accessories.length &&
    !asked.write &&
    !registers;
  rewind(registers ? WRITES : SIGNS, offered - asked.first);
  if (!registers) size = 0;
}

/**
 * Begins a request. `registers` makes it a data format's registration, which needs no `step`; its answer is judged by
 * terms without timestamp and count. With the letter of an earlier one that asked the same, `known`, only its body is
 * written, and no `step` is needed either.
 */
export function report(request: Ask, registers: boolean, known?: Letter): Report {
  const made = { read } as Report;
  asked = request;
  begin(registers, !!(TRANSPORT && known));
  made.offered = offered;
  if (TRANSPORT && known) {
    size = known.size;
    hash = known.hash;
    rows = known.rows;
    members = known.members;
    pass = WRITES;
  } else {
    made.step = signing();
    if (TRANSPORT)
      made.letter = () => {
        const server = asked.server;
        const route = registers ? "/data_format" : SIMPLE && server.simple ? "/device_data" : "/dd";
        return {
          asked,
          registers,
          url: server.base_url + route,
          type: "application/" + (cbor ? "cbor" : "json"),
          authorization: server.jwt_key && (registers || server.auth === "jwt") ? "Bearer " + server.jwt_key : "",
          size,
          hash,
          rows,
          members,
        };
      };
  }
  return made;
}
