/**
 * Draws a netlist as a schematic: symbols and boxes where the netlist puts them, wires found by looking for the shortest
 * way with the fewest bends, labels where a net leaves its group. The same netlist gives the same bytes.
 */
import { type End, ends, type Group, isSupply, type Netlist, type Part, pinsOf, type Side } from "./netlist";
import { drawing, tag, text, widthOf } from "./svg";
import { SYMBOLS } from "./symbols";

/** Pixels of a step of the grid. */
const STEP = 10;
export const WIRE = "#0b6e4f";
const BODY = "#7a1f1f";
const LABEL = "#1b3f8b";
const INK = "#202124";
const GREY = "#5a6570";

type Point = [x: number, y: number];
const DIRECTIONS: Point[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];
const DIRECTION: { [side in Side]: number } = { right: 0, bottom: 1, left: 2, top: 3 };

/** A point of a symbol, mirrored and turned. */
function turned([x, y]: Point, { mirror, turn = 0 }: Part): Point {
  let point: Point = [mirror ? -x : x, y];
  for (let i = 0; i < turn; i++) point = [-point[1], point[0]];
  return point;
}

/** Steps from a box's edge to the end of a pin, and between two pins. */
const LEAD = 2;
const PITCH = 2;
/** Pins above and below a box are further apart: their names stand side by side. */
const WIDE = 4;

const sizeOf = (part: Part): Point => [
  part.width!,
  part.height ?? PITCH * (Math.max(part.left?.length ?? 0, part.right?.length ?? 0, 1) + 1),
];

/** Where a pin ends on the sheet, and the direction in which wires leave it. */
function pinEnd({ part, pin, number, group }: Pick<End, "part" | "pin" | "number" | "group">): {
  at: Point;
  out: number;
} {
  const [x, y] = [part.at[0] + group.at[0], part.at[1] + group.at[1]];
  const symbol = SYMBOLS[part.is];
  if (symbol) {
    const [px, py] = turned(symbol.pins[pin], part);
    const out = Math.abs(px) > Math.abs(py) ? (px > 0 ? 0 : 2) : py > 0 ? 1 : 3;
    return { at: [x + px, y + py], out };
  }
  const [width, height] = sizeOf(part);
  for (const side of ["left", "right", "top", "bottom"] as Side[]) {
    const i = (part[side] ?? []).findIndex((words) => words.startsWith(`${pin} ${number} `));
    if (i < 0) continue;
    const along = side === "left" || side === "right" ? PITCH * (i + 1) : WIDE * i + 2;
    const at: Point = {
      left: [x - LEAD, y + along] as Point,
      right: [x + width + LEAD, y + along] as Point,
      top: [x + along, y - LEAD] as Point,
      bottom: [x + along, y + height + LEAD] as Point,
    }[side];
    return { at, out: DIRECTION[side] };
  }
  throw new Error(`${part.item} has no pin ${pin}`);
}

/** Every end of every net, and where it is on the sheet, in pixels. */
export function endsOnSheet(netlist: Netlist): (End & { at: Point })[] {
  return ends(netlist).map((end) => {
    const [x, y] = pinEnd(end).at;
    return { ...end, at: [x * STEP, y * STEP] };
  });
}

/** The room of a part's body on the sheet: left, top, right, bottom. */
function bodyOf(part: Part, group: Group): [number, number, number, number] {
  const [x, y] = [part.at[0] + group.at[0], part.at[1] + group.at[1]];
  const symbol = SYMBOLS[part.is];
  if (!symbol) {
    const [width, height] = sizeOf(part);
    return [x, y, x + width, y + height];
  }
  const [left, top, right, bottom] = symbol.body;
  const [ax, ay] = turned([left, top], part);
  const [bx, by] = turned([right, bottom], part);
  return [x + Math.min(ax, bx), y + Math.min(ay, by), x + Math.max(ax, bx), y + Math.max(ay, by)];
}

const key = (x: number, y: number) => `${x} ${y}`;

