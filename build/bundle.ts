import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { type BuildOptions, build, transform } from "esbuild";
import type { Board } from "../boards/board";
import { boardNames, brokenRules, driverFile, readBoard } from "./boards";
import { BUILDS } from "./chips";
import { edits, rewrite } from "./known";
import { connects, formatFunction, isSensor, literal, metricsModule, metricsParts } from "./metrics";
import { connectModule, modemParts } from "./modem";
import { runOnce } from "./once";
import { overlays } from "./overlays";
import { shorten } from "./shorten";
import { prepare } from "./tool";

export { boardNames, readBoard };

const root = resolve(__dirname, "..");

/** The file that is flashed for one board, and what it was made from. */
export interface Bundle {
  board: Board;
  code: string;
  /** Source map of `code`, JSON text. */
  map: string;
  sha256: string;
}

/** What Espruino reads from the objects that its functions are given. */
const ESPRUINO_OPTIONS = "repeat edge freq scl sda bitrate tx rx bytesize parity stopbits path".split(" ");

/** What the interpreter's own arrays, texts and views have, but for what nobody asks these for; and what expressions are asked. */
const NATIVE_MEMBERS = new Set([
  ...[Array, String, Uint8Array, Object.getPrototypeOf(Uint8Array), DataView]
    .flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
    .filter((name) => name !== "byteLength"),
  "exec",
  "test",
]);

/**
 * Names of the properties that the firmware's own interfaces declare: the minifier may shorten them, which on the device
 * saves a variable or two a property. What Espruino names (the members of its I2C, and whatever is written in quotes)
 * keeps its name.
 */
