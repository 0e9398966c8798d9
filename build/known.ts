/**
 * What is known of a bundle's names when it is built, and is therefore not left for the device to find out. Overlays and
 * makers of drivers are functions, and inside of functions the bundler looks for none of it:
 *
 * - parameters of functions that run once, where they are called (once.ts): a driver keeps no options and no names for them;
 * - variables that only ever have one value, as what a board leaves out is known to be `false`;
 * - what nobody reads.
 */
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { type Binding, isFunction, type Node, type Scope, type Tree } from "./rules";
import { read } from "./tree";

/** A text in place of what stands from `start` to `end`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** All uses of a name, and those of them that give it a value; `odd` if it is given one in another way than by `=`. */
interface Uses {
  all: Node[];
  writes: Node[];
  odd: boolean;
}

/** Longest text, with its quotes, that may stand in more than one place. */
const SHORT = 8;

/** Uses by what they are of: a binding, or the name of what the bundle does not declare. */
function usesOf(tree: Tree): Map<Binding | string, Uses> {
  const found = new Map<Binding | string, Uses>();
  for (const node of tree.nodes) {
    if (!tree.isName(node) || isDeclared(node)) continue;
    const name = tree.resolve(node) ?? node.name;
    const uses = found.get(name) ?? { all: [], writes: [], odd: false };
    found.set(name, uses);
    uses.all.push(node);
    const { type, operator, left } = node.parent;
    if (type === "AssignmentExpression" && left === node && operator === "=") uses.writes.push(node);
    else if (/^(Update|Assignment)Expression$|^For(In|Of)/.test(type) && (left ?? node) === node) uses.odd = true;
  }
  return found;
}

/** Whether an identifier is where its name is declared. */
function isDeclared({ parent, ...node }: Node): boolean {
  if (parent.type === "VariableDeclarator") return parent.id.start === node.start;
  if (parent.type === "CatchClause") return true;
  return (
    isFunction(parent) &&
    (parent.id?.start === node.start || parent.params.some((one: Node) => one.start === node.start))
  );
}

function lookUp(scope: Scope | undefined, name: string): Binding | undefined {
  for (let at = scope; at; at = at.outer) if (at.names.has(name)) return at.names.get(name);
  return undefined;
}

