/** Carries a report over the modem. */
import type { ModemPort, Post, Transport } from "../../hal/hal";
import type { Device } from "../device";
import { access } from "./access.overlay";
import { modem, type Tell } from "./modem";

/** Opens a POST by a transport. What ends it is all that stays of that. */
function opened(transport: Transport, post: Post): (now?: boolean) => void {
  transport.open(post);
  return transport.close;
}

/** As a `Connect`; `given` as for the settings of the modem. Never throws. */
export function online(
  d: Device,
  post: Post,
  tell: Tell,
  port: ModemPort,
  family: (name: string) => string,
  given: (piece: number) => string,
): (now?: boolean) => void {
  const settings = access(d).settings(given);
  return opened(
    modem(port, d.hal.system, settings, family, (event, value) => {
      if (event === "bytes" || event === "off") tell(event, value);
      else {
        const token = access(d).hear(settings, event, value);
        if (token) tell("token", token);
      }
    }),
    post,
  );
}
