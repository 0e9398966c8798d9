import { ds3231 as ds3231Model } from "../../bench/parts/ds3231";
import { pcf8563 as pcf8563Model } from "../../bench/parts/pcf8563";
import { World } from "../../bench/world";
import { ds3231 } from "../../hal/drivers/ds3231";
import { pcf8563 } from "../../hal/drivers/pcf8563";
import type { I2C } from "../../hal/hal";

const NOW = 1795305600;

/** A driver and the model of its chip, on a bus of their own. */
const CHIPS = {
  ds3231: { driver: ds3231, model: ds3231Model, address: 0x68 },
  pcf8563: { driver: pcf8563, model: pcf8563Model, address: 0x51 },
};

describe.each(Object.keys(CHIPS) as (keyof typeof CHIPS)[])("%s", (name) => {
  const { driver, model, address } = CHIPS[name];
  const make = () => {
    const world = new World(NOW);
    const chip = model(world, { address });
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
    return { world, chip, rtc: driver(bus, { address }) };
  };

  test("says nothing before it was set, and counts from then on, over a power cut too", () => {
    const { world, chip, rtc } = make();
    expect(rtc.read()).toBe(0);
    rtc.write(NOW);
    expect(rtc.read()).toBe(NOW);
    chip.power!(false);
    world.run(world.now + 86400_000 * 400);
    chip.power!(true);
    expect(rtc.read()).toBe(NOW + 86400 * 400);
  });

  test("says the time it was shipped with, a year on its battery later", () => {
    const { world, chip, rtc } = make();
    chip.power!(false);
    chip.ship(NOW);
    world.run(world.now + 365 * 86400_000);
    chip.power!(true);
    expect(rtc.read()).toBe(NOW + 365 * 86400);
  });

  test("says 0 after it stopped, until it is set again", () => {
    const { world, chip, rtc } = make();
    rtc.write(NOW);
    chip.stop();
    world.run(world.now + 5000);
    expect(rtc.read()).toBe(0);
    chip.start();
    expect(rtc.read()).toBe(0);
    rtc.write(NOW + 60);
    expect(rtc.read()).toBe(NOW + 60);
  });

  test("says 0 after its battery was lost in a power cut", () => {
    const { chip, rtc } = make();
    rtc.write(NOW);
    chip.lose();
    expect(rtc.read()).toBe(NOW);
    chip.power!(false);
    chip.power!(true);
    expect(rtc.read()).toBe(0);
  });

  test("throws when it does not answer", () => {
    const { chip, rtc } = make();
    chip.present = false;
    expect(() => rtc.read()).toThrow();
    expect(() => rtc.write(NOW)).toThrow();
  });

  test.each([946684800, 951782400, 1709164800 + 86399, 1735689599, 4102444799])("keeps %d", (seconds) => {
    const { rtc } = make();
    rtc.write(seconds);
    expect(rtc.read()).toBe(seconds);
  });
});
