/** The door of the page: who may come in, and what each page gets. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { WebSocket } from "ws";
import type { Wish } from "../../bench/web/frame";
import { serve, type Web } from "../../bench/web/server";
import { ticked } from "./ticks";

let web: Web;
let origin: string;
let key: string;
beforeAll(async () => {
  web = await serve({ port: 0 });
  origin = `http://127.0.0.1:${web.port}`;
  key = new URL(web.url).searchParams.get("key")!;
});
afterAll(() => web.close());

/** One request; its status, headers and body. */
function get(
  path: string,
  headers: { [name: string]: string } = {},
  method = "GET",
): Promise<{ status: number; headers: any; body: Buffer }> {
  return new Promise((done, failed) => {
    const sent = request({ host: "127.0.0.1", port: web.port, path, method, headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () =>
        done({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(pieces) }),
      );
    });
    sent.on("error", failed);
    sent.end();
  });
}

/** Pages that a test opened: closed after it, whatever became of it. */
const eyes: Eye[] = [];
afterEach(() => {
  for (const { socket } of eyes.splice(0)) socket.terminate();
});

/** A page that shows frames only when it is told to. */
class Eye {
  readonly frames: any[] = [];
  readonly replies: any[] = [];
  private heard = () => {};
  private constructor(readonly socket: WebSocket) {
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      ("reply" in frame ? this.replies : this.frames).push(frame);
      this.heard();
    });
  }
  static open(headers: { [name: string]: string } = { origin }, word = key): Promise<Eye> {
    return new Promise((done, failed) => {
      const socket = new WebSocket(`ws://127.0.0.1:${web.port}/live?key=${word}`, { headers });
      const eye = new Eye(socket);
      eyes.push(eye);
      socket.once("open", () => done(eye));
      socket.once("unexpected-response", (_request, { statusCode }) => failed(new Error(String(statusCode))));
      socket.once("error", failed);
    });
  }
  put(wish: Wish): void {
    this.socket.send(JSON.stringify(wish));
  }
  show(): void {
    this.put({ ack: this.frames.at(-1).n });
  }
  async until(so: () => boolean): Promise<void> {
    while (!so())
      await new Promise<void>((done) => {
        this.heard = done;
      });
  }
  /** Shows every frame until something is so. */
  async watch(so: () => boolean): Promise<void> {
    while (!so()) {
      if (this.frames.length) this.show();
      await new Promise<void>((done) => {
        this.heard = done;
      });
    }
  }
  /** What all frames together say. */
  get view(): any {
    return Object.assign({}, ...this.frames.map(({ view }) => view));
  }
}

describe("the door", () => {
  test("the page comes to the whole address only, and says what it may do", async () => {
    const { status, headers, body } = await get(`/?key=${key}`);
    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(body.toString()).toContain("<title>");
    expect((await get(`/?key=${key}`, { "accept-encoding": "gzip, br" })).headers["content-encoding"]).toBe("br");
  });

  test.each([
    ["without the word", "/", {}, 403],
    ["with another word", "/?key=AAAAAAAAAAAAAAAA", {}, 403],
    ["by another name, as after DNS rebinding", "/", { host: "evil.example" }, 403],
    ["for what is not there", "/package.json", {}, 404],
  ] as const)("is closed to a request %s", async (_, path, headers, status) => {
    expect((await get(path, headers)).status).toBe(status);
  });

  test("nothing can be posted", async () => {
    expect((await get(`/?key=${key}`, {}, "POST")).status).toBe(404);
  });

  test.each([
    ["of another origin", { origin: "https://evil.example" }, undefined],
    ["of the same host at another port", { origin: "http://127.0.0.1:1" }, undefined],
    ["without an origin", {}, undefined],
    ["with another word", undefined, "AAAAAAAAAAAAAAAA"],
    ["by another name", { origin: "http://evil.example", host: "evil.example" }, undefined],
  ])("is closed to a page %s", async (_, headers, word) => {
    await expect(Eye.open(headers as any, word)).rejects.toThrow("403");
  });

  test("nonsense from a page changes nothing, and takes nobody down", async () => {
    const eye = await Eye.open();
    for (const text of [
      "",
      "{",
      "null",
      "5",
      '{"line":5,"id":1}',
      '{"play":{}}',
      '{"hand":null}',
      '{"jump":"x","id":2}',
      '{"board":5,"engine":{}}',
      '{"speed":"a"}',
    ])
      eye.socket.send(text);
    await eye.until(() => eye.replies.length === 2);
    expect(eye.replies.every(({ said }) => "error" in said[0])).toBe(true);
    expect(web.desk.view.desk?.trouble).toBeUndefined();
    eye.put({ speed: 1 });
    eye.put({ line: "state", id: 3 });
    await eye.until(() => eye.replies.length === 3);
    await web.desk.renew();
  });
});