function ownProperties(): RegExp {
  const files = readdirSync(join(root, "firmware"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(root, "firmware", file));
  const names = new Set<string>();
  for (const file of [...files, join(root, "hal/hal.ts")])
    for (const [, name, body] of readFileSync(file, "utf8").matchAll(
      /^(?:export )?interface (\w+)[^{]*\{\n(.*?)^\}/gms,
    ))
      if (name !== "I2C") for (const [, member] of body.matchAll(/^ {2}(\w+)\??[:(]/gm)) names.add(member);
  for (const name of ESPRUINO_OPTIONS) names.delete(name);
  const wrong = [...names].filter((name) => NATIVE_MEMBERS.has(name));
  if (wrong.length)
    throw new Error(
      `An interface of the firmware has a member "${wrong[0]}", which the minifier would shorten on arrays and texts too: give it another name`,
    );
  return new RegExp(`^(${[...names].sort().join("|")})$`);
}

/** The overlays that are made from a board's `metrics` section, and from what carries its reports. */
const METRICS = "metrics.overlay";
const CONNECT = "connect.overlay";

/**
 * The entry of a bundle: each part of the board's JSON becomes a call of the driver with its name, the output first. What
 * is said about the circuit stays out.
 */
function entry(board: Board, dev: boolean): string {
  // Parts that measure are made when they are read, and those that carry reports when they do: they are in modules of their own.
  const parts = Object.entries<any>(board.parts)
    .filter(([name, { driver }]) => !isSensor(driver) && !/^(modem|transport)$/.test(name))
    .sort(([a], [b]) => Number(b === "output") - Number(a === "output"));
  const drivers = [...new Set(parts.map(([, part]) => part.driver as string))];
  const calls = parts.map(([field, { driver, circuit: _, note: __, ...options }]) => {
    const bus = options.address === undefined ? "io" : "i2c";
    return `const $${field} = ${driver}(${bus}, ${literal(options)}, system, io);`;
  });
  const { port: uart, baud, tx, rx } = board.serial;
  const { port: i2c, scl, sda, bitrate } = board.i2c;
  // Its own pins need no naming, and an object that names them stays for ever.
  const own = BUILDS[board.espruino].console;
  const named = uart === own.port && tx === own.tx && rx === own.rx ? "undefined" : literal({ tx, rx });
  return [
    `import { bus, io, lock, port, system } from "./hal/espruino/espruino";`,
    ...drivers.map((driver) => `import { ${driver} } from "./${driverFile(driver)}";`),
    ...(board.native ? [`import { native } from "./hal/espruino/native";`] : []),
    `import { main } from "./firmware/main";`,
    board.settings.table ? `import { startTables } from "./firmware/token/tables";` : "",
    board.metrics ? `import { startReports } from "./firmware/metrics/reports";` : "",
    board.metrics ? `import { startSampling } from "./firmware/metrics/sampler";` : "",
    board.metrics ? `import { metrics } from "./boards/${METRICS}";` : "",
    connects(board) ? `import { connect } from "./boards/${CONNECT}";` : "",
    `import { profile } from "./firmware/keypad/profiles/${board.profile}";`,
    board.product ? `import { product } from "./${board.product.code}";` : "",
    ...(dev ? [] : ["lock();"]),
    `const serial = port(${uart === "software" ? "new Serial()" : uart}, ${baud}, ${named});`,
    dev ? `serial.write("#DEV;console open: not for sale\\r\\n");` : "",
    `const i2c = bus(${i2c}, ${literal({ scl, sda, bitrate })});`,
    ...calls,
    `const device = main({ system, serial, ${board.native ? "walk: native(), " : ""}${parts.map(([field]) => `${field}: $${field}`).join(", ")} }, ${literal({ board: board.name, ...board.settings })}, profile);`,
    board.settings.table ? "startTables(device);" : "",
    board.metrics
      ? `startSampling(device, metrics${metricsParts(board).FORMATS ? `, ${formatFunction(board)}` : ""});`
      : "",
    board.metrics ? `startReports(device${connects(board) ? ", connect" : ""});` : "",
    board.product ? `product(device, io, ${literal({ ...board.product.inputs, ...board.product.outputs })});` : "",
  ].join("\n");
}

async function outputs(options: BuildOptions): Promise<{ code: string; map: string }> {
  const { outputFiles } = await build(options);
  const file = (ending: string) => outputFiles!.find((output) => output.path.endsWith(ending))!.text;
  return { code: file(".js"), map: file(".map") };
}

/**
 * Makes a program, given as a module in the root, into what is flashed, and its source map. `parts`: those that a board may
 * leave out, and whether it has them, or numbers of them. `made`: modules that are no files, their text by their path.
 */
export async function flashable(
  contents: string,
  name: string,
  parts: { [part: string]: boolean | number },
  made: { [path: string]: string },
): Promise<{ code: string; map: string }> {
  const { version, released } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const options: BuildOptions = {
    stdin: { contents, resolveDir: root, sourcefile: `boards/${name}.json`, loader: "ts" },
    absWorkingDir: root,
    bundle: true,
    write: false,
    outfile: `dist/${name}.js`,
    sourcemap: "external",
    format: "esm",
    target: "es2015",
    charset: "ascii",
    legalComments: "none",
    // Features that the interpreter lacks and that esbuild cannot lower become build errors here.
    supported: {
      "default-argument": false,
      "rest-argument": false,
      "array-spread": false,
      destructuring: false,
      generator: false,
    },
    define: {
      ...Object.fromEntries(Object.entries(parts).map(([part, has]) => [part, String(has)])),
      VERSION: JSON.stringify(version),
      RELEASED: String(Date.parse(released) / 1000),
    },
    logLevel: "silent",
  };
  const whole = await outputs({ ...options, plugins: [overlays(options, made)] });
  const { constants, ...moved } = runOnce(whole.code, whole.map);
  const known = shorten(...(await settle(moved.code, moved.map, constants)));
  return outputs({
    ...options,
    stdin: { contents: withMap(known), resolveDir: join(root, "dist"), sourcefile: `${name}.js`, loader: "js" },
    minify: true,
  });
}

const withMap = ({ code, map }: { code: string; map: string }) =>
  `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`;

/** Works out what is known of a program until nothing changes any more; `constants` are numbers by their names. */
async function settle(code: string, map: string, constants: { [name: string]: string }): Promise<[string, string]> {
  let now = { code, map };
  for (let first = true; ; first = false) {
    now = await transform(withMap(now), {
      define: constants,
      // At once: later on there are no quotes any more at what keeps its name.
      mangleProps: first ? ownProperties() : undefined,
      minifySyntax: true,
      treeShaking: true,
      sourcemap: "external",
      charset: "ascii",
      format: "esm",
      target: "es2015",
    });
    const changes = edits(now.code);
    if (!changes.length) return [now.code, now.map];
    now = rewrite(now.code, now.map, changes);
  }
}

/** The parts of the firmware that a board may leave out: without them, not a byte of them is in its bundle. */
function partsOf(board: Board): { [part: string]: boolean | number } {
  const { settings, native } = board;
  return {
    TABLE: !!settings.table,
    NATIVE: !!native,
    REPORTS: !!board.metrics,
    TRANSPORT: connects(board),
    PRODUCT: !!board.product,
    ...metricsParts(board),
    ...modemParts(board),
  };
}

/** Builds the bundle of a board, by name or given as its JSON; `dev` leaves its console open. The same sources give the same bytes. */
export async function bundle(which: string | Board, dev = false): Promise<Bundle> {
  const board = typeof which === "string" ? readBoard(which) : which;
  const module = (name: string) => join(root, `boards/${name}.ts`);
  const made: { [path: string]: string } = {};
  if (board.metrics) made[module(METRICS)] = metricsModule(board);
  if (connects(board)) made[module(CONNECT)] = connectModule(board);
  const { code, map } = await flashable(entry(board, dev), board.name, partsOf(board), made);
  return { board, code, map, sha256: createHash("sha256").update(code).digest("hex") };
}

async function main(argv: string[]): Promise<void> {
  const command = prepare(new Command("npm run build --"))
    .description("Builds the file to flash of boards, into dist/. The same sources give the same bytes.")
    .argument("[boards...]", "boards of boards/")
    .option("--all", "all of them")
    .option("--dev", "development builds, whose console stays open: nothing to sell")
    .parse(argv, { from: "user" });
  const { all, dev } = command.opts();
  const names = all ? boardNames() : command.args;
  if (names.length === 0)
    throw new Error(`Name a board (${boardNames().join(", ")}) or use --all, as in: npm run build -- esp32`);
  const boards = names.map(readBoard);
  for (const line of boards.flatMap(brokenRules)) console.error(`WARNING: ${line}`);
  mkdirSync(join(root, "dist"), { recursive: true });
  let over = false;
  console.log("board            bytes   budget     left  sha-256");
  for (const board of boards) {
    const { name } = board;
    const { code, sha256 } = await bundle(board, dev);
    writeFileSync(join(root, "dist", `${name}.js`), code);
    const left = board.budget.bytes - code.length;
    over ||= left < 0;
    const columns = [code.length, board.budget.bytes, left].map((n) => String(n).padStart(8));
    console.log(`${name.padEnd(14)}${columns.join(" ")}  ${sha256}${left < 0 ? "  OVER BUDGET" : ""}`);
  }
  if (over) throw new Error("A bundle is over its budget: take something out of it, or out of the board's JSON");
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
