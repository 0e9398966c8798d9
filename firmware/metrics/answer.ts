/**
 * A server's answer. Its auth may come first or last, and the values that it covers in any order, while the hash wants
 * one order: so the whole body is there, and one that is longer than LONGEST_ANSWER is refused. It is read and hashed in
 * slices, each about as long as a hash of eight bytes. Nothing of it counts before all of it was found good.
 */
import { high, low } from "../token/siphash";
import { type Sum, sum } from "./sum.overlay";
import { LONGEST_ANSWER, OWN_SETTINGS, type Setting, type Terms } from "./terms";
import type { Value } from "./values";

/** Whether a board that sends CBOR gets it too. */
declare const CBOR_ANSWERS: boolean;
/** Whether its requests ask for a time of activation. */
declare const ASKS: boolean;
/** Whether an answer may change where the server is, or settings of a product's own code; and whether any of both. */
declare const MOVES: boolean;
declare const PRODUCT: boolean;
declare const SETTINGS: boolean;

/** Brackets in brackets, at most. */
const DEEPEST = 8;

/** Pieces that are read in a slice, and characters of a number or a word in a piece, or of a text that is hashed. */
const SLICE = 3;
const LONGEST_PIECE = 64;

/** The earliest time until which credit may be given (2001), and the most seconds of it: 20 years. */
const EARLIEST = 1000000000;
const LONGEST_CREDIT = 631152000;

/** What an answer says. Of one that was refused there is nothing but the reason. */
export interface Verdict {
  /**
   * Why nothing of it counts: "LENGTH", "FORM" (not one JSON object, or a name twice), "TYPE" (of a member), "DEVICE",
   * "UNSIGNED", "SIGNATURE" or "NOT_ASKED"; or "".
   */
  refused: string;
  /** Whether it has the auth; without one there are tokens and an id, and nothing else. */
  verified: boolean;
  /** Tokens, oldest first. */
  tokens: string[];
  /** Credit ends at this time (Unix seconds), or after so many seconds; 0: nothing is said about it. */
  until: number;
  left: number;
  /** base_url, data_format_id, jwt_key, and the product's own settings in their order; undefined for no change. */
  settings: Value[];
  /** Extra data: a JSON object, or "". */
  extra: string;
  /** "TIME", "SETTINGS" or both: signed, but not within their bounds, so all of that was left out. */
  skipped: string;
  /** What the server calls a data format that was registered; 0: it does not say. */
  id: number;
}

/** What may come where a value may: numbers and words (0), strings, brackets. */
const VALUE = '0"{[';

/** Slots of an answer's members, in the order in which the hash covers them. */
const AUTS = 0;
const ASL = 1;
const TOKENS = 2;
const CHANGES = 3;
const EXTRA = 4;
const SERIAL = 5;
const AUTH = 6;
const ID = 7;

/** What comes when no text is left to read: making JSON of CBOR, a look at the members, pieces of the hash, comparing it, settings and tokens, nothing. */
const UNPACKS = -2;
const LOOKS = -1;
const COMPARES = 8;
const TAKES = 9;
const JUDGED = 10;

/**
 * The request's terms, what comes next and from where on, the members' texts, the texts of tokens, tokens and settings so
 * far, and the verdict.
 */
let terms: Terms;
let hashed: Sum;
let next = LOOKS;
let from = 0;
let members: (string | undefined)[];
let list: string[];
let tokens: string[];
let settings: Value[];
let skipped = "";
let verdict: Verdict | undefined;

/**
 * Reading one JSON object: its text, the names whose values are kept (that of names[i] goes to values[i % slots], without
 * the spaces outside strings), the slot of the member at hand or -1, its name, what may come, whether in a string, and
 * the open brackets.
 */
let text = "";
let at = 0;
let names: string[];
let slots = 0;
let values: (string | undefined)[];
let slot = -1;
let name = "";
let expects = "";
let quoted = false;
let open = "";

