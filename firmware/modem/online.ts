/** Carries a report over the modem, or sees for the factory whether that answers. */
import type { ModemPort, Post, Transport } from "../../hal/hal";
import type { Device } from "../device";
import { access } from "./access.overlay";
import { heard } from "./heard.overlay";
import { type ModemSettings, modem, type Tell } from "./modem";

/** As a `Connect`; `given` as for the settings of the modem. Never throws. */
export function online(
  d: Device,
  post: Post | undefined,
  tell: Tell,
  port: ModemPort,
  family: (name: string) => string,
  given: (piece: number) => string,
): (now?: boolean) => void {
  let settings: ModemSettings;
  const hear: Tell = (event, value) => {
    if (event === "bytes" || event === "off") tell(event, value);
    // What sets the clock needs more memory than is left in the middle of the modem's answer, and a store is a slice of its own.
    else if (event !== "sms") d.hal.system.after(() => heard(d, settings, event, value), 1);
    else {
      const token = heard(d, settings, event, value);
      if (token) tell("token", token);
    }
  };
  // From timers, as slices of their own. Whoever is in a hurry may end it before.
  let transport: Transport | undefined;
  let over = false;
  d.hal.system.after(() => {
    settings = access(d).settings(given);
    if (!post) {
      settings.trial = 1;
      settings.doze = 0;
      // The factory's test uses up no try of a PIN.
      settings.access[3] = "";
    }
  }, 1);
  d.hal.system.after(() => {
    if (over) return;
    transport = modem(port, d.hal.system, settings, family, hear);
    if (post) transport.open(post);
  }, 2);
  return (now) => {
    over = true;
    if (transport) transport.close(now);
  };
}
