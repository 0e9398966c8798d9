/** From a request as it came, condensed or not, to the simple form: full names, no indexes, every row with its own time. */
import { FormError, show } from "./json";

/** Long names by their short ones at the root of a request. `dtc` is what the published library writes for `dct`. */
const SHORT: { [short: string]: string } = {
  sn: "serial_number",
  ts: "timestamp",
  a: "auth",
  rc: "request_count",
  dct: "data_collection_timestamp",
  dtc: "data_collection_timestamp",
  df: "data_format_id",
  dfo: "data_format",
  d: "data",
  hd: "historical_data",
  acc: "accessories",
};
const SHORT_DATA: { [short: string]: string } = {
  tc: "token_count",
  autsr: "active_until_timestamp_requested",
  aslr: "active_seconds_left_requested",
};

const TYPES = ["text", "integer", "float", "bool", "gps"];
const AGGREGATIONS = ["average", "latest", "sum", "min", "max"];
const INDEX = /^\d+$/;

/** A description of data as it was registered; the orders are lists. */
export interface Format {
  data_order?: string[];
  historical_data_order?: string[];
  /** Seconds from a row to the next; negative: newest first. */
  historical_data_interval?: number;
  variables?: { [name: string]: { name: string; [property: string]: unknown } };
}

export interface Row {
  timestamp: number;
  [variable: string]: unknown;
}

function need(ok: boolean, message: string): asserts ok {
  if (!ok) throw new FormError(message);
}

export const isObject = (value: unknown): value is { [name: string]: any } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object's entries under their full names. */
function named<T>(entries: Iterable<[string, T]>, short: { [short: string]: string }): Map<string, T> {
  const full = new Map<string, T>();
  for (const [key, value] of entries) {
    const name = Object.hasOwn(short, key) ? short[key] : key;
    need(!full.has(name), `The name ${show(name)} stands twice, long and short.`);
    full.set(name, value);
  }
  return full;
}

/** Whether an object of data has a short name in it. */
export const hasShortNames = (data: unknown): boolean =>
  data instanceof Map && Object.keys(SHORT_DATA).some((name) => data.has(name));

/** The root of a request under its full names. */
export const rootNames = <T>(root: Map<string, T>) => named(root, SHORT);

function order(value: unknown, what: string): string[] | undefined {
  if (value === undefined) return undefined;
  // The specification's text calls an order an object of positions, its examples are lists.
  const list = isObject(value)
    ? Object.entries(value)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([key, name]) => (INDEX.test(key) ? name : undefined))
    : value;
  need(Array.isArray(list) && list.every((name) => typeof name === "string"), `The ${what} is no list of names.`);
  for (const [at, name] of list.entries()) {
    need(!INDEX.test(name), `The ${what} names a variable ${show(name)}, which would be taken for an index.`);
    need(list.indexOf(name) === at, `The ${what} names ${show(name)} twice.`);
  }
  return list;
}

/** Checks a data format and returns it with its orders as lists. Throws a `FormError`. */
export function checkFormat(value: unknown): Format {
  need(isObject(value), "The data format is no object.");
  const format = { ...value };
  for (const what of ["data_order", "historical_data_order"]) {
    format[what] = order(value[what], what);
    if (format[what] === undefined) delete format[what];
  }
  const { historical_data_interval: interval, variables } = value;
  need(
    interval === undefined || (Number.isSafeInteger(interval) && interval !== 0),
    "The historical_data_interval is not a whole number of seconds other than 0.",
  );
  need(variables === undefined || isObject(variables), "The variables of the data format are no object.");
  for (const [key, variable] of Object.entries<any>(variables ?? {})) {
    const what = `The variable ${show(key)}`;
    need(!INDEX.test(key), `${what} would be taken for an index.`);
    need(isObject(variable) && typeof variable.name === "string", `${what} has no name.`);
    const { type, unit, description, scale_factor: scale, aggregation_method: aggregation } = variable;
    need(type === undefined || TYPES.includes(type), `${what} has a type that is none of ${TYPES.join(", ")}.`);
    for (const text of [unit, description])
      need(text === undefined || typeof text === "string", `${what} has a unit or description that is no text.`);
    need(
      scale === undefined || (typeof scale === "number" && scale !== 0),
      `${what} has a scale_factor that is no number.`,
    );
    need(
      aggregation === undefined || AGGREGATIONS.includes(aggregation),
      `${what} has an aggregation_method that is none of ${AGGREGATIONS.join(", ")}.`,
    );
  }
  return format;
}

/** A list or object of values by variable; null is no value. */
function values(value: unknown, names: string[] | undefined, what: string, short = {}): Map<string, unknown> {
  const orderName = what === "data" ? "data_order" : "historical_data_order";
  let entries: [string, unknown][];
  if (Array.isArray(value)) {
    need(
      value.length === 0 || names !== undefined,
      `The ${what} is a list, and no data format with a ${orderName} was given.`,
    );
    need(
      value.length <= (names?.length ?? 0),
      `The ${what} has ${value.length} values, and the ${orderName} only ${names?.length ?? 0}.`,
    );
    entries = value.map((one, at) => [names![at], one]);
  } else {
    need(isObject(value), `The ${what} is neither a list nor an object.`);
    entries = Object.entries(value).map(([key, one]) => {
      if (!INDEX.test(key)) return [key, one];
      need(names !== undefined, `The ${what} has the index ${key}, and no data format with a ${orderName} was given.`);
      need(Number(key) < names.length, `The ${what} has the index ${key}, and the ${orderName} ends before it.`);
      return [names[Number(key)], one];
    });
  }
  return named(
    entries.filter(([, one]) => one !== null),
    short,
  );
}

/** `data` under full names. */
export function expandData(data: unknown, format?: Format): { [variable: string]: unknown } {
  return Object.fromEntries(values(data ?? [], format?.data_order, "data", SHORT_DATA));
}

/**
 * `historical_data` with a time for every row: its own timestamp; or its relative_time after the row before it, the first one's
 * after `reference` (Unix seconds); or the format's interval after the row before it, and `reference` for the first.
 */
export function expandRows(rows: unknown[], reference: number, format?: Format): Row[] {
  const interval = format?.historical_data_interval;
  let last = reference;
  return rows.map((value, at) => {
    const what = `row ${at + 1} of the historical data`;
    const row = values(value, format?.historical_data_order, what);
    const [own, relative] = ["timestamp", "relative_time"].map((name) => {
      const time = row.get(name);
      row.delete(name);
      need(time === undefined || Number.isSafeInteger(time), `The ${name} of ${what} is no whole number.`);
      return time as number | undefined;
    });
    if (relative !== undefined) last += relative;
    // Lists are filled up with zeros, so a timestamp of 0 is none.
    else if (own) last = own;
    else if (at > 0) {
      need(interval !== undefined, `The ${what} has no time, and the data format no historical_data_interval.`);
      last += interval;
    }
    need(last >= 0 && last <= 8.64e12, `The time of ${what} is outside what a date can hold.`);
    return { timestamp: last, ...Object.fromEntries(row) };
  });
}
