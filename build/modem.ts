/** What carries a board's reports, as a module for the bundle: of its modem, or of its radio. */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Board, Modem } from "../boards/board";
import { quectel } from "../firmware/modem/families/quectel";
import { sim800 } from "../firmware/modem/families/sim800";
import { sim7080 } from "../firmware/modem/families/sim7080";
import { sim7600 } from "../firmware/modem/families/sim7600";
import { accessPoints } from "./boards";
import { literal, piecewise } from "./metrics";

const root = resolve(__dirname, "..");

/** Modems by the file of firmware/modem/families that knows their commands. */
export const FAMILIES: { [family: string]: string } = {
  sim800: "sim800",
  sim7600: "sim7600",
  a7670: "sim7600",
  sim7080: "sim7080",
  sim7070: "sim7080",
  bg95: "quectel",
  eg915: "quectel",
  ec21: "quectel",
};

/** The certificate (PEM) of the authority that a board's server must have its own from; "" if the board names none. */
export function certificateOf({ ca }: Pick<Modem, "ca">): string {
  return ca ? readFileSync(join(root, "boards/ca", ca), "latin1") : "";
}

/** A board's modem, if it has one. */
export const modemOf = ({ parts }: Board): Modem | undefined =>
  parts.modem?.driver === "modem" ? (parts.modem as Modem) : undefined;

/** What makes a text no certificate of an authority, and what to do; undefined if it is one. */
export function noAuthority(pem: string): string | undefined {
  try {
    const { ca, subject } = new X509Certificate(pem);
    return ca ? undefined : `is that of ${subject}, who signs for nobody: put the certificate there that signed it`;
  } catch {
    return "holds no certificate: put the authority's there, PEM, which begins with -----BEGIN CERTIFICATE-----";
  }
}

const TEXTS: { [file: string]: (name: string) => string } = { quectel, sim800, sim7080, sim7600 };

/** What lets a board's modem never send a report, or have one that it cannot check: place and remedy. */
export function modemMistakes(board: Board): string[] {
  const modem = modemOf(board);
  if (!modem) return [];
  const { family, lean, service, plain, apn, ca } = modem;
  const found: string[] = [];
  if (apn !== undefined && !accessPoints()[apn])
    found.push(
      `apn: boards/apns.json has no "${apn}": add it there, or write one of ${Object.keys(accessPoints()).join(", ")}`,
    );
  if (ca !== undefined) {
    const there = existsSync(join(root, "boards/ca", ca));
    const wrong = there && noAuthority(certificateOf(modem));
    if (!there) found.push(`ca: there is no boards/ca/${ca}: put the authority's certificate there`);
    if (wrong) found.push(`ca: boards/ca/${ca} ${wrong}`);
  }
  if (board.metrics) {
    const url = board.metrics.server?.base_url;
    const secure = url?.startsWith("https:");
    const has = TEXTS[FAMILIES[family]];
    if (!lean && !service) found.push('nothing carries reports: add "service": true, or "lean": true, or both');
    else if (secure && !service && !has("tls"))
      found.push(`a ${family} has no TLS on raw connections, and ${url} wants it: add "service": true`);
    if (url && !plain && (!secure || has("old")))
      found.push(
        secure
          ? `the TLS of a ${family} is older than 1.2, so that it would report nothing: take another family, or allow it with "plain": true`
          : `${url} is without TLS, so that it would report nothing: give the server's https, or allow it with "plain": true`,
      );
  }
  return found.map((what) => `parts.modem${/^\w+: /.test(what) ? "." : ": "}${what}`);
}

/** The module, for a board that has one of both. */
export function connectModule(board: Board): string {
  const modem = modemOf(board);
  if (!modem) {
    const { driver, circuit: _, note: __, ...options } = board.parts.transport!;
    return [
      `import { system } from "../hal/espruino/espruino";`,
      `import { ${driver} } from "../hal/espruino/${driver}";`,
      `export function connect(d, post, tell) {`,
      `  const transport = ${driver}(${literal(options)}, system, tell);`,
      `  transport.open(post);`,
      `  return transport.close;`,
      `}`,
    ].join("\n");
  }
  const { family, port, tx, rx, baud = 115200, burst, key, keyLevel = 0, supply, supplyLevel = 1, dtr } = modem;
  const wires = {
    uart: port,
    tx,
    rx,
    baud,
    burst: burst ?? 64,
    pins: { k: key, r: supply, s: dtr },
    low: `${keyLevel ? "" : "k"}${supplyLevel ? "" : "r"}`,
  };
  const file = FAMILIES[family];
  const { apn = "", user = "", password = "" } = modem.apn ? accessPoints()[modem.apn] : {};
  const texts = [apn, user, password, modem.pin ?? ""];
  return [
    `import { io } from "../hal/espruino/espruino";`,
    `import { modem } from "../hal/espruino/modem";`,
    `import { ${file} } from "../firmware/modem/families/${file}";`,
    `import { online } from "../firmware/modem/online";`,
    `export function connect(d, post, tell) {`,
    `  const given = ${piecewise(certificateOf(modem), [texts.join("\n")])};`,
    `  return online(d, post, tell, modem(io, ${literal(wires)}), ${file}, given);`,
    `}`,
  ].join("\n");
}

/** What of it the build decides. */
export function modemParts(board: Board): { [part: string]: boolean | number } {
  const modem = board.metrics && modemOf(board);
  const pem = modem ? certificateOf(modem) : "";
  return {
    MODEM: !!modem,
    LEAN: !!modem?.lean,
    SERVICE: !!modem?.service,
    SMS: !!modem?.sms,
    PLAIN: !!modem?.plain,
    DOZE: !!modem?.doze,
    CERTIFICATE_BYTES: pem.length,
    CERTIFICATE: pem ? createHash("sha256").update(pem).digest().readUInt32LE(0) || 1 : 0,
  };
}
