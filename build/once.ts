/**
 * Functions that run once, at boot: a driver's maker, a service's start. As declarations they would stay for ever, at 6
 * to 7 variables each; written where they are called, `(function (…) { … })(…)`, they are gone after the call.
 */
import { decode, encode, type SourceMapMappings } from "@jridgewell/sourcemap-codec";
import { parse } from "acorn";
import { ancestor, full } from "acorn-walk";

/** Around a call, what may make it happen more than once, or later. */
const AGAIN = /Function|^(For|While|DoWhile)/;

/** A function's declaration, and its name where it is called. */
interface Move {
  made: any;
  called: any;
}

/**
 * The functions that are named twice in the program, where they are declared and where they are called once their
 * surroundings run: the program at boot, or an overlay when it is called. Of those that share a line, the first.
 */
function find(code: string): Move[] {
  const program: any = parse(code, { ecmaVersion: 2022, sourceType: "module", locations: true });
  const named = new Map<string, number>();
  full(program, (node: any) => {
    if (node.type === "Identifier") named.set(node.name, (named.get(node.name) ?? 0) + 1);
  });
  const made = new Map<string, { node: any; around: any }>();
  const declare = (statements: any[], around: any) => {
    for (const node of statements) {
      if (node.type !== "FunctionDeclaration") continue;
      if (named.get(node.id.name) === 2) made.set(node.id.name, { node, around });
      if (around === program) declare(node.body.body, node);
    }
  };
  declare(program.body, program);
  const found: Move[] = [];
  const taken = new Set<number>();
  ancestor(program, {
    CallExpression(node: any, _state: unknown, above: any[]) {
      const declared = made.get(node.callee.name);
      if (!declared || declared.node.start > node.start) return;
      const inside = above.slice(above.indexOf(declared.around) + 1);
      if (!above.includes(declared.around)) return;
      const once = inside.every((outer, i) => !AGAIN.test(outer.type) || inside[i - 1]?.callee === outer);
      const own = [node.loc.start.line];
      for (let line = declared.node.loc.start.line; line <= declared.node.loc.end.line; line++) own.push(line);
      if (!once || own.some((line) => taken.has(line))) return;
      for (const line of own) taken.add(line);
      found.push({ made: declared.node, called: node.callee });
    },
  });
  return found;
}

const shift = (segments: SourceMapMappings[0], by: number, from = 0, to = Infinity) =>
  segments
    .filter(([column]) => column >= from && column < to)
    .map(([column, ...rest]) => [column + by, ...rest]) as any;

/**
 * Takes out the numbers that never change, as each takes a variable or two, and returns them by name: without its
 * declaration a name is whatever the build defines it to be.
 */
function takeConstants(lines: string[]): { [name: string]: string } {
  const assigned = new Set<string>();
  const constants: { [name: string]: string } = {};
  full(parse(lines.join("\n"), { ecmaVersion: 2022, sourceType: "module" }), (node: any) => {
    const target = node.type === "AssignmentExpression" ? node.left : node.type === "UpdateExpression" && node.argument;
    if (target) assigned.add(target.name);
  });
  lines.forEach((line, i) => {
    const [, name, value] = /^\s*var (\w+) = (-?[\d.e-]+);$/.exec(line) ?? [];
    if (!name || assigned.has(name) || (constants[name] ?? value) !== value) return;
    constants[name] = value;
    lines[i] = "";
  });
  return constants;
}

/**
 * Moves such functions to their calls, in a bundle that is not minified yet; its source map (JSON) moves along. Numbers
 * that never change come back by name, for the minifier to write where they are used.
 */
export function runOnce(
  code: string,
  map: string,
): { code: string; map: string; constants: { [name: string]: string } } {
  const json = JSON.parse(map);
  let lines = code.split("\n");
  const constants = takeConstants(lines);
  let marks = decode(json.mappings);
  for (;;) {
    const found = find(lines.join("\n"));
    if (!found.length) break;
    /** What comes in place of a line, by its number from 0. */
    const moved = new Map<number, { body: string[]; bodyMarks: SourceMapMappings }>();
    for (const { made, called } of found) {
      const { start, end } = made.loc;
      const at = called.loc.start;
      const behind = called.loc.end.column;
      // Declarations fill their lines: esbuild prints them so.
      const body = lines.slice(start.line - 1, end.line);
      const bodyMarks = marks.slice(start.line - 1, end.line);
      const [line, lineMarks] = [lines[at.line - 1], marks[at.line - 1] ?? []];
      const before = `${line.slice(0, at.column)}(`;
      body[0] = before + body[0];
      bodyMarks[0] = [...shift(lineMarks, 0, 0, at.column), ...shift(bodyMarks[0], before.length)];
      const last = body.length - 1;
      const width = body[last].length + 1;
      body[last] += `)${line.slice(behind)}`;
      bodyMarks[last] = [...bodyMarks[last], ...shift(lineMarks, width - behind, behind)];
      for (let i = start.line - 1; i < end.line; i++) moved.set(i, { body: [], bodyMarks: [] });
      moved.set(at.line - 1, { body, bodyMarks });
    }
    marks = lines.flatMap((_, i) => moved.get(i)?.bodyMarks ?? [marks[i] ?? []]);
    lines = lines.flatMap((line, i) => moved.get(i)?.body ?? [line]);
  }
  return { constants, code: lines.join("\n"), map: JSON.stringify({ ...json, mappings: encode(marks) }) };
}
