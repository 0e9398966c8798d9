/** What a device does over its modem, scene by scene: PINs, messages, the month's bytes, certificates, time, and people who type meanwhile. */
import { DEMO } from "../../bench/demo-unit";
import { encode, type TokenRequest } from "../../bench/encode";
import { inProcess } from "../../bench/parts/modem/network";
import type { Bundle } from "../../build/bundle";
import { device, HOUR, MODULES, Reporter } from "./device";

let lean: Bundle;
let secure: Bundle;
beforeAll(async () => {
  lean = await device("sim7600", "lean");
  secure = await device("sim7600", "service");
});
let it: Reporter;
afterEach(() => it.end());

const token = (request: Partial<TokenRequest> & Pick<TokenRequest, "kind">) => encode({ ...DEMO, ...request }).token;
const report = () => it.info().report;

describe("the SIM's PIN", () => {
  const tries = () => it.modem.card.tries;

  test("given at the factory port, lets it register; a wrong one is tried once, whatever happens", () => {
    it = new Reporter(lean);
    it.do("modem fault sim-pin 4321", "wait 600");
    expect(report()).toMatchObject({ failure: "PIN" });
    expect(tries()).toBe(3);
    expect(it.ask("#MODEM;internet;;;1111")).toEqual(["#MODEM;OK"]);
    it.do("wait 600", "cut", "wait 60", "on", `wait ${9 * HOUR}`);
    expect(report()).toMatchObject({ failure: "PIN" });
    expect(tries()).toBe(2);
    it.ask("#MODEM;internet;;;1111");
    it.do(`wait ${9 * HOUR}`);
    expect(tries()).toBe(2);
    expect(it.taken).toBe(0);
    it.ask("#MODEM;internet;;;4321");
    // Who gives it sees at once that it was right.
    it.do("wait 150");
    expect(report()).toMatchObject({ failure: "", failures: 0 });
    expect(it.taken).toBe(1);
    // Each time that it was off, the SIM asks again.
    it.do(`wait ${2 * HOUR}`);
    expect(it.taken).toBeGreaterThan(8);
    expect(tries()).toBe(3);
  });

  test("never comes out", () => {
    it = new Reporter(lean);
    const said = [...it.do("#MODEM;internet;someone;secret;4321"), ...it.do("wait 900"), ...it.do("#INFO", "state")];
    expect(JSON.stringify(said)).not.toMatch(/4321|secret|someone/);
  });
});

test("no page of flash is erased while the modem is on, wherever in its pages the device writes", () => {
  const erases = () => it.session.board.parts.flash!.erases.reduce((sum, each) => sum + each, 0);
  let before = 0;
  // Over all places of a page; some sessions find no room for what they write.
  for (let records = 1; records < 66; records += 3) {
    it = new Reporter(secure);
    for (let i = 0; i < records; i++) it.ask("#MODEM;internet;;;4321");
    it.do("modem fault sim-pin 4321");
    const first = erases();
    while (!it.modem.state().on) it.do("wait 0.1");
    before += erases() - first;
    const found = erases();
    while (it.modem.state().on) it.do("wait 0.1");
    expect({ records, erases: erases() }).toEqual({ records, erases: found });
    expect(report()).toMatchObject({ failure: "" });
    expect(it.taken).toBe(1);
    it.end();
  }
  expect(before).toBeGreaterThan(3);
  it = new Reporter(lean);
});

test("the network's user and password are used as they were given", () => {
  it = new Reporter(lean);
  it.ask("#MODEM;iot.example;joe;word");
  it.do("wait 120");
  const said = it.modem.log.map(({ text }) => text).join("");
  expect(said).toContain('AT+CGDCONT=1,"IP","iot.example"');
  expect(said).toContain('AT+CGAUTH=1,1,"word","joe"');
  expect(it.taken).toBe(1);
});

