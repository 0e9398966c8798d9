/**
 * A voltage at an analog pin, brought down by two resistors. ESP32: only pins of ADC1 (D32 to D39), and their range
 * differs from chip to chip by some percent, so `full` is worth measuring.
 */
import type { Analog, Pin, Sensor } from "../hal";

/**
 * `top` ohms from the voltage to the pin, `bottom` from the pin to ground, `full` the millivolts at the pin that read as
 * 1 (3300 if left out). Reads [mV].
 */
export function divider(analog: Analog, options: { pin: Pin; top: number; bottom: number; full?: number }): Sensor {
  const full = ((options.full || 3300) * (options.top + options.bottom)) / options.bottom;
  return { read: () => [Math.round(analog.read(options.pin) * full) | 0] };
}
