/**
 * A virtual jig, wired to a virtual board as docs/hil.md wires a real one: it runs the program of test/hil/jig, and all that
 * goes between the two is a switch at each key, the supply, two lamps' pins and the voltage at the output.
 */
import { BUILDS } from "../build/chips";
import { type Jig, KEYS } from "../build/jig";
import type { VirtualBoard } from "./board";
import { Controller } from "./controller";
import type { EngineMaker } from "./engines/engine";

/** Millivolts at an output that is on, and those that the jig's converter takes for all: 3.3 V behind 100k and 22k. */
const OUTPUT = 12000;
const FULL = 18300;

/** The UART that stands for the wire to the computer, whatever that is on the real one. */
const WIRE = "Serial1";

/** The jig's own nets: its D4 is not the device's. */
const net = (pin: string) => `jig ${pin}`;

/** An engine whose pins are the jig's. */
const renamed =
  (make: EngineMaker): EngineMaker =>
  (code, pins, host) =>
    make(code, pins, (operation, ...args) =>
      host(operation, ...args.map((arg) => (pins.includes(arg) ? net(arg) : arg))),
    );

/** Connects a jig to a board; the device has its power from it from now on. `say` gets what it says, character by character. */
export function connectJig(
  board: VirtualBoard,
  { jig, code }: { jig: Jig; code: string },
  make: EngineMaker,
  say: (text: string) => void,
): { send(text: string): void; on(): void; off(): void } {
  const { world, parts } = board;
  board.cut();
  const { wires } = world;
  const { keys, power, green, red, output } = jig;
  const controller = new Controller(
    world,
    {
      i2c: {},
      uart: (_port, text) => say(text),
      rate: () => {},
      pwm: () => {},
      uncaught: (text) => board.uncaught.push(`jig: ${text}`),
      analog: (pin) => (pin === net(output) && parts.output.on ? OUTPUT / FULL : 0),
      network: () => undefined,
    },
    renamed(make),
    `${jig.port}=${WIRE};${code}`,
    [...keys, power, green, red, output],
    BUILDS[jig.espruino].pulledUp.map(net),
  );
  // Each of these has its resistor to ground: while the jig starts, no key is down and the device is off.
  for (const pin of [...keys, power]) wires.drive(net(pin), "10k to ground", 0, "weak");
  keys.forEach((pin, i) => {
    const key = KEYS[i];
    if (!parts.keypad.keys.includes(key)) return;
    wires.onchange(net(pin), (level) => (level ? parts.keypad.down(key) : parts.keypad.up(key)));
  });
  wires.onchange(net(power), (level) => (level ? board.on() : board.cut()));
  for (const [pin, name] of [
    [green, "green"],
    [red, "red"],
  ] as const) {
    const lamp = board.board.parts[name];
    if (lamp) wires.join(net(pin), String(lamp.pin), true);
  }
  return {
    send: (text) => controller.receive(WIRE, text),
    on: () => controller.on(),
    off: () => controller.off(),
  };
}
