/**
 * `npm test` and `npm run test:hil`: runs Jest, and ends with its result in one plain line. With `--hil` it runs the
 * hardware-in-the-loop suite on every engine, and writes test/hil/report.json when all of it passed; with SERIAL set too, on
 * the real board at that port (docs/hil.md), which has a report of its own.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { DEMO } from "../bench/demo-unit";
import { interpreterVersion } from "../bench/engines/espruino";
import type { Who } from "../bench/engines/serial";
import { boardNames, bundle } from "../build/bundle";
import { crc32 } from "../build/crc";
import { bare, needs, UNSEEN } from "./hil/needs";

const root = resolve(__dirname, "..");
const report = join(root, "test/hil/report.json");

/** The parts of Jest's own report that are read here. */
interface Result {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Files that could not be run at all: none of their tests was counted. */
  numRuntimeErrorTestSuites: number;
  testResults: { name: string; assertionResults: { status: string; ancestorTitles: string[]; fullName: string }[] }[];
}

/** Counts tests by what `of` makes of file, outermost group and whole name; undefined is not counted. */
function count(result: Result, of: (file: string, group: string, status: string, name: string) => string | undefined) {
  const counts: { [name: string]: number } = {};
  for (const { name, assertionResults } of result.testResults)
    for (const { status, ancestorTitles, fullName } of assertionResults) {
      const key = of(relative(root, name), ancestorTitles[0] ?? "", status, fullName);
      if (key !== undefined) counts[key] = (counts[key] ?? 0) + 1;
    }
  return counts;
}

/** Longest run of Jest, milliseconds: firmware that never returns would hold it for ever. A real board takes its time. */
const LONGEST = 20 * 60 * 1000;
const HARDWARE = 4 * 60 * 60 * 1000;

/** Runs Jest with its own output; undefined when it broke off without a result. */
function jest(args: string[], figures: string, env: { [name: string]: string } = {}, timeout = LONGEST) {
  const outputFile = join(figures, "jest.json");
  rmSync(outputFile, { force: true });
  // More than there are cores: some tests wait, for a port that is silent or for a browser.
  const fixed = ["--json", `--outputFile=${outputFile}`, `--maxWorkers=${Math.ceil(1.5 * availableParallelism())}`];
  spawnSync(process.execPath, [require.resolve("jest/bin/jest"), ...fixed, ...args], {
    cwd: root,
    // The JSON goes to the file; on standard output it would drown everything else.
    stdio: ["ignore", "ignore", env.HIL_REHEARSAL ? "ignore" : "inherit"],
    env: { ...process.env, HIL_FIGURES: figures, ...env },
    timeout,
    killSignal: "SIGKILL",
  });
  return existsSync(outputFile) ? (JSON.parse(readFileSync(outputFile, "utf8")) as Result) : undefined;
}

/** Asks the real board at a port who it is. */
function whoIs(port: string, board: string): Who {
  const { JIG, FACTORY } = process.env;
  const more = [...(JIG ? ["--jig", JIG] : []), ...(FACTORY ? ["--factory-port", FACTORY] : [])];
  const bench = ["--import", "tsx", "bench/bench.ts", "--stdio", "--engine", "serial", "--board", board, "-p", port];
  const { stdout } = spawnSync(process.execPath, [...bench, ...more], {
    cwd: root,
    input: "who\n",
    encoding: "utf8",
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const { who } = said.find((one) => "who" in one) ?? {};
  if (!who) throw new Error(said.find((one) => "error" in one)?.error ?? `Nobody answers at ${port}.`);
  return who;
}

/** Runs the suite on the real board at a port; its report is written if all that was run passed. */
async function onHardware(port: string, rest: string[], figures: string): Promise<void> {
  const name = process.env.BOARD ?? "esp32";
  const who = whoIs(port, name);
  if (who.board !== name) throw new Error(`At ${port} is a ${who.board}: say so, as in BOARD=${who.board}`);
  if (who.serial && who.serial !== DEMO.serial)
    throw new Error(
      `The device at ${port} is unit ${who.serial}, and the suite wipes it before each test: npm run flash -- ${name} -p ${port} --dev --erase if nobody needs it`,
    );
  const { code, sha256 } = await bundle(name, true);
  if (who.crc !== crc32(code))
    throw new Error(
      `At ${port} is no development build of these sources, and the suite wipes its device before each test: npm run flash -- ${name} -p ${port} --dev`,
    );
  const where = who.virtual
    ? "a virtual board: this is no test of hardware"
    : `${who.espruino}, Espruino ${who.interpreter}`;
  console.log(`At ${port} is ${name} on ${where}${who.jig ? `, with the jig ${who.jig}` : ", without a jig"}.`);

  console.log("The suite is rehearsed on the virtual board, to see what each test needs.");
  const rehearsal = join(figures, "rehearsal");
  writeFileSync(rehearsal, "");
  const rehearsed = jest(["test/hil/node.test.ts", "-t", `^${name} on node `], figures, { HIL_REHEARSAL: rehearsal });
  if (!rehearsed?.success)
    throw new Error("The suite does not pass on the virtual board: see npm test, and mend that first");
  const env = { HIL_REHEARSED: rehearsal, BOARD: name };
  const result = jest(["--testMatch", "**/test/hil/serial.ts", ...rest], figures, env, HARDWARE);
  if (!result) throw new Error("Jest broke off without a result: see above");

  const names = (wanted: string) =>
    result.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === wanted).map(({ fullName }) => bare(fullName)),
    );
  const [passed, failed] = [names("passed"), names("failed")];
  const why = Object.entries(needs(rehearsal, !!who.jig)).filter(([, reason]) => reason);
  const skipped = Object.fromEntries(why.map(([test, reason]) => [test.slice(name.length + 1), reason]));
  for (const [test, reason] of Object.entries(skipped)) console.log(`skipped: ${test}: ${reason}`);
  if (passed.length && !failed.length && result.success) {
    // One of a virtual board, or of a part of the suite, is nobody's evidence, and does not lie where evidence does.
    const evidence = who.virtual === false && rest.length === 0;
    const file = evidence ? `test/hil/hardware-${name}.json` : `dist/hil-${name}.json`;
    const about = { hardware: who.virtual === false, ...(rest.length ? { only: rest } : {}) };
    const { espruino, interpreter, version, jig = "none" } = who;
    const boards = { [name]: { bytes: code.length, sha256, build: "development", version } };
    const tests = { serial: { passed: passed.length, run: passed.length } };
    const text = {
      ...about,
      boards,
      interpreter: `${espruino} ${interpreter}`,
      jig,
      unseen: UNSEEN,
      tests,
      skipped,
    };
    mkdirSync(join(root, "dist"), { recursive: true });
    writeFileSync(join(root, file), `${JSON.stringify(text, null, 2)}\n`);
    console.log(`Written: ${file}`);
  } else {
    console.log("No report: all that was run must have passed.");
    process.exitCode = 1;
  }
  console.log(`${passed.length} passed, ${failed.length} failed, ${Object.keys(skipped).length} skipped`);
}

