import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { parse } from "acorn";
import { full } from "acorn-walk";
import { type Bundle, bundle } from "../../build/bundle";

const root = resolve(__dirname, "../..");
let built: Bundle;
const program = () => parse(built.code, { ecmaVersion: 2022, sourceType: "module", locations: true }) as any;

beforeAll(async () => {
  built = await bundle("esp32");
});

test("the same sources give the same bytes", async () => {
  expect((await bundle("esp32")).sha256).toBe(built.sha256);
});

test("what was moved is still found: every text of the bundle leads to a line of a source that holds it", () => {
  const map = new TraceMap(built.map);
  const lines = new Map<string, string[]>();
  const sources = new Set<string>();
  full(program(), (node: any) => {
    // Short ones are what the minifier makes of template parts and the like.
    if (node.type !== "Literal" || typeof node.value !== "string" || !/^[A-Za-z_]{4,}$/.test(node.value)) return;
    const at = originalPositionFor(map, { line: node.loc.start.line, column: node.loc.start.column });
    if (!at.source || at.source.includes("boards/")) return;
    const file = join(root, "dist", at.source);
    if (!lines.has(file)) lines.set(file, readFileSync(file, "utf8").split("\n"));
    expect(lines.get(file)![at.line! - 1]).toContain(node.value);
    sources.add(at.source);
  });
  expect([...sources]).toEqual(
    expect.arrayContaining([
      "../firmware/setup.ts",
      "../firmware/console/command.overlay.ts",
      "../hal/drivers/matrix.ts",
      "../hal/espruino/espruino.ts",
    ]),
  );
});

test("what runs once is no function of its own, and numbers that never change are no variables", () => {
  const functions: string[] = [];
  for (const node of program().body) {
    if (node.type === "FunctionDeclaration") functions.push(node.id.name);
    if (node.type !== "VariableDeclaration") continue;
    // Numbers that are left are variables indeed: the hash's two halves.
    const numbers = node.declarations.filter((one: any) => typeof one.init?.value === "number");
    expect(numbers.map((one: any) => one.init.value)).toEqual(numbers.map(() => 0));
  }
  const named = new Map<string, number>();
  const called: string[] = [];
  full(program(), (node: any) => {
    if (node.type === "Identifier") named.set(node.name, (named.get(node.name) ?? 0) + 1);
  });
  for (const node of program().body)
    if (node.type === "ExpressionStatement" && node.expression.type === "CallExpression")
      called.push(node.expression.callee.name ?? "");
  expect(functions.filter((name) => named.get(name) === 2 && called.includes(name))).toEqual([]);
});

test("what is asleep is one function, with those inside that only it calls; what several need is there once", () => {
  const functions = program()
    .body.flatMap((node: any) => node.declarations ?? [])
    .filter(({ init }: any) => init?.type === "ArrowFunctionExpression");
  for (const text of ["STARTING_CODE", "active_until_timestamp", ".fill(0)"]) {
    const [overlay, ...others] = functions.filter(({ init }: any) =>
      built.code.slice(init.start, init.end).includes(text),
    );
    expect(others).toHaveLength(0);
    const declared = overlay.init.body.body.flatMap((node: any) => node.declarations ?? []);
    expect(declared.some(({ init }: any) => init?.type === "ArrowFunctionExpression")).toBe(true);
  }
  // Three overlays ask for the server in use, whose text ends in a record that is not full.
  expect(built.code.match(/\|\|!\w\[54\]/g)).toHaveLength(1);
});
