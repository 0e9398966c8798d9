/** Whether a request comes from its unit, and is new. */
import { FormError, inJavaScript, type Json, Numeric, reemitted, written } from "./json";
import { METHODS, type Method, requestAuth, type Signed, type Style, same } from "./sign";
import type { Unit } from "./units";

/** A request that is not accepted: HTTP status, and one sentence. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 507,
    message: string,
    readonly headers: { [name: string]: string } = {},
  ) {
    super(message);
  }
}

type Root = Map<string, Json>;

/** A whole number at the root of a request: 0, as in the published library, where it is missing; `text` if it is not. */
export function integer(root: Root, name: string): { text?: string; value: number } {
  const value = root.get(name) ?? null;
  if (value === null) return { value: 0 };
  if (!(value instanceof Numeric) || !/^\d+$/.test(value.text) || !Number.isSafeInteger(Number(value.text)))
    throw new FormError(`The ${name} is no whole number from 0 to 2^53.`);
  return { text: value.text === "0" ? undefined : value.text, value: Number(value.text) };
}

/** The parts of a request that are signed. Throws a `FormError`. */
export function signedParts(root: Root): Signed & { rows: Json[] } {
  const serial = root.get("serial_number");
  if (typeof serial !== "string" || serial === "") throw new FormError("The serial_number is missing, or no text.");
  const given = root.get("historical_data") ?? [];
  // The published library sends an empty object for no rows.
  const rows = given instanceof Map && given.size === 0 ? [] : given;
  if (!Array.isArray(rows)) throw new FormError("The historical_data is no list.");
  const [time, count] = ["timestamp", "request_count"].map((name) => integer(root, name).text);
  return { serial, time, count, data: root.get("data"), rows };
}

/** Where else an auth that does not fit would fit: what its device does differently. */
function reason(is: (style: Style) => boolean, padded: boolean): string {
  if (is({ padded: !padded }))
    return padded ? ": its hashes lack the zeros in front that this unit has" : ": its hashes have zeros in front";
  if (is({ padded, write: inJavaScript }) || is({ padded, write: written }))
    return ": its values were written in another way, as 12 for 12.0, 1.50 for 1.5, or é for \\u00e9";
  return "";
}

function byAuth(auth: Json, { key, padded = false }: Unit, signed: Signed): Method {
  const method = typeof auth === "string" && METHODS.find((known) => auth.startsWith(known));
  if (!method) throw new Refusal(403, `The auth begins with none of ${METHODS.join(", ")}.`);
  if (!key) throw new Refusal(403, "This unit has no key here, so its auth cannot be checked.");
  const lacks =
    (method === "ta" && !signed.time && "timestamp") || (method === "ca" && !signed.count && "request_count");
  if (lacks) throw new Refusal(403, `The auth (${method}) is over the ${lacks}, and there is none.`);
  const is = (style: Style) => same(auth as string, requestAuth(method, key, signed, style));
  if (is({ padded })) return method;
  const why = reason(is, padded);
  throw new Refusal(403, `The auth (${method}) does not fit serial, key and what was sent${why}.`);
}

/**
 * Checks the auth of a request, or the JSON web token in its place, and that it is newer than the last one.
 * @param bearer gives what the token in the header claims, or throws a `Refusal`
 * @param last time and count of the last request that was accepted, 0 for none
 * @returns how it was proved, and what another server may not accept. Throws a `Refusal`.
 */
export function verify(
  unit: Unit,
  auth: Json,
  signed: Signed,
  bearer: () => { sub?: string },
  last: { time: number; count: number },
): { auth: Method | "jwt"; notes: string[] } {
  const notes: string[] = [];
  let proof: Method | "jwt" = "jwt";
  if (auth !== null) proof = byAuth(auth, unit, signed);
  else {
    if (!unit.jwt) throw new Refusal(401, "There is no auth, and this unit may not use a JSON web token in its place.");
    const { sub } = bearer();
    if (sub !== undefined && sub !== unit.serial) throw new Refusal(403, "The JSON web token is another unit's.");
  }
  const values = [signed.data ?? null, signed.rows ?? null];
  if ((proof === "da" || proof === "ra") && values.some((value) => reemitted(value) !== inJavaScript(value)))
    notes.push("values are written in a way that not every server re-emits, as 12.0 for 12, or index keys that fall");

  if (!signed.time && !signed.count)
    throw new Refusal(400, "There is neither a timestamp nor a request_count, so anybody could send it again.");
  const [time, count] = [Number(signed.time ?? 0), Number(signed.count ?? 0)];
  // As in the published library, and other than in the specification, the same count again is a replay.
  if (count && count <= last.count)
    throw new Refusal(409, `The request_count ${count} is not above ${last.count}, that of the last request.`);
  if (time && time <= last.time)
    throw new Refusal(409, `The timestamp ${time} is not after ${last.time}, that of the last request.`);
  return { auth: proof, notes };
}
