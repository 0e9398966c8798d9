/**
 * A lantern: a key of its own goes through three brightnesses and dark, and a USB port charges phones once it was paid for,
 * with an extended token of the value 1 (0 takes it back). Light and port are fed through the output, so without credit
 * both are dark whatever this file does.
 */
import type { Device } from "../../firmware/device";
import { append, latest, PAYLOAD } from "../../firmware/store/journal";
import { PRODUCT_TYPE } from "../../firmware/store/records";
import type { Io, Pin } from "../../hal/hal";

/** How much of the time the light is on, by what the key has chosen; too fast for an eye. */
const DUTIES = [0, 1, 0.4, 0.1];
const HERTZ = 1000;

/** Seconds in which a key bounces. */
const BOUNCE = 0.2;

export function product(device: Device, io: Io, pins: { light: Pin; usb: Pin; key: Pin }): void {
  const bytes = (device.safe && latest(device.safe, PRODUCT_TYPE)) || new Uint8Array(PAYLOAD);
  let level = 1;
  let pressed = 0;
  const follow = () => {
    const duty = device.on ? DUTIES[level] : 0;
    // A wave that is always low would still keep a timer of the controller busy.
    if (duty) io.pwm(pins.light, duty, { freq: HERTZ });
    else io.write(pins.light, 0);
    io.write(pins.usb, device.on & bytes[0]);
  };
  const tell = device.tell;
  device.tell = (event, value) => {
    tell(event, value);
    if (event === "extended" && value < 2) {
      bytes[0] = value;
      append(device.safe!, PRODUCT_TYPE, bytes);
    }
    if (event === "output" || event === "extended") follow();
  };
  io.mode(pins.key, "input_pullup");
  io.watch(
    () => {
      const ticks = device.hal.system.ticks();
      if (ticks - pressed > BOUNCE) {
        level = (level + 1) & 3;
        follow();
      }
      pressed = ticks;
    },
    pins.key,
    { repeat: true, edge: "falling" },
  );
  follow();
}
