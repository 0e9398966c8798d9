/** Uploads through the `espruino` command line tool, which reaches any open port through a connection of this computer. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { times } from "./console";
import type { Port } from "./port";
import { ToolError } from "./tool";

const CLI = join(require.resolve("espruino/package.json"), "../bin/espruino-cli.js");

/** The modules that the firmware takes from the interpreter: the tool would look for others on the network. */
const MODULES = ["Flash", "Storage", "Wifi", "http", "net", "crypto", "tls"];

/** How fast to send: 19 bytes at a time, for UARTs that drop what comes faster; with a rest after each piece; or as it goes. */
export type Pace = "slow" | "steady" | "fast";

/**
 * Writes `code` to `.bootrst`, without starting it. What was really stored is not looked at here. `progress` gets the part
 * done, 0 to 1.
 */
export async function upload(
  port: Port,
  code: string,
  version: string,
  pace: Pace,
  progress: (part: number) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "flash-"));
  const server = createServer();
  try {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port: number } = server.address() as AddressInfo;
    let sent = 0;
    let last = Date.now();
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        sent += data.length;
        last = Date.now();
        progress(Math.min(sent / (code.length * 1.06), 1));
        port.write(data.toString("latin1"));
      });
      port.onData = (data) => void (socket.destroyed || socket.write(data, "latin1"));
    });
    writeFileSync(join(folder, "program.js"), code);
    // Given a board's file, the tool asks neither the device nor the network for it.
    writeFileSync(
      join(folder, "board.json"),
      JSON.stringify({ info: { binary_version: version, builtin_modules: MODULES } }),
    );
    const config = {
      SAVE_ON_SEND: 2,
      // Verified first: a production build closes the console as soon as it runs.
      LOAD_STORAGE_FILE: 0,
      RESET_BEFORE_SEND: false,
      SERIAL_THROTTLE_SEND: pace === "slow" ? 1 : 2,
      STORAGE_UPLOAD_METHOD: pace === "fast" ? 1 : 0,
      // What is sent is what was checked, byte for byte.
      COMPILATION: false,
    };
    const options = Object.entries(config).flatMap(([name, value]) => ["--config", `${name}=${value}`]);
    const args = [
      CLI,
      "--no-ble",
      ...options,
      "--board",
      "board.json",
      "-p",
      `tcp://127.0.0.1:${number}`,
      "program.js",
    ];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        said = (said + text).slice(-4000);
      });
    const ended = new Promise<void>((done, fail) => {
      child.on("error", (error) =>
        fail(new ToolError(`The uploading tool does not start (${error.message}).`, "Run npm ci, and repeat.")),
      );
      child.on("close", () => done());
    });
    const watch = setInterval(() => {
      // It does not end by itself after uploads of up to 512 bytes, for one. On a busy computer it takes its time to start.
      if (port.closed || Date.now() - last > times.idle * (sent ? 1 : 5)) child.kill("SIGKILL");
    }, 200);
    await ended.finally(() => clearInterval(watch));
    if (sent < code.length && !port.closed)
      throw new ToolError(
        `The upload stopped after ${sent} bytes: ${said.trim().split("\n").pop() || "the tool gave no reason"}.`,
        "Cut the device's power for a moment, see that nothing else uses its port, and repeat.",
      );
  } finally {
    port.onData = undefined;
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
