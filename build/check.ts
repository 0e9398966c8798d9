import { readFileSync } from "node:fs";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { boardNames, bundle } from "./bundle";
import { JIGS, jigBundle } from "./jig";
import { message, type Node, RULES, type Tree } from "./rules";
import { read } from "./tree";

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

async function main(args: string[]): Promise<void> {
  const file = args[0] === "--file" ? args[1] : undefined;
  const programs = file
    ? [[file, async () => ({ code: readFileSync(file, "utf8"), map: undefined })] as const]
    : [
        ...boardNames().map((name) => [name, () => bundle(name)] as const),
        ...Object.keys(JIGS).map((name) => [`jig ${name}`, () => jigBundle(name)] as const),
      ];
  for (const [name, made] of programs) {
    const { code, map } = await made();
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
