/// <reference path="../../../hal/espruino/globals.d.ts" />
/**
 * The program of the jig: a second Espruino that presses a device's keys, switches its power, and looks at its output and
 * its lamps. One command a line, one answer a line; docs/hil.md has them, and the circuit around the pins.
 */

/** The keys' names, in the order of the jig's pins for them. */
const NAMES = "123456789*0#";

/** Millivolts at the output for all that the converter can tell apart: 3.3 V behind 100k to the output and 22k to ground. */
const FULL = 18300;

/** Longest line, and longest time of a press in milliseconds. */
const LONGEST = 80;
const MOST = 60000;

/** Which pin does what. A pin that is high closes a key, or gives the device its power. */
export interface Jig {
  name: string;
  keys: unknown[];
  power: unknown;
  /** The controller's own pins at the green and the red lamp: which level lights one, only whoever asks knows. */
  lamps: unknown[];
  output: unknown;
}

/** Starts the jig: no key is down, and the device gets its power. `uart` is where it is spoken to, `port` its name there. */
export function jig(uart: any, port: string, baud: number, pins: Jig): void {
  const keys = pins.keys;
  const lamps = pins.lamps;
  /** How often each lamp's pin rose and fell since the power came: rises and falls of the first, then of the second. */
  let edges = [0, 0, 0, 0];
  let powered = 1;
  let line = "";

  const say = (text: string) => {
    uart["write"](text + "\r\n");
  };
  const set = (key: string, level: number) => {
    digitalWrite(keys[NAMES.indexOf(key)], level);
  };
  /** Presses keys one after the other, each `ms` down, and as long up before the next; says so when the last is up. */
  const press = (rest: string, ms: number) => {
    set(rest[0], 1);
    setTimeout(() => {
      set(rest[0], 0);
      if (rest.length > 1) setTimeout(() => press(rest.substr(1), ms), ms);
      else say("ok");
    }, ms);
  };
  const obey = (word: string, what: string, ms: number): string => {
    if (word === "jig") return "jig " + pins.name;
    if (word === "see")
      return (
        "see " +
        [
          powered,
          Math.round(analogRead(pins.output) * FULL),
          digitalRead(lamps[0]),
          edges[0],
          edges[1],
          digitalRead(lamps[1]),
          edges[2],
          edges[3],
        ].join(" ")
      );
    if (word === "power" && (what === "on" || what === "off")) {
      powered = +(what === "on");
      if (powered) edges = [0, 0, 0, 0];
      digitalWrite(pins.power, powered);
      return "ok";
    }
    if (word === "console") {
      E.setConsole(port);
      return "ok";
    }
    const held = word === "down" || word === "up";
    if (held ? what.length === 1 : word === "press" && what && ms > 0 && ms <= MOST) {
      for (let i = 0; i < what.length; i++) if (NAMES.indexOf(what[i]) < 0) return "error: no such key";
      if (held) set(what, +(word === "down"));
      else press(what, ms);
      return held ? "ok" : "";
    }
    return "error: choose one of jig, see, power on, power off, down KEY, up KEY, press KEYS MS, console";
  };

  for (let i = 0; i < keys.length; i++) digitalWrite(keys[i], 0);
  lamps.forEach((pin, i) => {
    pinMode(pin, "input");
    setWatch(
      (event) => {
        // Pins that fall since the power goes say nothing of a lamp.
        if (powered) edges[2 * i + +!event.state]++;
      },
      pin,
      { repeat: true, edge: "both" },
    );
  });
  digitalWrite(pins.power, 1);
  // Otherwise the interpreter would take the lines for programs.
  E.setConsole(null, { force: true });
  if (port !== "USB") uart["setup"](baud);
  uart["on"]("data", (data: string) => {
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== "\n" && data[i] !== "\r") {
        if (line.length < LONGEST) line += data[i];
      } else if (line) {
        const words = line.split(" ");
        line = "";
        const answer = obey(words[0], words[1] || "", +words[2] || 0);
        if (answer) say(answer);
      }
    }
  });
}
