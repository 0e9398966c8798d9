/** What a request and its answer agree on. */
import type { Unit } from "../token/decode";

/** Longest body of an answer, characters. */
export const LONGEST_ANSWER = 1024;

/** Settings that say where the server is; a product's own come behind them. */
export const OWN_SETTINGS = 3;

/** A setting that a server may change. */
export interface Setting {
  name: string;
  /** Whether it is a text of printable ASCII without \ and ", or else an integer. */
  text: boolean;
  /** Least and greatest value, or length of a text. */
  least: number;
  most: number;
}

/** A request as its answer needs to know it. */
export interface Terms {
  unit: Unit;
  /** The device's time, Unix seconds: rows are dated from it. */
  now: number;
  /** As they are sent: now, and how many requests there were; 0: not sent. Each is higher than in any request before. */
  timestamp: number;
  count: number;
  /** "auts" or "asl" when the data asks for it (active_until_timestamp_requested, active_seconds_left_requested), or "". */
  asks: string;
  /** The product's own settings. */
  settings: Setting[];
}
