/**
 * What the bytes of a board's memories are, by docs/store.md and docs/metrics.md. Written from these, not from the firmware:
 * what does not fit shows.
 */
import { crc32 } from "../../build/crc";
import type { Made } from "./frame";

/** Bytes of a record of a journal, and of the journal: two pages. */
export const SLOT = 64;
const JOURNAL = 8192;
const TABLE = 16384;

/** A named piece of a record; `secret` is not shown. */
export interface Field {
  at: number;
  length: number;
  name: string;
  kind?: "time" | "number" | "text" | "secret" | "bits";
}

const f = (at: number, length: number, name: string, kind?: Field["kind"]): Field => ({ at, length, name, kind });

const HEAD = [f(0, 4, "number", "number"), f(4, 1, "type", "number")];
const TAIL = [f(60, 4, "CRC-32")];

export type Kind = "unit" | "paid" | "time" | "server" | "access" | "product" | "rows" | "table" | "torn" | "blank";

/** What a record is; its name, if the kind's does not say it; its fields, whose places are counted from the payload's first byte. */
interface Payload {
  kind: Kind;
  name?: string;
  fields: Field[];
}

/** The types that hold the texts of a server: ten for each of two, in which they go on from one record to the next. */
const SERVERS = 5;
const PIECES = 10;
const ACCESS = 25;

const access: Payload = {
  kind: "access",
  name: "access to the network",
  fields: [f(0, 1, "generation", "number"), f(1, 54, "APN, user, password, PIN", "secret")],
};

/** The other types. */
const PAYLOADS: { [type: number]: Payload } = {
  1: {
    kind: "unit",
    fields: [
      f(0, 16, "key", "secret"),
      f(16, 4, "starting code", "number"),
      f(20, 1, "time divider", "number"),
      f(21, 1, "restricted", "number"),
      f(22, 33, "serial", "text"),
    ],
  },
  2: {
    kind: "paid",
    fields: [
      f(0, 4, "active until", "time"),
      f(4, 4, "entry closed until", "time"),
      f(8, 2, "count", "number"),
      f(10, 1, "unlocked", "number"),
      f(11, 1, "wrong tokens running", "number"),
      f(12, 16, "used counts", "bits"),
      f(28, 4, "time of the record", "time"),
      f(32, 4, "test code", "secret"),
      f(36, 16, "where a decode may start"),
    ],
  },
  3: {
    kind: "time",
    fields: [
      f(0, 4, "time", "time"),
      f(4, 2, "restarts", "number"),
      f(6, 2, "failures", "number"),
      f(8, 2, "clock lost", "number"),
      f(10, 2, "memory replaced", "number"),
      f(12, 2, "by-pass", "number"),
      f(14, 2, "dead output", "number"),
      f(16, 1, "short starts running", "number"),
      f(17, 1, "test codes in the hour", "number"),
      f(18, 4, "that hour", "number"),
      f(22, 4, "requests", "number"),
      f(26, 4, "outstanding request", "time"),
      f(30, 4, "oldest row", "number"),
      f(34, 2, "rows in the request", "number"),
      f(36, 2, "all rows", "number"),
      f(38, 1, "failed sessions", "number"),
      f(39, 4, "next session", "time"),
      f(43, 2, "kilobytes this month", "number"),
      f(45, 1, "month", "number"),
      f(46, 1, "time is unsure", "number"),
      f(47, 8, "MAC"),
    ],
  },
  4: {
    kind: "server",
    name: "server in use",
    fields: [f(0, 1, "its place, 0 is the factory's", "number"), f(1, 1, "place before it + 1, on trial", "number")],
  },
  [ACCESS]: access,
  [ACCESS + 1]: access,
  [ACCESS + 2]: access,
  28: { kind: "access", name: "sent PINs", fields: [f(0, 4, "mark of the certificate"), f(4, 51, "PINs", "secret")] },
  29: { kind: "product", fields: [f(0, 55, "what its own code keeps")] },
};

