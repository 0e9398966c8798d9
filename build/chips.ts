/**
 * What Espruino's builds and the chips under them do with their pins: what no board's JSON can change. Facts of Espruino
 * 2v29's board and target files (the Pico's and the C3's figures are of 2026, as 2v29 has no Pico) and of the chips' data
 * sheets. One entry a build, under the name of its file in Espruino's boards/.
 */

/** Levels that a pin has to have when the chip leaves reset, and what happens otherwise. */
export interface Strap {
  level: 0 | 1;
  otherwise: string;
}

export interface Build {
  chip: string;
  /** Pins that can be wired, as the interpreter names them. */
  pins: string[];
  /** Pins that something on the board or in the chip has already. */
  taken: { [pin: string]: string };
  /** Pins that are inputs only, and have no pull-up or pull-down. */
  inputOnly: string[];
  /** Pins that are pulled up, or driven high, from reset until the program sets them. */
  pulledUp: string[];
  straps: { [pin: string]: Strap };
  /** Pins on which an analogue input works. */
  analog: string[];
  /** UARTs and I2C ports, with the pairs of pins (transmit/receive, clock/data) that can carry them; "any" for any two. */
  ports: { [port: string]: string };
  /** The UART's pins on which the interpreter opens its console, `tx` being its own output. */
  console: { port: string; tx: string; rx: string };
  /** Whether a high level at `console.rx` at the start is what opens it. */
  consoleByLevel: boolean;
  /** Pins that must never switch the load, for a reason that is not one of those above. */
  neverLoad: { [pin: string]: string };
  /** Whether pins of the same number (A0 and B0) share one interrupt, so that only one of them can wake the program. */
  sharedInterrupts: boolean;
  /** Bytes of flash that one erase takes where the store may lie. */
  page: number;
  /** Whether `E.nativeCall` runs Thumb code. */
  native: boolean;
}

/** Pins "D3 D5-D7 A0" in words: each letter and number, or a range of one letter. */
export function pins(text: string): string[] {
  return text
    .split(" ")
    .filter(Boolean)
    .flatMap((word) => {
      const [, letter, first, last] = /^([A-Z])(\d+)(?:-[A-Z](\d+))?$/.exec(word)!;
      const from = Number(first);
      return Array.from({ length: Number(last ?? first) - from + 1 }, (_, i) => `${letter}${from + i}`);
    });
}

const each = (text: string, why: string) => Object.fromEntries(pins(text).map((pin) => [pin, why]));

/** What the nRF52 builds have in common: every pin floats from reset until the program sets it. */
const NRF52 = {
  chip: "nRF52832",
  inputOnly: [],
  pulledUp: [],
  straps: {},
  consoleByLevel: true,
  neverLoad: {},
  ports: { Serial1: "any", I2C1: "any" },
  sharedInterrupts: false,
  page: 4096,
  native: true,
};

