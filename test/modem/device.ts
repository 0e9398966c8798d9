/** A device on the bench that reports over its modem: the file that is flashed, the model of the modem, the bench's server. */
import { ENGINES } from "../../bench/bench";
import { DEMO } from "../../bench/demo-unit";
import type { Network } from "../../bench/parts/modem/network";
import { type Said, Session } from "../../bench/session";
import type { Modem } from "../../boards/board";
import { type Bundle, bundle, readBoard } from "../../build/bundle";
import { rowsIn } from "../metrics/image";

export const HOUR = 3600;

/** How a board's reports go: over raw connections to a server without TLS, or over the modem's own service with TLS 1.2. */
export type Way = "lean" | "service";

/** Every family of modems, with one module of each. */
export const MODULES = ["sim800", "sim7600", "sim7080", "bg95"] as const;

/** Families and ways, each with each. */
export const WAYS = MODULES.flatMap((family) => (["lean", "service"] as Way[]).map((way) => [family, way] as const));

/**
 * The reference board with another modem, one that goes another way, or other metrics. Rows and reports come every ten minutes, so
 * that a test is short; and it has no table of codes, as that takes time to carry on.
 */
export async function device(
  family: string,
  way: Way,
  more: Partial<Modem> = {},
  metrics: object = {},
): Promise<Bundle> {
  const { settings, ...board } = structuredClone(readBoard("esp32"));
  const { ca, ...others } = board.parts.modem as Modem;
  // The SIM7080 has TLS on raw connections too, and its service takes less than a report.
  const raw = way === "lean" || family === "sim7080";
  const plain = way === "lean" || family === "sim800";
  board.parts.modem = {
    ...others,
    ...(plain ? {} : { ca }),
    family,
    lean: raw,
    service: !raw,
    plain,
    ...more,
  } as Modem;
  Object.assign(board.metrics!, { interval: 600, report: 600 }, metrics);
  board.metrics!.store.days = 7;
  board.metrics!.server.base_url = `http${plain ? "" : "s"}://metrics.example.com`;
  delete settings.table;
  return bundle({ ...board, settings });
}

export const SETUP = `#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`;

/** A device on the bench, from a `time` on; `network` is what it reaches in place of the bench's server. */
export class Reporter {
  readonly session: Session;
  /** Reports that the server took, and the times of their rows: of those it knew as well. */
  taken = 0;
  readonly rows: number[] = [];
  /** Rows that it knew. */
  again = 0;
  private said: Said[] = [];
  private seen = new WeakSet<object>();

  constructor(
    private built: Bundle,
    options: { network?: Network; engine?: string; time?: number } = {},
  ) {
    const { engine = "node", ...rest } = options;
    this.session = new Session({ ...built, ...rest, make: ENGINES[engine], out: (one) => this.said.push(one) });
    this.do(SETUP);
  }

  /** Does lines; what the device should not do throws. */
  do(...lines: string[]): Said[] {
    for (const line of lines) {
      this.session.line(line);
      this.look();
    }
    for (const one of this.said) if ("error" in one || "uncaught" in one) throw new Error(JSON.stringify(one));
    return this.said.splice(0);
  }

  /** The server remembers its last requests only. */
  private look(): void {
    for (const one of this.session.server.requests) {
      if (this.seen.has(one) || one.reason || !one.expanded) continue;
      this.seen.add(one);
      this.taken++;
      this.again += one.again ?? 0;
      for (const row of one.expanded.historical_data as { timestamp?: number }[]) this.rows.push(row.timestamp!);
    }
  }

  get modem() {
    return this.session.board.parts.modem!;
  }

  /** What the factory port answers to a line. */
  ask(line: string): string[] {
    return this.do(line).flatMap((one) => ("uart" in one ? [one.uart] : []));
  }

  /** What #INFO says. */
  info() {
    return JSON.parse(this.ask("#INFO")[0]);
  }

  /** Lets time pass until a report was answered; at most so many hours. */
  recover(hours: number): void {
    for (let i = 0; i < hours * 12 && this.info().report.failures; i++) this.do("wait 300");
  }

  /** Times of the rows in the device's memory. */
  get stored(): number[] {
    return [...rowsIn(this.built.board, this.session.board.parts.memory.image).values()].map(
      ([time]) => time as number,
    );
  }

  end(): void {
    this.session.close();
  }
}
