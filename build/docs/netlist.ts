/**
 * Netlists of the reference designs, docs/reference-design/*.json: parts, where they are on the sheet, and what is wired
 * to what. The schematic and the bill of materials are made from them.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { table } from "./wiring";

const folder = resolve(__dirname, "../../docs/reference-design");

/** What is bought: the same item may be in many places. */
export interface Item {
  /** What is drawn beside it, if that is not its name in the list: "10k". */
  value?: string;
  package: string;
  /** A part that can be ordered; others with the same figures will do. */
  order: string;
  /** Why this one. */
  why: string;
}

export type Side = "left" | "right" | "top" | "bottom";
export const SIDES: Side[] = ["left", "right", "top", "bottom"];

export interface Part {
  /** A symbol of build/docs/symbols.ts, or "block": a box with named pins. */
  is: string;
  item: string;
  /** Which part of the board's JSON it belongs to: "rtc", "modem", "i2c", "reserved.D36"; or "controller", or what else it is for. */
  for: string;
  /** Middle of a symbol, or upper left corner of a box, in steps of the group's grid. */
  at: [x: number, y: number];
  /** Quarter turns to the right. */
  turn?: 0 | 1 | 2 | 3;
  /** Whether a symbol is mirrored, left for right, before it is turned. */
  mirror?: boolean;
  /** Where its words are, if not where they usually are. */
  words?: Side;
  /** A symbol's nets by its pins. */
  nets?: { [pin: string]: string };
  /** A box: its width, and its pins on each side, "name number net"; "" leaves a place free, net "-" is not connected. */
  width?: number;
  height?: number;
  left?: string[];
  right?: string[];
  top?: string[];
  bottom?: string[];
}

export interface Group {
  title: string;
  at: [x: number, y: number];
  size: [width: number, height: number];
  notes?: string[];
  parts: { [ref: string]: Part };
  /** Where a net that is wired inside the group gets its label or its supply symbol, and on which side of the point. */
  labels?: { [net: string]: [x: number, y: number, side: Side] };
}

export interface Netlist {
  $schema?: string;
  /** Name of the board, of boards/. */
  board: string;
  title: string;
  size: [width: number, height: number];
  /** Volts of what feeds the device, from the least at which it works to the most, and of the controller's supply. */
  volts: { least: number; most: number; logic: number };
  items: { [item: string]: Item };
  groups: Group[];
}

/** One end of a net. */
export interface End {
  ref: string;
  part: Part;
  pin: string;
  number: string;
  net: string;
  group: Group;
}

/** Names of the reference designs there are: those of their boards. */
export const DESIGNS = ["esp32", "puckjs"];

export function readNetlist(name: string): Netlist {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
}

/** Supplies and ground are drawn as symbols at each pin, and need no labels. */
export const isSupply = (net: string): boolean => net === "GND" || net.startsWith("+");

/** All pins of a part. */
export function pinsOf(part: Part): { pin: string; number: string; net: string }[] {
  if (part.nets) return Object.entries(part.nets).map(([pin, net]) => ({ pin, number: pin, net }));
  return SIDES.flatMap((side) => part[side] ?? [])
    .filter(Boolean)
    .map((words) => {
      const [pin, number, net] = words.split(" ");
      return { pin, number, net };
    });
}

/** All ends of all nets. */
export function ends(netlist: Netlist): End[] {
  return netlist.groups.flatMap((group) =>
    Object.entries(group.parts).flatMap(([ref, part]) => pinsOf(part).map((pin) => ({ ref, part, group, ...pin }))),
  );
}

/** Letters, then number: R2 before R10. */
function byReference(a: string, b: string): number {
  const [x, y] = [a, b].map((ref) => /^([A-Z]+)(\d+)$/.exec(ref)!);
  return x[1].localeCompare(y[1]) || Number(x[2]) - Number(y[2]);
}

/** The bill of materials, in Markdown. */
export function billOfMaterials(netlist: Netlist): string {
  const parts = netlist.groups.flatMap(({ parts }) => Object.entries(parts));
  const rows = Object.entries(netlist.items).map(([item, { package: size, order, why }]) => {
    const refs = parts
      .filter(([, part]) => part.item === item)
      .map(([ref]) => ref)
      .sort(byReference);
    return { refs, row: [refs.join(" "), String(refs.length), item, size, order, why] };
  });
  return table(
    ["on the drawing", "number", "part", "package", "to order, or the like", "why"],
    rows.sort((a, b) => byReference(a.refs[0], b.refs[0])).map(({ row }) => row),
  );
}
