// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cases are source text
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { check } from "../../build/check";
import { RULES } from "../../build/rules";

interface Case {
  rule: string;
  /** Bodies of functions that return the same in the language's standard; the interpreter manages only the good one. */
  bad: string;
  good: string;
  /** A part of the message that says what to write instead. */
  says: string;
  /** Why the bad one is not run on the interpreter. */
  skip?: "stops in the debugger" | "misbehaves only where there is no Unicode";
}

const CASES: Case[] = [
  {
    rule: "default-value",
    bad: "function f(a = 1) { return a } return f();",
    good: "function f(a) { if (a === undefined) a = 1; return a } return f();",
    says: "a === undefined",
  },
  {
    rule: "rest",
    bad: "function f(...a) { return a.length } return f(1, 2);",
    good: "function f() { return arguments.length } return f(1, 2);",
    says: "arguments",
  },
  { rule: "spread", bad: "return Math.max(...[1, 2]);", good: "return Math.max.apply(null, [1, 2]);", says: "apply" },
  {
    rule: "spread",
    bad: "return { ...{ a: 1 } };",
    good: "return Object.assign({}, { a: 1 });",
    says: "Object.assign",
  },
  {
    rule: "destructuring",
    bad: "const { a } = { a: 1 }; return a;",
    good: "const o = { a: 1 }; const a = o.a; return a;",
    says: "read each property",
  },
  {
    rule: "destructuring",
    bad: "let a = 1, b = 2; [a, b] = [b, a]; return a;",
    good: "let a = 1, b = 2; const c = a; a = b; b = c; return a;",
    says: "read each property",
  },
  {
    rule: "computed-key",
    bad: "const k = 'a'; return { [k]: 1 };",
    good: "const k = 'a', o = {}; o[k] = 1; return o;",
    says: "o[key] = value",
  },
  {
    rule: "optional-chain",
    bad: "const a = { b: 1 }; return a?.b;",
    good: "const a = { b: 1 }; return a && a.b;",
    says: "a && a.b",
  },
  { rule: "exponent", bad: "return 2 ** 3;", good: "return 2 * 2 * 2;", says: "multiply" },
  { rule: "exponent", bad: "let a = 2; a **= 2; return a;", good: "let a = 2; a *= a; return a;", says: "multiply" },
  {
    rule: "logical-assignment",
    bad: "let a = 0; a ||= 2; return a;",
    good: "let a = 0; a = a || 2; return a;",
    says: "a = a || b",
  },
  {
    rule: "logical-assignment",
    bad: "let a = null; a ??= 2; return a;",
    good: "let a = null; a = a ?? 2; return a;",
    says: "a = a || b",
  },
  {
    rule: "generator",
    bad: "function* g() { yield 1 } return g().next().value;",
    good: "const g = { next: function () { return { value: 1 } } }; return g.next().value;",
    says: "keeps its state",
  },
  {
    rule: "async",
    bad: "async function f() { await 1 } return typeof f().then;",
    good: "function f() { return Promise.resolve(1) } return typeof f().then;",
    says: "then()",
  },
  {
    rule: "label",
    bad: "a: for (;;) { for (;;) { break a } } return 1;",
    good: "function f() { for (;;) { for (;;) { return 1 } } } return f();",
    says: "return from it",
  },
  {
    rule: "private",
    bad: "class A { #x() { return 1 } y() { return this.#x() } } return new A().y();",
    good: "class A { x() { return 1 } y() { return this.x() } } return new A().y();",
    says: "TypeScript's private",
  },
  {
    rule: "tagged-template",
    bad: "function f(a) { return a.length } return f`abc`;",
    good: "function f(a) { return a.length } return f([`abc`]);",
    says: "call the function",
  },
  {
    rule: "new-target",
    bad: "function F() { this.a = new.target === F } return new F().a;",
    good: "function F() { this.a = this instanceof F } return new F().a;",
    says: "pass what",
  },
  {
    rule: "import",
    bad: "return typeof import('a').catch(function () {}).then;",
    good: "return typeof Promise.resolve(1).then;",
    says: "top of the file",
  },
  {
    rule: "with",
    bad: "with ({ abs: 1 }) { return 1 }",
    good: "const o = { abs: 1 }; return o.abs;",
    says: "name the object",
  },
  { rule: "debugger", bad: "debugger; return 1;", good: "return 1;", says: "remove it", skip: "stops in the debugger" },
  {
    rule: "case-after-default",
    bad: "switch (3) { case 1: return 1; default: return 2; case 3: return 3 }",
    good: "switch (3) { case 1: return 1; case 3: return 3; default: return 2 }",
    says: "default last",
  },
  {
    rule: "class-field",
    bad: "class A { x; y = 1; } return new A().y;",
    good: "class A { constructor() { this.y = 1 } } return new A().y;",
    says: "in the constructor",
  },
  {
    rule: "class-field",
    bad: "class A { x = []; } new A().x.push(1); return new A().x.length;",
    good: "class A { constructor() { this.x = [] } } new A().x.push(1); return new A().x.length;",
    says: "in the constructor",
  },
  {
    rule: "class-field",
    bad: "class A { static { A.x = 1 } } return A.x;",
    good: "class A { static x = 1 } return A.x;",
    says: "in the constructor",
  },
  {
    rule: "member-name",
    bad: "class A { delete() { return 1 } } return new A().delete();",
    good: "const a = { delete() { return 1 } }; return a.delete();",
    says: "not reserved",
  },
  {
    rule: "member-name",
    bad: "const a = { get 'x'() { return 1 } }; return a.x;",
    good: "const a = { get x() { return 1 } }; return a.x;",
    says: "plain word",
  },
  {
    rule: "reserved-name",
    bad: "const of = 1; return of;",
    good: "const o = { of: 1 }; return o.of;",
    says: "another name",
  },
  {
    rule: "super",
    bad: "class A { m() { return 1 } } class B extends A { m() { return (() => super.m())() } } return new B().m();",
    good: "class A { m() { return 1 } } class B extends A { m() { const r = super.m(); return (() => r)() } } return new B().m();",
    says: "keep the result",
  },
  {
    rule: "super",
    bad: "const o = { toString() { return typeof super.toString() } }; return o.toString();",
    good: "const o = { toString() { return 'string' } }; return o.toString();",
    says: "keep the result",
  },
  {
    rule: "super-chain",
    bad: "class A { m() { return 1 } } class B extends A { m() { return super.m() + 1 } } class C extends B {} return new C().m();",
    good: "class A { m() { return 1 } } class B extends A { k() { return super.m() + 1 } } class C extends B {} return new C().k();",
    says: "one level deep",
  },
  {
    rule: "extends",
    bad: "class A extends Error { constructor() { super('a'); this.code = 1 } } return new A().code;",
    good: "const e = new Error('a'); e.code = 1; return e.code;",
    says: "set a property",
  },
  {
    rule: "extends",
    bad: "const o = { A: class { m() { return 1 } } }; class B extends o.A {} return new B().m();",
    good: "const A = class { m() { return 1 } }; class B extends A {} return new B().m();",
    says: "by its name",
  },
  {
    rule: "arguments",
    bad: "function f() { return (() => arguments.length)() } return f(1, 2);",
    good: "function f() { const a = arguments; return (() => a.length)() } return f(1, 2);",
    says: "variable outside",
  },
  {
    rule: "array-length",
    bad: "const a = [1, 2]; a.length = 1; return a;",
    good: "const a = [1, 2]; a.splice(1); return a;",
    says: "splice()",
  },
  {
    rule: "array-length",
    bad: "const a = [1, 2]; a.length--; return a;",
    good: "function A() { this.length = 2 } const a = [1, 2]; a.pop(); return new A() && a;",
    says: "splice()",
  },
  {
    rule: "loop-closure",
    bad: "const f = []; for (let i = 0; i < 2; i++) f.push(() => i); return f[0]();",
    good: "const f = []; for (let i = 0; i < 2; i++) { const mine = i; f.push(() => mine) } return f[0]();",
    says: "const mine = i",
  },
  {
    rule: "loop-closure",
    bad: "const f = []; for (const i of [0, 1]) f.push(function () { return i }); return f[0]();",
    good: "const f = []; for (const i of [0, 1]) [0].forEach((x) => f.push(x + i)); return f[0];",
    says: "const mine = i",
  },
  {
    rule: "before-declaration",
    bad: "return f(); function f() { return 1 }",
    good: "function f() { return 1 } return f();",
    says: "move the declaration above",
  },
  {
    rule: "before-declaration",
    bad: "function f() { return g() } const a = f(); function g() { return 1 } return a;",
    good: "function f() { return g() } function g() { return 1 } const a = f(); return a;",
    says: "move the declaration above",
  },
  {
    rule: "before-declaration",
    bad: "a = 1; var a; return a;",
    good: "var a; a = 1; const f = () => b; let b = 2; return f() - a;",
    says: "move the declaration above",
  },
  {
    rule: "before-declaration",
    bad: "const a = [1].map((x) => x + g()); function g() { return 1 } return a;",
    good: "const f = (x) => x + g(); function g() { return 1 } return [1].map(f);",
    says: "move the declaration above",
  },
  {
    rule: "before-declaration",
    bad: "class A { constructor() { this.a = g() } } const a = new A().a; function g() { return 1 } return a;",
    good: "function f(n) { if (n > 0) return f(n - 1); const r = 1; return r } return f(2);",
    says: "move the declaration above",
  },
  {
    rule: "block-var",
    bad: "if (0 > 1) { var a = 1 } return a === undefined;",
    good: "var a; if (0 > 1) { a = 1 } return a === undefined;",
    says: "before the block",
  },
  {
    rule: "block-var",
    bad: "for (var i = 0; i < 0; i++) { var a = 1 } return a === undefined;",
    good: "for (var k in {}) {} return k === undefined;",
    says: "before the block",
  },
  {
    rule: "template",
    bad: "return `a${'}'}b`;",
    good: "const x = '}'; return `a${x}b`;",
    says: "into a variable",
  },
  { rule: "template", bad: "return `a\\${1}b`;", good: "return 'a${1}b';", says: "join with +" },
  { rule: "template", bad: "return `a${`}x`}b`;", good: "return `a${`${{ a: '' }.a}`}` + '}xb';", says: "join with +" },
  { rule: "code-point", bad: "return '\\u{41}';", good: "return '\\x41';", says: "\\xNN" },
  {
    rule: "non-ascii",
    bad: "return '\\u20ac'.charCodeAt(0) === 8364;",
    good: "return '\\xe9'.charCodeAt(0) === 233;",
    says: "plain ASCII",
    skip: "misbehaves only where there is no Unicode",
  },
  { rule: "bigint", bad: "return Number(10n);", good: "return 10;", says: "32-bit halves" },
  { rule: "big-number", bad: "return 10000000000000000000 > 1;", good: "return 1e19 > 1;", says: "exponent" },
  { rule: "regex-count", bad: "return /^a{2}$/.test('aa');", good: "return /^aa$/.test('aa');", says: "n times" },
  {
    rule: "regex-count",
    bad: "return new RegExp('^a{2}$').test('aa');",
    good: "return new RegExp('^a\\\\{2\\\\}$').test('a{2}');",
    says: "n times",
  },
  {
    rule: "regex-lazy",
    bad: "return /a.*?b/.exec('axbxb')[0];",
    good: "return /a[^b]*b/.exec('axbxb')[0];",
    says: "[^,]*",
  },
  {
    rule: "regex-optional",
    bad: "return /^ab?$/.test('a');",
    good: "return /^a$|^ab$/.test('a');",
    says: "alternatives",
  },
  {
    rule: "regex-group",
    bad: "return /^(?:ab)c$/.test('abc');",
    good: "return /^(ab)c$/.test('abc');",
    says: "plain group",
  },
  { rule: "regex-group", bad: "return /a(?=b)/.test('ab');", good: "return /ab/.test('ab');", says: "plain group" },
  { rule: "regex-group", bad: "return /(?<n>a)/.test('a');", good: "return /(a)/.test('a');", says: "plain group" },
  {
    rule: "regex-repeat",
    bad: "return /^(ab)+$/.test('abab');",
    good: "return /^([ab]+)$/.test('abab');",
    says: "loop",
  },
  { rule: "regex-or", bad: "return /^(a|b)c$/.test('ax');", good: "return /^ac$|^bc$/.test('ax');", says: "^ac$|^bc$" },
  {
    rule: "regex-nested",
    bad: "return /((a)b)/.exec('ab')[1];",
    good: "return /(a)b/.exec('ab')[0];",
    says: "two steps",
  },
  {
    rule: "regex-groups",
    bad: "return /(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)/.exec('abcdefghij')[10];",
    good: "return /a(b)(c)(d)(e)(f)(g)(h)(i)(j)/.exec('abcdefghij')[9];",
    says: "split()",
  },
  {
    rule: "regex-escape",
    bad: "return /\\bfoo/.test('foo');",
    good: "return /^foo| foo/.test('foo');",
    says: "character itself",
  },
  {
    rule: "regex-escape",
    bad: "return /(a)\\1/.test('aa');",
    good: "return /\\x61a/.test('aa');",
    says: "character itself",
  },
  {
    rule: "regex-escape",
    bad: "return /[\\u0041]/.test('A');",
    good: "return /[\\x41\\-\\]]/.test('A');",
    says: "\\xNN",
  },
  { rule: "regex-slash", bad: "return /[/]/.test('/');", good: "return /[\\/]/.test('/');", says: "\\/" },
  { rule: "regex-bar", bad: "return /a[|]b/.test(']b');", good: "return /a[\\|]b/.test(']b');", says: "\\|" },
  {
    rule: "regex-flag",
    bad: "return /^b/m.test('a\\nb');",
    good: "return /\\nb/gi.test('a\\nB');",
    says: "\\n for lines",
  },
  { rule: "regex-flag", bad: "return /a.b/s.test('a\\nb');", good: "return /a[^]b/.test('a\\nb');", says: "[^]" },
  {
    rule: "regex-place",
    bad: "let a = 0; if (a === 0) /x/.test('x') && (a = 1); return a;",
    good: "let a = 0; const x = /x/; if (a === 0) x.test('x') && (a = 1); return a;",
    says: "in a variable",
  },
  { rule: "unknown-global", bad: "return new Map() && 1;", good: "return {} && 1;", says: "plain object" },
  {
    rule: "unknown-global",
    bad: "return typeof setImmediate(function () {}) !== '';",
    good: "return typeof setTimeout(function () {}, 0) !== '';",
    says: "setTimeout(f, 0)",
  },
  {
    rule: "unknown-global",
    bad: "return Buffer.from([1]).length;",
    good: "return typeof Buffer === '' ? 0 : new Uint8Array([1]).length;",
    says: "Uint8Array",
  },
  { rule: "missing-member", bad: "return Math.trunc(1.5);", good: "return 1.5 | 0;", says: "x | 0" },
  { rule: "missing-member", bad: "return Array.from([1, 2]);", good: "return [1, 2].slice();", says: "slice()" },
  {
    rule: "missing-member",
    bad: "return typeof Uint8Array.from([1]).length;",
    good: "return typeof new Uint8Array([1]).length;",
    says: "write it out",
  },
  {
    rule: "missing-method",
    bad: "const a = [1, [2]]; return a.flat();",
    good: "const a = [1, [2]]; return [].concat.apply([], a);",
    says: "concat.apply",
  },
  {
    rule: "missing-method",
    bad: "return new Date(0).getUTCHours();",
    good: "const o = { getUTCHours() { return 0 } }; return o.getUTCHours();",
    says: "write it out",
  },
  {
    rule: "missing-method",
    bad: "const o = { at() {} }; return o && [1, 2].at(-1);",
    good: "const o = { at(n) { return n } }; return o.at(2);",
    says: "a.length - n",
  },
  {
    rule: "builtin-prototype",
    bad: "return Array.prototype.slice.call([1, 2], 1);",
    good: "return [].slice.call([1, 2], 1);",
    says: "[].slice.call",
  },
  {
    rule: "math-pow",
    bad: "const p = Math.pow; return p(2, 12) === 4096;",
    good: "let r = 1; for (let i = 0; i < 12; i++) r *= 2; return r === 4096;",
    says: "multiply",
  },
  { rule: "math-pow", bad: "return Math.pow(2, 12) === 4096;", good: "return (1 << 12) === 4096;", says: "multiply" },
  {
    rule: "ignored-argument",
    bad: "return 'a,b,c'.split(',', 2);",
    good: "return 'a,b,c'.split(',').slice(0, 2);",
    says: "slice()",
  },
  {
    rule: "ignored-argument",
    bad: "return JSON.stringify({ a: 1, b: 2 }, ['a']);",
    good: "return JSON.stringify({ a: 1 }, null, 0);",
    says: "loop",
  },
  {
    rule: "ignored-argument",
    bad: "return JSON.parse('[1]', function () { return 7 });",
    good: "return JSON.parse('[7]')[0];",
    says: "loop",
  },
  {
    rule: "ignored-argument",
    bad: "return 'abc'.replace('b', function () { return 'x' });",
    good: "return 'abc'.replace(/b/, function () { return 'x' });",
    says: "expression",
  },
  {
    rule: "replacement",
    bad: "return 'abc'.replace(/b/, '[$&]');",
    good: "return 'abc'.replace(/(b)/, '[$1]');",
    says: "function",
  },
  {
    rule: "module",
    bad: "return require('os') ? 1 : 0;",
    good: "return require('Storage') ? 1 : 0;",
    says: "import it",
  },
];

