/** What sampling keeps in memory between two looks at the sensors; the rest is asleep. */
import type { Device } from "../device";
import type { Metrics } from "./format";
import type { History } from "./history.shared";
import { sample } from "./sample.overlay";

export interface Sampler {
  history: History;
  /** Unix seconds: when the next look is due, and when the interval ends. */
  due: number;
  end: number;
  /** Two numbers a variable of a row: its sum (or its latest, least or most) so far, and how many readings that is. */
  sums: Int32Array;
}

/** Samples from now on what the board's section says; `format` where a request may need it. */
export function startSampling(d: Device, metrics: () => Metrics, format?: (piece: number) => string): void {
  d.metrics = metrics;
  if (format) d.format = format;
  d.ticks.push(sample);
}
