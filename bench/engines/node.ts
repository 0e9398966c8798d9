import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { crc32 } from "../../build/crc";
import type { Engine, Host } from "./engine";

const shim = readFileSync(join(__dirname, "shim.js"), "utf8");

/** What a context of Node has and Espruino 2v29 has not, or has from the wrong clock. */
const ABSENT = [
  "Map Set WeakMap WeakSet WeakRef Symbol BigInt BigInt64Array BigUint64Array Proxy Reflect Intl Atomics",
  "SharedArrayBuffer WebAssembly FinalizationRegistry AggregateError Iterator Date globalThis escape unescape console",
]
  .join(" ")
  .split(" ");
const ABSENT_MEMBERS: { [object: string]: string } = {
  Math: "imul trunc clz32 hypot log10 log2 log1p expm1 cosh sinh tanh cbrt fround",
  Array: "from of",
  "Array.prototype":
    "flat flatMap at copyWithin entries values keys toSorted toReversed toSpliced with findLast findLastIndex",
  Number: "isInteger isSafeInteger isFinite isNaN parseFloat parseInt EPSILON",
  Object: "freeze isFrozen seal isSealed",
  "String.prototype": "at normalize matchAll codePointAt localeCompare",
  Promise: "race any allSettled withResolvers",
  "Promise.prototype": "finally",
};

const PRELUDE = `
var global = this;
function $erase() {}
var E = { CRC32: $crc, setConsole: function () {} };
var process = { version: "2v29", env: {}, memory: function () { return { free: 0, usage: 0, total: 0 }; } };
`;

/** Runs a bundle in a context of Node that offers what Espruino offers, and nothing of Node. Calls reach the host directly. */
export function nodeEngine(code: string, pins: string[], host: Host): Engine {
  const context = createContext({});
  let alive = true;
  const run = (source: string, filename: string) => runInContext(source, context, { filename });
  const { parse } = run("Date", "absent");
  run(
    ABSENT.map((name) => `delete globalThis.${name};`)
      .sort((a) => (a.includes("globalThis.globalThis") ? 1 : -1))
      .join("\n"),
    "absent",
  );
  for (const [object, members] of Object.entries(ABSENT_MEMBERS))
    run(
      members
        .split(" ")
        .map((member) => `delete ${object}.${member};`)
        .join("\n"),
      "absent",
    );
  (context as any).$call = (operation: string, ...args: unknown[]) => {
    if (!alive) throw new Error("power cut");
    const copy = (arg: unknown) =>
      ArrayBuffer.isView(arg) ? [...(arg as Uint8Array)] : JSON.parse(JSON.stringify(arg));
    const result = host(operation, ...args.map((arg) => (typeof arg === "object" ? copy(arg) : arg)));
    if (!alive) throw new Error("power cut");
    return result;
  };
  // Of dates only what no clock is needed for.
  Object.assign(context, { atob, btoa, $crc: crc32, Date: { parse } });
  run(PRELUDE + pins.map((pin) => `var ${pin} = "${pin}";`).join("\n"), "prelude");
  run(shim, "shim.js");
  /** A cut throws out of the firmware, wherever it was; nothing else may leave it. */
  const cuttable = (fn: () => void) => {
    try {
      fn();
    } catch (error) {
      if (alive) throw error;
    }
  };
  return {
    start: () =>
      cuttable(() => {
        try {
          run(code, "bundle.js");
        } catch (error) {
          if (alive) host("uncaught", String((error as Error).stack ?? error));
        }
      }),
    deliver: (id, data, last) => cuttable(() => (context as any).$event(id, data, last)),
    memory: () => undefined,
    stop: () => {
      alive = false;
    },
  };
}
