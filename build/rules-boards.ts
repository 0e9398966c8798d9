/**
 * Electrical rules of boards: what would not start, would burn, would give light for nothing, or would not fit. They read
 * a board's JSON and build/chips.ts, run in `npm run check`, and each says why. test/build/boards.test.ts has a board
 * that breaks each of them.
 */
import type { Board } from "../boards/board";
import { BUILDS, type Build } from "./chips";

/** One pin of a board and what it is used for. */
export interface Use {
  pin: string;
  /** Place in the board's JSON, as parts.output.sense. */
  at: string;
  /** What the controller does with it: "output", "input" with a level that comes from outside, "pulled" up inside, "analog". */
  as: "output" | "input" | "pulled" | "analog";
  /** The level that the circuit gives the pin at reset: 0, 1, either of them ("any"), or none ("free"). */
  rest: 0 | 1 | "any" | "free";
  /** Whether an edge on it wakes the program. */
  wakes: boolean;
}

type Kind = `${Use["as"]} ${Use["rest"]}` | `${Use["as"]} ${Use["rest"]} wakes`;

/**
 * What drivers do with the pins in their options, under "driver.option". An option that is not here is an output which
 * may have any level at reset.
 */
const KINDS: { [option: string]: Kind } = {
  "loadswitch.pin": "output 0",
  "loadswitch.sense": "input any",
  "matrix.rows": "output free",
  "matrix.columns": "pulled free wakes",
  "keys.pins": "pulled any wakes",
  "pcf8574.interrupt": "pulled 1 wakes",
  "tm1637.clk": "output 1",
  "tm1637.dio": "output 1",
  // The display pulls its inputs up itself.
  "hd44780.rs": "output 1",
  "hd44780.data": "output 1",
  "hd44780.en": "output free",
  "hd44780.light": "output 0",
  "buzzer.pin": "output 0",
  "led.pin": "output 0",
  "divider.pin": "analog any",
  "modem.tx": "output free",
  // High from an idle modem, low from one without power.
  "modem.rx": "input any",
  "modem.key": "output 0",
  "modem.supply": "output 0",
  "modem.status": "input any",
  "modem.dtr": "output free",
  "i2c.scl": "output 1",
  "i2c.sda": "output 1",
  "serial.tx": "output free",
  "serial.rx": "input any",
  "product.outputs": "output 0",
  "product.inputs": "pulled any wakes",
};

const isPin = (text: unknown): text is string => typeof text === "string" && /^[A-Z]\d{1,2}$/.test(text);

/** Every pin that a board uses, also those of parts that are planned, and those that are reserved. */
export function uses(board: Board): Use[] {
  const found: Use[] = [];
  const add = (at: string, driver: string, options: object) => {
    for (const [option, value] of Object.entries(options)) {
      if (option === "circuit" || value === null) continue;
      const dark = driver === "led" && (options as any).activeLow ? "output 1" : undefined;
      const [as, rest, wakes] = (dark ?? KINDS[`${driver}.${option}`] ?? "output any").split(" ");
      for (const [i, pin] of Object.entries(typeof value === "object" ? value : { "": value })) {
        const place = Array.isArray(value) ? `${at}.${option}[${i}]` : `${at}.${option}${i && "."}${i}`;
        const level = /^[01]$/.test(rest) ? Number(rest) : rest;
        if (isPin(pin)) found.push({ pin, at: place, as: as as Use["as"], rest: level as Use["rest"], wakes: !!wakes });
      }
    }
  };
  add("i2c", "i2c", board.i2c);
  add("serial", "serial", board.serial);
  for (const [role, part] of Object.entries(board.parts)) if (part) add(`parts.${role}`, part.driver, part);
  if (board.product) add("product", "product", board.product);
  for (const [role, part] of Object.entries(board.planned ?? {})) if (part) add(`planned.${role}`, part.driver, part);
  for (const pin of Object.keys(board.reserved ?? {}))
    found.push({ pin, at: `reserved.${pin}`, as: "input", rest: "free", wakes: false });
  return found;
}

/** A board's modem, or the one that it is to get, and its place in the JSON. */
const modemOf = ({ parts, planned }: Board): [at: string, part: any] =>
  parts.modem ? ["parts.modem", parts.modem] : ["planned.modem", planned?.modem];

/** A rule that a board breaks, where, and what to do. */
export interface Complaint {
  rule: string;
  at: string;
  message: string;
}

export interface BoardRule {
  name: string;
  /** Why there is this rule, for people. */
  why: string;
  /** Places in the JSON with what is wrong and what to do. */
  find(board: Board, build: Build): [at: string, message: string][];
}

