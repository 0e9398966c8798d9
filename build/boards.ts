/**
 * Boards as data: reads boards/*.json, says what is wrong with one in a way that can be acted on, and makes what follows
 * from them: the types in boards/board.d.ts and the table in the README, which `npm run docs` writes. `npx tsx build/boards.ts --help`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import Ajv, { type ErrorObject } from "ajv";
import { Command } from "commander";
import type { Board } from "../boards/board";
import { BUILDS } from "./chips";
import { modemMistakes } from "./modem";
import { complaints } from "./rules-boards";

const root = resolve(__dirname, "..");
const schema = JSON.parse(readFileSync(join(root, "boards/schema.json"), "utf8"));
const ajv = new Ajv({ allErrors: true, verbose: true, keywords: ["tsType"] });
const whole = ajv.compile(schema);
const inOrder = ajv.compile({ ...schema.definitions.apns, definitions: schema.definitions });

/** What is not a board among boards/*.json. */
const OTHERS = ["apns.json", "schema.json"];

/** Names of the boards there are, from boards/*.json. */
export function boardNames(): string[] {
  return readdirSync(join(root, "boards"))
    .filter((file) => file.endsWith(".json") && !OTHERS.includes(file))
    .map((file) => file.slice(0, -5))
    .sort();
}

/** A board's JSON. Throws when there is no such board, and names those there are; or when it is not in order, and says why. */
export function readBoard(name: string): Board {
  if (!boardNames().includes(name))
    throw new Error(`There is no board "${name}": choose one of ${boardNames().join(", ")}`);
  return parseBoard(readFileSync(join(root, "boards", `${name}.json`), "utf8"), `boards/${name}.json`);
}

/** What a modem gives to a network to get a data connection. */
export interface AccessPoint {
  apn: string;
  user?: string;
  password?: string;
}

/** Access points by name, from boards/apns.json. Throws when that file is not in order, and says what to change. */
export function accessPoints(): { [name: string]: AccessPoint } {
  return parseAccessPoints(readFileSync(join(root, "boards/apns.json"), "utf8"));
}

/** Reads access points from their JSON. Throws as `parseBoard` does. */
export function parseAccessPoints(text: string): { [name: string]: AccessPoint } {
  const points = fromJson(text, "boards/apns.json");
  if (!inOrder(points)) throw new Error(inOrder.errors!.map((error) => `boards/apns.json: ${say(error)}`).join("\n"));
  return points as { [name: string]: AccessPoint };
}

