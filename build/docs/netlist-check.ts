/**
 * Holds the netlist of a reference design to the JSON of its board: every pin is wired to what the JSON says, through the
 * circuit that it states, and to nothing else. test/docs/netlist.test.ts has a netlist that breaks each rule.
 */
import type { Board } from "../../boards/board";
import { type Use, uses } from "../rules-boards";
import { type End, ends, isSupply, type Netlist, pinsOf } from "./netlist";
import { pad } from "./outlines";
import { SYMBOLS } from "./symbols";

/** Ohms of "4.7k", "34k8", "10R" or "0R1"; NaN of anything else. */
export function ohms(value: string): number {
  const [, whole, unit, rest] = /^([\d.]+)([Rk])?(\d*)$/.exec(value) ?? [];
  return Number(rest ? `${whole}.${rest}` : whole) * (unit === "k" ? 1000 : 1);
}

/** Something that has to be at a pin. */
interface Want {
  says: string;
  fits(end: End): boolean;
}

/** A netlist, as one looks things up in it. */
interface Nets {
  at(net: string): End[];
  /** The net at the other side of a part with two pins. */
  across(end: End): string | undefined;
  /** Net of a pin of the part that the JSON calls `role`. */
  pin(role: string, pin: string): string | undefined;
  /** The controller's supply. */
  logic: string;
}

function look(netlist: Netlist): Nets {
  const all = ends(netlist);
  const nets = {
    at: (net: string) => all.filter((end) => end.net === net),
    across: ({ part, pin }: End) => {
      const two = pinsOf(part);
      return two.length === 2 ? two.find((one) => one.pin !== pin)?.net : undefined;
    },
    pin: (role: string, pin: string) =>
      all.find((end) => end.part.for === role && end.part.is === "block" && end.pin === pin)?.net,
    logic: "",
  };
  nets.logic = nets.pin("controller", "3V3") ?? nets.pin("controller", "3V") ?? "";
  return nets;
}

const resistor = (nets: Nets, value: string | number | undefined, to: string | RegExp): Want => ({
  says: `a resistor${value === undefined ? "" : ` of ${value}`} to ${to instanceof RegExp ? "the supply" : to}`,
  fits: (end) =>
    end.part.is === "resistor" &&
    (value === undefined || ohms(end.part.item) === ohms(String(value))) &&
    (to instanceof RegExp ? to.test(nets.across(end)!) : nets.across(end) === to),
});

const pin = (role: string, name: string): Want => ({
  says: `${name} of the ${role}`,
  fits: ({ part, pin: here }) => part.for === role && part.is === "block" && here === name,
});

/** A line of an array that takes discharges. */
const clamp = (nets: Nets): Want => ({
  says: "a line of a diode array to GND",
  fits: (end) => /^K\d$/.test(end.pin) && nets.at("GND").some(({ ref, pin: a }) => ref === end.ref && a === "A"),
});

const symbol = (is: string, at: string, says: string, right: (end: End) => boolean): Want => ({
  says,
  fits: (end) => end.part.is === is && end.pin === at && right(end),
});

/** A resistor that leads to something. */
const through = (nets: Nets, says: string, right: (end: End) => boolean): Want => ({
  says: `a resistor to ${says}`,
  fits: (end) => end.part.is === "resistor" && nets.at(nets.across(end)!).some(right),
});

/** The transistor that feeds a net, and whether it is wired as `words` say: fed by a supply, held off by a resistor. */
function highSide(nets: Nets, net = "", words = ""): { gate: string; out: string } | undefined {
  const [, hold] = /(\d+k) from gate to source/.exec(words) ?? [];
  for (const end of nets.at(net))
    if (end.part.is === "pmos" && end.pin === "D") {
      const { G, S, D } = end.part.nets!;
      const fed = isSupply(S) || nets.at(S).some((one) => one.part.is === "fuse" && isSupply(nets.across(one)!));
      const held = nets.at(G).some(resistor(nets, hold, S).fits);
      if (fed && held) return { gate: G, out: D };
    }
  return undefined;
}

const outputSwitch = (nets: Nets, board: Board) =>
  highSide(nets, nets.pin("output", "+"), (board.parts.output as any).circuit?.switch);

/** What makes a pin switch such a transistor, which is off while nobody drives the pin. */
const switching = (nets: Nets, pulldown: string | undefined, high: ReturnType<typeof highSide>): Want[] => [
  resistor(nets, pulldown, "GND"),
  symbol("nmos", "G", "the gate of an N-MOSFET that pulls the P-MOSFET's gate down", ({ part: { nets: own } }) => {
    const pulls = high && (own!.D === high.gate || nets.at(own!.D).some(resistor(nets, undefined, high.gate).fits));
    return own!.S === "GND" && !!pulls;
  }),
];

type Context = { board: Board; netlist: Netlist; nets: Nets; role: string; part: any; index: number };

