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
  readdirSync,
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
import { NAME, type Terminal, terminal } from "./terminal";

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
  "terminal",
  "wake",
  "idle",
];

/** Whoever listens at the port that is the interpreter's own, in place of a callback's number. */
const EAR = -1;

/** Characters that the interpreter's port takes at once. */
const PIECE = 32;

/** Milliseconds between two looks at what comes soon, and looks after which nothing comes. */
const MOMENT = 0.1;
const TRIES = 100000;
const clock = new Int32Array(new SharedArrayBuffer(4));

/**
 * In front of the shim: `$` writes a call to one pipe and, where there is an answer, waits for it on another. What the
 * interpreter itself has under the names that the shim takes is kept aside first.
 */
export const prelude = (pins: string[]) => `
var $out = E.openFile("out", "w"), $in = E.openFile("in", "r");
var $memory = process.memory, $later = setTimeout, $base = 0, $peak = 0;
/* Throws for what is no integer; the pages of boards lie where this interpreter has no flash, and does nothing. */
var $erase = require("Flash").erasePage;
function $call(operation, a, b, c) {
  var used = $memory(false).usage;
  /* What is needed counts, not the garbage, which the interpreter collects when it runs short. */
  if (used > $peak) used = $memory().usage;
  if (used > $peak) $peak = used;
  $out.write(JSON.stringify([operation, a, b, c]) + "\\n");
  /* No list that stays. The interpreter finds a text past the end as well, if its beginning is there: hence the full stop. */
  if (" ${ANSWERED.join(" ")} .".indexOf(" " + operation + " ") < 0) return;
  /* A signal may end a read that waits. */
  for (var size, tries = 9; tries-- && !(size = $in.read(7)); );
  return JSON.parse($in.read(size - 1000000));
}
${pins.map((pin) => `var ${pin}="${pin}";`).join("")}
`;
const epilogue = `
var $flags = "";
/* Characters that are on their way to the interpreter's own port; it hears them when it is idle. */
var $due = 0;
function $loop() {
  /* Memory that runs out ends this without an exception, and the timer with it: the next one is set before. */
  $later($loop, 0);
  for (;;) {
    var flags = E.getErrorFlags();
    if (flags.length) {
      /* LOW_MEMORY alone says that garbage was collected in the middle of something, which was enough. */
      if (flags.join() !== "LOW_MEMORY") {
        $call("uncaught", flags.join());
        /* Characters may have found no room. */
        $due = 0;
      }
      /* Said once, as by the interpreter itself. */
      if ($callbacks.errorFlag && $flags.indexOf(flags.join()) < 0) {
        $flags += flags.join();
        $callbacks.errorFlag.fn(flags);
      }
    }
    /* What comes while nobody listens is lost. */
    if ($due > 0) $due -= $port.r().length;
    if ($due > 0) return;
    var event = $call("idle");
    if (event[0] === ${EAR}) $due = event[1];
    else if (event[0] === "exhaust") {
      /* Memory runs out: all of it at once, and it is free again; or slowly, until no more than \`spare\` variables are left. */
      var spare = event[1], hoard = [];
      if (spare) $callbacks.hoard = hoard;
      while (!spare || $memory(false).free > spare) hoard.push([]);
    } else if (event[0]) $event(event[0], event[1], event[2]);
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

/**
 * In place of the bench's: the interpreter's own port of this name, at a terminal of this computer. Short names, and no closures
 * that stay: every variable of this is one less for the firmware.
 */
const ownPort = (port: string) => `
/* The interpreter's own have their functions from its class; the bench's is for ports in software. */
var $port = Serial;
delete global.Serial;
delete global.${port};
for (var $name of ["setup", "unsetup", "write", "read", "on"]) ${port}[$name[0]] = ${port}[$name];
${port}.removeAllListeners = ${port}.removeAllListeners;
/* What looks at the ports hurries on when something came: at this one, for that alone, and nobody hears it. */
Serial6.setup(9600, { path: "wake" });
delete global.Serial6;
global.Serial = $port;
$port = ${port};
delete global.$name;
/* A computer's port is named by its path, not by pins. */
$port.path = "${NAME}";
$port.setup = $port.unsetup = function (baud, options) {
  if (baud) {
    $call("terminal");
    options = options || {};
    options.path = this.path;
    this.s(baud, options);
    delete options.path;
  } else this.u();
  $call("uart", "${port}", baud || 0);
  $call("listen", baud ? ${EAR} : 0, "${port}");
};
$port.write = function (text) {
  if (!$call("wake")) return;
  this.w(text);
  $call("written", "${port}", text.length);
};
$port.on = function (event, fn) {
  this.o(event, function (data) {
    $due -= data.length;
    try {
      fn(data);
    } catch (error) {
      $uncaught(error);
    }
  });
};
`;

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
function flashImage(code: string, pins: string[], arm: boolean, uart?: string, counted = false): string {
  const [command, ...options] = interpreter(arm);
  // Without comments and long names: Storage has to hold a bundle for a larger board as well.
  const source = [
    prelude(pins),
    counted ? UNCOUNTED : "",
    shim,
    // Modules of the interpreter's own take no variables while nobody asks for them.
    code.includes('require("http")') ? "" : "$http = $wifi = 0;",
    arm ? OWN_CALLS : "",
    uart ? ownPort(uart) : "",
    epilogue,
  ].join("");
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
export function espruinoEngine(code: string, pins: string[], host: Host, uart?: string): Engine {
  return engine(code, pins, host, false, uart);
}

/** The same on an interpreter that was built for ARM: machine code in the bundle is run as it is. */
export function armEngine(code: string, pins: string[], host: Host, uart?: string): Engine {
  return engine(code, pins, host, true, uart);
}

/**
 * That with its instructions counted, under a QEMU that `qemu` of build/interpreter.ts gives. What the bench does in calls of the host is not in
 * the count; the shim's own functions are, where a board has the interpreter's. The host hears more than a controller's operations: `about`, with
 * the number of a callback and how its function begins.
 */
export function countedEngine(qemu: string[], code: string, pins: string[], host: Host): Engine {
  return engine(code, pins, host, true, undefined, qemu);
}

function engine(code: string, pins: string[], host: Host, arm: boolean, uart?: string, qemu?: string[]): Engine {
  const image = flashImage(code, pins, arm, uart, !!qemu);
  const folder = mkdtempSync(join(cache, "run-"));
  const file = (name: string) => join(folder, name);
  copyFileSync(image, file("espruino.flash"));
  execFileSync("mkfifo", ["out", "in", "wake", "say", "heard"].map(file));
  const log = openSync(file("log"), "w");
  const to = openSync(file("in"), "r+");
  // Calls, with waiting and without.
  let from = -1;
  const soon = openSync(file("out"), constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1 << 16);
  let child: ChildProcess | undefined;
  let line: Terminal | undefined;
  /** The interpreter's thread that looks at its ports. */
  let thread = 0;
  /** Something was said at its port: until the interpreter is idle again, and until it does anything. */
  let due = false;
  let unheard = false;
  let text = "";
  let alive = true;
  let memory = { used: 0, peak: 0, total: 0 };
  // The running count, in a file that the counting QEMU keeps.
  const count = qemu ? openSync(file("count"), "w+") : -1;

  const fail = (what: string): never => {
    const said = readFileSync(file("log"), "latin1").slice(-2000);
    stop();
    throw new Error(`${what}; the interpreter's last words: ${said}`);
  };
  const stop = () => {
    if (!alive) return;
    alive = false;
    child?.kill("SIGKILL");
    line?.end();
    for (const file of [from, soon, to, log, count]) if (file >= 0) closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  };
  /**
   * Makes the interpreter look at its ports now: its thread that does so sleeps for 50 ms when it found nothing, which any signal
   * ends that it takes. It would lose a character that it is just writing: so never while it may write.
   */
  const wake = () => {
    try {
      process.kill(thread, "SIGHUP");
    } catch {
      fail("The interpreter ended");
    }
  };
  /** Waits for a moment, and not for ever. */
  const pause = (tries: number) => {
    if (tries > TRIES) fail("The interpreter does not answer");
    if (unheard && tries % 2) wake();
    Atomics.wait(clock, 0, 0, MOMENT);
  };
  /** What a pipe holds, as soon as it holds anything; without a writer it reads as ended, and is tried until it has one. */
  const read = (pipe: number): string => {
    for (let tries = 0; ; tries++) {
      let length = 0;
      try {
        length = readSync(pipe, buffer);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      }
      if (length) return buffer.toString("latin1", 0, length);
      pause(tries);
    }
  };
  /** Next call of the interpreter. Blocks: it answers at once, or it is busy with what it was given. */
  const next = (): any[] => {
    let end = text.indexOf("\n");
    while (end < 0) {
      if (due) text += read(soon);
      else {
        const length = readSync(from, buffer);
        if (!length) fail("The interpreter ended");
        text += buffer.toString("latin1", 0, length);
      }
      unheard = false;
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
  /** What the interpreter itself, or the end of its line, does of the calls; all others are the host's. */
  const own: { [operation: string]: (args: any[]) => unknown } = {
    memory: ([used, peak, total]) => {
      memory = { used, peak, total };
    },
    terminal: () => {
      if (line) return;
      line = terminal(folder, pause);
      thread = Number(readdirSync(`/proc/${child!.pid}/task`).pop());
    },
    // Before it was set up, nothing leaves a port.
    wake: () => {
      if (!line) return 0;
      line.wake();
      wake();
      return 1;
    },
    written: ([port, length]) => {
      let said = "";
      while (said.length < length) said += read(line!.from);
      host("send", port, said);
    },
  };
  /** Serves the interpreter until it waits for an event, or the power is gone. */
  const serve = () => {
    while (alive) {
      const [operation, ...args] = next();
      if (operation === "idle") break;
      const result = own[operation] ? own[operation](args) : host(operation, ...args);
      if (alive && ANSWERED.includes(operation)) answer(result);
    }
    due = false;
  };

  return {
    start() {
      const [command, ...options] = interpreter(arm);
      const counting = qemu && [...qemu.slice(0, -1), `${qemu[qemu.length - 1]},count=count`];
      child = spawn("sh", ["-c", 'ulimit -t 900; exec "$0" "$@"', ...(counting ?? [command]), ...options], {
        cwd: folder,
        // Nothing is typed: its thread that looks for that gets an error at once, where another input could make it wait.
        stdio: [log, log, log],
      });
      child.on("error", () => {});
      text = read(soon);
      from = openSync(file("out"), "r");
      serve();
    },
    deliver(id, data, last) {
      if (id !== EAR) {
        answer([id, data, last]);
        serve();
      } else
        for (let said = String(data); said && alive; said = said.slice(PIECE)) {
          const piece = said.slice(0, PIECE);
          due = unheard = true;
          line!.write(piece);
          answer([EAR, piece.length]);
          serve();
        }
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
