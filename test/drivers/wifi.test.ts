import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../build/interpreter";

const onDevice = process.env.ESPRUINO ? test : test.skip;
const NEEDS = process.env.ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)";

/** Runs the driver on the interpreter's own network, and returns what its program printed after "#". */
async function run(program: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "wifi-"));
  writeFileSync(join(folder, "program.js"), program);
  const child = spawn(process.env.ESPRUINO!, ["program.js"], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
  let said = "";
  const limit = setTimeout(() => child.kill("SIGKILL"), 20000);
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdout.on("data", (data) => {
    said += data;
    if (said.includes("#END")) child.kill("SIGKILL");
  });
  await ended;
  clearTimeout(limit);
  rmSync(folder, { recursive: true });
  return [...said.matchAll(/#([^\r\n]*)/g)].map(([, line]) => line);
}

/** A program that posts `size` bytes in pieces of 48 and prints what came of it. */
const program = (url: string, size: number) =>
  compile(`
    import { wifi } from "./hal/espruino/wifi";
    const system = { after: setTimeout, cancel: clearTimeout };
    const transport = wifi({}, system, () => {});
    let left = ${size};
    let heard = 0;
    let biggest = 0;
    transport.open({
      url: "${url}", type: "application/json", authorization: "Bearer x", size: ${size},
      read() {
        let piece = "";
        for (let i = 0; i < 48 && left > 0; i++) piece += String.fromCharCode(97 + (left-- % 26));
        return piece;
      },
      write(text) { heard += text.length; biggest = Math.max(biggest, text.length); },
      close(status, reason) { print("#" + status + " " + reason + " " + heard + " " + (biggest <= 64) + " " + left); print("#END"); },
    });`);

describe("the Wi-Fi transport, on the interpreter's own network", () => {
  let server: Server;
  let url = "";
  const seen: { method?: string; path?: string; type?: string; authorization?: string; body: string }[] = [];
  let reply = "{}";
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (data) => {
        body += data;
      });
      request.on("end", () => {
        const { "content-type": type, authorization } = request.headers;
        seen.push({ method: request.method, path: request.url, type, authorization, body });
        response.writeHead(201, { "Content-Length": reply.length }).end(reply);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  onDevice(`posts piece by piece and hands over the answer in pieces${NEEDS}`, async () => {
    reply = "x".repeat(5000);
    expect(await run(program(`${url}/base/dd`, 4000))).toEqual(["201  5000 true 0", "END"]);
    const body = Array.from({ length: 4000 }, (_, i) => String.fromCharCode(97 + ((4000 - i) % 26))).join("");
    expect(seen.pop()).toEqual({
      method: "POST",
      path: "/base/dd",
      type: "application/json",
      authorization: "Bearer x",
      body,
    });
  });

  onDevice(`says so when there is no server${NEEDS}`, async () => {
    expect(await run(program("http://127.0.0.1:9/dd", 100))).toEqual(["0 NO_SERVER 0 true 52", "END"]);
  });
});
