/**
 * The firmware's own serial code on the interpreter: Serial1 is a terminal of this computer, at whose other end the bench's model of
 * the modem sits. Here time is the computer's; the modem's runs faster.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { flashable } from "../../build/bundle";
import { Interpreter } from "../interpreter";
import { desk, FAMILIES } from "./model/desk";
import { settings } from "./modems";

const socat = spawnSync("socat", ["-V"]).status === 0;
const here = Interpreter.there && socat ? test : test.skip;
const NEEDS = Interpreter.there ? (socat ? "" : " (needs socat)") : " (needs an interpreter: set ESPRUINO)";

/**
 * How much faster the modem's time runs, milliseconds between two looks at it, and characters that the line takes in them: the
 * interpreter has room for 32 that come while it is at work.
 */
const SPEED = 10;
const LOOK = 20;
const PIECE = 8;

const BODY = JSON.stringify({ sn: "A1", d: Array.from({ length: 60 }, (_, i) => i) });

/** A session over a terminal, as the boards have it over their UART; it prints what it is told. */
async function program(family: string, terminal: string): Promise<string> {
  const file = family === "bg95" ? "quectel" : family;
  const session = `
    import { ${file} } from "../firmware/modem/families/${file}";
    import { modem } from "../firmware/modem/modem";
    export function start(port, system, settings, tell) { return modem(port, system, settings, ${file}, tell); }`;
  const parts = { LEAN: true, SERVICE: true, SMS: true, TABLE: false, NATIVE: false };
  const contents = `
    import { io, system } from "./hal/espruino/espruino";
    import { modem as port } from "./hal/espruino/modem";
    import { start } from "./boards/session.overlay";
    const uart = {
      "removeAllListeners"() { Serial1["removeAllListeners"]("data"); },
      "on"(event, fn) { Serial1["on"](event, fn); },
      // On a computer a port is named by its path, and has no pins.
      setup(baud) { Serial1.setup(baud, { path: ${JSON.stringify(terminal)} }); },
      unsetup() { Serial1["unsetup"](); },
      "write"(text) { Serial1["write"](text); },
    };
    let answer = "", given = 0;
    const body = ${JSON.stringify(BODY)};
    setTimeout(() => {
      const session = start(
        port(io, { uart, baud: 115200, burst: 48, pins: {}, low: "" }), system,
        ${JSON.stringify(settings({ lean: 0, sms: 1, plain: 1 })).replace(/"(\w+)":/g, "$1:")},
        (event, value) => { print("#told " + event + " " + value); if (event === "off") quit(); },
      );
      session.open({
        url: "http://m.example.com/dd", type: "application/json", authorization: "", size: body.length,
        read() { const piece = body.substr(given, 37); given += piece.length; return piece; },
        write(text) { answer += text; },
        close(status, reason) { print("#post " + status + " " + reason + " " + answer); session.close(); },
      });
    }, 1);`;
  return (await flashable(contents, "pty", parts, { [resolve(__dirname, "../../boards/session.overlay.ts")]: session }))
    .code;
}

here.each(FAMILIES)(
  `%s: a report goes out over a terminal, and its answer and a message come in${NEEDS}`,
  async (family) => {
    const it = desk({ family });
    it.part.setRate(115200);
    it.part.sms("+254700000001", "123 456 789");
    const folder = mkdtempSync(join(tmpdir(), "pty-"));
    const terminal = join(folder, "tty");
    const line = spawn("socat", ["-", `pty,raw,echo=0,link=${terminal}`], { stdio: ["pipe", "pipe", "ignore"] });
    let coming = "";
    const begin = Date.now();
    const { now } = it.world;
    const clock = setInterval(() => {
      it.world.run(now + SPEED * (Date.now() - begin));
      line.stdin.write(coming.slice(0, PIECE), "latin1");
      coming = coming.slice(PIECE);
    }, LOOK);
    const interpreter = new Interpreter();
    let said = "";
    try {
      line.stdout.on("data", (data: Buffer) => it.part.hear(data.toString("latin1")));
      it.part.toController = (text) => {
        coming += text;
      };
      while (!existsSync(terminal)) await new Promise((done) => setTimeout(done, LOOK));
      interpreter.upload({ ".boot0": await program(family, terminal) });
      const child = interpreter.start();
      child.stdout!.on("data", (data) => {
        said += data;
      });
      await new Promise((done) => child.on("exit", done));
    } finally {
      clearInterval(clock);
      line.kill();
      interpreter.end();
      rmSync(folder, { recursive: true });
    }
    expect(said).toContain('#post 201  {"tokens":["123 456 789"]}');
    expect(said).toContain("#told sms 123 456 789");
    expect(said).toMatch(/#told off [\r\n]/);
    expect(it.requests.map(({ body }) => body)).toEqual([BODY]);
  },
);
