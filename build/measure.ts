/**
 * `npm run measure` makes docs/measurements.md: what hashes, decodes and bundles cost. Counts of instructions, variables and bytes,
 * no times: they come out the same on any machine. A section whose tools are missing stays as it was committed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command } from "commander";
import { DEMO } from "../bench/demo-unit";
import { encode } from "../bench/encode";
import { interpreterVersion } from "../bench/engines/espruino";
import { Counted, LONGEST, modemsOwn, RATES, SESSION, type Slice } from "../bench/slices";
import { nothingPaid } from "../firmware/credit/credit";
import { carry } from "../firmware/token/carry.overlay";
import { PAST, startWalk, type Unit } from "../firmware/token/decode";
import { openTable, SLOT, skipToTable } from "../firmware/token/table";
import { LOOK } from "../hal/drivers/matrix";
import type { Hal } from "../hal/hal";
import { bundle } from "./bundle";
import { arm, compile, host, instructions, interpret, type Machine, qemu } from "./interpreter";
import { sizes, table } from "./size";
import { prepare } from "./tool";

const root = resolve(__dirname, "..");
const DOCUMENT = join(root, "docs/measurements.md");

/** A hundred functions beside what is measured, as in a bundle: a name is looked up among them all. */
const functions = Array.from({ length: 100 }, (_, i) => `function other${i}() { return ${i}; }`);
const neighbours = `${functions.join("\n")}\nif (print.never) print(${functions.map((_, i) => `other${i}`)});`;

/** Instructions that a program takes for each round of `TIMES`, and what it printed behind "said=". */
function measure(machine: Machine, program: string, times: [number, number]): { instructions: number; said: string } {
  const programs = times.map((n) => compile(`${neighbours}${program}`.replace(/TIMES/g, String(n))));
  const runs = interpret(programs, machine, true);
  // What start and end take is the same in both.
  const [less, more] = runs.map(instructions);
  const said = /said=(.*)/.exec(runs[1])?.[1];
  if (!said) throw new Error(`The program said nothing: ${runs[1].slice(-1000)}`);
  return { instructions: Math.round((more - less) / (times[1] - times[0])), said };
}

/** How each kernel hashes the same eight bytes; `native` is in the machine code that boards with ARM run. */
const KERNELS: { name: string; native?: boolean; hashes?: number; program: string }[] = [
  {
    name: "npm `siphash` 1.2.0",
    program: `
    const hash = require("siphash").hash;
    const key = [0x12345678, 0x9abcdef0, 0x0f1e2d3c, 0x87654321];
    const bytes = new Uint8Array([0, 0, 0, 1, 0, 0, 0, 1]);
    let last;
    for (let i = 0; i < TIMES; i++) last = hash(key, bytes);
    print("said=" + (last.h ^ 0) + " " + (last.l ^ 0));`,
  },
  {
    name: "`siphash.ts`, key set each time",
    program: `
    import { high, low, sip } from "./firmware/token/siphash";
    const key = [0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0];
    for (let i = 0; i < TIMES; i++) sip(key, "", 1 << 24, 1 << 24);
    print("said=" + high + " " + low);`,
  },
  {
    name: "`siphash.ts`, as in a token",
    program: `
    import { high, keyed, low } from "./firmware/token/siphash";
    const hash = keyed([0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0]);
    for (let i = 0; i < TIMES; i++) hash(1 << 24, 1 << 24, 3);
    print("said=" + high + " " + low);`,
  },
  {
    name: "native, a call for each",
    native: true,
    program: `
    import { native } from "./hal/espruino/native";
    const key = [0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0];
    const walk = native();
    const chain = { code: 1, least: 1e9, modulus: 1000 };
    for (let i = 0; i < TIMES; i++) {
      chain.code = 1;
      walk(key, chain, 1);
    }
    print("said=code " + chain.code);`,
  },
  {
    name: "native, 708 in a call",
    native: true,
    hashes: 708,
    program: `
    import { native } from "./hal/espruino/native";
    const key = [0x12345678, 0x9abcdef0 | 0, 0x0f1e2d3c, 0x87654321 | 0];
    const walk = native();
    const chain = { code: 1, least: 1e9, modulus: 1000 };
    for (let i = 0; i < TIMES; i++) walk(key, chain, 708);
    chain.code = 1;
    walk(key, chain, 1);
    print("said=code " + chain.code);`,
  },
];

