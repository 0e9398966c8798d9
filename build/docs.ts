/** `npm run docs`: makes what the documents have from the boards' JSON, and says what of it is old. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { boardNames, readBoard, readmeWithTable } from "./boards";
import { BUILDS } from "./chips";
import { jigTable } from "./docs/jig";
import { billOfMaterials, DESIGNS, readNetlist } from "./docs/netlist";
import { schematic } from "./docs/schematic";
import { boardPage, pinDiagram, table, wiringTable } from "./docs/wiring";

const root = resolve(__dirname, "..");

/** What stands between the marks of a page that people write, by the word in the mark. */
const SECTIONS: { [word: string]: (name: string) => string } = {
  wires: (name) => wiringTable(readBoard(name)),
  jig: jigTable,
  bill: (name) => billOfMaterials(readNetlist(name)),
  code: (path) => `\`\`\`ts\n${readFileSync(join(root, path), "utf8")}\`\`\``,
};
const MARKED = /(<!-- (\w+) of ([\w/.-]+): made by npm run docs -->\n).*?(<!-- end of \2 -->)/gs;

/** A page with what is between its marks as it should be now. */
export const filled = (page: string): string =>
  page.replace(MARKED, (_, from, word, name, to) => {
    if (!SECTIONS[word])
      throw new Error(`There is no "${word}" to make: write one of ${Object.keys(SECTIONS).join(", ")}`);
    return `${from}\n${SECTIONS[word](name)}\n\n${to}`;
  });

/** The list of the boards' pages, in Markdown. */
const boardsPage = (): string =>
  `<!-- Made from boards/*.json by npm run docs. -->

# Boards

${table(
  ["board", "what it is", "chip", "tried on hardware"],
  boardNames().map((name) => {
    const { title, espruino, tested } = readBoard(name);
    return [`[\`${name}\`](${name}.md)`, title, BUILDS[espruino].chip, tested || "nothing"];
  }),
)}

What each has, and what its firmware may take, is in the table of the [README](../../README.md#boards). Another board: [porting](../porting.md#another-board).
`;

/** Every file that is made, or has a part that is, by its path from the root: its text as it should be now. */
export function made(): { [path: string]: string } {
  const files: { [path: string]: string } = { "README.md": readmeWithTable() };
  for (const name of boardNames()) {
    const board = readBoard(name);
    files[`docs/boards/${name}.md`] = boardPage(board);
    files[`docs/boards/${name}.svg`] = pinDiagram(board);
  }
  files["docs/boards/README.md"] = boardsPage();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of DESIGNS) {
    files[`docs/reference-design/${name}.svg`] = schematic(readNetlist(name), {
      version,
      tested: readBoard(name).tested,
    });
  }
  for (const path of readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).sort()) {
    const page = `docs/${path}`;
    if (!path.endsWith(".md") || files[page]) continue;
    const text = readFileSync(join(root, page), "utf8");
    if (text.includes(": made by npm run docs -->")) files[page] = filled(text);
  }
  return files;
}

/** Paths of made files that are not as they should be. */
export function stale(): string[] {
  return Object.entries(made())
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text)
    .map(([path]) => path);
}

function main(argv: string[]): void {
  const { check } = new Command("npm run docs --")
    .description("Makes tables and drawings of the documents from boards/*.json and docs/reference-design/*.json.")
    .option("--check", "write nothing, and say what is old")
    .parse(argv, { from: "user" })
    .opts();
  const old = stale();
  if (check) {
    for (const path of old) console.error(`${path} is not made from the boards as they are now: npm run docs`);
    if (old.length) process.exitCode = 1;
    return;
  }
  const files = made();
  for (const path of old) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files[path]);
    console.log(`wrote ${path}`);
  }
  if (old.length === 0) console.log("Nothing has changed.");
}

if (require.main === module)
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