/** What is at the controller's pins, by "driver.option" of the JSON. */
const WANTS: { [option: string]: (context: Context) => Want[] } = {
  "loadswitch.pin": ({ board, nets, part }) => switching(nets, part.circuit?.pulldown, outputSwitch(nets, board)),
  "loadswitch.sense": ({ board, nets }) => [
    resistor(nets, undefined, outputSwitch(nets, board)?.out ?? "the output"),
    resistor(nets, undefined, "GND"),
    symbol("schottky", "A", "a Schottky diode to the controller's supply", (end) => nets.across(end) === nets.logic),
  ],
  "matrix.rows": ({ nets, index }) => [pin("keypad", `R${index + 1}`), clamp(nets)],
  "matrix.columns": ({ nets, index }) => [pin("keypad", `C${index + 1}`), clamp(nets)],
  "pcf8574.interrupt": () => [pin("keypad", "~INT")],
  "tm1637.clk": ({ nets, part }) => [resistor(nets, part.circuit?.pullups, nets.logic), pin("display", "CLK")],
  "tm1637.dio": ({ nets, part }) => [resistor(nets, part.circuit?.pullups, nets.logic), pin("display", "DIO")],
  "led.pin": ({ nets, part }) =>
    part.note === "on the board"
      ? []
      : part.activeLow
        ? [
            symbol("led", "K", "a lamp from the supply", (end) =>
              nets.at(nets.across(end)!).some(resistor(nets, undefined, nets.logic).fits),
            ),
          ]
        : [
            through(
              nets,
              "a lamp to GND",
              (end) => end.part.is === "led" && end.pin === "A" && nets.across(end) === "GND",
            ),
          ],
  "buzzer.pin": ({ nets, part }) => {
    const sounds = (net: string) =>
      nets.at(net).some((end) => end.part.is === "buzzer" && isSupply(nets.across(end)!)) &&
      nets.at(net).some((end) => end.part.is === "diode" && end.pin === "A" && isSupply(nets.across(end)!));
    return part.circuit?.pin === "NPN"
      ? [
          through(
            nets,
            "the base of an NPN under the buzzer and its diode",
            ({ part: { is, nets: own }, pin: at }) => is === "npn" && at === "B" && own!.E === "GND" && sounds(own!.C),
          ),
        ]
      : [
          symbol("buzzer", "2", "the buzzer", (end) => isSupply(nets.across(end)!)),
          symbol("diode", "A", "the buzzer's diode", (end) => isSupply(nets.across(end)!)),
        ];
  },
  "divider.pin": ({ nets, part }) => [
    resistor(nets, part.top, /^\+/),
    resistor(nets, part.bottom, "GND"),
    symbol("capacitor", "1", "a capacitor to GND", (end) => nets.across(end) === "GND"),
  ],
  "i2c.scl": (context) => bus(context, "SCL"),
  "i2c.sda": (context) => bus(context, "SDA"),
  "serial.tx": () => [pin("serial", "TX")],
  "serial.rx": () => [pin("serial", "RX")],
  "modem.tx": (context) => [shifted(context, "RXD")],
  "modem.rx": (context) => [shifted(context, "TXD")],
  "modem.key": ({ nets }) => [
    through(
      nets,
      "the base of an NPN at the modem's PWRKEY",
      ({ part: { is, nets: own }, pin: at }) =>
        is === "npn" && at === "B" && own!.E === "GND" && own!.C === nets.pin("modem", "PWRKEY"),
    ),
  ],
  "modem.supply": ({ nets, part: { circuit } }) =>
    switching(nets, circuit?.pulldown, highSide(nets, nets.pin("modem", "VBAT"), circuit?.supply)),
};

const bus = ({ board, nets }: Context, line: string): Want[] => [
  resistor(nets, board.i2c.circuit?.pullups, nets.logic),
  ...Object.entries<any>(board.parts)
    .filter(([, part]) => part?.address !== undefined)
    .map(([role]) => pin(role, line)),
];

/** A line through the level shifter to a pin of the modem. */
const shifted = ({ nets }: Context, name: string): Want => ({
  says: `${name} of the modem, through a level shifter`,
  fits: ({ part, pin: here, ref }) =>
    /^B\d$/.test(here) &&
    nets.at(nets.pin("modem", name) ?? "").some((end) => end.ref === ref && end.pin === here.replace("B", "A")) &&
    pinsOf(part).some(({ pin: supply, net }) => supply === "VCCB" && net === nets.logic),
});

