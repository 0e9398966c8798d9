/**
 * Symbols of schematics: where their pins end, what room they take, and how they are drawn. Positions are in steps of
 * the sheet's grid, drawings in pixels, ten to a step; a symbol stands upright, its first pin above.
 */
import { tag } from "./svg";

export interface Symbol {
  pins: { [pin: string]: [x: number, y: number] };
  /** Left, top, right and bottom of the body, which no wire crosses. */
  body: [number, number, number, number];
  draw: string;
}

const line = (d: string, more: { [name: string]: string | number } = {}) =>
  tag("path", { d, fill: "none", stroke: "#7a1f1f", "stroke-width": 1.6, ...more });
const filled = (d: string) => tag("path", { d, fill: "#7a1f1f", stroke: "#7a1f1f", "stroke-width": 1.2 });
const hollow = (d: string) => tag("path", { d, fill: "#fffbe6", stroke: "#7a1f1f", "stroke-width": 1.6 });

const ABOVE_AND_BELOW = (half: number, first: string, second: string): Symbol["pins"] => ({
  [first]: [0, -half],
  [second]: [0, half],
});

const TRIANGLE = filled("M0 -7 L-9 8 L9 8 Z");
const diode = (bar: string, more = ""): Symbol => ({
  pins: ABOVE_AND_BELOW(2, "K", "A"),
  body: [-1, -1, 1, 1],
  draw: line("M0 -20 V20") + TRIANGLE + line(bar, { "stroke-width": 2 }) + more,
});
const ZENER = "M-13 -11 L-9 -7 H9 L13 -3";

/** A transistor in its circle: the control pin to the left, the other two above and below. */
const transistor = (control: string, above: string, below: string, draw: string): Symbol => ({
  pins: { [control]: [-3, 0], [above]: [1, -3], [below]: [1, 3] },
  body: [-2, -2, 2, 2],
  draw: tag("circle", { cx: 2, cy: 0, r: 17, fill: "#fffbe6", stroke: "#7a1f1f", "stroke-width": 1.2 }) + draw,
});

const FET = "M-30 0 H-8 M-8 -9 V9 M-3 -12 V-5 M-3 -3.5 V3.5 M-3 5 V12 M-3 -8.5 H10 V-30 M-3 8.5 H10 V30";

export const SYMBOLS: { [name: string]: Symbol } = {
  resistor: {
    pins: ABOVE_AND_BELOW(3, "1", "2"),
    body: [-1, -2, 1, 2],
    draw: line("M0 -30 V30") + hollow("M-7 -19 H7 V19 H-7 Z"),
  },
  fuse: {
    pins: ABOVE_AND_BELOW(3, "1", "2"),
    body: [-1, -2, 1, 2],
    draw: hollow("M-7 -19 H7 V19 H-7 Z") + line("M0 -30 V30"),
  },
  inductor: {
    pins: ABOVE_AND_BELOW(3, "1", "2"),
    body: [-1, -2, 1, 2],
    draw: line("M0 -30 V-20 a5 5 0 0 1 0 10 a5 5 0 0 1 0 10 a5 5 0 0 1 0 10 a5 5 0 0 1 0 10 V30"),
  },
  capacitor: {
    pins: ABOVE_AND_BELOW(2, "1", "2"),
    body: [-1, -1, 1, 1],
    draw: line("M0 -20 V-4 M0 4 V20") + line("M-12 -4 H12 M-12 4 H12", { "stroke-width": 2.2 }),
  },
  electrolytic: {
    pins: ABOVE_AND_BELOW(2, "+", "-"),
    body: [-1, -1, 1, 1],
    draw:
      line("M0 -20 V-9 M0 9 V20 M-17 -12 H-9 M-13 -16 V-8") +
      hollow("M-12 -9 H12 V-3 H-12 Z") +
      filled("M-12 3 H12 V9 H-12 Z"),
  },
  diode: diode("M-9 -7 H9"),
  schottky: diode("M-6 -3 H-10 V-7 H10 V-11 H6"),
  zener: diode(ZENER),
  led: diode("M-9 -7 H9", line("M12 -4 L20 -12 M14 -12 H20 V-6 M12 6 L20 -2 M20 4 V-2 H14", { "stroke-width": 1.2 })),
  cell: {
    pins: ABOVE_AND_BELOW(2, "+", "-"),
    body: [-1, -1, 1, 1],
    draw:
      line("M0 -20 V-4 M0 4 V20 M8 -14 H16 M12 -18 V-10") +
      line("M-13 -4 H13", { "stroke-width": 1.6 }) +
      line("M-7 4 H7", { "stroke-width": 3.4 }),
  },
  buzzer: {
    pins: ABOVE_AND_BELOW(3, "1", "2"),
    body: [-2, -2, 2, 2],
    draw:
      line("M0 -30 V-17 M0 17 V30") +
      tag("circle", { cx: 0, cy: 0, r: 17, fill: "#fffbe6", stroke: "#7a1f1f", "stroke-width": 1.6 }) +
      line("M-6 -8 V8 M6 -8 V8 M-3 -11 H3 V11 H-3 Z"),
  },
  npn: transistor(
    "B",
    "C",
    "E",
    line("M-30 0 H-6 M-6 -11 V11 M-6 -5 L10 -14 V-30 M-6 5 L10 14 V30") + filled("M9 13.5 L0 12 L3.5 6 Z"),
  ),
  pnp: transistor(
    "B",
    "E",
    "C",
    line("M-30 0 H-6 M-6 -11 V11 M-6 -5 L10 -14 V-30 M-6 5 L10 14 V30") + filled("M-5 -5.5 L0.5 -12 L4 -6 Z"),
  ),
  nmos: transistor("G", "D", "S", line(FET) + line("M-3 0 H10 V8.5") + filled("M-2 0 L5 -4 V4 Z")),
  pmos: transistor("G", "S", "D", line(FET) + line("M-3 0 H10 V-8.5") + filled("M9 0 L2 -4 V4 Z")),
};
