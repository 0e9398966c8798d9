/** Makes OpenPAYGO tokens on a host. It shares no code with the decoder in `firmware/token`, so that each can judge the other. */
import { hash } from "siphash";

const STANDARD = { modulus: 1000, digits: 9, restrictedDigits: 15 };
const EXTENDED = { modulus: 1000000, digits: 12, restrictedDigits: 20 };

/** `odd`: parity of the count; `max`: highest value a caller may choose; `code`: the value that is the command itself. */
const KINDS = {
  add: { form: STANDARD, odd: 0, max: 995 },
  set: { form: STANDARD, odd: 1, max: 995 },
  disable: { form: STANDARD, odd: 1, code: 998 },
  sync: { form: STANDARD, odd: 1, code: 999 },
  "extended-add": { form: EXTENDED, odd: 0, max: 999999 },
  "extended-set": { form: EXTENDED, odd: 1, max: 999999 },
} as const;

export type Kind = keyof typeof KINDS;

export interface TokenRequest {
  /** 32 hexadecimal digits. */
  key: string;
  /** 0 to 999999999; derived from the key when left out. */
  startingCode?: number;
  /** The count the unit is at, 0 to 65535; the token takes the next one that fits its kind. With `exact`: the token's own count, 1 to 65535. */
  count: number;
  exact?: boolean;
  kind: Kind;
  /** Units, 0 to 995 (a unit is 1/timeDivider of a day); extended: 0 to 999999, in whatever the product counts. */
  value?: number;
  /** In place of `value` for add and set: days, a whole number of units. */
  days?: number;
  /** Units in a day, 1 to 255, 1 when left out. */
  timeDivider?: number;
  /** Write the token with the digits 1 to 4 only. */
  restricted?: boolean;
}

export type Field = Exclude<keyof TokenRequest, "exact" | "restricted">;

/** One sentence on what is wrong; `field` names what to change. The key is never part of it. */
export class TokenError extends Error {
  constructor(
    readonly field: Field,
    message: string,
  ) {
    super(message);
  }
}

const within = (n: number, low: number, high: number) => Number.isInteger(n) && n >= low && n <= high;

function need(ok: boolean, field: Field, message: string): asserts ok {
  if (!ok) throw new TokenError(field, message);
}

/** The hash of one code (or of the key itself), reduced to the range of the form. */
function reduce({ h, l }: { h: number; l: number }, form: typeof STANDARD): number {
  const extended = form === EXTENDED;
  const n = extended ? (h >>> 0) * 256 + (l >>> 24) : (h ^ l) >>> 2;
  const [most, less] = extended ? [999999999999, 99511627777] : [999999999, 73741825];
  return n > most ? n - less : n;
}

/** Two bits a digit, most significant first, written 1 to 4. */
function inFours(code: number, digits: number): string {
  return Array.from(code.toString(4).padStart(digits, "0"), (digit) => Number(digit) + 1).join("");
}

/** The code that is `steps` further in a chain. */
function hashOn(words: Uint32Array, first: number, steps: number, form: typeof STANDARD): number {
  const message = Buffer.alloc(8);
  let code = first;
  for (let i = 0; i < steps; i++) {
    message.writeUInt32BE(form === EXTENDED ? Math.floor(code / 2 ** 32) : code, 0);
    message.writeUInt32BE(code % 2 ** 32, 4);
    code = reduce(hash(words, message), form);
  }
  return code;
}

/** The code of a value at a count of the chain, before the value is put back into its end. */
function codeAt(words: Uint32Array, startingCode: number, value: number, count: number, form: typeof STANDARD): number {
  const first = startingCode - (startingCode % form.modulus) + ((startingCode + value) % form.modulus);
  return hashOn(words, first, count, form);
}

function keyWords(key: string): Uint32Array {
  need(/^[0-9a-f]{32}$/i.test(key), "key", "The key is not 32 hexadecimal digits.");
  const bytes = Buffer.from(key, "hex");
  return Uint32Array.from([0, 4, 8, 12], (at) => bytes.readUInt32LE(at));
}

/** The starting code (0 to 999999999) of a unit that was given only a key of 32 hexadecimal digits. */
export function deriveStartingCode(key: string): number {
  return reduce(hash(keyWords(key), Buffer.from(key, "hex")), STANDARD);
}

/** The first count after `count` (0 to 65535) that fits the kind: even for add, odd for the others, as in the published library. */
export function nextCount(count: number, kind: Kind): number {
  need(within(count, 0, 65535), "count", "The count is not a whole number from 0 to 65535.");
  const next = count + 1 + ((count + 1 + KINDS[kind].odd) % 2);
  need(next <= 65535, "count", "No count that fits is left after this one: 65535 is the last.");
  return next;
}

