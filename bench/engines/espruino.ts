import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import type { Engine, Host } from "./engine";

export const shim = readFileSync(join(__dirname, "shim.js"), "utf8");

/** Calls that wait for an answer. */
export const ANSWERED = [
  "time",
  "chip",
  "read",
  "analog",
  "i2cWrite",
  "i2cRead",
  "flashRead",
  "native",
  "fileFind",
  "fileReserve",
  "idle",
];

/**
 * In front of the shim: `$` writes a call to one pipe and, where there is an answer, waits for it on another. What the
 * interpreter itself has under the names that the shim takes is kept aside first.
 */
export const prelude = (pins: string[]) => `
var $out = E.openFile("out", "w"), $in = E.openFile("in", "r");
var $memory = process.memory, $later = setTimeout, $base = 0, $peak = 0;
/* Throws for what is no integer; the pages of boards lie where this interpreter has no flash, and does nothing. */
var $erase = require("Flash").erasePage;
var $answered = { ${ANSWERED.map((operation) => `${operation}: 1`).join(", ")} };
function $call(operation, a, b, c) {
  var used = $memory(false).usage;
  /* What is needed counts, not the garbage, which the interpreter collects when it runs short. */
  if (used > $peak) used = $memory().usage;
  if (used > $peak) $peak = used;
  $out.write(JSON.stringify([operation, a, b, c]) + "\\n");
  if ($answered[operation]) return JSON.parse($in.read($in.read(7) - 1000000));
}
${pins.map((pin) => `var ${pin}="${pin}";`).join("")}
`;
const epilogue = `
/* Memory runs out: all of it at once, and it is free again; or slowly, until no more than \`spare\` variables are left. */
var $hoard = [];
$callbacks.exhaust = { fn: function (spare) {
  var hoard = spare ? $hoard : [];
  while (!spare || $memory(false).free > spare) hoard.push([]);
} };
var $flags = "";
function $loop() {
  /* Memory that runs out ends this without an exception, and the timer with it: the next one is set before. */
  $later($loop, 1);
  for (;;) {
    var flags = E.getErrorFlags();
    if (flags.length) {
      /* LOW_MEMORY alone says that garbage was collected in the middle of something, which was enough. */
      if (flags.join() !== "LOW_MEMORY") $call("uncaught", flags.join());
      /* Said once, as by the interpreter itself. */
      if ($callbacks.errorFlag && $flags.indexOf(flags.join()) < 0) {
        $flags += flags.join();
        $callbacks.errorFlag.fn(flags);
      }
    }
    var event = $call("idle");
    if (event[0]) $event(event[0], event[1], event[2]);
    else {
      $call("memory", $memory().usage - $base, $peak - $base, $memory().total);
      $peak = 0;
    }
  }
}
$later($loop, 1);
$base = $memory().usage;
`;

/**
 * In place of the prelude's, on an interpreter whose instructions are counted: what the bench adds to a call is left out, from
 * one byte to the next in a file that nobody reads. With a callback goes how its function begins.
 */
const UNCOUNTED = `
var $uncounted = $call, $mark = E.openFile("/dev/null", "w"), $code = "\\xFFcod";
$call = function (operation, a, b, c) {
  $mark.write(".");
  if (a && (operation === "timer" || operation === "listen" || operation === "watch"))
    $uncounted("about", a, ($callbacks[a].fn[$code] || "").substr(0, 120));
  var answer = $uncounted(operation, a, b, c);
  $mark.write(".");
  return answer;
};`;

/** In place of the bench's: the interpreter's own calls of machine code, which is right where it was built for ARM. */
const OWN_CALLS = "delete E.getAddressOf; delete E.nativeCall;";

/** What starts the interpreter, from ESPRUINO in the environment; for ARM, under emulation, from ESPRUINO_ARM. */
function interpreter(arm = false): string[] {
  const path = arm ? process.env.ESPRUINO_ARM : process.env.ESPRUINO;
  if (path && existsSync(path)) return arm ? ["qemu-arm", path] : [path];
  throw new Error(
    `Set ${arm ? "ESPRUINO_ARM" : "ESPRUINO"} to the executable of an Espruino interpreter built for ${arm ? "ARM " : ""}Linux`,
  );
}

/** What the interpreter says it is, as `2v29`. */
export function interpreterVersion(): string {
  const [command, ...options] = interpreter();
  return execFileSync(command, [...options, "-e", "print('version='+process.version);quit()"], {
    input: "",
    encoding: "utf8",
  }).match(/version=(\S+)/)![1];
}

const cache = join(tmpdir(), `espruino-bench-${process.getuid?.() ?? 0}`);

/**
 * A program for the interpreter that puts a file of `bytes` bytes into its Storage: in pieces, as all of a bundle at once
 * takes more memory than there is.
 */
const upload = (name: string, file: string, bytes: number): string =>
  `(function(f,o,d){while((d=f.read(1024))!==undefined){require("Storage").write("${name}",d,o,${bytes});o+=d.length}f.close()})(E.openFile("${file}","r"),0);`;

