/** The file of units: what it may look like, and that nobody else can read it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deriveStartingCode } from "../../bench/encode";
import { checkUnit, parseUnits, readUnits, UnitsError } from "../../bench/server/units";
import { KEY } from "./desk";

const UNIT = { serial: "A1", key: KEY, startingCode: 516959010, count: 5, timeDivider: 2, restricted: true, jwt: true };

test.each([
  [
    "CSV",
    `serial,key,starting_code,count,time_divider,restricted,jwt,padded\nA1,${KEY.toUpperCase()},516959010,5,2,1,true,\n`,
  ],
  [
    "CSV with semicolons",
    `key; serial; starting_code; count; time_divider; restricted; jwt\r\n${KEY};A1;516959010;5;2;1;1\r\n`,
  ],
  [
    "JSON",
    `[{"serial":"A1","key":"${KEY}","starting_code":516959010,"count":5,"time_divider":2,"restricted":true,"jwt":1}]`,
  ],
])("units as %s", (_what, text) => expect(parseUnits(text).units).toEqual([{ ...UNIT, jwt: expect.anything() }]));

test("a list of devices as the OpenPAYGO documents have it", () => {
  const text = `Serial Number,Starting Code,Key,Count,Time Divider,Restricted Digit Mode,Hardware Model,Version,Test Code
SLT220000001,516959010,${KEY},1,4,1,SuperLight,X20,
"SLT240000002",432435255,${KEY},1,4,0,SuperLight,X40,999333777`;
  const unit = { key: KEY, count: 1, timeDivider: 4 };
  expect(parseUnits(text).units).toEqual([
    { ...unit, serial: "SLT220000001", startingCode: 516959010, restricted: true },
    { ...unit, serial: "SLT240000002", startingCode: 432435255, restricted: false, testCode: 999333777 },
  ]);
});

test("what is left out follows from the rest", () => {
  const { units, jwtSecret } = parseUnits(
    `{"jwt_secret":"s","units":[{"serial":"A1","key":"${KEY}"},{"serial":"B2","jwt":true}]}`,
  );
  expect(jwtSecret).toBe("s");
  expect(units).toMatchObject([
    { serial: "A1", startingCode: deriveStartingCode(KEY), count: 1, timeDivider: 1 },
    { serial: "B2", jwt: true },
  ]);
  expect(parseUnits("").units).toEqual([]);
});

test.each([
  [`serial,key\nA1,${KEY},1`, "Row 1"],
  [`serial,key\nA1,${KEY}0`, "32 hexadecimal"],
  [`serial,kee\nA1,${KEY}`, "no unit has"],
  [`serial\nA1`, "neither a key"],
  [`serial,key,count\nA1,${KEY},x`, "count"],
  [`serial,key,count\nA1,${KEY},65536`, "count"],
  [`serial,key,time_divider\nA1,${KEY},0`, "time divider"],
  [`serial,key,restricted\nA1,${KEY},2`, "restricted"],
  [`serial,key\nA 1,${KEY}`, "serial"],
  [`[{"serial":"A1","key":"${KEY}"`, "JSON"],
  [`{"units":{"serial":"${KEY}"}}`, "list"],
  [`["${KEY}"]`, "Unit 1"],
])("a mistake is named, without the key: %#", (text, says) => {
  let message = "";
  try {
    parseUnits(text);
  } catch (error: any) {
    expect(error).toBeInstanceOf(UnitsError);
    message = error.message;
  }
  expect(message).toContain(says);
  expect(message).not.toContain(KEY);
});

test("a starting code of 0 is the one that follows from the key, as with #SETUP", () => {
  expect(checkUnit({ serial: "A1", key: KEY, startingCode: 0 }).startingCode).toBe(deriveStartingCode(KEY));
});

(process.platform === "win32" ? test.skip : test)("a file that others may read is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "units-test-"));
  try {
    const file = join(folder, "units.csv");
    writeFileSync(file, `serial,key\nA1,${KEY}\n`);
    chmodSync(file, 0o640);
    expect(() => readUnits(file)).toThrow("chmod 600");
    chmodSync(file, 0o600);
    expect(readUnits(file).units).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
