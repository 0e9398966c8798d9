/** test/vectors/metrics-*.jsonl as this firmware's requests and answers. */
import { decimal } from "../../firmware/metrics/decimal";
import type { Ask } from "../../firmware/metrics/report.overlay";
import type { Terms } from "../../firmware/metrics/terms";
import type { Value } from "../../firmware/metrics/values";
import { vectors } from "../bench/oracle";
import { asking, SERVER, terms } from "./asking";

export interface RequestVector {
  key: string;
  method: string;
  request: { sn: string; df: number; ts?: number; rc?: number; d: (number | string)[]; hd?: any[] };
  auth: string;
}

export interface AnswerVector {
  key: string;
  device: { sn: string; rc: number | null; ts: number | null };
  answer: string;
  valid: boolean;
  case: string;
}

export const requests: RequestVector[] = vectors("metrics-requests.jsonl");
export const answers: AnswerVector[] = vectors("metrics-answers.jsonl");

/** Columns of the vectors' rows: seven measurements in thousandths, and relative_time as if it were measured. */
export const DIGITS = [3, 3, 3, 3, 3, 3, 3, 0];

const writeDecimal = (v: Value, column: number) => decimal(v, DIGITS[column]);

/** What has to be asked so that the vector's request comes out. Its rows are all on the interval, newest first. */
export function askOf({ key, method, request }: RequestVector): Ask {
  const now = request.ts ?? 1700000000;
  const rows = (request.hd ?? []).map((row, i) => {
    const values = DIGITS.map((digits, column) =>
      row[column] === undefined ? undefined : Math.round(row[column] * 10 ** digits),
    );
    return [now - 60 * i, ...values];
  });
  return asking(rows.reverse(), {
    key,
    serial: request.sn,
    now,
    timestamp: request.ts ?? 0,
    count: request.rc ?? 0,
    server: { ...SERVER, data_format_id: request.df, auth: method },
    data: request.d,
    columns: DIGITS.length,
    write: writeDecimal,
  });
}

/** The terms of the request that the vector's answer is to. The vectors' times are random, so the device's is before all of them. */
export function termsOf({ key, device }: AnswerVector): Terms {
  const { sn, ts, rc } = device;
  return terms({ key, serial: sn, timestamp: ts ?? 0, count: rc ?? 0, now: 1600000000, asks: "auts" });
}