const problemsOf = (body: string) => check(`(function(){${body}})()`);
const CASE_NAMES = CASES.map((c): [string, Case] => [`${c.rule}: ${c.bad}`, c]);

test("every rule has a case", () => {
  const tried = new Set(CASES.map((c) => c.rule));
  expect(RULES.map((rule) => rule.name).filter((name) => !tried.has(name))).toEqual([]);
});

describe("an offence is named with its remedy, and the remedy passes", () => {
  test.each(CASE_NAMES)("%s", (_, { rule, bad, good, says }) => {
    const named = problemsOf(bad).filter((problem) => problem.rule === rule);
    expect(named).not.toEqual([]);
    expect(named[0].message).toContain(says);
    expect(problemsOf(good)).toEqual([]);
  });
});

/** What a body returns in the language's standard. */
function standard(body: string): unknown {
  return new Function("require", body)((name: string) => ({ name }));
}

test.each(CASE_NAMES)("the remedy means the same: %s", (_, { bad, good }) => {
  expect(standard(good)).toEqual(standard(bad));
});

test("code that the interpreter runs well is left alone", () => {
  const fine = `(()=>{
    class A { constructor(x) { this.x = x } get y() { return this.x } static z() { return 1 } }
    class B extends A { constructor() { super(1); this.list = [] } }
    try { throw new Error("x") } catch { print(\`a\${1 + 1}b\`) } finally {}
    for (const c of "abc") print(c);
    for (let i = 0, j = 3; i < j; i++) setTimeout(() => print(1), i);
    const o = { flat: () => 1, if: 1, "a-b": 2, of: 3 };
    const send = () => later();
    function later() { return new B().y ?? o.if }
    setWatch(send, D5, { repeat: true, edge: "both" });
    o.flat(); o.of; print(0xffffffff, 0b11, 1_000, 1e21);
    const match = /^\\+CSQ: (\\d+),(\\d+)$/.exec("x");
    E.on("kill", () => { require("Storage").write("a", match ? match[1] : "") });
    Serial1.setup(9600, { tx: A2, rx: B10 });
    if (typeof NRF !== "undefined") NRF.sleep();
    [3, 1].sort((a, b) => a - b).map(String);
  })();`;
  expect(check(fine)).toEqual([]);
});

