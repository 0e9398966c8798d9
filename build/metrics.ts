/**
 * The `metrics` section of a board's JSON: its check, what of it goes into the bundle, the data format that a server
 * registers, and the table of the docs.
 *
 *     npx tsx build/metrics.ts --table esp32     the table, as it stands in docs/metrics.md
 *     npx tsx build/metrics.ts --format esp32    the data format, JSON
 */
import { createHash } from "node:crypto";
import { AGGREGATIONS, type MetricsSection, SENSOR, SOURCES, type VariableSection } from "../firmware/metrics/format";

/** One value of a part that measures: its least and its greatest reading, in its unit. */
interface Channel {
  name: string;
  unit: string;
  least: number;
  most: number;
}

/** The drivers of parts that measure, and what their channels are, given the options in the board's JSON. */
const SENSORS: { [driver: string]: (options: any) => Channel[] } = {
  divider: ({ top, bottom, full = 3300 }) => [
    { name: "voltage", unit: "mV", least: 0, most: Math.ceil((full * (top + bottom)) / bottom) },
  ],
  ina219: ({ shunt }) => [
    { name: "voltage", unit: "mV", least: 0, most: 32764 },
    { name: "current", unit: "mA", least: Math.floor(-327680 / shunt), most: Math.ceil(327670 / shunt) },
  ],
};

/** Whether a driver is one of a part that measures. */
export const isSensor = (driver: string): boolean => Object.hasOwn(SENSORS, driver);

/** The source that is a product's own code. */
const PRODUCT = "product";

/** Greatest values of what the firmware itself can tell. */
const MOST: { [source: string]: number } = { tampered: 1, output: 1 };
const MOST_COUNTED = 65535;

/** Days of rows that must fit where the store does not say, and bytes of what stands around the rows of a block. */
const DAYS = 31;
const AROUND = 8;
const TIME = 4;
/** Units in which the firmware is told where the rows are. */
const UNIT = 64;
/** Bytes of rows that fit into a request of 4096 KB whatever else is in it. */
const MOST_ROWS = 4000000;
/** Largest block in flash: a row is one write, and few enough bytes to be one. */
const LONGEST = 256;

const SECTION = ["sample", "interval", "report", "budget", "store", "server", "variables"];
const STORE = ["position", "bytes", "days"];
const SERVER = "base_url data_format_id auth encoding padded jwt_key simple moves indexed".split(" ");
const VARIABLE = "key name type unit description scale aggregation in source channel divide value least most".split(
  " ",
);
const TYPES = ["text", "integer", "float", "bool"];
/** Keys with a meaning of their own in the specification. */
const TAKEN = ["timestamp", "relative_time"];

/** A JSON value as a literal of the program: pins and ports are the interpreter's own names. */
export const literal = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, "$1:")
    .replace(/"([A-Z]\d+|I2C\d|Serial\d)"/g, "$1");

const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isText = (value: unknown): value is string => typeof value === "string" && /^[ -~]+$/.test(value);
const list = (names: string[]) => names.map((name) => `"${name}"`).join(", ");

/** The parts of a board that measure, in the order of their numbers. */
function sensorsOf(board: any): { name: string; driver: string; options: any; channels: Channel[] }[] {
  return Object.entries<any>(board.parts).flatMap(([name, { driver, circuit: _, note: __, ...options }]) =>
    isSensor(driver) ? [{ name, driver, options, channels: SENSORS[driver](options) }] : [],
  );
}

const columnsOf = (metrics: MetricsSection) => metrics.variables.filter((one) => one.in === "historical_data");

/** The greatest size of a value as it is stored: after division, and summed up where its aggregation says so. */
function reach(board: any, variable: VariableSection): number {
  const sensor = sensorsOf(board).find(({ name }) => name === variable.source);
  const channel = sensor?.channels[variable.channel ?? 0];
  const { least, most: highest } = channel ?? (variable.source === PRODUCT ? variable : {});
  const most = Math.max(-(least ?? 0), highest ?? MOST[variable.source] ?? MOST_COUNTED);
  const { sample, interval } = board.metrics as MetricsSection;
  return Math.ceil((most * (variable.aggregation === "sum" ? interval / sample : 1)) / (variable.divide ?? 1));
}

/** Bytes of a value of a row: the same for all of them. */
const widthOf = (board: any): number =>
  columnsOf(board.metrics).every((variable) => reach(board, variable) <= 32767) ? 2 : 4;

