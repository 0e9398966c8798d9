// What the Espruino interpreter (2v29) does not do, or does wrongly without saying so. Every row was seen on the interpreter:
// test/build/check.test.ts runs an offence and its remedy for each of them when ESPRUINO names one.

/** A node of the syntax tree, as acorn makes it, with its parent. */
export type Node = any;

/** What a name of the bundle stands for. */
export interface Binding {
  kind: "var" | "let" | "function" | "class" | "parameter";
  scope: Scope;
  /** From where on the name exists, and the part of the program that has run by then; empty for parameters. */
  declared: { at: number; region: Node }[];
  /** The function or class it always is, when that is known. */
  value?: Node;
}

/** The names of one block; `body` is the function or program it belongs to. */
export interface Scope {
  node: Node;
  body: Node;
  outer?: Scope;
  names: Map<string, Binding>;
}

/** The bundle as the rules see it. */
export interface Tree {
  code: string;
  nodes: Node[];
  children(node: Node): Node[];
  scope(node: Node): Scope;
  /** Whether an identifier stands for a variable, and not for a property. */
  isName(node: Node): boolean;
  /** What a name stands for; nothing when the bundle does not declare it. */
  resolve(node: Node): Binding | undefined;
  /** Whether the bundle makes a property of that name itself. */
  defines(property: string): boolean;
}

export const isFunction = (node: Node): boolean => /Function/.test(node.type);
export const inside = (node: Node, region: Node): boolean => node.start >= region.start && node.end <= region.end;

/** A rule: where it looks, when it objects, what it says. `%s` in `what` stands for the text that `when` returns. */
export interface Rule {
  name: string;
  /** Types of the nodes it looks at. */
  on: string;
  /** True, or a text for `%s`, or the nodes to report with their texts when they are not the node itself. */
  when?(node: Node, tree: Tree): boolean | string | undefined | Iterable<[Node, string]>;
  what: string;
  instead: string | ((found: string) => string);
}

const words = (text: string) => new Set(text.split(/\s+/));

/** Words the interpreter keeps for itself; `of`, `static` and `let` are ordinary names elsewhere. */
const RESERVED = words(
  "if else do while for break continue function return var let const this throw try catch finally true false null undefined new " +
    "in instanceof switch case default delete typeof void debugger class extends super static of",
);

/** Names that a bundle may use without declaring them: the language's, then Espruino's. */
const GLOBALS = words(
  "arguments undefined NaN Infinity globalThis eval isFinite isNaN parseFloat parseInt decodeURIComponent encodeURIComponent " +
    "Array ArrayBuffer Boolean DataView Date Error Function JSON Math Number Object Promise ReferenceError RegExp String SyntaxError " +
    "TypeError Float32Array Float64Array Int8Array Int16Array Int32Array Uint8Array Uint8ClampedArray Uint16Array Uint32Array " +
    "E NRF ESP32 ESP8266 Puck Bangle Jolt Pixl Microbit Bluetooth Telnet Terminal USB LoopbackA LoopbackB HIGH LOW " +
    "ArrayBufferView File Graphics I2C InternalError Modules OneWire Pin SPI Serial Server Socket Stepper StorageFile Uint24Array " +
    "Waveform analogRead analogWrite atob btoa changeInterval clearInterval clearTimeout clearWatch console digitalPulse " +
    "digitalRead digitalWrite dump echo edit getPinMode getSerial getTime global load peek16 peek32 peek8 pinMode poke16 poke32 " +
    "poke8 print process require reset save setBusyIndicator setDeepSleep setInterval setSleepIndicator setTime setTimeout setWatch " +
    "shiftOut trace",
);
const PINS = /^(?:[A-H]\d\d?|BTN\d?|LED\d?|(?:Serial|I2C|SPI)\d)$/;

/** Modules built into Espruino boards. */
const MODULES = words("Flash Storage Wifi crypto dgram fs heatshrink http neopixel net timer tls");

