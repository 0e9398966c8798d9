/**
 * `npm start`: a device in the browser. One process has the device on a desk and serves the page that shows it; it goes on
 * when nobody looks. Reached from this computer only, and with the word that is in the address.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server as Listener } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { Command, InvalidArgumentError, Option } from "commander";
import { Hono } from "hono";
import { type WebSocket, WebSocketServer } from "ws";
import { boardNames } from "../../build/bundle";
import { ENGINES } from "../bench";
import { repeated } from "../need";
import { Desk, type Tails } from "./desk";
import type { Frame, Lists, View, Wish } from "./frame";
import { makePage } from "./page";

/** Milliseconds between two looks at the desk while somebody watches, and while nobody does. */
const LOOK = 33;
const ALONE = 100;
/** Ports that are tried, one after the other. */
const TRIES = 20;
/** Most bytes of a message from a page: a story of one's own may be long. */
const LONGEST = 1 << 20;

export interface WebOptions {
  board?: string;
  engine?: string;
  /** 0: any that is free. */
  port?: number;
  host?: string;
}

export interface Web {
  /** Where the page is, its word included. */
  url: string;
  port: number;
  /** Whether the port that was asked for was taken. */
  moved: boolean;
  desk: Desk;
  /** Pages that are connected. */
  readonly pages: number;
  close(): Promise<void>;
}

/** A page, and what of the desk it has been sent. */
class Page {
  private device = -1;
  private view: Partial<View> = {};
  private ends: { [name in keyof Lists]?: number } = {};
  private lasts: { [name in keyof Lists]?: unknown } = {};
  private frames = 0;
  private shown = 0;

  constructor(
    private socket: WebSocket,
    private desk: Desk,
  ) {
    socket.on("message", (data) => {
      let wish: Wish;
      try {
        wish = JSON.parse(String(data));
        if (typeof wish !== "object" || wish === null) return;
      } catch (_) {
        return;
      }
      if ("ack" in wish) {
        this.shown = Number(wish.ack);
        this.send();
        return;
      }
      const id = "id" in wish ? Number(wish.id) : 0;
      desk.wish(wish).then((said) => {
        if (id) this.put({ reply: id, said });
      });
    });
    socket.on("error", () => {});
  }

  private put(frame: Frame): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Sends what is new, once the page has shown what it has: one that sleeps gets all of it in one piece when it wakes. */
  send(): void {
    if (this.shown < this.frames) return;
    const { desk } = this;
    const fresh = this.device !== desk.device;
    if (fresh) Object.assign(this, { device: desk.device, view: {}, ends: {}, lasts: {} });
    const view: Partial<View> = {};
    for (const name of Object.keys(desk.view) as (keyof View)[])
      if (this.view[name] !== desk.view[name]) (view as any)[name] = desk.view[name] ?? null;
    const lists: { [name: string]: { from: number; items: unknown[] } } = {};
    for (const name of Object.keys(desk.lists) as (keyof Tails)[]) {
      const { from, items, end } = desk.lists[name];
      const had = this.ends[name] ?? 0;
      // The last one may have changed since.
      const grown = had > from && items[had - from - 1] !== this.lasts[name] ? 1 : 0;
      if (end > had || grown)
        lists[name] = { from: Math.max(from, had - grown), items: items.slice(Math.max(0, had - grown - from)) };
      this.ends[name] = end;
      this.lasts[name] = items[items.length - 1];
    }
    this.view = { ...desk.view };
    if (!fresh && !Object.keys(view).length && !Object.keys(lists).length) return;
    this.put({ n: ++this.frames, ...(fresh && { fresh }), view, lists } as Frame);
  }
}