/** The memory for the rows: what of it belongs to the journal, what is written at once, what is erased at once (0: nothing is). */
function memoryOf(board: any): { bytes: number; journal: number; block: number; erase: number } {
  const { driver, bytes, page, pages } = board.parts.memory;
  return driver === "flash"
    ? { bytes: pages * page, journal: 2 * page, block: 0, erase: page }
    : { bytes, journal: 2 * Math.min(4096, bytes / 2), block: page, erase: 0 };
}

/** How the rows lie: see firmware/metrics/history.shared.ts. */
function shapeOf(board: any) {
  const { store } = board.metrics as MetricsSection;
  const { block, erase } = memoryOf(board);
  const values = columnsOf(board.metrics).length;
  const width = widthOf(board);
  const row = TIME + values * width;
  const size = block || Math.ceil((AROUND + row) / 4) * 4;
  const rows = block ? Math.floor((size - AROUND) / row) : 1;
  const perPage = erase ? Math.floor(erase / size) : 1;
  const blocks = Math.floor(store.bytes / (erase || size)) * perPage;
  // What is about to be overwritten holds nothing that can be relied on.
  const spared = erase ? perPage : rows > 1 ? 2 : 1;
  return { size, rows, blocks, values, width, row, capacity: (blocks - spared) * rows };
}

