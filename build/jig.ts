/** `npm run jig`: builds the program of the jig (docs/hil.md), and puts it onto one. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import jigs from "../test/hil/jig/jigs.json";
import { flashable } from "./bundle";
import { check } from "./check";
import { find, stored, times } from "./console";
import { crc32 } from "./crc";
import { afterRestart, bar } from "./flash";
import { literal } from "./metrics";
import { ask, openPort } from "./port";
import { prepare, run, ToolError } from "./tool";
import { upload } from "./upload";

/** A controller as a jig: its pins by what they do, the keys' in the order 1 to 9, *, 0, #. */
export interface Jig {
  title: string;
  /** Espruino's name of its build. */
  espruino: string;
  /** Where it is spoken to, which is where its console is before it has its program. */
  port: string;
  baud: number;
  keys: string[];
  power: string;
  green: string;
  red: string;
  output: string;
}

export const JIGS: { [name: string]: Jig } = jigs;

/** The keys' names, in the order of their pins. */
export const KEYS = "123456789*0#";

/** A jig by its name. */
export function readJig(name: string): Jig {
  const jig = Object.hasOwn(JIGS, name) && JIGS[name];
  if (jig) return jig;
  throw new ToolError(`There is no jig "${name}".`, `Choose one of ${Object.keys(JIGS).join(", ")}.`);
}

/** The jig's program: the same bytes for the virtual jig and the real one. */
export async function jigBundle(name: string): Promise<{ jig: Jig; code: string; map: string }> {
  const jig = readJig(name);
  const { port, baud, keys, power, green, red, output } = jig;
  const pins = literal({ name, keys, power, lamps: [green, red], output });
  const source = `import { jig } from "./test/hil/jig/jig";\njig(${port}, "${port}", ${baud}, ${pins});`;
  return { jig, ...(await flashable(source, `jig-${name}`, {}, {})) };
}

/** Puts the program onto the controller at a port, and waits for its first answer. */
export async function install(name: string, at: string): Promise<void> {
  const { jig, code } = await jigBundle(name);
  let port = await openPort(at, jig.baud);
  try {
    // One that is a jig already gives its console back.
    await ask(port, "\nconsole\n", /^ok$/, times.expression);
    const found = await find(port);
    if (found.kind !== "console")
      throw new ToolError(`No interpreter answers at ${at}.`, "Put Espruino onto it, check the port, and repeat.");
    if (found.board !== jig.espruino)
      throw new ToolError(
        `This is a ${found.board}, and the jig "${name}" is a ${jig.espruino}.`,
        `Give the port of the jig, or choose one of ${Object.keys(JIGS).join(", ")}.`,
      );
    await upload(port, code, found.version, found.console === "USB" ? "steady" : "slow", bar(process.stderr));
    await find(port);
    if ((await stored(port, times.read))?.[1] !== crc32(code))
      throw new ToolError("What was stored is not what was sent.", "Take a shorter cable, and repeat.");
    port.write("\x10E.reboot()\n");
    port = await afterRestart(port, jig.baud);
    for (let tries = 0; tries < 5; tries++) if (await ask(port, "\njig\n", /^jig /, times.expression)) return;
    throw new ToolError("The program is stored, but it does not answer.", "Cut the jig's power for a moment.");
  } finally {
    await port.close();
  }
}

async function main(argv: string[]): Promise<void> {
  const command = prepare(new Command("npm run jig --"))
    .description("Builds the program of the jig that works a device for the hardware-in-the-loop suite. docs/hil.md.")
    .argument("<jig>", `which controller it is: ${Object.keys(JIGS).join(" or ")}`)
    .option("-p, --port <port>", "put it onto the controller at this port: a serial port, or tcp://host[:port]")
    .option("-o, --output <file>", "write it into a file")
    .parse(argv, { from: "user" });
  const [name] = command.args;
  const { port, output } = command.opts();
  readJig(name);
  if (!port === !output)
    throw new ToolError("Nothing says where the program goes.", "Give the jig's port with -p, or a file with -o.");
  const { code, map } = await jigBundle(name);
  const [problem] = check(code, map);
  if (problem)
    throw new ToolError(`The interpreter cannot run this: ${problem.message}.`, "Mend what npm run check names.");
  if (output) writeFileSync(output, code);
  else await install(name, port);
  console.log(output ? `Written: ${output}.` : "The jig answers.");
}

if (require.main === module) run(main);
