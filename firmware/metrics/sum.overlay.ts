/** SipHash of a text of any length, in pieces and in slices: no call here takes longer than a hash of eight bytes. */
import { type Hash, type Key, keyed, MORE, word } from "../token/siphash";

/** A hash under way, for as long as somebody holds it. */
export interface Sum {
  /** Takes in two blocks of eight characters, or what there is; false when there was none. */
  take: () => boolean;
  /** Goes on with the next piece of the text, once `take` said false. */
  add: (next: string) => void;
  /** Ends the hash, once `take` said false: then it is in `high` and `low`. */
  end: () => void;
}

/** Starts the hash of a text under a key. */
export function sum(key: Key, start: string): Sum {
  let hash: Hash = keyed(key);
  // What is from `at` on is not yet in the hash; and the length of all of it so far.
  let text = start;
  let at = 0;
  let size = start.length;
  return {
    take() {
      const from = at;
      for (; text.length - at > 7 && at < from + 16; at += 8) hash = hash(word(text, at), word(text, at + 4), 0, MORE);
      return at > from;
    },
    add(next) {
      text = text.substr(at) + next;
      at = 0;
      size += next.length;
    },
    end() {
      hash(word(text, at), word(text, at + 4) | (size << 24), 2);
    },
  };
}