/** What there is behind a dot of a global object, found by asking the interpreter for every member that ES2023 has. */
const STATICS: Record<string, string> = {
  Object:
    "assign create defineProperties defineProperty entries fromEntries getOwnPropertyDescriptor getOwnPropertyDescriptors " +
    "getOwnPropertyNames getPrototypeOf keys setPrototypeOf values",
  Array: "isArray",
  Number: "MAX_VALUE MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY",
  String: "fromCharCode",
  Date: "now parse",
  Promise: "all reject resolve",
  JSON: "parse stringify",
  Math:
    "E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos asin atan atan2 ceil clip cos exp floor log max min pow randInt random round " +
    "sign sin sqrt tan wrap",
  console: "debug error info log trace warn",
  process: "env memory version",
  "process.env": "APP_RAM BOARD CONSOLE EXPTR FLASH GIT_COMMIT MODULES RAM SERIAL SPIFLASH STORAGE VERSION",
  ...Object.fromEntries(
    [...GLOBALS]
      .filter((name) => /^ArrayBuffer$|.Array$|Error$|^(?:Boolean|DataView|RegExp)$/.test(name))
      .map((name) => [name, ""]),
  ),
};
const EVERYWHERE = words(
  "apply bind call constructor emit hasOwnProperty length on prototype removeAllListeners removeListener toString",
);

/** Methods of the language's own objects that exist on no object of the interpreter. */
const MISSING_METHODS = words(
  "at codePointAt copyWithin entries finally findLast findLastIndex flat flatMap getBigInt64 getBigUint64 getUTCDate getUTCDay " +
    "getUTCFullYear getUTCHours getUTCMilliseconds getUTCMinutes getUTCMonth getUTCSeconds isPrototypeOf isWellFormed keys " +
    "localeCompare matchAll normalize propertyIsEnumerable reduceRight setBigInt64 setBigUint64 setUTCDate setUTCFullYear " +
    "setUTCHours setUTCMilliseconds setUTCMinutes setUTCMonth setUTCSeconds toDateString toExponential toLocaleDateString " +
    "toLocaleLowerCase toLocaleString toLocaleTimeString toLocaleUpperCase toPrecision toReversed toSorted toSpliced toTimeString " +
    "toWellFormed trimEnd trimLeft trimRight trimStart values with",
);

/** What to write in place of a missing global, member or method. */
const INSTEAD: Record<string, string> = {
  Map: "use a plain object",
  Set: "use a plain object or an array with includes()",
  WeakMap: "keep the value in a property of the object",
  WeakSet: "keep a flag in a property of the object",
  Symbol: "use a string as the key",
  BigInt: "use two 32-bit halves",
  Proxy: "write the getters and setters, or functions",
  Reflect: "use Object.keys(), apply() or the in operator",
  Intl: "format the text in code",
  Buffer: "use Uint8Array",
  TextEncoder: "use charCodeAt()",
  TextDecoder: "use String.fromCharCode()",
  RangeError: "throw an Error",
  URIError: "throw an Error",
  EvalError: "throw an Error",
  setImmediate: "use setTimeout(f, 0)",
  queueMicrotask: "use setTimeout(f, 0)",
  structuredClone: "copy with Object.assign() or slice()",
  performance: "use getTime()",
  "Math.trunc": "use x | 0 for 32-bit numbers, or Math.floor and Math.ceil",
  "Math.imul": "multiply 16-bit halves",
  "Math.clz32": "count with a loop of shifts",
  "Math.hypot": "use Math.sqrt(a * a + b * b)",
  "Math.log2": "use Math.log(x) / Math.LN2",
  "Math.log10": "use Math.log(x) / Math.LN10",
  "Math.fround": "store it in a Float32Array",
  "Array.from": "use map(), slice() or a loop",
  "Array.of": "use an array literal",
  "Number.isInteger": "use x === Math.floor(x)",
  "Number.isNaN": "use isNaN(x)",
  "Number.isFinite": "use isFinite(x)",
  "Number.parseInt": "use parseInt(x)",
  "Number.parseFloat": "use parseFloat(x)",
  "Number.MAX_SAFE_INTEGER": "write 9007199254740991",
  "Object.freeze": "leave it out: TypeScript's readonly does the job",
  "Object.is": "use ===",
  "Object.hasOwn": "use o.hasOwnProperty(key)",
  "Promise.race": "keep a flag in the callbacks",
  "Date.UTC": "use Date.parse() with an ISO text",
  ".at": "index with a.length - n",
  ".codePointAt": "use charCodeAt()",
  ".flat": "use concat.apply([], a)",
  ".flatMap": "use concat.apply([], a.map(f))",
  ".finally": "use then(f, f)",
  ".findLast": "loop from the end",
  ".entries": "use a counting loop, or Object.entries()",
  ".keys": "use a counting loop, or Object.keys()",
  ".values": "use a counting loop, or Object.values()",
  ".matchAll": "use exec() with the flag g in a loop",
  ".localeCompare": "compare with <",
  ".toPrecision": "use toFixed() or integers",
  ".toSorted": "use slice().sort()",
  ".toReversed": "use slice().reverse()",
  ".trimStart": "use trim(), or replace(/^\\s+/, '')",
  ".trimEnd": "use trim(), or replace(/\\s+$/, '')",
};
const insteadOf = (found: string) => INSTEAD[found] ?? "write it out in code";

