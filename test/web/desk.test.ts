/** The desk without a page: time, hands, stories, and that it keeps count of all that it was asked for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeEngine } from "../../bench/engines/node";
import { Session } from "../../bench/session";
import { Desk, made, stories } from "../../bench/web/desk";
import { makePage } from "../../bench/web/page";

/** Milliseconds of the person's clock between two looks. */
const LOOK = 33;

/** The computer's clock goes on by so many milliseconds whenever it is looked at: how much a tick gets done is no accident. */
let slowness = 1;
beforeEach(() => {
  let ms = 0;
  slowness = 1;
  jest.spyOn(performance, "now").mockImplementation(() => (ms += slowness));
});
const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.end();
  jest.restoreAllMocks();
});

async function open(board = "esp32", engine = "node"): Promise<Desk> {
  const desk = new Desk({ board, engine });
  desks.push(desk);
  await desk.renew();
  return desk;
}

/** Lets the person's time pass until something is so; gives up after an hour of it. */
function until(desk: Desk, so: () => boolean): void {
  for (let i = 0; i < 110000 && (i < 1 || !so()); i++) desk.tick(LOOK);
  if (!so())
    throw new Error(
      `It did not happen: ${JSON.stringify(desk.view.desk)} ${JSON.stringify(desk.lists.feed.items.slice(-5))}`,
    );
}
const rested = (desk: Desk) =>
  until(desk, () => !desk.view.desk?.hand && !desk.view.desk?.travel && !desk.view.desk?.playing);

