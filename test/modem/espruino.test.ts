import { resolve } from "node:path";
import { flashable } from "../../build/bundle";
import { check } from "../../build/check";
import { compile, interpret } from "../../build/interpreter";
import { access, type Family, NAMES, session, settings } from "./modems";
import { Letter } from "./wire";

const onDevice = process.env.ESPRUINO ? test : test.skip;
const NEEDS = process.env.ESPRUINO ? "" : " (needs an interpreter: set ESPRUINO)";

const WAYS = NAMES.flatMap((family) => [0, 1].map((lean) => [family, lean] as const));

/** Source text of a value: in ASCII, and with names that the bundler may shorten. */
const ascii = (value: unknown) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const literal = (value: unknown) => JSON.stringify(value).replace(/"(\w+)":/g, "$1:");

const BODY = '{"sn":"A1","d":[1,2,3]}';

/** A dialogue as it was on Node: what was written, and all that was said before the next thing was. */
function record(family: Family, lean: number): { talk: [string, string][]; told: string[] } {
  const talk: [string, string][] = [];
  const s = session(family, { lean, sms: 1, access: access("1234") }, (world, wire) => {
    Object.assign(world, { sim: "SIM PIN", answer: '{"a":"1f","tkl":["123456789"]}', messages: ["123 456 789"] });
    const { write, say } = wire;
    wire.write = (text) => {
      talk.push([text, ""]);
      write.call(wire, text);
    };
    wire.say = (text, ms) => {
      talk[talk.length - 1][1] += text;
      say.call(wire, text, ms);
    };
  });
  const letter = new Letter(BODY);
  letter.onEnd = () => s.transport.close();
  s.transport.open(letter);
  s.wire.run(() => s.off() !== undefined, 20);
  expect(letter.ends).toEqual([[200, ""]]);
  const told = s.told.map(([event, value]) => `told ${event} ${value}`);
  const done = told.findIndex((line) => line.startsWith("told bytes"));
  return { talk, told: [...told.slice(0, done + 1), `post 200  ${letter.answer}`, ...told.slice(done + 1)] };
}

/** The same session on the interpreter, with time that passes at once; it prints what it is told, and what differs. */
const replay = (family: Family, lean: number, talk: [string, string][]) => `
Object.assign(global, { LEAN: true, SERVICE: true, SMS: true });
import { modem } from "./firmware/modem/modem";
import { ${family} } from "./firmware/modem/families/${family}";
const talk = ${ascii(talk)};
let queue = [], now = 0, id = 0, onData, step = 0;
const system = {
  after(fn, ms) { queue.push([now + ms, ++id, fn]); return id; },
  cancel(n) { queue = queue.filter((one) => one[1] !== n); },
};
const port = {
  baud: 115200, burst: 48, pins: { k: 1, r: 2, s: 3 },
  start(fn) { onData = fn; },
  stop() {},
  drive() {},
  write(text) {
    const next = talk[step++] || ["", ""];
    if (text !== next[0]) print("#wrong " + JSON.stringify(text) + " for " + JSON.stringify(next[0]));
    for (let i = 0; i < next[1].length; i += 7) {
      const piece = next[1].substr(i, 7);
      system.after(() => onData(piece), 2);
    }
  },
};
let session, answer = "", given = 0;
const settings = ${JSON.stringify(settings({ lean, sms: 1, access: access("1234") }))};
session = modem(port, system, settings, ${family}, (event, value) => print("#told " + event + " " + value));
session.open({
  url: "http://m.example.com/dd", type: "application/json", authorization: "", size: ${BODY.length},
  read() { const piece = ${JSON.stringify(BODY)}.substr(given, 37); given += piece.length; return piece; },
  write(text) { answer += text; },
  close(status, reason) { print("#post " + status + " " + reason + " " + answer); session.close(); },
});
while (queue.length) {
  let first = queue[0];
  for (let i = 1; i < queue.length; i++) if (queue[i][0] < first[0] || (queue[i][0] === first[0] && queue[i][1] < first[1])) first = queue[i];
  queue = queue.filter((one) => one !== first);
  now = first[0];
  first[2]();
}
print("#end " + (step - talk.length));
`;

