import { DEMO } from "../bench/demo-unit";
import { encode, type Kind } from "../bench/encode";
import { setTime } from "../firmware/clock/told";
import { credit, type Device, enterToken, secondsClosed } from "../firmware/device";
import { startEntry } from "../firmware/keypad/entry";
import { profile } from "../firmware/keypad/profiles/documents";
import { setUp } from "../firmware/setup";
import { SHORT_STARTS } from "../firmware/store/records";
import { FakeBoard } from "./fake";

const SETTINGS = { board: "fake", interval: 60, utcOffset: 0 };
const DAY = 86400;
const IDENTITY = ["#SETUP", DEMO.serial, `${DEMO.startingCode}`, DEMO.key];

/** A device on a fake board, set up unless told otherwise, and what it tells. */
function start(board = new FakeBoard(), fresh = false) {
  const device = board.start(SETTINGS);
  const told: string[] = [];
  device.tell = (event) => told.push(event);
  if (!fresh && !device.unit) expect(setUp(device, IDENTITY)).toBe("");
  return { board, device, told };
}

/** Enters the next token of a kind and waits for the answer. */
function enter(board: FakeBoard, device: Device, kind: Kind, value?: number): string {
  const { token } = encode({ ...DEMO, count: device.paid.count, kind, ...(value === undefined ? {} : { value }) });
  let answer = "";
  enterToken(device, token, (a) => {
    answer = a;
  });
  board.wait(2);
  return answer;
}

test("the output follows the end of credit within two seconds", () => {
  const { board, device } = start();
  expect(board.output).toBe(0);
  expect(enter(board, device, "add", 1)).toBe("VALID");
  expect(board.output).toBe(1);
  board.wait(credit(device) - 1);
  expect(board.output).toBe(1);
  board.wait(2);
  expect(board.output).toBe(0);
});

test("a check that is told to stop consumes nothing, keeps the delay, and leaves the door working", () => {
  const { board, device } = start();
  const { token } = encode({ ...DEMO, count: 1, kind: "add", value: 1 });
  // A wrong last digit asks for another value, whose whole chain has to be walked.
  enterToken(device, token.slice(0, -1) + ((+token.slice(-1) + 1) % 10), () => {
    throw new Error("answered");
  });
  expect(device.walk).toBeDefined();
  device.walk = undefined;
  board.wait(5);
  expect(device.paid.count).toBe(1);
  expect(secondsClosed(device)).toBe(55);
  board.wait(60);
  expect(enter(board, device, "add", 1)).toBe("VALID");
});

test("a voltage on an output that is off, and none on one that is on, are events, each counted once", () => {
  const { board, device, told } = start();
  board.sensed = 1;
  board.wait(300);
  expect(told.filter((event) => event === "bypass")).toHaveLength(1);
  board.sensed = undefined;
  board.wait(300);
  enter(board, device, "add", 1);
  board.sensed = 0;
  board.wait(300);
  expect(told.filter((event) => event === "dead output")).toHaveLength(1);
  expect(device.log.tally.slice(4)).toEqual(Uint16Array.of(1, 1));
});

test("a failure turns the output off, is counted over the restart it asks for, and costs no credit", () => {
  const { board, device } = start();
  enter(board, device, "add", 1);
  const left = credit(device);
  board.failure();
  expect(board.output).toBe(0);
  expect(board.restarts).toBe(1);
  board.cut(1);
  const again = start(board).device;
  expect(again.log.tally[1]).toBe(1);
  expect(credit(again)).toBe(left - 1);
  expect(board.output).toBe(1);
});

test("the watchdog is kicked while all is well, and not when the keypad would not notice a press", () => {
  const { board } = start();
  board.wait(600);
  expect(board.kicks).toBeGreaterThanOrEqual(10);
  board.keypadAlive = false;
  const kicks = board.kicks;
  board.wait(600);
  expect(board.kicks).toBe(kicks);
});

test("a day that was just bought is not said to be little", () => {
  const { board, device, told } = start();
  board.wait(10 * 3600);
  enter(board, device, "add", 1);
  board.wait(12 * 3600);
  expect(told).not.toContain("low credit");
});