/** A file with the interpreter's flash as it is after the bundle was uploaded to run at boot; made once a bundle. */
function flashImage(code: string, pins: string[], arm: boolean, counted: boolean): string {
  const [command, ...options] = interpreter(arm);
  // Without comments and long names: Storage has to hold a bundle for a larger board as well.
  const source = prelude(pins) + (counted ? UNCOUNTED : "") + shim + (arm ? OWN_CALLS : "") + epilogue;
  const boot0 = transformSync(source, { minify: true, target: "es2015", charset: "ascii" }).code;
  const name = createHash("sha256")
    .update([command, ...options].join())
    .update(boot0)
    .update(code)
    .digest("hex")
    .slice(0, 24);
  const image = join(cache, `${name}.flash`);
  if (existsSync(image)) return image;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "upload-"));
  writeFileSync(join(folder, "boot0"), boot0);
  writeFileSync(join(folder, "bootrst"), code);
  const keep = upload(".boot0", "boot0", boot0.length) + upload(".bootrst", "bootrst", code.length);
  const script = `${keep}var s=require("Storage");print("kept="+(s.read(".bootrst").length+s.read(".boot0").length));`;
  writeFileSync(join(folder, "upload.js"), script);
  const said = execFileSync(command, [...options, "upload.js"], {
    cwd: folder,
    input: "",
    encoding: "latin1",
    maxBuffer: 1 << 26,
  });
  if (!said.includes(`kept=${code.length + boot0.length}`))
    throw new Error("The bundle does not fit the interpreter's Storage");
  renameSync(join(folder, "espruino.flash"), image);
  rmSync(folder, { recursive: true });
  return image;
}

/** Runs a bundle on the interpreter, from its flash, as the board would at reset. Calls reach the host over two pipes. */
export function espruinoEngine(code: string, pins: string[], host: Host): Engine {
  return engine(code, pins, host, false);
}

/** The same on an interpreter that was built for ARM: machine code in the bundle is run as it is. */
export function armEngine(code: string, pins: string[], host: Host): Engine {
  return engine(code, pins, host, true);
}

/**
 * That with its instructions counted, under a QEMU that `qemu` of build/interpreter.ts gives. What the bench does in calls of the host is not in
 * the count; the shim's own functions are, where a board has the interpreter's. The host hears more than a controller's operations: `about`, with
 * the number of a callback and how its function begins.
 */
export function countedEngine(qemu: string[], code: string, pins: string[], host: Host): Engine {
  return engine(code, pins, host, true, qemu);
}

function engine(code: string, pins: string[], host: Host, arm: boolean, qemu?: string[]): Engine {
  const image = flashImage(code, pins, arm, !!qemu);
  const folder = mkdtempSync(join(cache, "run-"));
  copyFileSync(image, join(folder, "espruino.flash"));
  execFileSync("mkfifo", [join(folder, "out"), join(folder, "in")]);
  const log = openSync(join(folder, "log"), "w");
  const buffer = Buffer.alloc(1 << 16);
  let child: ChildProcess | undefined;
  let from = -1;
  let to = -1;
  let text = "";
  let alive = true;
  let memory = { used: 0, peak: 0, total: 0 };
  // The running count, in a file that the counting QEMU keeps.
  const count = qemu ? openSync(join(folder, "count"), "w+") : -1;

  const fail = (what: string): never => {
    const said = readFileSync(join(folder, "log"), "latin1").slice(-2000);
    stop();
    throw new Error(`${what}; the interpreter's last words: ${said}`);
  };
  const stop = () => {
    if (!alive) return;
    alive = false;
    child?.kill("SIGKILL");
    for (const file of [from, to, log, count]) if (file >= 0) closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  };
  /** Next call of the interpreter. Blocks: it answers at once, or it is busy with what it was given. */
  const next = (): any[] => {
    let end = text.indexOf("\n");
    while (end < 0) {
      const length = readSync(from, buffer);
      if (!length) fail("The interpreter ended");
      text += buffer.toString("latin1", 0, length);
      end = text.indexOf("\n");
    }
    const call = JSON.parse(text.slice(0, end));
    text = text.slice(end + 1);
    return call;
  };
  const answer = (value: unknown) => {
    const json = JSON.stringify(value ?? null);
    writeSync(to, 1000000 + json.length + json, null, "latin1");
  };
  /** Serves the interpreter until it waits for an event, or the power is gone. */
  const serve = () => {
    while (alive) {
      const [operation, ...args] = next();
      if (operation === "idle") return;
      if (operation === "memory") memory = { used: args[0], peak: args[1], total: args[2] };
      else {
        const result = host(operation, ...args);
        if (alive && ANSWERED.includes(operation)) answer(result);
      }
    }
  };

  return {
    start() {
      to = openSync(join(folder, "in"), "r+");
      // Without a writer a pipe reads as ended, so the first read is tried until the interpreter has opened it.
      const waiting = openSync(join(folder, "out"), constants.O_RDONLY | constants.O_NONBLOCK);
      const [command, ...options] = interpreter(arm);
      const counting = qemu && [...qemu.slice(0, -1), `${qemu[qemu.length - 1]},count=count`];
      child = spawn("sh", ["-c", 'ulimit -t 900; exec "$0" "$@"', ...(counting ?? [command]), ...options], {
        cwd: folder,
        stdio: ["pipe", log, log],
      });
      child.on("error", () => {});
      const pause = new Int32Array(new SharedArrayBuffer(4));
      for (let tries = 0; ; tries++) {
        let length = 0;
        try {
          length = readSync(waiting, buffer);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        }
        text = buffer.toString("latin1", 0, length);
        if (length) break;
        if (tries > 10000) fail("The interpreter does not start");
        Atomics.wait(pause, 0, 0, 1);
      }
      from = openSync(join(folder, "out"), "r");
      closeSync(waiting);
      serve();
    },
    deliver(id, data, last) {
      answer([id, data, last]);
      serve();
    },
    exhaust(spare) {
      answer(["exhaust", spare, false]);
      serve();
    },
    memory() {
      answer([0]);
      serve();
      return memory;
    },
    count: qemu && (() => (readSync(count, buffer, 0, 8, 0) ? Number(buffer.readBigUInt64LE()) : 0)),
    stop,
  };
}
