/** What a device does while nobody uses it: nearly nothing, so that a controller can sleep. */

import { DEMO } from "../bench/demo-unit";
import { encode } from "../bench/encode";
import type { Host } from "../bench/engines/engine";
import { nodeEngine } from "../bench/engines/node";
import { Session } from "../bench/session";
import type { Pcf8574 } from "../boards/board";
import { type Bundle, boardNames, bundle } from "../build/bundle";
import { uses } from "../build/rules-boards";

/** One call of the controller: what, with which arguments, and the world's time in seconds. */
interface Call {
  operation: string;
  args: any[];
  at: number;
}

/** Seconds: a report once an hour is no rest, and takes less than three minutes. */
const REST = 3400;

const timers = (calls: Call[]) => calls.filter(({ operation }) => operation === "timer");

/** A board on the bench whose calls are heard. */
function listen({ board, code }: Bundle) {
  const calls: Call[] = [];
  let session: Session | undefined;
  const make = (code: string, pins: string[], host: Host) =>
    nodeEngine(code, pins, (operation, ...args) => {
      calls.push({ operation, args, at: session ? session.board.world.now / 1000 : 0 });
      return host(operation, ...args);
    });
  let info = { report: { next: 0 } };
  session = new Session({
    board,
    code,
    make,
    out: (said) => {
      if ("uart" in said && said.uart.startsWith("{")) info = JSON.parse(said.uart);
    },
  });
  const line = (text: string) => session.line(text);
  /** The calls while these lines are done. */
  const during = (...lines: string[]) => {
    const from = calls.length;
    lines.forEach(line);
    return calls.slice(from);
  };
  /** Milliseconds of the intervals that run. */
  const intervals = () => {
    const ended = new Set(calls.filter(({ operation }) => operation === "untimer").map(({ args }) => args[0]));
    return timers(calls).flatMap(({ args: [id, ms, repeats] }) => (repeats && !ended.has(id) ? [ms] : []));
  };
  /** Unix seconds of the next report over the board's own transport. */
  const next = () => {
    line("#INFO");
    return info.report.next;
  };
  return { board, four: session.board.fourKeys, line, during, intervals, next, close: () => session.close() };
}

describe.each(boardNames())("%s at rest", (name) => {
  let built: Bundle;
  let device: ReturnType<typeof listen>;
  const keys = (digits: string) => `key ${[...digits].join(" ")}`;

  beforeAll(async () => {
    built = await bundle(name);
  });
  beforeEach(() => {
    device = listen(built);
    device.line(`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`);
    device.line(`#TOKEN;${encode({ ...DEMO, restricted: device.four, kind: "add", value: 30 }).token}`);
    device.line("wait 180");
    if (built.board.parts.modem) device.line(`time ${device.next() + 3600 - REST - 20}`);
  });
  afterEach(() => device.close());

  test("no timer comes more often than once a second", () => {
    const started = timers(device.during(`wait ${REST}`));
    const seconds = new Map<number, number>();
    for (const { at } of started) seconds.set(Math.floor(at), (seconds.get(Math.floor(at)) ?? 0) + 1);
    expect(started.filter(({ args: [, ms] }) => ms < 1000)).toEqual([]);
    expect(Math.max(...seconds.values())).toBeLessThanOrEqual(1);
    expect(device.intervals().filter((ms) => ms < 1000)).toEqual([]);
    // It is not asleep for ever either: the watchdog is kicked from one of them.
    expect(started.length).toBeGreaterThan(REST / 150);
  });

  test("it wakes twice a minute at most", () => {
    expect(timers(device.during(`wait ${REST}`)).length).toBeLessThanOrEqual(121);
  });

  test("it does not look at the keypad, which calls by itself", () => {
    const pins = new Set(uses(device.board).flatMap(({ at, pin }) => (at.startsWith("parts.keypad.") ? [pin] : [])));
    const { address } = device.board.parts.keypad as Partial<Pcf8574>;
    const looks = device
      .during(`wait ${REST}`)
      .filter(({ operation, args }) =>
        operation.startsWith("i2c")
          ? args[1] === address
          : /^(read|write|mode)$/.test(operation) && [args[0]].flat().some((pin) => pins.has(pin)),
      );
    // Whether a press would be noticed is asked before each kick of the watchdog.
    expect(looks.length).toBeLessThanOrEqual(61);
    expect(device.during(keys("1")).length).toBeGreaterThan(0);
  });

  test("it is at rest again a while after keys were pressed", () => {
    device.line(keys("*123"));
    device.line("wait 60");
    expect(timers(device.during("wait 600")).length).toBeLessThanOrEqual(21);
  });

  test("it listens to the serial port without looking", () => {
    expect(device.during("wait 600").filter(({ operation }) => operation === "listen")).toEqual([]);
    expect(device.during("#STATUS").some(({ operation }) => operation === "send")).toBe(true);
  });
});
