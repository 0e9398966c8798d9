/**
 * Texas Instruments INA219 current and voltage monitor, as it powers up: 32 V, 320 mV over the shunt, 12 bits, measuring
 * all the time. Nothing is ever written to it, so there is nothing that a glitch on its supply could undo.
 * https://www.ti.com/lit/ds/symlink/ina219.pdf
 */
import type { I2C, Sensor } from "../hal";

/** Shunt voltage: signed, 10 uV a bit. */
const SHUNT_VOLTAGE = 0x01;
/** Bus voltage: 4 mV a bit, above three bits of status. */
const BUS_VOLTAGE = 0x02;

/** `address` 0x40 to 0x4f, `shunt` in milliohms. Reads [bus voltage in mV, current in mA, negative if it flows back]. */
export function ina219(i2c: I2C, options: { address: number; shunt: number }): Sensor {
  const register = (name: number) => {
    i2c.writeTo(options.address, [name]);
    const data = i2c.readFrom(options.address, 2);
    return (data[0] << 8) | data[1];
  };
  return {
    read() {
      const shunt = (register(SHUNT_VOLTAGE) << 16) >> 16;
      return [(register(BUS_VOLTAGE) >> 3) * 4, Math.round((shunt * 10) / options.shunt) | 0];
    },
  };
}