const hex = (n: number) => `0x${n.toString(16)}`;
/** Bytes that Storage adds to a file. */
const HEADER = 32;
/** Bytes of a record of the store, and how many writes a place of flash or EEPROM takes (data sheets: nRF52832, W25Q32, AT24C256). */
const RECORD = 64;
const ENDURANCE = { flash: 10_000, at24: 1_000_000 };
/** Bytes of the table of codes: two slots of whole pages of 4096. */
const TABLE = 16384;
const TEN_YEARS = 10 * 31_557_600;

/** Parts that are memories, with the bytes of the store's two pages at their beginning. */
function memories(board: Board) {
  return (["flash", "memory"] as const).flatMap((role) => {
    const part: any = board.parts[role];
    if (part?.driver === "flash") return [{ role, part, bytes: part.pages * part.page, store: 2 * part.page }];
    if (part?.driver === "at24") return [{ role, part, bytes: part.bytes, store: 2 * Math.min(4096, part.bytes / 2) }];
    return [];
  });
}

/** Areas of a memory that the JSON gives to something, the store's own first. */
function areas(board: Board, role: "flash" | "memory"): { at: string; position: number; bytes: number }[] {
  const found = memories(board)
    .filter((one) => one.role === role)
    .map(({ store }) => ({ at: `parts.${role}`, position: 0, bytes: store }));
  const { table } = board.settings;
  if (table && (table.flash ? "flash" : "memory") === role)
    found.push({ at: "settings.table", position: table.position, bytes: TABLE });
  const walk = (at: string, value: any) => {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.position === "number" && typeof value.bytes === "number") found.push({ at, ...value });
    else for (const [name, inner] of Object.entries(value)) walk(`${at}.${name}`, inner);
  };
  if (role === "memory") walk("metrics", board.metrics);
  return found;
}