/** Three digits of a count: the rest is not the same in every run, as the interpreter's memory lies elsewhere each time. */
function grouped(n: number): string {
  const unit = 10 ** Math.max(0, String(n).length - 3);
  return String(Math.round(n / unit) * unit).replace(/\B(?=(\d{3})+$)/g, " ");
}
const ratio = (n: number) => (n < 100 ? n.toPrecision(3) : grouped(Math.round(n)));
const row = (...cells: (string | number)[]) =>
  `| ${cells.map((cell) => (typeof cell === "number" ? grouped(cell) : cell)).join(" | ")} |`;

function kernels(machine: Machine, withNative: boolean): string {
  const rows = KERNELS.filter(({ native }) => withNative || !native).map(({ program, ...kernel }) => {
    const { instructions, said } = measure(machine, program, [4, 8]);
    return { ...kernel, instructions, said };
  });
  const [{ said }] = rows;
  const [h, l] = said.split(" ").map(Number);
  const code = (h ^ l) >>> 2;
  const known = [said, `code ${code > 999999999 ? code - 73741825 : code}`];
  for (const one of rows) if (!known.includes(one.said)) throw new Error(`${one.name} finds another hash`);
  const whole = rows.find(({ hashes }) => hashes);
  const last = `\n\nThe whole walk of 708 hashes (count 643) is one call: ${grouped(whole?.instructions ?? 0)} instructions, the interpreter's included.`;
  return [
    row("kernel", "instructions a hash", "times fewer"),
    row("---", "---:", "---:"),
    ...rows.map(({ name, instructions, hashes = 1 }) =>
      row(name, Math.round(instructions / hashes), ratio((rows[0].instructions * hashes) / instructions)),
    ),
  ]
    .join("\n")
    .concat(whole ? last : "");
}

/** Where the table of codes lies, and the slices in which it is made. */
const TABLE = { flash: 0, position: 0, hashes: 1e6, pause: 1 };

/** Seals that are checked where a decode begins in the table: two for its key, two for the slots, one for the cell. */
const SEALS = 5;

/**
 * Ways to decode a token. A program has `unit`, `counts`, `text` and what `needs` adds, and leaves the walk in `walk` and the
 * hashes in `hashes`.
 */
const METHODS: { name: string; native?: boolean; needs?: typeof tableFor; program: string }[] = [
  {
    name: "full walk",
    program: `
      walk = startWalk(unit, counts, text);
      while (!walk.result) stepWalk(walk, unit, counts, 4);
      hashes = walk.count;`,
  },
  {
    name: "from the table of codes",
    needs: tableFor,
    program: `
      walk = startWalk(unit, counts, text);
      const all = walk.top;
      skipToTable(walk, counts, openTable(hal, settings, unit));
      const begun = walk.count;
      while (!walk.result) stepWalk(walk, unit, counts, 4);
      hashes = ${SEALS} + (walk.result === "INVALID" ? all : walk.count - begun);`,
  },
  {
    name: "full walk, native",
    native: true,
    program: `
      walk = startWalk(unit, counts, text);
      while (!walk.result) stepWalk(walk, unit, counts, 1024, fast);
      hashes = walk.count;`,
  },
];

/** A part of a program with the table of a unit: only what a decode reads of it, as the whole is too big for the interpreter. */
function tableFor(unit: Unit, count: number, text: string): string {
  const cells = new Uint8Array(2 * SLOT);
  const read: { [position: number]: number[] } = {};
  const memory = {
    byteLength: cells.length,
    eraseSize: 4096,
    stride: 64,
    read: (position: number, length: number) => {
      read[position] = [...cells.subarray(position, position + length)];
      return Uint8Array.from(read[position]);
    },
    write: (position: number, bytes: Uint8Array) => cells.set(bytes, position),
  };
  const counts = nothingPaid(count);
  const hal = { memory } as unknown as Hal;
  const step = carry(hal, TABLE, unit, counts);
  while (step(TABLE.hashes)) {}
  for (const position of Object.keys(read)) delete read[Number(position)];
  skipToTable(startWalk(unit, counts, text), counts, openTable(hal, TABLE, unit));
  return `
    import { openTable, skipToTable } from "./firmware/token/table";
    const settings = ${JSON.stringify(TABLE)};
    const cells = ${JSON.stringify(read)};
    const hal = { memory: { read: (position, length) => new Uint8Array(cells[position]) } };`;
}

