/**
 * Overlays: code that is not needed all the time. A module `x.overlay.ts` exports one function; together with whatever
 * only it imports, it becomes that one function of the bundle, and the functions inside it take variables only while
 * the call, or what it returned, lives. Measured on the interpreter: 40 functions cost 7 variables asleep and 300 awake.
 * A module is awake as soon as anything that is awake imports a value from it, be it a single number.
 *
 * What several overlays need would stand in each of them. A module `x.shared.ts`, which exports functions, is written once:
 * as one function that makes them, all of them anew for each overlay that wakes up. No copy knows of another, nor has it
 * what another module knows, unless that is there all the time.
 */
import { basename, dirname, resolve } from "node:path";
import { parse } from "acorn";
import { type BuildOptions, build, type Plugin, transform } from "esbuild";

const OVERLAY = /\.overlay$/;
const SHARED = /\.shared\.ts$/;

/** Absolute paths of the modules that are there all the time: what an entry reaches without passing an overlay. */
async function residents(options: BuildOptions): Promise<Set<string>> {
  const asleep: Plugin = {
    name: "asleep",
    setup: (b) => b.onResolve({ filter: OVERLAY }, ({ path }) => ({ path, external: true })),
  };
  const { metafile } = await build({ ...options, sourcemap: false, metafile: true, plugins: [asleep] });
  return new Set(Object.keys(metafile!.inputs).map((file) => resolve(options.absWorkingDir!, file)));
}

/** The names that a module imports and uses, in what can ever run of it. */
async function used(text: string): Promise<Set<string>> {
  const names = new Set<string>();
  let left = text;
  // What a first look takes out is not counted by a second one.
  for (let look = 0; look < 2; look++)
    left = (await transform(left, { loader: "ts", format: "esm", minifySyntax: true, treeShaking: true })).code;
  for (const node of (parse(left, { ecmaVersion: 2022, sourceType: "module" }) as any).body)
    for (const { local } of node.type === "ImportDeclaration" ? node.specifiers : []) names.add(local.name);
  return names;
}

/** A module that became one function: its text, the function's name, and what it exports, in order. */
interface Wrapped {
  text: string;
  name: string;
  exported: string[];
}

/**
 * A module as one function: an overlay as the one that it exports, a shared one as a function that returns a list of its
 * exports, or the only one. Lines and columns of its source map stay true. `made`: its text, where it is no file; `load`
 * does the same to a shared module that it imports.
 */
