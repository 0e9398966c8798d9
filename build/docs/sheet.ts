/** A sheet with a grid, and the way of a wire over it: the shortest, with the fewest bends and crossings. */

export type Point = [x: number, y: number];
/** Right, down, left, up. */
export const DIRECTIONS: Point[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];
/** Left, top, right, bottom, all of them included. */
export type Area = [number, number, number, number];

/** What a step costs, and what comes on top of it. */
const STEP = 1;
const BEND = 3;
const CROSSING = 3;
const WORDS = 6;

export const key = (x: number, y: number) => `${x} ${y}`;

/** What of a sheet is taken: bodies, pins, and the wires that are there already. */
export class Sheet {
  private bodies = new Set<string>();
  private dear = new Map<string, number>();
  /** Net and directions in which wires leave each point. */
  readonly points = new Map<string, { net: string; ways: Set<number>; fixed: boolean }>();
  readonly wires: { net: string; path: Point[] }[] = [];

  /** Nothing goes through here. */
  block([left, top, right, bottom]: Area): void {
    for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) this.bodies.add(key(x, y));
  }

  /** Words are there: wires go around if that is not too long. */
  avoid([left, top, right, bottom]: Area): void {
    for (let x = Math.floor(left); x <= Math.ceil(right); x++)
      for (let y = Math.floor(top); y <= Math.ceil(bottom); y++) this.dear.set(key(x, y), WORDS);
  }

  /** A pin, or the end of a label: nothing but its net comes here. */
  pin([x, y]: Point, net: string): void {
    const here = this.points.get(key(x, y));
    if (here && here.net !== net) throw new Error(`${net} and ${here.net} meet at ${x}, ${y}`);
    this.points.set(key(x, y), { net, ways: here?.ways ?? new Set(), fixed: true });
  }

  /** Wires an end to what its net has already; `tree` are the points of the net. */
  route(net: string, from: Point, tree: Set<string>, limits: Area): void {
    interface State {
      at: Point;
      way: number;
      cost: number;
      before?: State;
    }
    const best = new Map<string, number>();
    const open: State[][] = [];
    const push = (state: State) => {
      const id = `${key(...state.at)} ${state.way}`;
      if ((best.get(id) ?? Infinity) <= state.cost) return;
      best.set(id, state.cost);
      const bucket = Math.round(state.cost * 2);
      (open[bucket] ??= []).push(state);
    };
    push({ at: from, way: -1, cost: 0 });
    for (let bucket = 0; bucket < open.length; bucket++)
      for (const states = open[bucket] ?? []; states.length; ) {
        const state = states.shift()!;
        const [x, y] = state.at;
        if (best.get(`${key(x, y)} ${state.way}`)! < state.cost) continue;
        if (state.before && tree.has(key(x, y))) {
          const path: Point[] = [];
          for (let one: State | undefined = state; one; one = one.before) path.push(one.at);
          this.lay(net, path.reverse(), tree);
          return;
        }
        const foreign = this.points.get(key(x, y));
        for (const [way, [dx, dy]] of DIRECTIONS.entries()) {
          if (state.way >= 0 && (way + 2) % 4 === state.way) continue;
          // A crossing is straight.
          if (foreign && foreign.net !== net && way !== state.way) continue;
          const next: Point = [x + dx, y + dy];
          const id = key(...next);
          const [left, top, right, bottom] = limits;
          if (next[0] < left || next[0] > right || next[1] < top || next[1] > bottom) continue;
          if (this.bodies.has(id) && !tree.has(id)) continue;
          const there = this.points.get(id);
          let cost = state.cost + STEP + (this.dear.get(id) ?? 0);
          if (state.way >= 0 && way !== state.way) cost += BEND;
          if (there && there.net !== net) {
            if (there.fixed || [...there.ways].some((one) => one % 2 === way % 2)) continue;
            cost += CROSSING;
          }
          push({ at: next, way, cost, before: state });
        }
      }
    throw new Error(`There is no way left for ${net} at ${from.join(", ")}: move something`);
  }

  private lay(net: string, path: Point[], tree: Set<string>): void {
    this.wires.push({ net, path });
    path.forEach(([x, y], i) => {
      const id = key(x, y);
      tree.add(id);
      for (const other of [path[i - 1], path[i + 1]]) {
        if (!other) continue;
        const way = DIRECTIONS.findIndex(([dx, dy]) => x + dx === other[0] && y + dy === other[1]);
        const here = this.points.get(id);
        if (here && here.net !== net) continue;
        if (here) here.ways.add(way);
        else this.points.set(id, { net, ways: new Set([way]), fixed: false });
      }
    });
  }
}
