/** What is kept on the disk: all of what was accepted, through a kill at any moment, and never a key. */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { desk, FORMAT, get, KEY, NOW, send, sign, UNIT } from "./desk";

const { serial } = UNIT;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "server-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = (dir: string) => readdirSync(dir).map((name) => join(dir, name));
const read = (dir: string) => files(dir).map((file) => readFileSync(file, "utf8"));

test("a server that starts again knows what it knew: data, replays, rows, formats, and what waits", () => {
  const dir = join(folder, "new");
  const units = [UNIT, { serial: "../a b/ü".replace(/[^!-~]/g, ""), key: "1".repeat(32) }];
  const open = () => desk({ folder: dir, units, formats: {} });
  let server = open();
  const { id } = send(server, FORMAT, { path: "/data_format" }).value;
  const ask = (ts: number, hd: unknown = []) => send(server, sign({ sn: serial, df: id, ts, d: [1, 0, "1", 1], hd }));
  server.tokens(serial, { kind: "add", days: 3 });
  server.until(serial, NOW + 1000);
  const { tkl } = ask(NOW, [{ timestamp: NOW, "0": 5 }]).value;
  server.settings(serial, { mode: "high", jwt_key: "a.secret.token" });
  send(server, sign({ sn: units[1].serial, rc: 1, d: {} }, "ra", units[1].key));
  send(server, { sn: "nobody" });
  const before = get(server).value;

  server = open();
  expect(get(server).value).toEqual(before);
  expect(ask(NOW)).toMatchObject({ status: 409 });
  // The key to another server's door is not kept on the disk.
  const again = ask(NOW + 1, [
    { timestamp: NOW, "0": 5 },
    { timestamp: NOW + 1, "0": 6 },
  ]);
  expect(again.value).toMatchObject({ tkl, auts: NOW + 1000, st: { mode: "high" } });
  expect(server.requests.at(-1)).toMatchObject({ again: 1 });
  expect(
    open()
      .read()
      .flatMap((one) => one.historical_data),
  ).toHaveLength(2);
  expect(open().waiting(serial).settings).toBeUndefined();
  expect(send(server, FORMAT, { path: "/data_format" }).value.id).toBe(id);

  expect(readdirSync(dir).sort()).toEqual([
    "formats.jsonl",
    "refused.jsonl",
    `unit-%2e%2e%2fab%2f.jsonl`,
    `unit-${serial}.jsonl`,
  ]);
  if (process.platform !== "win32") for (const file of files(dir)) expect(statSync(file).mode & 0o77).toBe(0);
  const all = read(dir).join();
  expect(all).toContain("No unit of this serial");
  for (const secret of [KEY, "1".repeat(32), "secret"]) expect(all.toLowerCase()).not.toContain(secret);
});

test("a line that was broken off anywhere is cut away, and nothing else is lost", () => {
  let server = desk({ folder });
  for (let n = 0; n < 3; n++) send(server, sign({ sn: serial, ts: NOW + n, d: { n } }));
  const file = join(folder, `unit-${serial}.jsonl`);
  const whole = readFileSync(file);
  const third = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (let end = third; end < whole.length; end += 7) {
    writeFileSync(file, whole);
    truncateSync(file, end);
    server = desk({ folder });
    expect(server.read().map((one) => one.data)).toEqual([{ n: 0 }, { n: 1 }]);
    expect(server.events).toHaveLength(end === third ? 0 : 1);
    expect(send(server, sign({ sn: serial, ts: NOW + 9, d: {} })).status).toBe(201);
    expect(desk({ folder }).read()).toHaveLength(3);
  }
  appendFileSync(file, "nonsense\n");
  expect(() => desk({ folder })).toThrow("is no JSON");
});

test("what cannot be stored is not accepted, and may come again", () => {
  const server = desk({ folder });
  server.settings(serial, { a: 1 });
  const request = sign({ sn: serial, ts: NOW, d: {} });
  rmSync(folder, { recursive: true });
  expect(send(server, request)).toMatchObject({ status: 507, value: { error: expect.stringContaining("stored") } });
  expect(server.read()).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
  folder = mkdtempSync(join(tmpdir(), "server-test-"));
  const other = desk({ folder });
  other.settings(serial, { a: 1 });
  expect(send(other, request)).toMatchObject({ status: 201, value: { st: { a: 1 } } });
});

test("everything that was answered is on the disk when the process is killed", async () => {
  const units = join(folder, "units.csv");
  writeFileSync(units, `serial,key\n${serial},${KEY}\n`, { mode: 0o600 });
  chmodSync(units, 0o600);
  const data = join(folder, "data");
  let sent = 0;
  const answered: number[] = [];
  for (let life = 0; life < 3; life++) {
    const args = ["--import", "tsx", "bench/server/cli.ts", "--port", "0", "--units", units, "--folder", data];
    const child = spawn(process.execPath, args, {
      cwd: resolve(__dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((done) => child.on("close", done));
    const url = await new Promise<string>((done) => {
      let text = "";
      child.stdout.on("data", (piece) => {
        text += piece;
        const found = /Listening at (\S+)\n/.exec(text)?.[1];
        if (found) done(found);
      });
    });
    const headers = { "content-type": "application/json" };
    for (let inThisLife = 0; ; inThisLife++) {
      const n = ++sent;
      const body = JSON.stringify(sign({ sn: serial, rc: n, d: { n }, hd: [{ timestamp: NOW + n, n }] }));
      const posted = fetch(`${url}/dd`, { method: "POST", headers, body });
      if (inThisLife === 10 + life) child.kill("SIGKILL");
      const status = await posted.then(
        (got) => got.status,
        () => 0,
      );
      if (status === 0) break;
      expect(status).toBe(201);
      answered.push(n);
    }
    await ended;
  }
  expect(answered.length).toBeGreaterThanOrEqual(33);
  const kept = desk({ folder: data })
    .read()
    .map((one: any) => one.data.n);
  // The one that nobody was told of may be there as well.
  expect(kept.filter((n) => answered.includes(n))).toEqual(answered);
  expect(new Set(kept).size).toBe(kept.length);
});