/** Writes the report; false when it would not be about one and the same bundle. */
async function writeReport(result: Result, figures: string): Promise<boolean> {
  const boards: { [name: string]: unknown } = {};
  for (const name of boardNames()) {
    const { code, sha256 } = await bundle(name);
    const [onNode, onEspruino] = ["node", "espruino"].map((engine) =>
      JSON.parse(readFileSync(join(figures, `${name}-${engine}.json`), "utf8")),
    );
    if (onNode.sha256 !== sha256 || onEspruino.sha256 !== sha256) return false;
    const { idle, peak, total } = onEspruino;
    boards[name] = { bytes: code.length, sha256, variables: { idle, peak, total } };
  }
  const engine = (group: string) => / on (\w+)$/.exec(group)?.[1];
  const run = count(result, (_file, group) => engine(group));
  const passed = count(result, (_file, group, status) => (status === "passed" ? engine(group) : undefined));
  const tests = Object.fromEntries(
    Object.keys(run)
      .sort()
      .map((name) => [name, { passed: passed[name], run: run[name] }]),
  );
  writeFileSync(report, `${JSON.stringify({ boards, interpreter: interpreterVersion(), tests }, null, 2)}\n`);
  return true;
}

/** Says out loud where the committed report speaks of another bundle than the one built now. */
async function warnOfOldReport(): Promise<void> {
  const known = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).boards : {};
  for (const name of boardNames()) {
    const { sha256 } = await bundle(name);
    if (known[name]?.sha256 === sha256) continue;
    console.log(`WARNING: ${relative(root, report)} is not about the ${name} bundle as it is built now (${sha256}).`);
    console.log("WARNING: Run the suite on the interpreter again: ESPRUINO=… npm run test:hil");
  }
}

async function main(args: string[]): Promise<void> {
  const hil = args.includes("--hil");
  const rest = args.filter((arg) => arg !== "--hil");
  const { SERIAL } = process.env;
  if (hil && SERIAL) {
    const figures = mkdtempSync(join(tmpdir(), "hil-figures-"));
    await onHardware(SERIAL, rest, figures).finally(() => rmSync(figures, { recursive: true }));
    return;
  }
  if (hil && !existsSync(process.env.ESPRUINO ?? ""))
    throw new Error(
      "Set ESPRUINO to the executable of an Espruino interpreter built for Linux, as in: ESPRUINO=… npm run test:hil; or SERIAL to the port of a board, docs/hil.md",
    );
  const figures = mkdtempSync(join(tmpdir(), "hil-figures-"));
  try {
    const result = jest(hil ? ["test/hil", ...rest] : rest, figures);
    if (!result) throw new Error("Jest broke off without a result: see above");
    const skipped = result.numPendingTests + result.numTodoTests;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    const passed = result.numPassedTests;
    // Extra arguments may choose among the tests, and the report is about all of them.
    const all = passed > 0 && failed === 0 && skipped === 0 && rest.length === 0;
    const written = hil && all && (await writeReport(result, figures));
    if (written) console.log(`Written: ${relative(root, report)}`);
    else if (hil) console.log("No report: all of the suite must have passed, on the sources as they are now.");
    else await warnOfOldReport();
    if (skipped) {
      console.log(
        "Skipped, for want of ESPRUINO (an interpreter) or OPENPAYGO_PYTHON (the published library), or of what is named:",
      );
      // Some tests say in their name what they need, or why they cannot be.
      const where = count(result, (file, _group, status, name) =>
        status === "pending"
          ? file + (/\((needs .*|compiled by .*)\)/.exec(name)?.[1].replace(/^/, ": ") ?? "")
          : undefined,
      );
      for (const [file, tests] of Object.entries(where)) console.log(`  ${tests} in ${file}`);
    }
    if (result.numRuntimeErrorTestSuites) console.log("Files that could not be run count as one failure each.");
    if (!result.success || failed || !passed || (hil && !written && rest.length === 0)) process.exitCode = 1;
    console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  } finally {
    rmSync(figures, { recursive: true });
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