test("little credit is said once a day, by day", () => {
  const { board, device, told } = start();
  enter(board, device, "add", 2);
  board.wait(DAY + 3600);
  expect(told).not.toContain("low credit");
  board.wait(8 * 3600);
  expect(told.filter((event) => event === "low credit")).toHaveLength(1);
  board.wait(6 * 3600);
  expect(told.filter((event) => event === "low credit")).toHaveLength(1);
});

/** Does something while the power goes at the `n`th byte written to a memory; true if it was all written before that. */
function cutAt(board: FakeBoard, part: "flash" | "memory", n: number, something: () => void): boolean {
  board[part].left = n;
  something();
  const whole = board[part].left > 0;
  board.cut(10);
  return whole;
}

test.each(["flash", "memory"] as const)(
  "a set-up that is cut at any byte of the %s leaves a device that is set up, or can be",
  (part) => {
    for (let n = 1, whole = false; !whole; n++) {
      const { board, device } = start(new FakeBoard(), true);
      whole = cutAt(board, part, n, () => setUp(device, IDENTITY));
      const again = start(board, true).device;
      expect(again.fault).toBe("");
      const there = again.unit !== undefined;
      if (whole) expect(there).toBe(true);
      expect(setUp(again, IDENTITY)).toBe(there ? "SET_UP_ALREADY" : "");
      expect(enter(board, again, "add", 1)).toBe("VALID");
    }
  },
);

test("a set-up with a memory that does not keep what is written changes nothing and says why", () => {
  const board = new FakeBoard();
  const { device } = start(board, true);
  board.memory.locked = true;
  expect(setUp(device, IDENTITY)).toBe("MEMORY");
  expect(device.unit).toBeUndefined();
  board.memory.locked = false;
  board.cut(5);
  expect(start(board, true).device.unit).toBeUndefined();
});

describe("a time told by a network", () => {
  const RELEASED = 1795305600 - 30 * DAY;

  /** A device with 10 days of credit whose clock chip lost its time in a cut of five days. */
  function lost() {
    const { board, device } = start();
    enter(board, device, "add", 10);
    board.cut(5 * DAY);
    board.chip = 0;
    const again = start(board).device;
    return { board, device: again };
  }

  test("moves a lost clock forward, and leaves credit and lockout as they are", () => {
    const { board, device } = lost();
    const left = credit(device);
    expect(left).toBeLessThanOrEqual(10 * DAY - 60);
    enterToken(device, "123456780", () => {});
    const closed = secondsClosed(device);
    expect(setTime(device, Math.floor(board.world), RELEASED)).toBe(true);
    expect(credit(device)).toBe(left);
    expect(secondsClosed(device)).toBe(closed);
    expect(board.chip).toBe(Math.floor(board.world));
    board.cut(DAY);
    expect(credit(start(board).device)).toBe(left - DAY);
  });

  /** What is true of a device that lost its clock, after somebody told it the time, whole or not, and ten seconds without power. */
  function expectNothingWon(board: FakeBoard, left: number, closed: number) {
    const { device } = start(board);
    const gone = 10 + SETTINGS.interval + 3;
    expect(device.fault).toBe("");
    // What a lost clock costs at most is an interval of credit; a lockout it never shortens.
    expect(credit(device)).toBeLessThanOrEqual(left - 10);
    expect(credit(device)).toBeGreaterThanOrEqual(left - gone);
    expect(secondsClosed(device)).toBeGreaterThanOrEqual(closed - gone);
    expect(secondsClosed(device)).toBeLessThanOrEqual(closed + gone);
    return device;
  }

  test.each(["flash", "memory"] as const)("may be cut at any byte that it writes to the %s: nothing is won", (part) => {
    let told = 0;
    for (let n = 1, whole = false; !whole; n++) {
      const { board, device } = lost();
      enterToken(device, "123456780", () => {});
      const [left, closed, time] = [credit(device), secondsClosed(device), Math.floor(board.world)];
      whole = cutAt(board, part, n, () => setTime(device, time, RELEASED));
      const again = expectNothingWon(board, left, closed);
      // The time is the new one, or ahead by what a lost clock costs, or an old one, which can be told again.
      const ahead = again.clock.time - board.world;
      if (ahead < -1) {
        expect(setTime(again, Math.floor(board.world), RELEASED)).toBe(true);
        expect(credit(again)).toBeLessThanOrEqual(left - 10);
      } else told++;
      expect(ahead).toBeLessThanOrEqual(SETTINGS.interval);
    }
    expect(told).toBeGreaterThan(0);
  });

  test("may be cut between the memory and the chip: nothing is won", () => {
    const { board, device } = lost();
    const { write } = board.hal.rtc;
    enterToken(device, "123456780", () => {});
    const [left, closed] = [credit(device), secondsClosed(device)];
    board.hal.rtc.write = () => {
      board.memory.left = board.flash.left = 0;
    };
    setTime(device, Math.floor(board.world), RELEASED);
    board.hal.rtc.write = write;
    board.cut(10);
    expectNothingWon(board, left, closed);
  });

  test("does not move a clock that is certain, backwards, before the build or twenty years after it", () => {
    const { board, device } = lost();
    const now = Math.floor(board.world);
    for (const time of [device.clock.time - 1, RELEASED - 1, RELEASED + 21 * 365 * DAY, Number.NaN])
      expect(setTime(device, time, RELEASED)).toBe(false);
    expect(setTime(device, now, RELEASED)).toBe(true);
    expect(setTime(device, now + DAY, RELEASED)).toBe(false);
  });
});