export const BOARD_RULES: BoardRule[] = [
  {
    name: "pin-twice",
    why: "Two parts at one pin drive against each other, or each hears the other.",
    find: (board) => {
      const first = new Map<string, string>();
      return uses(board).flatMap(({ pin, at }): [string, string][] => {
        const other = first.get(pin);
        if (other === undefined) first.set(pin, at);
        return other === undefined ? [] : [[at, `${pin} is taken by ${other}: give one of them another pin`]];
      });
    },
  },
  {
    name: "no-such-pin",
    why: "The interpreter does not know a pin of that name, and the program ends where it is read.",
    find: (board, { pins, taken }) =>
      uses(board)
        .filter(({ pin }) => !pins.includes(pin) && !taken[pin])
        .map(({ pin, at }) => [at, `${board.espruino} has no ${pin}: take one of ${pins.join(" ")}`]),
  },
  {
    name: "pin-taken",
    why: "Flash, USB, a sensor or a crystal is on that pin already: a driver there stops the board, or is stopped by it.",
    find: (board, { taken }) =>
      uses(board)
        .filter(({ pin }) => taken[pin])
        .map(({ pin, at }) => [at, `${pin} cannot be used, ${taken[pin]}: take another pin`]),
  },
  {
    name: "load-pulled-up",
    why: "From reset until the program runs the load would be on, without credit, at every start and for as long as no program runs.",
    find: (board, { pulledUp, neverLoad, straps }) =>
      uses(board)
        .filter(({ at }) => at === "parts.output.pin")
        .flatMap(({ pin, at }): [string, string][] => {
          const why = pulledUp.includes(pin)
            ? "it is pulled up at every start"
            : straps[pin]?.level === 1
              ? "it has to be high at reset"
              : neverLoad[pin];
          return why ? [[at, `${pin} must not switch the load, ${why}: take a pin that floats then`]] : [];
        }),
  },
  {
    name: "load-pull-down",
    why: "A pin that nobody drives is high or low by chance: without a resistor to ground the load flickers at every start, and is on with the controller dead.",
    find: (board) =>
      board.parts.output.circuit?.pulldown
        ? []
        : [["parts.output", 'no pull-down is stated: solder one (10k) and write "circuit": { "pulldown": "10k" }']],
  },
  {
    name: "strap",
    why: "The chip reads these pins when it leaves reset and starts in another way when their level is not the one it wants.",
    find: (board, { straps }) =>
      uses(board)
        .filter(({ pin, rest }) => straps[pin] && rest !== "free" && rest !== straps[pin].level)
        .map(({ pin, at, rest }) => {
          const { level, otherwise } = straps[pin];
          const has = rest === "any" ? "may be either there" : `is ${rest ? "high" : "low"} there`;
          return [at, `${pin} has to be ${level ? "high" : "low"} at reset and ${has}: ${otherwise}; take another pin`];
        }),
  },
  {
    name: "input-only",
    why: "These pins have no output stage and no pull-up of their own.",
    find: (board, { inputOnly }) =>
      uses(board).flatMap(({ pin, at, as }): [string, string][] => {
        if (!inputOnly.includes(pin) || as === "input" || as === "analog") return [];
        const part: any = board.parts[at.split(".")[1]];
        if (as === "pulled" && part?.circuit?.pullups) return [];
        return [
          [
            at,
            as === "pulled"
              ? `${pin} has no pull-up: solder one and write "circuit": { "pullups": "10k" }, or take another pin`
              : `${pin} is an input only: take another pin`,
          ],
        ];
      }),
  },
  {
    name: "analog",
    why: "Not every pin has a converter, and ADC2 of an ESP32 belongs to the radio: Espruino does not offer it.",
    find: (board, { analog }) =>
      uses(board)
        .filter(({ pin, as }) => as === "analog" && !analog.includes(pin))
        .map(({ pin, at }) => [at, `${pin} cannot measure a voltage: take one of ${analog.join(" ")}`]),
  },
  {
    name: "console-by-level",
    why: "High at the start, this pin opens a console on the board's UART, on which anybody can run programs, until the program closes it: and a modem types into it.",
    find: (board, { console: { rx }, consoleByLevel }) => {
      if (!consoleByLevel || board.serial.rx === rx) return [];
      const by = uses(board).filter(({ pin, at }) => pin === rx && !at.startsWith("reserved."));
      if (by.length) return by.map(({ at }) => [at, `${rx} must be low at the start: take another pin, and ground it`]);
      return /ground/.test(board.reserved?.[rx] ?? "")
        ? []
        : [["reserved", `${rx} floats, and opens a console when it is high: ground it and write "${rx}": "to ground"`]];
    },
  },
  {
    name: "console-uart",
    why: "Until the program runs, the interpreter's console is there: it types into the modem at every start, and runs what the modem says.",
    find: (board, { console: { port, tx, rx }, consoleByLevel }) => {
      const [at, modem] = modemOf(board);
      if (!modem) return [];
      // With the console shut by its level, the transmit pin is silent until the program takes it.
      if (modem.rx === rx || modem.tx === rx || modem.rx === tx || (modem.tx === tx && !consoleByLevel))
        return [[at, `the modem is at the console's pins (${tx}, ${rx}): give it others`]];
      return modem.port === port && !consoleByLevel
        ? [[`${at}.port`, `${port} is the console's at every start: give the modem another port`]]
        : [];
    },
  },
  {
    name: "port",
    why: "A port has one user, and on some chips only certain pins.",
    find: (board, { ports }) => {
      const found: [string, string][] = [];
      const known = (port: string) => Object.keys(ports).filter((name) => name.startsWith(port.slice(0, 3)));
      const look = (at: string, port: string, first: string, second: string) => {
        const pairs = ports[port]?.split(" ").map((pair) => pair.split("/"));
        if (!pairs)
          found.push([`${at}.port`, `${board.espruino} has no ${port}: take one of ${known(port).join(" ")}`]);
        else if (
          ports[port] !== "any" &&
          !(pairs.some(([pin]) => pin === first) && pairs.some(([, pin]) => pin === second))
        )
          found.push([at, `${port} cannot be at ${first} and ${second}: take a pair of ${ports[port]}`]);
      };
      const { i2c, serial } = board;
      const [at, modem] = modemOf(board);
      look("i2c", i2c.port, i2c.scl, i2c.sda);
      if (serial.port !== "software") look("serial", serial.port, serial.tx, serial.rx);
      else if (serial.baud > 9600)
        found.push(["serial.baud", "a port in software keeps up with 9600 at most: write that"]);
      if (modem?.port) look(at, modem.port, modem.tx, modem.rx);
      if (modem?.port === serial.port)
        found.push([`${at}.port`, `${serial.port} is the factory port's: take another, or make that "software"`]);
      return found;
    },
  },
  {
    name: "interrupt-twice",
    why: "Pins of the same number on two of this chip's ports share an interrupt: the second watch is refused, and presses there are not noticed.",
    find: (board, { sharedInterrupts }) => {
      const first = new Map<string, string>();
      if (!sharedInterrupts) return [];
      return uses(board)
        .filter(({ wakes }) => wakes)
        .flatMap(({ pin, at }): [string, string][] => {
          const line = pin.slice(1);
          const other = first.get(line);
          if (other === undefined) first.set(line, `${at} (${pin})`);
          return other === undefined ? [] : [[at, `${pin} shares its interrupt with ${other}: take another number`]];
        });
    },
  },
  {
    name: "address-twice",
    why: "Two chips that answer at one I2C address speak at the same time.",
    find: (board) => {
      const first = new Map<number, string>();
      return Object.entries<any>(board.parts).flatMap(([role, part]): [string, string][] => {
        if (part?.address === undefined) return [];
        const other = first.get(part.address);
        if (other === undefined) first.set(part.address, role);
        return other === undefined
          ? []
          : [
              [
                `parts.${role}.address`,
                `${hex(part.address)} is the address of ${other} too: strap one of them to another`,
              ],
            ];
      });
    },
  },
  {
    name: "i2c-pull-ups",
    why: "The bus needs resistors to the supply; those inside the controller are too weak.",
    find: (board) =>
      board.i2c.circuit?.pullups
        ? []
        : [["i2c", 'no pull-ups are stated: solder them (4.7k) and write "circuit": { "pullups": "4.7k" }']],
  },
  {
    name: "rtc-backup",
    why: "Without a cell of its own the clock stops with the supply: each power cut costs credit, and a device that is off for a week has forgotten it.",
    find: (board) =>
      board.parts.rtc.circuit?.backup
        ? []
        : [["parts.rtc", 'no backup is stated: give it a cell and write "circuit": { "backup": "CR2032" }']],
  },
  {
    name: "memory-layout",
    why: "What does not fit is overwritten, or lies where the interpreter keeps something else.",
    find: (board, { page }) => {
      const { limits, budget, map } = board;
      const found: [string, string][] = [];
      let storage = budget.bytes + HEADER;
      for (const { role, part, bytes } of memories(board)) {
        const at = `parts.${role}`;
        if (part.driver !== "flash") continue;
        if (part.page !== page) found.push([`${at}.page`, `an erase takes ${page} bytes here: write that`]);
        if (part.file) {
          // Room to begin at a page wherever the file lies.
          storage += bytes + part.page - 4 + HEADER;
          continue;
        }
        const { position: from, bytes: room } = map.free ?? { position: 0, bytes: 0 };
        if (part.position % part.page || part.position < from || part.position + bytes > from + room)
          found.push([
            at,
            map.free
              ? `its ${bytes} bytes are not whole pages of what is free, ${hex(from)} to ${hex(from + room - 1)}: move it there`
              : 'map names no free area: add "free", or keep the pages in a "file"',
          ]);
      }
      if (storage > limits.storage)
        found.push([
          "budget.bytes",
          `bundle and store take ${storage} bytes of Storage, which has ${limits.storage}: lower the budget by ${storage - limits.storage}`,
        ]);
      if (
        map.free &&
        map.free.position < map.storage + limits.storage &&
        map.storage < map.free.position + map.free.bytes
      )
        found.push(["map.free", "it overlaps Storage: give the area beside it"]);
      if (budget.peak > limits.variables)
        found.push(["budget.peak", `the interpreter has ${limits.variables} variables: lower it`]);
      if (budget.idle > budget.peak) found.push(["budget.idle", "it is above the peak: lower it"]);
      for (const role of ["flash", "memory"] as const) {
        const claims = areas(board, role);
        const memory = memories(board).find((one) => one.role === role);
        const size = memory?.bytes ?? 0;
        claims.forEach(({ at, position, bytes }, i) => {
          if (position + bytes > size)
            found.push([
              at,
              `it ends at ${position + bytes}, and parts.${role} at ${size}: make it smaller, or that larger`,
            ]);
          if (
            at === "settings.table" &&
            memory?.part.driver === "flash" &&
            (position % 4096 || memory.part.page > 4096)
          )
            found.push([at, "its slots are whole pages of 4096 bytes: let it begin at one, or put it into the EEPROM"]);
          for (const other of claims.slice(0, i))
            if (position < other.position + other.bytes && other.position < position + bytes)
              found.push([at, `it overlaps ${other.at}: move it to ${other.position + other.bytes} or later`]);
        });
      }
      return found;
    },
  },
  {
    name: "wear",
    why: "Each place of a memory endures a number of writes. A device has to live ten years, and these may take a tenth of that.",
    find: (board) =>
      memories(board)
        .filter(({ role }) => role === "memory")
        .flatMap(({ part, store }): [string, string][] => {
          const stores = TEN_YEARS / (store / RECORD);
          const most = ENDURANCE[part.driver as keyof typeof ENDURANCE] / 10;
          const writes = stores / board.settings.interval;
          return writes > most
            ? [
                [
                  "settings.interval",
                  `ten years write each place ${Math.round(writes)} times, of ${most} at most: write ${Math.ceil(stores / most)} or more`,
                ],
              ]
            : [];
        }),
  },
  {
    name: "native",
    why: "E.nativeCall runs Thumb code only, and not from flash that is mapped without the right to execute.",
    find: (board, { chip, native }) =>
      board.native && !native ? [["native", `an ${chip} does not run the routines: write false`]] : [],
  },
];

/** What a board that is in order as JSON breaks of the rules. */
export function complaints(board: Board): Complaint[] {
  const build = BUILDS[board.espruino];
  return BOARD_RULES.flatMap(({ name, find }) =>
    find(board, build).map(([at, message]) => ({ rule: name, at, message })),
  );
}