export const BUILDS: { [name: string]: Build } = {
  ESP32: {
    chip: "ESP32",
    pins: pins("D0-D5 D12-D19 D21-D23 D25-D27 D32-D39"),
    taken: each("D6-D11", "the module's own flash is on it"),
    inputOnly: pins("D34-D39"),
    // Espruino does so at its start and on every reset(); it leaves the others alone.
    pulledUp: pins("D0 D12-D15 D18 D19 D21 D22 D25-D27 D34-D39"),
    straps: {
      D0: { level: 1, otherwise: "the chip waits for a download in place of starting" },
      D2: { level: 0, otherwise: "the chip cannot be flashed any more" },
      D5: { level: 1, otherwise: "the timing of the SDIO slave is another" },
      D12: { level: 0, otherwise: "the flash gets 1.8 V and the chip does not start" },
      D15: { level: 1, otherwise: "the boot messages are silenced" },
    },
    analog: pins("D32-D39"),
    ports: { Serial1: "any", Serial2: "any", Serial3: "any", I2C1: "any", I2C2: "any" },
    console: { port: "Serial1", tx: "D1", rx: "D3" },
    consoleByLevel: false,
    neverLoad: {},
    sharedInterrupts: false,
    page: 4096,
    native: false,
  },
  ESP32C3_IDF4: {
    chip: "ESP32-C3",
    pins: pins("D0-D10 D18-D21"),
    taken: each("D11-D17", "the module's own flash is on it"),
    inputOnly: [],
    // By the chip itself; Espruino pulls nothing up here.
    pulledUp: pins("D9 D19-D21"),
    straps: {
      D2: { level: 1, otherwise: "the chip does not start from its flash for certain" },
      D8: { level: 1, otherwise: "the chip cannot be flashed any more" },
      D9: { level: 1, otherwise: "the chip waits for a download in place of starting" },
    },
    analog: pins("D0-D4"),
    ports: { Serial1: "any", Serial2: "any", I2C1: "any" },
    console: { port: "Serial1", tx: "D21", rx: "D20" },
    consoleByLevel: false,
    neverLoad: each("D18", "it is high for a moment at power-on"),
    sharedInterrupts: false,
    page: 4096,
    native: false,
  },
  ESPRUINOWIFI: {
    chip: "STM32F411",
    pins: pins("A0 A1 A4-A8 A10 B0-B10 B12-B15 C13"),
    taken: {
      ...each("A2 A3 A13-A15", "the ESP8266 is on it"),
      ...each("A9 A11 A12", "USB is on it"),
      ...each("C14 C15 H0 H1", "a crystal is on it"),
    },
    inputOnly: [],
    // NJTRST; the chip's reference manual. All others float.
    pulledUp: ["B4"],
    straps: { B2: { level: 0, otherwise: "the chip may start its own loader" } },
    analog: pins("A0-A7 B0 B1"),
    ports: { Serial1: "B6/B7", I2C1: "B6/B7 B8/B9", I2C2: "B10/B3", I2C3: "A8/B4" },
    console: { port: "Serial1", tx: "B6", rx: "B7" },
    consoleByLevel: false,
    neverLoad: each("B3", "it is the debugger's output from reset on"),
    sharedInterrupts: true,
    page: 16384,
    native: true,
  },
  MDBT42Q: {
    ...NRF52,
    pins: pins("D0-D31"),
    taken: {},
    analog: pins("D2-D5 D28-D31"),
    console: { port: "Serial1", tx: "D6", rx: "D8" },
  },
  MICROBIT2: {
    ...NRF52,
    chip: "nRF52833",
    pins: pins("D0-D2 D5 D8 D9 D11-D16 D19 D20 H0-H3"),
    taken: {
      ...each("D3 D4 D6 D7 D10", "the LED matrix is on it, and lit at the start"),
      ...each("D17 D18", "it is the supply"),
      ...each("H4-H8", "the microphone or a sensor is on it"),
    },
    analog: pins("D0-D2"),
    console: { port: "Serial1", tx: "H1", rx: "H0" },
    // The USB chip's lines: the console is on them at every start.
    consoleByLevel: false,
  },
  PIXLJS: {
    ...NRF52,
    pins: pins("D0-D13 A0-A5 H0-H4"),
    taken: each("H5-H9", "the LCD is on it"),
    analog: pins("A0-A5 D3 D4"),
    console: { port: "Serial1", tx: "D1", rx: "D0" },
  },
  PUCKJS: {
    ...NRF52,
    pins: pins("D0-D5 D11 D23 D24 D26 D28-D31"),
    taken: {
      ...each("D6-D8 D13-D21 D27", "a sensor is on it"),
      ...each("D9 D10", "the NFC antenna is on it"),
      ...each("D12 D22 D25", "it is not led out"),
    },
    analog: pins("D1-D5 D28-D31"),
    console: { port: "Serial1", tx: "D28", rx: "D29" },
    neverLoad: each(
      "D26",
      "its FET has no pull-down at the gate, so that the load is on at random until the program runs",
    ),
  },
  RP2040_PICO: {
    chip: "RP2040",
    pins: pins("D0-D22 D25-D28"),
    taken: each("D23 D24 D29", "the Pico's own supply is on it"),
    inputOnly: [],
    // The chip pulls every pin down at reset.
    pulledUp: [],
    straps: {},
    analog: pins("D26-D28"),
    ports: {
      Serial1: "D0/D1 D12/D13 D16/D17",
      Serial2: "D4/D5 D8/D9 D20/D21",
      I2C1: "D1/D0 D5/D4 D9/D8 D13/D12 D17/D16 D21/D20",
      I2C2: "D3/D2 D7/D6 D11/D10 D15/D14 D19/D18 D27/D26",
    },
    console: { port: "Serial1", tx: "D0", rx: "D1" },
    consoleByLevel: false,
    neverLoad: {},
    sharedInterrupts: false,
    page: 4096,
    native: false,
  },
};