describe("a token in a text message", () => {
  test("is used once, one a session, and what is none changes nothing", () => {
    it = new Reporter(lean);
    const [first, second] = [
      token({ kind: "add", value: 3 }),
      encode({ ...DEMO, kind: "add", value: 4, count: 2 }).token,
    ];
    it.do("wait 120", `modem sms +254700000001 Hello`, `modem sms +254700000001 ${first.match(/.../g)!.join(" ")}`);
    it.do(`modem sms +254700000001 ${second}`, `modem sms +254700000001 ${first}`, "wait 700");
    expect(it.info()).toMatchObject({ count: 2, lockout: 0 });
    it.do("wait 600");
    expect(it.info()).toMatchObject({ count: 4, lockout: 0 });
    it.do("wait 600");
    expect(it.info()).toMatchObject({ count: 4, lockout: 0 });
    expect(it.info().events.join()).toContain("already_used");
    it.do("wait 600");
    expect(it.modem.messages).toEqual([]);
    expect(it.session.board.state().load).toBe(true);
  });

  test("outlives a power cut at any moment between its reading and its use", () => {
    for (let moment = 0; moment < 12; moment++) {
      it = new Reporter(lean);
      it.do("wait 120", `modem sms +254700000001 ${token({ kind: "add", value: 3 })}`);
      for (let i = 0; i < 9000 && !it.modem.messages.some(({ read }) => read); i++) it.do("wait 0.1");
      it.do(`wait ${moment * 0.8}`, "cut", "wait 60", "on", "wait 1300");
      expect({ moment, ...it.info() }).toMatchObject({ moment, count: 2, lockout: 0 });
      if (moment < 11) it.end();
    }
  });

  test("that is wrong is deleted as soon as entry is open again, or every start would count it anew", () => {
    it = new Reporter(lean);
    it.do("wait 120", "modem sms +254700000001 111111111");
    for (let i = 0; i < 60 && !it.info().events.join().includes("invalid"); i++) it.do("wait 20");
    expect(it.info().lockout).toBeGreaterThan(0);
    // Sooner than the next report, which is in ten minutes.
    it.do("wait 240");
    expect(it.modem.messages).toEqual([]);
    for (let i = 0; i < 3; i++) it.do("cut", "on", "wait 600");
    expect(it.info().lockout).toBe(0);
  });

  test("that is wrong closes the entry as one at the keypad does, and the next waits at the modem", () => {
    it = new Reporter(lean);
    it.do("wait 120", "modem sms +254700000001 111111111", "modem sms +254700000001 222222222", "wait 700");
    expect(it.ask(`#TOKEN;${token({ kind: "add", value: 3 })}`)).toEqual([
      expect.stringMatching(/^#TOKEN;VALID|LOCKED/),
    ]);
    const first = it.info();
    expect(first.events.join()).toContain("invalid");
    // Minutes double: 1, 2, 4… as long as wrong ones come.
    let longest = 0;
    for (let i = 0; i < 8; i++) {
      it.do(`modem sms +254700000001 33333333${i}`, "wait 600");
      longest = Math.max(longest, it.info().lockout);
    }
    expect(longest).toBeGreaterThan(500);
    expect(it.modem.messages.length).toBeGreaterThan(0);
  });
});

test("when the month's kilobytes are used up it is silent until the next month, and loses no row", async () => {
  const noon = Date.UTC(2026, 10, 30, 12) / 1000;
  it = new Reporter(await device("sim7600", "lean", {}, { budget: 20 }), { time: noon });
  it.do(`wait ${6 * HOUR}`);
  const { taken } = it;
  expect(report().kilobytes).toBeGreaterThanOrEqual(20);
  expect(report().kilobytes).toBeLessThan(24);
  expect(new Date(report().next * 1000).toISOString()).toMatch(/^2026-12-01T00/);
  it.do(`wait ${5 * HOUR}`);
  expect(it.taken).toBe(taken);
  it.do(`wait ${2 * HOUR}`);
  expect(it.taken).toBeGreaterThan(taken);
  expect(new Set(it.rows).size).toBe(it.rows.length - it.again);
  const times = new Set(it.rows);
  expect(it.stored.filter((time) => time < Math.max(...times) && !times.has(time))).toEqual([]);
});

test("the authority's certificate is given to the modem once, and to another modem after some failures", () => {
  it = new Reporter(secure);
  const given = () => it.modem.log.filter(({ text }) => text.includes("CCERTDOWN")).length;
  it.do("wait 120");
  expect(given()).toBe(1);
  expect(it.modem.files.get("ca.pem")?.toString()).toContain("BEGIN CERTIFICATE");
  it.modem.log.length = 0;
  it.do("cut", "wait 9", "on", "wait 700");
  expect(it.taken).toBeGreaterThan(1);
  expect(given()).toBe(0);
  it.modem.files.clear();
  const { taken } = it;
  it.do("wait 4000");
  expect(it.taken).toBeGreaterThan(taken);
  expect(it.modem.files.get("ca.pem")?.toString()).toContain("BEGIN CERTIFICATE");
});

test("a server with a certificate of another authority gets nothing", () => {
  it = new Reporter(secure);
  it.modem.network = inProcess(() => ({ status: 201, body: Buffer.from("{}") }), "another");
  it.do("wait 900");
  expect(it.taken).toBe(0);
  expect(report()).toMatchObject({ failure: expect.stringMatching(/^HTTP_7/) });
  expect(it.modem.state().sent).toBe(0);
});

test.each(MODULES)("%s: an answer without end is read no further than it takes to refuse it", async (family) => {
  it = new Reporter(await device(family, "lean"));
  it.modem.network = inProcess(() => ({ status: 200, body: Buffer.alloc(50_000, "x") }));
  for (let i = 0; i < 90 && !report().failure; i++) it.do("wait 1");
  expect(report()).toMatchObject({ failure: "LENGTH", failures: 1 });
  expect(report().kilobytes).toBeLessThan(5);
  expect(it.modem.complaints).toEqual([]);
});

describe("the network's time", () => {
  test("sets a clock that was lost, once, and nothing else", () => {
    it = new Reporter(lean);
    it.do("wait 700", `#TOKEN;${token({ kind: "add", value: 10 })}`, "rtc lose", "cut", "wait 86400", "on", "wait 2");
    const clock = () => it.info().clock.time - it.session.board.state().time;
    expect(clock()).toBeLessThan(-80000);
    const { credit } = it.info();
    it.do("wait 300");
    expect(Math.abs(clock())).toBeLessThan(3);
    expect(Math.abs(it.info().credit - credit)).toBeLessThan(400);
    it.do("modem fault time-jump", `wait ${2 * HOUR}`);
    expect(Math.abs(clock())).toBeLessThan(3);
  });
});

describe("somebody who types while it is in a session", () => {
  /** Brings it to so many seconds after the begin of a session. */
  const into = (seconds: number) => {
    it.do("wait 660");
    for (let i = 0; i < 700 && !it.modem.state().on; i++) it.do("wait 1");
    it.do(`wait ${seconds}`);
  };

  test.each([0, 3, 8, 12, 14, 15, 15.5, 16, 17, 19])(
    "%s s after the modem is on: the token is taken within a second, and the report comes",
    (seconds) => {
      it = new Reporter(lean);
      into(seconds);
      const digits = token({ kind: "add", value: 9 });
      const { taken } = it;
      it.do(`key * ${[...digits.slice(0, -1)].join(" ")}`, `key ${digits.slice(-1)}`, "wait 1");
      expect(it.info()).toMatchObject({ count: 2 });
      expect(it.session.board.state().load).toBe(true);
      it.do("wait 400");
      expect(it.taken).toBeGreaterThan(taken);
      expect(report()).toMatchObject({ failures: 0 });
      expect(new Set(it.rows).size).toBe(it.rows.length - it.again);
    },
  );

  test("gets answers at the factory port, and a report too", () => {
    it = new Reporter(lean);
    into(10);
    expect(it.ask("#STATUS")).toEqual(["#STATUS;INACTIVE"]);
    expect(it.ask("#METRICS")[0]).toMatch(/^\{"sn":/);
    it.do("wait 200");
    expect(it.taken).toBeGreaterThan(0);
  });
});
