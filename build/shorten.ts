/** What a minifier could do too, and esbuild does not: arrows, and short names for what the language has. */
import { parse } from "acorn";
import { ancestor, full } from "acorn-walk";

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

/** Makes a program shorter that is not minified yet. Its source map (JSON) gets a line more, and nothing else moves. */
export function shorten(code: string, map: string): { code: string; map: string } {
  const json = JSON.parse(map);
  return { code: nameNatives(toArrows(code)), map: JSON.stringify({ ...json, mappings: `;${json.mappings}` }) };
}