describe("pages", () => {
  test("several see the same device, whoever does something", async () => {
    const [one, other] = [await Eye.open(), await Eye.open()];
    one.put({ line: "cut", id: 1 });
    await Promise.all([one, other].map((eye) => eye.watch(() => eye.view.state?.powered === false)));
    other.put({ line: "on", id: 1 });
    await Promise.all([one, other].map((eye) => eye.watch(() => eye.view.state?.powered === true)));
    expect(one.replies).toEqual([{ reply: 1, said: [] }]);
  });

  test("one that sleeps gets nothing, and all of it in one piece when it wakes; the device goes on meanwhile", async () => {
    const sleeper = await Eye.open();
    await sleeper.until(() => sleeper.frames.length > 0);
    const [{ lists }] = sleeper.frames;
    const known = lists.serial.from + lists.serial.items.length;
    const awake = await Eye.open();
    for (let i = 0; i < 5; i++) awake.put({ line: "#STATUS", id: i + 1 });
    awake.put({ line: "wait 3600", id: 6 });
    await awake.watch(() => awake.replies.length === 6);
    expect(sleeper.frames).toHaveLength(1);
    sleeper.show();
    await sleeper.until(() => sleeper.frames.length === 2);
    const { view, lists: news } = sleeper.frames[1];
    expect(view.state.time - sleeper.frames[0].view.state.time).toBeGreaterThanOrEqual(3600);
    // Nothing that was known comes again, and nothing is left out.
    expect(news.serial.from).toBe(known);
    expect(news.serial.items).toHaveLength(10);
  });

  test("the device goes on when nobody looks", async () => {
    const eye = await Eye.open();
    await ticked(web.desk, () => web.pages === 1);
    eye.socket.close();
    await ticked(web.desk, () => web.pages === 0);
    const { now } = web.desk;
    await ticked(web.desk, () => web.desk.now > now + 300);
    expect(web.pages).toBe(0);
  });
});

describe("npm start", () => {
  /** The command, and what it says until a pattern is in it. */
  function start(args: string[], input?: string): { child: ChildProcess; said: (pattern: RegExp) => Promise<string> } {
    const child = spawn(process.execPath, ["--import", "tsx", "bench/web/server.ts", ...args], {
      cwd: resolve(__dirname, "../.."),
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (input !== undefined) child.stdin!.write(input);
    let text = "";
    const said = (pattern: RegExp) =>
      new Promise<string>((done, failed) => {
        const look = () => pattern.test(text) && done(text);
        child.stdout!.on("data", (data) => {
          text += data;
          look();
        });
        child.on("close", () => failed(new Error(text)));
        look();
      });
    return { child, said };
  }

  test("takes the next port if its own is busy, says so, and ends with Ctrl-C", async () => {
    const busy = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => busy.once("listening", done));
    const { port } = busy.address() as AddressInfo;
    const { child, said } = start(["--port", String(port)]);
    const text = await said(/Ctrl-C/);
    expect(text).toContain(`Port ${port} is taken, so this is at `);
    expect(text).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{16}\n/);
    child.kill("SIGINT");
    expect(await new Promise((done) => child.on("exit", done))).toBe(0);
    busy.close();
  });

  test("without the interpreter that is asked for it does not start, and says what is missing", async () => {
    const { ESPRUINO } = process.env;
    delete process.env.ESPRUINO;
    try {
      await expect(serve({ port: 0, engine: "espruino" })).rejects.toThrow(/^Set ESPRUINO to the executable/);
    } finally {
      if (ESPRUINO !== undefined) process.env.ESPRUINO = ESPRUINO;
    }
  });

  test("--headless is worked by lines, says JSON, and repeats no key", async () => {
    const setup = 'raw "#SETUP;5;5;00112233445566778899aabbccddeeff"';
    const { child, said } = start(["--port", "0", "--headless"], `#STATUS\nstate\n${setup}\nnonsense\nquit\n`);
    const text = await said(/no such command/);
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line)[0])).toEqual([
      "url",
      "uart",
      "done",
      "state",
      "done",
      "done",
      "error",
    ]);
    expect(text).not.toContain("00112233");
    expect(await new Promise((done) => child.on("exit", done))).toBe(0);
  });
});
