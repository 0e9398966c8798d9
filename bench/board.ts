import type { Board } from "../boards/board";
import { BUILDS } from "../build/chips";
import { certificateOf } from "../build/modem";
import { uses } from "../build/rules-boards";
import { Controller, type Network } from "./controller";
import type { EngineMaker } from "./engines/engine";
import { at24 } from "./parts/at24";
import { buzzer } from "./parts/buzzer";
import { divider } from "./parts/divider";
import { ds3231 } from "./parts/ds3231";
import { flash } from "./parts/flash";
import { hd44780 } from "./parts/hd44780";
import { ina219 } from "./parts/ina219";
import { keys } from "./parts/keys";
import { led } from "./parts/led";
import { loadswitch } from "./parts/loadswitch";
import { matrix } from "./parts/matrix";
import { type ModemState, modem } from "./parts/modem/modem";
import { inProcess } from "./parts/modem/network";
import type { Clock, Measuring, Part } from "./parts/part";
import { pcf8563 } from "./parts/pcf8563";
import { pcf8574 } from "./parts/pcf8574";
import { rv3028 } from "./parts/rv3028";
import { tm1637 } from "./parts/tm1637";
import { type Sky, shine } from "./sun";
import { World } from "./world";

const MODELS = {
  at24,
  buzzer,
  divider,
  ds3231,
  flash,
  hd44780,
  ina219,
  keys,
  led,
  loadswitch,
  matrix,
  modem,
  pcf8563,
  pcf8574,
  rv3028,
  tm1637,
} as const;
type Models = { [driver in keyof typeof MODELS]: ReturnType<(typeof MODELS)[driver]> };

/** A part by what its board takes it for. */
type Parts = {
  output: Models["loadswitch"];
  rtc: Clock;
  /** Where there is no EEPROM, the pages of flash that stand in for it. */
  memory: Models["at24"];
  flash?: Models["flash"];
  keypad: Models["matrix"];
  display?: Models["tm1637"] | Models["hd44780"];
  green?: Models["led"];
  red?: Models["led"];
  buzzer?: Models["buzzer"];
  modem?: Models["modem"];
};

/** What a person in front of the board sees, and what a meter at its wires tells. */
export interface State {
  /** World time, Unix seconds. */
  time: number;
  powered: boolean;
  /** Whether the output gives current. */
  load: boolean;
  display: string;
  /** The segments that are lit on each digit (bit 0 to 6: a to g, bit 7 the dot), or a text display's lines and its light. */
  segments?: number[];
  rows?: string[];
  light?: boolean;
  /** What the controller commands the output to, what became of its switch, and how often the output went on or off. */
  output: { commanded: boolean; stuck?: "on" | "off"; changes: number };
  /** Keys that a finger is on, keys that are stuck, and whether contacts bounce. */
  keypad: { held: string; stuck: string; bounce: boolean };
  /** The clock chip: on the bus, with a good battery, its oscillator running, and that many millionths too fast. */
  rtc: { present: boolean; battery: boolean; running: boolean; ppm: number };
  /** Starts of the controller so far. */
  boots: number;
  /** The sky over the board's panel, where somebody made one. */
  sun?: Sky;
  leds: { [name: string]: boolean };
  /** How often each lamp went on since the power came. */
  blinks: { [name: string]: number };
  /** Hertz; 0 is silent. */
  buzzer: number;
  /** How often it was heard since the power came, and the hertz of the last time: whoever looks seldom misses none. */
  beeps?: { count: number; hertz: number };
  /** Only where the engine is the interpreter. */
  variables?: { used: number; peak: number; total: number };
  /** Pins that a product's own code drives, by its names: 0 or 1, or how much of the time they are high. */
  product?: { [name: string]: number };
  /** Bytes written to the memory beside that, and the most that one cell has seen (erases, where that is flash too). */
  memory: { writes: number; maxPerCell: number; present: boolean; protected?: boolean };
  /** Bytes written to the controller's flash, and the most erases of one page. */
  flash?: { writes: number; maxErases: number };
  /** Whether it is on and registered, and its TCP payload both ways. */
  modem?: ModemState;
}

/** Milliseconds that a finger stays on a key, and off it before the next; how long it holds one. */
export const PRESS = 80;
export const HOLD = 1200;

/** What a person does for a key of the twelve: which key goes down, and for how many milliseconds. */
export interface Gesture {
  key: string;
  ms: number;
}

