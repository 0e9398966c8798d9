/**
 * `npm run build:native`: compiles firmware/native/native.c for the boards' controllers and writes it as text into
 * firmware/native/blob.ts. The compiler is Debian's `gcc-arm-none-eabi`; the text is checked in, so that nobody else needs it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

const root = resolve(__dirname, "..");
export const SOURCE = join(root, "firmware/native/native.c");
export const BLOB = join(root, "firmware/native/blob.ts");

const TOOLS = "arm-none-eabi-";

/** -O2 takes 7 % fewer instructions a hash than -Os, and 16 bytes more. */
const OPTIONS = "-O2 -mcpu=cortex-m4 -mthumb -ffreestanding -Wall -Wextra -Wconversion -Werror".split(" ");

/** Machine code, and where its functions begin in it. */
export interface Code {
  bytes: Buffer;
  walk: number;
  sip: number;
  compiler: string;
}

/** The compiler's name and version; undefined where it is not installed. */
export function compiler(): string | undefined {
  const { status, stdout } = spawnSync(`${TOOLS}gcc`, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

/** Compiles the source. Throws when what comes out is not what a controller can run from any place. */
export function compile(): Code {
  const folder = mkdtempSync(join(tmpdir(), "native-"));
  const run = (tool: string, ...args: string[]) =>
    execFileSync(TOOLS + tool, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  try {
    // From inside its folder, so that no path gets into the object.
    execFileSync(`${TOOLS}gcc`, [...OPTIONS, "-c", "native.c", "-o", join(folder, "native.o")], {
      cwd: join(SOURCE, ".."),
      stdio: ["ignore", "inherit", "inherit"],
    });
    for (const section of run("objdump", "-h", "native.o").matchAll(/^ +\d+ (\.\S+) +(\w+).*\n +.*ALLOC/gm))
      if (section[1] !== ".text" && parseInt(section[2], 16))
        throw new Error(`native.c has data of its own, in ${section[1]}: it must live on the stack`);
    // Fails on what is in no C file of ours, such as memcpy.
    run("ld", "-Ttext=0", "-e", "walk", "native.o", "-o", "native.elf");
    const dynamic = run("objdump", "-r", "native.o").match(/R_ARM_(?!THM_CALL|THM_JUMP24)\w+/g);
    if (dynamic) throw new Error(`native.c needs to know where it lies: ${dynamic.join(", ")}`);
    run("objcopy", "-O", "binary", "-j", ".text", "native.elf", "native.bin");
    const symbols = run("nm", "native.o");
    const offset = (name: string) => parseInt(new RegExp(`^(\\w+) . ${name}$`, "m").exec(symbols)![1], 16);
    const places = [...symbols.matchAll(/^(\w+) [tT] /gm)].map(([, at]) => parseInt(at, 16));
    const sip = offset("sip");
    if (places.some((place) => place > sip))
      throw new Error("sip is to be the last function: boards without it leave it out");
    return { bytes: readFileSync(join(folder, "native.bin")), walk: offset("walk"), sip, compiler: compiler()! };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The text of blob.ts. */
export function blob({ bytes, walk, sip, compiler }: Code): string {
  const text = (from: number, to?: number) => JSON.stringify(bytes.subarray(from, to).toString("base64"));
  return `/** Thumb code, made of native.c by \`npm run build:native\`: change that file, and run it again. */

/** What compiled it, and the SHA-256 of all its bytes. */
export const COMPILER = ${JSON.stringify(compiler)};
export const SHA256 = "${createHash("sha256").update(bytes).digest("hex")}";

/** Where the functions begin, in bytes. */
export const WALK = ${walk};
export const SIP = ${sip};

/** In base64: the code of \`walk\`, and what comes behind it for \`sip\`. Functions, since a name for a text keeps it in memory. */
export function walkCode(): string {
  return ${text(0, sip)};
}
export function sipCode(): string {
  return ${text(sip)};
}
`;
}

function main(): void {
  const version = compiler();
  if (!version) throw new Error("The compiler is missing: apt-get install gcc-arm-none-eabi");
  const code = compile();
  writeFileSync(BLOB, blob(code));
  const digest = createHash("sha256").update(code.bytes).digest("hex");
  console.log(
    `${version}\n${relative(root, BLOB)}: ${code.sip} bytes for walk, ${code.bytes.length} with sip\n${digest}`,
  );
}

if (require.main === module)
  try {
    main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
