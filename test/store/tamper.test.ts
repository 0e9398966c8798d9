/** Somebody has the lid off: what the memory next to the controller can be made to say wins nothing that counts. */
import { VirtualBoard } from "../../bench/board";
import { nodeEngine } from "../../bench/engines/node";
import { type Bundle, bundle } from "../../build/bundle";
import { random } from "../power/story";
import { DAY, Desk, START, UNIT } from "./desk";

let built: Bundle;
beforeAll(async () => {
  built = await bundle("esp32");
});

/** Thirty days were bought, and half a day of them was used; returns the memory as it was then and the token. */
function bought() {
  const desk = new Desk(built);
  desk.setUp();
  const token = desk.token({ value: 30 });
  expect(desk.enter(token)).toBe(`VALID;${30 * DAY}`);
  desk.off(DAY / 2);
  desk.board.wait(130);
  return { desk, token, image: desk.board.parts.memory.image.slice(), early: Math.floor(desk.board.world.now / 1000) };
}

/** Days go by, most of them dark. */
function use(desk: Desk, days: number): void {
  for (let day = 0; day < days; day++) {
    desk.off(DAY - 200);
    desk.board.wait(200);
  }
}

/** Everything that somebody could put in place of the memory's bytes. */
const images: [string, (older: Uint8Array) => Uint8Array][] = [
  ["its own bytes of ten days ago", (older) => older],
  ["nothing", (older) => older.slice().fill(0xff)],
  ["zeros", (older) => older.slice().fill(0)],
  [
    "noise",
    (older) => {
      const rand = random(3);
      return older.slice().map(() => rand() * 256);
    },
  ],
  [
    "another device's bytes of later",
    () => {
      const other = new Desk(built);
      other.setUp("00112233445566778899aabbccddeeff");
      other.off(300 * DAY);
      other.board.wait(100);
      return other.board.parts.memory.image;
    },
  ],
];

test.each(images)("the memory holds %s: noticed, and nothing is won", (_name, make) => {
  const { desk, token, image } = bought();
  use(desk, 10);
  const before = desk.info();
  expect(before.memoryReplaced).toBe(0);
  desk.off(5, () => {
    desk.board.parts.memory.image = make(image);
  });
  const after = desk.info();
  expect(after.memoryReplaced).toBe(1);
  // Noted before the clock has started: with the last time that was stored.
  const noted = after.events.find((event: string) => event.endsWith("memory replaced"));
  expect(Math.abs(Number.parseInt(noted, 10) - before.clock.time)).toBeLessThan(DAY + 70);
  expect(after.fault).toBe("");
  expect(after.credit).toBeLessThanOrEqual(before.credit - 5);
  expect(after.credit).toBeGreaterThan(before.credit - 70);
  expect(desk.enter(token)).toBe("ALREADY_USED");
  // It is kept from then on, and not found again at the next start.
  desk.off(5);
  expect(desk.info().memoryReplaced).toBe(1);
});

test.each(images)("the memory holds %s and the clock was set back too: at most a day is won", (_name, make) => {
  const { desk, token, image, early } = bought();
  use(desk, 10);
  const before = desk.info();
  desk.off(5, () => {
    desk.board.parts.memory.image = make(image);
    desk.board.parts.rtc.set(early);
  });
  const after = desk.info();
  expect(after.memoryReplaced).toBe(1);
  expect(after.clockLost).toBe(1);
  expect(after.credit).toBeLessThanOrEqual(before.credit + DAY);
  expect(desk.enter(token)).toBe("ALREADY_USED");
});

test.each([false, true])(
  "bytes of the same day put back, with the clock set back too: %s; each time wins at most that day",
  (back) => {
    const { desk, image, early } = bought();
    for (let i = 0; i < 5; i++) {
      desk.board.wait(3600);
      const before = desk.info();
      desk.off(5, () => {
        desk.board.parts.memory.image = image;
        if (back) desk.board.parts.rtc.set(early);
      });
      expect(desk.info().credit).toBeLessThanOrEqual(before.credit + (back ? DAY : 0));
    }
  },
);

test.each([
  ["a fake one that stands still", 0],
  ["slowed to a thirtieth", 1 / 30],
  ["slowed to half", 1 / 2],
])("a clock that is %s, and the power cut before every store, win a minute of light at most", (_name, speed) => {
  const desk = new Desk(built);
  const { rtc } = desk.board.parts;
  // A unit of value is 338 seconds.
  expect(desk.ask(`#SETUP;S1;${UNIT.startingCode};${UNIT.key};1;255`)).toBe("#SETUP;OK");
  desk.enter(desk.token({ value: 1 }));
  const { credit, clock } = desk.info();
  let chip = clock.time + 2;
  let light = 0;
  for (let cut = 0; cut < 30; cut++) {
    desk.off(1, () => rtc.set(Math.floor(chip)));
    rtc.ppm = speed ? speed * 1e6 - 1e6 : 1 - 1e6;
    for (let second = 0; second < 50; second++) {
      desk.board.wait(1);
      light += desk.board.state().load ? 1 : 0;
    }
    chip += 50 * speed;
  }
  expect(light).toBeLessThan(credit + 60);
});

