/// <reference lib="dom" />
/** The page in a real browser: what somebody does who has never seen it, and what they see. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Browser, Locator, Page } from "playwright-core";
import { nodeEngine } from "../../bench/engines/node";
import { Session } from "../../bench/session";
import { made } from "../../bench/web/desk";
import type { AirSaid } from "../../bench/web/frame";
import { serve, type Web } from "../../bench/web/server";
import { readBoard } from "../../build/bundle";
import { Hand, inBrowser, launch, PATIENCE } from "./browser";
import { ticked } from "./ticks";

setFlagsFromString("--expose-gc");
/** Leaves of this process's memory what somebody still holds. */
const collectGarbage: () => void = runInNewContext("gc");

const images = resolve(__dirname, "../../docs/images");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

jest.setTimeout(2 * PATIENCE);

let web: Web;
let browser: Browser;

const SIZE = { width: 1280, height: 860 };

async function open(size = SIZE, colorScheme: "light" | "dark" = "light"): Promise<Hand> {
  const page = await browser.newPage({ viewport: size, colorScheme, reducedMotion: "reduce", acceptDownloads: true });
  return visit(new Hand(page));
}

async function visit(hand: Hand): Promise<Hand> {
  await hand.page.goto(web.url);
  await hand.page.locator(".device svg").waitFor();
  return hand;
}

/** Sells a token and has it typed. */
async function pay(hand: Hand): Promise<void> {
  await hand.press("Sell");
  await hand.press(/^Type it: \d+$/);
}