/** What the words about a reserved pin stand for; a pin of which nothing is said has nothing on it. */
const RESERVED: [words: RegExp, want: (nets: Nets, found: string[], at: string) => Want[]][] = [
  [/(\S+) to the supply/, (nets, [, value]) => [resistor(nets, value, nets.logic)]],
  [/clock chip/, () => [pin("rtc", "~INT")]],
  [
    /tamper loop/,
    (nets, _, at) => [
      through(nets, "the loop", ({ part, pin: here }) => part.for === at && here === "LOOP"),
      symbol("capacitor", "1", "a capacitor to GND", (end) => nets.across(end) === "GND"),
    ],
  ],
  [/loader/, () => [pin("serial", "BOOT")]],
];

/** How the address pins of chips make their address; undefined where a pin is at neither supply. */
const ADDRESS: { [driver: string]: (level: (pin: string) => number) => number } = {
  ds3231: () => 0x68,
  at24: (level) => 0x50 + 4 * level("A2") + 2 * level("A1") + level("A0"),
  pcf8574: (level) => 0x20 + 4 * level("A2") + 2 * level("A1") + level("A0"),
  ina219: (level) => 0x40 + 4 * level("A1") + level("A0"),
};
const CHIP: { [driver: string]: (part: any) => RegExp } = {
  ds3231: () => /^DS323[12]/,
  at24: ({ bytes }) => new RegExp(`^AT24C${bytes / 128}[^\\d]`),
  pcf8574: () => /^PCF8574[^A]*$/,
  ina219: () => /^INA219/,
};
const SUPPLIES: { [pin: string]: "logic" | "GND" } = {
  VCC: "logic",
  VDD: "logic",
  VS: "logic",
  VCCB: "logic",
  "3V3": "logic",
  "3V": "logic",
  GND: "GND",
  VSS: "GND",
  PGND: "GND",
  AGND: "GND",
  NC: "GND",
};

/** What is wrong with the netlist by itself. */
export function looseEnds(netlist: Netlist): string[] {
  const found: string[] = [];
  const all = ends(netlist);
  const refs = netlist.groups.flatMap(({ parts }) => Object.entries(parts));
  const used = new Set<string>();
  for (const [i, [ref, part]] of refs.entries()) {
    used.add(part.item);
    if (refs.findIndex(([other]) => other === ref) !== i) found.push(`${ref}: there are two of it`);
    if (!netlist.items[part.item]) found.push(`${ref}: items has no "${part.item}"`);
    if (part.is !== "block" && !SYMBOLS[part.is]) found.push(`${ref}: there is no symbol "${part.is}"`);
    else if (
      part.is !== "block" &&
      Object.keys(part.nets ?? {})
        .sort()
        .join() !== Object.keys(SYMBOLS[part.is].pins).sort().join()
    )
      found.push(`${ref}: a ${part.is} has the pins ${Object.keys(SYMBOLS[part.is].pins).join(", ")}`);
    const numbers = pinsOf(part).flatMap(({ number }) => (number === "-" ? [] : number.split(",")));
    if (new Set(numbers).size !== numbers.length) found.push(`${ref}: two of its pins have one number`);
  }
  for (const item of Object.keys(netlist.items)) if (!used.has(item)) found.push(`items: nothing uses "${item}"`);
  for (const net of new Set(all.map((end) => end.net)))
    if (net !== "-" && all.filter((end) => end.net === net).length < 2) {
      const [{ ref, pin: at }] = all.filter((end) => end.net === net);
      found.push(`${ref} ${at}: ${net} goes nowhere else`);
    }
  return found;
}

/** Where a netlist and the JSON of its board do not agree, a line each. */
export function disagreements(netlist: Netlist, board: Board): string[] {
  const found: string[] = [];
  const nets = look(netlist);
  const controller = ends(netlist).filter(({ part }) => part.for === "controller" && part.is === "block");
  const all = uses(board);

  for (const use of all) {
    const wants = wantsOf(use, { board, netlist, nets });
    const own = controller.filter((end) => end.pin === use.pin);
    const grounded = /to ground/.test(board.reserved?.[use.pin] ?? "");
    const net = own[0]?.net ?? "-";
    const number = pad(board.espruino, use.pin);
    if (!wants) {
      found.push(`${use.pin} (${use.at}): build/docs/netlist-check.ts does not know what belongs there`);
      continue;
    }
    if (own.length && number && own[0].number !== number)
      found.push(`${use.pin}: it is pad ${number}, not ${own[0].number}`);
    if (grounded) {
      if (net !== "GND") found.push(`${use.pin} (${use.at}): it has to be at GND`);
      continue;
    }
    const rest = net === "-" ? [] : nets.at(net).filter((end) => end.part !== own[0].part || end.pin !== use.pin);
    for (const { says, fits } of wants) {
      const i = rest.findIndex(fits);
      if (i < 0) found.push(`${use.pin} (${use.at}): there is no ${says.replace(/^(an?|the) /, "")}`);
      else rest.splice(i, 1);
    }
    for (const end of rest) found.push(`${use.pin} (${use.at}): ${end.ref} ${end.pin} does not belong there`);
  }
  for (const { pin: name, net } of controller)
    if (/^[A-Z]\d+$/.test(name) && net !== "-" && !all.some((use) => use.pin === name))
      found.push(`${name}: it is wired to ${net}, and the board's JSON does not use it`);

  for (const [role, part] of Object.entries<any>(board.parts)) {
    if (part?.address === undefined) continue;
    const chip = ends(netlist).find((end) => end.part.for === role && end.pin === "SCL")?.part;
    if (!chip) continue;
    if (!CHIP[part.driver]?.(part).test(chip.item)) found.push(`${role}: ${chip.item} is not what the JSON says`);
    const level = (name: string) => {
      const net = nets.pin(role, name);
      return net === "GND" ? 0 : net === nets.logic ? 1 : Number.NaN;
    };
    const address = ADDRESS[part.driver]?.(level);
    if (address !== part.address)
      found.push(`${role}: its pins make the address ${address}, and the JSON says ${part.address}`);
  }
  for (const { ref, part, pin: name, net } of ends(netlist)) {
    const should = part.is === "block" && part.for !== "supply" ? SUPPLIES[name] : undefined;
    if (should && net !== (should === "logic" ? nets.logic : should))
      found.push(`${ref} ${name}: it is at ${net}, and not at ${should === "logic" ? nets.logic : should}`);
  }
  return [...found, ...circuits(netlist, board, nets)];
}

