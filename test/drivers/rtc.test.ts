import { ds3231 as ds3231Model } from "../../bench/parts/ds3231";
import { pcf8563 as pcf8563Model } from "../../bench/parts/pcf8563";
import { rv3028 as rv3028Model } from "../../bench/parts/rv3028";
import { World } from "../../bench/world";
import { ds3231 } from "../../hal/drivers/ds3231";
import { pcf8563 } from "../../hal/drivers/pcf8563";
import { rv3028 } from "../../hal/drivers/rv3028";
import type { I2C } from "../../hal/hal";
import { Bench } from "./bench";

const NOW = 1795305600;

/** A driver and the model of its chip, on a bus of their own. */
const CHIPS = {
  ds3231: { driver: ds3231, model: ds3231Model, address: 0x68 },
  pcf8563: { driver: pcf8563, model: pcf8563Model, address: 0x51 },
  rv3028: { driver: rv3028, model: rv3028Model, address: 0x52 },
};

describe.each(Object.keys(CHIPS) as (keyof typeof CHIPS)[])("%s", (name) => {
  const { driver, model, address } = CHIPS[name];
  const make = () => {
    const world = new World(NOW);
    const chip = model(world, { address });
    const bus: I2C = {
      writeTo(to, data) {
        world.elapse(data.length * 0.1);
        if (to !== address || !chip.write!(Uint8Array.from(data))) throw new Error("no acknowledge");
      },
      readFrom(from, length) {
        const data = from === address ? chip.read!(length) : undefined;
        if (!data) throw new Error("no acknowledge");
        return data;
      },
    };
    chip.power!(true);
    return { world, chip, rtc: driver(bus, { address }, { ticks: () => world.now / 1000 }) };
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

describe("a new RV-3028-C7", () => {
  const make = () => {
    const bench = new Bench();
    const chip = bench.add(rv3028Model(bench.world, { address: 0x52 }));
    return { bench, chip, rtc: rv3028(bench.i2c, { address: 0x52 }, bench.system) };
  };

  test("does not use its battery until it is set, and is told so once in its life", () => {
    const { chip, rtc } = make();
    chip.power!(false);
    chip.power!(true);
    expect(rtc.read()).toBe(0);
    rtc.write(NOW);
    rtc.write(NOW + 60);
    expect(chip.eepromWrites).toBe(1);
    // A battery that is changed without supply takes time and RAM along, and not what the EEPROM keeps.
    chip.power!(false);
    chip.lose();
    chip.battery = true;
    chip.power!(true);
    expect(rtc.read()).toBe(0);
    rtc.write(NOW);
    expect(chip.eepromWrites).toBe(1);
  });

  test("has no time as long as its battery is not behind it: a cut at any transfer of the setting", () => {
    for (let transfers = 1; ; transfers++) {
      const { bench, chip, rtc } = make();
      let left = transfers;
      const { write } = chip;
      // A look at the status changes nothing.
      chip.write = (bytes) => (bytes.length < 2 || left-- > 0) && write!(bytes);
      let cut = false;
      try {
        rtc.write(NOW);
      } catch (_) {
        cut = true;
      }
      chip.write = write;
      chip.power!(false);
      bench.wait(86400);
      chip.power!(true);
      if (!cut) {
        expect(rtc.read()).toBe(NOW + 86400);
        return;
      }
      expect(rtc.read()).toBe(0);
    }
  });

  test("whose EEPROM is never ready is one that does not work", () => {
    const { chip, rtc } = make();
    const { read } = chip;
    chip.read = (length) => read!(length)?.map((byte) => byte | 0x80);
    expect(() => rtc.write(NOW)).toThrow("EEPROM");
  });
});