/** What is wrong with the section, a sentence each that says what to change; nothing where a board has none. */
export function checkMetrics(board: any): string[] {
  const metrics = board.metrics as MetricsSection | undefined;
  const wrong: string[] = [];
  if (metrics === undefined) return wrong;
  const need = (ok: unknown, message: string) => {
    if (!ok) wrong.push(message);
    return Boolean(ok);
  };
  const known = (where: string, value: object, names: string[]) => {
    for (const name of Object.keys(value))
      need(names.includes(name), `${where} has "${name}", which is none of ${list(names)}`);
  };
  const { sample, interval, store, server, variables } = metrics;
  known("metrics", metrics, SECTION);
  const timed =
    need(isWhole(sample, 10, 3600), "metrics.sample: give 10 to 3600 seconds") &&
    need(
      isWhole(interval, 10, 86400) && interval % sample === 0 && 86400 % interval === 0,
      "metrics.interval: give seconds that `sample` divides and that divide the day (86400)",
    );

  const { report = interval, budget = 0 } = metrics;
  need(isWhole(report, 600, 2592000), "metrics.report: give 600 to 2592000 seconds, or leave it out for the interval");
  need(
    isWhole(budget, 0, 65535),
    "metrics.budget: give kilobytes a month, 65535 at most, or leave it out for any number",
  );

  if (need(server, "metrics.server: say where the requests go")) {
    known("metrics.server", server, SERVER);
    need(
      isText(server.base_url) &&
        /^https?:\/\/[^/ ]+(\/[^ ]*)?$/.test(server.base_url) &&
        !server.base_url.endsWith("/"),
      "metrics.server.base_url: give http:// or https://, a host, and what is in front of the routes, without / at its end",
    );
    need(
      isWhole(server.data_format_id, 0, 2 ** 31 - 1),
      "metrics.server.data_format_id: give the server's number, or 0",
    );
    const auths = ["sa", "ta", "ca", "da", "ra", "jwt"];
    need(auths.includes(server.auth), `metrics.server.auth: choose one of ${list(auths)}`);
    need(["json", "cbor"].includes(server.encoding), 'metrics.server.encoding: choose "json" or "cbor"');
    for (const field of ["padded", "simple", "moves", "indexed"] as const)
      need(
        typeof server[field] === "boolean" || (field !== "padded" && server[field] === undefined),
        `metrics.server.${field}: true or false`,
      );
    need(
      server.jwt_key === undefined ? server.auth !== "jwt" : isText(server.jwt_key),
      'metrics.server.jwt_key: a text in printable ASCII, and with "jwt" it must be there',
    );
  }

  const keys = new Set<string>();
  const sensors = sensorsOf(board);
  const sources = [...sensors.map(({ name }) => name), ...(board.product ? [PRODUCT] : []), ...Object.keys(SOURCES)];
  if (!need(Array.isArray(variables) && variables.length, "metrics.variables: list at least one")) return wrong;
  for (const variable of variables) {
    const { key, name, type, unit, description, scale, aggregation, source, channel, divide, value } = variable;
    const { least, most } = variable;
    const at = `variable ${JSON.stringify(key)}`;
    const historical = variable.in === "historical_data";
    known(at, variable, VARIABLE);
    if (/^-?\d+$/.test(String(key)))
      wrong.push(
        `${at}: a key that looks like a number clashes with the indices of the data format; begin with a letter`,
      );
    else
      need(
        /^[a-z][a-z0-9_]{0,39}$/.test(String(key)),
        `${at}: keys are a-z, 0-9 and _, begin with a letter, 40 at most`,
      );
    need(!keys.has(key), `${at} is there twice: give each a key of its own`);
    need(!TAKEN.includes(key), `${at}: the time of a row is sent by itself; leave it out`);
    keys.add(key);
    need(isText(name), `${at}: give it a name in printable ASCII`);
    for (const [field, text] of Object.entries({ unit, description }))
      need(text === undefined || isText(text), `${at}: ${field} is printable ASCII, or left out`);
    need(TYPES.includes(type), `${at}: its type is one of ${list(TYPES)}`);
    need(variable.in === "data" || historical, `${at}: say "in": "data" or "historical_data"`);
    need(
      scale === undefined || (scale > 0 && /^\d+(\.\d{1,4})?$/.test(String(scale)) && /^(integer|float)$/.test(type)),
      `${at}: scale belongs to an integer or float, above 0, with at most four decimals`,
    );
    need(
      aggregation === undefined || (historical && AGGREGATIONS.includes(aggregation)),
      `${at}: aggregation belongs to historical_data, one of ${list(AGGREGATIONS)}`,
    );
    need(divide === undefined || isWhole(divide, 1, 1e6), `${at}: divide is a whole number from 1 to 1000000`);
    if (!need(sources.includes(source), `${at}: there is no source "${source}"; choose one of ${sources.join(", ")}`))
      continue;
    const sensor = sensors.find((one) => one.name === source);
    const text = source === "firmware_version";
    need((type === "text") === text, `${at}: the firmware's version is the one source of type text`);
    need(!historical || !(text || source === "constant"), `${at}: ${source} never changes; put it into data`);
    need(
      source === "constant" ? isWhole(value, -(2 ** 31), 2 ** 31 - 1) : value === undefined,
      `${at}: value is the whole number of a constant, and of nothing else`,
    );
    const own = source === PRODUCT;
    need(
      own ? isWhole(least, -(2 ** 31), 2 ** 31) && isWhole(most, least!, 2 ** 31) : (least ?? most) === undefined,
      `${at}: least and most are what a reading of the product may be, whole numbers; give both with that source, and none without`,
    );
    if (own) need(isWhole(channel ?? 0, 0, 99), `${at}: channel is the place in what the product reads, 0 to 99`);
    else if (!sensor) need(channel === undefined, `${at}: ${source} has no channels; leave channel out`);
    else
      need(
        isWhole(channel ?? 0, 0, sensor.channels.length - 1),
        `${at}: ${source} has channel${sensor.channels.map((one, i) => ` ${i} (${one.name})`).join(",")}`,
      );
  }
  need(
    variables.some((one) => one.key === "token_count" && one.in === "data"),
    'metrics.variables: "token_count" must be in data',
  );
  need(columnsOf(metrics).length, "metrics.variables: at least one must be in historical_data");
  need(store, "metrics.store: say where in the memory the rows are");
  if (!timed || wrong.length) return wrong;

  for (const variable of columnsOf(metrics)) {
    const summed = reach(board, { ...variable, divide: 1, aggregation: "sum" });
    need(
      summed < 2 ** 31,
      `variable "${variable.key}": the readings of an interval add up to ${summed}, and 2147483647 is the most; sample less often`,
    );
  }
  const unit = (size: number) => Math.ceil(UNIT / size) * size;
  const { bytes, journal, block, erase } = memoryOf(board);
  const { rows, row, size, blocks, capacity } = shapeOf(board);
  const step = erase || unit(block);
  const sized =
    need(
      isWhole(store.position, 0, bytes) &&
        store.position % step === 0 &&
        isWhole(store.bytes, 1, bytes) &&
        store.bytes % step === 0,
      `metrics.store: position and bytes are multiples of ${step}`,
    ) &&
    need(
      store.position >= journal,
      `metrics.store overlaps the journal, which has the first ${journal} bytes: begin there or later`,
    ) &&
    need(
      store.position + store.bytes <= bytes,
      `metrics.store ends at ${store.position + store.bytes}, and the memory at ${bytes}`,
    );
  known("metrics.store", store, STORE);
  const days = store.days ?? DAYS;
  need(isWhole(days, 1, 3660), "metrics.store.days: give 1 to 3660");
  const room = block ? size - AROUND : LONGEST - AROUND;
  const wide = need(
    rows > 0 && row <= room,
    `A row of ${columnsOf(metrics).length} historical variables takes ${row} bytes, and ${room} are the most: leave some out`,
  );
  need(blocks * rows < 65536, "metrics.store holds more than the 65535 rows that can be counted: make it smaller");
  if (sized && wide)
    need(
      capacity * interval >= days * 86400,
      `metrics.store holds ${Math.max(0, capacity)} rows of ${row} bytes, ${Math.floor((Math.max(0, capacity) * interval) / 86400)} days, and must hold ${days}: ` +
        "make it larger, the interval longer, or the variables fewer",
    );
  return wrong;
}