onDevice.each(WAYS)(`the interpreter holds the same dialogue: %s, lean %i${NEEDS}`, (family, lean) => {
  const { talk, told } = record(family, lean);
  const [said] = interpret([compile(replay(family, lean, talk))]);
  const lines = [...said.matchAll(/#([^\r\n]*)/g)].map(([, line]) => line);
  expect(lines).toEqual([...told, "end 0"]);
});

/** Bytes of port, engine, session and one family. */
const BYTES = 9900;

/** Variables: of the port while it is there, of a session on it at any time, and what both leave behind. */
const PORT = 50;
const SESSION = 300;
const BEHIND = 5;

/** A program built as the boards' are, with a session that is asleep until it is called. */
const built = async (family: Family, contents: string) => {
  const made = `
    import { system } from "../hal/espruino/espruino";
    import { ${family} } from "../firmware/modem/families/${family}";
    import { modem } from "../firmware/modem/modem";
    export function start(port, settings, tell) { return modem(port, system, settings, ${family}, tell); }`;
  const parts = { LEAN: true, SERVICE: true, SMS: true, TABLE: false, NATIVE: false };
  const program = `import { start } from "./boards/session.overlay"; ${contents}`;
  return (await flashable(program, "modem", parts, { [resolve(__dirname, "../../boards/session.overlay.ts")]: made }))
    .code;
};

test.each(NAMES)("%s: the built driver uses only what the interpreter has, and fits", async (family) => {
  const program = (body: string) => `
    import { io, system } from "./hal/espruino/espruino";
    print(io, system);
    ${body}`;
  const none = await built(family, program(""));
  const code = await built(
    family,
    program(`
      import { modem as port } from "./hal/espruino/modem";
      setTimeout(() => start(port(io, { uart: Serial3, baud: 115200, pins: { k: D4 }, low: "" }), {}, print), 1);`),
  );
  expect(check(code)).toEqual([]);
  expect(code.length - none.length).toBeLessThanOrEqual(BYTES);
});

onDevice.each(WAYS)(
  `%s, lean %i: variables of a session, loaded, at work and after it${NEEDS}`,
  async (family, lean) => {
    const { talk } = record(family, lean);
    const code = await built(
      family,
      `
    import { modem as port } from "./hal/espruino/modem";
    import { io, system } from "./hal/espruino/espruino";
    print(io, system);
    const talk = ${ascii(talk.map(([, reply]) => reply))};
    const settings = ${literal(settings({ lean, sms: 1, access: access("1234") }))};
    const replies = [];
    const uart = {
      "removeAllListeners"() {}, "on"(_, fn) { onData = fn; }, setup() {}, unsetup() {},
      "write"() { replies.push(talk[step++]); },
    };
    let before, base, made, session, tick = 0, most = 0, step = 0, given = 0, onData;
    const tell = (event) => {
      if (event === "off") session = onData = made = undefined;
    };
    const post = {
      url: "http://m.example.com/dd", type: "application/json", authorization: "", size: ${BODY.length},
      read() { const piece = ${JSON.stringify(BODY)}.substr(given, 37); given += piece.length; return piece; },
      write() {},
      close(status) { print("#status " + status); session.close(); },
    };
    // Every look is taken from the same place, so that what looking takes is in all of them.
    const look = () => {
      const used = process["memory"]()["usage"];
      tick++;
      // The interpreter makes its own objects when they are first used.
      if (tick === 1) print("a b".split(" ").map((a) => a.trim()).join(), Math.min(tick, 2), Date.parse("2026-11-22T12:00:00Z"));
      if (tick === 3) {
        before = used;
        made = port(io, { uart, baud: 115200, burst: 64, tx: D17, rx: D16, pins: { k: D4, r: D5 }, low: "" });
      }
      if (tick === 4) {
        print("#port " + (used - before));
        base = used;
        session = start(made, settings, tell);
        session.open(post);
      }
      if (tick === 6) print("#loaded " + (used - base));
      if (tick > 4 && used - base > most) most = used - base;
      if (tick > 6 && !session) { print("#most " + most); print("#behind " + (used - before)); quit(); }
      if (replies.length && onData) onData(replies.shift());
    };
    setInterval(look, 4);
    setTimeout(() => quit(), 60000);
  `,
    );
    const [said] = interpret([code]);
    const number = (name: string) => Number(new RegExp(`#${name} (-?\\d+)`).exec(said)?.[1]);
    expect(number("status")).toBe(200);
    expect(number("port")).toBeLessThanOrEqual(PORT);
    expect(number("most")).toBeGreaterThan(number("loaded"));
    expect(number("most")).toBeLessThanOrEqual(SESSION);
    expect(number("behind")).toBeLessThanOrEqual(BEHIND);
    if (process.env.SAY) console.log(family, lean, said.match(/#\w+ -?\d+/g));
  },
);
