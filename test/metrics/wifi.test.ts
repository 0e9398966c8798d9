import { ENGINES } from "../../bench/bench";
import { DEMO } from "../../bench/demo-unit";
import { type Said, Session } from "../../bench/session";
import { type Bundle, bundle, readBoard } from "../../build/bundle";

const SETUP = `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`;
const HOUR = 3600;

let built: Bundle;
beforeAll(async () => {
  const { table: _, ...settings } = readBoard("esp32").settings;
  const board = readBoard("esp32");
  const { modem: __, ...parts } = board.parts;
  const transport = { driver: "wifi", ssid: "home", password: "secret" };
  built = await bundle({ ...board, settings, parts: { ...parts, transport } as typeof board.parts });
});

/** A device that is set up and reports over Wi-Fi every hour. */
function start() {
  const said: Said[] = [];
  const session = new Session({ ...built, make: ENGINES.node, out: (one) => said.push(one) });
  const run = (...lines: string[]) => {
    for (const line of lines) session.line(line);
    for (const one of said) if ("error" in one || "uncaught" in one) throw new Error(JSON.stringify(one));
  };
  run(SETUP);
  const stored = () =>
    session.server.requests.flatMap((one) => (one.reason ? [] : (one.expanded?.historical_data ?? [])));
  const status = () => {
    said.length = 0;
    run("#STATUS");
    return said.flatMap((one) => ("uart" in one ? [one.uart] : []))[0];
  };
  const count = () => {
    said.length = 0;
    run("#INFO");
    return said.flatMap((one) => ("uart" in one ? [JSON.parse(one.uart).count] : []))[0];
  };
  return { session, run, stored, status, count };
}

test("reports every hour, gets its token with the answer, and every row reaches the server once", () => {
  const { run, session, stored, status } = start();
  run("wait 120", "server tokens add:7", `wait ${6 * HOUR}`);
  expect(status()).toMatch(/^#STATUS;ACTIVE;5\d{5}$/);
  const { requests } = session.server;
  expect(requests.every((one) => one.status === 201)).toBe(true);
  expect(requests.length).toBeGreaterThanOrEqual(6);
  expect(requests.length).toBeLessThanOrEqual(8);
  const times = stored().map((row: any) => row.timestamp ?? row.at);
  expect(times.length).toBeGreaterThanOrEqual(5);
  expect(new Set(times).size).toBe(times.length);
  session.close();
});

test("a server that is down is asked again, later and later; nothing is lost", () => {
  const { run, session, stored } = start();
  run("wait 120", "server down", `wait ${5 * HOUR}`, "server up", `wait ${5 * HOUR}`);
  expect(stored().length).toBeGreaterThanOrEqual(9);
  const counts = session.server.requests.map((one) => JSON.parse(Buffer.from(one.raw).toString()).rc);
  expect(Math.max(...counts)).toBeLessThan(30);
  session.close();
});

test("goes to a new server that answers, and back from one that does not", () => {
  const { run, session } = start();
  const hosts: string[] = [];
  const { network } = session.board;
  session.board.network = (sent) => {
    hosts.push(new URL(sent.url).hostname);
    return network(sent);
  };
  run("wait 120", 'server settings {"base_url":"https://nobody.invalid/x"}', `wait ${4 * HOUR}`);
  expect(hosts).toContain("nobody.invalid");
  expect(hosts[hosts.length - 1]).toBe("metrics.example.com");
  run('server settings {"base_url":"https://second.example.com/x"}', `wait ${4 * HOUR}`);
  expect(hosts[hosts.length - 1]).toBe("second.example.com");
  run("cut", "wait 10", "on", `wait ${2 * HOUR}`);
  expect(hosts[hosts.length - 1]).toBe("second.example.com");
  run("#RESET", `wait ${2 * HOUR}`);
  expect(hosts[hosts.length - 1]).toBe("metrics.example.com");
  session.close();
});

test("power cuts at any moment of a report: every row is there once in the end, and the token was used once", () => {
  const { run, session, stored, count } = start();
  run("wait 120", "server tokens add:7");
  for (let cut = 0; cut < 40; cut++)
    run(`wait ${600 + 97 * cut}`, `cut after ${1 + ((cut * 53) % 300)}`, "wait 4000", "cut", "wait 3", "on");
  run(`wait ${6 * HOUR}`);
  const times = stored().map((row: any) => row.timestamp ?? row.at);
  const again = session.server.requests.reduce((sum, one) => sum + (one.again ?? 0), 0);
  // A row whose answer was cut off is sent again, and the server knows it.
  expect(new Set(times).size).toBe(times.length - again);
  expect(count()).toBe(2);
  session.close();
});
