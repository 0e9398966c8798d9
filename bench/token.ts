/** `npm run token -- …`: makes a token at the command line. */
import { Command, CommanderError, Option } from "commander";
import { DEMO } from "./demo-unit";
import { encode, type Field, type Kind, TokenError, type TokenRequest } from "./encode";

/** Where text goes: results to `out`, notes and errors to `err`. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const DAYS = "days of use, a whole number of units (a unit is a day, or 1/divider of one)";
const COMMANDS: { name: string; about: string; kind: Kind; argument?: [name: string, about: string] }[] = [
  {
    name: "add",
    about: "add time to what is left; 0 is a valid token that adds none",
    kind: "add",
    argument: ["days", DAYS],
  },
  { name: "set", about: "set the time left, 0 to switch off", kind: "set", argument: ["days", DAYS] },
  { name: "disable", about: "end pay-as-you-go: unlocked until the next set token", kind: "disable" },
  { name: "sync", about: "bring the unit's count in step", kind: "sync" },
  {
    name: "extended",
    about: "a 12-digit token whose value goes to the product's own handler",
    kind: "extended-add",
    argument: ["value", "0 to 999999, in what the product counts"],
  },
];

const HELP = "Run `npm run token -- --help` to see what there is.";
/** What to do about an error, by the field that it names. */
const REMEDY: Record<Field, string> = {
  key: "Put the unit's key into OPENPAYGO_KEY, or give none to use the demo unit.",
  startingCode: "Give the unit's own with --starting-code, or leave it out to derive it from the key.",
  count: "Change --count, which is the unit's count, or with --exact the token's own.",
  kind: HELP,
  value: "Give a whole number in the range that --help names.",
  days: "Change the days, or give the units themselves with --units.",
  timeDivider: "Give the unit's own with --divider.",
};
// Commander's own messages repeat what was typed, which may be a key in the wrong place.
const USAGE: Record<string, string> = {
  "commander.unknownOption": "There is no such option.",
  "commander.unknownCommand": "There is no such command.",
  "commander.excessArguments": "There is something behind the last value.",
  "commander.missingArgument": "A value is missing.",
  "commander.optionMissingArgument": "An option lacks its value.",
};

// What is no number becomes NaN, which encode refuses in words that fit the field.
const number = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

function program({ out, err }: Output): Command {
  const root = new Command("npm run token --").description("Makes OpenPAYGO tokens.").exitOverride();
  root.configureOutput({ writeOut: out, writeErr: err, outputError: () => {} });
  root.addHelpText("after", "\nExample: npm run token -- add 30\nWithout a key, tokens are for the public demo unit.");

  for (const { name, about, kind, argument } of COMMANDS) {
    const command = root.command(name).description(about);
    const timed = argument?.[0] === "days";
    if (argument) command.argument(`<${argument[0]}>`, argument[1], number);
    command
      .addOption(
        new Option("--key <hex>", "32 hex digits; npm and the shell show it, so rather use the variable").env(
          "OPENPAYGO_KEY",
        ),
      )
      .option("--starting-code <n>", "0 to 999999999, derived from the key if left out", number)
      .option("--count <n>", "the unit's count: that of the last token (default: 1, a new unit)", number)
      .option("--exact", "--count is the token's own")
      .option("--restricted", "digits 1 to 4 only")
      .option("--json", "print one JSON object");
    if (timed) {
      command.option("--divider <n>", "units in a day, 1 to 255", number);
      command.option("--units", "the value is in units, not days");
    }
    if (kind === "extended-add") command.option("--odd", "take an odd count: older tokens are used up, as after a set");

    command.action(() => {
      const { key, units, odd, json, divider: timeDivider, ...given } = command.opts();
      const demo = key === undefined;
      const request: TokenRequest = {
        ...(demo ? DEMO : { key, count: 1 }),
        ...given,
        ...(timeDivider !== undefined && { timeDivider }),
        ...(argument && { [timed && !units ? "days" : "value"]: command.processedArgs[0] }),
        kind: odd ? "extended-set" : kind,
      };
      const { token, count } = encode(request);
      if (demo) err(`No key was given, so this is for the demo unit ${DEMO.serial}, whose key is public.\n`);
      if (kind === "add" && command.processedArgs[0] === 0)
        err("This token adds no time: it only uses up its count.\n");
      const grouped = token.match(token.length === 20 ? /.{4}/g : /.{3}/g)!.join(" ");
      out(json ? `${JSON.stringify({ token, count, kind: request.kind })}\n` : `${grouped}\ncount ${count}\n`);
    });
  }
  return root;
}

/** Runs the command with its arguments (without node and script); returns the exit code, 0 or 1. Never prints a key. */
export function main(argv: string[], output: Output): number {
  try {
    program(output).parse(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof TokenError) output.err(`${error.message} ${REMEDY[error.field]}\n`);
    else if (!(error instanceof CommanderError)) throw error;
    else if (error.code in USAGE) output.err(`${USAGE[error.code]} ${HELP}\n`);
    else return error.exitCode; // help was asked for, or nothing was asked
    return 1;
  }
}

if (require.main === module) {
  process.exitCode = main(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
