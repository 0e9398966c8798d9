/** Nothing that anybody types evaluates: on the interpreter itself, over its Telnet port, with the bundle as flashed. */
import { once } from "node:events";
import { connect } from "node:net";
import { TELNET } from "../../bench/telnet";
import { bundle } from "../../build/bundle";
import { pause } from "../../build/port";
import { Interpreter } from "../interpreter";
import { telnetPort } from "../telnet";

const onInterpreter = Interpreter.there ? test : test.skip;

/** Types a line at the Telnet port, a few times as a patient person would, and returns all that came back. */
async function type(line: string): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const heard = await new Promise<string | undefined>((resolve) => {
      let text = "";
      const socket = connect(TELNET, "127.0.0.1", () => {
        for (let i = 1; i <= 4; i++) setTimeout(() => socket.write(line), 250 * i);
        setTimeout(() => socket.destroy(), 1500);
      });
      socket.on("data", (data) => {
        text += data.toString("latin1");
      });
      socket.on("error", () => {});
      socket.on("close", (failed) => resolve(failed ? undefined : text));
    });
    if (heard !== undefined) return heard;
    await pause(100);
  }
  throw new Error("The interpreter's Telnet port does not open");
}

/** Boots the interpreter from flash with `files` in its Storage. */
async function withInterpreter(files: { [name: string]: string }, use: () => Promise<void>): Promise<void> {
  const handOn = await telnetPort();
  const interpreter = new Interpreter();
  try {
    interpreter.upload(files);
    const child = interpreter.start(["--telnet"]);
    try {
      await use();
    } finally {
      child.kill("SIGKILL");
      await once(child, "close");
    }
  } finally {
    interpreter.end();
    handOn();
  }
}

/** The answer, but not the question, holds the product. */
const QUESTION = "\x10print(6*7*1000+1)\n";
const ANSWER = "42001";
/** Resets the interpreter again and again, as anybody with a loose contact could. */
const RESETS = "setTimeout(function () { reset(); }, 700);";

onInterpreter("a development build evaluates what is typed (or these tests could not fail)", async () => {
  const { code } = await bundle("esp32", true);
  await withInterpreter({ ".bootrst": code }, async () => expect(await type(QUESTION)).toContain(ANSWER));
});

onInterpreter("a production build evaluates nothing, before and after a connection", async () => {
  const { code } = await bundle("esp32");
  await withInterpreter({ ".bootrst": code }, async () => {
    expect(await type(QUESTION)).not.toContain(ANSWER);
    expect(await type(QUESTION)).not.toContain(ANSWER);
  });
});

onInterpreter("a production build evaluates nothing after reset()", async () => {
  const { code } = await bundle("esp32");
  await withInterpreter({ ".boot0": RESETS, ".bootrst": code }, async () => {
    expect(await type(QUESTION)).not.toContain(ANSWER);
    expect(await type(QUESTION)).not.toContain(ANSWER);
  });
});