describe("a desk", () => {
  test("has a device that was set up, and goes with the person's clock at their speed", async () => {
    const desk = await open();
    expect(desk.view.info ?? {}).toEqual({});
    desk.tick(LOOK);
    expect(desk.view.info).toMatchObject({ serial: "123456789", credit: 0 });
    const before = desk.now;
    for (let i = 0; i < 30; i++) desk.tick(LOOK);
    expect(Math.abs(desk.now - before - 30 * LOOK)).toBeLessThan(30);
    await desk.wish({ speed: 0 });
    const still = desk.now;
    for (let i = 0; i < 30; i++) desk.tick(LOOK);
    expect(desk.now).toBe(still);
    await desk.wish({ speed: 1000 });
    for (let i = 0; i < 30; i++) desk.tick(LOOK);
    expect(Math.abs(desk.now - still - 30 * LOOK * 1000)).toBeLessThan(1000);
  });

  test("whoever has the answer to a line sees what it led to, without waiting for the next look", async () => {
    const desk = await open();
    desk.tick(LOOK);
    const [{ time }, { length }] = [desk.view.state!, desk.lists.story.items];
    await desk.wish({ line: "wait 3600", id: 1 });
    expect(desk.view.state!.time).toBe(time + 3600);
    expect(desk.lists.story.items.slice(length).at(-1)?.line).toBe("wait 3600");
  });

  test("sells a token, types it, and tells what happened, when it happened", async () => {
    const desk = await open();
    expect(desk.lists.feed.items).toEqual([]);
    expect(await desk.wish({ line: "token add:1", id: 1 })).toHaveLength(1);
    const [{ token }] = desk.view.sold!;
    await desk.wish({ hand: `*${token}` });
    rested(desk);
    for (let i = 0; i < 60; i++) desk.tick(LOOK);
    expect(desk.view.state).toMatchObject({ load: true, display: "   1" });
    expect(await desk.wish({ jump: "credit", id: 1 })).toEqual([]);
    rested(desk);
    expect(desk.view.state?.load).toBe(false);
    const feed = desk.lists.feed.items.filter(({ reports }) => !reports).map(({ text }) => text);
    expect(feed).toEqual(["lamp on", "token accepted", "lamp off"]);
    const [on, off] = desk.view.strip!.filter(({ lamp }, i, all) => lamp || all[i - 1]?.lamp);
    // A day to the second, though time jumped.
    expect(Math.abs(off.at - on.at - 86400)).toBeLessThanOrEqual(2);
  });

  test("types while time stands still, and keeps all keys on one line of the story", async () => {
    const desk = await open();
    await desk.wish({ speed: 0 });
    await desk.wish({ hand: "*123" });
    rested(desk);
    expect(desk.lists.story.items.at(-1)!.line).toBe("key * 1 2 3");
  });

  test("keys that are clicked faster than any finger are pressed all the same, also while time stands still", async () => {
    const desk = await open();
    await desk.wish({ speed: 0 });
    for (const key of "*1223") for (const how of ["down", "up"]) await desk.wish({ line: `key ${key} ${how}`, id: 1 });
    await desk.wish({ speed: 1 });
    for (let i = 0; i < 5; i++) desk.tick(LOOK);
    expect(desk.view.state?.display).toBe("1223");
  });

  test("jumps until the next report has begun, where the device makes one", async () => {
    const desk = await open();
    await desk.wish({ line: "wait 3600", id: 1 });
    const { modem, time } = desk.view.state!;
    expect(modem?.on).toBe(false);
    expect(await desk.wish({ jump: "report", id: 1 })).toEqual([]);
    const { next } = desk.view.info!.report!;
    expect(next).toBeGreaterThan(time);
    rested(desk);
    expect(desk.view.state!.modem?.on).toBe(true);
    expect(desk.view.state!.time).toBeLessThan(next + 120);
    await desk.renew("puckjs");
    expect(await desk.wish({ jump: "report", id: 1 })).toEqual([{ error: expect.stringContaining("no report") }]);
  });

  test("jumps, stops on the way, and says what cannot be", async () => {
    const desk = await open();
    expect(await desk.wish({ jump: "credit", id: 1 })).toEqual([{ error: expect.stringContaining("no credit") }]);
    expect(await desk.wish({ jump: 1e12, id: 1 })).toEqual([{ error: expect.stringContaining("2099") }]);
    const before = desk.now;
    await desk.wish({ jump: 90 * 86400, id: 1 });
    desk.tick(LOOK);
    await desk.wish({ jump: 0, id: 1 });
    expect(desk.now).toBeLessThan(before + 90 * 86400000);
    const still = desk.now;
    desk.tick(LOOK);
    expect(desk.now - still).toBeLessThan(100);
  });

  test("answers looks and lines, refuses what would end it, and never shows a key, a password or a PIN", async () => {
    const desk = await open();
    expect(await desk.wish({ line: "boots 1", id: 1 })).toEqual([{ boots: expect.any(Array) }]);
    expect(await desk.wish({ line: "#STATUS", id: 1 })).toEqual([{ uart: "#STATUS;INACTIVE" }]);
    expect(await desk.wish({ line: "quit", id: 1 })).toEqual([{ error: expect.any(String) }]);
    expect(await desk.wish({ line: "nonsense", id: 1 })).toEqual([{ error: expect.any(String) }]);
    await desk.wish({ line: "#SETUP;5;5;00112233445566778899aabbccddeeff", id: 1 });
    await desk.wish({ line: "#MODEM;iot.example;joe;hunter22;4711", id: 1 });
    expect(JSON.stringify(desk.lists.serial)).not.toMatch(/[\da-f]{32}|hunter22|4711/i);
    for (const all of [desk.lists.story, await desk.wish({ story: true, id: 1 })])
      expect(JSON.stringify(all)).not.toMatch(/00112233445566778899aabbccddeeff|hunter22|4711/);
  });

  test("changes boards and engines, and says why one cannot be had", async () => {
    const desk = await open();
    const first = desk.device;
    await desk.wish({ board: "puckjs", engine: "node" });
    expect(desk.device).toBe(first + 1);
    expect(desk.view.made?.name).toBe("puckjs");
    await desk.wish({ board: "toaster", engine: "node" });
    expect(desk.view.made?.name).toBe("puckjs");
    const espruino = desk.view.desk!.engines.find(({ name }) => name === "espruino")!;
    expect(espruino.lacks === undefined).toBe(Boolean(process.env.ESPRUINO));
  });

  test("an engine that breaks off is told, and the desk goes on", async () => {
    const desk = await open();
    (desk as any).session.pass = () => {
      throw new Error("The interpreter ended");
    };
    desk.tick(LOOK);
    expect(desk.view.desk?.trouble).toBe("The interpreter ended");
    desk.tick(LOOK);
    expect(await desk.wish({ line: "state", id: 1 })).toEqual([{ error: "There is no device: The interpreter ended" }]);
    await desk.renew();
    expect(desk.view.desk?.trouble).toBeUndefined();
    (desk as any).session.line = () => {
      throw new Error("It ended while somebody looked");
    };
    expect(await desk.wish({ line: "boots", id: 1 })).toEqual([{ error: "It ended while somebody looked" }]);
    expect(await desk.wish({ line: "boots", id: 1 })).toEqual([
      { error: "There is no device: It ended while somebody looked" },
    ]);
  });
});

