/** `npm run server` as a process: how it is started, told what to say, and what it prints. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEMO } from "../../bench/demo-unit";
import { KEY, sign } from "./desk";

const COMMAND = ["--import", "tsx", "bench/server/cli.ts"];
const cwd = resolve(__dirname, "../..");
let child: ChildProcess;
let text = "";

/** Starts it and returns a function that waits for a line. */
function start(...args: string[]): (pattern: RegExp) => Promise<string> {
  text = "";
  child = spawn(process.execPath, [...COMMAND, "--port", "0", ...args], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  child.stdout!.on("data", (piece) => {
    text += piece;
  });
  return (pattern) =>
    new Promise((done) => {
      const look = () => {
        const found = pattern.exec(text);
        if (found) done(found[1]);
        else child.stdout!.once("data", look);
      };
      look();
    });
}

afterEach(() => void child?.kill("SIGKILL"));

const post = (url: string, request: object) =>
  fetch(`${url}/dd`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });

test("it says where it listens, takes what is to be told from its input, and prints one line a request", async () => {
  const line = start();
  const url = await line(/Listening at (http:\/\/127\.0\.0\.1:\d+)\n/);
  expect(text).toContain(`demo unit ${DEMO.serial}`);
  child.stdin!.write(
    `${KEY}\nunits\n${DEMO.serial} until x\n${DEMO.serial} tokens add:30\n${DEMO.serial} settings {"a":1}\n`,
  );
  await line(/(settings changed)/);
  const request = sign({ sn: DEMO.serial, rc: 1, d: { token_count: 1 } }, "ra", DEMO.key);
  expect(await (await post(url, request)).json()).toMatchObject({
    tkl: [expect.stringMatching(/^\d{9}$/)],
    st: { a: 1 },
  });
  expect((await post(url, request)).status).toBe(409);
  await line(/(409)/);
  const [accepted, refused] = text.trim().split("\n").slice(-2);
  expect(accepted).toMatch(/^\S+Z 201 POST \/dd 123456789: ra, \d+ B of json, 0 rows; answered tkl, st$/);
  expect(refused).toMatch(
    /^\S+Z 409 POST \/dd 123456789: The request_count 1 is not above 1, that of the last request\.$/,
  );
  expect(text).toContain("begins with the serial of a unit");
  expect(text).toContain("no Unix time");
  child.stdin!.write("down\n");
  await line(/(is down)/);
  await expect(post(url, request)).rejects.toThrow();
  const ended = new Promise((done) => child.on("close", done));
  child.stdin!.write("up\nquit\n");
  expect(await ended).toBe(0);
  for (const key of [KEY, DEMO.key]) expect(text.toLowerCase()).not.toContain(key);
});

test("the end of its input is not its end; a signal is", async () => {
  const line = start("--base", "/metrics");
  child.stdin!.end();
  const url = await line(/Listening at (http:\S+\/metrics)\n/);
  expect((await fetch(`${url}/dd`)).status).toBe(200);
  const ended = new Promise((done) => child.on("close", done));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test("a JSON web token is printed for a unit, and is good as long as the secret is the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-test-"));
  try {
    const file = join(folder, "units.json");
    writeFileSync(file, '{"jwt_secret":"of this server","units":[{"serial":"J1","jwt":true}]}', { mode: 0o600 });
    const { stdout } = spawnSync(process.execPath, [...COMMAND, "--units", file, "--jwt", "J1"], {
      cwd,
      encoding: "utf8",
    });
    const line = start("--units", file);
    const url = await line(/Listening at (\S+)\n/);
    const authorization = `Bearer ${stdout.trim()}`;
    expect((await fetch(`${url}/dd`)).status).toBe(401);
    expect((await fetch(`${url}/dd`, { headers: { authorization } })).status).toBe(200);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [["--units", "no-such-file"], "There is no file no-such-file. Name the file with the units.\n"],
  [["--base", "metrics"], "--base"],
  [["--jwt", "A1"], "jwt_secret"],
  [["--port", "70000"], "65535"],
  [[`--key=${KEY}`], "(a key)"],
])("started with %j it says what to change", (args, says) => {
  const { status, stderr } = spawnSync(process.execPath, [...COMMAND, ...args], { cwd, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain(says);
  expect(stderr).not.toContain(KEY);
});

test("a port that is taken is named, and what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { status, stderr } = spawnSync(process.execPath, [...COMMAND, "--port", `${port}`], { cwd, encoding: "utf8" });
  other.close();
  expect(stderr).toBe(`Port ${port} is taken. Give another with --port; 0 takes any that is free.\n`);
  expect(status).toBe(1);
});
