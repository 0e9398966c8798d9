/** What a variable is right now. For overlays: nothing of this stays in memory. */
import type { Device } from "../device";
import { BYPASSED, MEMORY_REPLACED } from "../store/records";
import {
  CONSTANT,
  FIRMWARE_VERSION,
  type Metrics,
  OUTPUT,
  SENSOR,
  TAMPERED,
  TOKEN_COUNT,
  type Variable,
} from "./format";

declare const VERSION: string;
/** Whether the board has parts that measure, or a product's own code, which may measure as well. */
declare const SENSORS: boolean;
declare const PRODUCT: boolean;

/** Divides whole numbers, `by` above 0, and rounds halves away from zero. Never -0, nothing behind the point. */
export function divide(value: number, by: number): number {
  const size = Math.abs(value) * 2 + by;
  const whole = (size - (size % (2 * by))) / (2 * by);
  return value < 0 && whole ? -whole : whole;
}

/** What the firmware itself can tell; names: docs/metrics.md. */
function counter(d: Device, variable: Variable): number | string {
  const tally = d.log.tally;
  switch (variable.source) {
    case TOKEN_COUNT:
      return d.paid.count;
    case TAMPERED:
      return tally[BYPASSED] || tally[MEMORY_REPLACED] ? 1 : 0;
    case OUTPUT:
      return d.on;
    case FIRMWARE_VERSION:
      return VERSION;
    case CONSTANT:
      return variable.channel || 0;
  }
  return tally[variable.source];
}

/** Readings of variables, each sensor asked once; undefined where a sensor does not answer. */
export function readings(d: Device, metrics: Metrics, variables: Variable[]): (number | string | undefined)[] {
  const values = [];
  const read: number[][] = [];
  const sensors = SENSORS ? metrics.sensors() : [];
  // Its number is behind those of the parts.
  if (PRODUCT && d.product) sensors.push(d.product);
  for (let i = 0; i < variables.length; i++) {
    const variable = variables[i];
    const at = variable.source - SENSOR;
    if (!SENSORS || at < 0) values.push(counter(d, variable));
    else {
      if (!read[at])
        try {
          read[at] = sensors[at].read();
        } catch (_) {
          read[at] = [];
        }
      values.push(read[at][variable.channel || 0]);
    }
  }
  return values;
}

/** The values of the `data` variables as they go out: whole numbers under their scale, texts, undefined for none. */
export function dataValues(d: Device, metrics: Metrics): (number | string | undefined)[] {
  const values = readings(d, metrics, metrics.data);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") values[i] = divide(value, metrics.data[i].divide || 1);
  }
  return values;
}
