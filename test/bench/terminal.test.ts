import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { VirtualBoard } from "../../bench/board";
import { nodeEngine } from "../../bench/engines/node";
import { demo, picture, Session, statusLine } from "../../bench/terminal";
import { COLUMNS, duration, ROWS, render, type View } from "../../bench/terminal-screen";
import { type Bundle, bundle } from "../../build/bundle";

const root = resolve(__dirname, "../..");
const START = Date.UTC(2026, 0, 1, 8) / 1000;

/** Bundles by board: each is built once. */
const bundles: { [name: string]: Bundle } = {};
beforeAll(async () => {
  for (const name of ["esp32", "microbit2", "pixljs", "puckjs"]) bundles[name] = await bundle(name);
});
const board = (name = "esp32", code = bundles[name].code) =>
  new VirtualBoard(bundles[name].board, code, nodeEngine, START);

const VIEW: View = {
  board: "esp32",
  engine: "node",
  state: {
    time: START,
    powered: true,
    load: true,
    display: "  30",
    leds: { green: true, red: false },
    blinks: { green: 1, red: 0 },
    buzzer: 0,
    output: { commanded: true, changes: 1 },
    keypad: { held: "", stuck: "", bounce: true },
    rtc: { present: true, battery: true, running: true, ppm: 0 },
    boots: 1,
    memory: { writes: 128, maxPerCell: 1, present: true },
  },
  segments: [0, 0, 0x4f, 0x3f],
  keys: "123456789*0#",
  pressed: "",
  battery: true,
  travel: 0,
  log: [],
  help: false,
};

const AIR: View["air"] = {
  power: "on",
  sim: "ready",
  antenna: true,
  signal: 18,
  registration: 1,
  data: true,
  http: false,
  sockets: 1,
  asleep: false,
  faults: [],
};

