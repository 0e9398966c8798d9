/** The factory's test of what is soldered on, before the set-up; docs/serial.md. */
import type { Device } from "../device";
import { CLOCK_LOST, UNSURE } from "../store/records";

/** Seconds that the output is on: enough for the sense pin, and for an eye where there is none. */
const PULSE = 0.05;
const SEEN = 0.5;
/** What the buzzer sounds, hertz. */
const TONE = 2400;

/** `#TEST;what[;value]`, already split. Returns what is behind "#TEST;" in the answer. A device that is set up refuses. */
export function factoryTest(d: Device, fields: string[]): string {
  const hal = d.hal;
  const memory = hal.memory;
  const output = hal.output;
  const ticks = hal.system.ticks;
  const value = fields[2] || "";
  const sense = () => (output.read ? output.read() : "-");
  if (d.unit) return "ERROR;SET_UP_ALREADY";
  try {
    switch (fields[1]) {
      case "CHIP":
        return hal.system.chip();
      case "CLOCK": {
        const time = value.length === 10 ? parseInt(value, 10) : 0;
        if (time) {
          hal.rtc.write(time);
          d.clock = { time, ticks: ticks(), since: time, sinceTicks: ticks(), silent: 0 };
          // A chip that is new had lost its time, which is no news of this device.
          d.log.bytes[UNSURE] = 0;
          d.log.tally[CLOCK_LOST] = 0;
        }
        return "" + hal.rtc.read();
      }
      case "MEMORY": {
        // Flash is tried by the set-up, and every write of it counts.
        if (memory.erase) return "-";
        const bytes = new Uint8Array(8);
        const end = memory.byteLength - 8;
        // What an earlier test left is not what this one wrote.
        for (let i = 0; i < 8; i++) bytes[i] = (ticks() * 1000) >> i;
        memory.write(end, bytes);
        const text = bytes.join();
        if (memory.read(end, 8).join() !== text) return "ERROR";
        // A chip that is too small has the same bytes in both places.
        return memory.read(end / 2 - 4, 8).join() === text ? "SMALL" : "OK";
      }
      case "OUTPUT": {
        const before = sense();
        output.write(1);
        for (const start = ticks(); ticks() - start < (output.read ? PULSE : SEEN); );
        const during = sense();
        output.write(0);
        return before + ";" + during;
      }
      case "SHOW":
        if (hal.display) hal.display.show(value);
        if (hal.green) hal.green(value ? 1 : 0);
        if (hal.red) hal.red(value ? 1 : 0);
        if (hal.buzzer) hal.buzzer(value ? TONE : 0);
        return "OK";
    }
  } catch (_) {
    return "ERROR";
  }
  return "ERROR;WHAT";
}
