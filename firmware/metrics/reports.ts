/** Reports: over the factory port when somebody asks for one, and by the board's own transport when one is due. */
import { type Device, enterToken } from "../device";
import { ASKED, NEXT_SESSION } from "../store/records";
import { judge } from "./answer.overlay";
import { exchange } from "./exchange.overlay";
import { report } from "./report.overlay";
import { reset } from "./reset.overlay";
import { take } from "./take.overlay";
import { LONGEST_ANSWER } from "./terms";

/** Whether the board has a transport of its own. */
declare const TRANSPORT: boolean;

/** Milliseconds before a token is entered, and before it is tried again when another one is being checked. */
const RETRY = 200;

/** Reports from now on; after `startSampling`. */
export function startReports(d: Device): void {
  let busy = false;
  let body = "";
  const say = (text: string) => d.hal.serial.write(text);
  /** Why no report can be made or answered now; "" if one can, and then none other until `done`. */
  const begin = () => {
    const why = d.fault || (!d.unit ? "NOT_SET_UP" : busy || !d.sampler ? "BUSY" : "");
    busy = busy || !why;
    return why;
  };
  /** Enters the tokens of an answer, oldest first: last of all, when nothing of the exchange is in memory any more. */
  const enter = (tokens: string[] | undefined, then: () => void) => {
    const token = tokens && tokens.shift();
    if (!token) {
      busy = false;
      then();
      return;
    }
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
  };
  d.commands["#METRICS"] = () => {
    const why = begin();
    if (why) return "#METRICS;ERROR;" + why;
    // From a timer: the commands' own code is gone from memory then.
    d.hal.system.after(
      () =>
        exchange(d, report, judge, take).give(say, (failure) => {
          busy = false;
          say(failure ? "#METRICS;ERROR;" + failure + "\r\n" : "\r\n");
        }),
      1,
    );
    return "";
  };
  d.commands["#RESET"] = () => "#RESET;" + reset(d);
  d.hear = (piece) => {
    // One that is too long is refused, so its end does not matter.
    if (body.length <= LONGEST_ANSWER) body += piece;
    if (piece) return;
    const why = begin();
    const whole = body;
    body = "";
    if (why) say("#ANSWER;ERROR;" + why + "\r\n");
    else if (!d.log.view.getUint32(ASKED, true)) enter(undefined, () => say("#ANSWER;ERROR;NOT_ASKED\r\n"));
    else
      take(d, judge, whole, false, (failure, tokens) =>
        enter(tokens, () => say("#ANSWER;" + (failure ? "ERROR;" + failure : "OK") + "\r\n")),
      );
  };
  const transport = d.hal.transport;
  if (TRANSPORT && transport)
    d.ticks.push((time) => {
      if (time >= d.log.view.getUint32(NEXT_SESSION, true) && !d.walk && !begin())
        exchange(d, report, judge, take).send!(transport, (_, tokens) => enter(tokens, () => {}));
    });
}
