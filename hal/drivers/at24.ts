/**
 * Microchip AT24C32 to AT24C512 I2C EEPROM.
 * https://ww1.microchip.com/downloads/en/DeviceDoc/AT24C256C-I2C-Compatible-(2-Wire)-256-Kbit-Serial-EEPROM-20006270B.pdf
 */
import type { I2C, Memory, System } from "../hal";

/** Seconds of a write cycle (t WR), and how often a chip that is slower, or did not hear, is asked again. */
const WRITE_CYCLE = 0.005;
const TRIES = 20;

/** `address` 0x50 to 0x57, `bytes` in all, `page` bytes that one write may touch (32, 64 or 128). */
export function at24(i2c: I2C, options: { address: number; bytes: number; page: number }, system: System): Memory {
  const address = options.address;
  const page = options.page;
  return {
    byteLength: options.bytes,
    // The store wants two pages; the 4 KB of an AT24C32 give it two of 2 KB.
    eraseSize: Math.min(4096, options.bytes / 2),
    stride: Math.max(64, page),
    // One missing acknowledge is no broken chip: all is tried some times.
    read(position, byteLength) {
      for (let tries = 0; ; tries++)
        try {
          i2c.writeTo(address, [position >> 8, position & 255]);
          return i2c.readFrom(address, byteLength);
        } catch (error) {
          if (tries > TRIES) throw error;
        }
    },
    write(position, data) {
      for (let from = 0; from < data.length; ) {
        const length = Math.min(data.length - from, page - (position % page));
        const packet = new Uint8Array(length + 2);
        let written = 0;
        packet[0] = position >> 8;
        packet[1] = position;
        packet.set(data.subarray(from, from + length), 2);
        for (let tries = 0; ; tries++)
          try {
            i2c.writeTo(address, written ? [position >> 8, position & 255] : packet);
            if (written++) break;
            // The chip acknowledges again when its write cycle is over. Asking sooner costs more than waiting: in the
            // interpreter each missing acknowledge is an exception, with a stack trace made for it.
            for (const start = system.ticks(); system.ticks() - start < WRITE_CYCLE; );
          } catch (error) {
            if (tries > TRIES) throw error;
          }
        from += length;
        position += length;
      }
    },
  };
}
