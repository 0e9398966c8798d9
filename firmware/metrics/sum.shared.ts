/**
 * SipHash of a text of any length, in pieces and in slices: no call here takes longer than a hash of eight bytes. One hash
 * at a time: whoever starts one takes it to its end.
 */
import { type Hash, type Key, keyed, MORE, word } from "../token/siphash";

/** The state of the hash; of the text so far, what is from `at` on is not yet in it; and the text's length. */
let hash: Hash;
let text = "";
let at = 0;
let size = 0;

/** Starts the hash of a text under a key. */
export function startSum(key: Key, start: string): void {
  hash = keyed(key);
  text = start;
  at = 0;
  size = start.length;
}

/** Takes in two blocks of eight characters, or what there is; false when there was none. */
export function takeBlocks(): boolean {
  const from = at;
  for (; text.length - at > 7 && at < from + 16; at += 8) hash = hash(word(text, at), word(text, at + 4), 0, MORE);
  return at > from;
}

/** Goes on with the next piece of the text, once `takeBlocks` said false. */
export function addText(next: string): void {
  text = text.substr(at) + next;
  at = 0;
  size += next.length;
}

/** Ends the hash, once `takeBlocks` said false: then it is in `high` and `low`. */
export function endSum(): void {
  hash(word(text, at), word(text, at + 4) | (size << 24), 2);
}

/** A text with zeros before it, so that it has so many characters. */
export function pad(digits: string, length: number): string {
  while (digits.length < length) digits = "0" + digits;
  return digits;
}
