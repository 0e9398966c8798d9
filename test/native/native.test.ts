import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { hash } from "siphash";
import { call } from "../../bench/thumb";
import { instructions, qemu } from "../../build/interpreter";
import { BLOB, blob, compile, compiler, SOURCE } from "../../build/native";
import { COMPILER, SHA256, SIP, sipCode, WALK, walkCode } from "../../firmware/native/blob";

const code = Buffer.concat([walkCode(), sipCode()].map((text) => Buffer.from(text, "base64")));
const has = (command: string) => spawnSync(command, ["--version"]).status === 0;

/** A test that says in its own name why it does not run. */
const needing = (missing: string | false) => (name: string, run: () => void) =>
  missing ? test.skip(`${name} (${missing})`, run) : test(name, run);

const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const words = (bytes: Uint8Array) => [0, 4, 8, 12].map((at) => Buffer.from(bytes).readUInt32LE(at));

/** What the published implementation makes of a message: the hash, low half first. */
function oracle(key: Uint8Array, message: Uint8Array): number[] {
  const { h, l } = hash(Uint32Array.from(words(key)), message);
  return [l >>> 0, h >>> 0];
}

/** The code behind a code, as in the published library. */
function nextCode(key: Uint8Array, code: number, extended: boolean): number {
  const message = Buffer.alloc(8);
  message.writeUInt32BE(extended ? Math.floor(code / 2 ** 32) : code, 0);
  message.writeUInt32BE(code % 2 ** 32, 4);
  const [low, high] = oracle(key, message);
  const next = extended ? high * 256 + (low >>> 24) : (high ^ low) >>> 2;
  if (extended) return next > 999999999999 ? next - 99511627777 : next;
  return next > 999999999 ? next - 73741825 : next;
}

/** A record and an answer of run.c. */
interface Case {
  record: Buffer;
  answer: Buffer;
}

function record(kind: number, a: number, b: number, c: number, ...data: Uint8Array[]): Buffer {
  const head = Buffer.from(Uint32Array.of(kind, a, b, c).buffer);
  return Buffer.concat([head, ...data, Buffer.alloc(128)]).subarray(0, 128);
}

const answer = (...numbers: number[]) =>
  Buffer.from(Uint32Array.from({ length: 16 }, (_, i) => numbers[i] ?? 0).buffer);

function chain(key: Uint8Array, code: number, least: number, modulus: number): number[] {
  return [
    ...words(key),
    code % 2 ** 32,
    Math.floor(code / 2 ** 32),
    least % 2 ** 32,
    Math.floor(least / 2 ** 32),
    modulus,
  ];
}

const bytes = (numbers: number[]) => Buffer.from(Uint32Array.from(numbers).buffer);

/** A message of `length` bytes, in one piece or two, at any address. */
function messages(length: number): fc.Arbitrary<Case> {
  const message = fc.uint8Array({ minLength: length, maxLength: length });
  const first = fc.integer({ min: 0, max: length >> 3 }).map((blocks) => blocks * 8);
  return fc.tuple(key, message, first, fc.nat(3)).map(([k, m, first, at]) => ({
    record: record(2, length, first, at, k, m),
    answer: answer(0, ...oracle(k, m)),
  }));
}

/** A walk of some steps; the token fits one of the codes on the way, or none. */
const walks: fc.Arbitrary<Case> = fc
  .record({
    key,
    extended: fc.boolean(),
    start: fc.nat(999999999),
    hashes: fc.integer({ min: 0, max: 60 }),
    fits: fc.integer({ min: 1, max: 90 }),
  })
  .map(({ key, extended, start, hashes, fits }) => {
    const modulus = extended ? 1000000 : 1000;
    const codes = [start];
    while (codes.length <= Math.max(fits, hashes)) codes.push(nextCode(key, codes[codes.length - 1], extended));
    const least = codes[fits] - (codes[fits] % modulus);
    const found = codes.findIndex((code, i) => i > 0 && i <= hashes && code >= least && code < least + modulus);
    const taken = Math.max(found, 0);
    return {
      record: record(1, hashes, 0, 0, bytes(chain(key, start, least, modulus))),
      answer: answer(taken, ...chain(key, codes[taken || hashes], least, modulus)),
    };
  });

const cases = (() => {
  const seed = 20261122;
  const corners = [0, 1, 0x7f, 0x80, 0xff].flatMap((k) =>
    [0, 0x80, 0xff].map((m) => [Buffer.alloc(16, k), Buffer.alloc(29, m)] as const),
  );
  return [
    ...Array.from({ length: 65 }, (_, length) => fc.sample(messages(length), { numRuns: 8, seed })).flat(),
    ...corners.map(([k, m]) => ({ record: record(2, 29, 0, 1, k, m), answer: answer(0, ...oracle(k, m)) })),
    ...fc.sample(walks, { numRuns: 400, seed }),
  ];
})();

