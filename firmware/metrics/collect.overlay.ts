/** `#METRICS` and `#ANSWER`: a report that somebody collects at the factory port, and the answer that they bring back. */
import { type Device, YIELDS } from "../device";
import { exchange } from "./exchange.overlay";
import { begin, enter } from "./session";
import { take } from "./take.overlay";

/** Whether the board has a transport of its own. */
declare const TRANSPORT: boolean;

/** Gives a report away, or takes an answer. */
export function collect(d: Device, answer?: string): void {
  // Who stands there comes before what is under way by itself.
  if (TRANSPORT && d.session && d.session()) {
    d.hal.system.after(() => collect(d, answer), YIELDS);
    return;
  }
  const why = begin(d, answer !== undefined);
  const say = (text: string, failure: string) => d.hal.serial.write(text + (failure && ";ERROR;" + failure) + "\r\n");
  if (why) say(answer === undefined ? "#METRICS" : "#ANSWER", why);
  else if (answer !== undefined)
    take(d, answer, false, (failure, tokens, verified) => {
      d.session = undefined;
      enter(d, tokens, verified, () => say(failure ? "#ANSWER" : "#ANSWER;OK", failure));
    });
  // From a timer: the commands' own code is gone from memory then.
  else
    d.hal.system.after(
      () =>
        exchange(d).give(
          (piece) => d.hal.serial.write(piece),
          (failure) => {
            d.session = undefined;
            say(failure && "#METRICS", failure);
          },
        ),
      1,
    );
}
