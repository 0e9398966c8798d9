/** The `server …` lines of the bench protocol: a server in the session's own time that learns of the unit when it is set up. */
import { DEMO } from "../../bench/demo-unit";
import { nodeEngine } from "../../bench/engines/node";
import { type Said, Session, START } from "../../bench/session";
import { type Bundle, bundle } from "../../build/bundle";
import { KEY, send, sign, UNIT } from "./desk";

const SETUP = `#SETUP;${UNIT.serial};${UNIT.startingCode};${KEY}`;
let built: Bundle;
beforeAll(async () => {
  built = await bundle("esp32");
});

function open(units?: any[]) {
  const said: any[] = [];
  const session = new Session({ ...built, make: nodeEngine, out: (one: Said) => said.push(one), units });
  const bench = (...lines: string[]) => {
    for (const line of lines) session.line(line);
    return said.splice(0);
  };
  return { bench, session, server: session.server };
}

test("the server knows a unit from its #SETUP on, says what it was told to, and goes down and up", () => {
  const { bench, server, session } = open();
  expect(bench("server until 5")).toEqual([{ error: expect.stringContaining("#SETUP") }]);
  expect(bench(SETUP)).toEqual([{ uart: "#SETUP;OK" }, { done: "#SETUP" }]);
  expect(server.serials).toEqual([UNIT.serial]);
  bench("wait 3600");
  const until = START + 10 * 86400;
  expect(
    bench(
      "server tokens add:30 disable 123456789",
      'server settings {"power mode": "high  low"}',
      'server extra {"a":1}',
      `server until ${until}`,
    ),
  ).toHaveLength(4);
  const request = sign({ sn: UNIT.serial, ts: START + 3600, d: { token_count: 1, active_seconds_left_requested: 1 } });
  const { value } = send(server, request);
  expect(value).toMatchObject({ asl: until - START - 3600, st: { "power mode": "high  low" }, ed: { a: 1 } });
  // The made ones are the unit's, and the device takes them.
  expect(value.tkl).toHaveLength(3);
  expect(bench(`#TOKEN;${value.tkl[0]}`, `#TOKEN;${value.tkl[1]}`)).toMatchObject([
    {},
    { uart: `#TOKEN;VALID;${30 * 86400}` },
    {},
    { uart: "#TOKEN;PAYG_DISABLED" },
    {},
  ]);
  expect(bench("server down")).toEqual([{ done: "server down" }]);
  expect(server.answer("POST", "/dd", {}, Buffer.from(""))).toBeUndefined();
  expect(bench("server up")).toEqual([{ done: "server up" }]);
  expect(send(server, request).status).toBe(409);
  expect(bench()).toEqual([{ server: expect.stringContaining("409") }]);
  session.close();
});

test("a #SETUP that the device refuses changes nothing", () => {
  const { bench, server } = open();
  bench(`${SETUP};70000`);
  expect(server.serials).toEqual([]);
  bench(SETUP);
  bench(`#SETUP;OTHER;${DEMO.startingCode};${DEMO.key}`);
  expect(server.serials).toEqual([UNIT.serial]);
});

test("units of earlier runs come from a file", () => {
  const { bench, server } = open([UNIT]);
  expect(bench("server until 1900000000")).toEqual([{ done: "server until 1900000000" }]);
  expect(server.waiting(UNIT.serial).until).toBe(1900000000);
});

test.each([
  ["server", "one of"],
  ["server explode", "one of"],
  ["server constructor", "one of"],
  ["server down now", "alone"],
  ["server tokens", "lacks"],
  ["server tokens 12a", "digits, or one of"],
  ["server tokens add", "digits, or one of"],
  ["server tokens disable:1", "digits, or one of"],
  ["server tokens add:0.5", "whole number"],
  ["server settings 5", "object"],
  ["server extra {", "JSON"],
  ["server until tomorrow", "Unix time"],
])("refuses %j with what to change, and nothing changes", (line, says) => {
  const { bench, server } = open([UNIT]);
  expect(bench(line)).toEqual([{ error: expect.stringContaining(says) }]);
  expect(server.waiting(UNIT.serial)).toEqual({ tokens: [], until: 0 });
});
