import { anchors, brokenLinks } from "../../build/links";

const there = ["docs/store.md", "docs/serial.md", "hal/hal.ts", "boards"];
const check = (page: string, text: string, more: { [path: string]: string } = {}) =>
  brokenLinks({ [page]: text, ...more }, (path) => there.includes(path) || path === page);

test.each([
  [
    "a page that is not there",
    "docs/a.md",
    "See\n[it](wiring.md).",
    ["docs/a.md:2: there is no docs/wiring.md: correct the link, or write it"],
  ],
  [
    "a path from the wrong folder",
    "docs/a.md",
    "[it](docs/store.md)",
    ["docs/a.md:1: there is no docs/docs/store.md: correct the link, or write it"],
  ],
  [
    "a picture that is not there",
    "README.md",
    "[![The device](device.svg)](docs/store.md)",
    ["README.md:1: there is no device.svg: correct the link, or write it"],
  ],
  [
    "a heading that is not there",
    "docs/a.md",
    "# One\n[it](#two)",
    ["docs/a.md:2: docs/a.md has no heading #two: take one of one"],
  ],
  [
    "pages, files, folders and the world outside",
    "docs/a.md",
    "[a](store.md) [b](../hal/hal.ts) [c](../boards) [d](https://example.com/x#y) [e](#one)\n# One",
    [],
  ],
  ["what is code", "docs/a.md", "`[it](nowhere.md)`\n\n    [it](nowhere.md)\n\n```\n[it](nowhere.md)\n```", []],
])("%s", (_what, page, text, found) => {
  expect(check(page, text)).toEqual(found);
});

test("headings of other pages", () => {
  const more = { "docs/serial.md": "# Serial commands\n\n## `#SETUP;serial[;count]`\n\n## Events\n\n## Events" };
  expect(check("docs/a.md", "[s](serial.md#setupserialcount) [e](serial.md#events-1)", more)).toEqual([]);
  expect(check("docs/a.md", "[s](serial.md#setup)", more)).toEqual([
    "docs/a.md:1: docs/serial.md has no heading #setup: take one of serial-commands, setupserialcount, events, events-1",
  ]);
});

test("names of headings, as GitHub makes them", () => {
  expect(anchors("# How long the clock's cell lasts\n## [A link](b.md) & `code_x`\n    # code")).toEqual([
    "how-long-the-clocks-cell-lasts",
    "a-link--code_x",
  ]);
});
