/** The clock on a whole board: what the person pays for and what light is given. */
import { type Bundle, bundle } from "../../build/bundle";
import { random } from "../power/story";
import { DAY, Desk, START } from "../store/desk";

let built: Bundle;
beforeAll(async () => {
  built = await bundle("esp32");
});

/** A unit with so many seconds of credit: one unit of value is 338 seconds. */
function bought(value: number) {
  const desk = new Desk(built);
  desk.ask("#SETUP;S1;123456789;a29ab82edc5fbbc41ec9530f6dac86b1;1;255");
  const answer = desk.enter(desk.token({ value, timeDivider: 255 }));
  const paid = Math.floor((value * DAY) / 255);
  expect(answer).toBe(`VALID;${paid}`);
  return { desk, paid };
}

test.each([
  ["at random moments", (rand: () => number) => rand() * 150],
  ["just before the time is stored", () => 59.3],
  ["after a second", () => 1],
])("power cut %s, again and again, with a dead clock chip, never yields more light than was paid for", (_name, on) => {
  const rand = random(1);
  const { desk, paid } = bought(10);
  const { board } = desk;
  board.parts.rtc.battery = false;
  let cuts = 0;
  for (; desk.info().credit > 0; cuts++) {
    board.wait(on(rand));
    board.cut();
    board.wait(rand() * 5);
    board.on();
  }
  board.wait(300);
  const given = board.parts.output.given / 1000;
  expect(given).toBeLessThanOrEqual(paid);
  // Each cut costs an interval, and no more than that and two seconds.
  expect(given).toBeGreaterThanOrEqual(paid - (cuts + 1) * 64);
  expect(desk.info()).toMatchObject({ clockLost: cuts, credit: 0 });
  expect(board.state().load).toBe(false);
});

test("without a cut, all the light that was paid for is given, and it ends within two seconds", () => {
  const { desk, paid } = bought(10);
  desk.board.wait(paid + 100);
  expect(Math.abs(desk.board.parts.output.given / 1000 - paid)).toBeLessThan(2);
});

test("credit runs on in the dark, and a chip that kept time costs nothing at a cut", () => {
  const { desk, paid } = bought(100);
  for (let i = 0; i < 10; i++) desk.off(1000);
  const { credit, clockLost } = desk.info();
  expect(clockLost).toBe(0);
  expect(Math.abs(desk.board.world.now / 1000 - START + credit - paid)).toBeLessThan(3);
});

test("a chip set back while the power is off gives no credit back, once or often", () => {
  const { desk } = bought(900);
  desk.board.wait(DAY);
  let { credit } = desk.info();
  for (const back of [120, 3600, DAY, 300 * DAY]) {
    desk.off(10, () => desk.board.parts.rtc.set(desk.board.world.now / 1000 - back));
    const info = desk.info();
    expect(info.credit).toBeLessThan(credit);
    expect(info.clock.time).toBeGreaterThan(START + DAY);
    credit = info.credit;
  }
  expect(desk.info().clockLost).toBe(4);
});

test("a chip set forward and back while the power is off: the highest time that was seen stays", () => {
  const { desk } = bought(900);
  const { rtc } = desk.board.parts;
  desk.off(10, () => rtc.set(START + 2 * DAY));
  const { credit } = desk.info();
  expect(credit).toBeLessThan((900 * DAY) / 255 - 2 * DAY + 10);
  desk.off(10, () => rtc.set(START + 60));
  expect(desk.info().credit).toBeLessThan(credit);
});

test("a chip moved, stopped or gone while the light is on changes nothing in what is counted", () => {
  const { desk } = bought(900);
  const { rtc } = desk.board.parts;
  const start = desk.info();
  const hands = [
    () => rtc.set(START - 100 * DAY),
    () => rtc.set(START + 100 * DAY),
    () => rtc.stop(),
    () => rtc.start(),
    () => {
      rtc.present = false;
    },
  ];
  hands.forEach((hand, i) => {
    hand();
    desk.board.wait(7200);
    const info = desk.info();
    expect(Math.abs(start.credit - info.credit - 7200 * (i + 1))).toBeLessThan(5);
    expect(desk.board.state().load).toBe(true);
  });
  expect(desk.info().clock.silent).toBeGreaterThan(100);
});

describe("one missing acknowledge costs no light", () => {
  const once = (part: { write?(bytes: Uint8Array): boolean }) => {
    const write = part.write!.bind(part);
    let left = 1;
    part.write = (bytes) => left-- <= 0 && write(bytes);
  };

  test.each(["memory", "rtc"] as const)("of the %s, while it runs and at a start", (part) => {
    const { desk } = bought(900);
    once(desk.board.parts[part]);
    desk.board.wait(180);
    expect(desk.info().fault).toBe("");
    desk.off(10, () => once(desk.board.parts[part]));
    expect(desk.info()).toMatchObject({ fault: "", clockLost: 0 });
    expect(desk.board.state().load).toBe(true);
  });
});

test("a memory that was away for a while: light comes back within an hour, and nobody cuts the power", () => {
  const { desk, paid } = bought(900);
  desk.board.parts.memory.present = false;
  desk.board.wait(180);
  expect(desk.info().fault).toBe("MEMORY");
  expect(desk.board.state().load).toBe(false);
  desk.board.parts.memory.present = true;
  desk.board.wait(3700);
  expect(desk.info().fault).toBe("");
  expect(desk.info().credit).toBeGreaterThan(paid - 4200);
  expect(desk.board.state().load).toBe(true);
});

test("a chip that does not answer at the start: no light, a sign, and the credit is there when it is back", () => {
  const { desk } = bought(900);
  desk.off(10, () => {
    desk.board.parts.rtc.present = false;
  });
  expect(desk.info().fault).toBe("RTC");
  expect(desk.board.state().load).toBe(false);
  desk.board.press("*");
  expect(desk.board.state().display).toBe("Err1");
  desk.off(10, () => {
    desk.board.parts.rtc.present = true;
  });
  expect(desk.info()).toMatchObject({ fault: "", clockLost: 0 });
  expect(desk.board.state().load).toBe(true);
});
