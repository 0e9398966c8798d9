/** Power cuts at any byte that is written while rows are stored, asked for and answered for, over the factory port. */
import { existsSync } from "node:fs";
import { ENGINES } from "../../bench/bench";
import { DEMO } from "../../bench/demo-unit";
import type { At24 } from "../../bench/parts/at24";
import { type Said, Session } from "../../bench/session";
import { bundle } from "../../build/bundle";
import { random } from "../power/story";

const HOUR = 3600;
const DAY = 86400;
/** What the power is cut in, and bytes that are written in it: a row and the time; what is asked; an answer and its token. */
const SCENES = [
  ["row", 260],
  ["request", 70],
  ["answer", 130],
] as const;

/** A device on Puck.js, and a person who carries its requests to the server. `inProgress` has the times of rows that a cut may cost. */
async function start(engine: string, rand: () => number) {
  const built = await bundle("puckjs");
  let heard: Said[] = [];
  const session = new Session({ ...built, make: ENGINES[engine], out: (one) => heard.push(one) });
  const { board, server } = session;
  const run = (...lines: string[]): string[] => {
    heard = [];
    for (const line of lines) session.line(line);
    for (const one of heard) if ("error" in one || "uncaught" in one) throw new Error(JSON.stringify(one));
    return heard.flatMap((one) => ("uart" in one ? [one.uart] : []));
  };
  const time = () => board.world.now / 1000;
  const inProgress = new Set<number>();
  /** Does it with a cut somewhere in what it writes, if it writes so much; then there is power again. */
  const cutIn = (most: number, act: () => void) => {
    const { flash, memory } = board.parts;
    const row = Math.ceil(time() / HOUR) * HOUR;
    memory.tear = flash!.tear = rand() < 0.5 ? Math.floor(rand() * 1e9) : undefined;
    (memory as At24).refreshes = rand() < 0.5;
    run(`cut after ${1 + Math.floor(rand() * most)}`);
    act();
    const cut = !board.powered;
    if (cut) inProgress.add(row);
    board.world.cutAfter(Number.POSITIVE_INFINITY, () => {});
    run("cut", "wait 3", "on", "wait 65");
    return cut;
  };
  /** Asks, and brings the request to the server: what it answers, or nothing if the request did not come out whole. */
  const ask = () => {
    const [text = ""] = run("#METRICS");
    if (!text.endsWith("}")) return undefined;
    const { status, body } = server.answer("POST", "/dd", { "content-type": "application/json" }, Buffer.from(text))!;
    expect({ text, status }).toMatchObject({ status: 201 });
    return Buffer.from(body).toString();
  };
  run(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`, "wait 120");
  return { session, run, time, inProgress, cutIn, ask };
}

const rows = (one: { expanded?: any }) => (one.expanded?.historical_data ?? []) as { timestamp: number }[];

const engines: [string, number, typeof test][] = [
  ["node", 150, test],
  ["espruino", 30, existsSync(process.env.ESPRUINO ?? "") ? test : test.skip],
];
for (const [engine, cuts, run] of engines)
  run(
    `${cuts} power cuts on ${engine}: no row comes twice or is lost but those in progress, and every token counts once`,
    async () => {
      const rand = random(7);
      const device = await start(engine, rand);
      const { requests } = device.session.server;
      const answered = new Set<number>();
      const done = { row: 0, request: 0, answer: 0 };
      const began = device.time();
      let tokens = 0;
      const check = (answer: string | undefined) => {
        const asked = requests[requests.length - 1];
        if (answer === undefined) return "";
        // What was answered for is not asked again.
        for (const { timestamp } of rows(asked)) expect(answered.has(timestamp)).toBe(false);
        const [said = ""] = device.run(`#ANSWER;${answer}`, "wait 20");
        if (said === "#ANSWER;OK") for (const { timestamp } of rows(asked)) answered.add(timestamp);
        return said;
      };
      const sure = () => expect(check(device.ask())).toBe("#ANSWER;OK");
      for (let i = 0; done.row + done.request + done.answer < cuts; i++) {
        expect(i).toBeLessThan(4 * cuts);
        const [scene, bytes] = SCENES[i % SCENES.length];
        if (i % 7 === 0) {
          device.run("server tokens add:1");
          tokens++;
        }
        if (scene !== "row") device.run(`wait ${HOUR}`);
        let cut = false;
        if (scene === "row") {
          // To a minute before the row.
          device.run(`wait ${2 * HOUR - 60 - (device.time() % HOUR)}`);
          cut = device.cutIn(bytes, () => device.run("wait 300"));
        }
        if (scene === "request") cut = device.cutIn(bytes, () => check(device.ask()));
        if (scene === "answer") {
          const answer = device.ask();
          cut = device.cutIn(bytes, () => check(answer));
        }
        if (cut) done[scene]++;
        if (i % 5 === 0) sure();
      }
      device.run(`wait ${HOUR}`);
      sure();
      sure();
      const all = requests.flatMap((one) => (one.reason ? [] : rows(one)));
      // What was stored before a request is shown is stored for ever.
      const counts = requests.map(({ raw }) => JSON.parse(Buffer.from(raw).toString()).rc);
      expect(counts.filter((count, i) => i && count <= counts[i - 1])).toEqual([]);
      const times = [...new Set(all.map(({ timestamp }) => timestamp))].sort();
      // A row that is offered again, as its answer was cut off, is the same row.
      expect(new Set(all.map((row) => JSON.stringify(row))).size).toBe(times.length);
      for (let hour = times[0]; hour < times[times.length - 1]; hour += HOUR)
        expect(times.includes(hour) || device.inProgress.has(hour)).toBe(true);
      expect(Math.min(...Object.values(done))).toBeGreaterThan(cuts / 10);
      const info = JSON.parse(device.run("#INFO")[0]);
      // Tokens that add have every other count.
      expect(info).toMatchObject({ fault: "", count: 2 * tokens });
      const given = info.credit + device.time() - began;
      expect(given).toBeGreaterThanOrEqual(tokens * DAY);
      expect(given).toBeLessThan((tokens + 0.5) * DAY);
      device.session.close();
    },
    600_000,
  );
