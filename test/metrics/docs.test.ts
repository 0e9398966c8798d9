import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asking, body, SERVER } from "./asking";
import { EXAMPLE } from "./configurations";

const NOW = 1611583070;

test("docs/reporting.md shows a request and its bytes", () => {
  const doc = readFileSync(join(__dirname, "../../docs/reporting.md"), "utf8");
  const rows = [
    [NOW - 7200, 148, 121, 3, -4, undefined],
    [NOW - 3600, 171, 124, 12, 9, undefined],
    [NOW - 1234, 175, 125, 14, 11, 1],
    [NOW, 176, 126, 14, 12, undefined],
  ];
  const shown = (encoding: string) =>
    body(
      asking(rows, {
        now: NOW,
        timestamp: NOW,
        count: 132,
        columns: 5,
        interval: -3600,
        data: [13, 0, "0.1.0"],
        server: { ...SERVER, encoding },
      }),
    );
  const [json, cbor] = [shown("json"), shown("cbor")];
  expect(doc.replace(/\n {5}/g, "")).toContain(json);
  expect(doc).toContain(`in ${json.length} bytes of JSON`);
  expect(doc).toContain(`in ${cbor.length} bytes of CBOR`);
  const lines = doc.match(/^ {4} *[\da-f]{2}[\da-f ]* {2,}/gm)!;
  expect(lines.join("").replace(/ /g, "")).toBe(Buffer.from(cbor, "latin1").toString("hex"));
  expect(doc).toContain(
    `takes ${body(EXAMPLE("json")).length} bytes of JSON and ${body(EXAMPLE("cbor")).length} of CBOR`,
  );
});
