/// <reference path="./globals.d.ts" />
/** The boundary on Espruino: the interpreter's own functions, given as they are, since a wrapper costs 7 variables. */
import { type I2C, type Io, type Serial, type System, WATCHDOG } from "../hal";

// Before anything else, since the boot itself could hang.
E.enableWatchdog(WATCHDOG, false);

export const io: Io = {
  write: digitalWrite,
  read: digitalRead,
  mode: pinMode,
  watch: setWatch,
  pwm: analogWrite,
};

export const system: System = {
  ticks: getTime,
  after: setTimeout,
  cancel: clearTimeout,
  onFailure(fn) {
    process["on"]("uncaughtException", fn);
    E["on"]("errorFlag", (flags) => {
      // "LOW_MEMORY" is no failure: garbage had to be collected in the middle of something, and that was enough.
      if (flags.indexOf("MEMORY") >= 0) fn();
    });
  },
  restart: E.reboot,
  kick: E.kickWatchdog,
  memory: process["memory"],
  chip: getSerial,
  crc: E.CRC32,
};

/**
 * Closes every console, which anybody on USB, UART, Telnet or Bluetooth could type programs into. Forced, since a plain
 * `setConsole(null)` is undone by the next connection.
 */
export function lock(): void {
  E.setConsole(null, { force: true });
  if (typeof NRF !== "undefined") NRF.setServices(undefined, { uart: false });
}

/**
 * Sets up an I2C port of the controller with `scl`, `sda` and `bitrate` (hertz), and nothing else in the object: Espruino
 * refuses a name that it does not know.
 */
export function bus(port: any, options: { scl: unknown; sda: unknown; bitrate: number }): I2C {
  port.setup(options);
  return port;
}

/** Sets up a UART; `baud` in bits a second, `pins` if they are not the port's own. */
export function port(uart: any, baud: number, pins?: { tx: unknown; rx: unknown }): Serial {
  uart.setup(baud, pins);
  return { start: (onData) => uart["on"]("data", onData), write: (text) => uart["write"](text) };
}
