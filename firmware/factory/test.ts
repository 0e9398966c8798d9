/** The factory's test of what is soldered on, before the set-up: no more than the computer that works it needs. docs/serial.md. */
import type { Device } from "../device";
import { tryModem } from "./modem.overlay";

/** Whether the board has a modem. */
declare const MODEM: boolean;

/** What the buzzer sounds, hertz. */
const TONE = 2400;

/** `#TEST;what[;value[;byte]]`, already split. Returns what is behind "#TEST;" in the answer, or "" if that comes later. */
export function factoryTest(d: Device, fields: string[]): string {
  const hal = d.hal;
  const output = hal.output;
  const value = parseInt(fields[2], 10);
  const on = value ? 1 : 0;
  if (MODEM && fields[1] === "MODEM" && !d.unit && !d.session) {
    // From a timer: the commands' own code is gone from memory then.
    d.hal.system.after(tryModem.bind(undefined, d), 1);
    return "";
  }
  try {
    if (!d.unit)
      switch (fields[1]) {
        case "CLOCK":
          if (on) {
            hal.rtc.write(value);
            // So the time begins anew, and that the chip was new is no news of this device.
            hal.system.restart();
          }
          return "" + hal.rtc.read();
        case "MEMORY":
          if (fields[3]) hal.memory.write(value, new Uint8Array([parseInt(fields[3], 10)]));
          return "" + hal.memory.read(value, 1)[0];
        case "OUTPUT":
          output.write(on);
          return "" + (output.read ? output.read() : "-");
        case "SHOW":
          if (hal.display) hal.display.show(fields[2] || "");
          if (hal.green) hal.green(on);
          if (hal.red) hal.red(on);
          if (hal.buzzer) hal.buzzer(on * TONE);
          return "OK";
      }
  } catch (_) {}
  return "ERROR";
}