function fromJson(text: string, file: string): any {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: this is no JSON, mend it there: ${(error as Error).message}`);
  }
}

/** Drivers of the schema by the parts that they can be, and the schema's own check of each. */
const ROLES: { [role: string]: string[] } = {};
const DRIVERS: { [driver: string]: ReturnType<typeof ajv.compile> } = {};
for (const [name, definition] of Object.entries<any>(schema.definitions)) {
  const driver = definition.properties?.driver;
  if (!driver || name === "other") continue;
  const check = ajv.compile({ ...definition, definitions: schema.definitions });
  for (const one of driver.enum ?? [driver.const]) DRIVERS[one] = check;
}
for (const [role, { anyOf }] of Object.entries<any>(schema.properties.parts.properties))
  ROLES[role] = anyOf.flatMap(({ $ref }: { $ref: string }) => {
    const driver = schema.definitions[$ref.split("/").pop()!].properties.driver;
    return driver.enum ?? (driver.const ? [driver.const] : []);
  });

/** Where a driver lies, from the root and without its ending; undefined if there is none. */
export function driverFile(driver: string): string | undefined {
  return ["hal/drivers", "hal/espruino"].map((folder) => `${folder}/${driver}`).find((file) => hasSource(file));
}
const hasSource = (file: string) => existsSync(join(root, `${file}.ts`));
const inFolder = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -3));

/** Reads a board from its JSON. Throws with every mistake on a line of its own: file, place in it, what to change. */
export function parseBoard(text: string, file: string): Board {
  const board = fromJson(text, file);
  const problems = mistakes(board, file.replace(/^.*\/|\.json$/g, ""));
  if (problems.length) throw new Error(problems.map((problem) => `${file}: ${problem}`).join("\n"));
  return board;
}

/** What keeps a board's JSON from being one: place and remedy. */
function mistakes(board: any, name: string): string[] {
  const found: string[] = [];
  whole(board);
  // A part that may be one of several fails in all of them: its own driver says more.
  for (const error of whole.errors ?? []) if (!/^\/(parts|planned)\/./.test(error.instancePath)) found.push(say(error));
  for (const [section, parts] of Object.entries<any>({ parts: board?.parts, planned: board?.planned }))
    for (const [role, part] of Object.entries<any>(parts ?? {})) {
      const at = `${section}.${role}`;
      const { driver } = part ?? {};
      if (typeof driver !== "string") {
        found.push(`${at}: every part names its "driver": add it`);
        continue;
      }
      if (DRIVERS[driver] && ROLES[role] && !ROLES[role].includes(driver))
        found.push(`${at}.driver: ${driver} is no ${role}: write one of ${ROLES[role].join(", ")}`);
      else if (DRIVERS[driver] && !DRIVERS[driver](part))
        for (const error of DRIVERS[driver].errors!) found.push(say(error, `/${section}/${role}`));
      if (section === "parts" && !driverFile(driver))
        found.push(
          `${at}.driver: there is no hal/drivers/${driver}.ts: write one of ${inFolder("hal/drivers").join(", ")}`,
        );
      if (driver === "flash" && (part.file === undefined) === (part.position === undefined))
        found.push(`${at}: pages lie at a "position" or in a "file": give one of the two`);
    }
  if (found.length) return found;
  found.push(...modemMistakes(board));
  if (board.name !== name) found.push(`name: it is the file's, so write "${name}"`);
  if (!BUILDS[board.espruino])
    found.push(`espruino: build/chips.ts has no "${board.espruino}": write one of ${Object.keys(BUILDS).join(", ")}`);
  const profiles = inFolder("firmware/keypad/profiles");
  if (!profiles.includes(board.profile))
    found.push(`profile: there is no "${board.profile}": write one of ${profiles.join(", ")}`);
  return found;
}

/** A mistake that Ajv found, with its place and what to write instead. */
function say(error: ErrorObject, above = ""): string {
  const { keyword, params, parentSchema: rule, data } = error;
  const names = `${above}${error.instancePath}`.split("/").slice(1);
  const at = names.map((name, i) => (/^\d+$/.test(name) ? `[${name}]` : `${i ? "." : ""}${name}`)).join("") || "file";
  const value = JSON.stringify(data);
  const about = (key: string) => {
    const property = (rule as any)?.properties?.[key];
    const text = property?.description ?? schema.definitions[property?.$ref?.split("/").pop()]?.description;
    return text ? ` (${text.replace(/\.$/, "")})` : "";
  };
  switch (keyword) {
    case "required":
      return `${at}: "${params.missingProperty}" is missing: add it${about(params.missingProperty)}`;
    case "additionalProperties": {
      const known = Object.keys((rule as any).properties ?? {});
      return `${at}: there is no "${params.additionalProperty}": take it out, or write one of ${known.join(", ")}`;
    }
    case "enum":
      return `${at}: ${value} is none of these: write one of ${params.allowedValues.join(", ")}`;
    case "const":
      return `${at}: write ${JSON.stringify(params.allowedValue)}`;
    case "type":
      return `${at}: ${value} is no ${params.type}: write one`;
    case "pattern":
      return rule === schema.definitions.pin || params.pattern === schema.definitions.pin.pattern
        ? `${at}: ${value} is no pin: write it as the interpreter names it, "D5" or "A0"`
        : `${at}: ${value} does not match ${params.pattern}: write something that does`;
    default:
      return `${at}: ${value} ${error.message}: change it`;
  }
}

/** Types of a board, made from the schema: the text of boards/board.d.ts. */
export async function boardTypes(): Promise<string> {
  const { compile } = await import("json-schema-to-typescript");
  return compile(schema, "Board", {
    bannerComment: "// Made from boards/schema.json: npx tsx build/boards.ts --types",
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120 },
  });
}

