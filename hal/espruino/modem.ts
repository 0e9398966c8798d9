/// <reference path="./globals.d.ts" />
/** The UART and the pins of a modem. Nothing of this is there between sessions, and the UART is given back. */
import type { Io, ModemPort } from "../hal";

/**
 * `port` is the controller's UART, `tx` and `rx` its pins. `pins` are those of `ModemPort`, and `low` has the letters of those
 * that are on when low, as in "kr". `burst` is 64 if left out.
 */
export function modem(
  io: Io,
  options: {
    port: any;
    baud: number;
    tx?: unknown;
    rx?: unknown;
    burst?: number;
    pins: ModemPort["pins"];
    low?: string;
  },
): ModemPort {
  const uart = options.port;
  return {
    baud: options.baud,
    burst: options.burst || 64,
    pins: options.pins,
    start(onData, baud) {
      uart["removeAllListeners"]("data");
      uart["on"]("data", onData);
      // Espruino refuses an object with anything else in it.
      uart.setup(baud, { tx: options.tx, rx: options.rx });
    },
    stop() {
      uart["removeAllListeners"]("data");
      uart.unsetup();
    },
    write(text) {
      uart["write"](text);
    },
    drive(letter, on) {
      const pin = options.pins[letter];
      if (pin === undefined) return;
      io.mode(pin, "output");
      io.write(pin, (options.low || "").indexOf(letter) < 0 ? on : 1 - on);
    },
  };
}
