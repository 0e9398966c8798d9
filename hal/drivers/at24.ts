/**
 * Microchip AT24C32 to AT24C512 I2C EEPROM.
 * https://ww1.microchip.com/downloads/en/DeviceDoc/AT24C256C-I2C-Compatible-(2-Wire)-256-Kbit-Serial-EEPROM-20006270B.pdf
 */
import type { I2C, Memory, System } from "../hal";

/** Seconds of a write cycle (t WR), and how often a chip that is slower is asked again. */
const WRITE_CYCLE = 0.005;
const POLLS = 20;

/** `address` 0x50 to 0x57, `bytes` in all, `page` bytes that one write may touch (32, 64 or 128). */
export function at24(i2c: I2C, options: { address: number; bytes: number; page: number }, system: System): Memory {
  const address = options.address;
  const page = options.page;
  return {
    byteLength: options.bytes,
    // The store wants two pages; the 4 KB of an AT24C32 give it two of 2 KB.
    eraseSize: Math.min(4096, options.bytes / 2),
    stride: Math.max(64, page),
    read(position, byteLength) {
      i2c.writeTo(address, [position >> 8, position & 255]);
      return i2c.readFrom(address, byteLength);
    },
    write(position, data) {
      for (let from = 0; from < data.length; ) {
        const length = Math.min(data.length - from, page - (position % page));
        const packet = new Uint8Array(length + 2);
        packet[0] = position >> 8;
        packet[1] = position;
        packet.set(data.subarray(from, from + length), 2);
        i2c.writeTo(address, packet);
        from += length;
        position += length;
        // The chip acknowledges again when its write cycle is over. Asking sooner costs more than waiting: in the
        // interpreter each missing acknowledge is an exception, with a stack trace made for it.
        for (const start = system.ticks(); system.ticks() - start < WRITE_CYCLE; );
        for (let polls = 0; ; polls++) {
          try {
            i2c.writeTo(address, [position >> 8, position & 255]);
            break;
          } catch (error) {
            if (polls > POLLS) throw error;
          }
        }
      }
    },
  };
}