/** What a hand does for the keys of a keypad of twelve: of four keys, each held is the "#", and no star is needed. */
export function gestures(keys: string, fourKeys: boolean): Gesture[] {
  return [...keys].flatMap((key) => {
    if (!fourKeys || !"*#".includes(key)) return [{ key, ms: PRESS }];
    return key === "#" ? [{ key: "1", ms: HOLD }] : [];
  });
}

/** A board with its parts soldered on, in a world of its own. It runs the file that would be flashed. */
export class VirtualBoard {
  readonly world: World;
  readonly parts: Parts;
  /** The parts that measure, by name. */
  readonly sensors: { [name: string]: Measuring };
  readonly controller: Controller;
  /** Lines that the factory port says. */
  onLine: (line: string) => void = () => {};
  /** What answers the device's POSTs. */
  network: Network = () => undefined;
  /** Exceptions that the firmware did not catch: there should be none. */
  readonly uncaught: string[] = [];
  /** Pins with a square wave, and how much of the time they are high. */
  private duties = new Map<string, number>();
  private line = "";
  private fed = false;
  private sky?: Sky;
  private sunset = () => {};

  /** @param board the board's JSON; `code` its bundle; `unixSeconds` where world time starts */
  constructor(
    readonly board: Board,
    code: string,
    make: EngineMaker,
    unixSeconds: number,
  ) {
    this.world = new World(unixSeconds);
    const parts: { [name: string]: Part } = {};
    for (const [name, options] of Object.entries<any>(board.parts)) {
      // The radio is the controller's own.
      if (options.driver === "wifi") continue;
      const model = MODELS[options.driver as keyof Models];
      if (!model)
        throw new Error(`The bench has no model of a ${options.driver}: add bench/parts/${options.driver}.ts`);
      // Whatever a board calls its modem (it may be its transport), here it is the modem.
      parts[options.driver === "modem" ? "modem" : name] = model(this.world, options);
    }
    this.parts = parts as Parts;
    this.sensors = Object.fromEntries(
      Object.entries(parts).flatMap(([name, part]) => ("channels" in part ? [[name, part as Measuring]] : [])),
    );
    const pins = [...new Set(uses(board).map(({ pin }) => pin))].sort();
    const sounding: any = board.parts.buzzer;
    this.controller = new Controller(
      this.world,
      {
        i2c: { [board.i2c.port]: { parts: Object.values(parts) } },
        uart: (port, text) => {
          if (port === this.port) this.hear(text);
          else if (port === this.parts.modem?.port) this.parts.modem.hear(text);
        },
        rate: (port, baud) => {
          if (port === this.parts.modem?.port) this.parts.modem.setRate(baud);
        },
        pwm: (pin, hertz, duty) => {
          if (hertz) this.duties.set(pin, duty);
          else this.duties.delete(pin);
          if (pin === sounding?.pin) this.parts.buzzer?.tone(hertz);
        },
        uncaught: (text) => this.uncaught.push(text),
        analog: (pin) =>
          Object.values(this.sensors)
            .find((part) => part.pin === pin)
            ?.level?.() ?? 0,
        flash: this.parts.flash ?? ("erase" in this.parts.memory ? (this.parts.memory as any) : undefined),
        accessPoint: board.parts.transport as any,
        network: (sent) => this.network(sent),
      },
      (code, pins, host) => make(code, pins, host, this.parts.modem?.port),
      code,
      pins,
      BUILDS[board.espruino].pulledUp,
    );
    const { modem } = this.parts;
    if (modem) {
      modem.toController = (text) => this.controller.receive(modem.port, text);
      modem.network = inProcess(
        (url, headers, body) => this.network({ url, headers, body }) ?? { failure: "refused" },
        certificateOf(board.parts.modem as any),
      );
    }
    this.parts.rtc.ship(unixSeconds);
  }

  /** The factory port's name at the controller: a port in software goes by its pin. */
  private get port(): string {
    const { port, rx } = this.board.serial;
    return port === "software" ? rx : port;
  }

  private hear(text: string): void {
    const lines = (this.line + text).split("\n");
    this.line = lines.pop()!;
    for (const line of lines) this.onLine(line.replace(/\r$/, ""));
  }

  get powered(): boolean {
    return this.fed;
  }

  /** Power on: parts first, then the controller. */
  on(): void {
    if (this.fed) return;
    this.fed = this.world.powered = true;
    for (const part of Object.values<Part>(this.parts)) part.power?.(true);
    this.controller.on();
  }

