/**
 * Overlays: code that is not needed all the time. A module `x.overlay.ts` exports one function; together with whatever
 * only it imports, it becomes that one function of the bundle, and the functions inside it take variables only while
 * the call, or what it returned, lives. Measured on the interpreter: 40 functions cost 7 variables asleep and 300 awake.
 * A module is awake as soon as anything that is awake imports a value from it, be it a single number.
 */
import { dirname, resolve } from "node:path";
import { parse } from "acorn";
import { type BuildOptions, build, type Plugin } from "esbuild";

const OVERLAY = /\.overlay$/;

/** Absolute paths of the modules that are there all the time: what an entry reaches without passing an overlay. */
async function residents(options: BuildOptions): Promise<Set<string>> {
  const asleep: Plugin = {
    name: "asleep",
    setup: (b) => b.onResolve({ filter: OVERLAY }, ({ path }) => ({ path, external: true })),
  };
  const { metafile } = await build({ ...options, sourcemap: false, metafile: true, plugins: [asleep] });
  return new Set(Object.keys(metafile!.inputs).map((file) => resolve(options.absWorkingDir!, file)));
}

/** The module of an overlay as one function. Lines and columns of its source map stay true. `made`: its text, where it is no file. */
async function wrap(
  path: string,
  resident: Set<string>,
  options: BuildOptions,
  made: string | undefined,
): Promise<string> {
  const shared: Plugin = {
    name: "shared",
    setup: (b) =>
      b.onResolve({ filter: /^\./ }, ({ path: name, importer }) => {
        const file = resolve(dirname(importer), `${name}.ts`);
        return resident.has(file) ? { path: file, external: true } : undefined;
      }),
  };
  const result = await build({
    ...options,
    ...(made === undefined
      ? { stdin: undefined, entryPoints: [path] }
      : { stdin: { contents: made, resolveDir: dirname(path), sourcefile: path, loader: "ts" } }),
    sourcemap: "external",
    plugins: [shared],
  });
  const [map, text] = ["map", "js"].map((end) => result.outputFiles!.find((file) => file.path.endsWith(end))!.text);
  const blank = (from: number, to: number) => text.slice(from, to).replace(/[^\n]/g, " ");
  const imports: string[] = [];
  let inner = text;
  let name = "";
  for (const node of (parse(text, { ecmaVersion: 2022, sourceType: "module" }) as any).body) {
    if (!/^(Import|Export)/.test(node.type)) continue;
    if (node.type === "ImportDeclaration") imports.push(text.slice(node.start, node.end).replace(/\n/g, " "));
    else name += node.specifiers.map((specifier: any) => specifier.exported.name).join();
    inner = inner.slice(0, node.start) + blank(node.start, node.end) + inner.slice(node.end);
  }
  const statements: any[] = (parse(inner, { ecmaVersion: 2022, sourceType: "module" }) as any).body;
  const own = statements.find((node) => node.type === "FunctionDeclaration" && node.id.name === name);
  if (!/^\w+$/.test(name) || !own)
    throw new Error(`${path} exports ${name || "nothing"}: an overlay exports one function, and nothing else`);
  const named = (nodes: any[]): string[] =>
    nodes.flatMap((node) => (node.declarations ?? [node]).map((one: any) => one.id?.name ?? one.name));
  const parameters = named(own.params).join(", ");
  const outer = named(statements.filter((node) => node !== own));
  const clash = named([...own.params, ...own.body.body]).some((one) => one && outer.includes(one));
  let tail = `return ${name}(${parameters});`;
  if (own === statements[statements.length - 1] && !clash) {
    // The last one needs no function inside the function: that would take its variables, and its parameters', twice.
    const [from, to] = [own.body.start + 1, own.end - 1];
    inner = inner.slice(0, own.start) + blank(own.start, from) + inner.slice(from, to) + blank(to, inner.length);
    tail = "";
  }
  const head = [...imports, `export function ${name}(${parameters}) {`];
  const moved = JSON.parse(map);
  moved.mappings = ";".repeat(head.length) + moved.mappings;
  moved.sources = moved.sources.map((source: string) => resolve(options.absWorkingDir!, "dist", source));
  const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(moved)).toString("base64")}`;
  return [...head, `${inner}${tail}`, "}", comment].join("\n");
}

/** Makes the overlays of a build with these options into functions. `made` are modules that the build made, by the path that they would have. */
export function overlays(options: BuildOptions, made: { [path: string]: string }): Plugin {
  return {
    name: "overlays",
    setup(b) {
      const resident = residents(options);
      b.onLoad({ filter: /\.overlay\.ts$/ }, async ({ path }) => ({
        contents: await wrap(path, await resident, options, made[path]),
        loader: "js",
      }));
      b.onResolve({ filter: OVERLAY }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, `${path}.ts`);
        return file in made ? { path: file } : undefined;
      });
      b.onResolve({ filter: /^\// }, ({ path }) => ({ path }));
    },
  };
}
