/** `npm run doctor -- -p <port>`: what is wrong with a device in the field, in plain words, and what to do. docs/factory.md. */
import { Command, InvalidArgumentError } from "commander";
import { boardNames, readBoard } from "./boards";
import { find } from "./console";
import { ask, openPort, type Port } from "./port";
import { hush, prepare, run, ToolError } from "./tool";

/** What a device tells of itself, as far as it is looked at here: docs/serial.md. */
export interface Info {
  version: string;
  board: string;
  serial: string;
  fault: string;
  clock: { time: number; silent: number };
  restarts: number;
  loop: number;
  failures: number;
  clockLost: number;
  memoryReplaced: number;
  bypass: number;
  deadOutput: number;
  credit: number;
  count: number;
  lockout: number;
  memory: { usage: number; total: number };
  events: string[];
  /** Of a board that sends its reports itself. */
  report?: { failure: string; failures: number; next: number; kilobytes: number; signal: number };
}

/** How bad it is: it gives no light that was paid for; somebody should look at it; good to know. */
export type Level = "broken" | "look" | "know";

export interface Finding {
  level: Level;
  /** The field, or the event, that says so. */
  from: string;
  /** What is so, in one sentence, and what to do, in another. */
  says: string;
  todo: string;
}

/** Seconds that the device's time may be off: 6 hours a year for a few years. */
const DRIFT = 86400;
/** Part of the variables above which it gets narrow. */
const NARROW = 0.9;
/** Signal, of 31, below which a modem often has no connection: about -103 dBm. */
const WEAK = 5;

/** Variables that a board's interpreter has at least. One with less is not its own: on a computer, with the virtual parts in it too. */
const variablesOf = (board: string): number => (boardNames().includes(board) ? readBoard(board).limits.variables : 0);

const times = (n: number) => (n === 1 ? "once" : `${n} times`);
const duration = (seconds: number) =>
  seconds >= 2 * 86400
    ? `${Math.round(seconds / 86400)} days`
    : seconds >= 2 * 3600
      ? `${Math.round(seconds / 3600)} hours`
      : `${Math.ceil(seconds / 60)} min`;

const FAULTS: { [fault: string]: Pick<Finding, "says" | "todo"> } = {
  RTC: {
    says: "The clock chip did not answer at the start, so the output stays off.",
    todo: "Check its solder joints, the two I2C wires and their pull-ups, then cut the power for a moment.",
  },
  MEMORY: {
    says: "The EEPROM does not answer, or does not keep what is written, so the output stays off.",
    todo: "Check its solder joints, its write protection (WP to ground) and the I2C wires; change it if that is all right. Identity and credit are not in it. A board without an EEPROM means the controller's own flash: change the controller.",
  },
  FLASH: {
    says: "The controller's own flash does not keep what is written, so the output stays off.",
    todo: "Change the controller; the unit then needs a new identity, as this one cannot be read out.",
  },
};

/** What keeps reports from the server, by the firmware's word for it. */
const REPORTS: { [failure: string]: Pick<Finding, "says" | "todo"> } = {
  "": {
    says: "what the last one failed of is forgotten since power-on.",
    todo: "Ask again after the next one.",
  },
  SILENT: {
    says: "the modem does not answer.",
    todo: "Check its supply (its bursts of 2 A pull a weak one down), its power key and the wires of its UART; if they are all right, change it.",
  },
  NO_SIM: {
    says: "the modem sees no SIM.",
    todo: "Put one in, or clean the one that is there and look at its holder.",
  },
  PIN: {
    says: "the SIM asks for its PIN, and the one that the device has is none, or wrong: it is tried once only.",
    todo: "Give the right one with #MODEM (docs/serial.md), or take it off the SIM in a phone.",
  },
  PUK: { says: "the SIM is locked, and asks for its PUK.", todo: "Unlock it in a phone, or put in another one." },
  DENIED: {
    says: "the network refuses the SIM.",
    todo: "Ask the operator whether it is active and paid for, and may be used in this kind of modem.",
  },
  NO_NETWORK: {
    says: "there is no network, or no data connection.",
    todo: "Check the antenna and its plug, the coverage at this place, and the APN (#MODEM, docs/serial.md); on a board with Wi-Fi, the access point.",
  },
  NO_CA: {
    says: "the modem does not take the certificate that the server is known by.",
    todo: "Change the modem: its firmware is too old, or its storage is full.",
  },
  NO_SERVER: {
    says: "no connection to the server comes about.",
    todo: "Check the server's address and certificate, whether the SIM has data left, and the APN (#MODEM, docs/serial.md).",
  },
  NO_ANSWER: {
    says: "the server does not answer.",
    todo: "Look whether it answers others; if it does, at the signal, and whether the SIM has data left.",
  },
  LOST: { says: "the modem lost its connection, or its supply.", todo: "Check supply and antenna of the modem." },
  PLAIN_HTTP: {
    says: "the modem has no TLS of 1.2 for this server, and the board's JSON does not allow less.",
    todo: "Give the server an address with https, take another module, or see plain in docs/modem.md.",
  },
  NO_TLS: {
    says: "the server's address is https, and the board has only raw connections.",
    todo: "Build it with service in the board's JSON (docs/modem.md).",
  },
  MEMORY: {
    says: "the memory with what was measured does not answer.",
    todo: "Check the EEPROM's solder joints and the I2C wires.",
  },
};