function wantsOf(use: Use, context: Pick<Context, "board" | "netlist" | "nets">): Want[] | undefined {
  const { board, nets } = context;
  if (use.at.startsWith("reserved.")) {
    const words = board.reserved![use.pin];
    return RESERVED.flatMap(([pattern, want]) => (pattern.test(words) ? want(nets, pattern.exec(words)!, use.at) : []));
  }
  const [, role, option, index] = /(\w+)\.(\w+)(?:\[(\d)\])?$/.exec(use.at)!;
  const part: any = board.parts[role] ?? board.planned?.[role as "modem"] ?? (board as any)[role];
  return WANTS[`${part.driver ?? role}.${option}`]?.({ ...context, role, part, index: Number(index ?? 0) });
}

/** What is not at a pin of the controller. */
function circuits({ volts }: Netlist, board: Board, nets: Nets): string[] {
  const found: string[] = [];
  const { rtc, output, panel, keypad } = board.parts as any;

  const backup = rtc.circuit?.backup;
  if (
    !nets
      .at(nets.pin("rtc", "VBAT") ?? "")
      .some((end) => end.part.item === backup && end.pin === "+" && nets.across(end) === "GND")
  )
    found.push(`rtc: there is no ${backup} at VBAT`);

  if (output.sense) {
    const sense = nets.at(nets.pin("controller", output.sense) ?? "");
    const value = (to: string | undefined) =>
      ohms(sense.find((end) => end.part.is === "resistor" && nets.across(end) === to)?.part.item ?? "");
    const [top, bottom] = [value(outputSwitch(nets, board)?.out), value("GND")];
    // An ESP32's least high level, of its data sheet; other chips ask for less.
    const level = (volts.least * bottom) / (top + bottom);
    if (!(level > 0.75 * volts.logic))
      found.push(
        `output: ${volts.least} V at the output make ${level.toFixed(2)} V at ${output.sense}, which is no high level`,
      );
  }
  if (panel?.driver === "ina219") {
    const ways = ["IN+", "IN-"].map((name) => {
      const net = nets.pin("panel", name) ?? "";
      return [
        net,
        ...nets
          .at(net)
          .filter((end) => end.part.is === "resistor")
          .map((end) => nets.across(end)!),
      ];
    });
    const shunt = ways[0].some((net) =>
      nets
        .at(net)
        .some(
          (end) =>
            end.part.is === "resistor" &&
            Math.abs(ohms(end.part.item) * 1000 - panel.shunt) < 1e-9 &&
            ways[1].includes(nets.across(end)!),
        ),
    );
    if (!shunt) found.push(`panel: there is no shunt of ${panel.shunt} mOhm between IN+ and IN-`);
  }
  if (keypad.driver === "pcf8574")
    for (const [line, name] of Object.entries({
      P3: "R1",
      P2: "R2",
      P1: "R3",
      P0: "R4",
      P6: "C1",
      P5: "C2",
      P4: "C3",
    })) {
      const rest = nets.at(nets.pin("keypad", line) ?? "").filter((end) => end.pin !== line);
      for (const { says, fits } of [pin("keypad", name), clamp(nets)]) {
        const i = rest.findIndex(fits);
        if (i < 0) found.push(`keypad: ${line} of the expander has no ${says}`);
        else rest.splice(i, 1);
      }
      for (const end of rest) found.push(`keypad: ${end.ref} ${end.pin} does not belong at ${line}`);
    }
  return found;
}
