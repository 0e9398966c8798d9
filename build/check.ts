import { readFileSync } from "node:fs";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { parse } from "acorn";
import { boardNames, bundle } from "./bundle";
import { type Binding, isFunction, message, type Node, RULES, type Scope, type Tree } from "./rules";

/** Something in a bundle that the device cannot run, or runs wrongly. */
export interface Problem {
  rule: string;
  /** What it is and what to write instead. */
  message: string;
  /** Line and column, both from 1: those of `source`, or of the bundle where the map does not know. */
  line: number;
  column: number;
  source?: string;
}

/** Checks a built bundle against the language of the interpreter; with its source map, problems name the source they come from. */
export function check(code: string, map?: string): Problem[] {
  const traced = map ? new TraceMap(map) : undefined;
  const problem = (rule: string, line: number, column: number, say: (original?: string | null) => string): Problem => {
    const from = traced && originalPositionFor(traced, { line, column });
    // Sources are relative to the bundle's folder, one below the root.
    if (from?.source == null) return { rule, message: say(), line, column: column + 1 };
    return {
      rule,
      message: say(from.name),
      line: from.line,
      column: from.column + 1,
      source: from.source.replace(/^(\.\.\/)+/, ""),
    };
  };

  let tree: Tree;
  try {
    tree = read(code);
  } catch (error: any) {
    if (!error.loc) throw error;
    return [problem("syntax", error.loc.line, error.loc.column, () => error.message)];
  }
  const found = new Map<string, [number, Problem]>();
  for (const rule of RULES) {
    const types = rule.on.split(" ");
    for (const node of tree.nodes.filter(({ type }) => types.includes(type))) {
      const hit = rule.when ? rule.when(node, tree) : true;
      if (!hit) continue;
      const hits: Iterable<[Node, string]> = typeof hit === "object" ? hit : [[node, hit === true ? "" : hit]];
      for (const [at, text] of hits) {
        // The minifier renames variables; the map knows what they were called.
        const say = (original?: string | null) => message(rule, at.name === text && original ? original : text);
        const { line, column } = at.loc.start;
        found.set(`${rule.name} ${at.start}`, [at.start, problem(rule.name, line, column, say)]);
      }
    }
  }
  return [...found.values()].sort(([a], [b]) => a - b).map(([, p]) => p);
}

/** Parses a program and finds out what each of its names stands for. */
function read(code: string): Tree {
  const program: Node = parse(code, {
    ecmaVersion: "latest",
    sourceType: "script",
    allowHashBang: true,
    locations: true,
  });
  const nodes: Node[] = [];
  const scopes = new Map<Node, Scope>();
  const properties = new Set<string>();

  const children = (node: Node): Node[] =>
    Object.entries<any>(node).flatMap(([key, value]) =>
      key === "parent" ? [] : (Array.isArray(value) ? value : [value]).filter((item) => typeof item?.type === "string"),
    );

  function declare(target: Node, kind: Binding["kind"], scope: Scope, from?: Node, value?: Node): void {
    if (target.type !== "Identifier") {
      // A pattern: a problem of its own, and still it declares names.
      const names = { Property: target.value, AssignmentPattern: target.left }[target.type as string];
      for (const child of names ? [names] : children(target)) declare(child, kind, scope, from);
      return;
    }
    const known = scope.names.get(target.name);
    const binding = known ?? { kind, scope, declared: [], value };
    if (known) binding.value = undefined;
    scope.names.set(target.name, binding);
    const at = from?.type === "VariableDeclaration" ? target.start : from?.start;
    if (from) binding.declared.push({ at, region: region(from) });
  }

  function visit(node: Node, parent: Node, outer?: Scope): void {
    node.parent = parent;
    nodes.push(node);
    let scope = outer!;
    if (/Function|^(Program|BlockStatement|For\w*|SwitchStatement|CatchClause|Class\w+)$/.test(node.type)) {
      const body = isFunction(node) || !outer ? node : outer.body;
      scope = { node, body, outer, names: new Map() };
    }
    scopes.set(node, scope);
    if (node.type === "FunctionDeclaration") declare(node.id, "function", outer!, node, node);
    if (node.type === "ClassDeclaration") declare(node.id, "class", outer!, node, node);
    if (/^(Function|Class)Expression$/.test(node.type) && node.id)
      declare(node.id, "parameter", scope, undefined, node);
    if (isFunction(node)) for (const parameter of node.params) declare(parameter, "parameter", scope);
    if (node.type === "CatchClause" && node.param) declare(node.param, "parameter", scope);
    if (node.type === "VariableDeclaration") {
      const kind = node.kind === "var" ? "var" : "let";
      let to = scope;
      if (kind === "var") while (to.outer && to.node !== to.body) to = to.outer;
      for (const { id, init } of node.declarations)
        declare(id, kind, to, node, init && /Function|Class/.test(init.type) ? init : undefined);
    }
    const key = node.key ?? (node.type === "AssignmentExpression" ? node.left.property : undefined);
    if (key && parent.type !== "ObjectPattern") properties.add(String(key.name ?? key.value));
    for (const child of children(node)) visit(child, node, scope);
  }

  /** The part of the program that has run for certain once this declaration has. */
  function region(declaration: Node): Node {
    let node = declaration;
    for (; node.parent && !isFunction(node.parent); node = node.parent) {
      const { type, body } = node.parent;
      if (type === "SwitchCase") return node.parent;
      if (type === "IfStatement" || type === "TryStatement") return node;
      if (/^(For|ForIn|ForOf|While)Statement$/.test(type) && body === node) return node;
    }
    return node;
  }

  const isName = (node: Node): boolean => {
    if (node.type !== "Identifier") return false;
    const { type, computed, object, value } = node.parent;
    if (type === "MemberExpression") return computed || object === node;
    if (/^(Property|MethodDefinition|PropertyDefinition)$/.test(type)) return computed || value === node;
    return !/^(LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(type);
  };

  visit(program, undefined);
  return {
    code,
    nodes,
    children,
    isName,
    scope: (node) => scopes.get(node)!,
    resolve: (node) => {
      if (!isName(node)) return undefined;
      let scope = scopes.get(node);
      while (scope && !scope.names.has(node.name)) scope = scope.outer;
      return scope?.names.get(node.name);
    },
    defines: (property) => properties.has(property),
  };
}

async function main(args: string[]): Promise<void> {
  const file = args[0] === "--file" ? args[1] : undefined;
  for (const name of file ? [file] : boardNames()) {
    const { code, map } = file ? { code: readFileSync(file, "utf8"), map: undefined } : await bundle(name);
    const problems = check(code, map);
    for (const { source = name, line, column, rule, message } of problems)
      console.log(`${source}:${line}:${column} ${rule}: ${message}`);
    console.log(`${name}: ${problems.length === 0 ? "language ok" : `${problems.length} to mend`}`);
    if (problems.length > 0) process.exitCode = 1;
  }
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
