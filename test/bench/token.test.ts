import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DEMO } from "../../bench/demo-unit";
import { encode, type TokenRequest } from "../../bench/encode";
import { main } from "../../bench/token";

const KEY = "bc41ec9530f6dac86b1a29ab82edc5fb";
const unit = { key: KEY, startingCode: 516959010, count: 1 };

function run(line: string) {
  const said = { out: "", err: "" };
  const code = main(line.split(" ").filter(Boolean), {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
  });
  expect((said.out + said.err).toLowerCase()).not.toContain(KEY);
  return { code, ...said };
}

beforeEach(() => void delete process.env.OPENPAYGO_KEY);

test.each<[string, Partial<TokenRequest>]>([
  ["add 30", { kind: "add", value: 30 }],
  ["set 0", { kind: "set", value: 0 }],
  ["set 1.5 --divider 2", { kind: "set", value: 3 }],
  ["add 5 --units --divider 24", { kind: "add", value: 5 }],
  ["disable --restricted", { kind: "disable", restricted: true }],
  ["sync --exact --count 12", { kind: "sync", count: 12, exact: true }],
  ["extended 123456", { kind: "extended-add", value: 123456 }],
  ["extended 998 --odd --restricted", { kind: "extended-set", value: 998, restricted: true }],
])("%s", (line, request) => {
  const expected = encode({ ...unit, kind: "add", ...request });
  const options = `--key ${KEY} --starting-code ${unit.startingCode}`;
  const { code, out, err } = run(`${line} ${options} --json`);
  expect({ code, err, ...JSON.parse(out) }).toEqual({ code: 0, err: "", ...expected, kind: request.kind });
  const [grouped, count] = run(`${line} ${options}`).out.split("\n");
  expect(grouped).toMatch(/^(\d{3}( \d{3})+|\d{4}( \d{4}){4})$/);
  expect(grouped.replaceAll(" ", "")).toBe(expected.token);
  expect(count).toBe(`count ${expected.count}`);
});

test("without a key the token is for the demo unit, and that is said", () => {
  const { code, out, err } = run("add 1 --json");
  expect({ code, token: JSON.parse(out).token }).toEqual({
    code: 0,
    token: encode({ ...DEMO, kind: "add", value: 1 }).token,
  });
  expect(err).toBe("No key was given, so this is for the demo unit 123456789, whose key is public.\n");
  expect(JSON.parse(run("add 1 --count 8 --json").out).count).toBe(10);
});

test("that a token adds nothing is said", () => {
  const { code, err } = run(`add 0 --key ${KEY}`);
  expect({ code, err }).toEqual({ code: 0, err: "This token adds no time: it only uses up its count.\n" });
  expect(run("add --help").out).toContain("0 is a valid token that adds none");
});

test("the key may come from the environment; the starting code is then derived from it", () => {
  process.env.OPENPAYGO_KEY = KEY;
  const { out, err } = run("add 1 --json");
  expect(err).toBe("");
  expect(JSON.parse(out).token).toBe(encode({ key: KEY, count: 1, kind: "add", value: 1 }).token);
  for (const line of ["add --help", "add x", "--help"]) run(line);
});

const HELP = "Run `npm run token -- --help` to see what there is.";
const COUNT = "Change --count, which is the unit's count, or with --exact the token's own.";
test.each([
  [
    `add 1 --key ${KEY}0`,
    "The key is not 32 hexadecimal digits. Put the unit's key into OPENPAYGO_KEY, or give none to use the demo unit.",
  ],
  [
    "add 1 --starting-code 1e3",
    "The starting code is not a whole number from 0 to 999999999. Give the unit's own with --starting-code, or leave it out to derive it from the key.",
  ],
  ["add 1 --count 65535", `No count that fits is left after this one: 65535 is the last. ${COUNT}`],
  ["add 1 --count 3 --exact", `A token of the kind add needs a count that is even, and 3 is not. ${COUNT}`],
  ["extended 1000000", "The value is outside 0 to 999999 units. Give a whole number in the range that --help names."],
  [
    "add 0.5",
    "The days times the time divider of 1 is not a whole number of units. Change the days, or give the units themselves with --units.",
  ],
  [
    "add -1",
    "The days times the time divider of 1 is outside 0 to 995 units. Change the days, or give the units themselves with --units.",
  ],
  [`add ${KEY}`, "The number of days is not a number. Change the days, or give the units themselves with --units."],
  ["add 1 --divider 0", "The time divider is not a whole number from 1 to 255. Give the unit's own with --divider."],
  [`add 1 --kye=${KEY}`, `There is no such option. ${HELP}`],
  [`--${KEY} add 1`, `There is no such option. ${HELP}`],
  [KEY, `There is no such command. ${HELP}`],
  [`sync ${KEY}`, `There is something behind the last value. ${HELP}`],
  ["add", `A value is missing. ${HELP}`],
  ["add 1 --count", `An option lacks its value. ${HELP}`],
])("error: %s", (line, message) => {
  expect(run(line)).toEqual({ code: 1, out: "", err: `${message}\n` });
});

test.each(["--help", "add --help", "set --help", "disable --help", "sync --help", "extended --help", "help add"])(
  "%s",
  (line) => {
    const { code, out, err } = run(line);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Usage: npm run token -- /);
  },
);

test("nothing asked: help, and exit code 1", () => {
  const { code, err } = run("");
  expect(code).toBe(1);
  expect(err).toMatch(/^Usage: /);
});

test("as a process", () => {
  const root = join(__dirname, "../..");
  const start = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "bench/token.ts", ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, OPENPAYGO_KEY: KEY },
    });
  const { status, stdout, stderr } = start("add", "1", "--starting-code", "516959010");
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "588 224 011\ncount 2\n", stderr: "" });
  expect(start("add", "1000").status).toBe(1);
});
