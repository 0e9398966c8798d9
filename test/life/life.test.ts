/**
 * Ten years of one device, on the firmware's services and a board of arrays: bought light, late and wrong tokens, pulled
 * plugs, a clock chip whose battery dies and is changed. Every day it is held against the model.
 */
import { encode } from "../../bench/encode";
import { readBoard } from "../../build/bundle";
import { now } from "../../firmware/clock/clock";
import { credit, secondsClosed } from "../../firmware/device";
import { setUp } from "../../firmware/setup";
import { CLOCK_LOST } from "../../firmware/store/records";
import { DeviceModel } from "../bench/oracle";
import { FakeBoard } from "../fake";
import { random } from "../power/story";
import { DAY, UNIT } from "../store/desk";

const YEARS = 10;
const DAYS = Math.round(YEARS * 365.25);
const { settings } = readBoard("esp32");
/** As on a board without EEPROM. Each store costs a MAC, and a minute's would make this a minute's test. */
const INTERVAL = 3600;

const copy = (model: DeviceModel): DeviceModel =>
  Object.assign(Object.create(DeviceModel.prototype), model, { used: new Set((model as any).used) });

test(`${YEARS} years`, () => {
  const rand = random(2026);
  const chance = (p: number) => rand() < p;
  const board = new FakeBoard();
  const start = () => board.start({ ...settings, board: "life", interval: INTERVAL });
  board.ppm = 20;
  start();
  expect(setUp(board.device!, ["#SETUP", "life", `${UNIT.startingCode}`, UNIT.key])).toBe("");
  let model = new DeviceModel(UNIT);
  let sold = 1;
  let paid = 0;
  let wrong = 0;
  let lost = 0;
  let last = { world: board.world, device: now(board.device!.hal, board.device!.clock), given: 0, lost: 0 };
  const entered: string[] = [];
  const late: string[] = [];
  const seen: { [what: string]: number } = { cuts: 0, lost: 0, bought: 0, late: 0, used: 0, wrong: 0, torn: 0 };

  /** What the device may be after a token: exactly what the model makes of it, or, when the power went, what it was. */
  const type = (token: string, expected: string, seconds: number) => {
    const device = board.device!;
    if (secondsClosed(device)) board.wait(secondsClosed(device) + 1);
    const time = now(device.hal, device.clock);
    const after = copy(model);
    const { result } = after.enter(token, time);
    expect(result).toBe(expected);
    const answer = board.enter(token);
    if (answer === undefined) {
      seen.torn++;
      restart(5);
    } else {
      expect(answer).toBe({ valid: "VALID", used: "ALREADY_USED", invalid: "INVALID" }[result]);
      wrong = answer === "VALID" ? 0 : answer === "INVALID" ? wrong + 1 : wrong;
      if (answer === "INVALID") expect(secondsClosed(device)).toBeGreaterThan(60 * 2 ** Math.min(wrong - 1, 9) - 3);
    }
    const { paid: now_ } = board.device!;
    if (answer === undefined) wrong = now_.wrong;
    const accepted = now_.until !== (model as any).until || now_.count !== model.count;
    if (answer) expect(accepted).toBe(result === "valid");
    if (accepted) {
      model = after;
      // The token is checked in a second or two; from then on there is no difference.
      expect(Math.abs(now_.until - (model as any).until)).toBeLessThanOrEqual(2);
      (model as any).until = now_.until;
      paid += seconds;
      entered.push(token);
    }
    return accepted;
  };
  const restart = (seconds: number) => {
    board.cut(seconds);
    // A cut in the first write of the start.
    do start();
    while (!board.device);
    if (!board.battery) lost++;
    seen.cuts++;
  };
  const buy = (days: number, kind: "add" | "set" = "add") => {
    const made = encode({ ...UNIT, kind, count: sold, value: days });
    sold = made.count;
    return made.token;
  };

  for (let day = 1; day <= DAYS; day++) {
    // Some battery lasts 900 days, and is missed for 60.
    board.battery = day % 960 < 900;
    // Most switch it off for the night.
    if (chance(0.8)) restart(DAY * 0.4);
    const parts = 1 + Math.floor(rand() * 3);
    for (let part = 0; part < parts; part++) {
      board.wait((DAY / parts) * rand());
      // The plug is pulled at any time, or in the middle of what is written next.
      if (chance(0.2)) (chance(0.5) ? board.memory : board.flash).left = 1 + Math.floor(rand() * 128);
      else if (chance(0.4)) restart(rand() * 4000);
      if (!board.device) restart(5);
    }
    const left = credit(board.device!);
    if (left < 2 * DAY && chance(0.7)) {
      const days = [1, 3, 7, 30][Math.floor(rand() * 4)];
      const kind = chance(0.1) ? "set" : "add";
      if (kind === "set") late.length = 0;
      if (kind === "add" && chance(0.2)) late.push(buy(1));
      const token = buy(days, kind);
      // Interrupted, it is typed again.
      for (let tries = 0; !type(token, "valid", days * DAY) && tries < 5; tries++);
      seen.bought++;
    } else if (late.length && chance(0.2)) {
      const token = late.shift()!;
      for (let tries = 0; !type(token, "valid", DAY) && tries < 5; tries++);
      seen.late++;
    } else if (entered.length && chance(0.03)) {
      type(entered[Math.floor(rand() * entered.length)], "used", 0);
      seen.used++;
    } else if (chance(0.04)) {
      type(String(100000000 + Math.floor(rand() * 9e8)), "invalid", 0);
      seen.wrong++;
    }
    if (!board.device) restart(5);
    board.memory.left = board.flash.left = Number.POSITIVE_INFINITY;

    // What the device holds is what the model holds.
    const device = board.device!;
    const time = now(device.hal, device.clock);
    if (device.fault) throw new Error(`day ${day}: ${device.fault}`);
    expect(device.paid.count).toBe(model.count);
    expect(Math.abs(credit(device) - model.secondsLeft(time)!)).toBeLessThanOrEqual(1);
    // Its clock counted what went by, or more where a dead chip made it lose an interval; never less than the light.
    const passed = board.world - last.world;
    expect(time - last.device).toBeGreaterThan(passed * (lost > last.lost ? 0 : 1) - 3);
    expect(time - last.device).toBeLessThan(passed + (lost - last.lost) * (INTERVAL + 3) + 3);
    expect(board.given - last.given).toBeLessThanOrEqual(time - last.device + 3);
    expect(board.given).toBeLessThanOrEqual(paid);
    last = { world: board.world, device: time, given: board.given, lost };
    // Wear keeps pace with a tenth of what the parts endure in ten years.
    let worst = 0;
    for (const writes of board.memory.wear.subarray(0, 8192)) if (writes > worst) worst = writes;
    expect(worst).toBeLessThan(20 + (100_000 * day) / DAYS);
    expect(Math.max(...board.flash.wear)).toBeLessThan(10 + (1000 * day) / DAYS);
  }

  seen.lost = board.device!.log.tally[CLOCK_LOST];
  // It was a life with everything in it.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(30);
  expect(Math.abs(seen.lost - lost)).toBeLessThan(lost / 10);
  expect(board.given).toBeGreaterThan(paid / 2);
});
