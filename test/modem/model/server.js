/** A server of HTTP and HTTPS on ports of its own, for outside.test.ts; a worker, as the test itself stands still while it waits. */
const { readFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { join } = require("node:path");
const { parentPort } = require("node:worker_threads");

const file = (name) => readFileSync(join(__dirname, "ca", name));
/** Connections that were ever made. */
let connections = 0;

function serve(request, response) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const { method, url, headers } = request;
    const body = Buffer.concat(parts).toString("latin1");
    if (url === "/hang") return;
    if (url === "/reset") {
      request.socket.destroy();
      return;
    }
    if (url === "/chunked") {
      response.writeHead(200);
      response.write("one,");
      setTimeout(() => response.end("two"), 20);
      return;
    }
    const seen = { method, url, body, headers, connections, tls: request.socket.getProtocol?.() ?? "none" };
    const answer = Buffer.from(JSON.stringify({ ...seen, servername: request.socket.servername || "" }));
    response.writeHead(201, { "Content-Type": "application/json", "Content-Length": answer.length });
    response.end(answer);
  });
}

const plain = http.createServer(serve);
const secure = https.createServer({ key: file("server.key"), cert: file("server.pem") }, serve);
plain.on("connection", () => connections++);
plain.listen(0, "127.0.0.1", () =>
  secure.listen(0, "127.0.0.1", () =>
    parentPort.postMessage({ http: plain.address().port, https: secure.address().port }),
  ),
);
