/** What waits to be told to a unit, and when it goes into an answer. */
import { countOf, encode, TokenError, type TokenRequest } from "../encode";
import { fromPlain, type Json } from "./json";
import type { Said } from "./sign";
import { type Unit, UnitsError } from "./units";

/** A token that is still to be made. */
export type Wish = Pick<TokenRequest, "kind" | "days" | "value">;

interface Token {
  /** Its digits; until they are made, its wish. */
  token?: string;
  wish?: Wish;
  /** Its own count, where the unit has such a token. */
  count?: number;
  /** Answers that it went out with. */
  sent: number;
}

export interface Waiting {
  tokens: Token[];
  settings?: { [name: string]: unknown };
  extra?: { [name: string]: unknown };
  /** When the credit ends, Unix seconds; 0 is not told. */
  until: number;
}

export const NOTHING: Waiting = { tokens: [], until: 0 };

/** How far ahead of a unit's count a token is looked for: a unit takes none that is further. */
const REACH = 64;

/** A token for a unit that is at `count`. Throws a `UnitsError` or a `TokenError`. */
export function makeToken(unit: Unit, count: number, wish: Wish): { token: string; count: number } {
  if (!unit.key) throw new UnitsError(`No token can be made for ${unit.serial}: it has no key here.`);
  const { key, startingCode, timeDivider, restricted } = unit;
  return encode({ key, startingCode, timeDivider, restricted, ...wish, count });
}

/** The count after which the next token is made: above the unit's own, and above those on their way. */
const next = (unit: Unit, tokens: Token[], reported = 0) =>
  Math.max(unit.count ?? 1, reported, ...tokens.map(({ count = 0 }) => count));

/** The queue with more tokens at its end. Digits are taken as they are, also such that the unit will refuse. */
export function queue(unit: Unit, { tokens }: Waiting, more: (string | Wish)[]): Token[] {
  const added = more.map((one): Token => {
    if (typeof one === "string") {
      if (!/^\d{1,24}$/.test(one)) throw new UnitsError("A token is 1 to 24 digits.");
      return { token: one, sent: 0 };
    }
    makeToken(unit, next(unit, tokens), one);
    return { wish: one, sent: 0 };
  });
  return [...tokens, ...added];
}

/** The token with its own count, if it was given as digits and is one that the unit can take. */
function located(unit: Unit, token: Token, reported: number): Token {
  if (token.token === undefined || token.sent > 0 || !unit.key) return token;
  return { ...token, count: countOf({ ...unit, key: unit.key }, token.token, 0, reported + REACH) };
}

/**
 * What is said to a request now, and what waits from then on. A token goes into every answer until the unit's count has
 * reached the token's own; settings and extra data go into one; the end of the credit into each that it is asked for.
 * @param data of the request, under full names; `now` Unix seconds; `tell` hears of tokens that cannot be made
 */
export function deliver(
  unit: Unit,
  before: Waiting,
  data: { [name: string]: unknown },
  now: number,
  tell: (text: string) => void,
): { said: Said; waiting: Waiting } {
  const said: { [name in keyof Said]: Json } = {};
  const waiting = { ...before };
  const reported = data["token_count"];
  // The unit's count is needed to make a token, and its absence says that the unit takes none.
  if (typeof reported === "number" && Number.isSafeInteger(reported) && reported >= 0 && reported <= 65535) {
    const tokens = before.tokens.map((one) => located(unit, one, reported));
    const due: Token[] = [];
    for (const one of tokens) {
      try {
        const made = one.wish && makeToken(unit, next(unit, [...tokens, ...due], reported), one.wish);
        const token = made ? { ...made, sent: 0 } : one;
        // One that is not the unit's never counts as taken: it is tried once.
        if (token.sent === 0 || (token.count !== undefined && token.count > reported)) due.push(token);
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        tell(`No token for ${unit.serial}: ${error.message}`);
      }
    }
    due.sort((a, b) => (a.count ?? Infinity) - (b.count ?? Infinity) || 0);
    if (due.length) said.tkl = due.map(({ token }) => token!);
    waiting.tokens = due.map((token) => ({ ...token, sent: token.sent + 1 }));
  }
  const asks = (name: string) => data[name] === true || data[name] === 1;
  if (before.until && asks("active_until_timestamp_requested")) said.auts = fromPlain(before.until);
  // A 0 is not covered by the auth, so the least that is said is a second.
  else if (before.until && asks("active_seconds_left_requested")) said.asl = fromPlain(Math.max(1, before.until - now));
  if (before.settings && Object.keys(before.settings).length) said.st = fromPlain(before.settings);
  if (before.extra && Object.keys(before.extra).length) said.ed = fromPlain(before.extra);
  waiting.settings = waiting.extra = undefined;
  const changed = JSON.stringify(waiting) !== JSON.stringify(before);
  return { said, waiting: changed ? waiting : before };
}