describe("stories", () => {
  test("one is played on the desk as it is written, and what was done runs again", async () => {
    const { name } = stories()[0];
    const desk = await open("puckjs");
    await desk.wish({ play: name });
    until(desk, () => !desk.view.desk?.playing);
    expect(desk.lists.feed.items.filter(({ what }) => what === "trouble")).toEqual([]);
    expect(desk.view.made?.name).toBe("esp32");
    const saved = (await desk.wish({ story: true, id: 1 })).map((one) => ("uart" in one ? one.uart : ""));
    const said: object[] = [];
    const session = new Session({ ...(await made("esp32")), make: nodeEngine, out: (one) => said.push(one) });
    for (const line of saved) session.line(line);
    expect(said.filter((one) => "error" in one)).toEqual([]);
    expect(session.now).toBe(desk.now);
    const told = readFileSync(join(__dirname, "../../bench/scripts", name), "utf8").split("\n");
    expect(saved.slice(0, -1)).toEqual(told.filter((line) => line && !line.startsWith("expect")));
    session.close();
  });

  test("one that does not go as it says breaks off, and says where", async () => {
    const desk = await open();
    await desk.wish({ play: 'wait 1\nexpect {"load":true}\nwait 1' });
    until(desk, () => !desk.view.desk?.playing);
    expect(desk.lists.feed.items.at(-1)).toMatchObject({
      what: "trouble",
      text: expect.stringContaining('"expect {"load":true}"'),
    });
  });
});

test("page and desk know the device by the protocol alone", () => {
  const folder = join(__dirname, "../../bench/web");
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  )) {
    const text = readFileSync(join(folder, file), "utf8");
    expect(text).not.toMatch(/session[!?]?\.(board|server)\b/);
    // Of the models and the firmware no more than the shapes of what is said.
    for (const [, from] of text.matchAll(/^import (?!type)[^;]*? from "([^"]+)"/gm))
      expect(from).not.toMatch(/parts|firmware|engines/);
  }
});

const onInterpreter = process.env.ESPRUINO ? test : test.skip;
onInterpreter("on the interpreter variables are counted, and what a peek takes of them is not", async () => {
  const desk = await open("puckjs", "espruino");
  for (let i = 0; i < 60; i++) desk.tick(LOOK);
  const { budget } = desk.view.made!;
  const { used, peak } = desk.view.state!.variables!;
  expect(used).toBeGreaterThan(500);
  expect(used).toBeLessThan(budget.idle);
  // #INFO alone takes hundreds.
  expect(peak).toBeLessThan(used + 150);
  await desk.wish({ hand: "*016609796" });
  rested(desk);
  until(desk, () => desk.view.state?.load === true);
});

/** Minutes of the person's; all ten take a while. */
const MINUTES = Number(process.env.WEB_MINUTES ?? 2);

test("minutes at a thousand times are days: nothing is lost count of, and nothing grows", async () => {
  const desk = await open();
  await desk.wish({ speed: 1000 });
  desk.tick(LOOK);
  const start = desk.now;
  const world = (desk as any).session.board.world;
  const events = () => world.queue.length;
  const size = () => JSON.stringify([desk.view, desk.lists.story, desk.lists.serial]).length;
  for (let i = 0; i < 1000; i++) desk.tick(LOOK);
  const [queued, held] = [events(), size()];
  const ticks = Math.ceil((MINUTES * 60000) / LOOK);
  for (let i = 1000; i < ticks; i++) {
    // For a while the computer is too slow to do anything in a tick.
    slowness = i > 1200 && i < 1300 ? 20 : 1;
    desk.tick(LOOK);
  }
  // What it was too slow for is not made up for, and it is said.
  const behind = (desk as any).behind;
  expect(behind).toBeGreaterThan(1e6);
  expect(desk.view.desk?.behind).toBe(Math.round(behind / 1000));
  expect(Math.abs(desk.now - start + behind - ticks * LOOK * 1000)).toBeLessThan(2000);
  expect(Math.abs(events() - queued)).toBeLessThanOrEqual(4);
  expect(size()).toBeLessThan(held + 2000);
  // The device measured all the time: a row an hour.
  await desk.wish({ line: "carry", id: 1 });
  const [found] = await desk.wish({ line: "rows", id: 1 });
  expect("rows" in found && found.rows.length).toBe(Math.floor((desk.now - start) / 3600000));
});

test("the page is one file of less than 100 KB, and asks for nothing from elsewhere", async () => {
  const { html, brotli, policy } = await makePage();
  expect(brotli.length).toBeLessThan(100 * 1024);
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(html.match(/https?:\/\/[\w.]+/g)?.filter((url) => !/w3\.org/.test(url)) ?? []).toEqual([]);
  expect(policy).toContain("default-src 'none'");
});