  /** Power off, at once, whatever runs. */
  cut(end: "cut" | "cut in a write" = "cut"): void {
    if (!this.fed) return;
    this.fed = this.world.powered = false;
    this.line = "";
    this.controller.off(end);
    for (const part of Object.values<Part>(this.parts)) part.power?.(false);
  }

  /** Power off while the Nth byte from now (1: the next) is written to non-volatile memory. */
  cutAfter(bytes: number): void {
    this.world.cutAfter(bytes, () => this.cut("cut in a write"));
  }

  /** The supply sags: the controller starts anew, and the parts around it see nothing of that. */
  brownOut(): void {
    if (this.fed) this.controller.reboot("brown-out");
  }

  /** The sensors live through days from now on, or stay as they are. */
  sun(sky?: Sky): void {
    this.sunset();
    this.sky = sky;
    this.sunset = sky ? shine(this.world, this.sensors, sky, () => this.parts.output.on) : () => {};
  }

  /** Lets `seconds` of the world pass. */
  wait(seconds: number): void {
    this.world.run(this.world.now + seconds * 1000);
  }

  /** Whether there are only the keys 1 to 4: units take the restricted digit set. */
  get fourKeys(): boolean {
    return this.parts.keypad.keys === "1234";
  }

  /** Presses keys one after the other, as a hand does. */
  press(keys: string): void {
    for (const { key, ms } of gestures(keys, this.fourKeys)) {
      this.parts.keypad.down(key);
      this.wait(ms / 1000);
      this.parts.keypad.up(key);
      this.wait(PRESS / 1000);
    }
  }

  /** How a person reads on this board's display what the firmware shows: segments have no S, and only so many digits. */
  reads(text: string): string {
    const { display } = this.parts;
    if (!display) return "";
    return "segments" in display ? text.replace(/S/g, "5").slice(-display.segments.length) : text;
  }

  /** Inputs of the product's own code, by its names. */
  get inputs(): string[] {
    return Object.keys(this.board.product?.inputs ?? {});
  }

  /** Closes an input of the product's own code to ground for a moment, by its name there. */
  close(input: string): void {
    const pin = this.board.product?.inputs?.[input];
    if (pin) this.world.wires.drive(pin, "a finger", 0);
    this.wait(PRESS / 1000);
    if (pin) this.world.wires.drive(pin, "a finger", undefined);
    this.wait(PRESS / 1000);
  }

  /** Sends a line to the factory port. */
  send(line: string): void {
    this.type(line + "\n");
  }

  /** Sends characters (bytes, 0 to 255) to the factory port as they are. */
  type(text: string): void {
    this.controller.receive(this.port, text);
  }

  state(): State {
    const { output, display, keypad, rtc, green, red, buzzer, memory, flash, modem } = this.parts;
    const leds: State["leds"] = {};
    const blinks: State["blinks"] = {};
    const driven = Object.entries(this.board.product?.outputs ?? {}).map(([name, pin]) => [
      name,
      this.duties.get(pin) ?? this.world.wires.level(pin),
    ]);
    for (const [name, lamp] of Object.entries({ green, red })) {
      if (!lamp) continue;
      leds[name] = lamp.lit;
      blinks[name] = lamp.blinks;
    }
    return {
      time: Math.floor(this.world.now / 1000),
      powered: this.fed,
      load: output.on,
      display: display?.text() ?? "",
      ...(display &&
        ("segments" in display ? { segments: display.segments } : { rows: display.rows, light: display.lit })),
      output: { commanded: output.commanded, stuck: output.stuck, changes: output.changed },
      keypad: { held: keypad.held, stuck: keypad.stuck, bounce: keypad.bounce },
      rtc: { present: rtc.present, battery: rtc.battery, running: rtc.running, ppm: rtc.ppm },
      boots: this.controller.started,
      sun: this.sky,
      leds,
      blinks,
      buzzer: buzzer?.sounding ?? 0,
      beeps: buzzer?.beeps,
      product: this.board.product && Object.fromEntries(driven),
      variables: this.fed ? this.controller.memory() : undefined,
      memory: {
        writes: memory.writes,
        maxPerCell: memory.maxPerCell ?? (memory as unknown as Models["flash"]).maxErases,
        present: memory.present,
        protected: memory.protected,
      },
      flash: flash && { writes: flash.writes, maxErases: flash.maxErases },
      modem: modem?.state(),
    };
  }
}
