/**
 * An attempt to send what is due over the board's own transport. Here a letter is made ready, and what came of it is settled; in
 * between it is carried (carry.overlay.ts), and none of this is in memory.
 */
import { now } from "../clock/clock";
import type { Device } from "../device";
import { FAILED_SESSIONS, NEXT_SESSION } from "../store/records";
import { turn } from "../store/turn";
import { carry } from "./carry.overlay";
import { exchange } from "./exchange.overlay";
import { begin, enter, GIVEN_UP } from "./session";
import { take } from "./take.overlay";
import type { Connect, Sent } from "./terms";

/** Whether tokens come over the air as messages too. */
declare const SMS: boolean;

/** Seconds after which an attempt that was given up is made again. */
const AGAIN = 60;

/** Begins an attempt, if that may be now; with `sent`, goes on with what came of it. */
export function send(d: Device, connect: Connect, sent?: Sent): void {
  const after = d.hal.system.after;
  const good = sent && sent.status >= 200 && sent.status < 300;

  /** A report, or (`may`) before it the registration of the data format, where that is still to be done. */
  const prepare = (may: boolean) => {
    let going = true;
    d.session = () => {
      going = false;
      return true;
    };
    exchange(d).prepare(
      may,
      (failure, letter, before) => {
        const made = going && letter && letter.size ? letter : undefined;
        const why = made ? "" : going ? failure || "MEMORY" : GIVEN_UP;
        const sent: Sent = { status: 0, body: "", why, bytes: 0, before };
        // From timers, and by no function that is made here: all that led to the letter is gone from memory then.
        after(made ? carry.bind(undefined, d, connect, sent, made) : send.bind(undefined, d, connect, sent), 1);
      },
      () => going,
    );
  };
  const end = (tokens?: string[], verified?: boolean) => {
    d.session = undefined;
    // One that came by the way, or with nobody's auth, is as good as what is typed.
    enter(d, tokens, verified, () => SMS && enter(d, [sent!.message], undefined, () => {}));
  };
  /** It is to be made again at a time, and was no failure. */
  const postpone = (time: number) => {
    d.log.bytes[FAILED_SESSIONS]--;
    d.log.view.setUint32(NEXT_SESSION, time, true);
    end();
  };
  const over = (failure: string, tokens?: string[], verified?: boolean) => {
    exchange(d).end(failure, sent!.bytes, () => end(tokens, verified));
  };

  if (!sent) {
    if (!begin(d, false)) after(() => turn(d, () => prepare(true)), 1);
    return;
  }
  d.session = () => true;
  if (sent.before) {
    exchange(d).unask(sent.before);
    sent.before = undefined;
    after(send.bind(undefined, d, connect, sent), 1);
  } else if (sent.why === GIVEN_UP) postpone(now(d.hal, d.clock) + AGAIN);
  // From a timer again: what took the answer is gone from memory then.
  else if (sent.asked && good) take(d, sent.body, false, () => after(() => prepare(false), 1), sent.asked);
  else if (sent.asked) prepare(false);
  else if (good)
    take(d, sent.body, true, (failure, tokens, verified) => after(() => over(failure, tokens, verified), 1));
  else over(sent.why || "HTTP_" + sent.status);
}