/** What may come behind a value, in the brackets that are open. */
function behind(): string {
  return !open ? "" : open[open.length - 1] === "{" ? "}," : "],";
}

/** A body in CBOR, how much of it is JSON in `text`, and how many members are still to come. */
let packed = "";
let unpacked = 0;
let coming = 0;

/**
 * The next item of a CBOR body as JSON, as a server writes it that signs JSON: no spaces, decimals that are integers with
 * ".0". What cannot be JSON, other decimals, and texts that are not printable ASCII end the body before its time.
 */
function item(depth: number): string {
  const type = packed.charCodeAt(unpacked++);
  const bytes: number[] = [];
  let n = type & 31;
  let json = "";
  if (n > 23 && n < 28) {
    const size = 1 << (n - 24);
    for (n = 0; bytes.length < size; n = n * 256 + bytes[0]) bytes.unshift(packed.charCodeAt(unpacked++));
  }
  if (type < 0x20) return "" + n;
  if (type < 0x40) return "" + (-1 - n);
  if (type === 0xfb) n = new Float64Array(new Uint8Array(bytes).buffer)[0];
  if (type === 0xfb && n === Math.floor(n)) return n + ".0";
  if (type > 0xf3 && type < 0xf7) return ["false", "true", "null"][type - 0xf4];
  if (type >= 0x60 && type < 0x80) {
    json = packed.substr(unpacked, n);
    unpacked += n;
    if (/^[ -~]*$/.test(json)) return JSON.stringify(json);
  } else if (type >= 0x80 && type < 0xc0 && depth < DEEPEST) {
    for (; n > 0 && unpacked < packed.length; n--) {
      if (json) json += ",";
      json += item(depth + 1);
      if (type >= 0xa0) json += ":" + item(depth + 1);
    }
    if (!n) return type < 0xa0 ? "[" + json + "]" : "{" + json + "}";
  }
  unpacked = Infinity;
  return "";
}

/** Starts to read an object. */
function start(body: string, known: string[], count: number): void {
  text = body;
  names = known;
  slots = count;
  values = [];
  at = 0;
  slot = -1;
  expects = "{";
  quoted = false;
  open = "";
}

function refuse(why: string): void {
  if (!verdict) verdict = { refused: why } as Verdict;
  text = "";
  next = JUDGED;
}

/**
 * Goes on by a piece: a bracket, a number or a word, the quote before a text, or what is in the text up to an escape.
 * False if it may not be there.
 */
function take(): boolean {
  const depth = open.length;
  let c = text[at++];
  // Whether it belongs to a member's value.
  let inside = depth > 1;
  if (quoted) {
    const begin = at - 1;
    const slash = text.indexOf("\\", begin);
    at = text.indexOf('"', begin) + 1;
    if (!at) return false;
    if (slash >= 0 && slash < at) at = slash + 2;
    else quoted = false;
    c = text.substring(begin, at);
    if (inside || expects !== ":") inside = true;
    else if (quoted) name += c;
    else {
      slot = names.indexOf(name + c.substr(0, c.length - 1)) % slots;
      if (values[slot] !== undefined) return false;
      if (slot >= 0) values[slot] = "";
    }
  } else if (" \t\r\n".indexOf(c) >= 0) {
    if (expects === "0" + behind()) expects = behind();
    return true;
  } else {
    const word = /^[-+.0-9a-zE]+/.exec(text.substr(at - 1, LONGEST_PIECE));
    const kind = word ? "0" : c;
    const value = expects[0] === "0" && kind !== "," && kind !== "}";
    if (expects.indexOf(kind) < 0) return false;
    if (depth && value) inside = true;
    if (kind === '"') {
      quoted = true;
      name = "";
      expects = value ? behind() : ":";
    } else if (word) {
      c = word[0];
      at += c.length - 1;
      expects = "0" + behind();
    } else if (kind === ":") expects = VALUE;
    else if (kind === ",") expects = behind() === "}," ? '"' : VALUE;
    else if (kind === "}" || kind === "]") {
      open = open.substr(0, depth - 1);
      expects = behind();
    } else {
      if (depth === DEEPEST) return false;
      open += c;
      expects = c === "{" ? '"}' : VALUE + "]";
    }
  }
  if (inside && slot >= 0) values[slot] += c;
  return true;
}

