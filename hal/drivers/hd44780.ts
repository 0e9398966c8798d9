/**
 * Hitachi HD44780 text display and its many likenesses, on four data lines, its R/W at ground.
 * https://cdn.sparkfun.com/assets/9/5/f/7/b/HD44780.pdf
 */
import type { Display, Io, Pin, System } from "../hal";

const CLEAR = 0x01;
const ENTRY_TO_THE_RIGHT = 0x06;
const OFF = 0x08;
const ON = 0x0c;
const FOUR_BITS_TWO_LINES = 0x28;
const ADDRESS = 0x80;
/** Address of the second line's first character. */
const SECOND_LINE = 0x40;
/** Seconds from power-on until it listens, at 3 V. */
const AWAKE = 0.04;
/** Seconds: after the first command of all, the next ones, and clearing. Any other is over before the interpreter has sent a byte. */
const FIRST = 0.005;
const SECOND = 0.0002;
const CLEARING = 0.002;

/**
 * `data` are the display's D7, D6, D5 and D4; `columns` (16 if left out) characters of a line; `light` switches the
 * backlight. Text begins at the left, and what is too long for the first line goes on in the second.
 */
export function hd44780(
  io: Io,
  options: { rs: Pin; en: Pin; data: Pin[]; columns?: number; light?: Pin },
  system: System,
): Display {
  const en = options.en;
  const columns = options.columns || 16;
  /** Characters on the display; -1 while it is dark. */
  let shown = -1;
  const pause = (seconds: number) => {
    for (const start = system.ticks(); system.ticks() - start < seconds; );
  };
  /** Sends a half byte, which is taken when `en` falls, and waits. */
  const half = (bits: number, seconds: number) => {
    io.write(options.data, bits & 15);
    io.write(en, 1);
    io.write(en, 0);
    if (seconds) pause(seconds);
  };
  const send = (rs: number, byte: number, seconds: number) => {
    io.write(options.rs, rs);
    half(byte >> 4, 0);
    half(byte, seconds);
  };
  io.write(en, 0);
  if (options.light) io.write(options.light, 0);
  pause(AWAKE);

  return {
    show(text) {
      text = text.slice(-2 * columns);
      if (text && shown < 0) {
        // In step again, whatever a spark or a slow supply made of it.
        io.write(options.rs, 0);
        half(3, FIRST);
        half(3, SECOND);
        half(3, SECOND);
        half(2, 0);
        send(0, FOUR_BITS_TWO_LINES, 0);
        send(0, ENTRY_TO_THE_RIGHT, 0);
        send(0, CLEAR, CLEARING);
        send(0, ON, 0);
        shown = 0;
      }
      for (let i = 0; i < Math.max(text.length, shown); i++) {
        if (i % columns === 0) send(0, ADDRESS + (i ? SECOND_LINE : 0), 0);
        send(1, i < text.length ? text.charCodeAt(i) : 32, 0);
      }
      shown = text.length;
      if (!text) {
        send(0, OFF, 0);
        shown = -1;
      }
      if (options.light) io.write(options.light, text ? 1 : 0);
    },
  };
}
