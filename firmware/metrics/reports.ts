/** Reports: over the factory port when somebody asks for one, and by the board's own transport when one is due. */
import { now } from "../clock/clock";
import { type Device, enterToken } from "../device";
import { ASKED, NEXT_SESSION } from "../store/records";
import { judge } from "./answer.overlay";
import { exchange } from "./exchange.overlay";
import { report } from "./report.overlay";
import { reset } from "./reset.overlay";
import { sample } from "./sample.overlay";
import { take } from "./take.overlay";
import { LONGEST_ANSWER } from "./terms";

/** Whether the board has a transport of its own, and whether an answer may send it to another server. */
declare const TRANSPORT: boolean;
declare const MOVES: boolean;

/** Milliseconds before a token is entered, and before it is tried again when another one is being checked. */
const RETRY = 200;

/** Reports from now on; after `startSampling`. */
export function startReports(d: Device): void {
  let body = "";
  const say = (text: string, failure: string) =>
    d.hal.serial.write(failure ? text + ";ERROR;" + failure + "\r\n" : text + "\r\n");
  /** Why no report can be made, or answered, now; "" if one can, and then none other until `reporting` is over. */
  const begin = (answers: boolean) => {
    let why = d.fault || (!d.unit ? "NOT_SET_UP" : d.reporting || d.walk ? "BUSY" : "");
    if (!why && answers && !d.log.view.getUint32(ASKED, true)) why = "NOT_ASKED";
    if (!why && !d.sampler) {
      // The device has just been set up: its first look comes before its first report.
      sample(now(d.hal, d.clock), d);
      if (!d.sampler) why = "MEMORY";
    }
    if (!why) d.reporting = true;
    return why;
  };
  /** Enters the tokens of an answer, oldest first: last of all, when nothing of the exchange is in memory any more. */
  const enter = (tokens: string[] | undefined, then: () => void) => {
    const token = tokens && tokens.shift();
    if (token)
      d.hal.system.after(
        () =>
          enterToken(
            d,
            token,
            (said) => {
              if (said === "BUSY") tokens!.unshift(token);
              enter(tokens, then);
            },
            true,
          ),
        RETRY,
      );
    else {
      d.reporting = false;
      then();
    }
  };
  d.commands["#METRICS"] = () => {
    const why = begin(false);
    if (why) say("#METRICS", why);
    // From a timer: the commands' own code is gone from memory then.
    else
      d.hal.system.after(
        () =>
          exchange(d, report, judge, take).give(
            (piece) => d.hal.serial.write(piece),
            (failure) => {
              d.reporting = false;
              say(failure && "#METRICS", failure);
            },
          ),
        1,
      );
    return "";
  };
  if (MOVES) d.commands["#RESET"] = () => "#RESET;" + reset(d);
  d.hear = (piece) => {
    // One that is too long is refused, so its end does not matter.
    if (body.length <= LONGEST_ANSWER) body += piece;
    if (piece) return;
    const why = begin(true);
    const whole = body;
    body = "";
    if (why) say("#ANSWER", why);
    else
      take(d, judge, whole, false, (failure, tokens) =>
        enter(tokens, () => say(failure ? "#ANSWER" : "#ANSWER;OK", failure)),
      );
  };
  const transport = d.hal.transport;
  if (TRANSPORT && transport)
    d.ticks.push((time) => {
      if (time >= d.log.view.getUint32(NEXT_SESSION, true) && !d.walk && !begin(false))
        exchange(d, report, judge, take).send!(transport, (_, tokens) => enter(tokens, () => {}));
    });
}