/** What is wrong with the members beside their hash; "" if nothing is. Takes out those that the hash does not cover. */
function complaint(): string {
  const v = members;
  for (let i = AUTS; i <= ID; i++)
    if (v[i] && !/^null$|^false$|^""$|^\[]$|^{}$|^[-.0]+$/.test(v[i]!)) {
      const kind = '00[{{""0'[i];
      if (kind === "0" ? !/^[0-9]+[.]*[0-9]*$/.test(v[i]!) : v[i]![0] !== kind) return "TYPE";
    } else v[i] = undefined;
  if (v[SERIAL] && v[SERIAL] !== JSON.stringify(terms.unit.serial)) return "DEVICE";
  if (!v[AUTH]) return v[AUTS] || v[ASL] || v[CHANGES] || v[EXTRA] ? "UNSIGNED" : "";
  if ((v[AUTS] && (!ASKS || terms.asks !== "auts")) || (v[ASL] && (!ASKS || terms.asks !== "asl"))) return "NOT_ASKED";
  return terms.timestamp || terms.count ? "" : "NOT_ASKED";
}

/** A text with zeros before it, so that it has so many characters. */
function pad(digits: string, length: number): string {
  while (digits.length < length) digits = "0" + digits;
  return digits;
}

/** Whether the last hash is that of an auth, with or without leading zeros; in constant time. */
function isHash(auth: string): boolean {
  const digits = pad(auth.substring(3, auth.length - 1), 16);
  return (
    auth.length < 21 &&
    /^"da[0-9a-fA-F]+"$/.test(auth) &&
    ((parseInt(digits.substr(0, 8), 16) ^ high) | (parseInt(digits.substr(8), 16) ^ low)) === 0
  );
}

/** The text between a JSON string's or list's ends. */
function within(value: string): string {
  return value.substring(1, value.length - 1);
}

/** The settings that a server may change: where it is and what it calls things, and then the product's. */
function table(): Setting[] {
  const own = [
    { name: "base_url", text: true, least: 1, most: 128 },
    { name: "data_format_id", text: false, least: 0, most: 2147483647 },
    { name: "jwt_key", text: true, least: 0, most: 400 },
  ];
  return PRODUCT ? own.concat(terms.settings) : own;
}

