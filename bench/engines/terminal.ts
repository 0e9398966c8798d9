import { spawn } from "node:child_process";
import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What a terminal is called in the folder where it is. */
export const NAME = "tty";

/** One end of a terminal of this computer, as two pipes; its other end is the file. */
export interface Terminal {
  write(text: string): void;
  /** Something comes at the port beside it. */
  wake(): void;
  /** What comes out of it: a pipe that never waits. */
  readonly from: number;
  end(): void;
}

/** Makes a terminal in a folder where the named pipes `say`, `heard` and `wake` are; `pause` waits for a moment, and ends the waiting. */
export function terminal(folder: string, pause: (tries: number) => void): Terminal {
  const file = (name: string) => join(folder, name);
  const to = openSync(file("say"), "r+");
  const from = openSync(file("heard"), constants.O_RDONLY | constants.O_NONBLOCK);
  const beside = openSync(file("wake"), "r+");
  const files = [to, from, beside];
  const pipes = "OPEN:say,rdonly!!OPEN:heard,wronly";
  const child = spawn("socat", [pipes, `PTY,raw,echo=0,link=${NAME}`], { cwd: folder, stdio: "ignore" });
  child.on("error", () => {});
  const end = () => {
    child.kill("SIGKILL");
    for (const file of files) closeSync(file);
  };
  try {
    if (!child.pid)
      throw new Error("The interpreter's own serial port needs socat: install it, as with `apt install socat`");
    for (let tries = 0; !existsSync(file(NAME)); tries++) pause(tries);
    // A terminal ends when nobody has it open any more, as while a port is set up anew.
    files.push(openSync(file(NAME), constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
  } catch (error) {
    end();
    throw error;
  }
  return {
    write: (text) => {
      writeSync(to, text, null, "latin1");
    },
    wake: () => {
      writeSync(beside, ".");
    },
    from,
    end,
  };
}
