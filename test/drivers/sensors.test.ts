import fc from "fast-check";
import { divider as dividerModel } from "../../bench/parts/divider";
import { ina219 as ina219Model } from "../../bench/parts/ina219";
import { World } from "../../bench/world";
import { divider } from "../../hal/drivers/divider";
import { ina219 } from "../../hal/drivers/ina219";
import type { I2C } from "../../hal/hal";

/** The driver of an INA219 with a shunt, on a bus of its own with the chip. */
function panel(shunt: number) {
  const address = 0x40;
  const chip = ina219Model(new World(1795305600), { address, shunt });
  const bus: I2C = {
    writeTo(to, data) {
      if (to !== address || !chip.write!(Uint8Array.from(data))) throw new Error("no acknowledge");
    },
    readFrom(from, length) {
      const data = from === address ? chip.read!(length) : undefined;
      if (!data) throw new Error("no acknowledge");
      return data;
    },
  };
  chip.power!(true);
  return { chip, sensor: ina219(bus, { address, shunt }) };
}

test.each([5, 10, 100, 33])("an INA219 with %i milliohms reads what flows, either way, to a step", (shunt) => {
  const { chip, sensor } = panel(shunt);
  const { voltage, current } = chip.channels;
  fc.assert(
    fc.property(
      fc.integer({ min: voltage.least, max: voltage.most }),
      fc.integer({ min: current.least, max: current.most }),
      (mV, mA) => {
        voltage.set(mV);
        current.set(mA);
        const [readV, readA] = sensor.read();
        expect(Math.abs(readV - mV)).toBeLessThanOrEqual(2);
        expect(Math.abs(readA - mA)).toBeLessThanOrEqual(5 / shunt + 0.5);
        expect([readV, readA].every((value) => Number.isInteger(value) && !Object.is(value, -0))).toBe(true);
      },
    ),
  );
});

test("an INA219 that does not answer throws, and reads again when it is back", () => {
  const { chip, sensor } = panel(100);
  chip.present = false;
  expect(() => sensor.read()).toThrow();
  chip.present = true;
  expect(sensor.read()).toEqual([0, 0]);
});

test("a divider reads the voltage above it to a step of the converter", () => {
  const options = { pin: "D34", top: 100000, bottom: 22000, full: 3100 };
  const part = dividerModel(new World(1795305600), options);
  const sensor = divider({ read: (pin) => (pin === "D34" ? part.level() : 0) }, options);
  const { most } = part.channels.voltage;
  for (let mV = 0; mV <= most; mV += 7) {
    part.channels.voltage.set(mV);
    const [read] = sensor.read();
    expect(Number.isInteger(read)).toBe(true);
    expect(mV - read).toBeLessThanOrEqual(Math.ceil(most / 4096) + 1);
    expect(read - mV).toBeLessThanOrEqual(1);
  }
});
