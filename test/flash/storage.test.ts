/** Room in Storage on the interpreter's own: pages that keep identity and credit stay where and what they are, whatever is flashed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Layout, plan, reservedBytes, STORAGE, type Storage, steps } from "../../build/storage";

const START = 0x10000000;
const reserved = { file: "paygo", pages: 2, page: 4096 };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "storage-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs expressions one after the other in one start of the interpreter, and returns their values. */
function evaluate(...expressions: string[]): any[] {
  // Its flash is somewhere in the process: addresses are put right by those of Storage's first file.
  const right = `var A=E.getAddressOf,F=A(require("Storage").read(require("Storage").list()[0])||"",true);E.getAddressOf=function(t,f){return A(t,f)-F+${START + 32}};`;
  const code = expressions.map((one) => `print("<"+JSON.stringify(${one})+">");`).join("");
  const { stdout, signal } = spawnSync(process.env.ESPRUINO!, ["-e", `${right}${code}quit()`], {
    cwd: folder,
    input: "",
    timeout: 30000,
    killSignal: "SIGKILL",
  });
  expect(signal).toBeNull();
  return [...stdout.toString("latin1").matchAll(/<(.*)>/g)].map(([, json]) => JSON.parse(json));
}

const mapped = () => {
  const path = process.env.ESPRUINO ?? "";
  if (!existsSync(path)) return false;
  const code = 'var s=require("Storage");s.write("a","",0,9000);print("at="+E.getAddressOf(s.read("a"),true));quit()';
  const where = mkdtempSync(join(tmpdir(), "storage-"));
  const { stdout } = spawnSync(path, ["-e", code], { cwd: where, input: "", timeout: 30000, killSignal: "SIGKILL" });
  rmSync(where, { recursive: true });
  // Where flash is no part of the controller's memory, there is no such address.
  return /at=-?\d{4,}/.test(stdout.toString("latin1"));
};
const there = mapped();
if (!there && process.env.ESPRUINO)
  process.stderr.write("SKIPPED: ESPRUINO is no build whose Storage is mapped into memory, as it is on Puck.js\n");
const onInterpreter = there ? test : test.skip;

onInterpreter(
  "flashed ten times, beside pages of identity and credit: they never change, and Storage stays whole",
  () => {
    const [{ free: bytes }]: Storage[] = evaluate(STORAGE);
    const layout: Layout = { start: START, bytes, reserved };
    // As much program as there is room for, so that an old one has to go first.
    const size = Math.floor((bytes - 12400) * 0.6);
    expect(evaluate(...steps(plan({ files: [], free: bytes, trash: 0 }, layout, size), layout))).toEqual([true]);
    evaluate(`require("Flash").write(new Uint8Array(8192).map(function(x,i){return i*7+(i>>8)}),${START + 4096})`);
    const kept = readFileSync(join(folder, "espruino.flash")).subarray(4096, 3 * 4096);
    expect(kept.some((byte) => byte !== 255)).toBe(true);

    let erased = 0;
    for (let version = 1; version <= 10; version++) {
      const [before]: Storage[] = evaluate(`(require("Storage").erase(".bootrst"),${STORAGE})`);
      const todo = plan(before, layout, size);
      if (todo.pages) erased++;
      expect(todo).toMatchObject({ eraseAll: false, reserve: false, compact: false });
      for (const done of evaluate(...steps(todo, layout))) expect(done).toBe(true);
      const write = `(function(s){for(var a=0;a<${size};a+=1000)s.write(".bootrst","/* ${version} ".padEnd(Math.min(1000,${size}-a)),a,${size})})(require("Storage"))`;
      evaluate(`(${write},1)`);
      const [after, start, valid] = evaluate(
        STORAGE,
        `require("Storage").read(".bootrst",0,5)`,
        `require("Storage").list()`,
      );
      expect(start).toBe(`/* ${version} `.slice(0, 5));
      expect(valid).toEqual(["paygo", ".bootrst"]);
      expect(after.files).toEqual([
        { name: "paygo", bytes: reservedBytes(reserved), at: START + 32 },
        { name: ".bootrst", bytes: size, at: expect.any(Number) },
      ]);
      expect(readFileSync(join(folder, "espruino.flash")).subarray(4096, 3 * 4096)).toEqual(kept);
    }
    expect(erased).toBeGreaterThan(5);
  },
);