test("a lockout is not shortened by an older memory, with or without a clock set back or lost", () => {
  for (const hands of ["none", "back", "lost"]) {
    const { desk, image, early } = bought();
    for (const wait of [61, 121, 0]) {
      expect(desk.enter("123456789")).toBe("INVALID");
      desk.board.wait(wait);
    }
    const closed = desk.info().lockout;
    expect(closed).toBeGreaterThan(238);
    for (let i = 0; i < 5; i++) {
      desk.off(1, () => {
        desk.board.parts.memory.image = image;
        if (hands === "back") desk.board.parts.rtc.set(early);
        if (hands === "lost") desk.board.parts.rtc.battery = false;
      });
      expect(desk.info().lockout).toBeGreaterThanOrEqual(closed - 2 * (i + 1) - 1);
      expect(desk.enter("123456789")).toMatch(/^LOCKED;/);
    }
  }
});

/** Nothing works, the person sees it, and the factory port says what it is. */
function expectFault(desk: Desk, fault: string): void {
  const { board } = desk;
  expect(board.state().load).toBe(false);
  expect(desk.info().fault).toBe(fault);
  expect(desk.enter("123456789")).toBe("ERROR;FAULT");
  board.press("*");
  board.wait(0.1);
  expect(board.state()).toMatchObject({ load: false, display: fault === "FLASH" ? "Err3" : "Err2" });
  const { red } = board.state().blinks;
  expect(red).toBeGreaterThan(0);
  expect(board.uncaught).toEqual([]);
}

test.each([
  ["is missing", "MEMORY", (desk: Desk) => (desk.board.parts.memory.present = false)],
  ["is write-protected", "MEMORY", (desk: Desk) => (desk.board.parts.memory.protected = true)],
  ["of the controller is locked", "FLASH", (desk: Desk) => (desk.board.parts.flash!.present = false)],
])(
  "memory that %s at the start: a sign, no light, no crash; and all is well when it is back",
  (_name, fault, hands) => {
    const { desk, token } = bought();
    desk.off(5, () => hands(desk));
    // Flash that only reads is found out when something has to be written to it.
    if (fault === "FLASH") expect(desk.enter(desk.token({ count: 2, value: 1 }))).toBe("ERROR;FAULT");
    expectFault(desk, fault);
    desk.off(5, () => {
      desk.board.parts.memory.present = desk.board.parts.flash!.present = true;
      desk.board.parts.memory.protected = false;
    });
    const { credit, memoryReplaced } = desk.info();
    expect(credit).toBeGreaterThan(29.4 * DAY);
    expect(memoryReplaced).toBe(0);
    expect(desk.board.state().load).toBe(true);
    expect(desk.enter(token)).toBe("ALREADY_USED");
  },
);

test.each([
  ["missing", (desk: Desk) => (desk.board.parts.memory.present = false)],
  ["write-protected", (desk: Desk) => (desk.board.parts.memory.protected = true)],
])("memory that becomes %s while the light is on puts it out within two minutes", (_name, hands) => {
  const { desk } = bought();
  expect(desk.board.state().load).toBe(true);
  hands(desk);
  desk.board.wait(120);
  expectFault(desk, "MEMORY");
});

test("memory at another address is a fault, and such a device cannot be set up", () => {
  const { memory } = built.board.parts;
  const board = { ...built.board, parts: { ...built.board.parts, memory: { ...memory, address: 0x57 } } };
  const desk = new Desk({ ...built, board });
  expectFault(desk, "MEMORY");
  expect(desk.ask("#SETUP;S1;123456789;00112233445566778899aabbccddeeff")).toBe("#SETUP;ERROR;MEMORY");
});

test("a unit's identity and credit do not move to another controller with the memory", () => {
  const { desk } = bought();
  const other = new VirtualBoard(built.board, built.code, nodeEngine, START + DAY);
  other.parts.memory.image = desk.board.parts.memory.image;
  let said = "";
  other.onLine = (line) => {
    said = line;
  };
  other.on();
  other.send("#STATUS");
  other.wait(1);
  expect(said).toBe("#STATUS;NOT_SET_UP");
});
