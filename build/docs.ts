/** `npm run docs`: makes what the documents have from the boards' JSON, and says what of it is old. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { boardNames, readBoard, readmeWithTable } from "./boards";
import { boardPage, pinDiagram } from "./docs/wiring";

const root = resolve(__dirname, "..");

/** Every file that is made, or has a part that is, by its path from the root: its text as it should be now. */
export function made(): { [path: string]: string } {
  const files: { [path: string]: string } = { "README.md": readmeWithTable() };
  for (const name of boardNames()) {
    const board = readBoard(name);
    files[`docs/boards/${name}.md`] = boardPage(board);
    files[`docs/boards/${name}.svg`] = pinDiagram(board);
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

if (require.main === module) main(process.argv.slice(2));
