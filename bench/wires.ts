/**
 * Nets with drivers, resolved as real wires would. A net is a name (a pin of the board, "D32"); it exists as soon as
 * somebody uses it. Several parts may drive one net, and a closed switch makes two nets one.
 */
export type Level = 0 | 1;
/** A strong driver is an output stage or a transistor to ground; a weak one is a resistor (a pull). */
export type Strength = "strong" | "weak";

type Drive = { level: Level; strength: Strength };
type Watcher = { fn: (level: Level) => void; seen: Level };

/** Who wins on a net, strongest first. A pull-down beats a pull-up: on the boards it is the outside 10k that fights an inside 45k. */
const ORDER: Drive[] = [
  { strength: "strong", level: 0 },
  { strength: "strong", level: 1 },
  { strength: "weak", level: 0 },
  { strength: "weak", level: 1 },
];

export class Wires {
  private drives = new Map<string, Map<object | string, Drive>>();
  private switches = new Map<string, Set<string>>();
  private watchers = new Map<string, Set<Watcher>>();

  /** Drives a net, or lets go of it (`undefined`). One owner has one drive on a net: the newest replaces the last. */
  drive(net: string, owner: object | string, level: Level | undefined, strength: Strength = "strong"): void {
    const drives = at(this.drives, net, () => new Map<object | string, Drive>());
    const old = drives.get(owner);
    if (old?.level === level && (!old || old.strength === strength)) return;
    if (level === undefined) drives.delete(owner);
    else drives.set(owner, { level, strength });
    this.settle(this.component(net));
  }

  /** Closes or opens the switch between two nets. A pair of nets has one switch. */
  join(a: string, b: string, closed: boolean): void {
    const change = (from: string, to: string) => {
      const others = at(this.switches, from, () => new Set<string>());
      if (closed) others.add(to);
      else others.delete(to);
    };
    change(a, b);
    change(b, a);
    this.settle(new Set([...this.component(a), ...this.component(b)]));
  }

  /** The level of the net: over all that is connected, strong low wins, then strong high, weak low, weak high; floating reads 0. */
  level(net: string): Level {
    let best = ORDER.length;
    for (const one of this.component(net)) {
      for (const { level, strength } of this.drives.get(one)?.values() ?? []) {
        best = Math.min(best, (strength === "strong" ? 0 : 2) + level);
      }
    }
    return ORDER[best]?.level ?? 0;
  }

  /** True if nothing drives or pulls the net. */
  floating(net: string): boolean {
    for (const one of this.component(net)) if (this.drives.get(one)?.size) return false;
    return true;
  }

  /** Calls `fn` inside whatever made the level of the net change. Returns the function that ends it. */
  onchange(net: string, fn: (level: Level) => void): () => void {
    const watchers = at(this.watchers, net, () => new Set<Watcher>());
    const watcher = { fn, seen: this.level(net) };
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }

  /** All nets that closed switches connect with this one, itself included. */
  private component(net: string): Set<string> {
    const found = new Set([net]);
    for (const one of found) for (const other of this.switches.get(one) ?? []) found.add(other);
    return found;
  }

  /** A watcher may drive wires itself, so each is shown the level as it is when its turn comes, and only if it is news to it. */
  private settle(nets: Set<string>): void {
    for (const net of nets) {
      const watchers = this.watchers.get(net);
      for (const watcher of watchers ? [...watchers] : []) {
        const level = this.level(net);
        if (level === watcher.seen || !watchers?.has(watcher)) continue;
        watcher.seen = level;
        watcher.fn(level);
      }
    }
  }
}

function at<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
