/// <reference path="./globals.d.ts" />
/** The boundary on Espruino: the interpreter's own functions, given as they are, since a wrapper costs 7 variables. */
import type { I2C, Io, Serial, System } from "../hal";

export const io: Io = {
  write: digitalWrite,
  read: digitalRead,
  mode: pinMode,
  watch: setWatch,
  unwatch: clearWatch,
  after: setTimeout,
  pwm: analogWrite,
  analog: analogRead,
};

export const system: System = {
  ticks: getTime,
  after: setTimeout,
  every: setInterval,
  cancel: clearTimeout,
  memory: process["memory"],
  crc: E.CRC32,
};

/** Sets up an I2C port of the controller; `bitrate` in hertz. */
export function bus(options: { port: any; scl: unknown; sda: unknown; bitrate: number }): I2C {
  options.port.setup(options);
  return options.port;
}

/** Sets up a UART; `baud` in bits a second. */
export function port(options: { port: any; baud: number }): Serial {
  const uart = options.port;
  uart.setup(options.baud);
  return { start: (onData) => uart["on"]("data", onData), write: (text) => uart["write"](text) };
}
