/// <reference path="./globals.d.ts" />
/** The UART and the pins of a modem. Nothing of this is there between sessions, and the UART is given back. */
import type { Io, ModemPort } from "../hal";

/** How the modem is wired. */
export interface Wires extends ModemPort {
  /** The controller's UART, and its pins. */
  uart: any;
  tx?: unknown;
  rx?: unknown;
  /** The letters of the pins that are on when low, as in "kr". */
  low: string;
}

/** Makes the port of its wires. */
export function modem(io: Io, port: Wires): ModemPort {
  const uart = port.uart;
  port.start = (onData, baud) => {
    uart["removeAllListeners"]("data");
    if (onData) uart["on"]("data", onData);
    // Espruino refuses an object with anything else in it.
    if (onData) uart.setup(baud, { tx: port.tx, rx: port.rx });
    else uart.unsetup();
  };
  port.write = (text) => {
    uart["write"](text);
  };
  port.drive = (letter, on) => {
    const pin = port.pins[letter];
    if (pin === undefined) return;
    io.mode(pin, "output");
    io.write(pin, port.low.indexOf(letter) < 0 ? on : 1 - on);
  };
  return port;
}
