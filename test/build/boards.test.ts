/** Boards as data: the loader's words, every electrical rule with a board that breaks it, and what is made from the boards. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Board } from "../../boards/board";
import { boardNames, brokenRules, parseAccessPoints, parseBoard, readBoard, readmeWithTable } from "../../build/boards";
import { bundle } from "../../build/bundle";
import { BUILDS, pins } from "../../build/chips";
import { noAuthority } from "../../build/modem";
import { BOARD_RULES, complaints, uses } from "../../build/rules-boards";

const root = join(__dirname, "../..");

/** A copy of a board with something changed: a path in its JSON and what stands there then (undefined: nothing). */
function change(name: string, ...changes: [path: string, value: unknown][]): Board {
  const board = JSON.parse(JSON.stringify(readBoard(name)));
  for (const [path, value] of changes) {
    const names = path.split(".");
    const last = names.pop()!;
    const place = names.reduce((inner, one) => (inner[one] ??= {}), board);
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  return board;
}

describe("every board", () => {
  test("there are the eight that the README speaks of, and a product", () => {
    expect(boardNames()).toEqual(
      "esp32 esp32-c3 espruino-wifi lantern mdbt42q microbit2 pixljs puckjs rp2040-pico".split(" "),
    );
  });

  test.each(boardNames())("%s breaks no rule, and its bundle is within its budget", async (name) => {
    expect(complaints(readBoard(name))).toEqual([]);
    const { code, board } = await bundle(name);
    expect(code.length).toBeLessThanOrEqual(board.budget.bytes);
  });

  test("the modem's access point is that of the table, with its user and password", async () => {
    const { code } = await bundle(change("esp32", ["parts.modem.apn", "ke-safaricom"], ["parts.modem.pin", "1234"]));
    expect(code.replace(/\\n/g, "\n").includes("safaricom\nsaf\ndata\n1234")).toBe(true);
  });

  test("what is said about circuits stays out of the bundle", async () => {
    const said = change(
      "puckjs",
      ["parts.rtc.note", "behind the battery"],
      ["parts.rtc.circuit", { backup: "a cell" }],
    );
    const { code } = await bundle(said);
    expect(code).not.toMatch(/behind the battery|a cell/);
    expect(code).toBe((await bundle("puckjs")).code);
  });
});

describe("a board that is not in order is refused, with file, place and remedy", () => {
  const messages = (board: unknown, name = "esp32") => {
    try {
      parseBoard(typeof board === "string" ? board : JSON.stringify(board), `boards/${name}.json`);
    } catch (error) {
      return (error as Error).message.split("\n");
    }
    return [];
  };

  test.each([
    ["is no JSON", "{ name: 1 }", "this is no JSON"],
    ["lacks its parts", change("esp32", ["parts", undefined]), 'file: "parts" is missing: add it'],
    ["lacks an output", change("esp32", ["parts.output", undefined]), 'parts: "output" is missing: add it'],
    ["has a name too many", change("esp32", ["colour", "red"]), 'file: there is no "colour": take it out'],
    [
      "is called otherwise than its file",
      change("esp32", ["name", "esp33"]),
      'name: it is the file\'s, so write "esp32"',
    ],
    [
      "has a number in quotes",
      change("esp32", ["limits.variables", "16383"]),
      'limits.variables: "16383" is no integer',
    ],
    ["has a number that is too small", change("esp32", ["settings.interval", 1]), "settings.interval: 1 must be >= 10"],
    [
      "is for a build that is not known",
      change("esp32", ["espruino", "ESP33"]),
      'espruino: build/chips.ts has no "ESP33"',
    ],
    [
      "names no profile that there is",
      change("esp32", ["profile", "loud"]),
      'profile: there is no "loud": write one of c-example',
    ],
    [
      "has a part without driver",
      change("esp32", ["parts.red.driver", undefined]),
      'parts.red: every part names its "driver"',
    ],
    [
      "names no driver that there is",
      change("esp32", ["parts.display.driver", "max7219"]),
      "there is no hal/drivers/max7219.ts: write one of at24, ",
    ],
    [
      "has a driver in the wrong place",
      change("esp32", ["parts.rtc", { driver: "led", pin: "D2" }]),
      "parts.rtc.driver: led is no rtc: write one of ds3231, pcf8563",
    ],
    [
      "has a pin that is none",
      change("esp32", ["parts.keypad.rows", ["D25", "26"]]),
      'parts.keypad.rows[1]: "26" is no pin: write it as the interpreter names it',
    ],
    [
      "lacks an option",
      change("esp32", ["parts.rtc.address", undefined]),
      'parts.rtc: "address" is missing: add it (On I2C, 7 bits)',
    ],
    [
      "misspells an option",
      change("esp32", ["parts.red.activelow", true]),
      'parts.red: there is no "activelow": take it out, or write one of driver, pin, activeLow',
    ],
    [
      "has a memory of an odd size",
      change("esp32", ["parts.memory.bytes", 1000]),
      "parts.memory.bytes: 1000 is none of these: write one of 4096, 8192",
    ],
    [
      "names no access point that there is",
      change("esp32", ["parts.modem.apn", "nowhere"]),
      'parts.modem.apn: boards/apns.json has no "nowhere": add it there, or write one of internet, ',
    ],
    [
      "names an authority that is not there",
      change("esp32", ["parts.modem.ca", "other.pem"]),
      "parts.modem.ca: there is no boards/ca/other.pem: put the authority's certificate there",
    ],
    [
      "has a modem with older TLS than it may use",
      change("esp32", ["parts.modem.family", "sim800"], ["parts.modem.ca", undefined]),
      "parts.modem: the TLS of a sim800 is older than 1.2, so that it would report nothing: take another family, or allow",
    ],
    [
      "has a server without TLS that it may not use",
      change("esp32", ["metrics.server.base_url", "http://metrics.example.com"]),
      "parts.modem: http://metrics.example.com is without TLS, so that it would report nothing: give the server's https",
    ],
    [
      "has only raw connections, without TLS, for a server with it",
      change("esp32", ["parts.modem.service", undefined]),
      'parts.modem: a sim7600 has no TLS on raw connections, and https://metrics.example.com wants it: add "service"',
    ],
    [
      "has a modem that carries nothing",
      change("esp32", ["parts.modem.service", undefined], ["parts.modem.lean", false]),
      'parts.modem: nothing carries reports: add "service": true, or "lean": true, or both',
    ],
    ["has three keys", change("pixljs", ["parts.keypad.pins", ["H1", "H2", "H3"]]), "parts.keypad.pins: "],
    [
      "keeps its pages nowhere",
      change("puckjs", ["parts.flash.file", undefined]),
      'parts.flash: pages lie at a "position" or in a "file"',
    ],
  ])("%s", (_what, board, says) => {
    const found = messages(board, typeof board === "string" ? "esp32" : board.name === "esp33" ? "esp32" : board.name);
    expect(found).toEqual(expect.arrayContaining([expect.stringContaining(says)]));
    for (const line of found) expect(line).toMatch(/^boards\/[\w-]+\.json: /);
  });

  test("a modem that can report is as good as any", () => {
    expect(messages(change("esp32", ["parts.modem.family", "sim800"], ["parts.modem.plain", true]))).toEqual([]);
    expect(messages(change("esp32", ["parts.modem.family", "sim7070"], ["parts.modem.service", false]))).toEqual([]);
    expect(
      messages(
        change(
          "esp32",
          ["parts.modem.service", false],
          ["parts.modem.plain", true],
          ["metrics.server.base_url", "http://metrics.example.com"],
        ),
      ),
    ).toEqual([]);
  });

  test("access points: no JSON, a name too many, or more than a unit could be given by #MODEM", () => {
    expect(() => parseAccessPoints('{ "a": ')).toThrow(/^boards\/apns\.json: this is no JSON, mend it there: /);
    const longest = { apn: "a".repeat(63), user: "u".repeat(43), password: "p".repeat(43) };
    expect(parseAccessPoints(JSON.stringify({ longest }))).toEqual({ longest });
    expect([...Object.values(longest), "12345678"].join("\n")).toHaveLength(160);
    for (const field of ["apn", "user", "password"] as const)
      expect(() => parseAccessPoints(JSON.stringify({ x: { ...longest, [field]: `${longest[field]}+` } }))).toThrow(
        `boards/apns.json: x.${field}: `,
      );
  });

  test("an authority's certificate is one, and not the server's own, nor any text", () => {
    const pem = (file: string) => readFileSync(join(root, file), "latin1");
    expect(noAuthority(pem("boards/ca/isrg-root-x1.pem"))).toBe(undefined);
    expect(noAuthority(pem("test/modem/model/ca/ca.pem"))).toBe(undefined);
    expect(noAuthority(pem("test/modem/model/ca/server.pem"))).toMatch(/^is that of CN=.*: put the certificate there/);
    for (const text of ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
      expect(noAuthority(text)).toMatch(/^holds no certificate: put the authority's there, PEM/);
  });

  test("all mistakes at once", () => {
    const board = change("esp32", ["limits.variables", "many"], ["parts.rtc.address", "0x68"], ["parts.red.pin", 5]);
    expect(messages(board)).toHaveLength(3);
  });

  test("a driver that the schema does not know is the driver's own business", () => {
    const wifi = change("esp32", ["parts.transport", { driver: "wifi", ssid: "home", anything: 1 }]);
    expect(messages(wifi)).toEqual([]);
  });
});

describe("the electrical rules", () => {
  /** Boards that break each rule, with the place and what is said of it. */
  const BROKEN: { [rule: string]: [Board, at: string, says: string][] } = {
    "pin-twice": [
      [change("esp32", ["parts.red.pin", "D13"]), "parts.red.pin", "D13 is taken by parts.display.clk"],
      [change("esp32", ["parts.red.pin", "D36"]), "reserved.D36", "D36 is taken by parts.red.pin"],
      [change("esp32", ["parts.red.pin", "D34"]), "parts.battery.pin", "D34 is taken by parts.red.pin"],
      [change("esp32", ["i2c.sda", "D17"]), "parts.modem.tx", "D17 is taken by i2c.sda"],
    ],
    "no-such-pin": [
      [change("esp32", ["parts.output.pin", "D20"]), "parts.output.pin", "ESP32 has no D20"],
      [change("pixljs", ["parts.green.pin", "D31"]), "parts.green.pin", "PIXLJS has no D31"],
      [change("espruino-wifi", ["parts.green.pin", "B11"]), "parts.green.pin", "ESPRUINOWIFI has no B11"],
    ],
    "pin-taken": [
      [change("esp32", ["parts.buzzer.pin", "D6"]), "parts.buzzer.pin", "flash is on it"],
      [change("esp32-c3", ["parts.buzzer.pin", "D12"]), "parts.buzzer.pin", "flash is on it"],
      [change("microbit2", ["parts.buzzer.pin", "D4"]), "parts.buzzer.pin", "the LED matrix is on it"],
      [change("rp2040-pico", ["parts.buzzer.pin", "D23"]), "parts.buzzer.pin", "supply is on it"],
    ],
    "load-pulled-up": [
      [change("esp32", ["parts.output.pin", "D27"]), "parts.output.pin", "pulled up at every start"],
      [change("espruino-wifi", ["parts.output.pin", "B4"]), "parts.output.pin", "pulled up at every start"],
      [change("puckjs", ["parts.output.pin", "D26"]), "parts.output.pin", "no pull-down at the gate"],
      [change("esp32-c3", ["parts.output.pin", "D8"]), "parts.output.pin", "has to be high at reset"],
    ],
    "load-pull-down": [[change("mdbt42q", ["parts.output.circuit", undefined]), "parts.output", "solder one (10k)"]],
    "strap": [
      [change("esp32", ["parts.red.pin", "D12"]), "parts.red.pin", "the flash gets 1.8 V"],
      [change("esp32", ["parts.green.pin", "D0"]), "parts.green.pin", "waits for a download"],
      [change("esp32", ["parts.output.sense", "D15"]), "parts.output.sense", "may be either there"],
      [
        change("esp32-c3", ["parts.keypad.pins", ["D0", "D1", "D3", "D9"]]),
        "parts.keypad.pins[3]",
        "may be either there",
      ],
    ],
    "input-only": [
      [change("esp32", ["parts.buzzer.pin", "D34"]), "parts.buzzer.pin", "D34 is an input only"],
      [
        change("esp32", ["parts.keypad.columns", ["D18", "D19", "D36"]]),
        "parts.keypad.columns[2]",
        "D36 has no pull-up",
      ],
    ],
    "analog": [
      [
        change("esp32", ["parts.battery", { driver: "divider", pin: "D4", top: 1, bottom: 1 }]),
        "parts.battery.pin",
        "D4 cannot measure",
      ],
      [
        change("rp2040-pico", ["parts.battery", { driver: "divider", pin: "D1", top: 1, bottom: 1 }]),
        "parts.battery.pin",
        "take one of D26 D27 D28",
      ],
    ],
    "console-by-level": [
      [change("puckjs", ["planned.modem.rx", "D29"]), "planned.modem.rx", "D29 must be low at the start"],
      [change("puckjs", ["reserved.D29", undefined]), "reserved", "D29 floats"],
      [change("puckjs", ["reserved.D29", "free"]), "reserved", "D29 floats"],
    ],
    "console-uart": [
      [change("esp32", ["parts.modem.tx", "D1"], ["parts.modem.rx", "D3"]), "parts.modem", "console's pins (D1, D3)"],
      [change("esp32", ["parts.modem.port", "Serial1"]), "parts.modem.port", "Serial1 is the console's"],
      [change("puckjs", ["planned.modem.rx", "D28"]), "planned.modem", "console's pins (D28, D29)"],
    ],
    "port": [
      [change("puckjs", ["serial.port", "Serial1"]), "planned.modem.port", "Serial1 is the factory port's"],
      [
        change("puckjs", ["planned.modem.port", "Serial2"]),
        "planned.modem.port",
        "PUCKJS has no Serial2: take one of Serial1",
      ],
      [change("puckjs", ["serial.baud", 115200]), "serial.baud", "9600 at most"],
      [change("rp2040-pico", ["i2c.scl", "D20"], ["i2c.sda", "D21"]), "i2c", "I2C1 cannot be at D20 and D21"],
    ],
    "interrupt-twice": [
      [
        change("espruino-wifi", ["parts.keypad.columns", ["A6", "A7", "B6"]]),
        "parts.keypad.columns[2]",
        "B6 shares its interrupt",
      ],
    ],
    "address-twice": [
      [
        change("esp32", ["parts.memory.address", 81], ["parts.rtc", { driver: "pcf8563", address: 81 }]),
        "parts.memory.address",
        "0x51 is the address of rtc too",
      ],
    ],
    "i2c-pull-ups": [[change("esp32", ["i2c.circuit", undefined]), "i2c", "solder them (4.7k)"]],
    "rtc-backup": [[change("esp32", ["parts.rtc.circuit", undefined]), "parts.rtc", "give it a cell"]],
    "memory-layout": [
      [change("pixljs", ["budget.bytes", 26624]), "budget.bytes", "lower the budget by"],
      [change("esp32", ["parts.flash.position", 0x320000]), "parts.flash", "move it there"],
      [change("esp32", ["parts.flash.position", 0x310800]), "parts.flash", "move it there"],
      [change("esp32", ["parts.flash.pages", 17]), "parts.flash", "move it there"],
      [change("esp32", ["map.free", undefined]), "parts.flash", 'add "free"'],
      [change("esp32", ["map.free", { position: 0x31f000, bytes: 8192 }]), "map.free", "overlaps Storage"],
      [change("espruino-wifi", ["parts.flash.page", 4096]), "parts.flash.page", "takes 16384 bytes"],
      [change("esp32", ["budget.peak", 20000]), "budget.peak", "16383 variables"],
      [change("esp32", ["budget.idle", 2100]), "budget.idle", "above the peak"],
      [change("esp32", ["settings.table.position", 4096]), "settings.table", "overlaps parts.flash"],
      [change("esp32", ["settings.table.position", 16384]), "settings.table", "ends at 32768"],
      [change("esp32", ["settings.table.position", 8200], ["parts.flash.pages", 8]), "settings.table", "whole pages"],
      [
        change("puckjs", ["settings.table", { flash: 1, position: 8192, hashes: 4, pause: 1000 }]),
        "settings.table",
        "ends at 24576",
      ],
      [
        change("espruino-wifi", ["metrics.store", { position: 20000, bytes: 8192 }]),
        "metrics.store",
        "overlaps settings.table",
      ],
      [change("puckjs", ["metrics.store", { position: 57344, bytes: 16384 }]), "metrics.store", "ends at 73728"],
      [change("pixljs", ["metrics.store", { position: 4096, bytes: 1024 }]), "metrics.store", "ends at 5120"],
    ],
    wear: [
      [change("pixljs", ["settings.interval", 40]), "settings.interval", "of 100000 at most: write 50 or more"],
      [change("microbit2", ["settings.interval", 60]), "settings.interval", "of 1000 at most: write 2466 or more"],
    ],
    "native": [[change("esp32", ["native", true]), "native", "ESP32 does not run"]],
  };

  test("each has a board that breaks it, and a reason", () => {
    expect(Object.keys(BROKEN).sort()).toEqual(BOARD_RULES.map(({ name }) => name).sort());
    for (const { why } of BOARD_RULES) expect(why).toMatch(/^[A-Z].{30,}\.$/);
  });

  test.each(
    Object.entries(BROKEN).flatMap(([rule, cases]) =>
      cases.map(([board, at, says]) => [rule, says, board, at] as const),
    ),
  )("%s: %s", (rule, says, board, at) => {
    // The examples are boards in every other respect.
    const { name } = board;
    expect(() => parseBoard(JSON.stringify(board), `boards/${name}.json`)).not.toThrow(/is no pin|is missing/);
    expect(complaints(board)).toContainEqual({ rule, at, message: expect.stringContaining(says) });
  });

  test("builds and flashing tell of them in lines with file, place, remedy and rule", () => {
    expect(brokenRules(readBoard("esp32"))).toEqual([]);
    expect(brokenRules(change("esp32", ["parts.red.pin", "D13"]))).toEqual([
      "boards/esp32.json: parts.red.pin: D13 is taken by parts.display.clk: give one of them another pin (pin-twice)",
    ]);
  });

  test("what stands for it in the JSON is enough for them", () => {
    const pulled = change(
      "esp32",
      ["parts.keypad", { driver: "pcf8574", address: 32, interrupt: "D36", circuit: { pullups: "10k" } }],
      ["reserved.D36", undefined],
    );
    expect(complaints(pulled)).toEqual([]);
    // With its console shut by a grounded D29, Puck.js has D28 for the modem.
    expect(uses(readBoard("puckjs")).map(({ pin }) => pin)).toContain("D28");
  });
});

test("pins in words", () => {
  expect(pins("D3 A0-A2 H10")).toEqual(["D3", "A0", "A1", "A2", "H10"]);
  // What is taken cannot be wired, and everything else that is said of a pin is about one that can.
  for (const build of Object.values(BUILDS)) {
    for (const pin of Object.keys(build.taken)) expect(build.pins).not.toContain(pin);
    const { straps, inputOnly, pulledUp, analog, neverLoad, console } = build;
    for (const pin of [...Object.keys(straps), ...inputOnly, ...pulledUp, ...Object.keys(neverLoad)])
      expect(build.pins).toContain(pin);
    for (const pin of analog) expect([...build.pins, "A2", "A3"]).toContain(pin);
    expect(console.tx).toMatch(/^[A-Z]\d+$/);
  }
});

test("the tool finds nothing: no rule broken, types and table made from the boards as they are", () => {
  const tool = spawnSync(process.execPath, ["--import", "tsx", "build/boards.ts"], { cwd: root, encoding: "utf8" });
  expect(tool).toMatchObject({ status: 0, stdout: "9 boards: electrical rules ok\n", stderr: "" });
});

test("the table of boards in the README is the one that the tool makes now", () => {
  expect(readFileSync(join(root, "README.md"), "utf8")).toBe(readmeWithTable());
});