/** Why reports fail. */
function whyNoReport(failure: string): Pick<Finding, "says" | "todo"> {
  const status = /^HTTP_(\d+)$/.exec(failure)?.[1];
  if (status && Number(status) < 600)
    return {
      says: `the server answers with HTTP status ${status}.`,
      todo: "Look at what the server says of this serial: 401 and 403 mean its identity or key, 404 the address, 500 and more the server's own trouble.",
    };
  if (status)
    return {
      says: `the modem's own HTTP service ends with ${status}: it did not reach the server.`,
      todo: "Check the server's address and certificate, the signal, and whether the SIM has data left.",
    };
  if (/^(LENGTH|FORM|TYPE|DEVICE|UNSIGNED|SIGNATURE|NOT_ASKED)$/.test(failure))
    return {
      says: `the server's answer is refused (${failure}).`,
      todo: "Look whether a captive portal or a proxy answers in its place; if not, look that up in docs/reporting.md: SIGNATURE means that the server has another key for this serial.",
    };
  return (
    REPORTS[failure] ?? {
      says: `the last one says ${failure}.`,
      todo: "Note version and events, and report them to who makes the firmware.",
    }
  );
}

/** One row of the advice: when it applies, and what it says. */
type Rule = (info: Info, now: number) => Finding | undefined;

const when = (holds: boolean, level: Level, from: string, says: string, todo: string): Finding | undefined =>
  holds ? { level, from, says, todo } : undefined;

const RULES: Rule[] = [
  ({ fault }) =>
    fault
      ? {
          level: "broken",
          from: `fault ${fault}`,
          ...(FAULTS[fault] ?? {
            says: `A part does not work: ${fault}.`,
            todo: "Look it up in docs/serial.md of this firmware.",
          }),
        }
      : undefined,
  ({ serial }) =>
    when(
      !serial,
      "broken",
      "serial",
      "It has no identity: it was never set up.",
      "Send it back to the factory, or run npm run provision.",
    ),
  ({ loop }) =>
    when(
      loop > 4,
      "broken",
      "loop",
      `It started ${loop} times running without staying on for a minute.`,
      "Look for a loose contact in the supply, a battery that breaks down under load, or a short circuit at the output.",
    ),
  ({ bypass, events }) =>
    when(
      bypass > 0,
      "look",
      "bypass",
      `There was current at the output ${times(bypass)} while it should have been off${recent(events, "bypass")}.`,
      "Look for wires around the load switch, and for a switch that is shorted (measure it with the load off).",
    ),
  ({ deadOutput, events }) =>
    when(
      deadOutput > 0,
      "look",
      "deadOutput",
      `There was no current at the output ${times(deadOutput)} while it should have been on${recent(events, "dead output")}.`,
      "Check the load's fuse, the battery, the load switch and its sense divider.",
    ),
  ({ clockLost, events }) =>
    when(
      clockLost > 0,
      "look",
      "clockLost",
      `The clock chip had stopped, was set back or ran wrong ${times(clockLost)}${recent(events, "clock lost")}; a little credit is lost each time.`,
      "Measure the cell of the clock chip (below 2.5 V: change it, with the power on); if it is good, look for signs of tampering.",
    ),
  ({ clock }) =>
    when(
      clock.silent > 0,
      "look",
      "clock.silent",
      `The clock chip did not answer ${times(clock.silent)} since power-on; the device counts the time itself meanwhile.`,
      "Check its solder joints and the I2C wires before the next power cut: without the chip it gives no light then.",
    ),
  ({ memoryReplaced, events }) =>
    when(
      memoryReplaced > 0,
      "look",
      "memoryReplaced",
      `The EEPROM held the records of another device, or older ones, ${times(memoryReplaced)}${recent(events, "memory replaced")}.`,
      "If nobody of the service changed the chip, somebody copied it: look for signs of tampering. Used tokens stay used.",
    ),
  ({ failures }) =>
    when(
      failures > 0,
      "look",
      "failures",
      `The firmware failed and started anew ${times(failures)}.`,
      "Note version and events, and report them to who makes the firmware; the device goes on.",
    ),
  ({ lockout }) =>
    when(
      lockout > 0,
      "look",
      "lockout",
      `Wrong tokens closed the entry for another ${duration(lockout)}.`,
      "Wait, then enter a token of this serial; a correct one ends the delays.",
    ),
  ({ clock, serial }, now) =>
    when(
      serial !== "" && clock.time < now - DRIFT,
      "look",
      "clock.time",
      `Its time is ${duration(now - clock.time)} behind.`,
      "Credit counts in its own time and is not harmed; times in reports are wrong until a server tells it the time.",
    ),
  ({ clock }, now) =>
    when(
      clock.time > now + DRIFT,
      "look",
      "clock.time",
      `Its time is ${duration(clock.time - now)} ahead.`,
      "If your computer's clock is right, the clock chip ran fast or was set: the customer lost credit. Change the chip.",
    ),
  ({ board, memory }) =>
    when(
      memory.usage > memory.total * NARROW && memory.total >= variablesOf(board),
      "look",
      "memory",
      `${memory.usage} of ${memory.total} variables are in use.`,
      "Note version and events, and report them to who makes the firmware.",
    ),
  ({ report }, now) => {
    // One that is under way counts as failed until it is over.
    if (!report || report.failures < (report.failure ? 1 : 2)) return undefined;
    const { says, todo } = whyNoReport(report.failure);
    const next = report.next > now ? `; the next attempt is in ${duration(report.next - now)}` : "";
    return {
      level: "look",
      from: `report ${report.failure}`.trim(),
      says: `Reports failed ${times(report.failures)} running${next}: ${says}`,
      todo,
    };
  },
  ({ report }) =>
    when(
      !!report && report.signal < WEAK,
      "look",
      "report.signal",
      `The modem's signal is weak: ${report?.signal} of 31.`,
      "Check the antenna and its plug, and put it higher or outside of metal.",
    ),
  ({ credit, serial, fault }) =>
    when(
      credit === 0 && serial !== "" && !fault,
      "know",
      "credit",
      "There is no credit, so the output is off.",
      "Enter a token; the server knows whether one was paid for.",
    ),
  ({ credit }) =>
    when(credit < 0, "know", "credit", "It is unlocked for ever.", "A token that sets a time locks it again."),
];

