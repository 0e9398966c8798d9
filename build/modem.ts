/** What carries a board's reports, as a module for the bundle: of its modem, or of its radio. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Board, Modem } from "../boards/board";
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
