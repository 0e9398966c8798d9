/** What the bench protocol says of a device beyond its state, and that looking changes nothing. */
import fc from "fast-check";
import { DEMO } from "../../bench/demo-unit";
import { nodeEngine } from "../../bench/engines/node";
import { type Said, Session, START } from "../../bench/session";
import { type Bundle, boardNames, bundle } from "../../build/bundle";

const SETUP = `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`;
const DAY = "662486790";
const built: { [board: string]: Bundle } = {};
beforeAll(async () => {
  for (const name of boardNames()) built[name] = await bundle(name);
});

function open(name = "esp32") {
  const said: any[] = [];
  const session = new Session({ ...built[name], make: nodeEngine, out: (one: Said) => said.push(one) });
  const bench = (...lines: string[]) => {
    for (const line of lines) session.line(line);
    return said.splice(0);
  };
  return { bench, session };
}

describe("looks", () => {
  test("board says of every board what it is made of", () => {
    for (const name of boardNames()) {
      const [{ board }] = open(name).bench("board");
      expect(board).toMatchObject({
        name,
        title: expect.any(String),
        keys: expect.stringMatching(/^(1234|123456789\*0#)$/),
      });
      expect(board.parts.output.driver).toBe("loadswitch");
    }
    expect(open().bench("board")[0].board.sensors.panel).toEqual([
      { channel: "voltage", unit: "mV", least: 0, most: 32000 },
      { channel: "current", unit: "mA", least: -3200, most: 3200 },
    ]);
  });

  test("boots say why the controller started, and what ended it", () => {
    const { bench } = open();
    bench(
      SETUP,
      "wait 60",
      "cut",
      "wait 60",
      "on",
      "wait 5",
      "cut after 5",
      "wait 300",
      "on",
      "wait 10",
      "brownout",
      "wait 1",
    );
    expect(bench("boots")[0].boots.map(({ why, end }: any) => [why, end])).toEqual([
      ["power", "cut"],
      ["power", "cut in a write"],
      ["power", "brown-out"],
      ["brown-out", undefined],
    ]);
    expect(bench("boots 4")[0].boots).toEqual([{ n: 4, why: "brown-out", at: expect.any(Number) }]);
    expect(bench("state")[0].state).toMatchObject({ powered: true, boots: 4 });
  });

  test("state tells what the output is commanded to beside what it does", () => {
    const { bench } = open();
    const output = () => {
      const { load, output } = bench("state")[0].state;
      return [output.commanded, load, output.stuck];
    };
    bench(SETUP, "output bypass", "wait 1");
    expect(output()).toEqual([false, true, "on"]);
    bench(`#TOKEN;${DAY}`, "output dead");
    expect(output()).toEqual([true, false, "off"]);
    bench("output whole");
    expect(output()).toEqual([true, true, undefined]);
    expect(bench("lamp 2")[0].lamp.map(({ on }: any) => on)).toEqual([false, true]);
    expect(bench("state")[0].state.output.changes).toBe(3);
  });

  test("state tells of keys, contacts and the clock chip, as hands left them", () => {
    const { bench } = open();
    bench("key 5 down", "key 3 stick", "bounce off", "rtc drift -20", "rtc lose", "rtc stop");
    expect(bench("state")[0].state).toMatchObject({
      keypad: { held: "5", stuck: "3", bounce: false },
      rtc: { present: true, battery: false, running: false, ppm: -20 },
    });
    bench("key 5 up", "key 3 free", "bounce on", "rtc drift 0", "rtc back", "rtc start");
    expect(bench("state")[0].state).toMatchObject({
      keypad: { held: "", stuck: "", bounce: true },
      rtc: { present: true, battery: true, running: true, ppm: 0 },
    });
  });

  test("state has the glass of each kind of display, and none where there is none", () => {
    const glass = (name: string) => {
      const { bench } = open(name);
      bench(SETUP, "wait 1", "key 1 hold");
      const { segments, rows, light } = bench("state")[0].state;
      return { segments, rows, light };
    };
    expect(glass("esp32").segments).toHaveLength(4);
    expect(glass("espruino-wifi")).toEqual({
      segments: undefined,
      rows: [expect.any(String), expect.any(String)],
      light: expect.any(Boolean),
    });
    expect(glass("espruino-wifi").rows[0]).toHaveLength(16);
    expect(glass("puckjs")).toEqual({});
  });

  test("dump and wear give the bytes of a memory, and how often each was written", () => {
    const { bench } = open();
    bench(SETUP, "wait 600");
    const [{ dump }] = bench("dump flash 0 64");
    expect(Buffer.from(dump.hex, "hex").readUInt32LE(0)).toBe(1);
    const [{ state }] = bench("state");
    for (const part of ["memory", "flash"]) {
      const [{ wear }] = bench(`wear ${part}`);
      const all = (of: (times: number, cells: number) => number) =>
        wear.cells.reduce((sum: number, [times, cells]: [number, number]) => sum + of(times, cells), 0);
      expect(all((_, cells) => cells)).toBe(part === "flash" ? 24576 : 32768);
      expect(all((times, cells) => times * cells)).toBe(state[part].writes);
    }
    expect(bench("wear flash")[0].wear).toMatchObject({ erases: [1, 0, 0, 0, 0, 0] });
  });

  test("requests show both bodies and the chain that the auth ends; rows what was taken, and in which units", () => {
    const { bench } = open();
    // Somebody carries them, and not its modem.
    bench("modem antenna out", "sample panel.voltage 18000", SETUP, "wait 7300");
    expect(bench("waiting")[0].waiting).toMatchObject({ up: true, serial: DEMO.serial, tokens: [] });
    bench("server tokens add:7");
    expect(bench("waiting")[0].waiting.tokens).toEqual([{ wish: { kind: "add", days: 7 }, sent: 0 }]);
    expect(bench("carry")).toContainEqual({ uart: "#ANSWER;OK" });
    const [{ request }] = bench("requests");
    const { hd, a } = JSON.parse(request.sent);
    expect(request).toMatchObject({ n: 1, status: 201, auth: "ra", rows: hd.length });
    expect(request.chain.map(({ of }: any) => of)).toEqual(["serial", "time", "count", "data", "row 1", "row 2"]);
    expect(`ra${request.chain.at(-1).hash}`).toBe(a);
    expect(JSON.parse(request.answered).tkl).toHaveLength(1);
    const [{ rows, variables }] = bench("rows");
    expect(rows[0]).toMatchObject({ panel_voltage: 1800 });
    expect(variables.panel_voltage).toMatchObject({ unit: "V", scale_factor: 0.01 });
    bench("wait 5");
    expect(bench("state")[0].state.load).toBe(true);
    bench("wait 3600", "server down");
    expect(bench("carry")).toContainEqual({ server: "nobody answers" });
    expect(bench("requests 2")).toEqual([{ done: "requests 2" }]);
  });

  test("sun brings days: the panel sleeps at night, the battery is charged at noon and drained in the evening", () => {
    const { bench } = open();
    bench(SETUP, "sun clear", "server tokens set:30", "wait 3700", "carry", "wait 172800", "sun off", "carry");
    const [{ rows }] = bench("rows");
    const at = (hour: number, name: string) =>
      rows.filter(({ timestamp }: any) => (timestamp / 3600) % 24 === hour).map((row: any) => row[name])[1];
    expect([at(2, "panel_voltage"), at(2, "panel_current")]).toEqual([0, 0]);
    expect(at(12, "panel_current")).toBeGreaterThan(70);
    expect(at(13, "battery_voltage")).toBeGreaterThan(at(6, "battery_voltage"));
    expect(at(23, "battery_voltage")).toBeLessThan(at(17, "battery_voltage"));
    expect(bench("state")[0].state.sun).toBeUndefined();
  });

  test("token sells one after the other, each for a later count", () => {
    const { bench } = open();
    expect(bench("token add:1")).toEqual([{ error: expect.stringContaining("#SETUP") }]);
    bench(SETUP);
    const [{ token: first }] = bench("token add:1");
    expect(first).toEqual({ token: DAY, count: 2, kind: "add", days: 1 });
    const [{ token: second }] = bench("token add:1");
    expect(second.count).toBe(4);
    expect(bench(`#TOKEN;${first.token}`, `#TOKEN;${second.token}`)[2]).toEqual({ uart: `#TOKEN;VALID;${2 * 86400}` });
    expect(bench("token disable")[0].token).toMatchObject({ kind: "disable", count: 5 });
  });

  test("expect is an error where it is otherwise, and says how it is", () => {
    const { bench } = open();
    bench(SETUP);
    expect(bench('expect {"load":false,"keypad":{"held":""}}', "expect #SETUP;OK")).toHaveLength(2);
    expect(bench('expect {"load":true,"powered":true}')).toEqual([{ error: 'It is otherwise: {"load":false}' }]);
    expect(bench("expect #STATUS")).toEqual([{ error: "The device said #SETUP;OK" }]);
  });

  test.each([
    ["peek #SETUP", "#INFO or #STATUS"],
    ["dump", "flash and memory"],
    ["dump flash 0 99999", "of 24576"],
    ["wear toString", "flash and memory"],
    ["boots first", "number"],
    ["requests 1 2", "number"],
    ["rows today", "Unix seconds"],
    ["air now", "number"],
    ["token", "digits, or one of"],
    ["token 123456789", "one of: add"],
    ["expect", "an object or a line"],
    ["rtc drift fast", "millionths"],
    ["output", "one of: bypass"],
    ["key 12 stick", "one key"],
    ["bounce", "one of: on"],
    ["brownout now", "alone"],
    ["sun set", "clear, cloudy or off"],
  ])("refuses %j with what to change", (line, says) => {
    const { bench } = open();
    bench(SETUP);
    expect(bench(line)).toEqual([{ error: expect.stringContaining(says) }]);
  });

  test("a peek takes no time, and waits for a line that somebody is typing", () => {
    const { bench, session } = open();
    bench(SETUP);
    const before = session.now;
    expect(JSON.parse(bench("peek #INFO")[0].peek)).toMatchObject({ serial: DEMO.serial, count: 1 });
    expect(session.now).toBe(before);
    bench('raw "#STA"');
    expect(bench("peek #INFO")).toEqual([{ error: expect.stringContaining("Half a line") }]);
    expect(bench('raw "TUS\\n"')).toContainEqual({ uart: "#STATUS;INACTIVE" });
    bench("cut");
    expect(bench("peek #STATUS")).toEqual([{ error: expect.stringContaining("no power") }]);
  });
});

describe("a story", () => {
  /** What a person may do, besides letting time pass in pieces of milliseconds. */
  const act = fc.oneof(
    fc.constantFrom(
      "cut",
      "on",
      "key 5 down",
      "key 5 up",
      "key *",
      "key #",
      "brownout",
      "rtc lose",
      "cut after 70",
      "carry",
    ),
    fc.constantFrom(
      `key * ${[...DAY].join(" ")}`,
      "#STATUS",
      "server tokens add:3",
      "wait 7200",
      "// a word",
      "nonsense",
    ),
    fc.integer({ min: 1, max: 40000 }),
  );

  test("replays to the same end, however the world was let run and looked at", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const { bench, session } = open();
        bench(SETUP);
        for (const act of acts) {
          if (typeof act === "string") bench(act);
          else
            for (const target = session.now + act; session.now < target; ) {
              session.pass(Math.min(target, session.now + 33));
              if (act % 3 === 0) bench("state", "peek #INFO", "dump memory");
            }
        }
        const story = session.story();
        const again = open();
        expect(again.bench(...story).filter((one) => "error" in one)).toEqual([]);
        expect(again.session.now).toBe(session.now);
        expect(again.session.story()).toEqual(story);
        // What was said while the world was let run waits to be read.
        bench();
        for (const memory of ["flash", "memory"])
          expect(again.bench(`dump ${memory}`)).toEqual(bench(`dump ${memory}`));
      }),
      { numRuns: 20 },
    );
  });

  test("keeps keys that follow each other on one line, and time as one wait", () => {
    const { bench, session } = open();
    bench("key 1", "key 2 3", "state");
    for (let i = 0; i < 10; i++) session.pass(session.now + 33);
    bench("key 4");
    expect(session.done.map(({ line }) => line)).toEqual(["key 1 2 3", "wait 0.33", "key 4"]);
    expect(session.done[2].at).toBe(START + 1);
  });

  test.each([
    ["a key that is not public", SETUP.replace(DEMO.key, "00112233445566778899aabbccddeeff"), "0011"],
    [
      "the same, sent as characters",
      `raw ${JSON.stringify(`${SETUP.replace(DEMO.key, "0".repeat(32))}\\n`)}`,
      "0000000",
    ],
    ["a network's password", "#MODEM;iot.example;joe;hunter22", "hunter22"],
    ["a SIM's PIN", "#MODEM;iot.example;;;4711", "4711"],
    ["a server's key", 'server settings {"jwt_key":"hunter22"}', "hunter22"],
  ])("never holds %s", (_what, line, secret) => {
    const { bench, session } = open();
    bench(SETUP, "#MODEM;iot.example;joe", line);
    const all = `${JSON.stringify(session.done)}${session.story().join()}`;
    expect(all).not.toContain(secret);
    expect(all).toContain("line here");
    // What is no secret is in it as it was.
    expect(session.story().slice(0, 2)).toEqual([SETUP, "#MODEM;iot.example;joe"]);
  });
});
