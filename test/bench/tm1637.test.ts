import { type Tm1637Options, tm1637 } from "../../bench/parts/tm1637";
import type { Level } from "../../bench/wires";
import { World } from "../../bench/world";

const OPTIONS: Tm1637Options = { driver: "tm1637", clk: "D13", dio: "D15" };

/** A controller with open-drain pins: it pulls low or lets go, as the two-wire bus asks. */
function bench(options = OPTIONS) {
  const world = new World(1_700_000_000);
  const part = tm1637(world, options);
  part.power?.(true);
  const { wires } = world;
  const clk = (level: Level) => wires.drive("D13", "controller", level ? undefined : 0);
  const dio = (level: Level) => wires.drive("D15", "controller", level ? undefined : 0);
  const start = () => {
    dio(1);
    clk(1);
    dio(0);
  };
  const stop = () => {
    clk(0);
    dio(0);
    clk(1);
    dio(1);
  };
  const bits = (byte: number, n = 8) => {
    for (let i = 0; i < n; i++) {
      clk(0);
      dio(((byte >> i) & 1) as Level);
      clk(1);
    }
  };
  /** Sends a byte; true if the chip holds the line low through the ninth clock and lets go after it. */
  const send = (byte: number) => {
    bits(byte);
    clk(0);
    dio(1);
    const low = wires.level("D15") === 0;
    clk(1);
    const still = wires.level("D15") === 0;
    clk(0);
    return low && still && wires.level("D15") === 1;
  };
  const transfer = (...bytes: number[]) => {
    start();
    const acks = bytes.map(send);
    stop();
    return acks.every(Boolean);
  };
  const show = (...segments: number[]) => transfer(0x40) && transfer(0xc0, ...segments) && transfer(0x8f);
  return { world, part, clk, dio, start, stop, bits, send, transfer, show };
}

test("both lines are pulled up while there is power", () => {
  const { world, part } = bench();
  expect([world.wires.level("D13"), world.wires.level("D15")]).toEqual([1, 1]);
  part.power?.(false);
  expect([world.wires.floating("D13"), world.wires.floating("D15")]).toEqual([true, true]);
});

test("bytes sent bit by bit are acknowledged and read as text", () => {
  const { part, show } = bench();
  expect(show(0x06, 0x5b, 0x4f, 0x66)).toBe(true);
  expect(part.text()).toBe("1234");
  expect(part.segments).toEqual([0x06, 0x5b, 0x4f, 0x66]);
  expect(part.brightness).toBe(7);
});

test("the digits and the signs a device shows", () => {
  const { part, show } = bench();
  for (const [patterns, text] of [
    [[0x3f, 0x06, 0x6d, 0x7d], "0156"],
    [[0x07, 0x7f, 0x6f, 0x00], "789 "],
    [[0x40, 0x40, 0x40, 0x40], "----"],
    [[0x79, 0x50, 0x50, 0x5c], "Erro"],
    [[0x5e, 0x77, 0x6e, 0x08], "dAy_"],
    [[0x38, 0x5c, 0x39, 0x76], "LoCH"],
    [[0x09, 0x49, 0x3f, 0x3f], "??00"],
    [[0x06, 0x5b | 0x80, 0x4f, 0x66], "12:34"],
    [[0x06, 0x5b, 0x4f, 0x66 | 0x80], "1234."],
  ] as [number[], string][]) {
    show(...patterns);
    expect(part.text()).toBe(text);
  }
});

test("the display is dark until it is switched on, and keeps its register while it is off", () => {
  const { part, transfer } = bench();
  transfer(0x40);
  transfer(0xc0, 0x3f, 0x3f, 0x3f, 0x3f);
  expect(part.text()).toBe("");
  expect(part.segments).toEqual([0, 0, 0, 0]);
  transfer(0x88 | 2);
  expect(part.text()).toBe("0000");
  expect(part.brightness).toBe(2);
  transfer(0x80);
  expect(part.text()).toBe("");
  transfer(0x8f);
  expect(part.text()).toBe("0000");
});

test("a fixed address stays, an automatic one goes on and ends at C5h", () => {
  const { part, show, transfer } = bench({ ...OPTIONS, digits: 6 });
  show(0, 0, 0, 0, 0, 0);
  transfer(0x44);
  transfer(0xc2, 0x06);
  transfer(0xc0, 0x5b, 0x4f);
  expect(part.text()).toBe("3 1   ");
  transfer(0x40);
  transfer(0xc4, 0x06, 0x5b, 0x4f, 0x66);
  expect(part.text()).toBe("3 1 12");
  transfer(0xc6, 0x7f);
  expect(part.text()).toBe("3 1 12");
});

test("data without an address, or after the command to read keys, changes nothing", () => {
  const { part, show, transfer } = bench();
  show(0x06, 0x06, 0x06, 0x06);
  transfer(0x40, 0x7f, 0x7f);
  transfer(0x42);
  transfer(0xc0, 0x7f);
  expect(part.text()).toBe("1111");
});

test("a stop in the middle of a byte drops the byte and keeps those before", () => {
  const { part, show, transfer, start, send, bits, stop } = bench();
  show(0x06, 0x06, 0x06, 0x06);
  transfer(0x40);
  start();
  send(0xc0);
  send(0x5b);
  bits(0x7f, 5);
  stop();
  expect(part.text()).toBe("2111");
  transfer(0xc1, 0x4f);
  expect(part.text()).toBe("2311");
});

test("clocks before a start condition are ignored and get no answer", () => {
  const { part, show, send, stop } = bench();
  show(0x06, 0x06, 0x06, 0x06);
  // the first low data bit must not look like a start: the line changes only while the clock is low
  expect(send(0x80)).toBe(false);
  stop();
  expect(part.text()).toBe("1111");
});

test("a controller that drives its lines high still cannot hide the acknowledge", () => {
  const { world, part } = bench();
  const { wires } = world;
  const pins = (clk: Level, dio: Level) => {
    wires.drive("D13", "controller", clk);
    wires.drive("D15", "controller", dio);
  };
  pins(1, 1);
  pins(1, 0);
  for (let i = 0; i < 8; i++) {
    const bit = ((0x8f >> i) & 1) as Level;
    pins(0, bit);
    pins(1, bit);
  }
  pins(0, 1);
  expect(wires.level("D15")).toBe(0);
  pins(1, 1);
  pins(0, 1);
  expect(wires.level("D15")).toBe(1);
  expect(part.text()).toBe("    ");
});

test("everything is gone with the power, and the chip is deaf without it", () => {
  const { world, part, show, transfer, start, bits } = bench();
  show(0x06, 0x06, 0x06, 0x06);
  start();
  bits(0x40);
  part.power?.(false);
  expect(part.text()).toBe("");
  expect(transfer(0x8f)).toBe(false);
  part.power?.(true);
  expect(part.text()).toBe("");
  expect(world.wires.level("D15")).toBe(1);
  expect(transfer(0x8f)).toBe(true);
  expect(part.text()).toBe("    ");
});
