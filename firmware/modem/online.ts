/** Carries a report over the modem, or sees for the factory whether that answers. */
import type { ModemPort, Post, Transport } from "../../hal/hal";
import type { Device } from "../device";
import { access } from "./access.overlay";
import { modem, type Tell } from "./modem";

/** Opens a POST, if there is one, by a transport. What ends it is all that stays of that. */
function opened(transport: Transport, post: Post | undefined): (now?: boolean) => void {
  if (post) transport.open(post);
  return transport.close;
}

/** As a `Connect`; `given` as for the settings of the modem. Never throws. */
export function online(
  d: Device,
  post: Post | undefined,
  tell: Tell,
  port: ModemPort,
  family: (name: string) => string,
  given: (piece: number) => string,
): (now?: boolean) => void {
  const settings = access(d).settings(given);
  if (!post) {
    settings.trial = 1;
    settings.doze = 0;
    // The factory's test uses up no try of a PIN.
    settings.access[3] = "";
  }
  return opened(
    modem(port, d.hal.system, settings, family, (event, value) => {
      if (event === "bytes" || event === "off") tell(event, value);
      // What sets the clock needs more memory than is left in the middle of the modem's answer.
      else if (event === "time") d.hal.system.after(() => access(d).hear(settings, event, value), 1);
      else {
        const token = access(d).hear(settings, event, value);
        if (token) tell("token", token);
      }
    }),
    post,
  );
}
