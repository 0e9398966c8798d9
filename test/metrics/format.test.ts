import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, readBoard } from "../../build/bundle";
import { check } from "../../build/check";
import { checkMetrics, dataFormat, metricsOf, table } from "../../build/metrics";

/** The reference board with something else in it. */
function board(change: (board: any) => void = () => {}): any {
  const made = readBoard("esp32");
  change(made);
  return made;
}
const variable = (key: string, change: object) => (made: any) => {
  Object.assign(
    made.metrics.variables.find((one: any) => one.key === key),
    change,
  );
};
const columns = (count: number, change: object) => (made: any) => {
  for (let i = 0; i < count; i++)
    made.metrics.variables.push({
      key: `more_${i}`,
      name: "More",
      type: "integer",
      in: "historical_data",
      source: "panel",
      ...change,
    });
};
const flashed = (pages: number) => (made: any) => {
  made.parts.memory = { driver: "flash", position: 3211264, pages, page: 4096 };
  made.metrics.store = { position: 8192, bytes: (pages - 2) * 4096 };
};

test("a board without the section has nothing to check", () => {
  expect(checkMetrics(board((made) => delete made.metrics))).toEqual([]);
});

test("the reference board's section is right", () => {
  expect(checkMetrics(board())).toEqual([]);
});

test.each<[string, (made: any) => void, string]>([
  ["an unknown field", (m) => (m.metrics.every = 5), '"every", which is none of'],
  ["an unknown field of a variable", variable("restarts", { units: "V" }), '"units", which is none of'],
  ["a sample that is too short", (m) => (m.metrics.sample = 5), "10 to 3600"],
  ["an interval that samples do not fill", (m) => (m.metrics.interval = 90), "that `sample` divides"],
  ["an interval that does not fill the day", (m) => (m.metrics.interval = 7 * 3600), "divide the day"],
  ["no server", (m) => delete m.metrics.server, "where the requests go"],
  ["an address without a scheme", (m) => (m.metrics.server.base_url = "example.com"), "http:// or https://"],
  ["an address that ends with /", (m) => (m.metrics.server.base_url += "/"), "without / at its end"],
  ["an unknown auth", (m) => (m.metrics.server.auth = "xx"), '"sa", "ta", "ca", "da", "ra", "jwt"'],
  ["an unknown encoding", (m) => (m.metrics.server.encoding = "xml"), '"json" or "cbor"'],
  ["padding in words", (m) => (m.metrics.server.padded = "no"), "true or false"],
  ["jwt without a key", (m) => (m.metrics.server.auth = "jwt"), "jwt_key"],
  ["a format number in words", (m) => (m.metrics.server.data_format_id = "12"), "the server's number"],
  ["no variables", (m) => (m.metrics.variables = []), "at least one"],
  [
    "a source that is not there",
    variable("panel_voltage", { source: "pannel" }),
    'no source "pannel"; choose one of panel',
  ],
  ["a source with a name that every object has", variable("restarts", { source: "toString" }), "no source"],
  ["a channel that is not there", variable("panel_voltage", { channel: 2 }), "0 (voltage), 1 (current)"],
  ["a channel of a counter", variable("restarts", { channel: 1 }), "has no channels"],
  ["a key twice", variable("panel_current", { key: "panel_voltage" }), "there twice"],
  ["a key that is a number", variable("restarts", { key: "12" }), "looks like a number"],
  ["a key that is a negative number", variable("restarts", { key: "-1" }), "looks like a number"],
  ["a key in capitals", variable("restarts", { key: "Restarts" }), "a-z, 0-9 and _"],
  ["the time as a variable", variable("restarts", { key: "relative_time" }), "by itself"],
  ["a name beyond ASCII", variable("restarts", { name: "Dém" }), "printable ASCII"],
  ["a unit beyond ASCII", variable("panel_voltage", { unit: "°C" }), "printable ASCII"],
  ["an unknown type", variable("restarts", { type: "number" }), '"text", "integer", "float", "bool"'],
  ["neither data nor history", variable("restarts", { in: "both" }), '"data" or "historical_data"'],
  ["a scale with five decimals", variable("panel_voltage", { scale: 0.00001 }), "four decimals"],
  ["a scale of a text", variable("firmware_version", { scale: 10 }), "four decimals"],
  ["an unknown aggregation", variable("panel_voltage", { aggregation: "mean" }), '"average", "latest"'],
  ["an aggregation of data", variable("restarts", { aggregation: "sum" }), "belongs to historical_data"],
  ["a divisor of 0", variable("panel_voltage", { divide: 0 }), "from 1 to"],
  ["a divisor with a fraction", variable("panel_voltage", { divide: 2.5 }), "whole number"],
  ["a version that is a number", variable("firmware_version", { type: "integer" }), "type text"],
  ["a counter that is a text", variable("restarts", { type: "text" }), "type text"],
  ["a value of what is not constant", variable("restarts", { value: 1 }), "of nothing else"],
  ["a constant without a value", variable("restarts", { source: "constant" }), "whole number of a constant"],
  [
    "a constant in every row",
    variable("output_minutes", { source: "constant", value: 1, aggregation: "latest" }),
    "never changes",
  ],
  ["no token count", variable("token_count", { key: "tokens" }), '"token_count" must be in data'],
  [
    "no history",
    (m) => (m.metrics.variables = m.metrics.variables.filter((one: any) => one.in === "data")),
    "at least one must be in historical_data",
  ],
  ["a place inside the journal", (m) => (m.metrics.store.position = 4096), "overlaps the journal"],
  ["a place that is no whole page", (m) => (m.metrics.store.position += 32), "multiples of 64"],
  ["no place", (m) => delete m.metrics.store, "say where in the memory"],
  ["a place beyond the memory", (m) => (m.metrics.store.bytes += 64), "ends at 32832, and the memory at 32768"],
  ["too small a place", (m) => (m.metrics.store.bytes = 8192), "holds 504 rows of 14 bytes, 21 days, and must hold 31"],
  [
    "rows wider than a page",
    columns(30, { divide: 10 }),
    "A row of 35 historical variables takes 74 bytes, and 56 are",
  ],
  ["days by the thousand", (m) => (m.metrics.store.days = 9999), "1 to 3660"],
  ["flash that is too small", flashed(4), "must hold 31"],
  [
    "flash in the middle of a page",
    (m) => {
      flashed(12)(m);
      m.metrics.store.position += 64;
    },
    "multiples of 4096",
  ],
  [
    "a sum that does not fit",
    (m) => {
      m.parts.panel.shunt = 0.001;
      columns(1, { channel: 1, aggregation: "sum" })(m);
    },
    "2147483647 is the most",
  ],
])("refuses %s, and says what to change", (_what, change, says) => {
  expect(checkMetrics(board(change)).join("\n")).toContain(says);
});

