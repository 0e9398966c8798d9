/**
 * Current and voltage monitor. Texas Instruments, "INA219 Zero-Drift, Bidirectional Current/Power Monitor With I2C
 * Interface", SBOS448G. Modelled: the six registers, their resets, range and gain. Not modelled: the time of a conversion, averaging.
 */
import type { World } from "../world";
import type { Measuring } from "./part";

const CONFIGURATION = 0x00;
const SHUNT_VOLTAGE = 0x01;
const BUS_VOLTAGE = 0x02;
const POWER = 0x03;
const CURRENT = 0x04;
const CALIBRATION = 0x05;

const RESET = 0x8000;
const POWER_UP = 0x399f;
/** Bus range (0: 16 V, 1: 32 V), and the bits of the shunt's gain: 40 mV shifted left by them. */
const BRNG = 0x2000;
const GAIN = 11;
/** Conversion ready, in the bus voltage register. */
const CNVR = 0x0002;

/** `shunt` in milliohms. */
export type Ina219Options = { driver?: string; address: number; shunt: number };
export type Ina219 = Measuring & { present: boolean };

/** A monitor; its channels are the bus voltage in millivolts and the current through the shunt in milliamperes. */
export function ina219(_world: World, { address, shunt }: Ina219Options): Ina219 {
  let rail = false;
  let pointer = 0;
  let configuration = POWER_UP;
  let calibration = 0;
  let voltage = 0;
  let current = 0;

  const clip = (value: number, least: number, most: number) => Math.max(least, Math.min(most, Math.round(value)));
  const shuntVoltage = () => {
    const range = 4000 << ((configuration >> GAIN) & 3);
    return clip((current * shunt) / 10, -range, range);
  };
  const busVoltage = () => clip(voltage / 4, 0, configuration & BRNG ? 8000 : 4000);
  /** The chip's own arithmetic (data sheet, 8.5.1): nothing until it is calibrated. */
  const currentRegister = () => Math.trunc((shuntVoltage() * calibration) / 4096);
  const register = (): number => {
    switch (pointer) {
      case CONFIGURATION:
        return configuration;
      case SHUNT_VOLTAGE:
        return shuntVoltage();
      case BUS_VOLTAGE:
        return (busVoltage() << 3) | CNVR;
      case POWER:
        return Math.abs(Math.trunc((currentRegister() * busVoltage()) / 5000));
      case CURRENT:
        return currentRegister();
      case CALIBRATION:
        return calibration;
      default:
        return 0;
    }
  };
  const reset = () => {
    configuration = POWER_UP;
    calibration = 0;
  };

  const part: Ina219 = {
    address,
    present: true,
    channels: {
      voltage: { unit: "mV", least: 0, most: 32000, set: (mV) => (voltage = mV) },
      current: {
        unit: "mA",
        least: -Math.floor(320000 / shunt),
        most: Math.floor(320000 / shunt),
        set: (mA) => (current = mA),
      },
    },
    power(on) {
      rail = on;
      pointer = 0;
      reset();
    },
    write(bytes) {
      if (!rail || !part.present) return false;
      if (bytes.length) pointer = bytes[0];
      if (bytes.length > 2) {
        const value = (bytes[1] << 8) | bytes[2];
        if (pointer === CONFIGURATION && value & RESET) reset();
        else if (pointer === CONFIGURATION) configuration = value;
        else if (pointer === CALIBRATION) calibration = value & 0xfffe;
      }
      return true;
    },
    read(length) {
      if (!rail || !part.present) return undefined;
      const value = register();
      return Uint8Array.from({ length }, (_, i) => (i & 1 ? value : value >> 8) & 255);
    },
  };
  return part;
}