describe("screen", () => {
  const full: View = {
    ...VIEW,
    engine: "espruino",
    state: {
      ...VIEW.state,
      buzzer: 2400,
      memory: { writes: 99999999, maxPerCell: 99999, present: true },
      flash: { writes: 99999999, maxErases: 99999 },
      variables: { used: 12345, peak: 12345, total: 16383 },
    },
    segments: [255, 255, 255, 255],
    pressed: "5",
    battery: false,
    travel: 30 * 86400,
    offer: { token: "123456789012", about: "unlocks the device for ever, count 65535" },
    air: { ...AIR, power: "off" },
    next: START + 40 * 86400,
    log: Array.from({ length: 40 }, (_, i) => ({ at: START + i, text: `‹ ${"#INVALID".repeat(9)}`, bad: i % 2 > 0 })),
  };

  test.each([
    ["plain", VIEW],
    ["everything", full],
    ["help", { ...full, help: true }],
    ["no display", { ...full, segments: [] }],
    ["no power", { ...VIEW, state: { ...VIEW.state, powered: false, load: false } }],
  ] as [string, View][])("%s fits the terminal, and colours change no character", (_, view) => {
    const lines = render(view);
    expect(lines).toHaveLength(ROWS);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(COLUMNS);
    expect(lines.join("")).not.toContain("\x1b");
    const coloured = render(view, true).map((line) => line.replace(/\x1b\[[\d;]*m/g, ""));
    for (const line of coloured) expect([...line]).toHaveLength(COLUMNS);
    // Dark segments are there in colour only.
    const blank = (line: string) => line.replace(/[█▀▄]/g, " ").trimEnd();
    expect(coloured.map(blank)).toEqual(lines.map(blank));
  });

  test("shows lamp, days, lamps, clock, offer and events", () => {
    const text = render({ ...VIEW, offer: { token: "016609796", about: "adds 7 days" } }).join("\n");
    for (const part of ["01 Jan 2026 08:00:00 UTC", "● green", "○ red", "* 016 609 796", "adds 7 days", "│█████│"])
      expect(text).toContain(part);
    expect(text).toMatch(/lamp +on/);
    expect(text).toContain("▀▀▀█  █▀▀█");
    expect(render({ ...VIEW, state: { ...VIEW.state, load: false } }).join("\n")).toMatch(/lamp +off/);
    expect(render(VIEW).join("\n")).toContain("none: the device does not answer");
  });

  test.each([
    [0x3f, ["█▀▀█", "█  █", "▀▀▀▀"]],
    [0x06, ["   █", "   █", "   ▀"]],
    [0x5b, ["▀▀▀█", "█▀▀▀", "▀▀▀▀"]],
    [0x40, ["    ", "▀▀▀▀", "    "]],
    [0x79, ["█▀▀▀", "█▀▀▀", "▀▀▀▀"]],
    [0x00, ["    ", "    ", "    "]],
  ])("draws segments %i", (segments, digit) => {
    const lines = render({ ...VIEW, segments: [255, 255, 255, segments] }).slice(3, 6);
    expect(lines.map((line) => line.slice(25, 29))).toEqual(digit);
  });

  test("shows signal and state of the modem, and what can be done to it", () => {
    const says = (more: object, registered = true, colours = false) => {
      const state = { ...VIEW.state, modem: { on: true, registered, sent: 0, received: 0 } };
      return render({ ...VIEW, state, air: { ...AIR, ...more }, next: START + 1740 }, colours);
    };
    expect(says({})[11].slice(37)).toBe("▂▄▆█ modem talks to the server");
    expect(says({ power: "off" }, false)[11].slice(37)).toBe("▂▄▆█ modem is off until it reports at 08:29");
    expect(says({})[21]).toContain("i pull the SIM  a take the antenna off");
    expect(says({ sim: "absent", antenna: false })[21]).toContain("i put the SIM back  a put the antenna on");
    const lit = (signal: number, registered = true) =>
      /38;5;40m([▂▄▆█]+)/.exec(says({ signal }, registered, true)[11])?.[1] ?? "";
    expect([lit(18), lit(31), lit(0), lit(31, false)]).toEqual(["▂▄▆", "▂▄▆█", "▂", ""]);
    expect(render(VIEW)[11].slice(37).trim()).toBe("");
  });

  test("a pressed key lights up, and no other", () => {
    const lit = (pressed: string) =>
      render({ ...VIEW, pressed }, true)
        .join("")
        .match(/48;5;220m\s+(.)/g) ?? [];
    expect(lit("")).toEqual([]);
    expect(lit("7")).toEqual(["48;5;220m  7"]);
  });

  test("durations", () => {
    expect([1, 60, 3600, 86400, 86401].map(duration)).toEqual(["1 minute", "1 minute", "1 hour", "1 day", "2 days"]);
  });
});

describe("session", () => {
  const options = { board: "esp32", engine: "node" };
  const live = (session: Session, seconds: number) => {
    for (let ms = 0; ms < seconds * 1000; ms += 50) session.pass(50);
    while (session.view().travel) session.pass(0);
  };
  const text = (session: Session) => render(session.view()).join("\n");

  test("the offered tokens work, each is used up, and the next is offered", () => {
    const session = new Session(board(), options);
    const offers = new Set<string>();
    const shown = [];
    for (const key of ["", "t", "t", "t", "t"]) {
      if (key) session.key(key);
      offers.add(session.view().offer!.token);
      session.key("n");
      live(session, 4);
      shown.push(session.view().state.display.trim());
    }
    expect(offers.size).toBe(5);
    expect(shown).toEqual(["7", "30", "FrEE", "FrEE", "FrEE"]);
    expect(text(session)).toContain("device: payg_disabled");
    session.end();
  });

  test("four keys and a text display: the offered token is typed on them, and keys that are not there are nothing", () => {
    const session = new Session(board("pixljs"), { ...options, board: "pixljs" });
    live(session, 1);
    expect(session.view().offer!.token).toMatch(/^[1-4]{15}$/);
    for (const key of "9*") session.key(key);
    session.key("n");
    live(session, 6);
    expect(text(session)).toMatch(/│ +7 +│/);
    expect(text(session)).toContain("device: valid");
    for (const key of "12") session.key(key);
    live(session, 1);
    session.key("#");
    live(session, 2);
    expect(session.view().state.display).toBe("1");
    session.key("c");
    live(session, 4);
    expect(session.view().state.display).toBe("-");
    session.end();
  });

  test("time jumps, power, clock battery", () => {
    const session = new Session(board(), options);
    live(session, 1);
    session.key("n");
    live(session, 4);
    expect(statusLine(session.view())).toMatch(/^power on {3}lamp on {3}display 7/);
    session.key("d");
    live(session, 1);
    const { time } = session.view().state;
    expect(time - START - 86400).toBeLessThan(20);
    session.key("p");
    expect(statusLine(session.view())).toBe("power off  lamp off  display dark");
    session.key("w");
    session.key("p");
    session.key("#");
    live(session, 1);
    expect(statusLine(session.view())).toMatch(/^power on {3}lamp off {2}display 0/);
    session.key("r");
    expect(text(session)).toMatch(/clock battery +out/);
    expect(session.key("q")).toBe(false);
    session.end();
  });

  test("a report goes to the server, and its answer back, and both are shown", () => {
    const session = new Session(board(), options);
    live(session, 1);
    session.key("e");
    live(session, 3);
    const said = session.view().log.map((entry) => entry.text);
    expect(said).toContainEqual(expect.stringMatching(/^‹ \d+ B \{"sn":"123456789"/));
    expect(said).toContainEqual(expect.stringMatching(/^server: 201, \d+ B$/));
    expect(said).toContainEqual(expect.stringMatching(/^› #ANSWER;\{/));
    expect(said).toContain("‹ #ANSWER;OK");
    session.end();
  });

  test("SIM and antenna are pulled and put back, and a token comes over the air all the same", () => {
    const session = new Session(board(), options);
    const said = () => session.view().log.map((entry) => entry.text);
    const reported = () => said().filter((text) => text.startsWith("server: 201")).length;
    live(session, 1);
    for (const [key, out, back] of [
      ["i", "SIM pulled", "modem is off until"],
      ["a", "antenna off", "modem is off until"],
    ]) {
      const before = reported();
      session.key(key);
      session.key("h");
      live(session, 1);
      expect(said()).toContain(out);
      expect(reported()).toBe(before);
      session.key(key);
      session.key("g");
      session.key("h");
      live(session, 1);
      expect(reported()).toBeGreaterThan(before);
      expect(said()).toContain("device: valid");
      expect(text(session)).toContain(back);
    }
    expect(session.view().state.load).toBe(true);
    session.key("l");
    expect(text(session)).toMatch(/› AT/);
    expect(text(session)).toMatch(/‹ OK/);
    session.key("l");
    expect(text(session)).not.toMatch(/› AT/);
    session.end();
  });

  test("world time follows the person's, also while keys are pressed; a jump can be ended", () => {
    const session = new Session(board(), options);
    const start = session.view().state.time;
    session.key("1");
    expect(session.view().pressed).toBe("");
    live(session, 0.05);
    expect(session.view().pressed).toBe("1");
    live(session, 9.95);
    expect(session.view().state.time - start).toBe(10);
    expect(session.view().pressed).toBe("");
    session.key("m");
    expect(text(session)).toContain("▸▸ 30 days");
    session.key(" ");
    live(session, 1);
    expect(session.view().state.time - start).toBe(11);
    session.end();
  });
});

describe("demo", () => {
  const play = (device: VirtualBoard) => {
    const lines: string[] = [];
    return { code: demo(device, (line) => lines.push(line)), lines, last: () => lines[lines.length - 1] };
  };

  test.each(["esp32", "microbit2", "pixljs", "puckjs"])("a good device passes: %s", (name) => {
    const { code, lines, last } = play(board(name));
    expect(last()).toBe("Lamp, days and display were right at every step.");
    expect(code).toBe(0);
    expect(lines.slice(0, -1).every((line) => line.startsWith("✓"))).toBe(true);
    for (const line of lines) expect(line.length).toBeLessThan(120);
  });

  test.each<[string, (device: VirtualBoard) => void, RegExp]>([
    ["without its clock chip", ({ parts }) => void (parts.rtc.present = false), /asks to be set up: expected .*5Et/],
    ["with a dead output", ({ parts }) => void (parts.output.stuck = "off"), /7 days is typed: expected +lamp on/],
    ["that was by-passed", ({ parts }) => void (parts.output.stuck = "on"), /expected +lamp off/],
    ["whose clock battery is flat", ({ parts }) => void (parts.rtc.battery = false), /Three days later/],
    ["without memory", ({ parts }) => void (parts.memory.present = false), /expected/],
  ])("a device %s fails", (_, spoil, reason) => {
    const device = board();
    spoil(device);
    const { code, last } = play(device);
    expect(code).toBe(1);
    expect(last()).toMatch(reason);
  });

  test("a wrong bundle fails", () => {
    expect(play(board("esp32", "")).code).toBe(1);
    // A day that lasts half a day.
    const { code } = bundles["esp32"];
    const short = code.replaceAll("86400", "43200");
    expect(short).not.toBe(code);
    expect(play(board("esp32", short)).code).toBe(1);
  });
});

describe("command", () => {
  const run = (input: string, ...args: string[]) =>
    spawnSync(
      process.execPath,
      [join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "bench/terminal.ts"), ...args],
      {
        input,
        encoding: "utf8",
        timeout: 120000,
        killSignal: "SIGKILL",
      },
    );

  test("an output that is no terminal gets plain lines, and keys come from the input", () => {
    const { stdout, stderr, status } = run("nd#p");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).not.toContain("\x1b");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toContain("No terminal");
    expect(lines[1]).toMatch(/^\d\d \w+ \d{4} \d\d:\d\d:\d\d {2}power on {3}lamp off {2}display 0$/);
    expect(lines.some((line) => /lamp on {3}display 7/.test(line))).toBe(true);
    expect(lines.some((line) => /lamp on {3}display 6/.test(line))).toBe(true);
    expect(lines[lines.length - 1]).toMatch(/power off {2}lamp off {2}display dark$/);
  });

  test("q ends it, a board that is none is refused", () => {
    expect(run("q").status).toBe(0);
    const { status, stderr } = run("", "--board", "toaster");
    expect(status).toBe(1);
    expect(stderr).toContain("esp32");
  });

  test("--demo ends with 0", () => {
    const { stdout, status } = run("", "--demo");
    expect(status).toBe(0);
    expect(stdout).not.toContain("\x1b");
  });
});

test("the README's picture is current: npx tsx bench/terminal.ts --svg > docs/images/device.svg", async () => {
  expect(readFileSync(join(root, "docs/images/device.svg"), "utf8")).toBe(await picture());
});
