/** The image for a programmer: what the uploading tool would make of the same program, and what the interpreter finds in it. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBoard } from "../../build/bundle";
import { crc32 } from "../../build/crc";
import { pieces, storageImage } from "../../build/image";

const START = 0x74000;
const BYTES = 40960;
const board = {
  ...readBoard("esp32"),
  name: "own",
  map: { storage: START },
  limits: { variables: 2630, storage: BYTES },
};
/** The same, with identity and credit inside Storage. */
const small = { ...board, parts: { ...board.parts, flash: { driver: "flash", file: "paygo", pages: 2, page: 4096 } } };
const program = 'print("started");\n'.repeat(700);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "image-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Bytes by address, as a programmer reads Intel HEX; every line's checksum is looked at. */
function read(hex: string): Map<number, number> {
  const bytes = new Map<number, number>();
  let high = 0;
  let wrong = 0;
  for (const line of hex.trim().split(/\r?\n/)) {
    const record = Buffer.from(line.slice(1), "hex");
    if (record.reduce((sum, byte) => (sum + byte) & 255, 0)) wrong++;
    const [length, a, b, type, ...rest] = record;
    if (type === 4) high = (rest[0] * 256 + rest[1]) * 65536;
    if (type === 0)
      rest.slice(0, length).forEach((byte, i) => {
        bytes.set(high + a * 256 + b + i, byte);
      });
  }
  expect(wrong).toBe(0);
  return bytes;
}

test("it is what the uploading tool makes", () => {
  writeFileSync(join(folder, "program.js"), program);
  const chip = { saved_code: { address: START, page_size: 4096, pages: BYTES / 4096 } };
  writeFileSync(join(folder, "board.json"), JSON.stringify({ chip, info: { builtin_modules: [] } }));
  const cli = join(require.resolve("espruino/package.json"), "../bin/espruino-cli.js");
  const args = [
    "--no-ble",
    "-n",
    "--board",
    "board.json",
    "--storage",
    ".bootrst:-",
    "--ohex",
    "out.hex",
    "program.js",
  ];
  execFileSync(process.execPath, [cli, ...args], { cwd: folder, stdio: "ignore", timeout: 60000 });
  const { text, about } = storageImage(board, program, false);
  expect(read(text.toString())).toEqual(read(readFileSync(join(folder, "out.hex"), "utf8")));
  expect(about).toBe("It is Storage, 0x74000 to 0x7e000. Espruino itself is not in it.");
  expect(storageImage(board, program, true).text).toHaveLength(BYTES);
});

test("the pages in which a device keeps identity and credit are left out, and nothing else", () => {
  const addresses = [...read(storageImage(small, program, false).text.toString()).keys()];
  const left = new Set(Array.from({ length: BYTES }, (_, i) => START + i));
  for (const address of addresses) left.delete(address);
  expect(addresses).toHaveLength(BYTES - 8192);
  expect([...left]).toEqual(Array.from({ length: 8192 }, (_, i) => START + 4096 + i));
  expect(() => storageImage(small, program, true)).toThrow(/raw image cannot leave out .*\. Write Intel HEX/);
  expect(() => storageImage(small, "x".repeat(30000), false)).toThrow(
    /^Storage has 40960 bytes, and \d+ are needed\. Take/,
  );
});

const onInterpreter = existsSync(process.env.ESPRUINO ?? "") ? test : test.skip;

/** What the interpreter says when it starts from a flash with this image. */
function start(of: any): { said: string; bytes: Buffer } {
  const probe = spawnSync(process.env.ESPRUINO!, ["-e", 'require("Storage").write("a","b");quit()'], {
    cwd: folder,
    input: "",
    timeout: 20000,
    killSignal: "SIGKILL",
  });
  expect(probe.signal).toBeNull();
  const file = join(folder, "espruino.flash");
  // The interpreter's own flash may be larger than the board's: what is behind is blank.
  const flash = Buffer.alloc(readFileSync(file).length, 0xff);
  for (const { address, bytes } of pieces(of, program)) bytes.copy(flash, address - START);
  writeFileSync(file, flash);
  const code =
    'var s=require("Storage");print("list="+s.list().join());print("crc="+E.CRC32(s.read(".bootrst")));quit()';
  const { stdout } = spawnSync(process.env.ESPRUINO!, ["-e", code], {
    cwd: folder,
    input: "",
    timeout: 20000,
    killSignal: "SIGKILL",
  });
  return { said: stdout.toString("latin1"), bytes: readFileSync(file) };
}

onInterpreter("the interpreter starts the program from it, and finds the pages reserved", () => {
  const { said } = start(board);
  expect(said).toContain("started");
  expect(said).toContain(`crc=${crc32(program)}`);
  const reserved = start(small);
  expect(reserved.said).toContain("started");
  expect(reserved.said).toContain(`crc=${crc32(program)}`);
  expect(reserved.said).toMatch(/list=paygo,\.bootrst/);
  // Blank, so that the firmware takes them into use.
  expect(reserved.bytes.subarray(4096, 3 * 4096).every((byte) => byte === 255)).toBe(true);
});
