/** What runs a bundle: an engine calls `host` for everything that Espruino's functions do, and gets events from it. */
export interface Engine {
  /** Starts the bundle; returns when its boot code has run. */
  start(): void;
  /** Calls callback number `id` with `data`; returns when it has run. `last`: it is not called again. */
  deliver(id: number, data: unknown, last: boolean): void;
  /** Variables of the interpreter that the bundle uses now, that it used at most since the last call, and those there are. */
  memory(): { used: number; peak: number; total: number } | undefined;
  /**
   * Runs the interpreter out of memory: all of it at once and for a moment (0), or until its next start, with no more than
   * `spare` variables left. Absent where memory has no end.
   */
  exhaust?(spare: number): void;
  /** Instructions that the interpreter took for the bundle so far, where they are counted. */
  count?: () => number;
  /** The power is gone: nothing of the bundle runs any more. Possible at any time, also inside `host`. */
  stop(): void;
}

/** One call of a function of the controller, see bench/controller.ts. */
export type Host = (operation: string, ...args: any[]) => unknown;

/** @param uart a port that is the engine's own, where it has such: the firmware's serial code runs as on a board */
export type EngineMaker = (code: string, pins: string[], host: Host, uart?: string) => Engine;