test.each(["flash", "memory"] as const)("a %s that fails keeps the output off and says so", (part) => {
  const { board, device } = start();
  enter(board, device, "add", 1);
  board.cut(5);
  board[part].fails = true;
  const again = start(board, true);
  expect(board.output).toBe(0);
  expect(again.device.fault).toBe(part.toUpperCase());
  expect(setUp(again.device, IDENTITY)).not.toBe("");
});

test("on a board with one memory alone, that is the memory which fails", () => {
  const fake = new FakeBoard();
  fake.hal.flash = undefined;
  const { board, device } = start(fake);
  enter(board, device, "add", 1);
  board.cut(5);
  expect(start(board).device.fault).toBe("");
  board.cut(5);
  board.memory.fails = true;
  expect(start(board, true).device.fault).toBe("MEMORY");
});

describe("four keys", () => {
  /** A device with a keypad of four keys, and a finger on them. */
  const four = () => {
    const fake = new FakeBoard();
    const shown: string[] = [];
    let press: (key: string, held?: boolean) => void = () => {};
    fake.hal.keypad = {
      fourKeys: true,
      isAlive: () => true,
      start: (onKey) => {
        press = (key, held = false) => onKey(key, held);
      },
    };
    fake.hal.display = { show: (text) => shown.push(text) };
    const { device } = start(fake);
    startEntry(device, profile);
    return {
      board: fake,
      device,
      last: () => shown[shown.length - 1],
      press: (keys: string) => [...keys].map((key) => press(key)),
    };
  };
  const days = (value: number) => encode({ ...DEMO, kind: "add", value, restricted: true }).token;

  test("take the restricted digit set without being told, and refuse the other", () => {
    const { device } = four();
    expect(device.unit!.restricted).toBe(1);
    const other = new FakeBoard();
    other.hal.keypad.fourKeys = true;
    expect(setUp(start(other, true).device, [...IDENTITY, "", "", "0"])).toBe("RESTRICTED");
    expect(setUp(start(other, true).device, [...IDENTITY, "", "", "1"])).toBe("");
  });

  test("begin an entry with its first digit, the next one after a token too", () => {
    const { board, device, press, last } = four();
    press(days(5).slice(0, 3));
    expect(last()).toBe(days(5).slice(0, 3));
    press(days(5).slice(3));
    board.wait(2);
    expect(credit(device)).toBeGreaterThan(4 * DAY);
    press("4");
    expect(last()).toBe("4");
    press("#");
    expect(last()).toBe("-");
    board.wait(17);
    press("#");
    expect(last()).toBe("5");
  });

  test("say that entry is closed, at any digit", () => {
    const { board, press, last } = four();
    press("444433332222111");
    board.wait(2);
    for (const digit of "123") {
      press(digit);
      expect(last()).toBe("L1");
    }
  });
});