const COUNTS = [1, 50, 200, 643];

/** A token that fits no count up to a thousand. */
const WRONG = "111111111";

function decodes(machine: Machine, withNative: boolean): string {
  const key = Buffer.from(DEMO.key, "hex");
  const unit: Unit = {
    serial: "",
    key: [0, 4, 8, 12].map((at) => key.readInt32LE(at)),
    startingCode: DEMO.startingCode,
    timeDivider: 1,
    restricted: 0,
  };
  const lines = [
    row(
      "count",
      "method",
      "next token: hashes",
      "instructions",
      "wrong token: hashes",
      "instructions",
      "of the full walk",
    ),
    row("---:", "---", "---:", "---:", "---:", "---:", "---:"),
  ];
  for (const count of COUNTS) {
    let whole = 0;
    for (const { name, native, needs, program } of METHODS.filter(({ native }) => withNative || !native)) {
      // Of a young unit no token is past, so it has no table.
      if (needs && count <= PAST) continue;
      const of = (text: string, result: string) => {
        const { instructions, said } = measure(
          machine,
          `
    import { markUsed, startWalk, stepWalk } from "./firmware/token/decode";
    ${native ? 'import { native } from "./hal/espruino/native"; const fast = native();' : ""}
    ${needs ? needs(unit, count, text) : ""}
    const unit = ${JSON.stringify(unit)};
    const counts = { count: ${count}, bits: new Uint8Array(16), near: new Uint32Array(4) };
    markUsed(counts, ${count}, true);
    const text = "${text}";
    let walk, hashes;
    for (let i = 0; i < TIMES; i++) {${program}
    }
    print("said=" + (walk ? walk.result + " " + hashes : "nothing"));`,
          [0, 1],
        );
        const [ended, hashes] = said.split(" ");
        if (ended !== result) throw new Error(`${name} at ${count}: ${said} in place of ${result}`);
        return { instructions, hashes: Number(hashes) };
      };
      const next = of(encode({ ...DEMO, kind: "set", value: 30, count }).token, "VALID");
      const wrong = of(WRONG, "INVALID");
      whole ||= next.instructions;
      const share = `${((100 * next.instructions) / whole).toPrecision(3)} %`;
      lines.push(row(count, name, next.hashes, next.instructions, wrong.hashes, wrong.instructions, share));
    }
  }
  return lines.join("\n");
}

/** Keypads, and what each reads again and again while its first key is held. */
const KEYPADS: { name: string; reads: (number | number[])[]; make: string }[] = [
  {
    name: "matrix of 12 keys on pins",
    reads: [3, 3, 7, 7, 7],
    make: `
    import { matrix } from "./hal/drivers/matrix";
    const keypad = matrix({ ...io, read: next }, { rows: [D1, D2, D3, D4], columns: [D5, D6, D7] }, system);`,
  },
  {
    name: "the same on a PCF8574",
    reads: [[0xb0], [0xb7], [0xfb], [0xfd], [0xfe]],
    make: `
    import { pcf8574 } from "./hal/drivers/pcf8574";
    const keypad = pcf8574({ writeTo() {}, readFrom: next }, { address: 32, interrupt: D5 }, system, io);`,
  },
  {
    name: "four keys on pins",
    reads: [7],
    make: `
    import { keys } from "./hal/drivers/keys";
    const keypad = keys({ ...io, read: next }, { pins: [D1, D2, D3, D4] }, system);`,
  },
];

