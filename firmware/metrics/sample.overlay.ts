/**
 * A look at the sensors: readings are added up over the interval as each variable's aggregation says, and at its end
 * become a row of the history. Awake for a moment once a minute.
 */
import { type Device, storeTime } from "../device";
import { FIRST_ROW, keepMarks } from "../store/records";
import { appendRow, recallHistory } from "./append";
import { AVERAGE, LATEST, MAX, type Metrics, MIN } from "./format";
import type { Sampler } from "./sampler";
import { divide, readings } from "./sources.shared";

/** The next round time: an interval ends on the full hour, say, whenever the device was switched on. */
const after = (time: number, interval: number) => time - (time % interval) + interval;

function startSampler(d: Device, metrics: Metrics, time: number): Sampler {
  const view = d.log.view;
  const known = view.getUint32(FIRST_ROW, true);
  const history = recallHistory(d.hal, metrics.layout, view, time);
  keepMarks(history, view);
  // Without marks the rows to come could not be found again.
  if (!known) storeTime(d);
  return { history, due: time, end: after(time, metrics.interval), sums: new Int32Array(2 * metrics.rows.length) };
}

/** Adds what the variables are now to their sums. */
function add(d: Device, metrics: Metrics, sums: Int32Array): void {
  const values = readings(d, metrics, metrics.rows);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const how = metrics.rows[i].aggregation || AVERAGE;
    const sum = sums[2 * i];
    if (typeof value !== "number") continue;
    if (!sums[2 * i + 1]++ || how === LATEST) sums[2 * i] = value;
    else if (how === MIN) sums[2 * i] = Math.min(sum, value);
    else if (how === MAX) sums[2 * i] = Math.max(sum, value);
    else sums[2 * i] = sum + value;
  }
}

/** The row of the interval that ended; undefined when nothing was read in it. */
function rowOf(s: Sampler, metrics: Metrics): (number | undefined)[] | undefined {
  const row: (number | undefined)[] = [s.end];
  let any = 0;
  for (let i = 0; i < metrics.rows.length; i++) {
    const variable = metrics.rows[i];
    const count = s.sums[2 * i + 1];
    const by = (variable.divide || 1) * (variable.aggregation ? 1 : count);
    any += count;
    row.push(count ? divide(s.sums[2 * i], by) : undefined);
  }
  return any ? row : undefined;
}

/**
 * Samples, if a look is due; with the first one of a device that is set up, its history is opened. Called with every
 * tick. Never throws: a sensor that does not answer has no value, a memory that does not loses the row.
 */
export function sample(time: number, d: Device): void {
  if (!d.unit || d.fault || (d.sampler && time < d.sampler.due)) return;
  const metrics = d.metrics!();
  try {
    if (!d.sampler) d.sampler = startSampler(d, metrics, time);
    const s = d.sampler;
    const row = time < s.end ? undefined : rowOf(s, metrics);
    s.due = after(time, metrics.sample);
    if (time >= s.end) {
      s.sums.fill(0);
      s.end = after(time, metrics.interval);
    }
    add(d, metrics, s.sums);
    if (row) appendRow(s.history, row);
    keepMarks(s.history, d.log.view);
  } catch (_) {
    // The store watches over the memory, and says when it fails.
  }
}
