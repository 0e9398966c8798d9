/** The built-in server, and the two ways to it: the device's own, and an agent's phone. */
import { dataFormat } from "../build/metrics";
import type { VirtualBoard } from "./board";
import { createServer, type MetricsServer, type ServerOptions } from "./server/server";

/** A server in the board's world, wherever the device thinks that one is, but for hosts that cannot exist (RFC 2606). */
export function builtIn(board: VirtualBoard, options: Pick<ServerOptions, "units" | "log">): MetricsServer {
  const { metrics } = board.board;
  const known = metrics?.server.data_format_id;
  const server = createServer({
    ...options,
    // A board that names its data format by number had it registered before.
    formats: metrics && known ? { [known]: dataFormat(metrics) } : undefined,
    now: () => Math.floor(board.world.now / 1000),
  });
  board.network = ({ url, headers, body }) => {
    const { hostname, pathname } = new URL(url);
    if (hostname.endsWith(".invalid")) return undefined;
    const answer = server.answer("POST", `/${pathname.split("/").pop()}`, headers, body);
    return answer && { status: answer.status, body: Buffer.from(answer.body) };
  };
  return server;
}

/** An agent's phone brings a request to whatever the device reaches; undefined if nobody answers. */
export function carry(board: VirtualBoard, request: string): { status: number; body: string } | undefined {
  const headers = { "content-type": "application/json" };
  const answer = board.network({ url: "https://phone.example/dd", headers, body: Buffer.from(request) });
  return answer && { status: answer.status, body: answer.body.toString() };
}