/** The dotted name of an expression that starts at a global: `process.env` but not `a.env` of a local `a`. */
function globalPath(node: Node, tree: Tree): string | undefined {
  if (node.type === "Identifier") return tree.resolve(node) ? undefined : node.name;
  const name = node.type === "MemberExpression" ? memberName(node) : undefined;
  const object = name && globalPath(node.object, tree);
  return object && `${object}.${name}`;
}

/** The name behind the dot, also when it is written as `["name"]`. */
const memberName = (node: Node): string | undefined =>
  node.computed ? (typeof node.property.value === "string" ? node.property.value : undefined) : node.property.name;

const isCall = (node: Node, ...names: string[]) =>
  node.callee.type === "MemberExpression" && names.includes(memberName(node.callee)!);

const LITERALS = words("ArrayExpression Literal TemplateLiteral");

/** The function whose `this` and `super` a node sees: arrows have none of their own. */
function owner(node: Node): Node | undefined {
  let at = node.parent;
  while (at && !isFunction(at)) at = at.parent;
  return at;
}

/** The nearest node around another that has one of these types. */
function around(node: Node, ...types: string[]): Node | undefined {
  let at = node.parent;
  while (at && !types.includes(at.type)) at = at.parent;
  return at;
}

const REGEX_TOKEN = /\\(?:x[\da-f]{2}|u\{[^}]*\}|u[\da-f]{4}|c[a-z]|k<[^>]*>|p\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|./gis;

interface Pattern {
  flags: string;
  /** The pattern with every escape and character class written as one `a`. */
  shape: string;
  /** Escapes and classes, as written. */
  tokens: string[];
  literal: boolean;
}

