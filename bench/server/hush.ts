/** Keeps keys of units out of what leaves the server: lines, files, answers about requests. */
import { isObject } from "./expand";

/** @param keys 32 lower-case hexadecimal digits each; the set may grow later */
export function husher(keys: Set<string>) {
  const text = (told: string): string =>
    told.replace(/[\da-f]{32,}/gi, (run) => {
      for (let at = 0; at + 32 <= run.length; at++)
        if (keys.has(run.slice(at, at + 32).toLowerCase())) return "(a key)";
      return run;
    });
  /** The same for every text and name in a value. */
  const value = (told: any): any => {
    if (typeof told === "string") return text(told);
    if (Array.isArray(told)) return told.map(value);
    if (!isObject(told)) return told;
    return Object.fromEntries(Object.entries(told).map(([name, item]) => [text(name), value(item)]));
  };
  return { text, value };
}
