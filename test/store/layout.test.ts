import { bundle } from "../../build/bundle";
import { Desk } from "./desk";
import stored from "./layout-1.json";

/** Puts lines of hex into a memory, and FF behind them. */
const bytes = (lines: string[], length: number) => {
  const image = new Uint8Array(length).fill(0xff);
  image.set(Buffer.from(lines.join(""), "hex"));
  return image;
};

test("this firmware reads what a unit stored in the first layout of the records", async () => {
  const desk = new Desk(await bundle("esp32"));
  const { parts, world } = desk.board;
  desk.board.wait(stored.time + 10 - world.now / 1000);
  desk.off(0, () => {
    parts.flash!.image = bytes(stored.flash, parts.flash!.image.length);
    parts.memory.image = bytes(stored.memory, parts.memory.image.length);
  });
  const { clock, ...info } = desk.info();
  expect(info).toMatchObject({
    serial: stored.serial,
    fault: "",
    count: stored.count,
    credit: stored.until - clock.time,
    lockout: stored.closedUntil - clock.time,
    restarts: stored.restarts + 1,
    clockLost: 0,
    memoryReplaced: 0,
  });
  expect(desk.board.state().load).toBe(true);
  desk.board.wait(info.lockout + 1);
  for (const token of stored.tokens) expect(desk.enter(token)).toBe("ALREADY_USED");
  // Time divider 24: ten hours.
  const { credit } = desk.info();
  expect(desk.enter(stored.late)).toBe(`VALID;${credit + 36000}`);
});