/** The section of a board, checked. Throws with everything that is wrong with it. */
export function metricsOf(board: any): MetricsSection {
  const wrong = checkMetrics(board);
  if (wrong.length) throw new Error(`boards/${board.name}.json:\n  ${wrong.join("\n  ")}`);
  return board.metrics;
}

/** The data format object of the specification, without what is its default. A row may end with `relative_time`, where it does not follow the one before it by an interval. */
export function dataFormat(metrics: MetricsSection) {
  const order = (where: string) => metrics.variables.filter((one) => one.in === where).map(({ key }) => key);
  return {
    data_order: order("data"),
    historical_data_interval: metrics.interval,
    historical_data_order: [...order("historical_data"), "relative_time"],
    variables: Object.fromEntries(
      metrics.variables.map(({ key, name, type, unit, description, scale, aggregation }) => [
        key,
        {
          name,
          type: type === "text" ? undefined : type,
          unit,
          description,
          scale_factor: scale === 1 ? undefined : scale,
          aggregation_method: aggregation === "average" ? undefined : aggregation,
        },
      ]),
    ),
  };
}

/** What the data asks for: "auts", "asl", or "". */
function asksOf(variables: VariableSection[]): string {
  const asked = (name: string) => variables.some((one) => one.in === "data" && one.key === `${name}_requested`);
  return asked("active_until_timestamp") ? "auts" : asked("active_seconds_left") ? "asl" : "";
}

/** A module for the bundle: what the firmware gets, as a function that makes it anew each time it is called. */
export function metricsModule(board: any): string {
  const metrics = metricsOf(board);
  const sensors = sensorsOf(board);
  const { size, rows, blocks, values, width } = shapeOf(board);
  const numbers = (variable: VariableSection) => {
    const sensor = [...sensors.map(({ name }) => name), PRODUCT].indexOf(variable.source);
    const all = {
      source: sensor < 0 ? SOURCES[variable.source] : SENSOR + sensor,
      channel: variable.value ?? variable.channel ?? 0,
      divide: variable.divide ?? 1,
      aggregation: AGGREGATIONS.indexOf(variable.aggregation ?? "average"),
    };
    const usual: { [field: string]: number } = { channel: 0, divide: 1, aggregation: 0 };
    return Object.fromEntries(Object.entries(all).filter(([field, value]) => value !== usual[field]));
  };
  const columns = columnsOf(metrics);
  // Rows of a firmware that meant something else by them must not count.
  const meaning = columns.map((one) => [one.key, one.source, one.channel, one.divide, one.scale, one.aggregation]);
  const mix = createHash("sha256").update(JSON.stringify(meaning)).digest().readUInt16LE(0);
  const layout = [metrics.store.position / UNIT, blocks, size, rows, values, width, mix];
  const drivers = [...new Set(sensors.map(({ driver }) => driver))];
  const asks = asksOf(metrics.variables);
  // What the bundle was built by, it need not be told.
  const { simple, encoding, moves: _m, indexed: _i, ...rest } = metrics.server;
  const server = { ...rest, ...(simple && { simple }), ...(encoding === "cbor" && { encoding }) };
  const made = sensors.map(
    ({ driver, options }) =>
      `${driver}(${options.address === undefined ? "analog" : board.i2c.port}, ${literal(options)})`,
  );
  return [
    ...drivers.map((driver) => `import { ${driver} } from "../hal/drivers/${driver}";`),
    ...(made.some((call) => call.includes("(analog,")) ? [`import { analog } from "../hal/espruino/analog";`] : []),
    "export function metrics() {",
    "  return {",
    `    sample: ${metrics.sample}, interval: ${metrics.interval}, layout: ${literal(layout)},`,
    made.length || board.product ? `    sensors: () => [${made.join(", ")}],` : "",
    `    data: ${literal(metrics.variables.filter((one) => one.in === "data").map(numbers))},`,
    `    rows: ${literal(columns.map(numbers))},`,
    `    server: ${literal(server)},`,
    ...(connects(board) ? [`    report: ${metrics.report ?? metrics.interval}, budget: ${metrics.budget ?? 0},`] : []),
    `    asks: "${asks}",`,
    "  };",
    "}",
  ].join("\n");
}

