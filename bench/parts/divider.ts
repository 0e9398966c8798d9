/** Two resistors that bring a voltage down to an analog pin, and the controller's converter of 12 bits behind them. */
import type { World } from "../world";
import type { Measuring } from "./part";

/** `top` and `bottom` in ohms; `full`: the millivolts at the pin that read as 1. */
export type DividerOptions = { driver?: string; pin: string; top: number; bottom: number; full?: number };
export type Divider = Measuring & { readonly pin: string; level(): number };

const STEPS = 4096;

export function divider(_world: World, { pin, top, bottom, full = 3300 }: DividerOptions): Divider {
  const most = (full * (top + bottom)) / bottom;
  let voltage = 0;
  return {
    pin,
    channels: { voltage: { unit: "mV", least: 0, most: Math.floor(most), set: (mV) => (voltage = mV) } },
    level: () => Math.min(STEPS - 1, Math.floor((voltage / most) * STEPS)) / STEPS,
  };
}
