/**
 * Boards of the Puck.js class keep what is precious in pages inside a file of Storage: the driver and the journal on the
 * interpreter's own Flash and Storage, with programs beside them, and with the power going at any moment.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { bundle, readBoard } from "../../build/bundle";
import { crc32 } from "../../build/crc";
import { compile } from "../../build/interpreter";
import { RECORD } from "../../firmware/store/journal";
import { Interpreter } from "../interpreter";
import { random } from "../power/story";
import { Desk } from "./desk";

const FILE = { driver: "flash", file: "paygo", pages: 2, page: 4096 };
const PAGE = 4096;
/** Storage begins here, and a file's header has so many bytes. */
const STORAGE = 0x10000000;
const HEADER = 32;

/** Where flash is no part of the controller's memory, the address of a file's bytes is none of the flash. */
const probe = () => {
  const one = new Interpreter();
  try {
    return one
      .run(`var s=require("Storage");s.write("a","",0,9000);print("at="+E.getAddressOf(s.read("a"),true));`)
      .includes("at=-");
  } finally {
    one.end();
  }
};
const mapped = Interpreter.there && probe();
if (Interpreter.there && !mapped)
  process.stderr.write("SKIPPED: ESPRUINO is no build whose Storage is mapped into memory, as it is on Puck.js\n");
const onInterpreter = mapped ? test : test.skip;

/**
 * A program with the driver and the journal. The interpreter maps its flash to somewhere in the process: addresses are
 * put right by those of Storage's first file.
 */
const program = (first: string, body: string) =>
  compile(`
    import { flash } from "./hal/espruino/flash";
    import { append, latest, openJournal, PAYLOAD } from "./firmware/store/journal";
    const real = E.getAddressOf;
    const start = real(global.require("Storage")["read"](${JSON.stringify(first)}), true) - ${STORAGE + HEADER};
    E.getAddressOf = (data, flat) => real(data, flat) - start;
    const open = () => openJournal(flash(0, ${JSON.stringify(FILE)}), E.CRC32, 0, 2, 3);
    const payload = (n) => new Uint8Array(PAYLOAD).map((_, i) => n >> (i & 3) * 8);
    const value = (bytes) => bytes ? new DataView(bytes.buffer).getUint32(0, true) : 0;
    /** What the journal holds: -1 where a record is not one that this program writes. */
    const kept = (j, type) => {
      const bytes = latest(j, type);
      const n = value(bytes);
      return n && bytes.join() !== payload(n).join() ? -1 : n;
    };
    ${body}`);
const READ = `const j = open(); print("kept=" + [1, 2, 3].map((type) => kept(j, type)).join() + ";");`;
const write = (
  n: number,
) => `${READ} for (let n = kept(j, 1) + 1, last = n + ${n}; n < last; n++) append(j, 1, payload(n));
  append(j, 2, payload(70 + kept(j, 1)));`;
const kept = (said: string) => /kept=([\d,-]+);/.exec(said)?.[1];

/** Fills its Storage, however large that is, but for so many bytes. */
const filled = (left: number) =>
  interpreter.run(`var s=require("Storage");s.write("filler","x",0,s.getFree()-${left});`);

let interpreter: Interpreter;
beforeEach(() => {
  interpreter = new Interpreter();
});
afterEach(() => interpreter.end());

/** Programs that must stay whole, and whether they are. */
async function programs() {
  const { code } = await bundle("lantern");
  const files = { ".boot0": "var first = 1;", "paygo.js": code, "last": "x".repeat(100) };
  const whole = () => {
    const names = JSON.stringify(Object.keys(files));
    const said = interpreter.run(
      `var s=require("Storage");print("all="+s.list().sort());${names}.forEach(function(n){print("crc="+n+" "+E.CRC32(s.read(n)))});`,
    );
    return {
      all: /all=(.*)/.exec(said)![1].trim().split(",").sort(),
      sums: said
        .match(/crc=\S+ \d+/g)!
        .sort()
        .join(),
    };
  };
  interpreter.upload(files);
  return { before: whole(), whole };
}

onInterpreter("records outlive restarts, and the programs beside them stay whole", async () => {
  const { before, whole } = await programs();
  expect(kept(interpreter.run(program(".boot0", write(100))))).toBe("0,0,0");
  expect(kept(interpreter.run(program(".boot0", write(300))))).toBe("100,170,0");
  const image = interpreter.bytes();
  expect(kept(interpreter.run(program(".boot0", READ)))).toBe("400,470,0");
  // Reading and finding the file again writes nothing.
  expect(interpreter.bytes()).toEqual(image);
  expect(whole()).toEqual({ all: [...before.all, "paygo"].sort(), sums: before.sums });
});

