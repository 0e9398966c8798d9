/** How commands of the bench say what is wrong with them. */

/** A command that cannot be done as it was given; the message says what to change. */
export class BenchError extends Error {}

export function need(ok: unknown, message: string): asserts ok {
  if (!ok) throw new BenchError(message);
}

/** A command that has no arguments was given none. */
export function standsAlone(name: string, args: string[]): void {
  need(args.length === 0, `${name} stands alone on its line`);
}

/** A line as `done` repeats it: of what goes to the serial port, which can be a key, the beginning. */
export const repeated = (line: string): string => /^#[A-Z]{0,12}(?=;|$)|^#|^raw\b/.exec(line)?.[0] ?? line;

/** Reads a number in digits; `fraction` if it may have one. Anything else is NaN. */
export const number = (text = "", fraction = false) =>
  (fraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text) ? Number(text) : Number.NaN;
