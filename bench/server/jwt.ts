/** JSON web tokens with a shared secret (HS256, RFC 7519): what a device or a person sends in the header in place of an auth. */
import { createHmac, timingSafeEqual } from "node:crypto";

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const mac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest();

/** Makes a token. `sub` limits it to one unit; `exp` (Unix seconds) to a time. */
export function makeJwt(secret: string, claims: { sub?: string; iat?: number; exp?: number }): string {
  const text = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
  return `${text}.${mac(secret, text).toString("base64url")}`;
}

/** What a token claims, or in a few words what is wrong with it. `now` in Unix seconds. */
export function readJwt(secret: string, token: string, now: number): { sub?: string } | string {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token);
  if (!parts) return "is not a JSON web token";
  const [, head, body, signature] = parts;
  const given = Buffer.from(signature, "base64url");
  const own = mac(secret, `${head}.${body}`);
  if (given.length !== own.length || !timingSafeEqual(given, own)) return "was not signed by this server";
  // Whatever is signed was made here, or by somebody with the secret, who may still have chosen another algorithm.
  try {
    const [{ alg }, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")));
    if (alg !== "HS256") return "is not HS256";
    if (typeof claims.exp === "number" && claims.exp <= now) return "has expired";
    if (typeof claims.nbf === "number" && claims.nbf > now) return "is not valid yet";
    return { sub: claims.sub === undefined ? undefined : String(claims.sub) };
  } catch {
    return "holds no claims";
  }
}