/** Regular expressions: most of what is missing never matches, and says nothing. */
const REGEX: [name: string, bad: (pattern: Pattern) => boolean, what: string, instead: string][] = [
  [
    "regex-count",
    (p) => /\{\d+(,\d*)?\}/.test(p.shape),
    "counted repetition {n}",
    "write the part n times, or check the length",
  ],
  ["regex-lazy", (p) => /[*+?}]\?/.test(p.shape), "lazy quantifier", "exclude the end character, as in [^,]*"],
  ["regex-optional", (p) => /[^(*+?}]\?/.test(p.shape), "optional part ?", "use two alternatives, or * and a check"],
  [
    "regex-group",
    (p) => p.shape.includes("(?"),
    "group that starts with (?",
    "use a plain group, or test in code around it",
  ],
  [
    "regex-repeat",
    (p) => /\)[*+?{]/.test(p.shape),
    "repeated group",
    "repeat a character class, or use split() or a loop",
  ],
  [
    "regex-or",
    (p) => /\([^)]*\|/.test(p.shape),
    "alternative inside a group",
    "write whole alternatives, as in ^ac$|^bc$",
  ],
  ["regex-nested", (p) => /\([^)]*\((?!\?)/.test(p.shape), "group inside a group", "match in two steps"],
  ["regex-groups", (p) => p.shape.split("(").length > 10, "more than nine groups", "use split() or two expressions"],
  [
    "regex-escape",
    (p) =>
      p.tokens.some((t) =>
        (t[0] === "[" ? /\\(?![\dbdfnrstvwxDSW]|\W)|\\[1-9]/ : /^\\(?![\ddfnrstvwxDSW]|\W)|^\\[1-9]/).test(t),
      ),
    "escape that is not understood (backreference, \\b, \\u, \\p, \\c)",
    "write the character itself, \\xNN or a class",
  ],
  [
    "regex-slash",
    (p) => p.literal && p.tokens.some((t) => t[0] === "[" && /[^\\]\//.test(t)),
    "/ in a class",
    "write \\/",
  ],
  ["regex-bar", (p) => p.tokens.some((t) => t[0] === "[" && /[^\\]\|/.test(t)), "| in a class", "write \\|"],
  [
    "regex-flag",
    (p) => /[^gi]/.test(p.flags),
    "flag other than g and i",
    "use [^] for any character, \\n for lines, lastIndex in code",
  ],
];

function pattern(node: Node, tree: Tree): Pattern | undefined {
  const [first, second] = node.arguments ?? [];
  const made = node.arguments && globalPath(node.callee, tree) === "RegExp" && typeof first?.value === "string";
  const [source, flags] = made ? [first.value, String(second?.value ?? "")] : [node.regex?.pattern, node.regex?.flags];
  if (source === undefined) return undefined;
  const parts: string[] = source.match(REGEX_TOKEN) ?? [];
  const shape = parts.map((part) => (part.length > 1 ? "a" : part)).join("");
  return { flags, shape, tokens: parts.filter((part) => part.length > 1), literal: !made };
}

/** Methods that call a function before they return. */
const AT_ONCE = words("every filter find findIndex forEach map reduce replace some sort");

/** Whether a function runs where it stands: called on the spot, or handed to a method that calls it before it returns. */
const runsNow = (node: Node) =>
  /^(?:Call|New)Expression$/.test(node.parent.type) &&
  (node.parent.callee === node ||
    (node.parent.callee.type === "MemberExpression" && AT_ONCE.has(memberName(node.parent.callee)!)));

/** The function that a call runs, when the bundle shows it. */
function called(node: Node, tree: Tree): Node | undefined {
  const value = node.callee.type === "Identifier" ? tree.resolve(node.callee)?.value : undefined;
  if (value && /^Class/.test(value.type))
    return value.body.body.find((member: Node) => member.kind === "constructor")?.value;
  return value && isFunction(value) ? value : undefined;
}

const late = ({ declared }: Binding, at: number) => declared.length > 0 && declared.every((d) => d.at > at);

/** Uses, while `body` runs, of what it declares further down. Follows the calls that it makes; `at` is where it stands while in one. */
function* early(node: Node, body: Node, tree: Tree, seen: Set<Node>, at?: number): Iterable<[Node, string]> {
  const binding = node.type === "Identifier" && node.parent.operator !== "typeof" ? tree.resolve(node) : undefined;
  if (binding && binding.scope.body === body && late(binding, at ?? node.start)) yield [node, node.name];
  const callee = /^(?:Call|New)Expression$/.test(node.type) ? called(node, tree) : undefined;
  if (callee && !seen.has(callee)) {
    seen.add(callee);
    yield* early(callee.body, body, tree, seen, at ?? node.start);
  }
  for (const child of tree.children(node))
    if (!isFunction(child)) yield* early(child, body, tree, seen, at);
    else if (runsNow(child)) yield* early(child.body, body, tree, seen, at);
}

/** A binding of a loop's head that a function keeps beyond its turn of the loop. */
function keptFromLoop(node: Node, tree: Tree): boolean {
  const loop = tree.resolve(node)?.scope.node;
  if (!loop || !/^For/.test(loop.type)) return false;
  for (let at = node.parent; at !== loop; at = at.parent) if (isFunction(at) && !runsNow(at)) return true;
  return false;
}

const STRING_PARTS = "Literal TemplateElement";
const raw = (node: Node): string =>
  node.type === "TemplateElement" ? node.value.raw : typeof node.value === "string" ? node.raw : "";
const text = (node: Node): string =>
  node.type === "TemplateElement" ? (node.value.cooked ?? "") : String(node.value ?? "");

/** Every rule of the device's language. */
export const RULES: Rule[] = [
  {
    name: "default-value",
    on: "AssignmentPattern",
    what: "default value",
    instead: "test in the body, as in if (a === undefined) a = 1",
  },
  { name: "rest", on: "RestElement", what: "rest parameter or element", instead: "take an array, or read arguments" },
  {
    name: "spread",
    on: "SpreadElement",
    what: "spread",
    instead: "use concat(), slice(), f.apply(null, list) or Object.assign()",
  },
  {
    name: "destructuring",
    on: "ObjectPattern ArrayPattern",
    what: "destructuring",
    instead: "read each property into a name of its own",
  },
  {
    name: "computed-key",
    on: "Property MethodDefinition PropertyDefinition",
    when: (node) => node.computed,
    what: "computed key",
    instead: "assign it after the object is made, as in o[key] = value",
  },
  { name: "optional-chain", on: "ChainExpression", what: "?.", instead: "test for undefined first, as in a && a.b" },
  {
    name: "exponent",
    on: "BinaryExpression AssignmentExpression",
    when: (node) => node.operator === "**" || node.operator === "**=",
    what: "**",
    instead: "multiply",
  },
  {
    name: "logical-assignment",
    on: "AssignmentExpression",
    when: (node) => ["??=", "||=", "&&="].includes(node.operator) && node.operator,
    what: "%s",
    instead: "write it out, as in a = a || b",
  },
  {
    name: "generator",
    on: "FunctionDeclaration FunctionExpression",
    when: (node) => node.generator,
    what: "generator",
    instead: "use a function that is called once a step and keeps its state in an object",
  },
  {
    name: "async",
    on: "FunctionDeclaration FunctionExpression ArrowFunctionExpression ForOfStatement",
    when: (node) => node.async || node.await,
    what: "async and await",
    instead: "use callbacks, or then()",
  },
  { name: "label", on: "LabeledStatement", what: "label", instead: "put the loops into a function and return from it" },
  { name: "private", on: "PrivateIdentifier", what: "private member #", instead: "use TypeScript's private" },
  { name: "tagged-template", on: "TaggedTemplateExpression", what: "tagged template", instead: "call the function" },
  { name: "new-target", on: "MetaProperty", what: "new.target", instead: "pass what the constructor needs" },
  { name: "import", on: "ImportExpression", what: "import()", instead: "import at the top of the file" },
  { name: "with", on: "WithStatement", what: "with", instead: "name the object" },
  { name: "debugger", on: "DebuggerStatement", what: "debugger stops the device", instead: "remove it" },
  {
    name: "case-after-default",
    on: "SwitchStatement",
    when: (node) =>
      node.cases.findIndex((c: Node) => !c.test) < node.cases.length - 1 && node.cases.some((c: Node) => !c.test),
    what: "case after default",
    instead: "put default last",
  },
  {
    name: "class-field",
    on: "PropertyDefinition StaticBlock",
    when: (node) => !(node.static && node.value),
    what: "class field (without a value a syntax error, with one shared by all instances)",
    instead: "assign it in the constructor",
  },
  {
    name: "member-name",
    on: "MethodDefinition Property",
    when: ({ type, kind, key, computed }) =>
      !computed &&
      (type === "MethodDefinition" || kind !== "init") &&
      (key.type === "Literal" || RESERVED.has(key.name)) &&
      String(key.name ?? key.value),
    what: 'method or accessor named "%s"',
    instead: "give it a name that is a plain word and not reserved",
  },
  {
    name: "reserved-name",
    on: "Identifier",
    when: (node, tree) => tree.isName(node) && RESERVED.has(node.name) && node.name !== "undefined" && node.name,
    what: 'a variable named "%s", which the interpreter keeps for itself',
    instead: "give it another name (if the minifier chose it, add or remove a name and build again)",
  },
  {
    name: "super",
    on: "Super",
    when: (node) => {
      const method = owner(node)?.parent;
      return owner(node)?.type === "ArrowFunctionExpression" || method?.type !== "MethodDefinition";
    },
    what: "super outside a class's own method",
    instead: "call it in the method itself and keep the result",
  },
  {
    name: "super-chain",
    on: "Super",
    when: (node, tree) => {
      const cls = around(node, "ClassDeclaration", "ClassExpression")!;
      const name = node.parent.type === "MemberExpression" && memberName(node.parent);
      const extended = tree.nodes.some(
        (n) => n.superClass?.type === "Identifier" && tree.resolve(n.superClass)?.value === cls,
      );
      return extended && cls.body.body.some((member: Node) => member.key?.name === name) && `super.${name}`;
    },
    what: "%s in a class that has subclasses calls itself for ever there",
    instead: "keep classes one level deep, or give the parent's method another name",
  },
  {
    name: "extends",
    on: "ClassDeclaration ClassExpression",
    when: ({ superClass }, tree) =>
      superClass &&
      (superClass.type !== "Identifier" || !tree.resolve(superClass)) &&
      (superClass.name ?? "an expression"),
    what: "class that extends %s",
    instead: "extend a class of the bundle by its name; make errors with new Error() and set a property",
  },
  {
    name: "arguments",
    on: "Identifier",
    when: (node, tree) =>
      node.name === "arguments" && tree.isName(node) && owner(node)?.type === "ArrowFunctionExpression",
    what: "arguments inside an arrow function is its own list",
    instead: "read it into a variable outside",
  },
  {
    name: "array-length",
    on: "AssignmentExpression UpdateExpression",
    when: (node) => {
      const target = node.left ?? node.argument;
      return (
        target.type === "MemberExpression" && memberName(target) === "length" && target.object.type !== "ThisExpression"
      );
    },
    what: "assignment to length",
    instead: "use splice(), or a new array",
  },
  {
    name: "loop-closure",
    on: "Identifier",
    when: (node, tree) => keptFromLoop(node, tree) && node.name,
    what: '"%s" of the loop\'s head is one variable, shared by the functions of all turns',
    instead: "copy it inside the loop, as in const mine = i",
  },
  {
    name: "before-declaration",
    on: "Program FunctionDeclaration FunctionExpression ArrowFunctionExpression",
    when: (node, tree) => early(node.type === "Program" ? node : node.body, node, tree, new Set([node])),
    what: '"%s" is used before its declaration has run (nothing is hoisted)',
    instead: "move the declaration above",
  },
  {
    name: "block-var",
    on: "Identifier",
    when: (node, tree) => {
      const binding = tree.resolve(node);
      return (
        binding?.kind === "var" &&
        binding.scope.body === tree.scope(node).body &&
        binding.declared.some((d) => d.at <= node.start) &&
        !binding.declared.some((d) => d.at <= node.start && inside(node, d.region)) &&
        node.name
      );
    },
    what: 'var "%s" exists only if the block that declares it has run',
    instead: "declare it before the block",
  },
  {
    name: "template",
    on: "TemplateElement Literal",
    when: (node) => {
      if (node.type === "TemplateElement" && /\\\$\{/.test(node.value.raw)) return true;
      const from = node.type === "TemplateElement" ? node.parent : node;
      const outer = around(from, "TemplateLiteral");
      return !!outer && /[{}]/.test(node.type === "Literal" ? String(node.raw) : node.value.raw);
    },
    what: "brace in a text inside a template's placeholder, or an escaped placeholder",
    instead: "put the text into a variable, or join with +",
  },
  {
    name: "code-point",
    on: STRING_PARTS,
    when: (node) => /(?<!\\)(?:\\\\)*\\u\{/.test(raw(node)),
    what: "\\u{} in a text",
    instead: "use \\xNN, or plain ASCII",
  },
  {
    name: "non-ascii",
    on: STRING_PARTS,
    when: (node) => /[^\x00-\x7f]/.test(raw(node)) || (raw(node) !== "" && /[^\x00-\xff]/.test(text(node))),
    what: "character beyond \\xFF, or not written in ASCII (boards have no Unicode)",
    instead: "use plain ASCII, or \\xNN for one byte",
  },
  { name: "bigint", on: "Literal", when: (node) => !!node.bigint, what: "BigInt", instead: "use two 32-bit halves" },
  {
    name: "big-number",
    on: "Literal",
    when: (node) =>
      typeof node.value === "number" && node.value >= 2 ** 63 && /^(?:\d+|0x.*|0b.*|0o.*)$/i.test(node.raw) && node.raw,
    what: "%s overflows 63 bits and becomes another number",
    instead: "write it with an exponent, as in 1e19",
  },
  ...REGEX.map(
    ([name, bad, what, instead]): Rule => ({
      name,
      on: "Literal NewExpression CallExpression",
      when: (node, tree) => {
        const found = pattern(node, tree);
        return !!found && bad(found);
      },
      what: `regular expression: ${what}`,
      instead,
    }),
  ),
  {
    name: "regex-place",
    on: "Literal",
    when: (node, tree) => !!node.regex && /(?:\)|[^|]\||[~^])\s*$/.test(tree.code.slice(0, node.start)),
    what: "regular expression right after ), | or ~ is read as a division",
    instead: "keep it in a variable",
  },
  {
    name: "unknown-global",
    on: "Identifier",
    when: (node, tree) =>
      tree.isName(node) &&
      !tree.resolve(node) &&
      !GLOBALS.has(node.name) &&
      !PINS.test(node.name) &&
      !RESERVED.has(node.name) &&
      node.parent.operator !== "typeof" &&
      node.name,
    what: "%s is not there",
    instead: (found) => INSTEAD[found] ?? "declare or import it",
  },
  {
    name: "missing-member",
    on: "MemberExpression",
    when: (node, tree) => {
      const object = globalPath(node.object, tree);
      const name = memberName(node);
      if (!object || !name || !Object.hasOwn(STATICS, object) || EVERYWHERE.has(name)) return false;
      return !words(STATICS[object]).has(name) && `${object}.${name}`;
    },
    what: "%s is not there",
    instead: insteadOf,
  },
  {
    name: "missing-method",
    on: "CallExpression",
    when: ({ callee }, tree) => {
      const name = callee.type === "MemberExpression" && memberName(callee);
      if (!name || !MISSING_METHODS.has(name) || globalPath(callee, tree)) return false;
      // The device's own objects may have a method of that name: it is then defined somewhere in the bundle.
      return (LITERALS.has(callee.object.type) || !tree.defines(name)) && `.${name}`;
    },
    what: "%s() is not there",
    instead: insteadOf,
  },
  {
    name: "builtin-prototype",
    on: "MemberExpression",
    when: (node, tree) => {
      const path = globalPath(node, tree);
      const [, object, name] = /^(\w+)\.prototype\.(\w+)$/.exec(path ?? "") ?? [];
      const written = node.parent.type === "AssignmentExpression" && node.parent.left === node;
      return !!object && Object.hasOwn(STATICS, object) && !written && name !== "hasOwnProperty" && path;
    },
    what: "%s cannot be read from the prototype",
    instead: "take it from a value, as in [].slice.call(list)",
  },
  {
    name: "math-pow",
    on: "MemberExpression",
    when: (node, tree) => {
      if (globalPath(node, tree) !== "Math.pow") return false;
      // The bundler turns every a ** b into a call of one variable that holds Math.pow: the calls are what can be mended.
      const held = node.parent.type === "VariableDeclarator" && tree.resolve(node.parent.id);
      if (!held) return true;
      return tree.nodes.filter((n) => n !== node.parent.id && tree.resolve(n) === held).map((n) => [n, ""]);
    },
    what: "** and Math.pow are inexact (2 to the 12th is not 4096)",
    instead: "multiply, or write the number",
  },
  {
    name: "ignored-argument",
    on: "CallExpression",
    when: (node, tree) => {
      const path = globalPath(node.callee, tree);
      const [first, second] = node.arguments;
      if (path === "JSON.parse" && second) return "reviver of JSON.parse";
      if (
        path === "JSON.stringify" &&
        second &&
        second.raw !== "null" &&
        second.name !== "undefined" &&
        second.operator !== "void"
      )
        return "replacer of JSON.stringify";
      if (isCall(node, "split") && second) return "limit of split()";
      return (
        isCall(node, "replace") &&
        typeof first?.value === "string" &&
        second &&
        isFunction(second) &&
        "function of replace() with a text"
      );
    },
    what: "the %s is not looked at",
    instead: "do it in a loop, with slice(), or replace() by an expression",
  },
  {
    name: "replacement",
    on: "CallExpression",
    when: (node) => isCall(node, "replace", "replaceAll") && /\$[$&`']/.test(String(node.arguments[1]?.value)),
    what: "$$ and $& in a replacement stay as they are",
    instead: "use an expression and a function",
  },
  {
    name: "module",
    on: "CallExpression",
    when: (node, tree) =>
      /^(global(This)?\.)?require$/.test(globalPath(node.callee, tree) ?? "") &&
      !MODULES.has(node.arguments[0]?.value) &&
      String(node.arguments[0]?.raw),
    what: "require(%s): no such module is built in",
    instead: "import it, so that it becomes part of the bundle",
  },
];

/** What a rule says about something it found. */
export function message(rule: Rule, found: string): string {
  return `${rule.what.replace("%s", () => found)}: ${typeof rule.instead === "string" ? rule.instead : rule.instead(found)}`;
}
