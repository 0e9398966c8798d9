/**
 * The line syntax of AT commands (ITU-T V.250, 3GPP TS 27.007), and the words for what went wrong.
 * It is as strict as the modules are: a missing or an open quote is an error, an unknown form too.
 */

/** One parameter as it was written; an empty one is `{ text: "", quoted: false }`. */
export type Parameter = { text: string; quoted: boolean };
export type Form = "run" | "read" | "test" | "write";
/** One command out of a line: "+CREG", "E", "&W". */
export type Command = { name: string; form: Form; parameters: Parameter[] };

/** Splits what follows "AT" into commands; undefined if that is no command line. */
export function parseLine(line: string): Command[] | undefined {
  const commands: Command[] = [];
  let rest = line.trim();
  while (rest !== "") {
    const basic = /^(&?[A-Z])(\d*)\s*/i.exec(rest);
    const extended = /^([+*^#][A-Z0-9]+)(=\?|\?|=|(?=;|$))/i.exec(rest);
    if (extended) {
      const name = extended[1].toUpperCase();
      rest = rest.slice(extended[0].length);
      if (extended[2] !== "=") {
        commands.push({ name, form: extended[2] === "?" ? "read" : extended[2] ? "test" : "run", parameters: [] });
      } else {
        const [parameters, length] = parseParameters(rest);
        if (!parameters) return undefined;
        commands.push({ name, form: "write", parameters });
        rest = rest.slice(length);
      }
      if (rest !== "" && rest[0] !== ";") return undefined;
      rest = rest.slice(1).trim();
    } else if (basic) {
      const parameters = basic[2] ? [{ text: basic[2], quoted: false }] : [];
      commands.push({ name: basic[1].toUpperCase(), form: basic[2] ? "write" : "run", parameters });
      rest = rest.slice(basic[0].length);
      if (rest[0] === ";") rest = rest.slice(1);
    } else return undefined;
  }
  return commands;
}

/** The parameters up to a semicolon or the end, and how many characters they took; none if a quote is missing. */
function parseParameters(text: string): [Parameter[] | undefined, number] {
  const parameters: Parameter[] = [];
  let i = 0;
  for (;;) {
    if (text[i] === '"') {
      const end = text.indexOf('"', i + 1);
      if (end < 0) return [undefined, 0];
      parameters.push({ text: text.slice(i + 1, end), quoted: true });
      i = end + 1;
    } else {
      const word = /^[^,;"]*/.exec(text.slice(i))![0];
      parameters.push({ text: word.trim(), quoted: false });
      i += word.length;
    }
    if (text[i] !== ",") break;
    i++;
  }
  return i === text.length || text[i] === ";" ? [parameters, i] : [undefined, 0];
}

/** +CME ERROR, 3GPP TS 27.007 chapter 9.2, as the modules spell it with AT+CMEE=2. */
export const CME: { [code: number]: string } = {
  3: "operation not allowed",
  4: "operation not supported",
  10: "SIM not inserted",
  11: "SIM PIN required",
  12: "SIM PUK required",
  13: "SIM failure",
  14: "SIM busy",
  16: "incorrect password",
  21: "invalid index",
  30: "no network service",
  50: "Incorrect parameters",
  100: "unknown",
  148: "unspecified GPRS error",
};

/** +CMS ERROR, 3GPP TS 27.005 chapter 3.2.5. */
export const CMS: { [code: number]: string } = {
  302: "operation not allowed",
  310: "SIM not inserted",
  311: "SIM PIN required",
  314: "SIM busy",
  321: "invalid memory index",
  500: "unknown error",
};

/** What an act throws to have its command refused, with a number or ("") a plain ERROR. `misuse`: no manual knows this command. */
export class Refusal extends Error {
  constructor(
    readonly code: number | "",
    readonly kind: "CME" | "CMS" = "CME",
    readonly misuse = false,
  ) {
    super(`refused with ${kind} ${code}`);
  }
}

/** A command as the act that serves it sees it: its form and its parameters, which it asks for by position from 0. */
export class Query {
  constructor(
    readonly command: Command,
    /** What a parameter out of place is refused with. */
    private wrong: number | "",
  ) {}

  get form(): Form {
    return this.command.form;
  }

  /** Refuses a command that has fewer or more parameters than this. */
  count(least: number, most = least): number {
    const { length } = this.command.parameters;
    if (length < least || length > most) throw new Refusal(this.wrong, "CME", true);
    return length;
  }

  has(i: number): boolean {
    const parameter = this.command.parameters[i];
    return parameter !== undefined && (parameter.quoted || parameter.text !== "");
  }

  /** A number without quotes, from `low` to `high`; `otherwise` if it is left out. */
  number(i: number, low: number, high: number, otherwise?: number): number {
    const parameter = this.command.parameters[i];
    if (!this.has(i) && otherwise !== undefined) return otherwise;
    const value = parameter && !parameter.quoted && /^\d+$/.test(parameter.text) ? Number(parameter.text) : Number.NaN;
    if (!(value >= low && value <= high)) throw new Refusal(this.wrong, "CME", true);
    return value;
  }

  /** A string in quotes, of at most `longest` characters; `otherwise` if it is left out. */
  string(i: number, longest = 256, otherwise?: string): string {
    const parameter = this.command.parameters[i];
    if (!this.has(i) && otherwise !== undefined) return otherwise;
    if (!parameter?.quoted || parameter.text.length > longest) throw new Refusal(this.wrong, "CME", true);
    return parameter.text;
  }

  /** A string, with quotes or without. */
  word(i: number, longest = 256): string {
    const parameter = this.command.parameters[i];
    if (!parameter || (parameter.text === "" && !parameter.quoted) || parameter.text.length > longest)
      throw new Refusal(this.wrong, "CME", true);
    return parameter.text;
  }

  /** A string in quotes that is one of `words`, whatever its case; returned as it stands in `words`. */
  one(i: number, ...words: string[]): string {
    const text = this.string(i).toUpperCase();
    const found = words.find((word) => word.toUpperCase() === text);
    if (found === undefined) throw new Refusal(this.wrong, "CME", true);
    return found;
  }
}
