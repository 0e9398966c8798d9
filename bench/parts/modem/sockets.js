/**
 * The worker of outside.ts: real sockets. It is plain JavaScript, as a worker is started without a compiler. Each
 * question gets one reply, written before the flag is raised.
 */
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");
const { workerData } = require("node:worker_threads");

const { port, flag } = workerData;
/** Open connections by number. */
const links = new Map();
let made = 0;

/** Milliseconds in which data that nobody asked for may come in. */
const UNASKED = 30;

const VERSIONS = { "1.0": "TLSv1", "1.1": "TLSv1.1", 1.2: "TLSv1.2" };

/** Options of node:tls for a modem's TLS. A modem looks at the chain and not at the name. */
function secure(host, options) {
  if (!options) return {};
  const version = VERSIONS[options.version];
  return {
    ...(version ? { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" } : {}),
    ...(options.ca ? { ca: [options.ca] } : {}),
    rejectUnauthorized: options.ca !== undefined,
    checkServerIdentity: () => undefined,
    servername: options.sni && !net.isIP(host) ? host : "",
  };
}

function failure(error) {
  const code = String(error.code ?? "");
  if (/ENOTFOUND|EAI_AGAIN|ENODATA/.test(code)) return "dns";
  if (/CERT|SELF_SIGNED|UNABLE_TO|ISSUER/.test(code)) return "certificate";
  if (/SSL|EPROTO|TLS/.test(code)) return "tls";
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(code)) return "refused";
  if (/TIMEDOUT/.test(code)) return "timeout";
  return "reset";
}

function post({ host, port, path, headers, body, tls: options, patience }) {
  return new Promise((resolve) => {
    const request = (options ? https : http).request(
      { host, port, path, method: "POST", headers, setHost: false, agent: false, ...secure(host, options) },
      (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", (error) => resolve({ failure: failure(error) }));
        response.on("end", () => {
          const head = response.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
          const first = `HTTP/1.1 ${response.statusCode} ${response.statusMessage}`;
          resolve({
            status: response.statusCode,
            headers: response.headers,
            bytes: new Uint8Array(Buffer.concat(parts)),
            head: first.length + 4 + head,
          });
        });
      },
    );
    request.setTimeout(patience, () => request.destroy(Object.assign(new Error("too late"), { code: "ETIMEDOUT" })));
    request.on("error", (error) => resolve({ failure: failure(error) }));
    request.end(Buffer.from(body));
  });
}

function connect({ host, port, tls: options, patience }) {
  return new Promise((resolve) => {
    const socket = options ? tls.connect({ host, port, ...secure(host, options) }) : net.connect({ host, port });
    const link = { socket, held: [], closed: false, wake: () => {} };
    const late = setTimeout(() => {
      socket.destroy();
      resolve({ failure: "timeout" });
    }, patience);
    socket.on("data", (bytes) => {
      link.held.push(bytes);
      link.wake();
    });
    socket.on("close", () => {
      link.closed = true;
      link.wake();
    });
    socket.on("error", (error) => {
      clearTimeout(late);
      resolve({ failure: failure(error) });
    });
    socket.on(options ? "secureConnect" : "connect", () => {
      clearTimeout(late);
      links.set(++made, link);
      resolve({ id: made });
    });
  });
}

/** Whether these bytes hold a whole answer of HTTP, as far as its length tells; one that announces a close ends with that. */
function complete(bytes) {
  const head = bytes.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const text = bytes.toString("latin1", 0, head);
  if (/\r\nconnection: *close/i.test(text)) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text);
  if (length) return bytes.length >= head + 4 + Number(length[1]);
  if (/\r\ntransfer-encoding: *chunked/i.test(text)) return bytes.subarray(-5).toString("latin1") === "0\r\n\r\n";
  return /^HTTP\/1\.[01] (1\d\d|204|304) /.test(text);
}

async function send({ id, bytes, whole, patience }) {
  const link = links.get(id);
  if (!link || link.closed) return { closed: true };
  link.socket.write(Buffer.from(bytes));
  const until = Date.now() + (whole ? patience : UNASKED);
  for (;;) {
    const held = Buffer.concat(link.held);
    const left = until - Date.now();
    if (link.closed || left <= 0 || (whole && complete(held))) {
      link.held = [];
      return { bytes: new Uint8Array(held), closed: link.closed };
    }
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, left);
      link.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function close({ id }) {
  links.get(id)?.socket.destroy();
  links.delete(id);
  return {};
}

const OPERATIONS = { post, connect, send, close };

port.on("message", async ({ operation, ...args }) => {
  let reply;
  try {
    reply = await OPERATIONS[operation](args);
  } catch (error) {
    reply = { failure: failure(error) };
  }
  port.postMessage(reply);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
