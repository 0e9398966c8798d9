/** What is worked out when a bundle is built changes nothing about what the program does, and its map still leads home. */
import { runInNewContext } from "node:vm";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { transformSync } from "esbuild";
import { edits, rewrite } from "../../build/known";
import { shorten } from "../../build/shorten";

/** A program worked out to the end, and made shorter. */
function settled(source: string): { code: string; map: string } {
  let { code, map } = transformSync(source, { sourcemap: "external", sourcefile: "source.js" });
  for (let changes = edits(code); changes.length; changes = edits(code)) ({ code, map } = rewrite(code, map, changes));
  return shorten(code, map);
}

/** What a program says. */
function said(code: string): string[] {
  const lines: string[] = [];
  runInNewContext(code, { say: (line: unknown) => lines.push(String(line)), D5: "pin" });
  return lines;
}

const PROGRAMS: [what: string, source: string, gone: RegExp][] = [
  [
    "options of what runs once",
    `const made = (function (pin, options, extra) { const n = options.size; return { read: () => pin + n + options.size + options.low, x: () => extra }; })
      (D5, { size: 4096, other: "a long text that nobody needs" }, "b");
     say(made.read() + made.x());`,
    /options|other|extra/,
  ],
  [
    "a list that is used once",
    `const sum = (function (options) { const list = options.list; let n = 0; for (const one of list) n += one; return n; })({ list: [1, 2, 3] }); say(sum);`,
    /options/,
  ],
  ["a name that another one hides", `const a = 1; say((function (p) { const a = 2; return p + a; })(a));`, /nothing/],
  ["a parameter that changes", `say((function (p) { p++; return p; })(1));`, /nothing/],
  [
    "options that are handed on",
    `function f(o) { return o.a; } say((function (o) { return f(o) + o.a; })({ a: 1 }));`,
    /nothing/,
  ],
  ["options that change", `say((function (o) { o.a = 2; return o.a; })({ a: 1 }));`, /nothing/],
  ["what is done while a value is made", `let n = 0; (function (o) { return o; })(n++); say(n);`, /nothing/],
  [
    "a variable of one value",
    `function f() { let off = false; let kept = 1; off = false; if (off) say("never"); kept = 2; return kept + (off ? 1 : 2); } say(f());`,
    /off/,
  ],
  [
    "what nobody reads",
    `function unused() { say("never"); } let count = 5; const view = { a: [1] }; let last; last = say("kept"); count = say("too");`,
    /unused|never|count|view/,
  ],
  [
    "functions that have a this, and methods",
    `const o = { n: 3, f: function () { return this.n; }, g() { return arguments.length; } }; say(o.f() + o.g(1, 2));`,
    /nothing/,
  ],
  [
    "what the language has",
    `say([1.5, 2.5, 3.5, 4.5, 5.5, 6.5].map((n) => Math.floor(n) + Math.floor(n) + Math.floor(n) + Math.floor(n) + Math.floor(n)));
     const Math$max = (a) => a; say(Math$max(1) + Math.max(1, 2)); let u; say(u === void 0 && void 0 === void 0 && (void 0 || true) && !void 0 && !void 0 && !void 0);`,
    /nothing/,
  ],
  [
    "words of views",
    `const view = new DataView(new ArrayBuffer(16)); const of = () => view; let at = 0;
     view.setUint32(12, 7, true); view.setUint32(4, view.getUint32(12, true) + 1, true); of().setUint32(8, 5, false);
     say([${"view.getUint32(4, true), ".repeat(12)} of().getUint32(at += 4, true), (at ? view : 0).getUint32(8, true), view.getUint32(8)]);`,
    /(, ){3}|\.getUint32\(4/,
  ],
];

test.each(PROGRAMS)("%s", (_what, source, gone) => {
  const { code } = settled(source);
  expect(said(code)).toEqual(said(source));
  expect(said(source).length).toBeGreaterThan(0);
  expect(code).not.toMatch(gone);
});

test("the map leads from what is left to where it was written", () => {
  const source = `const a = (function (o) {\n  const unused = 1;\n  return o.size + "marked";\n})({ size: 5 });\nsay(a + "at the end");`;
  const { code, map } = settled(source);
  const trace = new TraceMap(map);
  for (const text of ["marked", "at the end"]) {
    const lines = code.split("\n");
    const line = lines.findIndex((one) => one.includes(text));
    const found = originalPositionFor(trace, { line: line + 1, column: lines[line].indexOf(`"${text}`) });
    expect(source.split("\n")[found.line! - 1].indexOf(`"${text}`)).toBe(found.column);
  }
});
