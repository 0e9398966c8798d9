/** Reports: over the factory port when somebody collects one, and by the board's own transport when one is due. */
import type { Device } from "../device";
import { NEXT_SESSION } from "../store/records";
import { collect } from "./collect.overlay";
import { send } from "./send.overlay";
import { type Connect, LONGEST_ANSWER } from "./terms";

/** Whether the board has a transport of its own, and whether that is a modem. */
declare const TRANSPORT: boolean;
declare const MODEM: boolean;

/** Reports from now on; after `startSampling`. `connect` makes the board's own transport, where it has one. */
export function startReports(d: Device, connect?: Connect): void {
  let body = "";
  d.hear = (piece) => {
    // One that is too long is refused, so its end does not matter.
    if (body.length <= LONGEST_ANSWER) body += piece;
    if (piece) return;
    const whole = body;
    body = "";
    collect(d, whole);
  };
  if (MODEM) d.connect = connect;
  if (TRANSPORT && connect)
    d.ticks.push((time) => {
      // From a timer: what led to this tick, a token's check perhaps, is gone from memory then.
      if (time >= d.log.view.getUint32(NEXT_SESSION, true)) d.hal.system.after(send.bind(undefined, d, connect), 1);
    });
}
