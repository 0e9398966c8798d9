import { parse } from "acorn";
import { type Binding, isFunction, type Node, type Scope, type Tree } from "./rules";

/** Parses a program and finds out what each of its names stands for. */
export function read(code: string): Tree {
  const program: Node = parse(code, {
    ecmaVersion: "latest",
    sourceType: "script",
    allowHashBang: true,
    locations: true,
  });
  const nodes: Node[] = [];
  const scopes = new Map<Node, Scope>();
  const properties = new Set<string>();

  const children = (node: Node): Node[] => {
    const found: Node[] = [];
    // Plain loops: this runs for every node of every bundle.
    for (const key in node) {
      const value = node[key];
      if (key === "parent" || typeof value !== "object" || !value) continue;
      if (Array.isArray(value)) for (const item of value) typeof item?.type === "string" && found.push(item);
      else if (typeof value.type === "string") found.push(value);
    }
    return found;
  };

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
