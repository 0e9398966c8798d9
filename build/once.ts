/**
 * Functions that run once, at boot: a driver's maker, a service's start. As declarations they would stay for ever, at 6
 * to 7 variables each; written where they are called, `(function (…) { … })(…)`, they are gone after the call.
 */
import { decode, encode, type SourceMapMappings } from "@jridgewell/sourcemap-codec";
import { parse } from "acorn";
import { ancestor, full } from "acorn-walk";
import { fillIn } from "./known";

/** Around a call, what may make it happen more than once, or later. */
const AGAIN = /Function|^(For|While|DoWhile)/;

/**
 * The first function that is named twice in the program, where it is declared and where it is called once its surroundings
 * run: the program at boot, or an overlay when it is called.
 */
function find(code: string): { made: any; called: any } | undefined {
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
  let found: { made: any; called: any } | undefined;
  ancestor(program, {
    CallExpression(node: any, _state: unknown, above: any[]) {
      const declared = found ? undefined : made.get(node.callee.name);
      if (!declared || declared.node.start > node.start) return;
      const inside = above.slice(above.indexOf(declared.around) + 1);
      if (!above.includes(declared.around)) return;
      const once = inside.every((outer, i) => !AGAIN.test(outer.type) || inside[i - 1]?.callee === outer);
      if (once) found = { made: declared.node, called: node.callee };
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
  const lines = code.split("\n");
  const constants = takeConstants(lines);
  const marks = decode(json.mappings);
  for (;;) {
    const found = find(lines.join("\n"));
    if (!found) break;
    const { start, end } = found.made.loc;
    const at = found.called.loc.start;
    const behind = found.called.loc.end.column;
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
    lines.splice(at.line - 1, 1, ...body);
    marks.splice(at.line - 1, 1, ...bodyMarks);
    lines.splice(start.line - 1, body.length);
    marks.splice(start.line - 1, body.length);
  }
  fillIn(lines, marks);
  lines.unshift(nameNatives(lines));
  marks.unshift([]);
  return { constants, code: toArrows(lines.join("\n")), map: JSON.stringify({ ...json, mappings: encode(marks) }) };
}

/** What the language has, and names of the same length for what a bundle uses often: the minifier shortens those. */
const NATIVES: { [written: string]: string } = {
  "JSON.stringify": "JSON$stringify",
  "Math.floor": "Math$floor",
  "Math.max": "Math$max",
  "Math.min": "Math$min",
  "String.fromCharCode": "String$fromCharCode",
  DataView: "$ataView",
  Uint8Array: "$int8Array",
  parseInt: "$arseInt",
  "void 0": "$void0",
};

/** Bytes that such a name has to save: it takes two variables. */
const WORTH = 30;

/** Gives what is used often a name of its own. Returns the declarations, one line. */
function nameNatives(lines: string[]): string {
  const code = lines.join("\n");
  const uses: { [written: string]: any[] } = {};
  full(parse(code, { ecmaVersion: 2022, sourceType: "module", locations: true }), (node: any) => {
    const written = /^(Member|Unary)Expression$|^Identifier$/.test(node.type) ? code.slice(node.start, node.end) : "";
    if (Object.hasOwn(NATIVES, written)) (uses[written] ??= []).push(node.loc.start);
  });
  let made = "";
  for (const [written, places] of Object.entries(uses)) {
    const name = NATIVES[written];
    if ((places.length - 1) * (written.length - 1) < WORTH) continue;
    for (const { line, column } of places)
      lines[line - 1] = lines[line - 1].slice(0, column) + name + lines[line - 1].slice(column + written.length);
    made += written === "void 0" ? `let ${name}; ` : `const ${name} = ${written}; `;
  }
  return made;
}

/** Whether a function has a `this`, `arguments` or name of its own to be asked for. */
function needsItself(node: any): boolean {
  let needed = node.generator || node.async;
  ancestor(node.body, {
    ThisExpression() {
      needed = true;
    },
    Identifier(found: any) {
      needed ||= found.name === "arguments" || (node.type === "FunctionExpression" && found.name === node.id?.name);
    },
  });
  return needed;
}

/** Writes functions as arrows, which are shorter and take no more variables. Nothing else moves in its line. */
function toArrows(code: string): string {
  const text = [...code];
  full(parse(code, { ecmaVersion: 2022, sourceType: "module" }), (node: any) => {
    if (!code.startsWith("function", node.start) || !/^Function/.test(node.type) || needsItself(node)) return;
    const open = code.lastIndexOf("(", node.params[0]?.start ?? node.body.start);
    const name = node.type === "FunctionDeclaration" ? `const ${node.id.name} =` : "";
    text.splice(node.start, open - node.start, ...name.padEnd(open - node.start));
    text[node.body.start - 1] = "=>";
  });
  return text.join("");
}
