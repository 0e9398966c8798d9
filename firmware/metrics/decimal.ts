/** Decimals for servers that know no scale_factor (v0.15). The interpreter's own are not exact. */
import type { Value } from "./values";

/** A value as JSON; an integer counts tenths, hundredths, … (`digits` behind the point), and has no zeros at its end. */
export function decimal(v: Value, digits: number): string {
  if (!digits || typeof v !== "number") return v === undefined ? "null" : JSON.stringify(v);
  let text = "" + Math.abs(v);
  while (text.length <= digits) text = "0" + text;
  const point = text.length - digits;
  text = text.substr(0, point) + "." + text.substr(point);
  return (v < 0 ? "-" : "") + text.replace(/0+$/, "").replace(/[.]$/, "");
}
