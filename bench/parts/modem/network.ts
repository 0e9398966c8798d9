/**
 * What is behind the air: servers that a modem reaches. A modem's HTTP service asks with `post`, its sockets with
 * `connect`; both answer at once, and say how long it would have taken.
 */

export type Headers = { [name: string]: string };
export interface Answer {
  status: number;
  headers?: Headers;
  body: Uint8Array;
  /** Seconds that the server took, on top of what the air takes. */
  delaySeconds?: number;
  /** Bytes of the answer's head, where it is known. */
  head?: number;
}
/** Why there is no answer: no such name, nobody listens, nothing came, no common TLS, a certificate that does not fit, hung up on. */
export type Failure = { failure: "dns" | "refused" | "timeout" | "tls" | "certificate" | "reset" };

/** How a modem does TLS. */
export interface Tls {
  /** The only version it speaks, or any of them. */
  version: "1.0" | "1.1" | "1.2" | "any";
  /** PEM of the certificate authority that the server's certificate must come from; without it any certificate does. */
  ca?: string;
  /** Whether the server is told the name it is called by. */
  sni: boolean;
}

/** One TCP connection, or TLS on one. What the other side does comes through the two calls, some seconds later. */
export interface Connection {
  send(bytes: Buffer): void;
  onData: (bytes: Buffer, delaySeconds: number) => void;
  onClose: (delaySeconds: number) => void;
  close(): void;
}

export interface Network {
  post(url: string, headers: Headers, body: Buffer, tls?: Tls): Answer | Failure;
  connect(host: string, port: number, tls?: Tls): Connection | Failure;
  /** Ends what the network keeps running. */
  close?(): void;
}

/** A message of HTTP/1.1: its first line, its headers by name in small letters, its body, and its length on the wire. */
export interface Message {
  first: string;
  headers: Headers;
  body: Buffer;
  bytes: number;
}

/**
 * Reads HTTP/1.1 messages out of a stream that comes in pieces. `answers`: a message without a length ends with the
 * stream (`end`); in requests it has no body.
 */
export function httpReader(answers = false) {
  let held = Buffer.alloc(0);
  /** One message, or undefined while there is none yet. */
  const next = (ended: boolean): Message | undefined => {
    const head = held.indexOf("\r\n\r\n");
    if (head < 0) return undefined;
    const [first, ...lines] = held.toString("latin1", 0, head).split("\r\n");
    const headers: Headers = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
    }
    const start = head + 4;
    if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
      const chunks = unchunk(held, start);
      if (!chunks) return undefined;
      held = held.subarray(chunks.end);
      return { first, headers, body: chunks.body, bytes: chunks.end };
    }
    const none = !answers || / (1\d\d|204|304) /.test(`${first} `);
    const length = headers["content-length"] !== undefined ? Number(headers["content-length"]) : none ? 0 : Infinity;
    if (held.length - start < length && !(ended && length === Infinity)) return undefined;
    const end = Math.min(start + length, held.length);
    const body = Buffer.from(held.subarray(start, end));
    held = held.subarray(end);
    return { first, headers, body, bytes: end };
  };
  return {
    /** Bytes that came and are not part of a whole message yet. */
    get rest() {
      return held;
    },
    feed(bytes: Buffer): Message[] {
      held = Buffer.concat([held, bytes]);
      const messages: Message[] = [];
      for (let message = next(false); message; message = next(false)) messages.push(message);
      return messages;
    },
    end: () => next(true),
  };
}

function unchunk(held: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const line = held.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(held.toString("latin1", at, line), 16);
    if (Number.isNaN(size) || held.length < line + 2 + size + 2) return undefined;
    parts.push(Buffer.from(held.subarray(line + 2, line + 2 + size)));
    at = line + 2 + size + 2;
    if (size === 0) return { body: Buffer.concat(parts), end: at };
  }
}

const REASONS: { [status: number]: string } = {
  200: "OK",
  201: "Created",
  204: "No Content",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  411: "Length Required",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An answer as it goes over the wire. */
export function answerBytes({ status, headers = {}, body }: Answer): Buffer {
  const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}`];
  for (const [name, value] of Object.entries(headers))
    if (name.toLowerCase() !== "content-length") lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${body.length}`, "", "");
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), body]);
}

/** A URL's parts, or undefined if it is none that a modem can ask for. */
export function splitUrl(url: string): { secure: boolean; host: string; port: number; path: string } | undefined {
  const match = /^(https?):\/\/([A-Za-z0-9.-]+)(?::(\d+))?(\/\S*)?$/i.exec(url);
  if (!match) return undefined;
  const secure = match[1].toLowerCase() === "https";
  return { secure, host: match[2], port: Number(match[3] ?? (secure ? 443 : 80)), path: match[4] ?? "/" };
}

/** What a server in the same process does with a request; the names of the headers are in small letters. */
export type Serve = (url: string, headers: Headers, body: Buffer) => Answer | Failure;

/**
 * A network whose only server is a function. It is there under every name, on every port; over https it speaks TLS 1.2
 * and shows a certificate of `ca` (PEM), as servers of today do.
 */
export function inProcess(serve: Serve, ca?: string): Network {
  const refused = (tls?: Tls): Failure | undefined => {
    if (!tls) return undefined;
    if (tls.version === "1.0" || tls.version === "1.1") return { failure: "tls" };
    if (tls.ca !== undefined && tls.ca.trim() !== ca?.trim()) return { failure: "certificate" };
    return undefined;
  };
  return {
    post(url, headers, body, tls) {
      const small = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      return refused(tls) ?? serve(url, Object.fromEntries(small), body);
    },
    connect(host, port, tls) {
      const reader = httpReader();
      let open = true;
      const connection: Connection = {
        onData: () => {},
        onClose: () => {},
        send(bytes) {
          for (const { first, headers, body } of open ? reader.feed(bytes) : []) {
            const [, path] = /^POST (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
            const origin = `${tls ? "https" : "http"}://${headers.host ?? `${host}:${port}`}`;
            const answer: Answer | Failure = path
              ? serve(path.startsWith("/") ? origin + path : path, headers, body)
              : { status: 400, body: Buffer.alloc(0) };
            if ("failure" in answer) {
              // A server that goes away in the middle hangs up; one that does not answer says nothing at all.
              open = false;
              if (answer.failure !== "timeout") connection.onClose(0);
              return;
            }
            const delay = answer.delaySeconds ?? 0;
            connection.onData(answerBytes(answer), delay);
            if (!path || headers.connection?.toLowerCase() === "close") {
              open = false;
              connection.onClose(delay);
              return;
            }
          }
        },
        close() {
          open = false;
        },
      };
      return refused(tls) ?? connection;
    },
  };
}

/** No server anywhere: no name is known. */
export const nowhere: Network = {
  post: () => ({ failure: "dns" }),
  connect: () => ({ failure: "dns" }),
};
