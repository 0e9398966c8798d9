/** What a device keeps about its modem: through power cuts at any byte, and PINs that are tried once. */
import type { Device } from "../../firmware/device";
import { factoryTest } from "../../firmware/factory/test";
import { access } from "../../firmware/modem/access.overlay";
import { heard } from "../../firmware/modem/heard.overlay";
import { FakeBoard } from "../fake";

const SETTINGS = { board: "fake", interval: 60, utcOffset: 0 };
const given = (piece: number) => (piece ? "" : "internet\n\n\n");
const boot = (board: FakeBoard) => board.start(SETTINGS);
const tell = (d: Device, line: string) => access(d).command(line.split(";"));
const texts = (d: Device) => access(d).settings(given).access;

test("a unit that was told nothing uses what its board's JSON says; then what it was told, through power cuts", () => {
  const board = new FakeBoard();
  expect(texts(boot(board))).toEqual(["internet", "", "", ""]);
  for (const line of ["#MODEM;web.gprs", "#MODEM;a;joe;pass word;1234", "#MODEM", "#MODEM;;;;00000000"]) {
    const [, ...fields] = line.split(";");
    const wrong = / /.test(line);
    expect(tell(boot(board), line)).toBe(wrong ? "#MODEM;ERROR;PASSWORD" : "#MODEM;OK");
    board.cut(1);
    if (!wrong) expect(texts(boot(board))).toEqual([0, 1, 2, 3].map((i) => fields[i] ?? ""));
    board.cut(1);
  }
});

test.each([
  ["a quote in the APN", '#MODEM;a"b', "APN"],
  ["a backslash in the user", "#MODEM;a;b\\c", "USER"],
  ["a control character in the password", "#MODEM;a;b;c\x07", "PASSWORD"],
  ["a PIN of three digits", "#MODEM;a;b;c;123", "PIN"],
  ["a PIN of nine digits", "#MODEM;a;b;c;123456789", "PIN"],
  ["a PIN of letters", "#MODEM;a;b;c;12a4", "PIN"],
  ["a field too many", "#MODEM;a;b;c;1234;x", "TOO_MANY_FIELDS"],
])("%s is refused, and nothing changes", (_what, line, reason) => {
  const board = new FakeBoard();
  const device = boot(board);
  tell(device, "#MODEM;web.gprs;joe");
  expect(tell(device, line)).toBe(`#MODEM;ERROR;${reason}`);
  expect(texts(device)).toEqual(["web.gprs", "joe", "", ""]);
});

test("the longest line comes back whole; cut at any byte, the old texts or the new ones are there, or none of them", () => {
  const long = `#MODEM;${"a".repeat(40)};${"u".repeat(40)};${"p".repeat(30)};12345678`;
  expect(long).toHaveLength(128);
  const [, ...fields] = long.split(";");
  for (let bytes = 1; bytes < 200; bytes += 3) {
    const board = new FakeBoard();
    tell(boot(board), "#MODEM;old;a;b;4321");
    board.flash.left = bytes;
    tell(board.device!, long);
    board.cut(1);
    const found = texts(boot(board));
    expect([["old", "a", "b", "4321"], ["internet", "", "", ""], fields]).toContainEqual(found);
    if (bytes === 199) expect(found).toEqual(fields);
    tell(board.device!, long);
    expect(texts(board.device!)).toEqual(fields);
  }
});

describe("a PIN", () => {
  /** What a session does with the PIN that it gets: sends it, if it may, and says what became of it. */
  const session = (d: Device, right: string): boolean => {
    const a = access(d);
    const settings = a.settings(given);
    const pin = settings.access[3];
    if (!pin || settings.pinState === 1) return false;
    if (settings.pinState === 0) heard(d, settings, "pin", 1);
    if (settings.access[3] !== pin) return false;
    if (pin === right) heard(d, settings, "pin", 2);
    return true;
  };

  test("that is wrong is sent once, whatever happens: restarts, other PINs, and the same one given again", () => {
    const board = new FakeBoard();
    const sent: string[] = [];
    for (const pin of ["1111", "1111", "2222", "1111", "2222", "3333", "1111"]) {
      tell(boot(board), `#MODEM;a;;;${pin}`);
      for (let i = 0; i < 3; i++) {
        if (session(board.device!, "3333")) sent.push(pin);
        board.cut(1);
        boot(board);
      }
      board.cut(1);
    }
    expect(sent).toEqual(["1111", "2222", "3333", "3333", "3333"]);
  });

  test.each(["does not keep that it was", "does not answer any more"])("is not sent when the memory %s", (what) => {
    const board = new FakeBoard();
    const device = boot(board);
    tell(device, "#MODEM;a;;;1111");
    const settings = access(device).settings(given);
    expect(settings.access[3]).toBe("1111");
    if (/answer/.test(what)) board.flash.fails = true;
    else board.flash.locked = true;
    heard(device, settings, "pin", 1);
    expect(settings.access[3]).toBe("");
  });

  test("is not sent when so many were that no more can be remembered", () => {
    const board = new FakeBoard();
    const device = boot(board);
    const sent: number[] = [];
    for (let pin = 1000; pin < 1020; pin++) {
      tell(device, `#MODEM;a;;;${pin}`);
      if (session(device, "0000")) sent.push(pin);
    }
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.length).toBeLessThan(12);
    for (const pin of sent) {
      tell(device, `#MODEM;a;;;${pin}`);
      expect(session(device, "0000")).toBe(false);
    }
  });
});

test("what is no token in a message changes nothing; one is taken, and the others are left for another session", () => {
  const board = new FakeBoard();
  const device = boot(board);
  device.unit = { serial: "A1", key: [1, 2, 3, 4], startingCode: 1, timeDivider: 1, restricted: 0 };
  const hear = (text: string) => {
    const settings = access(device).settings(given);
    return [heard(device, settings, "sms", text), settings.sms];
  };
  for (const text of ["", "hello", "Your token is 123456789", "12345678", "1234567890", "123456789a", "+254700000001"])
    expect(hear(text)).toEqual(["", 1]);
  expect(hear("123456789")).toEqual(["123456789", 0]);
  expect(hear(" 123 456-789 ")).toEqual(["123456789", 0]);
  expect(hear("123 456 789 012")).toEqual(["123456789012", 0]);
  device.unit.restricted = 1;
  expect(hear("123456789")).toEqual(["", 1]);
  expect(hear("123 412 341 234 123")).toEqual(["123412341234123", 0]);
});

test("while entry is closed for wrong tokens, no messages are read", () => {
  const device = boot(new FakeBoard());
  device.paid.closedUntil = device.clock.time + 60;
  expect(access(device).settings(given).sms).toBe(0);
});

test("asked for twice at once, the factory's test switches the modem on once", () => {
  const board = new FakeBoard();
  const device = boot(board);
  const answers: string[] = [];
  const sessions: ((event: string, value: string) => void)[] = [];
  board.hal.serial.write = (text) => answers.push(text);
  device.connect = (_d, _post, tell) => {
    sessions.push(tell);
    return () => {};
  };
  for (let i = 0; i < 2; i++) expect(factoryTest(device, ["#TEST", "MODEM"])).toBe("");
  board.wait(1);
  for (const tell of sessions) tell("off", "");
  expect(answers).toEqual(["#TEST;OK\r\n"]);
});
