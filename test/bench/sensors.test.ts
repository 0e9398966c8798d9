import { divider } from "../../bench/parts/divider";
import { ina219 } from "../../bench/parts/ina219";
import { World } from "../../bench/world";

/** An INA219 at a shunt of 100 milliohms, as bytes on its bus. */
function monitor() {
  const part = ina219(new World(1795305600), { address: 0x40, shunt: 100 });
  part.power!(true);
  return {
    part,
    set: (channel: string, value: number) => part.channels[channel].set(value),
    write: (...bytes: number[]) => part.write!(Uint8Array.from(bytes)),
    read(register: number): number | undefined {
      if (!part.write!(Uint8Array.of(register))) return undefined;
      const [high, low] = part.read!(2)!;
      return (high << 8) | low;
    },
  };
}

test("an INA219 powers up as its data sheet says, and is not calibrated", () => {
  const { set, read } = monitor();
  expect([0, 1, 2, 3, 4, 5].map(read)).toEqual([0x399f, 0, 2, 0, 0, 0]);
  set("voltage", 12000);
  set("current", 1000);
  // 100 mV in steps of 10 uV; 12 V in steps of 4 mV, above CNVR.
  expect([1, 2, 3, 4].map(read)).toEqual([10000, (3000 << 3) | 2, 0, 0]);
});

test("its current and power follow from the calibration , as in the data sheet's example", () => {
  const part = ina219(new World(1795305600), { address: 0x40, shunt: 2 });
  part.power!(true);
  part.channels.voltage.set(11980);
  part.channels.current.set(10000);
  part.write!(Uint8Array.of(5, 0x50, 0x00));
  const read = (register: number) => {
    part.write!(Uint8Array.of(register));
    const [high, low] = part.read!(2)!;
    return (high << 8) | low;
  };
  expect([1, 2, 4, 3].map(read)).toEqual([0x07d0, 0x5d98 | 2, 0x2710, 0x1766]);
});

test("a current that flows back is negative, and the gain clips what is too much for it", () => {
  const { set, read, write } = monitor();
  set("current", -3200);
  expect(read(1)).toBe(0x8300);
  set("current", 3200);
  expect(read(1)).toBe(32000);
  write(0, 0x01, 0x9f); // 16 V, 40 mV
  set("voltage", 30000);
  expect([read(1), read(2)]).toEqual([4000, (4000 << 3) | 2]);
  write(0, 0x80, 0x00); // reset
  expect([read(0), read(1), read(2)]).toEqual([0x399f, 32000, (7500 << 3) | 2]);
});

test("it answers with power only, and forgets its registers without", () => {
  const { part, read, write } = monitor();
  write(0, 0, 0);
  part.power!(false);
  expect(read(0)).toBeUndefined();
  part.power!(true);
  expect(read(0)).toBe(0x399f);
  part.present = false;
  expect(read(0)).toBeUndefined();
});

test("a divider gives what is left of the voltage in 4096 steps, and no more than all of them", () => {
  const part = divider(new World(1795305600), { pin: "D34", top: 100000, bottom: 22000, full: 3300 });
  expect(part.level()).toBe(0);
  part.channels.voltage.set(9150);
  expect(part.level()).toBe(0.5);
  part.channels.voltage.set(part.channels.voltage.most);
  expect(part.level()).toBe(4095 / 4096);
});