/** What came out, of all cases, against what should have. */
function expectAnswers(out: Buffer): void {
  const differing = cases.findIndex(({ answer }, i) => !out.subarray(i * 64, i * 64 + 64).equals(answer));
  const shown = (b?: Buffer) => b && [...new Uint32Array(Uint8Array.from(b).buffer)].join(" ");
  const at = cases[differing];
  expect({ out: at && shown(out.subarray(differing * 64, differing * 64 + 64)), of: shown(at?.record) }).toEqual({
    out: shown(at?.answer),
    of: shown(at?.record),
  });
  expect(out.length).toBe(cases.length * 64);
}

/** A record on the small Cortex-M4 of the bench. */
function emulate({ record }: Case): { answer: Buffer; instructions: number } {
  const [kind, a, first, skew] = new Uint32Array(Uint8Array.from(record.subarray(0, 16)).buffer);
  const at = 0x20000000;
  const regions = (block: Uint8Array, message: Uint8Array) => [
    { at, bytes: code },
    { at: at + 0x1000, bytes: block },
    { at: at + 0x2000 + skew, bytes: message },
  ];
  if (kind === 1) {
    const block = Uint8Array.from(record.subarray(16, 52));
    const { result, instructions } = call(regions(block, code), at + WALK + 1, [at + 0x1000, a]);
    return { instructions, answer: Buffer.concat([bytes([result]), block, Buffer.alloc(64)]).subarray(0, 64) };
  }
  const block = Buffer.concat([record.subarray(16, 32), Buffer.alloc(36)]);
  const message = Uint8Array.from(record.subarray(32, 32 + a));
  const sip = (from: number, length: number, last: number) =>
    call(regions(block, message), at + SIP + 1, [at + 0x1000, at + 0x2000 + skew + from, length, last]);
  if (first) sip(0, first, 0);
  const { result, instructions } = sip(first, a - first, 1);
  return {
    instructions,
    answer: Buffer.concat([bytes([result]), block.subarray(20, 28), Buffer.alloc(64)]).subarray(0, 64),
  };
}

/** Compiles run.c in a folder of its own; `run` gets the command that starts it. */
function withProgram(compiler: string, options: string[], run: (program: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "native-test-"));
  const program = join(folder, "run");
  try {
    writeFileSync(join(folder, "native.bin"), code);
    const sources = [join(__dirname, "run.c"), "-Wall", "-Wextra", "-Werror", "-o", program];
    execFileSync(compiler, [...options, `-Wa,-I${folder}`, ...sources], { stdio: ["ignore", "ignore", "inherit"] });
    run(program);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const input = () => Buffer.concat(cases.map(({ record }) => record));
const onArm = [
  "-O1",
  "-mcpu=cortex-a7",
  "-mthumb",
  "-ffreestanding",
  "-nostdlib",
  "-static",
  `-DWALK=${WALK}`,
  `-DSIP=${SIP}`,
];
const needsArm = !compiler()
  ? "needs gcc-arm-none-eabi"
  : typeof qemu() === "string" && `needs qemu-arm: ${qemu() as string}`;

test("the text that is checked in is the code that its SHA-256 says", () => {
  expect(createHash("sha256").update(code).digest("hex")).toBe(SHA256);
  expect(Buffer.from(walkCode(), "base64")).toHaveLength(SIP);
});

const another = compiler() ? `compiled by ${compiler()}, checked in from ${COMPILER}` : "needs gcc-arm-none-eabi";
needing(compiler() !== COMPILER && another)("the source compiles to the text that is checked in", () => {
  expect(blob(compile())).toBe(readFileSync(BLOB, "utf8"));
});

test("as Thumb on the bench's own processor it hashes and walks as the published implementation does", () => {
  expectAnswers(Buffer.concat(cases.map((one) => emulate(one).answer)));
});

needing(!has("gcc") && "needs gcc")("compiled for this computer too, under the sanitizers", () => {
  const options = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", SOURCE];
  withProgram("gcc", options, (program) => {
    expectAnswers(execFileSync(program, { input: input(), maxBuffer: 1 << 26 }));
  });
});

needing(needsArm)("as Thumb under QEMU too, in the same number of instructions", () => {
  withProgram("arm-none-eabi-gcc", onArm, (program) => {
    expectAnswers(execFileSync("qemu-arm", [program], { input: input(), maxBuffer: 1 << 26 }));
    const [command, ...options] = qemu() as string[];
    /** Of a walk of so many steps that fits nothing. */
    const walk = (hashes: number) =>
      record(1, hashes, 0, 0, bytes(chain(Buffer.alloc(16, 7), 123456789, 0xffffffffff, 1000)));
    const counted = (hashes: number) =>
      instructions(spawnSync(command, [...options, program], { input: walk(hashes), encoding: "latin1" }).stderr);
    const here = (hashes: number) => emulate({ record: walk(hashes), answer: Buffer.alloc(0) }).instructions;
    expect(counted(708) - counted(0)).toBe(here(708) - here(0));
  });
});

test("the hashes of a decode at count 643 take a quarter of a million instructions", () => {
  const record_ = record(1, 708, 0, 0, bytes(chain(Buffer.alloc(16, 7), 123456789, 0xffffffffff, 1000)));
  expect(emulate({ record: record_, answer: Buffer.alloc(0) }).instructions).toBeLessThan(250000);
});