/** Whether a board has something that carries its reports. */
export const connects = ({ metrics, parts }: any): boolean => Boolean(metrics && (parts.modem ?? parts.transport));

/** Characters of a piece of a long text: few enough to be in memory beside all else, and many, as each takes bytes. */
const PIECE = 120;

/** A long text as an expression of the program: a function that gives it in pieces from 0 on, and "" behind its end; before it, others. */
export function piecewise(text: string, others: string[] = []): string {
  const pieces = [...others, ...(text.match(new RegExp(`.{1,${PIECE}}`, "gs")) ?? [])];
  const cases = pieces.map((piece, i) => `case ${i}: return ${JSON.stringify(piece)};`);
  return `(piece) => { switch (piece) { ${cases.join(" ")} } return ""; }`;
}

/** The data format of a board as an expression of the program. */
export const formatFunction = (board: any): string => piecewise(JSON.stringify(dataFormat(metricsOf(board))));

/** The parts of the metrics that a board may leave out, by the names under which the firmware asks for them. */
export function metricsParts(board: any): { [part: string]: boolean } {
  if (!board.metrics) return {};
  const { server, variables } = metricsOf(board);
  const { capacity, values } = shapeOf(board);
  const moves = server.moves !== false;
  const product = Boolean(board.product);
  const cbor = server.encoding === "cbor";
  const simple = Boolean(server.simple);
  return {
    CBOR: cbor,
    CBOR_ANSWERS: cbor,
    SIMPLE: simple,
    DECIMALS: false,
    INDEXED: server.indexed !== false,
    RA: server.auth === "ra",
    ASKS: asksOf(variables) !== "",
    MOVES: moves,
    SETTINGS: moves || product,
    ERASES: memoryOf(board).erase > 0,
    SENSORS: sensorsOf(board).length > 0 || product,
    PADDED: server.padded,
    // Another server has no number for it yet.
    FORMATS: moves || simple || !server.data_format_id,
    // A row is at most "12":-9007199254740991 for each value, its time, and brackets.
    SPLITS: connects(board) || product || capacity * 24 * (values + 2) > MOST_ROWS,
  };
}

/** The table of the docs. */
export function table(board: any): string {
  const metrics = metricsOf(board);
  const { row, width, capacity } = shapeOf(board);
  const sensors = sensorsOf(board);
  const cells = metrics.variables.map((one) => {
    const sensor = sensors.find(({ name }) => name === one.source);
    const channel = sensor?.channels[one.channel ?? 0];
    const number = one.type === "text" || one.type === "bool" ? "" : `${one.scale ?? 1} ${one.unit ?? ""}`.trim();
    const from = channel ? `${one.source}, ${channel.name} in ${channel.unit}` : one.source;
    return [
      `\`${one.key}\``,
      one.name,
      one.in === "data" ? "data" : "history",
      one.source === "constant" ? `constant ${one.value}` : from,
      one.in === "data" ? "" : (one.aggregation ?? "average"),
      number,
    ];
  });
  const head = ["key", "name", "where", "source", "over the interval", "a 1 means"];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((cell) => cell[i].length)));
  const line = (cell: string[]) => `| ${cell.map((text, i) => text.padEnd(widths[i])).join(" | ")} |`;
  const days = Math.floor((capacity * metrics.interval) / 86400);
  return [
    line(head),
    `| ${widths.map((n) => "-".repeat(n)).join(" | ")} |`,
    ...cells.map(line),
    "",
    `A look every ${metrics.sample} s, a row every ${metrics.interval} s: ${row} bytes, values of ${width} bytes, room for ${capacity} rows (${days} days).`,
  ].join("\n");
}

async function main([what, name]: string[]): Promise<void> {
  const { readBoard } = await import("./bundle");
  const makes: { [what: string]: (board: any) => string } = {
    "--table": table,
    "--format": (board) => JSON.stringify(dataFormat(metricsOf(board)), null, 2),
  };
  if (!Object.hasOwn(makes, what ?? "") || !name)
    throw new Error("Say what to make for which board, as in: npx tsx build/metrics.ts --table esp32");
  const board = readBoard(name);
  if (!board.metrics) throw new Error(`The board "${name}" has no metrics section`);
  console.log(makes[what](board));
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
