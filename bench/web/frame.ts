/** What the page and its server say to each other: one JSON object a message. Types only. */
import type { State } from "../board";
import type { Modem } from "../parts/modem/modem";
import type { Said } from "../session";

/** What `board` of the bench protocol says. */
export type Made = Extract<Said, { board: unknown }>["board"] & {
  notes: string[];
  parts: { [name: string]: { driver: string; [option: string]: any } };
  settings: { interval: number; table?: { flash: 0 | 1; position: number } };
  /** Where rows of measurements wait, in `memory`. */
  store?: { position: number; bytes: number };
  limits: { variables: number; storage: number };
  budget: { bytes: number; idle: number; peak: number };
  sensors: { [name: string]: { channel: string; unit: string; least: number; most: number }[] };
};

/** What the device says of itself: its answer to #INFO (docs/serial.md). */
export interface Info {
  /** When it said so, Unix seconds of the world. */
  at: number;
  version: string;
  serial: string;
  fault: string;
  clock: { time: number; silent: number };
  credit: number;
  count: number;
  lockout: number;
  restarts: number;
  failures: number;
  clockLost: number;
  memoryReplaced: number;
  bypass: number;
  deadOutput: number;
  events: string[];
  /** Of a device with a way of its own to a server: the next session, and what this month's have taken. */
  report?: { failure: string; failures: number; next: number; kilobytes: number; signal: number };
}

/** What `air` of the bench protocol says. */
export type AirSaid = Modem["view"] & { family: string; log: Modem["log"]; complaints: Modem["complaints"] };

/** What the desk does around the device. */
export interface DeskView {
  boards: { name: string; title: string }[];
  /** `lacks`: what is missing to run it. */
  engines: { name: string; title: string; lacks?: string }[];
  board: string;
  engine: string;
  /** Bytes of the bundle. */
  bytes: number;
  /** A device is being made. */
  busy: boolean;
  /** Seconds of the world in one of the person's; 0 stands still. */
  speed: number;
  /** A jump in time that is under way, Unix seconds. */
  travel?: { from: number; until: number };
  /** Keys that are still to be pressed, the next one first. */
  hand: string;
  scripts: { name: string; title: string }[];
  /** A story that is being played: its lines, how many are done, and what it says. */
  playing?: { title: string; done: number; of: number; caption: string };
  /** Seconds of the world that the computer was too slow for since the device was made. */
  behind: number;
  /** Why the device cannot go on. */
  trouble?: string;
}

/** A token that was made. */
export type Sold = Extract<Said, { token: unknown }>["token"] & { at: number };

/** What happened, in words for a person; `at` in Unix seconds. */
export interface Happening {
  at: number;
  what: "event" | "lamp" | "power" | "server" | "story" | "trouble";
  text: string;
  /** Reports that this is about. */
  reports?: number;
}

/** A line of the serial port. */
export interface Line {
  at: number;
  from: "device" | "desk";
  text: string;
}

/** Of a request that reached the server, without its bodies. */
export interface Request {
  n: number;
  at: number;
  method: string;
  path: string;
  status: number;
  serial?: string;
  auth?: string;
  reason?: string;
  rows?: number;
  again?: number;
  encoding: string;
  bytes: number;
}

/** Sent whole when it changed. */
export interface View {
  desk: DeskView;
  made: Made;
  state: State;
  /** The device's own words, the last ones if it does not answer. */
  info?: Info;
  /** From when on the output gave current, or not, or the board had no power. */
  strip: { at: number; lamp: boolean; power: boolean }[];
  sold: Sold[];
}

/** Sent by their ends. */
export interface Lists {
  feed: Happening;
  serial: Line;
  story: { at: number; line: string };
  requests: Request;
}

/** From the server. `from` is the number of the first item that is sent, counted from 0 since the device was made. */
export type Frame =
  | {
      n: number;
      /** Another device than before: what is known is void. */
      fresh?: boolean;
      view: Partial<View>;
      lists: { [name in keyof Lists]?: { from: number; items: Lists[name][] } };
    }
  | { reply: number; said: Said[] };

/** From the page. */
export type Wish =
  /** A frame was shown: the next may come. */
  | { ack: number }
  /** A line of the bench protocol; what it says comes back under `id`. */
  | { line: string; id: number }
  | { speed: number }
  /** Seconds, until the credit ends, or until the next report has begun; 0 stops a jump. */
  | { jump: number | "credit" | "report"; id: number }
  /** Keys that somebody presses, one after the other. */
  | { hand: string }
  /** A new device. */
  | { board: string; engine: string }
  /** A new device lives through a story: a name, or lines of its own. */
  | { play: string }
  | { stop: true }
  /** What was done so far, as lines. */
  | { story: true; id: number };