const equal = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Puts a device on a desk and serves the page. */
export async function serve(options: WebOptions = {}): Promise<Web> {
  const { board = "esp32", engine = "node", port = 8180, host = "127.0.0.1" } = options;
  const word = randomBytes(12).toString("base64url");
  const page = await makePage();
  const desk = new Desk({ board, engine });
  await desk.renew();
  const { trouble } = desk.view.desk!;
  if (trouble) throw new Error(trouble);

  /** Names under which this is reached; a browser that was sent here by another one is turned away. All, if anybody may come. */
  let names: string[] | undefined;
  const known = ({ host: name }: { host?: string }) => !names || names.includes(name ?? "");
  const admitted = (url: URL) => equal(url.searchParams.get("key") ?? "", word);

  const app = new Hono();
  app.use("*", async (context, next) => {
    if (!known({ host: context.req.header("host") }))
      return context.text("This is not the name of this server.\n", 403);
    await next();
    const headers = {
      "content-security-policy": page.policy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    };
    for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
  });
  app.get("/", (context) => {
    if (!admitted(new URL(context.req.url)))
      return context.text("Open the whole address that npm start printed: the word at its end is the key.\n", 403);
    const type = { "content-type": "text/html; charset=utf-8" };
    if (!/\bbr\b/.test(context.req.header("accept-encoding") ?? "")) return context.body(page.html, 200, type);
    return context.body(new Uint8Array(page.brotli), 200, { ...type, "content-encoding": "br" });
  });

  const pages = new Map<WebSocket, Page>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LONGEST });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? "/", "http://desk");
    const own = known(request.headers) && request.headers.origin === `http://${request.headers.host}`;
    if (url.pathname !== "/live" || !own || !admitted(url)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open) => {
      const one = new Page(open, desk);
      pages.set(open, one);
      open.on("close", () => pages.delete(open));
      one.send();
    });
  };

  const listener = createAdaptorServer({ fetch: app.fetch, hostname: host }) as Listener;
  listener.on("upgrade", upgrade);
  const listen = (at: number) =>
    new Promise<void>((done, failed) => {
      listener.once("error", failed);
      listener.listen(at, host, () => {
        listener.off("error", failed);
        done();
      });
    });
  let moved = false;
  for (let tries = 0; ; tries++) {
    try {
      await listen(port && port + tries);
      break;
    } catch (error: any) {
      if (error.code !== "EADDRINUSE" || tries === TRIES) {
        desk.end();
        throw error;
      }
      moved = true;
    }
  }
  const bound = (listener.address() as AddressInfo).port;
  const name = host.includes(":") ? `[${host}]` : host;
  if (/^(127\.|::1$|localhost$)/.test(host)) names = [`${name}:${bound}`, `localhost:${bound}`];

  let last = performance.now();
  let timer: NodeJS.Timeout;
  const step = () => {
    const now = performance.now();
    desk.tick(now - last);
    last = now;
    for (const one of pages.values()) one.send();
    timer = setTimeout(step, desk.hurries ? 0 : pages.size ? LOOK : ALONE);
  };
  timer = setTimeout(step, LOOK);

  return {
    url: `http://${name}:${bound}/?key=${word}`,
    port: bound,
    moved,
    desk,
    get pages() {
      return pages.size;
    },
    close: () =>
      new Promise((done) => {
        clearTimeout(timer);
        desk.end();
        for (const socket of pages.keys()) socket.terminate();
        listener.close(() => done());
        listener.closeAllConnections();
      }),
  };
}

function number(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new InvalidArgumentError("Give 0 (any) to 65535.");
  return Number(text);
}

async function main(argv: string[]): Promise<void> {
  const command = new Command("npm start --")
    .description(
      "A pay-as-you-go device in the browser. It goes on while no page is open. Without a browser: npm run terminal",
    )
    .addOption(new Option("--board <name>", "which board").choices(boardNames()).default("esp32"))
    .addOption(new Option("--engine <name>", "what runs the firmware").choices(Object.keys(ENGINES)).default("node"))
    .option("--port <n>", "where the page is; the next free one is taken if it is busy, 0 takes any", number, 8180)
    .option("--host <address>", "127.0.0.1 is reached from this computer only", "127.0.0.1")
    .option(
      "--headless",
      "for scripts: the address as JSON, then lines of the bench protocol from standard input and what they say",
    )
    .parse(argv, { from: "user" });
  const { headless, ...options } = command.opts();
  const web = await serve(options);
  const { url, port, moved, desk } = web;
  const end = async () => {
    await web.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
  if (!headless) {
    if (moved) console.log(`Port ${options.port} is taken, so this is at ${port}.`);
    console.log(`The device is at ${url}`);
    console.log("Open that in a browser. Ctrl-C ends it; without a browser: npm run terminal");
    return;
  }
  console.log(JSON.stringify({ url }));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === "quit") break;
    const all = await desk.wish({ line, id: 1 });
    for (const said of all) console.log(JSON.stringify(said));
    const done = repeated(line.trim());
    if (done && !all.some((said) => "error" in said)) console.log(JSON.stringify({ done }));
  }
  await end();
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
