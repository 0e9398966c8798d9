/** What the tools at the command line have in common: errors that say what to do, and how a command ends. */
import type { Command } from "commander";

/** What went wrong, in one sentence, and what to do about it, in another. */
export class ToolError extends Error {
  constructor(
    readonly what: string,
    readonly todo: string,
  ) {
    super(`${what} ${todo}`);
  }
}

/** A text without whatever could be a key. */
export const hush = (text: string): string => text.replace(/[\da-f]{32,}/gi, "(a key)");

/** A command as all tools have it: what it says of a wrong command line never repeats a key. */
export function prepare(command: Command): Command {
  return command
    .showHelpAfterError("Run it with --help to see what there is.")
    .configureOutput({ outputError: (text, write) => write(hush(text)) });
}

/** Runs a tool to its end: what goes wrong is two sentences on standard error, and exit code 1. */
export function run(main: (argv: string[]) => Promise<void>): void {
  main(process.argv.slice(2)).then(
    () => process.exit(),
    (error: Error) => {
      // Only a mistake in the tool itself has no advice, and then the trace is what helps.
      console.error(hush(error instanceof ToolError ? error.message : (error.stack ?? String(error))));
      process.exit(1);
    },
  );
}
