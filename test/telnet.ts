/** One test at a time has the Telnet port, which the interpreter built for Linux opens at a fixed number. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TELNET } from "../bench/telnet";
import { alive } from "../build/ledger";
import { pause } from "../build/port";

const lock = join(tmpdir(), "espruino-telnet.lock");

const listening = () =>
  new Promise<boolean>((done) => {
    const socket = connect(TELNET, "127.0.0.1", () => {
      socket.destroy();
      done(true);
    });
    socket.on("error", () => done(false));
  });

/** Waits for the port, and gives a function that hands it on. */
export async function telnetPort(): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, "pid"), String(process.pid));
      break;
    } catch {
      let pid = Number.NaN;
      try {
        pid = Number(readFileSync(join(lock, "pid"), "utf8"));
      } catch {}
      // Whoever had it is gone without a word.
      if (pid && !alive(pid)) rmSync(lock, { recursive: true, force: true });
      await pause(200);
    }
  }
  while (await listening()) await pause(200);
  return () => rmSync(lock, { recursive: true, force: true });
}
