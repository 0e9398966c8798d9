/** Reads rows while a request is made, or its body is written. */
import { type History, readRow } from "./history.shared";
import type { Value } from "./values";

/** What reads a row by its number. Whoever holds it holds nothing else. */
export function rows(history: History): (number: number) => Value[] | undefined {
  return readRow.bind(undefined, history);
}
