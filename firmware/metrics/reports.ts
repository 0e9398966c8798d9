/** Reports: over the factory port when somebody asks for one, and by the board's own transport when one is due. */
import type { Device } from "../device";
import { NEXT_SESSION } from "../store/records";
import { judge } from "./answer.overlay";
import { exchange } from "./exchange.overlay";
import { report } from "./report.overlay";
import { reset } from "./reset.overlay";
import { LONGEST_ANSWER } from "./terms";

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
  d.commands["#METRICS"] = () => {
    const why = begin();
    if (why) return "#METRICS;ERROR;" + why;
    exchange(d, report, judge).give(say, (failure) => {
      busy = false;
      say(failure ? "#METRICS;ERROR;" + failure + "\r\n" : "\r\n");
    });
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
    else
      exchange(d, report, judge).take(whole, (failure) => {
        busy = false;
        say("#ANSWER;" + (failure ? "ERROR;" + failure : "OK") + "\r\n");
      });
  };
  const transport = d.hal.transport;
  if (transport)
    d.ticks.push((time) => {
      if (time >= d.log.view.getUint32(NEXT_SESSION, true) && !d.walk && !begin())
        exchange(d, report, judge).send(transport, () => {
          busy = false;
        });
    });
}
