/** What the page says: one sentence a situation, each of which a person has to understand without knowing the project. */
import type { State } from "../../bench/board";
import { START } from "../../bench/session";
import type { Info } from "../../bench/web/frame";
import { airWords, clock, clockWords, day, grouped, plain, reporting, sentence, span } from "../../bench/web/words";

const state = (more: Partial<State> = {}): State =>
  ({
    time: START,
    powered: true,
    load: false,
    boots: 1,
    output: { commanded: more.load ?? false, changes: 0 },
    ...more,
  }) as State;
const info = (more: Partial<Info> = {}): Info =>
  ({
    at: START,
    serial: "1",
    fault: "",
    clock: { time: START, silent: 0 },
    credit: 0,
    count: 1,
    lockout: 0,
    ...more,
  }) as Info;
const says = (...args: Parameters<typeof sentence>) => {
  const { head, parts } = sentence(...args);
  return [head, ...parts].join(" · ");
};
const DAY = 86400;
const on = { load: true, output: { commanded: true, changes: 1 } };

test.each<[string, Parameters<typeof sentence>]>([
  ["One moment · the device is being made", []],
  ["No device · it cannot go on: The interpreter ended", [state(), info(), "The interpreter ended"]],
  ["Starting · lamp off", [state()]],
  ["Not set up yet · lamp off until the factory gives it a serial number and a key", [state(), info({ serial: "" })]],
  ["Nothing paid yet · lamp off because there is no credit", [state(), info()]],
  ["The credit is used up · lamp off because there is no credit", [state(), info({ count: 2 })]],
  ["Paid until Sun 29 Nov, 00:00 · 7 d left · lamp on because there is credit", [state(on), info({ credit: 7 * DAY })]],
  [
    "Paid until Sun 29 Nov, 00:00 · 6 d left · lamp on because there is credit",
    [state({ ...on, time: START + DAY }), info({ credit: 7 * DAY })],
  ],
  [
    "Paid until Sun 29 Nov, 00:00 · 7 d left · lamp off although it is switched on: its switch is dead",
    [state({ output: { commanded: true, changes: 2 } }), info({ credit: 7 * DAY })],
  ],
  ["Unlocked for ever · lamp on because all of it is paid", [state(on), info({ credit: -1 })]],
  [
    "By-passed · lamp on although the device has switched it off: somebody wired it to the battery",
    [state({ load: true, output: { commanded: false, stuck: "on", changes: 1 } }), info()],
  ],
  ["The credit is used up · lamp on for half a minute, for a test code", [state(on), info({ count: 2 })]],
  [
    "The clock chip does not work · lamp off until it does · paid until Sun 29 Nov, 00:00",
    [state(), info({ fault: "RTC", credit: 7 * DAY })],
  ],
  [
    "Nothing paid yet · lamp off because there is no credit · token entry is closed for 1 min",
    [state(), info({ lockout: 60 })],
  ],
  [
    "No power · lamp off because the plug is out · paid until Sun 29 Nov, 00:00, and that goes on counting",
    [state({ powered: false }), info({ credit: 7 * DAY })],
  ],
  [
    "No power · lamp off because the plug is out · nothing is paid",
    [state({ powered: false, time: START + 8 * DAY }), info({ credit: 7 * DAY })],
  ],
])("%s", (words, args) => expect(says(...args)).toBe(words));

test("times, spans and tokens are written as people write them", () => {
  expect([0, 59, 60, 3599, 3600, 90000, 86400 * 30 + 7200].map(span)).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "59 min 59 s",
    "1 h",
    "1 d 1 h",
    "30 d 2 h",
  ]);
  expect(`${day(START)} ${clock(START + 32405)} ${clock(START + 32405, true)}`).toBe("Sun 22 Nov 09:00 09:00:05");
  expect(day(START + 60 * DAY, START)).toBe("Thu 21 Jan 2027");
  expect(["016609796", "111444224131121", "01660979611122233344"].map(grouped)).toEqual([
    "016 609 796",
    "111 444 224 131 121",
    "0166 0979 6111 2223 3344",
  ]);
  expect(clockWords(info())).toBe("the device's clock agrees");
  expect(clockWords(info({ clock: { time: START - 3600, silent: 0 } }))).toBe("the device's clock is 1 h behind");
});

test("what the modem does is said in a sentence", () => {
  const view: Parameters<typeof airWords>[0] = {
    power: "on",
    sim: "ready",
    antenna: true,
    signal: 18,
    registration: 1,
    data: false,
    http: false,
    sockets: 0,
    asleep: false,
    faults: [],
  };
  const report = { next: START + 32400, failures: 0, failure: "", kilobytes: 0, signal: 0 };
  const says = (more: Partial<typeof view>, due: Partial<typeof report> = {}, powered = true) => {
    const [air, known] = [{ ...view, ...more }, info({ report: { ...report, ...due } })];
    return airWords(air, known.report!.next, START, reporting(air, known, START), powered).slice(9);
  };
  const off = { power: "off" } as const;
  expect(says(off)).toBe(" is off until it reports at 09:00.");
  expect(says(off, { next: START + 20 })).toBe(" is off until it reports at 00:00:20.");
  // Due, or begun: what would be tried again is not waited for.
  expect(says(off, { next: START })).toBe(" is off; a report is under way.");
  expect(says(off, { next: START + 60, failures: 1 })).toBe(" is off; a report is under way.");
  expect(says(off, { next: START + 60, failures: 1, failure: "SIM" })).toBe(" is off until it reports at 00:01.");
  expect(says({ asleep: true })).toBe(" sleeps until it reports at 09:00.");
  expect(says(off, {}, false)).toBe(" has no power.");
  expect(says({ power: "dead" })).toBe(" does nothing any more.");
  expect(says({ sim: "absent" })).toBe(" finds no SIM.");
  expect(says({ antenna: false, registration: 2 })).toBe(" hears no network: no antenna.");
  expect([0, 1, 2, 3, 5].map((registration) => says({ registration }))).toEqual([
    " looks for a network.",
    " is registered in a network.",
    " looks for a network.",
    " is refused by the network.",
    " is registered in a network.",
  ]);
  expect(says({ data: true })).toBe(" has a data connection.");
  expect(says({ data: true, sockets: 1 })).toBe(" talks to the server.");
  expect(["\r\nOK\r\n", "AT\r", "\r\n", "+A\r\nb\r\n", "\0\x81z"].map(plain)).toEqual([
    "OK",
    "AT",
    "⏎",
    "+A ⏎ b",
    "··z",
  ]);
});