async function wrap(
  path: string,
  resident: Set<string>,
  options: BuildOptions,
  made: string | undefined,
  load: (file: string) => Promise<Wrapped>,
): Promise<Wrapped> {
  const apart: Plugin = {
    name: "apart",
    setup: (b) =>
      b.onResolve({ filter: /^\./ }, ({ path: name, importer }) => {
        const file = resolve(dirname(importer), `${name}.ts`);
        // Other overlays stay asleep.
        const apart = resident.has(file) || OVERLAY.test(name) || SHARED.test(file);
        return apart ? { path: file, external: true } : undefined;
      }),
  };
  const result = await build({
    ...options,
    ...(made === undefined
      ? { stdin: undefined, entryPoints: [path] }
      : { stdin: { contents: made, resolveDir: dirname(path), sourcefile: path, loader: "ts" } }),
    sourcemap: "external",
    plugins: [apart],
  });
  const [map, text] = ["map", "js"].map((end) => result.outputFiles!.find((file) => file.path.endsWith(end))!.text);
  const blank = (from: number, to: number) => text.slice(from, to).replace(/[^\n]/g, " ");
  const imports: string[] = [];
  const awake: string[] = [];
  const exported: string[] = [];
  const locals: string[] = [];
  // What is used of shared modules.
  const shared = new Map<string, any[]>();
  const alive = await used(text);
  let inner = text;
  for (const node of (parse(text, { ecmaVersion: 2022, sourceType: "module" }) as any).body) {
    if (!/^(Import|Export)/.test(node.type)) continue;
    const from: string = node.source?.value ?? "";
    if (SHARED.test(from) && !resident.has(from)) {
      const specifiers = node.specifiers.filter(({ local }: any) => alive.has(local.name));
      if (specifiers.length) shared.set(from, [...(shared.get(from) ?? []), ...specifiers]);
    } else if (node.type === "ImportDeclaration") imports.push(text.slice(node.start, node.end).replace(/\n/g, " "));
    else
      for (const specifier of node.specifiers) {
        exported.push(specifier.exported.name);
        locals.push(specifier.local.name);
      }
    inner = inner.slice(0, node.start) + blank(node.start, node.end) + inner.slice(node.end);
  }
  for (const [from, specifiers] of shared) {
    const { name, exported } = await load(from);
    const list = exported.length > 1;
    imports.push(`import { ${name} } from ${JSON.stringify(from)};`);
    awake.push(`let $${name} = ${name}();`);
    for (const { imported, local } of specifiers)
      awake.push(`const ${local.name} = $${name}${list ? `[${exported.indexOf(imported.name)}]` : ""};`);
    // The list itself would take two variables for each of them.
    if (list) awake.push(`$${name} = undefined;`);
  }
  const statements: any[] = (parse(inner, { ecmaVersion: 2022, sourceType: "module" }) as any).body;
  let name = basename(path, ".ts").replace(/\W/g, "_");
  let parameters = "";
  let tail = `return ${locals.length > 1 ? `[${locals.join(", ")}]` : locals[0]};`;
  if (!SHARED.test(path)) {
    name = exported.join();
    // Another one inside may have that name.
    const local = locals.join();
    const own = statements.find((node) => node.type === "FunctionDeclaration" && node.id.name === local);
    if (!/^\w+$/.test(name) || !own)
      throw new Error(`${path} exports ${name || "nothing"}: an overlay exports one function, and nothing else`);
    const named = (nodes: any[]): string[] =>
      nodes.flatMap((node) => (node.declarations ?? [node]).map((one: any) => one.id?.name ?? one.name));
    parameters = named(own.params).join(", ");
    const outer = named(statements.filter((node) => node !== own));
    const clash = named([...own.params, ...own.body.body]).some((one) => one && outer.includes(one));
    tail = `return ${local}(${parameters});`;
    if (own === statements[statements.length - 1] && !clash) {
      // The last one needs no function inside the function: that would take its variables, and its parameters', twice.
      const [from, to] = [own.body.start + 1, own.end - 1];
      inner = inner.slice(0, own.start) + blank(own.start, from) + inner.slice(from, to) + blank(to, inner.length);
      tail = "";
    }
  }
  const head = [...imports, `export function ${name}(${parameters}) {`, awake.join(" ")];
  const moved = JSON.parse(map);
  moved.mappings = ";".repeat(head.length) + moved.mappings;
  moved.sources = moved.sources.map((source: string) => resolve(options.absWorkingDir!, "dist", source));
  const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(moved)).toString("base64")}`;
  return { text: [...head, `${inner}${tail}`, "}", comment].join("\n"), name, exported };
}

/** Makes the overlays of a build with these options into functions. `made` are modules that the build made, by the path that they would have. */
export function overlays(options: BuildOptions, made: { [path: string]: string }): Plugin {
  return {
    name: "overlays",
    setup(b) {
      const resident = residents(options);
      const wrapped: { [path: string]: Promise<Wrapped> } = {};
      const load = async (path: string): Promise<Wrapped> => {
        wrapped[path] ??= wrap(path, await resident, options, made[path], load);
        return wrapped[path];
      };
      b.onLoad({ filter: /\.(overlay|shared)\.ts$/ }, async ({ path }) =>
        SHARED.test(path) && (await resident).has(path)
          ? undefined
          : { contents: (await load(path)).text, loader: "js" },
      );
      b.onResolve({ filter: OVERLAY }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, `${path}.ts`);
        return file in made ? { path: file } : undefined;
      });
      b.onResolve({ filter: /^\// }, ({ path }) => ({ path }));
    },
  };
}
