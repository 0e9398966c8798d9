/**
 * A keypad of bare contacts between rows and columns, without diodes: three keys of a rectangle close the fourth.
 * Contacts have no data sheet in common; that they bounce for up to 5 ms on both edges is what keypad makers commonly state.
 */
import type { World } from "../world";
import type { Part } from "./part";

/** Milliseconds after the edge at which the contact changes its mind; the last change leaves it where it belongs. */
const BOUNCE = [0, 0.3, 0.7, 1.6, 2.4, 3.9, 4.6];

export type MatrixOptions = {
  driver?: string;
  rows: string[];
  columns: string[];
  /** The keys' names, one character each, row by row. */
  keys?: string;
  /** False for contacts as no maker has them. */
  bounce?: boolean;
};
export type Matrix = Part & {
  /** Names of the keys. */
  readonly keys: string;
  bounce: boolean;
  /** Keys that a finger is on, and those that are stuck. */
  readonly held: string;
  readonly stuck: string;
  /** Presses a key; nothing if it is down already. */
  down(key: string): void;
  /** Lets go of a key. */
  up(key: string): void;
  /** The key's contact closes and stays closed, whatever `up` says; `stick(key, false)` repairs it, and it opens. */
  stick(key: string, stuck?: boolean): void;
};

/** A keypad; it needs no rail, a pressed key joins two wires. Times are world time: the contact settles within 5 ms. */
export function matrix(world: World, options: MatrixOptions): Matrix {
  const { rows, columns, keys = "123456789*0#" } = options;
  const held = new Set<string>();
  const stuck = new Set<string>();
  const pending = new Map<string, number[]>();

  const nets = (key: string): [string, string] => {
    const i = key.length === 1 ? keys.indexOf(key) : -1;
    const row = rows[Math.floor(i / columns.length)];
    if (i < 0 || !row) throw new Error(`the keypad has no key "${key}"`);
    return [row, columns[i % columns.length]];
  };

  function settle(key: string, closed: boolean, bounce: boolean): void {
    const [row, column] = nets(key);
    for (const id of pending.get(key) ?? []) world.cancel(id);
    pending.delete(key);
    // The first contact is now, within the call; the others come as time passes.
    world.wires.join(row, column, closed);
    if (!bounce) return;
    const later = BOUNCE.slice(1);
    pending.set(
      key,
      later.map((ms, i) => world.after(ms, () => world.wires.join(row, column, i % 2 === 0 ? !closed : closed))),
    );
  }

  const part: Matrix = {
    keys,
    bounce: options.bounce ?? true,
    get held() {
      return [...held].join("");
    },
    get stuck() {
      return [...stuck].join("");
    },
    down(key) {
      nets(key);
      if (held.has(key)) return;
      held.add(key);
      if (!stuck.has(key)) settle(key, true, part.bounce);
    },
    up(key) {
      nets(key);
      if (held.delete(key) && !stuck.has(key)) settle(key, false, part.bounce);
    },
    stick(key, how = true) {
      nets(key);
      if (how) stuck.add(key);
      else stuck.delete(key);
      settle(key, how || held.has(key), false);
    },
  };
  return part;
}
