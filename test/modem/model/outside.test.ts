/** The modem on real sockets: a small server of HTTP and HTTPS, and a certificate authority that is there for this test. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Outside, outside } from "../../../bench/parts/modem/outside";
import { bearer, type Desk, MODELS, post, ready } from "./desk";

const pem = (name: string) => readFileSync(join(__dirname, "ca", name), "latin1");
let server: Worker;
let ports: { http: number; https: number };
let network: Outside;

beforeAll(async () => {
  server = new Worker(join(__dirname, "server.js"));
  ports = await new Promise((resolve) => server.once("message", resolve));
});
afterAll(() => server.terminate());
beforeEach(() => {
  network = outside({ patience: 1000 });
});
afterEach(() => network.close());

function up(family: string): Desk {
  const it = ready(family);
  it.part.network = network;
  bearer(it);
  return it;
}
/** What the server says that it saw. */
const seen = (said: string) => JSON.parse(/\{.*\}/s.exec(said)![0]);

test.each(MODELS)("%s: a POST over HTTP reaches a real server, and its answer comes back", (family) => {
  const it = up(family);
  const url = `http://127.0.0.1:${ports.http}/dd`;
  expect(seen(post(it, '{"s":1}', url))).toMatchObject({
    method: "POST",
    url: "/dd",
    body: '{"s":1}',
    tls: "none",
    headers: { host: `127.0.0.1:${ports.http}`, "content-length": "7" },
  });
  expect(it.part.state().received).toBeGreaterThan(200);
});

/** Steps that pin a certificate authority. */
const PIN: { [family: string]: (it: Desk, ca: string) => void } = {
  sim7600(it, ca) {
    it.at(`AT+CCERTDOWN="ca.pem",${ca.length}`);
    it.type(ca);
    it.wait(1);
    for (const step of ['"sslversion",0,3', '"authmode",0,1', '"cacert",0,"ca.pem"', '"enableSNI",0,1'])
      it.at(`AT+CSSLCFG=${step}`);
  },
  sim7080(it, ca) {
    it.at("AT+CFSINIT");
    it.at(`AT+CFSWFILE=3,"ca.pem",0,${ca.length},5000`);
    it.type(ca);
    it.wait(1);
    it.at("AT+CFSTERM");
    it.at('AT+CSSLCFG="CONVERT",2,"ca.pem"');
    it.at('AT+CSSLCFG="SSLVERSION",1,3;+CSSLCFG="IGNORERTCTIME",1,1;+CSSLCFG="SNI",1,"localhost"');
    it.at('AT+SHSSL=1,"ca.pem"');
  },
  bg95(it, ca) {
    it.at(`AT+QFUPL="ca.pem",${ca.length},5`);
    it.type(ca);
    it.wait(1);
    it.at('AT+QHTTPCFG="sslctxid",1');
    for (const step of ['"sslversion",1,3', '"seclevel",1,1', '"cacert",1,"ca.pem"', '"sni",1,1'])
      it.at(`AT+QSSLCFG=${step}`);
  },
};

test.each(Object.keys(PIN))("%s: HTTPS with the certificate authority pinned", (family) => {
  const it = up(family);
  PIN[family](it, pem("ca.pem"));
  const answer = seen(post(it, '{"s":1}', `https://localhost:${ports.https}/dd`));
  expect(answer).toMatchObject({ method: "POST", body: '{"s":1}', tls: "TLSv1.2", servername: "localhost" });
});

test.each([
  ["sim7600", "+HTTPACTION: 1,715,0"],
  ["sim7080", "+CME ERROR: 3"],
  ["bg95", "+CME ERROR: 716"],
])("%s: HTTPS with another authority pinned is refused", (family, said) => {
  const it = up(family);
  PIN[family](it, pem("other.pem"));
  expect(post(it, '{"s":1}', `https://localhost:${ports.https}/dd`)).toContain(said);
});