/** What of a sheet is taken: bodies, pins, and the wires that are there already. */
class Sheet {
  private bodies = new Set<string>();
  private dear = new Map<string, number>();
  /** Net and directions in which wires leave each point. */
  readonly points = new Map<string, { net: string; ways: Set<number>; fixed: boolean }>();
  readonly wires: { net: string; path: Point[] }[] = [];

  block(left: number, top: number, right: number, bottom: number): void {
    for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) this.bodies.add(key(x, y));
  }

  /** Words are there: wires go around if that is not too long. */
  avoid(left: number, top: number, right: number, bottom: number): void {
    for (let x = Math.floor(left); x <= Math.ceil(right); x++)
      for (let y = Math.floor(top); y <= Math.ceil(bottom); y++) this.dear.set(key(x, y), 6);
  }

  /** A pin, or the end of a label: nothing but its net comes here. */
  pin([x, y]: Point, net: string): void {
    const here = this.points.get(key(x, y));
    if (here && here.net !== net) throw new Error(`${net} and ${here.net} meet at ${x}, ${y}`);
    this.points.set(key(x, y), { net, ways: here?.ways ?? new Set(), fixed: true });
  }

  /** Wires an end to what its net has already; `tree` are the points of the net. */
  route(net: string, from: Point, tree: Set<string>, limits: [number, number, number, number]): void {
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
          let cost = state.cost + 1 + (this.dear.get(id) ?? 0);
          if (state.way >= 0 && way !== state.way) cost += 3;
          if (there && there.net !== net) {
            if (there.fixed || [...there.ways].some((one) => one % 2 === way % 2)) continue;
            cost += 3;
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

/** Corners of a path, without the points between them. */
const corners = (path: Point[]): Point[] =>
  path.filter((point, i) => {
    const [before, after] = [path[i - 1], path[i + 1]];
    return (
      !before ||
      !after ||
      (after[0] - point[0]) * (point[1] - before[1]) !== (after[1] - point[1]) * (point[0] - before[0])
    );
  });

const d = (points: Point[]) => points.map(([x, y], i) => `${i ? "L" : "M"}${x * STEP} ${y * STEP}`).join(" ");
const wire = (points: Point[]) =>
  tag("path", { d: d(points), fill: "none", stroke: WIRE, "stroke-width": 1.6, "stroke-linejoin": "round" });

/** The symbol of a supply or of ground, at the end of a pin that points in a direction. */
function supply(net: string, [x, y]: Point, out: number): string {
  const ground = net === "GND";
  const [dx] = DIRECTIONS[out];
  const from: Point = [x + dx, y];
  const to: Point = [x + dx, y + (ground ? 1 : -1)];
  const [px, py] = [to[0] * STEP, to[1] * STEP];
  const bars = ground
    ? `M${px - 9} ${py} H${px + 9} M${px - 5.5} ${py + 3.5} H${px + 5.5} M${px - 2} ${py + 7} H${px + 2}`
    : `M${px - 8} ${py} H${px + 8}`;
  return (
    wire([[x, y], from, to]) +
    tag("path", { d: bars, fill: "none", stroke: INK, "stroke-width": 1.8 }) +
    (ground
      ? ""
      : text(px, py - 4, net, { "text-anchor": "middle", "font-size": 10, "font-weight": "bold", fill: INK }))
  );
}

/** The flag of a net that goes on elsewhere. */
function flag(net: string, [x, y]: Point, out: number): string {
  const length = widthOf(net, 10) + 12;
  const turn = [0, 90, 0, -90][out];
  const left = out === 2;
  const shape = left ? `M0 0 L-5 -7 H${-length} V7 H-5 Z` : `M0 0 L5 -7 H${length} V7 H5 Z`;
  return (
    `<g transform="translate(${x * STEP} ${y * STEP})${turn ? ` rotate(${turn})` : ""}">` +
    tag("path", { d: shape, fill: "#eef2fb", stroke: LABEL, "stroke-width": 1 }) +
    text(left ? -8 : 8, 3.6, net, { "text-anchor": left ? "end" : "start", "font-size": 10, fill: LABEL }) +
    "</g>"
  );
}

/** A box with its pins. */
function box(part: Part, group: Group, ref: string, shown: string): string {
  const [x, y] = [(part.at[0] + group.at[0]) * STEP, (part.at[1] + group.at[1]) * STEP];
  const [width, height] = sizeOf(part).map((steps) => steps * STEP);
  const parts = [tag("rect", { x, y, width, height, fill: "#fffbe6", stroke: BODY, "stroke-width": 1.8 })];
  for (const { pin, number, net } of pinsOf(part)) {
    const { at, out } = pinEnd({ part, pin, number, group });
    const [px, py] = [at[0] * STEP, at[1] * STEP];
    const [dx, dy] = DIRECTIONS[out];
    parts.push(
      tag("path", { d: `M${px} ${py} l${-dx * LEAD * STEP} ${-dy * LEAD * STEP}`, stroke: BODY, "stroke-width": 1.4 }),
    );
    const upright = dx === 0;
    const name = pin.replace(/~(.*)/, "$1");
    const bar = pin.startsWith("~") ? { "text-decoration": "overline" } : {};
    parts.push(
      upright
        ? text(px, py - dy * (LEAD * STEP + 6) + 3.6, name, {
            "text-anchor": "middle",
            "font-size": 10,
            fill: INK,
            ...bar,
          })
        : text(px - dx * (LEAD * STEP + 4), py + 3.6, name, {
            "text-anchor": dx > 0 ? "end" : "start",
            "font-size": 10,
            fill: INK,
            ...bar,
          }),
    );
    if (number !== "-")
      parts.push(
        upright
          ? text(px + 3, py - dy * 8 + 3, number, { "font-size": 8, fill: GREY })
          : text(px - dx * 9, py - 3, number, { "text-anchor": "middle", "font-size": 8, fill: GREY }),
      );
    if (net === "-")
      parts.push(tag("path", { d: `M${px - 4} ${py - 4} l8 8 m0 -8 l-8 8`, stroke: GREY, "stroke-width": 1.4 }));
  }
  const inside = part.words === undefined;
  const [wx, wy, anchor] = inside
    ? [x + width / 2, y + height / 2, "middle"]
    : ({
        top: [x, y - 16, "start"],
        bottom: [x, y + height + 12, "start"],
        left: [x - 6, y + 8, "end"],
        right: [x + width + 6, y + 8, "start"],
      }[part.words!] as [number, number, string]);
  parts.push(
    text(wx, wy - 1, ref, { "text-anchor": anchor, "font-size": 11, "font-weight": "bold", fill: BODY }),
    text(wx, wy + 11, shown, { "text-anchor": anchor, "font-size": 10, fill: BODY }),
  );
  return parts.join("");
}

/** Where the words of a symbol stand: beside it when it is upright, above it when it lies. */
function wordsAt(part: Part, group: Group, size: number): { at: Point; anchor: string } {
  const [left, top, right, bottom] = bodyOf(part, group);
  const flat = SYMBOLS[part.is] && (part.turn ?? 0) % 2 === 1;
  const middle = (top + bottom) / 2;
  const side = part.words ?? (flat ? "top" : "right");
  switch (side) {
    case "left":
      return { at: [left - 0.4, middle - 0.1], anchor: "end" };
    case "right":
      return { at: [right + 0.4, middle - 0.1], anchor: "start" };
    case "top":
      return { at: [(left + right) / 2, top - 1.3 - size], anchor: "middle" };
    default:
      return { at: [(left + right) / 2, bottom + 1], anchor: "middle" };
  }
}

/** The schematic of a netlist, as SVG. */
export function schematic(netlist: Netlist, version: string): string {
  const all = ends(netlist);
  const sheet = new Sheet();
  const front: string[] = [];
  const back: string[] = [];
  const value = (part: Part) => netlist.items[part.item].value ?? part.item;

  for (const group of netlist.groups) {
    const [x, y] = group.at;
    const [width, height] = group.size;
    back.push(
      tag("rect", {
        x: x * STEP,
        y: y * STEP,
        width: width * STEP,
        height: height * STEP,
        rx: 6,
        fill: "none",
        stroke: "#c5cad0",
        "stroke-width": 1.2,
      }),
      text((x + 1) * STEP, (y + 1.8) * STEP, group.title, { "font-size": 13, "font-weight": "bold", fill: GREY }),
      ...(group.notes ?? []).map((note, i) =>
        text((x + 1) * STEP, (y + height - 0.8 - 1.3 * (group.notes!.length - 1 - i)) * STEP, note, {
          "font-size": 10,
          fill: GREY,
        }),
      ),
    );
    for (const [ref, part] of Object.entries(group.parts)) {
      sheet.block(...bodyOf(part, group));
      const symbol = SYMBOLS[part.is];
      if (!symbol) {
        front.push(box(part, group, ref, value(part)));
        continue;
      }
      const [px, py] = [(part.at[0] + x) * STEP, (part.at[1] + y) * STEP];
      const turn = part.turn ? ` rotate(${90 * part.turn})` : "";
      front.push(`<g transform="translate(${px} ${py})${turn}${part.mirror ? " scale(-1 1)" : ""}">${symbol.draw}</g>`);
      const flat = (part.turn ?? 0) % 2 === 1;
      const words = flat ? [`${ref}  ${value(part)}`] : [ref, value(part)];
      const { at, anchor } = wordsAt(part, group, flat ? -1 : 0);
      words.forEach((word, i) => {
        const bold = i === 0 && !flat ? { "font-weight": "bold" } : {};
        front.push(
          text(at[0] * STEP, (at[1] + i * 1.1) * STEP, word, {
            "text-anchor": anchor,
            "font-size": 10,
            fill: BODY,
            ...bold,
          }),
        );
      });
      const longest = Math.max(...words.map((word) => widthOf(word, 10) / STEP));
      const from = anchor === "start" ? at[0] : anchor === "end" ? at[0] - longest : at[0] - longest / 2;
      sheet.avoid(from, at[1] - 0.8, from + longest, at[1] + (words.length - 1) * 1.1);
    }
  }

  for (const end of all) {
    const { at, out } = pinEnd(end);
    sheet.pin(at, end.net === "-" ? `${end.ref} ${end.pin}` : end.net);
    // The lead of a box's pin is its own.
    const [dx, dy] = DIRECTIONS[out];
    if (!SYMBOLS[end.part.is]) sheet.block(at[0] - dx, at[1] - dy, at[0] - dx, at[1] - dy);
  }

  // Supply symbols first: wires go around them.
  const labelled = (group: Group, net: string) => group.labels?.[net];
  for (const group of netlist.groups) {
    for (const ref of Object.keys(group.parts)) {
      const mine = all.filter((end) => end.ref === ref && isSupply(end.net) && !labelled(group, end.net));
      const placed = mine.map((end) => ({ end, ...pinEnd(end) }));
      for (const { end, at, out } of placed) {
        // Neighbours on one side of a box share a symbol: ground's lowest pin has it, a supply's highest.
        const step = end.net === "GND" ? PITCH : -PITCH;
        const next = placed.find(
          (other) =>
            other.end.net === end.net &&
            other.out === out &&
            out % 2 === 0 &&
            other.at[0] === at[0] &&
            other.at[1] === at[1] + step,
        );
        if (next) front.push(wire([at, next.at]));
        else front.push(supply(end.net, at, out));
        const [sx, sy] = [at[0] + DIRECTIONS[out][0], at[1]];
        if (next) sheet.block(at[0], Math.min(at[1], next.at[1]), at[0], Math.max(at[1], next.at[1]));
        else sheet.block(sx - 1, end.net === "GND" ? sy : sy - 2, sx + 1, end.net === "GND" ? sy + 2 : sy);
      }
    }
  }

  for (const group of netlist.groups) {
    const [left, top] = [group.at[0] + 1, group.at[1] + 2];
    const limits: [number, number, number, number] = [
      left,
      top,
      group.at[0] + group.size[0] - 1,
      group.at[1] + group.size[1] - 1,
    ];
    const here = all.filter((end) => end.group === group && end.net !== "-");
    const nets = [...new Set(here.map(({ net }) => net))].filter((net) => !isSupply(net) || labelled(group, net));
    const jobs = nets.map((net) => {
      const points = here.filter((end) => end.net === net).map((end) => pinEnd(end));
      const label = labelled(group, net);
      const at: Point | undefined = label && [label[0] + group.at[0], label[1] + group.at[1]];
      const hide = ([fx, fy]: Point, out: number) => {
        const [dx, dy] = DIRECTIONS[out];
        const length = Math.ceil((widthOf(net, 10) + 12) / STEP);
        const [ex, ey] = [fx + dx * length, fy + dy * length];
        sheet.block(Math.min(fx + dx, ex), Math.min(fy + dy, ey), Math.max(fx + dx, ex), Math.max(fy + dy, ey));
      };
      if (at) {
        sheet.pin(at, net);
        if (!isSupply(net)) hide(at, DIRECTION[label![2]]);
        front.push((isSupply(net) ? supply : flag)(net, at, DIRECTION[label![2]]));
      } else if (all.some((end) => end.net === net && end.group !== group)) {
        if (points.length > 1) throw new Error(`${group.title}: say in labels where the label of ${net} is`);
        front.push(flag(net, points[0].at, points[0].out));
        hide(points[0].at, points[0].out);
      }
      const terminals = [...points.map((point) => point.at), ...(at ? [at] : [])];
      const xs = terminals.map((one) => one[0]);
      const ys = terminals.map((one) => one[1]);
      const span = Math.max(...xs) - Math.min(...xs) + Math.max(...ys) - Math.min(...ys);
      return { net, terminals, span };
    });
    for (const { net, terminals } of jobs.sort((a, b) => a.span - b.span)) {
      const tree = new Set([key(...terminals[0])]);
      let rest = terminals.slice(1);
      while (rest.length) {
        const distance = ([x, y]: Point) =>
          Math.min(
            ...[...tree].map((id) => id.split(" ").map(Number)).map(([tx, ty]) => Math.abs(tx - x) + Math.abs(ty - y)),
          );
        // The label, which is the last of them, has its pick of the wire.
        const next = rest.slice(0, -1).reduce((a, b) => (distance(b) < distance(a) ? b : a), rest[0]);
        rest = rest.filter((one) => one !== next);
        if (!tree.has(key(...next))) sheet.route(net, next, tree, limits);
      }
      // Three ways that meet are joined, and a dot says so; a pin, or a label, is a way too.
      for (const id of tree) {
        const [px, py] = id.split(" ").map(Number);
        const here = sheet.points.get(id)!;
        const own = terminals.filter((one) => key(...one) === id).length;
        if (here.ways.size + own > 2) front.push(tag("circle", { cx: px * STEP, cy: py * STEP, r: 3.2, fill: WIRE }));
      }
    }
  }
  const wires = sheet.wires.map(({ path }) => wire(corners(path)));

  const [width, height] = netlist.size;
  const words = [
    netlist.title,
    `Board ${netlist.board}, firmware ${version}`,
    `Drawn from docs/reference-design/${netlist.board}.json by npm run docs`,
    "Not tried on hardware",
  ];
  const plate = [
    tag("rect", {
      x: (width - 42) * STEP,
      y: (height - 8) * STEP,
      width: 41 * STEP,
      height: 7 * STEP,
      fill: "#ffffff",
      stroke: INK,
      "stroke-width": 1.2,
    }),
    ...words.map((word, i) =>
      text((width - 41) * STEP, (height - 6.3 + 1.55 * i) * STEP, word, {
        "font-size": i ? 11 : 15,
        ...(i === 0 || i === 3 ? { "font-weight": "bold" } : {}),
        fill: i === 3 ? "#b3261e" : INK,
      }),
    ),
  ];
  const frame = tag("rect", {
    x: STEP / 2,
    y: STEP / 2,
    width: (width - 1) * STEP,
    height: (height - 1) * STEP,
    fill: "none",
    stroke: INK,
    "stroke-width": 1.5,
  });
  return drawing(width * STEP, height * STEP, `${netlist.title}: schematic`, "", [
    frame,
    ...back,
    ...wires,
    ...front,
    ...plate,
  ]);
}
