import fc from "fast-check";
import { type Ds3231Options, ds3231 } from "../../bench/parts/ds3231";
import { World } from "../../bench/world";

const OPTIONS: Ds3231Options = { driver: "ds3231", address: 104 };
const NEVER_SET = [0, 0, 0, 1, 1, 1, 0];

function bench(options: Ds3231Options = OPTIONS) {
  const world = new World(1_700_000_000);
  const part = ds3231(world, options);
  part.power?.(true);
  const write = (...bytes: number[]) => part.write?.(Uint8Array.from(bytes));
  const read = (register: number, length: number) => {
    expect(write(register)).toBe(true);
    return [...(part.read?.(length) ?? [])];
  };
  const wait = (seconds: number) => world.run(world.now + seconds * 1000);
  /** The calendar as digits, as the data sheet's map says: "YY-MM-DD hh:mm:ss". */
  const time = () => {
    const [s, m, h, , d, mo, y] = read(0, 7).map((byte) => byte.toString(16).padStart(2, "0"));
    return `${y}-${mo}-${d} ${h}:${m}:${s}`;
  };
  return { world, part, write, read, wait, time };
}

const iso = (text: string) => Date.parse(`${text.replace(" ", "T")}Z`) / 1000;

test("first power: time at its start, OSF set, control 1Ch, 32 kHz on, and it counts from there", () => {
  const { read, wait, time } = bench();
  expect(read(0, 7)).toEqual(NEVER_SET);
  expect(read(0x0e, 3)).toEqual([0x1c, 0x88, 0]);
  wait(61);
  expect(time()).toBe("00-01-01 00:01:01");
  expect(read(0x0f, 1)).toEqual([0x88]);
});

test("OSF stays until written to 0 and cannot be written to 1; alarm flags and BSY neither", () => {
  const { write, read, wait } = bench();
  write(0x0f, 0x88);
  expect(read(0x0f, 1)).toEqual([0x88]);
  wait(100);
  expect(read(0x0f, 1)).toEqual([0x88]);
  write(0x0f, 0x00);
  expect(read(0x0f, 1)).toEqual([0x00]);
  write(0x0f, 0xff);
  expect(read(0x0f, 1)).toEqual([0x08]);
});