export function edits(code: string): Edit[] {
  const tree = read(code);
  const uses = usesOf(tree);
  const none: Uses = { all: [], writes: [], odd: false };
  const of = (name: Binding | string | undefined) => (name && uses.get(name)) || none;
  const text = (node: Node) => code.slice(node.start, node.end);
  const isSteady = ({ writes, odd }: Uses) => !writes.length && !odd;

  /** Whether all of it may be written anywhere, once or several times, and mean the same. */
  const isPlain = (node: Node): boolean => {
    if (node.type === "Literal") return !node.regex;
    if (node.type === "UnaryExpression") return /^(-|!|void)$/.test(node.operator) && node.argument.type === "Literal";
    return node.type === "Identifier" && isSteady(of(tree.resolve(node) ?? node.name));
  };
  /** Whether it does nothing but have a value. */
  const isPure = (node: Node): boolean =>
    isFunction(node) ||
    (/^(Literal|Identifier|((Unary|Binary|Logical|Conditional|Member|Array|Object)Expression)|Property)$/.test(
      node.type,
    ) &&
      node.operator !== "delete" &&
      tree.children(node).every(isPure));
  /** The edit that writes a value in the place of a name or member, if it means the same there. */
  const put = (at: Node, value: Node | undefined, times: number, once: boolean): Edit | undefined => {
    const written = value ? text(value) : "void 0";
    const list = value?.type === "ArrayExpression" ? value.elements : [];
    if (value && !isPlain(value)) {
      if (!once || value.type !== "ArrayExpression" || !list.every(isPlain)) return undefined;
    } else if (times > 1 && written.length > SHORT && value?.type !== "Identifier") return undefined;
    for (const name of [value, ...list])
      if (name?.type === "Identifier" && lookUp(tree.scope(at), name.name) !== tree.resolve(name)) return undefined;
    const { type, object, shorthand } = at.parent;
    if (type === "MemberExpression" && object === at && value?.type !== "Identifier") return undefined;
    return { start: at.start, end: at.end, text: shorthand ? `${at.name}: ${written}` : written };
  };
  /** The edits that take the nodes which are not `kept` out of a list, each with the comma in front of it, or behind it at the beginning. */
  const without = (nodes: Node[], kept: number[]): Edit[] =>
    nodes.flatMap((node, i) => {
      if (kept.includes(i)) return [];
      const first = kept.every((one) => one > i);
      const start = first ? node.start : nodes[i - 1].end;
      return [{ start, end: first ? (nodes[i + 1]?.start ?? node.end) : node.end, text: "" }];
    });

  /** A function that is called where it stands, without the parameters whose values are known. */
  const call = ({ callee, arguments: values }: Node): Edit[] => {
    const made: Edit[] = [];
    const kept: number[] = [];
    callee.params.forEach((parameter: Node, i: number) => {
      const found = of(tree.scope(callee).names.get(parameter.name));
      const value: Node | undefined = values[i];
      const memberOf = ({ parent }: Node) =>
        parent.type === "MemberExpression" && !parent.computed ? (parent.property.name as string) : "";
      const once = (at: Node, times: number) => times === 1 && tree.scope(at).body === callee;
      let puts: (Edit | undefined)[] = [undefined];
      if (!isSteady(found)) puts = [undefined];
      else if (value?.type !== "ObjectExpression")
        puts = found.all.map((use) => put(use, value, found.all.length, once(use, found.all.length)));
      else if (value.properties.every((one: Node) => one.key?.type === "Identifier" && !one.computed && !one.method))
        puts = found.all.map((use) => {
          const name = memberOf(use);
          const { type, left, callee: called } = use.parent.parent;
          if (!name || (type === "AssignmentExpression" && left === use.parent) || called === use.parent)
            return undefined;
          const times = found.all.filter((one) => memberOf(one) === name).length;
          const property = value.properties.find((one: Node) => one.key.name === name);
          return put(use.parent, property?.value, times, once(use, times));
        });
      if (puts.includes(undefined)) kept.push(i);
      else made.push(...(puts as Edit[]));
    });
    if (kept.length === callee.params.length) return [];
    return [...made, ...without(values, kept), ...without(callee.params, kept)];
  };

  /** What a value is in the end: of `a = b = 1`, 1. */
  const last = (node: Node): Node =>
    node.type === "AssignmentExpression" && node.operator === "=" ? last(node.right) : node;

  /** A declared name that is known, or that nobody reads. */
  const declarator = (node: Node): Edit[] => {
    const { id, init, parent } = node;
    const binding = id.type === "Identifier" && tree.scope(node) && lookUp(tree.scope(node), id.name);
    if (!binding || binding.declared.length > 1 || /^For(In|Of)/.test(parent.parent.type)) return [];
    const { all, writes, odd } = of(binding);
    if (odd) return [];
    const reads = all.filter((one) => !writes.includes(one));
    const values = [init, ...writes.map(({ parent }) => last(parent.right))];
    const [written] = values.map((value) => (value ? text(value) : "void 0"));
    const literal = values.every((value) => !value || (isPlain(value) && value.type !== "Identifier"));
    if (reads.length && literal && values.every((value) => (value ? text(value) : "void 0") === written)) {
      const puts = reads.map((one) => put(one, init, reads.length, false));
      if (!puts.includes(undefined)) return puts as Edit[];
    }
    if (reads.length) return [];
    if (writes.length) return writes.map(({ parent }) => ({ start: parent.start, end: parent.right.start, text: "" }));
    if (init && !isPure(init)) return [];
    const list = parent.declarations;
    if (list.length > 1)
      return without(
        list,
        list.flatMap((one: Node, i: number) => (one === node ? [] : [i])),
      );
    return parent.parent.type === "ForStatement" ? [] : [{ start: parent.start, end: parent.end, text: "" }];
  };

  const found: Edit[] = [];
  const add = (own: Edit[]) => {
    if (!own.some(({ start, end }) => found.some((one) => one.start < end && start < one.end))) found.push(...own);
  };
  for (const node of tree.nodes) {
    const { type, callee } = node;
    if (type === "CallExpression" && /^(Arrow)?FunctionExpression$/.test(callee.type))
      if (callee.params.every((one: Node) => one.type === "Identifier")) add(call(node));
    if (type === "VariableDeclarator") add(declarator(node));
    if (type === "FunctionDeclaration" && !of(lookUp(tree.scope(node).outer, node.id.name)).all.length)
      add([{ start: node.start, end: node.end, text: "" }]);
  }
  return found;
}

/** A program with other texts in places that do not overlap; its source map (JSON) moves along. */
export function rewrite(code: string, map: string, changes: Edit[]): { code: string; map: string } {
  const json = JSON.parse(map);
  const marks = decode(json.mappings);
  const lines = code.split("\n");
  const starts = [0];
  for (const line of lines) starts.push(starts[starts.length - 1] + line.length + 1);
  const place = (at: number) => {
    const line = starts.findIndex((next) => next > at) - 1;
    return [line, at - starts[line]];
  };
  for (const { start, end, text } of [...changes].sort((a, b) => b.start - a.start)) {
    const [from, column] = place(start);
    const [to, behind] = place(end);
    const tail = lines[to].slice(behind);
    const tailMarks = (marks[to] ?? []).filter(([at]) => at >= behind);
    const shift = (by: number) => {
      for (const mark of tailMarks) mark[0] += by;
    };
    marks[from] = (marks[from] ?? []).filter(([at]) => at <= column);
    lines[from] = lines[from].slice(0, column) + text;
    // Lines stay lines, so that the map keeps its rows.
    for (let line = from + 1; line <= to; line++) {
      lines[line] = "";
      marks[line] = [];
    }
    shift(to > from ? -behind : column + text.length - behind);
    lines[to] += tail;
    marks[to] = [...marks[to], ...tailMarks];
  }
  return { code: lines.join("\n"), map: JSON.stringify({ ...json, mappings: encode(marks) }) };
}
