/** What a person tells the server: the `server …` lines of the bench protocol, and the input of `npm run server`. */
import { TokenError } from "../encode";
import { FormError, plain, readJson } from "./json";
import type { MetricsServer, Wish } from "./server";
import { UnitsError } from "./units";

/** A token's digits, or what to make. */
export function readToken(word: string): string | Wish {
  if (/^\d+$/.test(word)) return word;
  const [, kind, amount] = /^(add|set|extended|disable|sync)(?::(\d+(?:\.\d+)?))?$/.exec(word) ?? [];
  const plainKind = kind === "disable" || kind === "sync";
  if (!kind || plainKind !== (amount === undefined))
    throw new UnitsError("A token is digits, or one of: add:DAYS, set:DAYS, extended:VALUE, disable, sync.");
  if (plainKind) return { kind };
  return kind === "extended"
    ? { kind: "extended-add", value: Number(amount) }
    : { kind: kind as "add", days: Number(amount) };
}

function object(text: string): object {
  const value = plain(readJson(text));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FormError('An object of JSON is wanted, as in: {"power_mode":"high"}');
}

const COMMANDS: {
  [name: string]: { arguments: boolean; run: (server: MetricsServer, serial: string, rest: string) => void };
} = {
  tokens: {
    arguments: true,
    run: (server, serial, rest) => server.tokens(serial, ...rest.split(/\s+/).map(readToken)),
  },
  settings: { arguments: true, run: (server, serial, rest) => server.settings(serial, object(rest)) },
  extra: { arguments: true, run: (server, serial, rest) => server.extra(serial, object(rest)) },
  until: {
    arguments: true,
    run: (server, serial, rest) => server.until(serial, /^\d+$/.test(rest) ? Number(rest) : Number.NaN),
  },
  down: { arguments: false, run: (server) => server.down() },
  up: { arguments: false, run: (server) => server.up() },
};

/** How the commands are written. */
export const USAGE = "tokens T… | settings JSON | extra JSON | until UNIX | down | up";

/**
 * Does one command about one unit.
 * @param serial of the unit; undefined if none is known, and then only `down` and `up` can be done
 * @returns undefined, or one sentence on what is wrong: nothing has changed then
 */
export function serverCommand(server: MetricsServer, serial: string | undefined, text: string): string | undefined {
  const [, name, rest] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(text)!;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return `The server takes one of: ${USAGE}`;
  if (command.arguments !== (rest !== ""))
    return `server ${name} ${command.arguments ? "lacks what is to be said" : "stands alone"}`;
  if (command.arguments && serial === undefined)
    return "The server knows no unit: set one up with #SETUP in this session, or give --units FILE";
  try {
    command.run(server, serial ?? "", rest);
  } catch (error) {
    if (error instanceof UnitsError || error instanceof TokenError || error instanceof FormError) return error.message;
    throw error;
  }
  return undefined;
}
