/** What a minifier could do too, and esbuild does not: arrows, and short names for what the language has. */
import { parse } from "acorn";
import { ancestor, full } from "acorn-walk";
import { type Edit, rewrite } from "./known";

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

/** Gives what is used often a name of its own, in a line in front of the program. */
function nameNatives(code: string): string {
  const uses: { [written: string]: number[] } = {};
  full(parse(code, { ecmaVersion: 2022, sourceType: "module" }), (node: any) => {
    const written = /^(Member|Unary)Expression$|^Identifier$/.test(node.type) ? code.slice(node.start, node.end) : "";
    if (Object.hasOwn(NATIVES, written)) (uses[written] ??= []).push(node.start);
  });
  let made = "";
  let text = code;
  for (const [written, places] of Object.entries(uses)) {
    const name = NATIVES[written];
    if ((places.length - 1) * (written.length - 1) < WORTH) continue;
    for (const at of places) text = text.slice(0, at) + name + text.slice(at + name.length);
    made += written === "void 0" ? `let ${name}; ` : `const ${name} = ${written}; `;
  }
  return `${made}\n${text}`;
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

/** Writes functions as arrows, which are shorter and take no more variables. */
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

/** Methods of views that are called with a last argument of `true`, and functions that do so in 10 bytes less. */
const WORDS: { [method: string]: string } = {
  getUint32: "(view, at) => view.getUint32(at, true)",
  setUint32: "(view, at, word) => view.setUint32(at, word, true)",
};

/** Calls of a method that such a function must replace: it takes seven variables. */
const OFTEN = 12;

/** Reads and writes words by a function, where that is done often. */
function callWords(code: string, map: string): { code: string; map: string; made: string } {
  const calls: { [method: string]: any[] } = {};
  full(parse(code, { ecmaVersion: 2022, sourceType: "module" }), (node: any) => {
    const { type, start, callee, arguments: values } = node;
    const method = type === "CallExpression" && callee.property?.name;
    if (!method || !Object.hasOwn(WORDS, method) || start !== callee.object.start) return;
    if (/^(!0|true)$/.test(code.slice(values.at(-1).start, values.at(-1).end))) (calls[method] ??= []).push(node);
  });
  const changes: Edit[] = [];
  let made = "";
  for (const [method, nodes] of Object.entries(calls)) {
    if (nodes.length < OFTEN) continue;
    made += `const $${method} = ${WORDS[method]}; `;
    for (const { start, callee, arguments: values } of nodes)
      changes.push(
        { start, end: start, text: `$${method}(` },
        { start: callee.object.end, end: values[0].start, text: ", " },
        { start: values.at(-2).end, end: values.at(-1).end, text: "" },
      );
  }
  return { ...rewrite(code, map, changes), made };
}

/** Makes a program shorter that is not minified yet. Its source map (JSON) gets a line more. */
export function shorten(code: string, map: string): { code: string; map: string } {
  const words = callWords(code, map);
  const json = JSON.parse(words.map);
  return {
    code: words.made + nameNatives(toArrows(words.code)),
    map: JSON.stringify({ ...json, mappings: `;${json.mappings}` }),
  };
}