test("text that is no program at all is one problem, with its place", () => {
  expect(check("let a =\n  ;")).toEqual([expect.objectContaining({ rule: "syntax", line: 2, column: 3 })]);
});

test("a problem names the TypeScript file, line and variable it comes from", async () => {
  const result = await build({
    stdin: {
      contents: [
        "interface Row { at: number }",
        "const readers: (() => number)[] = [];",
        "function keep(rows: Row[]): void {",
        "  for (const current of rows)",
        "    readers.push(() => current.at);",
        "}",
        "keep([]);",
      ].join("\n"),
      sourcefile: "firmware/metrics/rows.ts",
      loader: "ts",
    },
    bundle: true,
    minify: true,
    write: false,
    outfile: "dist/board.js",
    sourcemap: "external",
    format: "esm",
    target: "es2015",
  });
  const file = (ending: string) => result.outputFiles.find((output) => output.path.endsWith(ending))!.text;
  const problems = check(file(".js"), file(".map"));
  expect(problems).toEqual([
    {
      rule: "loop-closure",
      message: expect.stringContaining('"current"'),
      source: "firmware/metrics/rows.ts",
      line: 5,
      column: 24,
    },
  ]);
});

/** Runs a body on an interpreter of its own; gives what it returned as JSON, or how it failed. */
function device(body: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "check-"));
  const source = JSON.stringify(`(function(){${body}})()`);
  const run = `var r;try{r=JSON.stringify(eval(${source}))}catch(e){r="threw"}print("#"+r);quit();`;
  writeFileSync(join(folder, "case.js"), run);
  return new Promise((done) => {
    // Some builds write for ever once their input ends: it stays open, and the answer ends them.
    const child = spawn(process.env.ESPRUINO!, ["case.js"], { cwd: folder, timeout: 10000 });
    let output = "";
    child.stdout.on("data", (text) => {
      output += text;
      if (/#.*\n/.test(output)) child.kill();
    });
    child.on("close", () => {
      rmSync(folder, { recursive: true });
      done(/#(.*?)\r?\n/.exec(output)?.[1] ?? "no answer");
    });
  });
}

const onDevice = process.env.ESPRUINO ? test : test.skip;
const NEEDS = process.env.ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)";

onDevice(`the interpreter fails at each offence and manages each remedy${NEEDS}`, async () => {
  const unicode = (await device("return '\\u20ac'.charCodeAt(0);")) === "8364";
  const cases = CASES.filter((c) => !c.skip || (c.skip.includes("Unicode") && !unicode));
  const tryOut = async ({ bad, good }: Case) => {
    const right = JSON.stringify(standard(good));
    expect(`${good} gives ${await device(good)}`).toBe(`${good} gives ${right}`);
    expect(`${bad} gives ${await device(bad)}`).not.toBe(`${bad} gives ${right}`);
  };
  await Promise.all(cases.map(tryOut));
});
