/** What a person at the keypad sees of each answer, by profile: the published sources differ, and a board names whose signals it gives. */
import { type Bundle, bundle, readBoard } from "../../build/bundle";
import { DAY, Desk } from "../store/desk";

/** Blinks of the green and the red lamp. */
const green = (n: number) => ({ green: n, red: 0 });
const red = (n: number) => ({ green: 0, red: n });

const PROFILES = {
  "documents": { used: green(1), valid: green(2), sync: green(3), unlocked: green(5), invalid: red(10) },
  "c-example": { used: green(2), valid: green(2), sync: green(3), unlocked: green(5), invalid: red(15) },
  "hdk": { used: green(1), valid: green(2), sync: green(3), unlocked: green(5), invalid: red(5) },
};

describe.each(Object.keys(PROFILES) as (keyof typeof PROFILES)[])("profile %s", (profile) => {
  const expected = PROFILES[profile];
  let built: Bundle;
  let desk: Desk;

  beforeAll(async () => {
    built = await bundle({ ...readBoard("esp32"), profile });
  });
  beforeEach(() => {
    desk = new Desk(built);
  });

  /** Blinks from now on until it is over. */
  const blinks = (something: () => void) => {
    const { board } = desk;
    const before = board.state();
    something();
    board.wait(12);
    const { blinks } = board.state();
    return {
      green: blinks.green - before.blinks.green + Number(before.leds.green),
      red: blinks.red - before.blinks.red + Number(before.leds.red),
    };
  };
  /** Those of the answer: the blink of the last key is over when the key is up, or the answer has begun. */
  const enter = (token: string) => {
    desk.board.press(`*${token}`);
    return blinks(() => {});
  };

  test("says what became of a token", () => {
    desk.setUp();
    const first = desk.token({ value: 5 });
    expect(enter(first)).toEqual(expected.valid);
    expect(enter(first)).toEqual(expected.used);
    expect(enter(desk.token({ kind: "sync", count: 10 }))).toEqual(expected.sync);
    expect(enter(desk.token({ kind: "disable", count: 11 }))).toEqual(expected.unlocked);
    expect(enter(desk.token({ kind: "set", value: 2, count: 13 }))).toEqual(expected.valid);
    expect(enter("111111111")).toEqual(expected.invalid);
  });

  test("has the signs that are the same in all of them", () => {
    expect(blinks(() => desk.board.press("*"))).toEqual(red(3));
    expect(desk.ask("#SETUP;S1;123456789;a29ab82edc5fbbc41ec9530f6dac86b1;1;1;0;42")).toBe("#SETUP;OK");
    expect(enter("000000042")).toEqual(green(1));
    expect(desk.enter("111111111")).toBe("INVALID");
    expect(blinks(() => desk.board.press("*"))).toEqual(red(1));
    desk.off(60);
    expect(desk.enter(desk.token({ value: 2 }))).toBe(`VALID;${2 * DAY}`);
    // Little credit is amber, at power-on.
    desk.off(DAY / 2);
    desk.board.wait(12);
    expect(desk.board.state().blinks).toEqual({ green: 3, red: 3 });
    desk.off(1, () => {
      desk.board.parts.memory.present = false;
    });
    desk.board.wait(12);
    expect(desk.board.state().blinks).toEqual(red(3));
    expect(blinks(() => desk.board.press("*"))).toEqual(red(3));
  });
});