/** When something happened last, as far as the last events tell. */
function recent(events: string[], name: string): string {
  const last = events.filter((event) => event.replace(/^\d+ /, "") === name).pop();
  return last ? ` (last at ${new Date(Number.parseInt(last, 10) * 1000).toISOString().slice(0, 16)} of its time)` : "";
}

/** What is to be said about a device, the worst first; `now`: Unix seconds. */
export function diagnose(info: Info, now: number): Finding[] {
  const order: Level[] = ["broken", "look", "know"];
  return RULES.flatMap((rule) => rule(info, now) ?? []).sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

/** Milliseconds for an answer, and how often it is asked for: the device may be starting, or checking a token. */
const ANSWER = 2000;
const TRIES = 5;

/** Reads #INFO of the device at a port. */
async function readInfo(port: Port): Promise<Info> {
  for (let tries = 0; tries < TRIES && !port.closed; tries++) {
    const line = await ask(port, "\n#INFO\n", /^\{.*"version".*\}$/, ANSWER);
    if (line) return JSON.parse(line);
  }
  const found = await find(port);
  if (found.kind === "console")
    throw new ToolError(
      `At ${port.name} the console of an interpreter answers (${found.board}, Espruino ${found.version}): there is no firmware, or a development build.`,
      "Flash it with npm run flash, or ask it on its factory port if that is another wire.",
    );
  throw new ToolError(
    `No firmware answers at ${port.name}.`,
    "Check power and wires (TX to RX, ground), the port and --baud; without any sign on its display the device has no power.",
  );
}

const bits = (text: string): number => {
  if (!/^\d{3,7}$/.test(text)) throw new InvalidArgumentError("Give bits a second, as in 115200.");
  return Number(text);
};

async function main(argv: string[]): Promise<void> {
  const command = prepare(new Command("npm run doctor --"))
    .description("Reads what a device tells of itself, and says what is wrong and what to do.")
    .requiredOption("-p, --port <port>", "its factory port: a serial port, or tcp://host[:port]")
    .option("--baud <bits>", "of a serial port", bits, 115200)
    .option("--json", "one JSON object")
    .addHelpText("after", "\nIt changes nothing. Exit code 0: nothing is broken; 1: something is, or nobody answered.")
    .parse(argv, { from: "user" });
  const o = command.opts();
  const port = await openPort(o.port, o.baud);
  try {
    const info = await readInfo(port);
    const findings = diagnose(info, Math.floor(Date.now() / 1000));
    if (o.json) console.log(hush(JSON.stringify({ info, findings })));
    else {
      console.log(
        `${info.serial || "a device without a serial"} (${info.board}, firmware ${info.version}), started ${times(info.restarts)}`,
      );
      for (const { level, says, todo, from } of findings)
        console.log(`\n${{ broken: "BROKEN", look: "LOOK", know: "NOTE" }[level]}  ${says}\n        ${todo} (${from})`);
      if (findings.length === 0) console.log(`\nNothing is wrong: ${duration(info.credit)} of credit are left.`);
      if (info.events.length > 0) console.log(`\nLast events: ${info.events.join(", ")}`);
    }
    if (findings.some(({ level }) => level === "broken")) process.exitCode = 1;
  } finally {
    await port.close();
  }
}

if (require.main === module) run(main);
