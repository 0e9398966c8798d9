/**
 * Titan Micro TM1637 seven-segment display driver, on its own two wires.
 * https://www.mcielectronics.cl/website_MCI/static/documents/Datasheet_TM1637.pdf
 */
import type { Display, Io, Pin } from "../hal";

const DATA_AUTO_INCREMENT = 0x40;
const ADDRESS_0 = 0xc0;
const ON_BRIGHTNESS_4 = 0x8b;

/** `digits` is 4 if left out. Both pins are open-drain with pull-ups. */
export function tm1637(io: Io, options: { clk: Pin; dio: Pin; digits?: number }): Display {
  const clk = options.clk;
  const dio = options.dio;
  const digits = options.digits || 4;
  io.mode(clk, "opendrain");
  io.mode(dio, "opendrain");
  io.write([clk, dio], 3);

  /** Start, bytes (least significant bit first, each with a ninth clock for the acknowledge), stop. */
  const send = (bytes: number[]) => {
    io.write(dio, 0);
    for (let i = 0; i < bytes.length; i++) {
      for (let bits = bytes[i] | 256, n = 0; n < 9; n++) {
        io.write(clk, 0);
        io.write(dio, bits & 1);
        io.write(clk, 1);
        bits >>= 1;
      }
    }
    io.write(clk, 0);
    io.write(dio, 0);
    io.write(clk, 1);
    io.write(dio, 1);
  };

  return {
    show(text) {
      const bytes = [ADDRESS_0];
      for (let i = text.length - digits; i < text.length; i++) {
        // Texts that have no name take no memory at rest, nor while the bytes are sent.
        const at = i < 0 ? -1 : "0123456789-ELrdFStUn".indexOf(text[i]);
        // Segments (bit 0 = a … bit 6 = g), two hexadecimal digits each.
        const segments = at < 0 ? "0" : "3f065b4f666d7d077f6f407938505e716d783e54".substr(at * 2, 2);
        bytes.push(parseInt(segments, 16));
      }
      send([DATA_AUTO_INCREMENT]);
      send(bytes);
      send([text ? ON_BRIGHTNESS_4 : 0x80]);
    },
  };
}
