/**
 * Draws a netlist as a schematic: symbols and boxes where the netlist puts them, wires found by looking for the shortest
 * way with the fewest bends, labels where a net leaves its group. The same netlist gives the same bytes.
 */
import { type End, ends, type Group, isSupply, type Netlist, type Part, pinsOf, SIDES, type Side } from "./netlist";
import { type Area, DIRECTIONS, key, type Point, Sheet } from "./sheet";
import { drawing, tag, text, widthOf } from "./svg";
import { SYMBOLS } from "./symbols";

/** Pixels of a step of the grid. */
const STEP = 10;
export const WIRE = "#0b6e4f";
const BODY = "#7a1f1f";
const LABEL = "#1b3f8b";
const INK = "#202124";
const GREY = "#5a6570";

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
  for (const side of SIDES) {
    const i = (part[side] ?? []).findIndex((words) => words.startsWith(`${pin} ${number} `));
    if (i < 0) continue;
    const along = side === "left" || side === "right" ? PITCH * (i + 1) : WIDE * i + 2;
    const places: { [side in Side]: Point } = {
      left: [x - LEAD, y + along],
      right: [x + width + LEAD, y + along],
      top: [x + along, y - LEAD],
      bottom: [x + along, y + height + LEAD],
    };
    return { at: places[side], out: DIRECTION[side] };
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
function bodyOf(part: Part, group: Group): Area {
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

/** Where words may stand around a part, and which end of them is there. */
type Places = { [side in Side]: [at: Point, anchor: string] };

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
  const places: Places = {
    top: [[x, y - 16], "start"],
    bottom: [[x, y + height + 12], "start"],
    left: [[x - 6, y + 8], "end"],
    right: [[x + width + 6, y + 8], "start"],
  };
  const [[wx, wy], anchor] = part.words ? places[part.words] : [[x + width / 2, y + height / 2], "middle"];
  parts.push(
    text(wx, wy - 1, ref, { "text-anchor": anchor, "font-size": 11, "font-weight": "bold", fill: BODY }),
    text(wx, wy + 11, shown, { "text-anchor": anchor, "font-size": 10, fill: BODY }),
  );
  return parts.join("");
}

/** A symbol and its words: beside it when it is upright, above it when it lies. Wires go around the words. */
function symbol(part: Part, group: Group, ref: string, shown: string, sheet: Sheet): string {
  const [px, py] = [(part.at[0] + group.at[0]) * STEP, (part.at[1] + group.at[1]) * STEP];
  const turn = part.turn ? ` rotate(${90 * part.turn})` : "";
  const flat = (part.turn ?? 0) % 2 === 1;
  const words = flat ? [`${ref}  ${shown}`] : [ref, shown];
  const [left, top, right, bottom] = bodyOf(part, group);
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const places: Places = {
    left: [[left - 0.4, y - 0.1], "end"],
    right: [[right + 0.4, y - 0.1], "start"],
    top: [[x, top - (flat ? 0.3 : 1.3)], "middle"],
    bottom: [[x, bottom + 1], "middle"],
  };
  const [at, anchor] = places[part.words ?? (flat ? "top" : "right")];
  const longest = Math.max(...words.map((word) => widthOf(word, 10) / STEP));
  const from = anchor === "start" ? at[0] : anchor === "end" ? at[0] - longest : at[0] - longest / 2;
  sheet.avoid([from, at[1] - 0.8, from + longest, at[1] + (words.length - 1) * 1.1]);
  return [
    `<g transform="translate(${px} ${py})${turn}${part.mirror ? " scale(-1 1)" : ""}">${SYMBOLS[part.is].draw}</g>`,
    ...words.map((word, i) =>
      text(at[0] * STEP, (at[1] + i * 1.1) * STEP, word, {
        "text-anchor": anchor,
        "font-size": 10,
        fill: BODY,
        ...(i === 0 && !flat ? { "font-weight": "bold" } : {}),
      }),
    ),
  ].join("");
}

/** A group's frame, its title, and its notes below. */
function frame({ at: [x, y], size: [width, height], title, notes = [] }: Group): string[] {
  return [
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
    text((x + 1) * STEP, (y + 1.8) * STEP, title, { "font-size": 13, "font-weight": "bold", fill: GREY }),
    ...notes.map((note, i) =>
      text((x + 1) * STEP, (y + height - 0.8 - 1.3 * (notes.length - 1 - i)) * STEP, note, {
        "font-size": 10,
        fill: GREY,
      }),
    ),
  ];
}

/** Whether a net gets its symbols at the pins of a group: supplies do, unless they are wired there. */
const atPins = (group: Group, net: string) => isSupply(net) && !group.labels?.[net];

/** The supply symbols at a part's pins. Neighbours on one side of a box share one: ground's lowest pin has it, a supply's highest. */
function supplies(group: Group, part: Part, sheet: Sheet): string[] {
  const placed = pinsOf(part)
    .filter(({ net }) => atPins(group, net))
    .map((pin) => ({ ...pin, ...pinEnd({ ...pin, part, group }) }));
  return placed.map(({ net, at: [x, y], out }) => {
    const ground = net === "GND";
    const to = y + (ground ? PITCH : -PITCH);
    const next = placed.find((one) => one.net === net && one.out === out && one.at[0] === x && one.at[1] === to);
    if (next && out % 2 === 0) {
      sheet.block([x, Math.min(y, to), x, Math.max(y, to)]);
      return wire([[x, y], next.at]);
    }
    const [dx] = DIRECTIONS[out];
    sheet.block([x + dx - 1, ground ? y : y - 2, x + dx + 1, ground ? y + 2 : y]);
    return supply(net, [x, y], out);
  });
}

/** The points of a net in a group that have to be joined; its label is drawn on the way, and the last of them. */
function terminals(group: Group, net: string, all: End[], sheet: Sheet, front: string[]): Point[] {
  const points = all.filter((end) => end.net === net && end.group === group).map(pinEnd);
  const label = group.labels?.[net];
  const flagged: { at: Point; out: number } | undefined = label
    ? { at: [label[0] + group.at[0], label[1] + group.at[1]], out: DIRECTION[label[2]] }
    : all.some((end) => end.net === net && end.group !== group)
      ? points[0]
      : undefined;
  if (!label && flagged && points.length > 1)
    throw new Error(`${group.title}: say in labels where the label of ${net} is`);
  if (label) sheet.pin(flagged!.at, net);
  if (flagged) {
    const { at, out } = flagged;
    front.push((isSupply(net) ? supply : flag)(net, at, out));
    const [x, y] = [at[0] + DIRECTIONS[out][0], at[1] + DIRECTIONS[out][1]];
    const length = Math.ceil((widthOf(net, 10) + 2) / STEP);
    const [ex, ey] = [x + DIRECTIONS[out][0] * length, y + DIRECTIONS[out][1] * length];
    if (!isSupply(net)) sheet.block([Math.min(x, ex), Math.min(y, ey), Math.max(x, ex), Math.max(y, ey)]);
  }
  return [...points.map(({ at }) => at), ...(label ? [flagged!.at] : [])];
}

/** Joins the points of a net, the nearest first, and puts dots where three ways meet. */
function join(net: string, points: Point[], area: Area, sheet: Sheet, front: string[]): void {
  const tree = new Set([key(...points[0])]);
  const parse = (id: string) => id.split(" ").map(Number) as Point;
  const distance = ([x, y]: Point) =>
    Math.min(...[...tree].map(parse).map(([tx, ty]) => Math.abs(tx - x) + Math.abs(ty - y)));
  for (let rest = points.slice(1); rest.length; ) {
    // The label, which is the last of them, has its pick of the wire.
    const next = rest.slice(0, -1).reduce((a, b) => (distance(b) < distance(a) ? b : a), rest[0]);
    rest = rest.filter((one) => one !== next);
    if (!tree.has(key(...next))) sheet.route(net, next, tree, area);
  }
  for (const id of tree) {
    // A pin, or a label, is a way too.
    const own = points.filter((one) => key(...one) === id).length;
    const [x, y] = parse(id);
    if (sheet.points.get(id)!.ways.size + own > 2)
      front.push(tag("circle", { cx: x * STEP, cy: y * STEP, r: 3.2, fill: WIRE }));
  }
}

/** The plate in the lower right corner. */
function plate({ size: [width, height], title, board }: Netlist, { version, tested }: About): string[] {
  const words = [
    title,
    `Board ${board}, firmware ${version}`,
    `Drawn from docs/reference-design/${board}.json by npm run docs`,
    tested ? `Tried on hardware: ${tested}` : "Not tried on hardware",
  ];
  const box = { fill: "none", stroke: INK };
  return [
    tag("rect", { x: 5, y: 5, width: (width - 1) * STEP, height: (height - 1) * STEP, ...box, "stroke-width": 1.5 }),
    tag("rect", {
      x: (width - 42) * STEP,
      y: (height - 8) * STEP,
      width: 41 * STEP,
      height: 7 * STEP,
      ...box,
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
}

/** What a drawing says of itself: the firmware's version, and what of the board was tried on hardware. */
export interface About {
  version: string;
  tested: false | string;
}

/** The schematic of a netlist, as SVG. */
export function schematic(netlist: Netlist, about: About): string {
  const all = ends(netlist);
  const sheet = new Sheet();
  const front: string[] = [];
  for (const group of netlist.groups)
    for (const [ref, part] of Object.entries(group.parts)) {
      const shown = netlist.items[part.item].value ?? part.item;
      sheet.block(bodyOf(part, group));
      front.push(SYMBOLS[part.is] ? symbol(part, group, ref, shown, sheet) : box(part, group, ref, shown));
    }
  for (const end of all) {
    const { at, out } = pinEnd(end);
    sheet.pin(at, end.net === "-" ? `${end.ref} ${end.pin}` : end.net);
    // The lead of a box's pin is its own.
    const [x, y] = [at[0] - DIRECTIONS[out][0], at[1] - DIRECTIONS[out][1]];
    if (!SYMBOLS[end.part.is]) sheet.block([x, y, x, y]);
  }
  // Supply symbols and labels first: wires go around them. Then the nets, the short ones first.
  for (const group of netlist.groups)
    for (const part of Object.values(group.parts)) front.push(...supplies(group, part, sheet));
  for (const group of netlist.groups) {
    const [x, y] = group.at;
    const area: Area = [x + 1, y + 2, x + group.size[0] - 1, y + group.size[1] - 1];
    const nets = new Set(all.filter((end) => end.group === group && end.net !== "-").map(({ net }) => net));
    const extent = (values: number[]) => Math.max(...values) - Math.min(...values);
    const jobs = [...nets]
      .filter((net) => !atPins(group, net))
      .map((net) => ({ net, points: terminals(group, net, all, sheet, front) }))
      .map((job) => ({ ...job, span: extent(job.points.map(([x]) => x)) + extent(job.points.map(([, y]) => y)) }));
    for (const { net, points } of jobs.sort((a, b) => a.span - b.span)) join(net, points, area, sheet, front);
  }
  const [width, height] = netlist.size;
  return drawing(width * STEP, height * STEP, `${netlist.title}: schematic`, "", [
    ...netlist.groups.flatMap(frame),
    ...sheet.wires.map(({ path }) => wire(corners(path))),
    ...front,
    ...plate(netlist, about),
  ]);
}