inBrowser("the page", () => {
  /** One for all tests, that comes to the page anew in each: another one costs the browser seconds. */
  let hand: Hand;
  beforeAll(async () => {
    web = await serve({ port: 0 });
    browser = await launch();
    hand = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
  });
  beforeEach(async () => {
    // Time stands still until all is there, however long that takes.
    await web.desk.wish({ speed: 0 });
    await web.desk.renew("esp32", "node");
    await hand.page.setViewportSize(SIZE);
    await hand.page.emulateMedia({ colorScheme: "light" });
    hand.errors.length = 0;
    await visit(hand);
    await web.desk.wish({ speed: 1 });
  });
  afterEach(async () => {
    const [own, ...others] = browser.contexts();
    for (const context of others) await context.close();
    expect(own).toBe(hand.page.context());
    expect(hand.errors).toEqual([]);
  });

  test("somebody sells a token, has it typed, and there is light for a week", async () => {
    await hand.says("Nothing paid yet");
    await hand.shows("lamp off");
    await pay(hand);
    await hand.says(/Paid until Sun 29 Nov, 09:00.*6 d 23 h left · lamp on because there is credit/);
    await hand.shows("lamp on");
  });

  test("the same by the keys, with the mouse and on the keyboard alone", async () => {
    await hand.key("star");
    for (const digit of "6624") await hand.key(digit);
    await hand.shows("display 6624");
    for (const digit of "86790") await hand.page.keyboard.press(digit);
    await hand.says("Paid until Mon 23 Nov");
    // A key of the drawing is pressed by the space bar as any button is.
    await hand.page.getByRole("button", { name: "key hash" }).focus();
    await hand.page.keyboard.press("Space");
    await hand.shows("display 1");
  });

  test("with the keyboard alone: sold, typed, panels gone through, records too", async () => {
    const { keyboard } = hand.page;
    const focused = () => hand.page.evaluate(() => (document.activeElement as HTMLElement).innerText?.trim());
    const reach = async (words: RegExp, key = "Tab") => {
      for (let i = 0; i < 60 && !words.test(await focused()); i++) await keyboard.press(key);
      expect(await focused()).toMatch(words);
    };
    await reach(/^Sell$/);
    await keyboard.press("Enter");
    await hand.page.locator("code.token").waitFor();
    await reach(/^Type it$/);
    await keyboard.press("Enter");
    await hand.says("Paid until");
    await reach(/^Server$/);
    await keyboard.press("ArrowRight");
    expect(await focused()).toBe("Memory");
    const record = hand.page.getByRole("slider", { name: "record" });
    await hand.page.locator(".hex").waitFor();
    const before = Number(await record.getAttribute("aria-valuenow"));
    await record.focus();
    await keyboard.press("ArrowRight");
    await hand.page.locator(`[role=slider][aria-valuenow="${before + 1}"]`).waitFor();
  });

  test("keys are held, stick and bounce, as fingers and contacts do", async () => {
    const key = hand.page.getByRole("button", { name: "key 5", exact: true });
    await key.hover();
    await hand.page.mouse.down();
    await hand.page.locator(".key.down", { hasText: "5" }).waitFor();
    expect(web.desk.view.state!.keypad.held).toBe("5");
    await hand.page.mouse.up();
    await hand.page.locator(".key.down").waitFor({ state: "detached" });
    await hand.page.getByText("What people and parts do to it").click();
    await hand.page.getByRole("combobox", { name: "a key that sticks" }).selectOption("7");
    await hand.page.getByRole("button", { name: "key 7, stuck" }).waitFor();
    await hand.press("7 sticks");
    await hand.page.getByRole("button", { name: "key 7", exact: true }).waitFor();
    // They do from the start.
    await hand.press("Contacts bounce");
    await hand.page.getByRole("button", { name: "Contacts bounce", pressed: false }).waitFor();
    expect(web.desk.view.state!.keypad.bounce).toBe(false);
  });

  test("a finger on a phone presses keys too", async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 760 }, hasTouch: true, isMobile: true });
    const phone = await visit(new Hand(await context.newPage()));
    for (const name of ["star", "6", "2"])
      await phone.page.getByRole("button", { name: `key ${name}`, exact: true }).tap();
    await phone.shows("display 62");
    expect(phone.errors).toEqual([]);
  });

  test("what blinks and sounds between two looks is seen and heard, sound if it is wished for", async () => {
    const context = await browser.newContext({ viewport: SIZE });
    const page = await context.newPage();
    await page.addInitScript(() => {
      const heard: number[] = [];
      let hertz = 0;
      const node = { connect: (to: unknown) => to, start() {} };
      Object.assign(window, {
        heard,
        AudioContext: class {
          currentTime = 0;
          createOscillator = () => ({ ...node, frequency: { setValueAtTime: (at: number) => void (hertz = at) } });
          createGain = () => ({
            ...node,
            gain: { value: 0, setTargetAtTime: (loud: number) => loud && heard.push(hertz) },
          });
        },
      });
    });
    const listener = await visit(new Hand(page));
    await pay(listener);
    await listener.says("Paid until");
    const heard = () => page.evaluate(() => [...(window as any).heard]);
    expect(await heard()).toEqual([]);
    await listener.press("sound");
    await listener.press("Try a wrong token");
    await listener.says("token entry is closed for");
    await page.waitForFunction(() => (window as any).heard.includes(400));
    // A key that is taken is high, and each of them was heard.
    expect((await heard()).filter((hertz: number) => hertz === 2400).length).toBeGreaterThan(5);
    expect(listener.errors).toEqual([]);
  });

  test("the clock chip is stopped, robbed and drifts, the supply sags: the page says what of it is seen", async () => {
    const { page } = hand;
    await page.getByText("What people and parts do to it").click();
    await hand.press("Stop it");
    await page.getByText("The clock chip stands still").waitFor();
    await hand.press("Stopped");
    await page.getByText("The clock chip runs").waitFor();
    await hand.press("Take its battery");
    await page.getByText("The clock chip has no battery").waitFor();
    await hand.press("Without battery");
    await page.getByText("The clock chip runs").waitFor();
    await page.getByLabel("Drift, ppm").fill("-200");
    await hand.press("Let it drift");
    await page.getByText("The clock chip runs, 200 ppm too slow").waitFor();
    await hand.press("Brown-out");
    await page.getByText(/Start 3\. .* after a brown-out/).waitFor();
  });

  test("tokens of every kind are made and taken", async () => {
    const kinds = hand.page.getByRole("combobox", { name: "what the token does" });
    const sell = async (kind: string, amount?: string, how = "Type it") => {
      await kinds.selectOption(kind);
      if (amount) await hand.page.locator("#shop input").fill(amount);
      const { length } = web.desk.view.sold!;
      await hand.press("Sell");
      await ticked(web.desk, () => web.desk.view.sold!.length > length);
      await hand.press(`${how}: ${web.desk.view.sold!.at(-1)!.token}`);
    };
    await sell("add", "2");
    await hand.says("Paid until Tue 24 Nov");
    await sell("set", "30");
    await hand.says("Paid until Tue 22 Dec");
    await sell("sync");
    await hand.page.locator(".feed li", { hasText: "counter in step" }).waitFor();
    await sell("extended", "42", "Send it to the port");
    await hand.page.locator(".feed li", { hasText: "extended token accepted" }).waitFor();
    await sell("disable");
    await hand.says("Unlocked for ever");
  });

  test("a wrong token closes the entry for a minute, and the page says so", async () => {
    await hand.press("Try a wrong token");
    await hand.says("token entry is closed for");
    await hand.page.getByText("wrong token: entry closes for a while").first().waitFor();
    await pay(hand);
    await hand.shows("display L1");
    await hand.jump("+1 h", 3600);
    await hand.press(/^Type it: \d+$/);
    await hand.says("Paid until");
  });

  test("time goes to the end of the credit: the lamp goes off, and the band shows the light that was given", async () => {
    await pay(hand);
    await hand.says("Paid until");
    await hand.press("Until the credit ends");
    await hand.says("The credit is used up");
    await hand.shows("lamp off");
    await hand.page.locator(".strip rect.gave").first().waitFor({ state: "attached" });
    await hand.page.locator(".feed li", { hasText: /09:00 Sun 29 Nov\s*lamp off/ }).waitFor();
  });

  test("the plug is pulled in the middle of an entry; it comes back, and the token is good", async () => {
    for (const key of ["star", ..."0166"]) await hand.key(key);
    await hand.shows("display 0166");
    await hand.page.getByRole("switch", { name: "Plugged in" }).click();
    await hand.says(/No power.*lamp off because the plug is out/);
    await hand.page.getByRole("switch", { name: "Unplugged" }).click();
    await hand.says("Nothing paid yet");
    await hand.page.getByText(/Start 3\. .* plugged in, ran/).waitFor();
    await pay(hand);
    await hand.says("Paid until");
  });

  test("a token goes with the server's answer, and the exchange is shown with its chain of hashes", async () => {
    // So that a board with a modem has not told of its day already.
    await hand.page.getByRole("switch", { name: "Server up" }).click();
    await hand.jump("+1 d", 86400);
    await hand.page.getByRole("switch", { name: "Server down" }).click();
    await hand.press("Sell");
    await hand.press(/^Send with the next answer: \d+$/);
    await hand.page
      .locator(".due code")
      .filter({ hasText: /^\d{9}$/ })
      .waitFor();
    await hand.press("Carry a report by phone");
    await hand.says("Paid until");
    await hand.press("accepted, ra");
    await hand.page.getByText("✓ It ends with ra").waitFor();
    expect(await hand.page.locator(".chain li").count()).toBeGreaterThan(20);
    expect(await hand.page.locator(".chart").count()).toBeGreaterThan(3);
  });

  test("settings and extra data go with an answer, and a server that is down takes nothing", async () => {
    const { page } = hand;
    await page.getByRole("switch", { name: "Server up" }).click();
    await hand.press("Carry a report by phone");
    await page.locator(".feed .trouble", { hasText: "does not answer" }).waitFor();
    await page.getByRole("switch", { name: "Server down" }).click();
    await page.getByText("Say more with the next answer").click();
    await hand.press("Say it");
    await page.getByRole("combobox", { name: "what is said" }).selectOption("extra");
    await page.getByRole("textbox", { name: "what exactly" }).fill('{"message":"thanks"}');
    await hand.press("Say it");
    await page.locator(".due", { hasText: /settings.*power_mode.*extra.*thanks/ }).waitFor();
    await hand.press("Carry a report by phone");
    await hand.press("accepted, ra");
    await page.locator(".exchange pre", { hasText: /"power_mode": ?"high"/ }).waitFor();
    await page.locator(".due", { hasText: "nothing but its signature" }).waitFor();
  });

  test("curves are zoomed by dragging, and by the keyboard", async () => {
    // A report that came meanwhile would give the curves another end.
    await web.desk.wish({ speed: 0 });
    for (let day = 0; day < 3; day++) await hand.jump("+1 d", 86400);
    const [found] = await web.desk.wish({ line: "rows 0", id: 1 });
    const rows = "rows" in found ? found.rows.length : 0;
    const chart = hand.page.getByRole("img", { name: /^Panel voltage/ });
    const seen = async () => (await chart.getAttribute("aria-label"))!.replace(/.*seen: /, "");
    await chart.locator(".u-over").waitFor();
    await hand.page.waitForFunction(
      (rows) =>
        new RegExp(` ${rows} rows, seen: \\S+ 22 .* to \\S+ 25 `).test(
          document.querySelector("[aria-label^='Panel v']")!.ariaLabel!,
        ),
      rows,
    );
    const all = await seen();
    const changed = (before: string) =>
      hand.page.waitForFunction(
        (before) => !document.querySelector("[aria-label^='Panel v']")!.ariaLabel!.endsWith(before),
        before,
      );
    const box = (await chart.locator(".u-over").boundingBox())!;
    await hand.page.mouse.move(box.x + box.width * 0.2, box.y + 20);
    await hand.page.mouse.down();
    await hand.page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await hand.page.mouse.up();
    await changed(all);
    await chart.locator(".u-over").dblclick();
    await hand.page.waitForFunction(
      (all) => document.querySelector("[aria-label^='Panel v']")!.ariaLabel!.endsWith(all),
      all,
    );
    await hand.page.getByRole("radio", { name: "All" }).focus();
    await hand.page.keyboard.press("ArrowLeft");
    await changed(all);
    expect(await seen()).toMatch(/^Tue 24 Nov.* to Wed 25 Nov/);
  });

  /** Seconds of the world pass, one after the other, until the modem is as wanted: no page is too slow to see that. */
  const until = async (wanted: (air: AirSaid) => boolean) => {
    for (;;) {
      const [found] = await web.desk.wish({ line: "air 999999", id: 1 });
      if (wanted((found as { air: AirSaid }).air)) return;
      await web.desk.wish({ line: "wait 1", id: 1 });
    }
  };

  test("a report goes over the air at its time: the device registers, reports, and takes the token that waits", async () => {
    await web.desk.wish({ speed: 0 });
    await hand.tab("Air");
    // The first one is due at once.
    await hand.jump("+1 h", 3600);
    const air = (words: RegExp) => hand.page.locator(".airs", { hasText: words }).waitFor();
    await air(/^The modem is off until it reports at \d\d:\d\d\.$/);
    await hand.page.locator(".facts dd", { hasText: /^\d\d:\d\d Sun 22 Nov, in \d+ / }).waitFor();
    await hand.press("Sell");
    await hand.press(/^Send with the next answer: \d+$/);
    await hand.press("Until the next report");
    // It goes on until the modem is: there is nothing that a person would have to wait for.
    await air(/^The modem starts\.$/);
    await hand.page.locator(".facts dd", { hasText: /^under way$/ }).waitFor();
    await until(({ registration }) => registration === 1);
    await hand.page.locator(".way .done", { hasText: "network" }).waitFor();
    await until(({ sockets, http }) => http || sockets > 0);
    await air(/^The modem talks to the server\.$/);
    await hand.page.locator(".way .done", { hasText: "server" }).waitFor();
    await until(({ power }) => power === "off");
    // Its supply is cut some seconds later, and then the token is entered.
    await web.desk.wish({ line: "wait 10", id: 1 });
    await hand.says("Paid until Sun 29 Nov");
    await hand.page.locator(".feed .server", { hasText: "the server took" }).first().waitFor();
    await hand.page.locator(".at .controller", { hasText: "AT" }).first().waitFor();
    await air(/^The modem is off until it reports at/);
  });

  test("SIM, antenna, server and plug are pulled while it reports, and put back: it ends in the same place", async () => {
    const { page } = hand;
    await web.desk.wish({ speed: 0 });
    const taken = () => web.desk.lists.requests.items.filter(({ status }) => status === 201).length;
    const pulls: { out: string; back: string; tab?: string; when: (air: AirSaid) => boolean; trouble?: string }[] = [
      { out: "Pull the SIM", back: "Put the SIM back", when: ({ registration }) => registration === 1, trouble: "SIM" },
      { out: "Take the antenna off", back: "Put the antenna on", when: ({ data }) => data, trouble: "network" },
      { out: "Server up", back: "Server down", tab: "Server", when: ({ power }) => power === "on" },
      { out: "Plugged in", back: "Unplugged", when: ({ sockets, http }) => http || sockets > 0 },
    ];
    const turn = (name: string) =>
      page.locator("button", { has: page.locator(".either :not(.not)", { hasText: name }) }).click();
    await hand.jump("+1 h", 3600);
    for (const [i, { out, back, tab = "Air", when, trouble }] of pulls.entries()) {
      await page.locator("#shop input").fill("1");
      await hand.press("Sell");
      await ticked(web.desk, () => web.desk.view.sold!.length > i);
      await hand.press(`Send with the next answer: ${web.desk.view.sold!.at(-1)!.token}`);
      const { info, state } = web.desk.view;
      await web.desk.wish({ line: `wait ${Math.max(0, info!.report!.next - state!.time)}`, id: 1 });
      await until(when);
      await hand.tab(tab);
      await turn(out);
      const before = taken();
      await hand.jump("+1 h", 3600);
      expect([out, taken()]).toEqual([out, before]);
      if (trouble) await page.locator(".way .wrong", { hasText: trouble }).waitFor();
      if (trouble) await page.locator(".facts .bad", { hasText: /after \d+ failed/ }).waitFor();
      await turn(back);
      await hand.jump("+1 h", 3600);
      await hand.jump("+1 h", 3600);
      expect(taken()).toBeGreaterThan(before);
      // Each token was taken once, and there is one day more.
      await hand.says(`Paid until ${["Mon 23", "Tue 24", "Wed 25", "Thu 26"][i]} Nov`);
    }
    // Of each hour with power a row came once.
    const [found] = await web.desk.wish({ line: "rows 0", id: 1 });
    const hours = "rows" in found ? found.rows.map(({ timestamp }) => Math.floor(timestamp / 3600)) : [];
    expect(new Set(hours).size).toBe(hours.length);
    expect(hours.length).toBeGreaterThan(10);
    // A fault is switched on, happens, and is got over.
    await hand.tab("Air");
    await page.getByText(/^Faults/).click();
    await page.getByRole("switch", { name: "no-ok" }).click();
    await page.locator(".at .bench", { hasText: "fault no-ok" }).waitFor();
    const before = taken();
    await hand.jump("+1 d", 86400);
    expect(taken()).toBeGreaterThan(before + 20);
  });

  test("memory: what an action changed is marked, byte by byte, until the next one", async () => {
    await hand.tab("Memory");
    await hand.page.locator(".hex").waitFor();
    await hand.page.getByText("erased", { exact: true }).waitFor();
    await pay(hand);
    await hand.says("Paid until");
    await hand.page.getByText("changed since the last action").waitFor();
    await hand.page.getByRole("heading", { name: /paid, record \d+, the newest of its kind/ }).waitFor();
    expect(await hand.page.locator(".hex .fresh").count()).toBeGreaterThan(8);
    await hand.press("Ask for the days left");
    await hand.page.getByText("changed since the last action").waitFor({ state: "detached" });
  });

  test("memory: the newest records are named, and a cut in a write shows as torn", async () => {
    await hand.tab("Memory");
    await hand.page.getByRole("heading", { name: /record \d+, the newest of its kind/ }).waitFor();
    await hand.page.getByRole("spinbutton").first().fill("20");
    await hand.press("Arm");
    await pay(hand);
    await hand.says("No power");
    await hand.page.getByText("torn, or unknown").waitFor();
    await hand.page.getByText("Writes", { exact: true }).click();
    await hand.page.getByText(/0 to \d+ writes of a cell/).waitFor();
    await hand.page.locator(".hex .worn").first().waitFor();
    await hand.page.locator(".fields dd", { hasText: "1 writes" }).first().waitFor();
  });

  test("a by-passed output is told from a switched one", async () => {
    await hand.page.getByText("What people and parts do to it").click();
    await hand.page.getByText("By-passed", { exact: true }).click();
    await hand.says(/By-passed.*somebody wired it/);
    await hand.page.getByText("Whole", { exact: true }).click();
    await hand.says("Nothing paid yet");
  });

  test("what was done is saved, and replays to the same end", async () => {
    await pay(hand);
    await hand.says("Paid until");
    await hand.jump("+1 h", 3600);
    await hand.tab("Story");
    const [download] = await Promise.all([hand.page.waitForEvent("download"), hand.press("Save what was done")]);
    const script = readFileSync((await download.path())!, "utf8");
    expect(script).toMatch(/^\/\/ A story of the esp32/);
    const said: object[] = [];
    const session = new Session({ ...(await made("esp32")), make: nodeEngine, out: (one) => said.push(one) });
    for (const line of script.split("\n")) session.line(line);
    session.close();
    expect(said.filter((one) => "error" in one)).toEqual([]);
    expect(script).toMatch(/key \* 0 1 6 6 0 9 7 9 6\n(.*\n)*wait 3600\n(.*\n)*expect \{.*"load":true/);
    // And the file as it was saved, by the command that its first line names, on every engine that is here.
    for (const engine of ["node", ...(process.env.ESPRUINO ? ["espruino"] : [])]) {
      const args = ["bench/bench.ts", "--board", "esp32", "--engine", engine, "--script", (await download.path())!];
      const child = spawn(process.execPath, ["--import", "tsx", ...args], {
        cwd: resolve(__dirname, "../.."),
        stdio: "ignore",
      });
      expect([engine, ...(await once(child, "exit"))]).toEqual([engine, 0, null]);
    }
  });

  test("a story that ships is watched, and stopped", async () => {
    await hand.tab("Story");
    await hand.press(/The first week of a customer/);
    await hand.page.locator(".caption", { hasText: "The factory gives the unit" }).waitFor();
    await hand.press("Stop the story");
    await hand.press(/A thief/);
    await hand.press("Stop the story");
  });

  test("two pages show the same device, whoever presses", async () => {
    const other = await open({ width: 500, height: 800 });
    await pay(hand);
    await other.says("Paid until");
    await other.page.getByRole("switch", { name: "Plugged in" }).click();
    await hand.says("No power");
    expect(other.errors).toEqual([]);
  });

  test("boards are drawn as they are: four keys, a text display, lamps only", async () => {
    const choose = (name: string) => hand.page.getByRole("combobox", { name: "board" }).selectOption(name);
    await choose("puckjs");
    await hand.page.locator(".puck").waitFor();
    expect(await hand.page.locator(".segments, .glass").count()).toBe(0);
    await choose("pixljs");
    await hand.page.locator(".glass").waitFor();
    expect(await hand.page.locator(".key").count()).toBe(4);
    await pay(hand);
    await hand.says("Paid until");
    await choose("esp32");
    await hand.page.locator(".segments").waitFor();
  });

  const interpreter = process.env.ESPRUINO ? test : test.skip;
  interpreter("on the interpreter its variables are shown live, against the budget (needs ESPRUINO)", async () => {
    await hand.page.getByRole("combobox", { name: "engine" }).selectOption("espruino");
    await hand.says("Nothing paid yet");
    await hand.tab("Firmware");
    const { budget } = readBoard("esp32");
    const used = async (name: string) =>
      Number(await hand.page.locator(".bar", { hasText: name }).locator("strong").innerText());
    const idle = await used("Variables now");
    expect(idle).toBeGreaterThan(500);
    expect(idle).toBeLessThanOrEqual(budget.idle);
    expect(await hand.page.locator(".bar", { hasText: "Variables now" }).innerText()).toContain(
      `budget ${budget.idle}`,
    );
    await pay(hand);
    await hand.says("Paid until");
    expect(await used("Variables at most")).toBeGreaterThan(idle);
    expect(await used("Variables at most")).toBeLessThanOrEqual(budget.peak);
  });

  test("a page that was frozen wakes to what is so now", async () => {
    const tools = await hand.page.context().newCDPSession(hand.page);
    await tools.send("Page.setWebLifecycleState", { state: "frozen" });
    await web.desk.wish({ hand: "*016609796" });
    await ticked(web.desk, () => web.desk.view.state!.load);
    await web.desk.wish({ line: "wait 86400", id: 1 });
    await tools.send("Page.setWebLifecycleState", { state: "active" });
    await hand.says(/Paid until.*5 d 23 h left/);
  });

  test("a page of another origin gets nothing, though it knows the word", async () => {
    const elsewhere = createServer((_request, answer) => void answer.end("<p>hello")).listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const stranger = await browser.newPage();
    await stranger.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    const { href, host, search } = new URL(web.url);
    const tried = await stranger.evaluate(
      async ([page, line]) => [
        await fetch(page).then(
          () => "read",
          () => "refused",
        ),
        await new Promise((done) => {
          const socket = new WebSocket(line);
          socket.onopen = () => done("open");
          socket.onclose = () => done("refused");
        }),
      ],
      [href, `ws://${host}/live${search}`],
    );
    expect(tried).toEqual(["refused", "refused"]);
    elsewhere.close();
  });

  test("axe finds nothing serious, on any panel, light and dark, wide and narrow", async () => {
    await pay(hand);
    await hand.jump("+1 d", 86400);
    await hand.press("Carry a report by phone");
    await hand.press("accepted, ra");
    for (const [size, scheme] of [
      [{ width: 1280, height: 860 }, "light"],
      [{ width: 360, height: 760 }, "dark"],
    ] as const) {
      const eye = await open(size, scheme);
      // The page's own policy keeps scripts out: the tool comes in by the debugger.
      const tools = await eye.page.context().newCDPSession(eye.page);
      await tools.send("Runtime.evaluate", { expression: AXE });
      let within = "document";
      for (const tab of ["Server", "Memory", "Air", "Story", "Port", "Firmware"]) {
        await eye.tab(tab);
        if (tab === "Server") await eye.press("accepted, ra");
        if (tab === "Memory") await eye.page.locator(".hex").waitFor();
        const { result } = await tools.send("Runtime.evaluate", {
          expression: `axe.run(${within}, { resultTypes: ["violations"] }).then((found) => JSON.stringify(found.violations))`,
          awaitPromise: true,
        });
        const serious = JSON.parse(result.value).filter(
          ({ impact }: any) => impact === "serious" || impact === "critical",
        );
        const told = serious.map(
          ({ id, nodes }: any) =>
            `${tab} ${scheme} ${id}: ${nodes.map(({ html }: any) => html.slice(0, 120)).join(" | ")}`,
        );
        expect(told).toEqual([]);
        // Around it nothing changes with the panel.
        within = "'.behind'";
        // On a phone, on what it was opened for, and on projectors nothing sticks out to the side.
        for (const other of [size, { width: 1024, height: 768 }, { width: 1920, height: 1080 }]) {
          await eye.page.setViewportSize(other);
          const wide = await eye.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(`${tab} ${other.width}: ${Math.max(0, wide)}`).toBe(`${tab} ${other.width}: 0`);
        }
        await eye.page.setViewportSize(size);
      }
    }
  });

  test("the system's wish for dark colours is followed, and the person's before it, in what is drawn too", async () => {
    await hand.tab("Memory");
    await hand.page.locator(".hex").waitFor();
    /** Waits until the page has such a paper, and the mark on the map's first record its ink. */
    const drawn = (paper: string) =>
      hand.page.waitForFunction((paper) => {
        const style = getComputedStyle(document.documentElement);
        const pixel = document.querySelector("canvas")!.getContext("2d")!.getImageData(2, 2, 1, 1).data;
        const colour = `#${[...pixel.slice(0, 3)].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
        return style.backgroundColor === paper && style.getPropertyValue("--ink").trim() === colour;
      }, paper);
    const [light, dark] = ["rgb(245, 242, 235)", "rgb(19, 18, 16)"];
    await drawn(light);
    await hand.page.emulateMedia({ colorScheme: "dark" });
    await drawn(dark);
    await hand.press("colours: as the system");
    await drawn(light);
    await hand.press("colours: light");
    await hand.page.emulateMedia({ colorScheme: "light" });
    await drawn(dark);
    await hand.press("colours: dark");
    await drawn(light);
  });

  test("at a thousand times neither page nor process grows or falls behind: every frame is shown, every hour measured", async () => {
    const frames: number[] = [];
    const shown: number[] = [];
    hand.page.once("websocket", (line) => {
      line.on("framereceived", ({ payload }) => {
        const { n } = JSON.parse(String(payload));
        if (n) frames.push(n);
      });
      line.on("framesent", ({ payload }) => {
        const { ack } = JSON.parse(String(payload));
        if (ack) shown.push(ack);
      });
    });
    await visit(hand);
    const start = web.desk.now;
    await hand.page.getByText("×1000").click();
    const tools = await hand.page.context().newCDPSession(hand.page);
    await tools.send("Performance.enable");
    const count = async () => {
      await tools.send("HeapProfiler.collectGarbage");
      const { metrics } = await tools.send("Performance.getMetrics");
      const named = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
      collectGarbage();
      return {
        nodes: named["Nodes"],
        listeners: named["JSEventListeners"],
        heap: named["JSHeapUsedSize"],
        process: process.memoryUsage().heapUsed,
      };
    };
    const hours = async (n: number) => hand.passed((await hand.time()) + n * 3600000, PATIENCE + n * 30000);
    const LONG = Number(process.env.WEB_MINUTES ?? 0) * 16;
    // A long run begins when what the page shows of reports is full.
    await hours(LONG ? 14 : 1);
    const before = await count();
    await hours(Math.max(2, LONG));
    const after = await count();
    expect(after.nodes).toBeLessThan(before.nodes + 700);
    expect(after.listeners).toBeLessThan(before.listeners + 40);
    expect(after.heap).toBeLessThan(before.heap + 6e6);
    expect(after.process).toBeLessThan(before.process + 12e6);
    if (LONG) console.log(JSON.stringify({ hours: LONG, before, after, frames: frames.length }));
    // It has kept up: what the device shows when time stands still is what the page shows.
    await hand.page.getByText("❚❚").click();
    await hand.page.waitForFunction(() => document.querySelector<HTMLInputElement>("#time .on input")?.checked);
    const { time } = web.desk.view.state!;
    await hand.passed(time * 1000);
    expect(await hand.time()).toBe(time * 1000);
    // Each frame came once, in turn, and each of them was shown; word of the last one may be on its way.
    for (let i = 0; shown.at(-1) !== frames.at(-1) && i < 500; i++) await hand.page.waitForTimeout(20);
    expect(frames).toEqual(frames.map((_, i) => i + 1));
    expect(shown.at(-1)).toBe(frames.at(-1));
    expect(new Set(shown).size).toBe(frames.length);
    // And the device has a row of each hour, or had told of it before.
    await hand.press("Carry a report by phone");
    await hand.page.getByText("accepted, ra").first().waitFor();
    const [found] = await web.desk.wish({ line: `rows ${Math.floor(start / 1000)}`, id: 1 });
    const rows = "rows" in found ? found.rows.length : 0;
    expect(Math.abs(rows - (web.desk.now - start) / 3600000)).toBeLessThanOrEqual(1);
  }, 1200000);

  test("pictures for the README", async () => {
    await hand.page.setViewportSize({ width: 1280, height: 800 });
    const shot = async (name: string, target: Page | Locator) => {
      const png = await target.screenshot();
      expect(png.length).toBeGreaterThan(10000);
      if (process.env.PICTURES) writeFileSync(join(images, `${name}.png`), png);
    };
    await pay(hand);
    await hand.says("Paid until");
    for (let day = 0; day < 3; day++) await hand.jump("+1 d", 86400);
    await web.desk.wish({ speed: 0 });
    await hand.press("Carry a report by phone");
    await hand.page.getByText("accepted, ra").first().waitFor();
    await hand.page.evaluate(() => scrollTo(0, 0));
    await shot("page", hand.page);
    await hand.page.emulateMedia({ colorScheme: "dark" });
    await hand.tab("Memory");
    await hand.page.getByText("EEPROM", { exact: true }).click();
    await hand.page.locator(".hex").waitFor();
    await shot("page-memory", hand.page.locator(".behind"));
    await hand.page.emulateMedia({ colorScheme: "light" });
    await hand.tab("Server");
    await hand.press("accepted, ra");
    await hand.page.getByText("✓ It ends with ra").waitFor();
    await shot("page-chain", hand.page.locator(".exchange"));
    await hand.tab("Air");
    await web.desk.wish({ line: `wait ${web.desk.view.info!.report!.next - web.desk.view.state!.time}`, id: 1 });
    await until(({ sockets, http }) => http || sockets > 0);
    await hand.page.locator(".airs", { hasText: "talks to the server" }).waitFor();
    await shot("page-air", hand.page.locator(".behind"));
    await shot("page-phone", (await open({ width: 390, height: 780 }, "dark")).page);
  });

  test("the first minute, as a film for the README", async () => {
    const size = { width: 820, height: 720 };
    await hand.page.setViewportSize(size);
    await web.desk.wish({ speed: 0 });
    const frames: { png: Buffer; ms: number }[] = [];
    const show = async (ms: number) => {
      await hand.page.evaluate(() => {
        (document.activeElement as HTMLElement).blur();
        scrollTo(0, 0);
      });
      frames.push({ png: await hand.page.screenshot({ type: "jpeg", quality: 55 }), ms });
    };
    /** Types so many keys of what is left of the token. */
    const keys = async (text: string, display: string) => {
      await web.desk.wish({ hand: text });
      await hand.shows(`display ${display}`);
      await show(260);
    };
    await show(2200);
    await hand.press("Sell");
    await hand.page.locator("code.token").waitFor();
    await show(1800);
    await keys("*016", "016");
    await keys("609", "6609");
    await keys("79", "0979");
    await web.desk.wish({ hand: "6" });
    await ticked(web.desk, () => web.desk.view.desk?.hand === "");
    await web.desk.wish({ line: "wait 0.5", id: 0 });
    await hand.says("Paid until");
    await show(2600);
    for (let day = 0; day < 3; day++) {
      await hand.jump("+1 d", 86400);
      await show(700);
    }
    await hand.page.getByRole("switch", { name: "Plugged in" }).click();
    await hand.says("No power");
    await show(1900);
    await hand.jump("+1 d", 86400);
    await show(900);
    await hand.page.getByRole("switch", { name: "Unplugged" }).click();
    await web.desk.wish({ line: "wait 3", id: 0 });
    await hand.says("Paid until");
    await show(1900);
    await hand.press("Until the credit ends");
    await hand.says("The credit is used up");
    await show(2800);
    const svg = film(size, frames);
    expect(svg.length).toBeLessThan(1e6);
    if (process.env.PICTURES) writeFileSync(join(images, "first-minute.svg"), svg);
  });
});

/** Pictures one after the other, each for its milliseconds, as an SVG that moves by style alone; only the last for whoever wants no motion. */
function film({ width, height }: { width: number; height: number }, frames: { png: Buffer; ms: number }[]): string {
  const all = frames.reduce((sum, { ms }) => sum + ms, 0);
  const percent = (ms: number) => `${Math.round((ms / all) * 10000) / 100}%`;
  let at = 0;
  const styles = frames.map(({ ms }, i) => {
    const [from, to] = [percent(at), percent(at + ms)];
    at += ms;
    const before = i ? `0%{visibility:hidden}` : "";
    return `@keyframes k${i}{${before}${from}{visibility:visible}${to}{visibility:hidden}}#f${i}{animation:k${i} ${all}ms step-end infinite}`;
  });
  const still =
    "@media (prefers-reduced-motion:reduce){image{animation:none!important}image:last-of-type{visibility:visible}}";
  const images = frames.map(
    ({ png }, i) =>
      `<image id="f${i}" width="${width}" height="${height}" href="data:image/jpeg;base64,${png.toString("base64")}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A token is sold and typed, and the lamp goes on">`,
    `<style>image{visibility:hidden}${styles.join("")}${still}</style>`,
    ...images,
    "</svg>\n",
  ].join("\n");
}