function units(kind: Kind, { value, days, timeDivider = 1 }: TokenRequest): number {
  const rule = KINDS[kind];
  need(within(timeDivider, 1, 255), "timeDivider", "The time divider is not a whole number from 1 to 255.");
  if ("code" in rule) {
    need(value === undefined && days === undefined, "value", `A token of the kind ${kind} carries no value.`);
    return rule.code;
  }
  const inDays = days !== undefined;
  need(inDays !== (value !== undefined), "value", `A token of the kind ${kind} needs either a value or days.`);
  need(!inDays || rule.form === STANDARD, "days", "An extended token carries a value, not days.");
  const exactly = inDays ? days * timeDivider : value!;
  // A third of a day cannot be written exactly, so what is meant as a whole number is taken as one.
  const whole = inDays && Math.abs(exactly - Math.round(exactly)) < 1e-6 ? Math.round(exactly) : exactly;
  const field = inDays ? "days" : "value";
  const what = inDays ? `The days times the time divider of ${timeDivider}` : "The value";
  need(Number.isFinite(whole), field, `${inDays ? "The number of days" : "The value"} is not a number.`);
  need(Number.isInteger(whole), field, `${what} is not a whole number of units.`);
  need(within(whole, 0, rule.max), field, `${what} is outside 0 to ${rule.max} units.`);
  return whole;
}

/**
 * Makes one token. Returns it as a string (9 or 12 digits, 15 or 20 with the restricted set; leading zeros matter) with its own
 * count, which is what to give as `count` for the next one. Throws a `TokenError`.
 */
export function encode(request: TokenRequest): { token: string; count: number } {
  const { key, kind, restricted, exact } = request;
  const words = keyWords(key);
  const startingCode = request.startingCode ?? deriveStartingCode(key);
  need(
    within(startingCode, 0, 999999999),
    "startingCode",
    "The starting code is not a whole number from 0 to 999999999.",
  );
  need(Object.hasOwn(KINDS, kind), "kind", `The kind is none of ${Object.keys(KINDS).join(", ")}.`);
  const rule = KINDS[kind];
  const value = units(kind, request);
  const count = exact ? request.count : nextCount(request.count, kind);
  need(within(count, 1, 65535), "count", "The token's own count is not a whole number from 1 to 65535.");
  // A device takes disable and sync at either parity.
  const fits = "code" in rule || count % 2 === rule.odd;
  need(
    fits,
    "count",
    `A token of the kind ${kind} needs a count that is ${rule.odd ? "odd" : "even"}, and ${count} is not.`,
  );

  const { form } = rule;
  const last = codeAt(words, startingCode, value, count, form);
  const code = last - (last % form.modulus) + ((startingCode + value) % form.modulus);
  const token = restricted ? inFours(code, form.restrictedDigits) : String(code).padStart(form.digits, "0");
  return { token, count };
}

/**
 * The first of a unit's counts from `count` + 1 to `count` + `reach` at which it has this token; undefined if there is none,
 * or if the text is no token by its form.
 */
export function countOf(
  unit: { key: string; startingCode?: number; restricted?: boolean },
  token: string,
  count: number,
  reach: number,
): number | undefined {
  const { key, restricted, startingCode = deriveStartingCode(key) } = unit;
  const forms = [STANDARD, EXTENDED];
  const form = forms.find(({ digits, restrictedDigits }) => token.length === (restricted ? restrictedDigits : digits));
  if (!form || !(restricted ? /^[1-4]+$/ : /^\d+$/).test(token)) return undefined;
  const fromFours = () => Array.from(token).reduce((sum, digit) => sum * 4 + Number(digit) - 1, 0);
  const wanted = restricted ? fromFours() : Number(token);
  const words = keyWords(key);
  // The value is plain in the end of a token; one modulus more keeps it above 0.
  const value = (wanted - startingCode) % form.modulus;
  let code = codeAt(words, startingCode, value + form.modulus, count, form);
  for (let at = count + 1; at <= Math.min(count + reach, 65535); at++) {
    code = hashOn(words, code, 1, form);
    if (code - (code % form.modulus) + (wanted % form.modulus) === wanted) return at;
  }
  return undefined;
}

/**
 * The table of codes with which a unit leaves the factory at `count`, as the serial commands that write it before the
 * set-up (docs/store.md, "Table of codes"); none for a unit so young that it has no past.
 */
export function tableCommands(unit: { key: string; startingCode?: number; count: number }): string[] {
  const at = unit.count - 16;
  const words = keyWords(unit.key);
  const startingCode = unit.startingCode ?? deriveStartingCode(unit.key);
  if (at < 1) return [];
  const halves = [0, 1].map((i) => hash(words, Buffer.from(`table ${i}`)));
  const seal = Uint32Array.from(halves.flatMap(({ h, l }) => [l, h]));
  const image = Buffer.alloc(999 * 8, 0xff);
  const message = Buffer.alloc(8);
  const put = (cell: number, word: number) => {
    message.writeUInt32LE(word, 0);
    message.writeUInt32LE(at * 1024 + cell, 4);
    image.writeUInt32LE(word, cell * 8);
    image.writeInt32LE(hash(seal, message).l | 0, cell * 8 + 4);
  };
  for (let cell = 0; cell < 997; cell++)
    put(cell, codeAt(words, startingCode, cell < 996 ? cell : KINDS.disable.code, at, STANDARD));
  put(997, at);
  put(998, at);
  return Array.from({ length: Math.ceil(image.length / 48) }, (_, i) => {
    const from = i * 48;
    return `#TABLE;${from};${image.subarray(from, from + 48).toString("hex")}`;
  });
}
