/** Carries a letter over the board's own transport. This, and the transport, are in memory for all of a session. */
import type { Post } from "../../hal/hal";
import type { Device } from "../device";
import { type Letter, report } from "./report.overlay";
import { rows } from "./rows.overlay";
import { send } from "./send.overlay";
import { GIVEN_UP } from "./session";
import { type Connect, LONGEST_ANSWER, type Sent } from "./terms";

/** `sent` gets what comes of it. */
export function carry(d: Device, connect: Connect, sent: Sent, letter: Letter): void {
  // What gives the body, from its first piece to its last, and bytes that are left of it.
  let read: (() => string) | undefined;
  let left = letter.size;
  let close: (now?: boolean) => void;

  const post = letter as Letter & Post;
  post.read = () => {
    if (!left) return "";
    sent.before = undefined;
    if (!read) {
      letter.asked.row = rows(d.sampler!.history);
      read = report(letter.asked, letter.registers, letter).read;
    }
    const piece = read();
    left -= piece.length;
    // Rows that were lost end it early.
    if (!piece) left = 0;
    // Nothing of what writes the body stays in memory.
    if (!left) letter.asked.row = read = undefined;
    return piece;
  };
  const tooLong = () => sent.body.length > LONGEST_ANSWER;
  post.write = (text) => {
    if (tooLong()) return;
    sent.body += text;
    // The rest would cost bytes for nothing. From a timer: the transport is in the middle of it.
    if (tooLong()) d.hal.system.after(() => close(), 1);
  };
  post.close = (code, reason) => {
    letter.asked.row = read = undefined;
    sent.status = code;
    sent.why = code || !tooLong() ? reason : "LENGTH";
    if (close) close();
  };

  const tell = (event: string, value: number | string) => {
    if (event === "bytes") sent.bytes += value as number;
    else if (event === "token") sent.message = value as string;
    else {
      if (letter.registers) sent.asked = letter.asked;
      // From a timer: nothing of all this is in memory then.
      d.hal.system.after(send.bind(undefined, d, connect, sent), 1);
    }
  };
  d.session = () => {
    d.session = () => true;
    // An answer that is there is taken, and soon.
    if (!sent.status) sent.why = sent.why || GIVEN_UP;
    close(true);
    tell("off", "");
    return true;
  };
  close = connect(d, post, tell);
  // It may have been closed at once.
  if (sent.why) close();
}