/** The value of setting `i`; undefined if it is none that the setting may have. */
function setting(i: number, value: string): Value {
  const s = table()[i];
  let plain = within(value).split("\\/").join("/");
  const n = s.text ? plain.length : parseInt(value, 10);
  if (n < s.least || n > s.most) return;
  if (!s.text) return "" + n === value ? n : undefined;
  if (value[0] !== '"' || !/^[ -\x5b\x5d-~]*$/.test(plain)) return;
  if (!i) {
    // The address, with a scheme and without a / at its end.
    if (!/^https*:\/\//.test(plain)) plain = "https://" + plain;
    plain = plain.replace(/[\x2f]+$/, "");
    if (!/^https*:\/\/[A-Za-z0-9][A-Za-z0-9._~:%\x2f-]*$/.test(plain) || /:[\x2f]/.test(plain.substr(8))) return;
  }
  return plain;
}

/** Takes the next setting. */
function takeSetting(): void {
  const i = settings.length;
  let value: Value;
  if (values[i] && values[i] !== "null") {
    value = setting(i, values[i]!);
    if (value === undefined) skipped = "SETTINGS";
  }
  // Another server has other numbers for data formats, and must not see the key of this one.
  else if (settings[0] && i < OWN_SETTINGS) value = i > 1 ? "" : 0;
  settings.push(value);
}

/** Takes the next token. */
function takeToken(): void {
  let digits = list[tokens.length];
  if (digits[0] === '"') digits = within(digits);
  // A number has lost its leading zeros.
  else digits = pad(digits, digits.length > 9 ? 12 : 9);
  if (digits.length > 20 || !/^[0-9]+$/.test(digits)) refuse("TYPE");
  tokens.push(digits);
}

/** Lets a good answer say what it says. */
function conclude(): void {
  const said = { refused: "", verified: members[AUTH] !== undefined, tokens, extra: members[EXTRA] || "" } as Verdict;
  if (ASKS) {
    said.until = parseInt(members[AUTS] || "0", 10);
    said.left = parseInt(members[ASL] || "0", 10);
    if (
      said.left > LONGEST_CREDIT ||
      said.until > terms.now + LONGEST_CREDIT ||
      (said.until && said.until < EARLIEST)
    ) {
      said.until = said.left = 0;
      skipped = "TIME" + skipped;
    }
  }
  if (SETTINGS) {
    said.settings = /SETTINGS/.test(skipped) ? [] : settings;
    said.id = parseInt(members[ID] || "0", 10);
  }
  if (ASKS || SETTINGS) said.skipped = skipped;
  verdict = said;
}

/** One slice of judging the answer; undefined until it is judged. */
function check(): Verdict | undefined {
  if (next > 0 && next <= COMPARES && hashed.take()) return;
  if (CBOR_ANSWERS && next === UNPACKS) {
    if (coming) {
      text += (text ? "," : "{") + item(1) + ":" + item(1);
      coming--;
    } else if (unpacked !== packed.length || text.length > LONGEST_ANSWER) refuse("FORM");
    else {
      start((text || "{") + "}", names, slots);
      packed = "";
      next = LOOKS;
    }
  } else if (at < text.length) {
    for (let i = 0; i < SLICE && at < text.length; i++) if (!take()) refuse("FORM");
  } else if (text && expects) refuse("FORM");
  else if (next === LOOKS) {
    members = values;
    next = members[AUTH] ? 0 : TAKES;
    names = [];
    const why = complaint();
    if (why) refuse(why);
    list = members[TOKENS] ? within(members[TOKENS]).split(",") : [];
  } else if (next < COMPARES) {
    const all =
      next > 2 ? members[next - 3] || "" : "" + [terms.unit.serial, terms.timestamp || "", terms.count || ""][next];
    const piece = all.substr(from, LONGEST_PIECE);
    if (next) hashed.add(piece);
    else hashed = sum(terms.unit.key, piece);
    from += LONGEST_PIECE;
    if (from >= all.length) {
      from = 0;
      next++;
    }
  } else if (next === COMPARES) {
    hashed.end();
    next = TAKES;
    if (!isHash(members[AUTH]!)) refuse("SIGNATURE");
    else if (SETTINGS && members[CHANGES]) {
      const known = table().map((s) => s.name);
      start(members[CHANGES], known, known.length);
    }
  } else if (next === TAKES) {
    if (SETTINGS && settings.length < names.length) takeSetting();
    else if (tokens.length < list.length) takeToken();
    else conclude();
  }
  return verdict;
}

/** Begins to judge an answer's body. What this returns is called, slice by slice, until it gives the verdict. */
export function judge(asked: Terms, body: string): () => Verdict | undefined {
  const all =
    "auts asl tkl st ed sn a id active_until_timestamp active_seconds_left token_list settings extra_data serial_number auth";
  terms = asked;
  next = LOOKS;
  from = 0;
  settings = [];
  tokens = [];
  skipped = "";
  verdict = undefined;
  start(body, all.split(" "), 8);
  const first = body.charCodeAt(0);
  if (CBOR_ANSWERS && first > 0x9f && first < 0xb8) {
    packed = body;
    text = "";
    unpacked = 1;
    coming = first - 0xa0;
    next = UNPACKS;
  }
  if (body.length > LONGEST_ANSWER || !body) refuse(body ? "LENGTH" : "FORM");
  return check;
}
