import { type Bundle, boardNames, bundle } from "../../build/bundle";
import { renew, type Section } from "../../build/measure";
import { bytesBySource, readTables, type Sizes, table } from "../../build/size";

test.each(boardNames())("every byte of the %s bundle comes from a file, or from the build", async (name) => {
  const built = await bundle(name);
  const { total, ...files } = bytesBySource(built);
  expect(Object.values(files).reduce((sum, bytes) => sum + bytes, 0)).toBe(built.code.length);
  expect(total).toBe(built.code.length);
  expect(files["firmware/token/siphash.ts"]).toBeGreaterThan(700);
  expect(files["firmware/token/siphash.ts"]).toBeLessThan(1500);
  expect(Object.keys(files).filter((file) => !/^(firmware|hal|boards)\/|^\(the build\)$/.test(file))).toEqual([]);
});

test("a bundle's bytes go to the file in which the source map places them", () => {
  const map = JSON.stringify({
    version: 3,
    sources: ["../a.ts", "../b.ts"],
    names: [],
    mappings: "AAAA,GCAA,EDAA;CCAA",
  });
  const built = { code: "aaabbaaa\n{bbb", map } as Bundle;
  expect(bytesBySource(built)).toEqual({ "a.ts": 7, "b.ts": 6, total: 13 });
});

test("tables are read back as they were written", () => {
  const all: Sizes = {
    one: { bytes: { "a.ts": 12, "b.ts": 5, total: 17 }, variables: { idle: 1100, "token check": 1300 } },
    two: { bytes: { "c.ts": 20, "b.ts": 5, total: 25 }, variables: { idle: 900, "token check": 1000 } },
  };
  const document = `# Text\n\n| count | method |\n| --- | --- |\n| 1 | none |\n\n${table(all, "bytes")}\n\n${table(all, "variables")}\n`;
  expect(readTables(document)).toEqual(all);
  expect(
    table(all, "bytes")
      .split("\n")
      .map((line) => line.split(" | ")[0]),
  ).toEqual(["| bytes by source file", "| ---", "| c.ts", "| a.ts", "| b.ts", "| total"]);
});

test("a section that cannot be measured stays as it was, and that is said", async () => {
  const said: string[] = [];
  const old = "# Old\n\nhead\n\n## Here\n\n1\n\n## There\n\n| 2 |\n| 3 |\n\n## Gone\n\n4\n";
  const sections: Section[] = [
    ["Here", () => "new", false],
    ["There", () => "newer", "Install something"],
    ["Never yet", () => "", "Install more"],
  ];
  const text = await renew(old, sections, (line) => said.push(line));
  expect(text.slice(text.indexOf("\n## "))).toBe("\n## Here\n\nnew\n\n## There\n\n| 2 |\n| 3 |\n");
  expect(said).toEqual([
    "Here …",
    "There: stays as it was. Install something.",
    "Never yet: stays as it was. Install more.",
  ]);
});
