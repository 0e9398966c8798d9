/** What a request and its answer agree on. */
import type { Post } from "../../hal/hal";
import type { Device } from "../device";
import type { Unit } from "../token/decode";
import type { Ask } from "./report.overlay";

/**
 * Makes the board's own transport, and carries one POST by it; without one, sees whether the modem answers. Returns what ends it, as
 * the `close` of a `Transport` does; to be called when the POST is closed, at the latest. It tells "bytes", about so many were on the air;
 * "token", one that came by the way; and "off", once, when nothing of it is left, with "" or, of a modem, why it failed.
 */
export type Connect = (
  d: Device,
  post: Post | undefined,
  tell: (event: string, value: number | string) => void,
) => (now?: boolean) => void;

/** What came of an attempt to send. */
export interface Sent {
  /** The answer, and its HTTP status; why there is none. */
  status: number;
  body: string;
  why: string;
  /** Bytes that were on the air, and a token that came by the way. */
  bytes: number;
  message?: string;
  /** What was asked, if it was a registration; what was asked before, as long as no byte went out. */
  asked?: Ask;
  before?: number[];
}

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