/** What a record of a type is; undefined if no table names it. */
function payloadOf(type: number, bytes: Uint8Array): Payload | undefined {
  if (type < SERVERS || type >= ACCESS) return PAYLOADS[type];
  const [place, piece] = [Math.floor((type - SERVERS) / PIECES) + 1, (type - SERVERS) % PIECES];
  const name = `server ${place}`;
  // A line each for address and data format; behind them is a key, which may be anywhere in the pieces after the first.
  const [, open] = /^([^\n]*\n[^\n]*)\n/.exec(String.fromCharCode(...bytes)) ?? [];
  const shown = piece ? 0 : (open?.length ?? bytes.length);
  const fields = [
    f(0, shown, "address, data format", "text"),
    f(shown, bytes.length - shown, "more, or key", "secret"),
  ];
  return { kind: "server", name, fields: fields.filter(({ length }) => length) };
}

/** What is in one slot of a memory. */
export interface Slot {
  at: number;
  kind: Kind;
  /** In words, as "paid, record 12". */
  title: string;
  number?: number;
  /** The newest whole record of its type. */
  newest?: boolean;
  fields: Field[];
}

const blank = (bytes: Uint8Array) => bytes.every((byte) => byte === 0xff);

/** Cuts a memory of the board into slots, and names what is in each. */
export function slots(made: Made, part: string, image: Uint8Array): Slot[] {
  const { table } = made.settings;
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const inTable = (at: number) =>
    table && (table.flash === 1) === (part === "flash") && at >= table.position && at < table.position + TABLE;
  const { store } = made;
  const inStore = (at: number) =>
    store && part === "memory" && at >= store.position && at < store.position + store.bytes;
  const newest = new Map<number, Slot>();
  const found = Array.from({ length: image.length / SLOT }, (_, i): Slot => {
    const at = i * SLOT;
    const bytes = image.subarray(at, at + SLOT);
    if (blank(bytes)) return { at, kind: "blank", title: "erased", fields: [] };
    if (inTable(at)) return { at, kind: "table", title: "table of codes, eight cells", fields: cells() };
    if (inStore(at)) {
      const number = view.getUint32(at, true);
      return {
        at,
        kind: "rows",
        title: `measurements, newest row ${number}`,
        number,
        fields: [f(0, 4, "newest row", "number"), f(4, 56, "rows"), f(60, 4, "check")],
      };
    }
    if (at >= JOURNAL) return { at, kind: "torn", title: "bytes that nobody names", fields: [] };
    if (view.getUint32(at + 60, true) !== crc32(bytes.subarray(0, 60)))
      return { at, kind: "torn", title: "torn by a power cut: its CRC does not fit", fields: [] };
    const number = view.getUint32(at, true);
    const type = bytes[4];
    const {
      kind,
      name = kind,
      fields,
    }: Payload = payloadOf(type, bytes.subarray(5, 60)) ?? {
      kind: "torn",
      name: `type ${type}, which nobody names`,
      fields: [],
    };
    const payload = fields.map((field) => ({ ...field, at: field.at + 5 }));
    const slot: Slot = { at, kind, title: `${name}, record ${number}`, number, fields: [...HEAD, ...payload, ...TAIL] };
    const before = newest.get(type);
    if (!before || number > before.number!) newest.set(type, slot);
    return slot;
  });
  for (const slot of newest.values()) slot.newest = true;
  return found;
}

const cells = () => Array.from({ length: 8 }, (_, i) => [f(i * 8, 4, `word ${i + 1}`), f(i * 8 + 4, 4, "MAC")]).flat();

/** What a field says, for a person. */
export function read(field: Field, bytes: Uint8Array): string {
  const piece = bytes.subarray(field.at, field.at + field.length);
  const number = () => piece.reduceRight((sum, byte) => sum * 256 + byte, 0);
  switch (field.kind) {
    case "number":
      return String(number());
    case "time": {
      const time = number();
      return time ? new Date(time * 1000).toISOString().replace("T", " ").replace(".000Z", "") : "never";
    }
    case "text": {
      const end = piece.indexOf(0);
      return JSON.stringify(String.fromCharCode(...piece.subarray(0, end < 0 ? undefined : end)));
    }
    case "bits":
      return [...piece].map((byte) => byte.toString(2).padStart(8, "0")).join(" ");
    case "secret":
      return "not shown";
    default:
      return [...piece].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
}