/** What a look at the keys takes while one is held, and how long a press must be for that. */
function looks(machine: Machine): string {
  const rates = Object.values(RATES);
  const rows = KEYPADS.map(({ name, reads, make }) => {
    const program = `
    const reads = ${JSON.stringify(reads)};
    let n = 0;
    const next = () => reads[n++ % reads.length];
    let look;
    const system = { after: (fn) => { look = fn; return 1; }, cancel() {} };
    const io = { write: digitalWrite, mode: pinMode, watch() {} };${make}
    keypad.start(() => {});
    for (let i = 0; i < TIMES; i++) look();
    print("said=" + n);`;
    const { instructions } = measure(machine, program, [4, 24]);
    return row(name, instructions, ...rates.map((perMs) => String(Math.ceil(LOOK + (2 * instructions) / perMs))));
  });
  const names = Object.keys(RATES).map((chip) => `${chip}: ms`);
  return [row("keypad", "instructions a look", ...names), row("---", "---:", ...names.map(() => "---:")), ...rows].join(
    "\n",
  );
}

/** What a slice is for, by where the function is that its event called, and by the event. */
const KINDS: [file: RegExp, event: RegExp, what: string][] = [
  [/modem\/at\.ts/, /^Serial/, "a line from the modem, or bytes"],
  [/modem\/at\.ts/, /ms$/, "a command to the modem, a piece of the body, what a reply means"],
  [/modem\/online\.ts/, /./, "the session is loaded; what the modem tells is stored"],
  [/metrics\/slices/, /./, "a piece of a report, of an answer, or of the seal of a record"],
  [/metrics\/session\.ts/, /200 ms/, "a token that came, until it is stored that it is checked"],
  [/metrics\//, /./, "before and behind a report"],
  [/firmware\/device\.ts/, /./, "a tick: clock, output, sensors, and the time is stored"],
  [/keypad|drivers/, /./, "a key, the display, lamps"],
  [/token\//, /./, "a piece of a token's check, or of the table of codes"],
];

/** The longest slice of each kind, by kind; those of the modem first. */
async function longest(): Promise<string> {
  const built = await bundle("esp32");
  const kinds = new Map<string, { own: boolean; most: number[] }>();
  for (const [column, perMs] of Object.values(RATES).entries()) {
    const it = new Counted(built, qemu() as string[], perMs);
    it.do(...SESSION);
    it.end();
    for (const slice of it.slices) {
      const what = KINDS.find(([file, event]) => file.test(slice.file) && event.test(slice.event))?.[2];
      if (!what) continue;
      const kind = kinds.get(what) ?? { own: modemsOwn(slice as Slice), most: Object.values(RATES).map(() => 0) };
      kind.most[column] = Math.max(kind.most[column], slice.instructions);
      kinds.set(what, kind);
    }
  }
  const chips = Object.entries(RATES);
  const lines = (wanted: boolean) =>
    [...kinds]
      .filter(([, { own }]) => own === wanted)
      .sort(([, a], [, b]) => b.most[0] - a.most[0])
      .map(([what, { most }]) => row(what, ...most.flatMap((n, i) => [n, String(Math.round(n / chips[i][1]))])));
  const head = [
    row("the longest slice of each kind", ...chips.flatMap(([chip]) => [chip, "ms"])),
    row("---", ...chips.flatMap(() => ["---:", "---:"])),
  ];
  return [
    ...head,
    ...lines(true),
    row("*the same without a modem:*", ...chips.flatMap(() => ["", ""])),
    ...lines(false),
  ].join("\n");
}

/** "Espruino 2v29" and its variables, as the interpreter says it. */
function version(machine: Machine): string {
  const [said] = interpret([`print("said="+process.version+" with "+process.memory().total+" variables")`], machine);
  return `Espruino ${/said=(.*)/.exec(said)![1].trim()}`;
}

/** A section of the document: what is measured, or a sentence on what is missing. */
export type Section = [title: string, text: () => string | Promise<string>, missing: string | false];

function sections(): Section[] {
  const [here, there] = [host(), arm()];
  const section = (title: string, machine: Machine | string, text: (machine: Machine) => string): Section => [
    title,
    () => text(machine as Machine),
    typeof machine === "string" && machine,
  ];
  return [
    section("SipHash-2-4 of 8 bytes, on this computer", here, (machine) =>
      [`${version(machine)}, built for x86 Linux, under callgrind.`, kernels(machine, false)].join("\n\n"),
    ),
    section("SipHash-2-4 of 8 bytes, on ARM", there, (machine) =>
      [
        `${version(machine)}, built for ARM Linux (Thumb, -Os as on the boards), under qemu-arm.`,
        kernels(machine, true),
      ].join("\n\n"),
    ),
    section("A whole decode, on ARM", there, (machine) =>
      [
        `${version(machine)}, built for ARM Linux, under qemu-arm: from the digits to the result. The next token is the next that sets days, and`,
        "the wrong one fits no count: nothing takes longer. The hashes from the table are with those of its seals. The last column is about the next token.",
        "",
        decodes(machine, true),
      ].join("\n"),
    ),
    section("Keys", there, (machine) =>
      [
        `${version(machine)}, built for ARM Linux, under qemu-arm. A key counts when two looks agree, ${LOOK} ms apart: a shorter press than that and the looks themselves may`,
        "be missed. The rates of the chips are [assumed](#slices-of-a-session-over-a-modem).",
        "",
        looks(machine),
      ].join("\n"),
    ),
    [
      "Slices of a session over a modem",
      async () => `${SLICES}\n\n${await longest()}`,
      typeof there === "string" && there,
    ],
    [
      "Bundles",
      async () => {
        const all = await sizes();
        return [
          `On Espruino ${interpreterVersion()}, variables of a virtual board at count 643. The same figures, with the budgets: \`ESPRUINO=… npm run size\`.`,
          table(all, "bytes"),
          table(all, "variables"),
        ].join("\n\n");
      },
      !existsSync(process.env.ESPRUINO ?? "") &&
        "Set ESPRUINO to the executable of an Espruino interpreter built for Linux",
    ],
  ];
}

const SLICES = `Between two events the interpreter does nothing else: keys, output and clock wait. What the firmware does for the modem, or over it, takes at
most ${LONGEST} ms on the reference board's chip, and a test holds it to that (test/modem/slices.test.ts), with all four families, lines without end, and all that goes wrong.

The unit's first session on the reference board, with PIN, certificate, a token in the answer and a long message, in instructions of the interpreter built for
ARM. What the bench adds to a call of the interpreter's own functions is left out but for some 50 000 a call: so these are upper bounds. **The rates are assumed, and nobody has held them against a
board**:

- nRF52832 (Puck.js): 28 000 instructions in a millisecond, 2.3 clocks of its 64 MHz for each, as the interpreter is bigger than the cache of its flash.
- ESP32: 64 000, as one core does 2.3 times the work. It runs at 240 MHz in Espruino (targets/esp32, sdkconfig) and makes 495 CoreMarks a second then
  (github.com/ochrin/coremark), the nRF52832 215 (its product specification).

Long work goes on for 20 ms in a slice, and ends it with the step that it is in: so there the chips differ.`;

const HEAD = `# Measurements

Made by \`ESPRUINO=… ESPRUINO_ARM=… npm run measure\`. The first names an Espruino executable built for Linux, the second one built for ARM Linux with
its variables in executable memory. Instructions are counted, not timed, so the figures are the same wherever they are made.`;

/** Writes the sections anew that can be; the others stay as they are in `old`. Says which do, and why, to `say`. */
export async function renew(old: string, sections: Section[], say: (line: string) => void): Promise<string> {
  const parts = old.split(/^## /m).slice(1);
  const standing = new Map(
    parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n")).trim()]),
  );
  const written = [HEAD];
  for (const [title, text, missing] of sections) {
    say(missing ? `${title}: stays as it was. ${missing}.` : `${title} …`);
    const body = missing ? standing.get(title) : await text();
    if (body) written.push(`## ${title}`, body);
  }
  return `${written.join("\n\n")}\n`;
}

async function main(argv: string[]): Promise<void> {
  prepare(new Command("npm run measure --"))
    .description("Measures what hashes, decodes and bundles cost, and writes docs/measurements.md.")
    .addHelpText(
      "after",
      "\nWhat needs ESPRUINO or ESPRUINO_ARM (executables of interpreters) stays as it was without them.",
    )
    .parse(argv, { from: "user" });
  const all = sections();
  const old = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
  const text = await renew(old, all, console.log);
  if (all.every(([, , missing]) => missing)) throw new Error("Nothing could be measured");
  writeFileSync(DOCUMENT, text);
  console.log(`Written: ${relative(root, DOCUMENT)}`);
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
