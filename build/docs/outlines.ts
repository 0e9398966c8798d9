/**
 * Where the pins of the boards are, seen from above: for the pin diagrams, and for the pads of schematics. Facts of
 * Espruino's board files, of the Pico's data sheet and of Espressif's data sheets for the modules.
 */

export interface Outline {
  /** What is seen, for people. */
  what: string;
  /** Pads from the left to the right, or from the top down; "" where there is none. */
  left?: string[];
  right?: string[];
  top?: string[];
  bottom?: string[];
  /** Pads inside the outline. */
  inside?: string[];
  /** Whether the pads are numbered, from the upper left one around the bottom to the upper right one. */
  numbered?: boolean;
  /** What is at the upper edge, to hold the board the right way round. */
  up: string;
}

const list = (words: string) => words.split(" ").map((word) => (word === "." ? "" : word));

/** By Espruino's name of the build. */
export const OUTLINES: { [build: string]: Outline } = {
  ESP32: {
    what: "ESP32-WROOM-32E",
    up: "antenna",
    numbered: true,
    left: list("GND 3V3 EN D36 D39 D34 D35 D32 D33 D25 D26 D27 D14 D12"),
    bottom: list("GND D13 NC NC NC NC NC NC D15 D2"),
    right: list("GND D23 D22 D1 D3 D21 NC D19 D18 D5 D17 D16 D4 D0"),
  },
  ESP32C3_IDF4: {
    what: "ESP32-C3-WROOM-02",
    up: "antenna",
    numbered: true,
    left: list("3V3 EN D4 D5 D6 D7 D8 D9 GND"),
    right: list("D0 D1 D2 D3 D19 D18 D21 D20 D10"),
  },
  ESPRUINOWIFI: {
    what: "Espruino WiFi",
    up: "antenna",
    left: list("A0 A1 A4 A5 A6 A7 B1 B10 B13 B14 B15"),
    right: list("B0 B9 B8 B7 B6 B5 B4 B3 3V3 VUSB GND"),
    inside: list("A8 A10"),
  },
  MDBT42Q: {
    what: "MDBT42Q breakout",
    up: "antenna",
    left: list("D25 D26 D27 D28 D29 D30 D31 D3 D4 D5 D11"),
    right: list("D22 D20 D19 D18 D17 D16 D15 D14 3V3 VIN GND"),
    bottom: list("D6 D8 D7 VIN GND"),
    top: list("D9 D10"),
  },
  MICROBIT2: {
    what: "micro:bit 2",
    up: "USB, LEDs towards you",
    bottom: list("D3 D0 D4 D5 D6 D7 D1 D8 D9 D10 D11 D12 D2 D13 D14 D15 D16 3V3 3V3 3V3 D19 D20 GND GND GND"),
  },
  PIXLJS: {
    what: "Pixl.js",
    up: "the longer row of holes, display towards you",
    top: list("D0 D1 D2 D3 D4 D5 D6 D7 . D8 D9 D10 D11 D12 D13 GND . A4 A5"),
    bottom: list("A5 A4 A3 A2 A1 A0 . VIN GND GND 5V 3V3 RST 3V3 . . GND VIN"),
  },
  PUCKJS: {
    what: "Puck.js 2",
    up: "parts towards you, four holes below",
    right: list("GND 3V D2 D1"),
    bottom: list("D28 D29 D30 D31"),
    inside: list("D11 D23 D24 D26"),
  },
  RP2040_PICO: {
    what: "Raspberry Pi Pico",
    up: "USB",
    numbered: true,
    left: list("D0 D1 GND D2 D3 D4 D5 GND D6 D7 D8 D9 GND D10 D11 D12 D13 GND D14 D15"),
    right: list("VBUS VSYS GND 3V3_EN 3V3 ADC_VREF D28 AGND D27 D26 RUN D22 GND D21 D20 D19 D18 GND D17 D16"),
  },
};

/** Number of the pad of a pin, as text; undefined where pads have none. */
export function pad(build: string, pin: string): string | undefined {
  const { numbered, left = [], bottom = [], right = [] } = OUTLINES[build];
  const at = [...left, ...bottom, ...[...right].reverse()].indexOf(pin);
  return numbered && at >= 0 ? `${at + 1}` : undefined;
}

/** Whether a pin is led out where a wire can reach it. */
export function ledOut(build: string, pin: string): boolean {
  const { left = [], bottom = [], right = [], top = [], inside = [] } = OUTLINES[build];
  return [left, bottom, right, top, inside].some((side) => side.includes(pin));
}