test("reads go on from the pointer, past 12h to 00h, and the pointer outlives a stop", () => {
  const { part, write, read } = bench();
  write(0x07, 1, 2, 3, 4, 5, 6, 7);
  expect(read(0x07, 7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect([...(part.read?.(1) ?? [])]).toEqual([0x1c]);
  part.celsius = 25.25;
  expect(read(0x11, 4)).toEqual([0x19, 0x40, 0, 0]);
  part.celsius = -0.25;
  expect(read(0x11, 2)).toEqual([0xff, 0xc0]);
  write(0x11, 0x55, 0x55, 0x30); // temperature is read-only; the third byte is for the seconds
  expect(read(0x11, 3)).toEqual([0xff, 0xc0, 0x30]);
});

test("month ends, leap years and the day of the week", () => {
  const { part, read, wait, time } = bench();
  for (const [before, after] of [
    ["2023-12-31 23:59:59", "24-01-01 00:00:00"],
    ["2024-02-28 23:59:59", "24-02-29 00:00:00"],
    ["2023-02-28 23:59:59", "23-03-01 00:00:00"],
    ["2024-02-29 23:59:59", "24-03-01 00:00:00"],
    ["2024-04-30 23:59:59", "24-05-01 00:00:00"],
  ]) {
    part.set(iso(before));
    const [day] = read(3, 1);
    wait(1);
    expect(time()).toBe(after);
    expect(read(3, 1)).toEqual([(day % 7) + 1]);
  }
});

test("the century bit toggles when the year goes from 99 to 00, and only then", () => {
  const { part, read, wait } = bench();
  part.set(iso("2099-12-31 23:59:59"));
  expect(read(5, 2)).toEqual([0x12, 0x99]);
  wait(1);
  expect(read(5, 2)).toEqual([0x81, 0x00]);
  wait(31 * 86400);
  expect(read(5, 2)).toEqual([0x82, 0x00]);
});

test("twelve-hour mode: noon, midnight, and the date turns at twelve", () => {
  const { write, read, wait } = bench();
  write(0, 0x59, 0x59, 0x40 | 0x11); // 11:59:59 AM
  wait(1);
  expect(read(0, 3)).toEqual([0, 0, 0x40 | 0x20 | 0x12]);
  wait(3600);
  expect(read(2, 1)).toEqual([0x40 | 0x20 | 0x01]);
  wait(11 * 3600);
  expect(read(2, 3)).toEqual([0x40 | 0x12, 2, 2]);
});

test("twelve hours or twenty-four, a jump of any length is the calendar's", () => {
  const last = iso("2099-12-31 23:59:59");
  fc.assert(
    fc.property(
      fc.integer({ min: iso("2000-01-01 00:00:00"), max: last }),
      fc.nat(3e8),
      fc.boolean(),
      (from, n, half) => {
        const { part, write, read, wait } = bench();
        if (half) write(2, 0x40);
        part.set(from);
        wait(Math.min(n, last - from));
        const registers = read(0, 7);
        const date = new Date(Math.min(from + n, last) * 1000);
        const number = (byte: number) => (byte >> 4) * 10 + (byte & 15);
        const hours = half ? (number(registers[2] & 0x1f) % 12) + (registers[2] & 0x20 ? 12 : 0) : number(registers[2]);
        expect(registers[2] >> 6).toBe(half ? 1 : 0);
        expect([registers[0], registers[1]].map(number)).toEqual([date.getUTCSeconds(), date.getUTCMinutes()]);
        expect(hours).toBe(date.getUTCHours());
        expect(registers[3]).toBe(date.getUTCDay() + 1);
        expect(registers.slice(4).map(number)).toEqual([
          date.getUTCDate(),
          date.getUTCMonth() + 1,
          date.getUTCFullYear() % 100,
        ]);
      },
    ),
    { numRuns: 200 },
  );
});

test("writing the seconds restarts the second; writing the minutes does not", () => {
  const { write, read, wait } = bench();
  wait(0.9);
  write(0, 0x30);
  wait(0.9);
  expect(read(0, 1)).toEqual([0x30]);
  write(1, 0x15);
  wait(0.1);
  expect(read(0, 2)).toEqual([0x31, 0x15]);
});

test("bits that are not there read 0, and an illogical time comes back as written until it counts on", () => {
  const { write, read, wait } = bench();
  write(0, 0xff, 0xff, 0xbf, 0xff, 0xff, 0xff, 0xff);
  expect(read(0, 7)).toEqual([0x7f, 0x7f, 0x3f, 0x07, 0x3f, 0x9f, 0xff]);
  wait(86400);
  for (const [i, byte] of read(0, 3).entries()) {
    expect(byte & 15).toBeLessThan(10);
    expect(byte >> 4).toBeLessThan([6, 6, 3][i]);
  }
  write(3, 0, 0, 0, 0);
  wait(86400);
  expect(read(3, 4)).toEqual([1, 1, 0, 0]);
});

test("a stopped oscillator: time stands still, OSF cannot be cleared until it runs again", () => {
  const { part, write, read, wait, time } = bench();
  part.set(iso("2024-05-06 07:08:09"));
  write(0x0f, 0);
  part.stop();
  wait(1000);
  expect(time()).toBe("24-05-06 07:08:09");
  expect(read(0x0f, 1)[0] & 0x80).toBe(0x80);
  write(0x0f, 0);
  expect(read(0x0f, 1)[0] & 0x80).toBe(0x80);
  part.start();
  write(0x0f, 0);
  wait(10);
  expect(time()).toBe("24-05-06 07:08:19");
  expect(read(0x0f, 1)[0] & 0x80).toBe(0);
});

test("with the rail off it answers nothing, counts on, and OSF stays clear", () => {
  const { part, write, read, wait, time } = bench();
  part.set(iso("2024-05-06 07:08:09"));
  write(0x0f, 0);
  part.power?.(false);
  expect(write(0)).toBe(false);
  expect(part.read?.(7)).toBeUndefined();
  wait(86400);
  part.power?.(true);
  expect(time()).toBe("24-05-07 07:08:09");
  expect(read(0x0f, 1)).toEqual([0]);
});

test("EOSC written to 1 stops the clock on battery only, and OSF tells", () => {
  const { part, write, read, wait, time } = bench();
  part.set(iso("2024-05-06 07:08:09"));
  write(0x0e, 0x9c);
  write(0x0f, 0);
  wait(1);
  expect(time()).toBe("24-05-06 07:08:10");
  expect(read(0x0f, 1)).toEqual([0]);
  part.power?.(false);
  wait(3600);
  part.power?.(true);
  wait(1);
  expect(time()).toBe("24-05-06 07:08:11");
  expect(read(0x0f, 1)).toEqual([0x80]);
});

test("a lost battery matters when the rail goes too, each time, until a new one is in", () => {
  const { part, write, read, wait, time } = bench();
  const cycle = () => {
    part.set(iso("2024-05-06 07:08:09"));
    write(0x0f, 0);
    wait(1);
    expect(time()).toBe("24-05-06 07:08:10");
    expect(read(0x0f, 1)).toEqual([0]);
    part.power?.(false);
    wait(100);
    part.power?.(true);
  };
  part.lose();
  for (let i = 0; i < 2; i++) {
    cycle();
    expect(read(0, 7)).toEqual(NEVER_SET);
    expect(read(0x0f, 1)).toEqual([0x88]);
  }
  part.battery = true;
  cycle();
  expect(time()).toBe("24-05-06 07:09:50");
  part.power?.(false);
  part.lose();
  part.battery = true;
  wait(100); // a new battery does not start the oscillator: the rail does
  part.power?.(true);
  expect(read(0, 7)).toEqual(NEVER_SET);
  expect(read(0x0f, 1)).toEqual([0x88]);
});

test("moved by somebody: the time jumps and OSF says nothing; fractions count", () => {
  const { part, write, read, wait, time } = bench();
  write(0x0f, 0);
  part.set(iso("2030-01-01 00:00:00") + 0.75);
  wait(0.25);
  expect(time()).toBe("30-01-01 00:00:01");
  part.set(iso("2020-01-01 00:00:00"));
  expect(time()).toBe("20-01-01 00:00:00");
  expect(read(0x0f, 1)).toEqual([0]);
});

test("drift: 100 ppm are 8.64 s a day, and the aging register slows the chip by 0.1 ppm a unit", () => {
  const { part, write, wait, time } = bench();
  part.ppm = 100;
  part.set(iso("2024-01-01 00:00:00"));
  wait(86400);
  expect(time()).toBe("24-01-02 00:00:08");
  part.ppm = -20000;
  part.set(iso("2024-01-01 00:00:00"));
  for (let i = 0; i < 24; i++) {
    wait(3600);
    time(); // reading it does not lose the fraction of a second
  }
  expect(time()).toBe("24-01-01 23:31:12");
  part.ppm = 10;
  write(0x10, 100);
  part.set(iso("2024-01-01 00:00:00"));
  wait(86400 * 30);
  expect(time()).toBe("24-01-31 00:00:00");
});

test("a conversion that was asked for: CONV until it is done, BSY from 2 ms on", () => {
  const { write, read, wait } = bench();
  write(0x0f, 0);
  write(0x0e, 0x3c);
  expect(read(0x0e, 2)).toEqual([0x3c, 0]);
  wait(0.003);
  expect(read(0x0e, 2)).toEqual([0x3c, 0x04]);
  write(0x0e, 0x1c); // cannot be called off
  expect(read(0x0e, 2)).toEqual([0x3c, 0x04]);
  wait(0.121);
  write(0x0e, 0x3c); // nor begun again
  wait(0.03);
  expect(read(0x0e, 2)).toEqual([0x1c, 0]);
  wait(1);
  expect(read(0x0e, 2)).toEqual([0x1c, 0]);
});

test("absent: nothing is acknowledged, and the time goes on", () => {
  const { part, write, wait, time } = bench();
  part.set(iso("2024-01-01 00:00:00"));
  part.present = false;
  expect(write(0)).toBe(false);
  expect(part.read?.(1)).toBeUndefined();
  wait(10);
  part.present = true;
  expect(time()).toBe("24-01-01 00:00:10");
});

test("DS3232M: 236 bytes of RAM on the battery, apart from the clock's registers", () => {
  const { part, write, read } = bench({ ...OPTIONS, variant: "ds3232m" });
  write(0x14, ...Array.from({ length: 236 }, (_, i) => i));
  part.power?.(false);
  part.power?.(true);
  expect(read(0x14, 236)).toEqual(Array.from({ length: 236 }, (_, i) => i));
  expect(read(0xff, 2)).toEqual([235, 0]); // the end of the address byte
  write(0, 0x45);
  expect(read(0x12, 2)).toEqual([0, 0x45]); // the clock's registers come round among themselves
  part.lose();
  part.power?.(false);
  part.power?.(true);
  expect(read(0x14, 2)).toEqual([0, 0]);
  const plain = bench();
  plain.write(0x14, 9);
  expect(plain.read(0x07, 7)).not.toContain(9);
});
