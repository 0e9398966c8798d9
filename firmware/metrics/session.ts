/** What reports over the factory port and over a transport of the board's own have in common. */
import { now } from "../clock/clock";
import { type Device, enterToken } from "../device";
import { ASKED, NEXT_SESSION } from "../store/records";
import { sample } from "./sample.overlay";

/** Whether tokens come over the air as messages too. */
declare const SMS: boolean;

/** Milliseconds before a token is entered, and before it is tried again when another one is being checked. */
const RETRY = 200;

/** Seconds from when entry is open again to the session that deletes a message with a wrong token. */
const SOON = 10;

/** Why an attempt ended that somebody needed the memory of. */
export const GIVEN_UP = "GIVEN_UP";

/**
 * Why no report can be made (or, `answers`, answered) now; "" if one can, and then none other until the device's `session` is undefined
 * again.
 */
export function begin(d: Device, answers: boolean): string {
  let why = d.fault || (!d.unit ? "NOT_SET_UP" : d.session || d.walk ? "BUSY" : "");
  if (!why && answers && !d.log.view.getUint32(ASKED, true)) why = "NOT_ASKED";
  if (!why && !d.sampler) {
    // The device has just been set up: its first look comes before its first report.
    sample(now(d.hal, d.clock), d);
    if (!d.sampler) why = "MEMORY";
  }
  if (!why) d.session = () => false;
  return why;
}

/**
 * Enters tokens, oldest first, each again while another one is being checked; `served` as for `enterToken`, undefined for that of a
 * message. Last of all, when nothing of the exchange is in memory any more.
 */
export function enter(
  d: Device,
  tokens: (string | undefined)[] | undefined,
  served: boolean | undefined,
  then: () => void,
): void {
  const token = tokens && tokens.shift();
  if (!token) then();
  else
    d.hal.system.after(
      () =>
        enterToken(
          d,
          token,
          (said) => {
            if (said === "BUSY") tokens!.unshift(token);
            else if (SMS && served === undefined && said !== "LOCKED") {
              // Its message may go now: it is looked at no more. A wrong one goes soon, or the next start would count it again.
              const view = d.log.view;
              const soon = said === "INVALID" ? d.paid.closedUntil + SOON : Infinity;
              d.texted = token;
              view.setUint32(NEXT_SESSION, Math.min(view.getUint32(NEXT_SESSION, true), soon), true);
            }
            enter(d, tokens, served, then);
          },
          served,
        ),
      RETRY,
    );
}
