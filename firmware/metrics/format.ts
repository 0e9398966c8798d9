/**
 * What a board measures and reports: the `metrics` section of its JSON. The build checks the section and makes three
 * things of it (build/metrics.ts): the `Metrics` that the firmware gets, the data format that a server registers, and
 * the table in docs/metrics.md. Nothing of it stays in the device's memory between two uses.
 */
import type { Sensor } from "../../hal/hal";

/** The section as it stands in the JSON. Times in seconds. */
export interface MetricsSection {
  /** Between two readings: 10 to 3600. */
  sample: number;
  /** Between two rows of history: a multiple of `sample` that divides the day. */
  interval: number;
  /** Between two reports over the board's own transport: 600 to 2592000; the interval of rows if left out. */
  report?: number;
  /** Kilobytes of a calendar month for these reports: 0, or 1 to 65535; any number if left out. */
  budget?: number;
  /** Where the rows are in the board's `memory`, bytes: behind the journal, on whole pages. */
  store: StoreSection;
  /** The server that the device knows when it leaves the factory. */
  server: ServerSection;
  variables: VariableSection[];
}

export interface StoreSection {
  position: number;
  bytes: number;
  /** Days of rows that must fit; 31 if left out. */
  days?: number;
}

export interface ServerSection {
  /** Routes are put behind it: "https://server.example/api". */
  base_url: string;
  /** What the server called this board's data format; 0 until it did, then every request brings the format along. */
  data_format_id: number;
  /** "sa", "ta", "ca", "da" or "ra", or "jwt" in the header. */
  auth: string;
  /** "json" or "cbor". */
  encoding: string;
  /** Whether hexadecimal hashes get leading zeros; the published server refuses them. */
  padded: boolean;
  /** For the header, with "jwt". */
  jwt_key?: string;
  /** Whether everything goes by its long name, which takes five times as many bytes. */
  simple?: boolean;
  /**
   * Whether an answer may send the device to another server, to another of its data formats, or give it another key; true if
   * left out. Without it, the board has no `#RESET` either.
   */
  moves?: boolean;
  /** Whether rows with gaps are objects by index where these are shorter; true if left out. */
  indexed?: boolean;
}

/** One variable. `key`, `name`, `type`, `unit` and `description` are as in the specification's data format. */
export interface VariableSection {
  /** Lower case letters, digits and _, beginning with a letter. */
  key: string;
  name: string;
  type: string;
  unit?: string;
  description?: string;
  /** The unit's part that a value of 1 stands for (the specification's `scale_factor`); 1 if left out. */
  scale?: number;
  /** "average" (the default), "latest", "sum", "min" or "max" of the readings of an interval. */
  aggregation?: string;
  /** "data": as it is when asked for. "historical_data": a column of every row. */
  in: string;
  /** A part of the board that measures, "product", or one of `SOURCES`. */
  source: string;
  /** Which of the part's values; 0 if left out. */
  channel?: number;
  /** Readings of the source are divided by it, and rounded, before they are stored or sent; 1 if left out. */
  divide?: number;
  /** With source "constant": the number. */
  value?: number;
  /** With source "product": the least and the greatest reading. */
  least?: number;
  most?: number;
}

/** One variable as the firmware needs it. */
export interface Variable {
  source: number;
  /** Of a sensor, or the number itself of a constant; 0 if left out. */
  channel?: number;
  /** 1 if left out. */
  divide?: number;
  /** AVERAGE if left out. */
  aggregation?: number;
}

/** What the firmware gets; made anew by each call of `Device.metrics`, and meant to be dropped soon. */
export interface Metrics {
  sample: number;
  interval: number;
  /** The rows' place and shape; indices below. */
  layout: number[];
  /** Makes the drivers of the parts that measure, in the order of their numbers; where there are any. */
  sensors: () => Sensor[];
  data: Variable[];
  /** The columns of a row, in order. */
  rows: Variable[];
  server: ServerSection;
  /** Seconds between two reports over the board's own transport, and kilobytes of a month for them (0: any number). */
  report: number;
  budget: number;
  /** "auts" or "asl" when the data asks for a time of activation, or "". */
  asks: string;
}

/** Of `Metrics.layout`: the place in units of 64 bytes, the number of blocks, bytes of one, rows in one. */
export const POSITION = 0;
export const BLOCKS = 1;
export const SIZE = 2;
export const ROWS = 3;
/** Values of a row, bytes of one (2 or 4), and what is mixed into the check. */
export const COLUMNS = 4;
export const WIDTH = 5;
export const MEANING = 6;

/** Sources: an index of the log's tally (store/records.ts), one of these, or SENSOR and the part's number. */
export const TOKEN_COUNT = 16;
export const TAMPERED = 17;
export const OUTPUT = 18;
export const FIRMWARE_VERSION = 19;
export const CONSTANT = 20;
export const SENSOR = 32;

/** What the firmware itself can tell, by the names of the JSON. */
export const SOURCES: { [name: string]: number } = {
  restarts: 0,
  failures: 1,
  clock_lost: 2,
  memory_replaced: 3,
  bypass: 4,
  dead_output: 5,
  token_count: TOKEN_COUNT,
  tampered: TAMPERED,
  output: OUTPUT,
  firmware_version: FIRMWARE_VERSION,
  constant: CONSTANT,
};

/** Aggregations, by their place in `AGGREGATIONS`. */
export const AVERAGE = 0;
export const LATEST = 1;
export const SUM = 2;
export const MIN = 3;
export const MAX = 4;
export const AGGREGATIONS = ["average", "latest", "sum", "min", "max"];
