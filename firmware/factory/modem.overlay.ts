/** The factory's test of a modem: it is switched on, has to answer, its SIM is looked at, and it is switched off again. */
import type { Device } from "../device";

/** Begins; the answer to the command comes when nothing of it is left, two minutes later at most. */
export function tryModem(d: Device): void {
  // Asked for twice at once, it is tried once.
  if (d.session) return;
  const end = (said: string) => {
    d.session = undefined;
    d.hal.serial.write("#TEST;" + said + "\r\n");
  };
  const close = d.connect!(d, undefined, (event, value) => {
    if (event === "off") end((value as string) || "OK");
  });
  d.session = () => {
    close(true);
    end("GIVEN_UP");
    return true;
  };
}
