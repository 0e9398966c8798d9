/**
 * Functions that run once (once.ts) know what they are called with. What stays the same is written in the place of their
 * parameter: a driver keeps no options and no names for them, and what its board does not have goes from its code.
 */
import type { SourceMapMappings } from "@jridgewell/sourcemap-codec";
import type { Binding, Node, Scope, Tree } from "./rules";
import { read } from "./tree";

/** A text in place of what stands from `start` to `end`. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

/** Longest text, with its quotes, that may stand in more than one place. */
const SHORT = 8;

function lookUp(scope: Scope | undefined, name: string): Binding | undefined {
  for (let at = scope; at; at = at.outer) if (at.names.has(name)) return at.names.get(name);
  return undefined;
}

/** Whether all of it may be written anywhere, once or several times, and mean the same. */
function isPlain(node: Node, tree: Tree, assigned: Set<Binding | string>): boolean {
  if (node.type === "Literal") return !node.regex;
  if (node.type === "UnaryExpression") return /^(-|!|void)$/.test(node.operator) && node.argument.type === "Literal";
  return node.type === "Identifier" && !assigned.has(tree.resolve(node) ?? node.name);
}

/** What to change so that a function that is called where it stands has no parameters whose value is known. */
function edits(call: Node, tree: Tree, assigned: Set<Binding | string>): Edit[] {
  const { callee, arguments: values } = call;
  const made: Edit[] = [];
  const kept: number[] = [];
  const text = (node: Node) => tree.code.slice(node.start, node.end);
  const plain = (node: Node) => isPlain(node, tree, assigned);
  /** The edit that writes a value in the place of a name or member, if it means the same there. */
  const put = (at: Node, value: Node | undefined, uses: number): Edit | undefined => {
    const written = value ? text(value) : "void 0";
    const once = uses === 1 && tree.scope(at).body === callee;
    if (value && !plain(value)) {
      if (!once || value.type !== "ArrayExpression" || !value.elements.every(plain)) return undefined;
    } else if (uses > 1 && written.length > SHORT && value?.type !== "Identifier") return undefined;
    const names = value?.type === "ArrayExpression" ? value.elements : [value];
    for (const name of names)
      if (name?.type === "Identifier" && lookUp(tree.scope(at), name.name) !== tree.resolve(name)) return undefined;
    const { type, object, shorthand } = at.parent;
    if (type === "MemberExpression" && object === at && value?.type !== "Identifier") return undefined;
    return { start: at.start, end: at.end, text: shorthand ? `${at.name}: ${written}` : written };
  };
  callee.params.forEach((parameter: Node, i: number) => {
    const binding = tree.scope(callee).names.get(parameter.name)!;
    const uses = tree.nodes.filter((node) => node !== parameter && tree.resolve(node) === binding);
    const value: Node | undefined = values[i];
    const members = new Map<string, number>();
    for (const { parent } of uses) {
      const name = parent.type === "MemberExpression" && !parent.computed ? parent.property.name : "";
      members.set(name, (members.get(name) ?? 0) + 1);
    }
    let puts: (Edit | undefined)[] = [undefined];
    if (assigned.has(binding)) puts = [undefined];
    else if (value?.type !== "ObjectExpression") puts = uses.map((use) => put(use, value, uses.length));
    else if (value.properties.every((one: Node) => one.key?.type === "Identifier" && !one.computed && !one.method))
      puts = uses.map(({ parent }) => {
        const name = parent.type === "MemberExpression" && !parent.computed ? parent.property.name : "";
        const { type, left, callee: called } = parent.parent;
        if (!name || (type === "AssignmentExpression" && left === parent) || called === parent) return undefined;
        const property = value.properties.find((one: Node) => one.key.name === name);
        return put(parent, property?.value, members.get(name)!);
      });
    if (puts.includes(undefined)) kept.push(i);
    else made.push(...(puts as Edit[]));
  });
  if (kept.length === callee.params.length) return [];
  /** The edits that take the others out of a list, each with the comma in front of it, or behind it at the beginning. */
  const without = (nodes: Node[]): Edit[] =>
    nodes.flatMap((node, i) => {
      if (kept.includes(i)) return [];
      const first = kept.every((one) => one > i);
      const start = first ? node.start : nodes[i - 1].end;
      return [{ start, end: first ? (nodes[i + 1]?.start ?? node.end) : node.end, text: "" }];
    });
  return [...made, ...without(values), ...without(callee.params)];
}

/** Does that in a program, and moves the marks of its source map along. */
export function fillIn(lines: string[], marks: SourceMapMappings): void {
  for (let changed = true; changed; ) {
    const tree = read(lines.join("\n"));
    const assigned = new Set<Binding | string>();
    for (const node of tree.nodes) {
      const target =
        node.type === "AssignmentExpression" ? node.left : node.type === "UpdateExpression" && node.argument;
      if (target?.type === "Identifier") assigned.add(tree.resolve(target) ?? target.name);
    }
    const all: Edit[] = [];
    for (const call of tree.nodes) {
      if (call.type !== "CallExpression" || call.callee.type !== "FunctionExpression") continue;
      if (call.callee.params.some((one: Node) => one.type !== "Identifier")) continue;
      const own = edits(call, tree, assigned);
      const clash = own.some(
        ({ start, end }) =>
          tree.code.slice(start, end).includes("\n") || all.some((one) => one.start < end && start < one.end),
      );
      if (!clash) all.push(...own);
    }
    changed = all.length > 0;
    const starts = [0];
    for (const line of lines) starts.push(starts[starts.length - 1] + line.length + 1);
    for (const { start, end, text } of all.sort((a, b) => b.start - a.start)) {
      const line = starts.findIndex((next) => next > start) - 1;
      const [from, to] = [start - starts[line], end - starts[line]];
      lines[line] = lines[line].slice(0, from) + text + lines[line].slice(to);
      for (const mark of marks[line] ?? [])
        if (mark[0] > from)
          mark[0] = Math.max(from, mark[0] + (mark[0] < to ? from - mark[0] : text.length - (to - from)));
    }
  }
}