test("without a pin any certificate will do, and without SNI the server is told no name", () => {
  const it = up("sim7600");
  const answer = seen(post(it, "{}", `https://localhost:${ports.https}/dd`));
  expect(answer.servername).toBe("");
  expect(answer.tls).toMatch(/TLSv1\.[23]/);
});

test("the TLS 1.0 of a SIM800 is refused, and plain HTTP is not", () => {
  const it = up("sim800");
  it.at("AT+HTTPINIT");
  it.at(`AT+HTTPPARA="URL","localhost:${ports.https}/dd"`);
  it.at("AT+HTTPSSL=1");
  it.at("AT+HTTPACTION=1", 30);
  expect(it.part.log.map(({ text }) => text).join()).toContain("+HTTPACTION: 1,606,0");
  it.at("AT+HTTPTERM");
  expect(post(it, "{}", `http://127.0.0.1:${ports.http}/dd`)).toContain("1,201,");
});

test("names that are none, ports where nobody listens, servers that hang or hang up", async () => {
  const dead = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
  const it = up("sim7600");
  const base = `http://127.0.0.1:${ports.http}`;
  expect(post(it, "{}", "http://no-such-host.invalid/dd")).toContain("+HTTPACTION: 1,713,0");
  expect(post(it, "{}", `http://127.0.0.1:${dead}/dd`)).toContain("+HTTPACTION: 1,714,0");
  expect(post(it, "{}", `${base}/hang`)).toContain("+HTTPACTION: 1,705,0");
  expect(post(it, "{}", `${base}/reset`)).toContain("+HTTPACTION: 1,706,0");
  expect(post(it, "{}", `${base}/chunked`)).toMatch(/200,7\r\n[\s\S]*one,two/);
});

test("raw TCP: a request in pieces, several on one connection, and a close", () => {
  const it = up("bg95");
  const body = '{"s":1}';
  const request = (path: string, extra = "") =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
  it.at(`AT+QIOPEN=1,0,"TCP","127.0.0.1",${ports.http},0,0`, 3);
  const send = (text: string) => {
    it.at(`AT+QISEND=0,${text.length}`);
    it.type(text);
    it.wait(2);
    return it.heard();
  };
  const text = request("/dd");
  for (let i = 0; i < text.length; i += 30) {
    const said = send(text.slice(i, i + 30));
    expect(said.includes("recv")).toBe(i + 30 >= text.length);
  }
  const first = it.at("AT+QIRD=0,1500");
  expect(first).toContain("HTTP/1.1 201 Created");
  expect(seen(first)).toMatchObject({ url: "/dd", body });
  const { connections } = seen(first);
  expect(send(request("/again"))).toContain("recv");
  expect(seen(it.at("AT+QIRD=0,1500"))).toMatchObject({ url: "/again", connections });
  expect(send(request("/last", "Connection: close\r\n"))).toMatch(/recv[\s\S]*closed/);
  expect(seen(it.at("AT+QIRD=0,1500")).url).toBe("/last");
  // What went over the socket is counted to the byte.
  expect(it.part.state().sent).toBe(
    request("/dd").length + request("/again").length + request("/last", "Connection: close\r\n").length,
  );
});

test("with a server given everything goes there, whatever host it is for", () => {
  network.close();
  network = outside({ server: `http://127.0.0.1:${ports.http}`, patience: 1000 });
  for (const family of ["sim7600", "bg95"]) {
    const it = up(family);
    expect(seen(post(it, "{}", "http://metrics.example/dd"))).toMatchObject({
      url: "/dd",
      headers: { host: "metrics.example" },
    });
  }
  expect(() => outside({ server: "metrics.example" })).toThrow("is no server");
});

test("no time of the world passes while it waits, but that of the air", () => {
  const it = up("sim7600");
  const start = it.world.now;
  post(it, "{}", `http://127.0.0.1:${ports.http}/dd`);
  const first = it.world.now - start;
  post(it, "{}", `http://127.0.0.1:${ports.http}/dd`);
  expect(it.world.now - start).toBe(2 * first);
});