/** What people call a part; a driver that is not here goes by its own name. */
const CALLED: { [driver: string]: (part: any) => string } = {
  matrix: () => "12 keys",
  pcf8574: () => "12 keys on I2C",
  keys: () => "4 keys",
  tm1637: ({ digits }) => `${digits ?? 4} digits`,
  hd44780: ({ columns }) => `text, ${columns ?? 16}x2`,
  ds3231: () => "DS3231",
  pcf8563: () => "PCF8563",
  rv3028: () => "RV-3028-C7",
  at24: ({ bytes }) => `AT24C${bytes / 128}`,
  flash: ({ file }) => (file ? "flash (a file in Storage)" : "flash"),
  modem: ({ family }) => family.toUpperCase(),
};
const called = (part: any) => (part ? (CALLED[part.driver]?.(part) ?? part.driver) : undefined);

/** The README's table of boards, in Markdown. */
export function boardTable(): string {
  const rows = boardNames().map((name) => {
    const { title, parts, planned, limits, budget, tested } = readBoard(name);
    const { keypad, display, green, rtc, flash, memory, modem, transport } = parts;
    const later = called(planned?.modem);
    return [
      `[\`${name}\`](docs/boards/${name}.md)`,
      title,
      [called(keypad), called(display) ?? (green ? "lamps only" : "no display")].join(", "),
      [called(rtc), called(flash), called(memory)].filter(Boolean).join(", "),
      (parts.output as any).sense ? "yes" : "no",
      called(modem ?? transport) ?? (later ? `${later} planned` : "none"),
      `${limits.variables} variables, ${limits.storage / 1024} KB`,
      `${budget.bytes} bytes, ${budget.idle} and ${budget.peak} variables`,
      tested || "nothing",
    ];
  });
  const head =
    "board|what it is|keys, display|clock, memory|output sensed|modem|interpreter has|budget: bundle, rest and peak|tried on hardware".split(
      "|",
    );
  const lines = [head, head.map(() => "-"), ...rows];
  const widths = head.map((_, i) => Math.max(3, ...lines.map((line) => (line[i] ?? "").length)));
  return lines
    .map(
      (line, y) =>
        `| ${line.map((cell, i) => (y === 1 ? "-".repeat(widths[i]) : cell!.padEnd(widths[i]))).join(" | ")} |`,
    )
    .join("\n");
}

const README = join(root, "README.md");
const MARKS = ["<!-- boards: made by npm run docs -->", "<!-- end of boards -->"];

/** The README with the table as it should be now. */
export function readmeWithTable(): string {
  const text = readFileSync(README, "utf8");
  const [from, to] = MARKS.map((mark) => text.indexOf(mark));
  if (from < 0 || to < from)
    throw new Error(`README.md has no place for the table of boards: put back ${MARKS.join(" and ")}`);
  return `${text.slice(0, from + MARKS[0].length)}\n\n${boardTable()}\n\n${text.slice(to)}`;
}

/** What a board breaks of the electrical rules, a line each. */
export const brokenRules = (board: Board): string[] =>
  complaints(board).map(({ rule, at, message }) => `boards/${board.name}.json: ${at}: ${message} (${rule})`);

/** Everything that is wrong with the boards, a line each: JSON, electrical rules, and what is made from them and is old. */
export async function checkBoards(): Promise<string[]> {
  const found: string[] = [];
  for (const name of boardNames())
    try {
      found.push(...brokenRules(readBoard(name)));
    } catch (error) {
      found.push((error as Error).message);
    }
  if (readFileSync(join(root, "boards/board.d.ts"), "utf8") !== (await boardTypes()))
    found.push("boards/board.d.ts is not made from the schema as it is now: npx tsx build/boards.ts --types");
  if (found.length === 0 && readFileSync(README, "utf8") !== readmeWithTable())
    found.push("The table of boards in README.md is an old one: npm run docs");
  // What boards have in common, each of them finds.
  return [...new Set(found)];
}

async function main(args: string[]): Promise<void> {
  const { types } = new Command("npx tsx build/boards.ts")
    .description("Checks the boards: their JSON, the electrical rules, and whether what is made from them is current.")
    .option("--types", "write boards/board.d.ts from boards/schema.json")
    .parse(args, { from: "user" })
    .opts();
  if (types) writeFileSync(join(root, "boards/board.d.ts"), await boardTypes());
  const found = await checkBoards();
  for (const line of found) console.error(line);
  if (found.length) process.exitCode = 1;
  else console.log(`${boardNames().length} boards: electrical rules ok`);
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
