/** What the HTTP services of the families share: a session, and the head that the module writes. */
import type { Headers, Tls } from "./network";

/** A session of the HTTP service. */
export interface Service {
  url: string;
  type: string;
  /** Header lines of the controller's own, with line ends between them if there are several. */
  user: string;
  ssl: boolean;
  data: Buffer;
  /** A request is under way. */
  busy: boolean;
  answer?: Buffer;
}

/** The head of a POST as a module writes it: its fields, and its bytes on the wire. */
export function postHead(
  { host, port, path, secure }: { host: string; port: number; path: string; secure: boolean },
  { type, user, data }: Pick<Service, "type" | "user" | "data">,
  own: Headers,
): { fields: Headers; length: number } {
  const fields: Headers = { Host: port === (secure ? 443 : 80) ? host : `${host}:${port}`, ...own };
  if (type) fields["Content-Type"] = type;
  for (const line of user.replace(/\\r\\n/g, "\r\n").split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  fields["Content-Length"] = String(data.length);
  return { fields, length: headLength(path, fields) };
}

/** Bytes of a POST's head. */
export function headLength(path: string, fields: Headers): number {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n").length;
}

export const tlsFor = (version: Tls["version"], ca: string | undefined, sni: boolean): Tls => ({
  version,
  sni,
  ...(ca === undefined ? {} : { ca }),
});