test("a memory that is locked while the device runs is a fault, and no crash", () => {
  const { board, device, told } = start();
  enter(board, device, "add", 1);
  board.memory.locked = true;
  board.wait(120);
  expect(told).toContain("fault");
  expect(board.output).toBe(0);
});

test("a token of the unit's server closes no door when it is wrong, and opens one when it is good", () => {
  const { board, device } = start();
  const served = (text: string) => {
    let answer = "";
    enterToken(
      device,
      text,
      (a) => {
        answer = a;
      },
      true,
    );
    board.wait(2);
    return answer;
  };
  expect(served("123123123")).toBe("INVALID");
  expect([secondsClosed(device), device.paid.wrong]).toEqual([0, 0]);
  enterToken(device, "123123123", () => {});
  board.wait(2);
  expect(secondsClosed(device)).toBe(58);
  const { token } = encode({ ...DEMO, count: 1, kind: "add", value: 1 });
  expect(served(token)).toBe("VALID");
  expect([secondsClosed(device), device.paid.wrong]).toEqual([0, 0]);
});

describe("the factory's test code", () => {
  const CODE = "000123456";
  const typed = (board: FakeBoard, device: Device, text = CODE) => {
    let answer = "";
    enterToken(device, text, (a, value) => {
      answer = `${a} ${value}`;
    });
    board.wait(2);
    return answer;
  };
  /** A unit that has the code. */
  const batch = () => {
    const board = new FakeBoard();
    // A whole hour, so that five tests fit into it.
    board.world -= board.world % 3600;
    board.chip = board.world;
    const { device } = start(board, true);
    expect(setUp(device, [...IDENTITY, "", "", "", CODE])).toBe("");
    return { board, device };
  };

  test("gives 30 seconds of light, five times an hour, and never counts as a token", () => {
    const { board, device } = batch();
    for (let i = 0; i < 5; i++) {
      expect(typed(board, device)).toBe("TEST 30");
      expect(board.output).toBe(1);
      board.wait(29);
      expect(board.output).toBe(0);
    }
    expect(typed(board, device)).toMatch(/^LOCKED 34\d\d$/);
    expect(board.output).toBe(0);
    expect([device.paid.count, device.paid.wrong, credit(device)]).toEqual([1, 0, 0]);
    board.wait(3600);
    expect(typed(board, device)).toBe("TEST 30");
  });

  test("is counted over power cuts, and its light does not come back after one", () => {
    const { board, device } = batch();
    expect(typed(board, device)).toBe("TEST 30");
    board.cut(1);
    expect(board.output).toBe(0);
    let again = start(board).device;
    expect(board.output).toBe(0);
    for (let i = 0; i < 4; i++) {
      expect(typed(board, again)).toBe("TEST 30");
      board.cut(1);
      again = start(board).device;
    }
    expect(typed(board, again)).toMatch(/^LOCKED/);
  });

  test("is an invalid token like any other on a unit that was given none", () => {
    const { board, device } = start();
    expect(typed(board, device)).toMatch(/^INVALID/);
    board.wait(61);
    expect(typed(board, device, "000000000")).toMatch(/^INVALID/);
    expect(board.output).toBe(0);
  });
});

test("starts that do not last until the first store of the time are counted, and one that does ends the count", () => {
  const board = new FakeBoard();
  start(board);
  for (let starts = 1; starts < 8; starts++) {
    board.wait(5);
    board.cut(1);
    expect(start(board).device.log.bytes[SHORT_STARTS]).toBe(starts + 1);
  }
  board.wait(100);
  board.cut(1);
  expect(start(board).device.log.bytes[SHORT_STARTS]).toBe(1);
});
