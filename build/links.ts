/** Links between the documents: `npm run check` says which of them lead nowhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(__dirname, "..");

/** Lines of a page without what is code: nothing there is a link or a heading. */
function prose(text: string): string[] {
  let fenced = false;
  return text.split("\n").map((line) => {
    if (/^\s*```/.test(line)) fenced = !fenced;
    return fenced || /^\s*```|^ {4}/.test(line) ? "" : line;
  });
}

/** The names that a page's headings can be jumped to by, as GitHub makes them. */
export function anchors(text: string): string[] {
  const seen = new Map<string, number>();
  return prose(text).flatMap((line) => {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading === undefined) return [];
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim();
    const name = words
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, "")
      .replace(/ /g, "-");
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return [times ? `${name}-${times}` : name];
  });
}

/**
 * Links that lead nowhere, a line each: file, line, and what is wrong. `pages` are texts by their paths from the root;
 * `exists` says whether any file or folder is there.
 */
export function brokenLinks(pages: { [path: string]: string }, exists: (path: string) => boolean): string[] {
  const found: string[] = [];
  for (const [page, text] of Object.entries(pages))
    prose(text).forEach((line, i) => {
      for (const [, target] of line.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path, anchor] = target.split("#");
        const file = path ? join(dirname(page), decodeURIComponent(path)) : page;
        const at = `${page}:${i + 1}:`;
        if (!exists(file)) found.push(`${at} there is no ${file}: correct the link, or write it`);
        else if (anchor !== undefined && pages[file] !== undefined && !anchors(pages[file]).includes(anchor))
          found.push(`${at} ${file} has no heading #${anchor}: take one of ${anchors(pages[file]).join(", ")}`);
      }
    });
  return found;
}

/** All pages of the repository. */
function pages(): { [path: string]: string } {
  const left = ["node_modules", "dist", "coverage", ".git", "vectors"];
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (left.includes(entry.name)) return [];
      return entry.isDirectory() ? walk(path) : path.endsWith(".md") ? [relative(root, path)] : [];
    });
  return Object.fromEntries(walk(root).map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

if (require.main === module) {
  const all = pages();
  const found = brokenLinks(all, (path) => existsSync(join(root, path)));
  for (const line of found) console.error(line);
  if (found.length) process.exitCode = 1;
  else console.log(`${Object.keys(all).length} pages: links ok`);
}
