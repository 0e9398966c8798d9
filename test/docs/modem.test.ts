/** The modem's page names every reason for which a session can fail. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");
const page = readFileSync(join(root, "docs/modem.md"), "utf8");

/** What never comes out as `failure`: what modems say, what ends a script or a POST of somebody in a hurry, what was left out. */
const NONE = "READY SIMPIN SIMPUK LOST BUSY CLOSED GIVEN_UP TIME SETTINGS".split(" ");

const words = ["modem/modem.ts", "metrics/send.overlay.ts", "metrics/take.overlay.ts", "metrics/answer.ts"].flatMap(
  (file) =>
    readFileSync(join(root, "firmware", file), "utf8")
      .split("\n")
      .filter((line) => !/^\s*(\*|\/[/*])/.test(line))
      .flatMap((line) =>
        [...line.matchAll(/"([A-Z_]{3,}(?: [A-Z_]{3,})*)_?"/g)].flatMap(([, text]) => text.split(" ")),
      ),
);
const failures = [...new Set(words)].filter((word) => !NONE.includes(word));
const table = page.split("\n").filter((line) => /^\| `[A-Z_]/.test(line));
const named = table.flatMap((line) => [...line.split("|")[1].matchAll(/`(\w+)`/g)].map(([, word]) => word));

test("there are such words", () => {
  expect(failures).toEqual(expect.arrayContaining(["SILENT", "NO_SERVER", "PUK", "PLAIN_HTTP", "SIGNATURE", "MEMORY"]));
});

test.each(failures.map((word) => [word]))("%s is in the table", (word) => {
  expect(word.startsWith("HTTP_") ? named.map((one) => one.replace(/\dxx/, "")) : named).toContain(word);
});

test("the table has no word that nothing says", () => {
  const parts = ["FLASH", "RTC"];
  expect(named.filter((word) => !failures.includes(word.replace(/\dxx/, "")) && !parts.includes(word))).toEqual([]);
});