/** Leaves the newest record as if the power had gone in the middle of its write; returns what it held. */
function tearNewest(): number {
  const image = interpreter.bytes();
  let newest = { at: 0, number: 0 };
  for (let at = 0; at < image.length; at += RECORD) {
    const number = image.readUInt32LE(at);
    if (number > newest.number && crc32(image.subarray(at, at + 60)) === image.readUInt32LE(at + 60))
      newest = { at, number };
  }
  const value = image.readUInt32LE(newest.at + 5);
  image.fill(0xff, newest.at + 22, newest.at + RECORD);
  writeFileSync(interpreter.flash, image);
  return value;
}

onInterpreter(
  "killed in the middle of its writes, again and again: it starts, the newest whole record is there, and so are the programs",
  async () => {
    const { before, whole } = await programs();
    interpreter.run(program(".boot0", write(1)));
    const endless = program(
      ".boot0",
      `${READ} let n = kept(j, 1); const go = () => { append(j, 1, payload(++n)); print("n=" + n + ";"); setTimeout(go, 0); }; go();`,
    );
    interpreter.upload({ "run": endless });
    const rand = random(5);
    let last = 1;
    let total = 0;
    for (let cuts = 0; cuts < 40; cuts++) {
      const child = interpreter.start(["-e", `eval(require("Storage").read("run"))`]);
      let said = "";
      await new Promise<void>((done) => {
        child.stdout!.on("data", (data) => {
          const running = said.includes("n=");
          said += data;
          if (!running && said.includes("n=")) setTimeout(done, rand() * 150);
        });
      });
      child.kill("SIGKILL");
      await once(child, "close");
      const [one, two] = kept(said)!.split(",").map(Number);
      // What was confirmed is there; one more may be.
      expect(one - last).toBeLessThanOrEqual(1);
      expect(one).toBeGreaterThanOrEqual(last);
      expect(two).toBe(71);
      const confirmed = said.match(/n=\d+(?=;)/g)!.map((text) => Number(text.slice(2)));
      expect(confirmed[0]).toBe(one + 1);
      last = confirmed[confirmed.length - 1];
      // The kill falls between two writes; in flash the power also goes in the middle of one.
      if (cuts % 4 === 3) last = tearNewest() - 1;
      total += confirmed.length;
    }
    // Every page was changed many times.
    expect(total).toBeGreaterThan(1000);
    expect(whole()).toEqual({ all: [...before.all, "paygo", "run"].sort(), sums: before.sums });
  },
);

onInterpreter(
  "reserved on an empty Storage, the pages stay where and what they are when programs are replaced and Storage is compacted",
  () => {
    interpreter.run(`require("Storage").write("paygo","",0,${3 * PAGE - HEADER});`);
    filled(12000);
    interpreter.upload({ "paygo.js": "x".repeat(5000) });
    interpreter.run(program("paygo", write(77)));
    const image = interpreter.bytes().subarray(PAGE, 3 * PAGE);
    expect(image.every((byte) => byte === 255)).toBe(false);
    let compacted = 0;
    for (let i = 0; i < 4; i++) {
      const said = interpreter.run(
        `var s=require("Storage");s.write("paygo.js", s.read("paygo.js").substr(1)); print("trash="+s.getStats().trashBytes);`,
      );
      if (/trash=0/.test(said)) compacted++;
      expect(interpreter.bytes().subarray(PAGE, 3 * PAGE)).toEqual(image);
    }
    expect(compacted).toBeGreaterThan(0);
    expect(kept(interpreter.run(program("paygo", READ)))).toBe("77,147,0");
  },
);

onInterpreter("without room for the file every access throws, and nothing else of Storage is touched", () => {
  filled(2 * PAGE);
  const image = interpreter.bytes();
  const said = interpreter.run(program("filler", `try { open(); } catch (e) { print("threw=" + e); }`));
  expect(said).toContain("threw=");
  expect(interpreter.bytes()).toEqual(image);
});

describe("a board with such a file", () => {
  const board = readBoard("esp32");
  const built = bundle({ ...board, parts: { ...board.parts, flash: FILE } });

  test("keeps what was paid for through power cuts", async () => {
    const desk = new Desk(await built);
    desk.setUp();
    const token = desk.token({ value: 30 });
    expect(desk.enter(token)).toBe("VALID;2592000");
    desk.off(10);
    expect(desk.enter(token)).toBe("ALREADY_USED");
    expect(desk.board.state()).toMatchObject({ load: true, flash: { maxErases: 1 } });
  });

  test("that finds no room for it says so, gives no light and cannot be set up", async () => {
    const desk = new Desk(await built);
    desk.off(1, () => {
      desk.board.parts.flash!.room = false;
    });
    expect(desk.info().fault).toBe("FLASH");
    expect(desk.ask("#SETUP;S1;1;a29ab82edc5fbbc41ec9530f6dac86b1")).toBe("#SETUP;ERROR;FLASH");
    desk.board.press("*");
    expect(desk.board.state()).toMatchObject({ load: false, display: "Err3" });
  });
});