test("everything that is wrong is said at once, with the board's file", () => {
  const wrong = board((made) => {
    variable("restarts", { key: "1", type: "number" })(made);
    made.metrics.server.auth = "";
  });
  expect(() => metricsOf(wrong)).toThrow(/boards\/esp32\.json:\n.*metrics\.server\.auth.*\n.*"1".*\n.*type/);
});

test("31 days of hourly rows of five variables fit half an AT24C256, also with values of four bytes less of them", () => {
  const rows = (made: any) => Number(/room for (\d+) rows/.exec(table(made))![1]);
  expect(metricsOf(board()).variables.filter((one) => one.in === "historical_data")).toHaveLength(5);
  expect(rows(board())).toBeGreaterThanOrEqual(31 * 24);
  const wide = board((made) => {
    variable("panel_voltage", { divide: 1 })(made);
    made.parts.panel.shunt = 5;
    variable("panel_current", { divide: 1 })(made);
    made.metrics.store.days = 14;
  });
  expect(table(wide)).toContain("24 bytes, values of 4 bytes");
  expect(rows(wide)).toBe((256 - 2) * 2);
  expect(rows(board(flashed(8)))).toBeGreaterThanOrEqual(31 * 24);
});

test("the data format is the list of the board, in its order, without what is its default", () => {
  const format = dataFormat(metricsOf(board()));
  const { variables } = readBoard("esp32").metrics!;
  const keys = (where: string) => variables.filter((one: any) => one.in === where).map((one: any) => one.key);
  expect(format.data_order).toEqual(keys("data"));
  expect(format.historical_data_order).toEqual([...keys("historical_data"), "relative_time"]);
  expect(format.historical_data_interval).toBe(3600);
  expect(JSON.parse(JSON.stringify(format.variables.battery_lowest))).toEqual({
    name: "Battery voltage, lowest",
    type: "float",
    unit: "V",
    scale_factor: 0.01,
    aggregation_method: "min",
  });
  expect(JSON.parse(JSON.stringify(format.variables.firmware_version))).toEqual({ name: "Firmware version" });
});

test("the table in the docs is the board's", () => {
  expect(readFileSync(join(__dirname, "../../docs/metrics.md"), "utf8")).toContain(table(board()));
});

test("a board without the section pays for nothing, and its sensors are not in it", async () => {
  const without = board((made) => delete made.metrics);
  const bare = board((made) => {
    delete made.metrics;
    delete made.parts.panel;
    delete made.parts.battery;
  });
  const { code } = await bundle(without);
  expect(code).toBe((await bundle(bare)).code);
  for (const text of ["analogRead", "shunt", "data_order", "Int32Array"]) expect(code).not.toContain(text);
});

test("what a board says wrongly stops its build", async () => {
  await expect(bundle(board(variable("restarts", { key: "7" })))).rejects.toThrow("looks like a number");
});

test("a board with every kind of source builds, within the language of the interpreter", async () => {
  const made = board((one) => {
    columns(1, { channel: 1, aggregation: "max", divide: 10 })(one);
    one.metrics.store.days = 14;
    one.metrics.variables.push({
      key: "active_until_timestamp_requested",
      name: "Asks for the end of its credit",
      type: "bool",
      in: "data",
      source: "constant",
      value: 1,
    });
  });
  const { code, map } = await bundle(made);
  expect(check(code, map)).toEqual([]);
});
