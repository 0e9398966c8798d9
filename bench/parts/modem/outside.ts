/**
 * A network of real sockets, over HTTP and HTTPS. The world stands still while it waits for them: they live in a worker,
 * which is asked and answers through shared memory.
 */
import { join } from "node:path";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type Answer, type Connection, type Failure, httpReader, type Network, splitUrl } from "./network";

export interface Outside extends Network {
  close(): void;
}

/** What the worker says to each question. */
type Reply = {
  failure?: Failure["failure"];
  id?: number;
  bytes?: Uint8Array;
  closed?: boolean;
  status?: number;
  headers?: { [name: string]: string };
  head?: number;
};

/** Milliseconds that the worker gets on top of its own patience. */
const GRACE = 5000;

/**
 * Real servers. With `server` ("http://127.0.0.1:3000") all requests go there, whatever host they name, their paths kept;
 * without, to the host they name. `patience` in milliseconds of real time is what an answer may take.
 */
export function outside({ server, patience = 10000 }: { server?: string; patience?: number } = {}): Outside {
  const to = server === undefined ? undefined : splitUrl(server);
  if (server !== undefined && !to) throw new Error(`"${server}" is no server: give one like http://127.0.0.1:3000`);
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  let worker: Worker | undefined;

  const ask = (operation: string, args: object): Reply => {
    worker ??= start();
    Atomics.store(flag, 0, 0);
    port1.postMessage({ operation, patience, ...args });
    const waited = Atomics.wait(flag, 0, 0, patience + GRACE);
    const message = receiveMessageOnPort(port1);
    if (waited === "timed-out" || !message) return { failure: "timeout" };
    return message.message as Reply;
  };
  const start = () => {
    const made = new Worker(join(__dirname, "sockets.js"), {
      workerData: { port: port2, flag },
      transferList: [port2],
    });
    made.unref();
    port1.unref();
    return made;
  };
  /** Where a request for this host goes. */
  const route = (host: string, port: number, tls?: unknown) =>
    to
      ? { host: to.host, port: to.port, tls: to.secure ? (tls ?? { version: "any", sni: true }) : undefined }
      : { host, port, tls };

  return {
    post(url, headers, body, tls): Answer | Failure {
      const parts = splitUrl(url);
      if (!parts) return { failure: "dns" };
      const target = route(parts.host, parts.port, tls);
      const reply = ask("post", { ...target, path: parts.path, headers, body });
      if (reply.failure) return { failure: reply.failure };
      return { status: reply.status!, headers: reply.headers, body: Buffer.from(reply.bytes!), head: reply.head };
    },
    connect(host, port, tls): Connection | Failure {
      const reply = ask("connect", route(host, port, tls));
      if (reply.failure) return { failure: reply.failure };
      const { id } = reply;
      const requests = httpReader();
      const connection: Connection = {
        onData: () => {},
        onClose: () => {},
        send(bytes) {
          // Only when a whole request is out is an answer waited for; before that, what comes unasked is fetched.
          const whole = requests.feed(bytes).length > 0;
          const answer = ask("send", { id, bytes, whole });
          if (answer.bytes?.length) connection.onData(Buffer.from(answer.bytes), 0);
          if (answer.closed || answer.failure) connection.onClose(0);
        },
        close: () => void ask("close", { id }),
      };
      return connection;
    },
    close() {
      void worker?.terminate();
      worker = undefined;
      port1.close();
    },
  };
}
