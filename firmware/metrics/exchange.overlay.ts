/**
 * A report, in the order of docs/reporting.md: what is asked is stored before its first byte goes out.
 */
import { now } from "../clock/clock";
import type { Device } from "../device";
import { reported } from "../modem/due";
import { ASKED, FAILED_SESSIONS, KILOBYTES, keepMarks, MONTH, NEXT_SESSION, REQUESTS } from "../store/records";
import { type Ask, type Letter, type Report, report } from "./report.overlay";
import { rows } from "./rows.overlay";
import { readServer, settleServer } from "./servers.shared";
import { keep, work } from "./slices.shared";
import { dataValues } from "./sources.shared";

/** Whether the board has a transport of its own. */
declare const TRANSPORT: boolean;
/** Whether an answer may change where the server is; whether the board has a product's own code. */
declare const MOVES: boolean;
declare const PRODUCT: boolean;

/** Most bytes of a request: 4096 KB. */
const MOST = 4194304;

/** What a report needs before and after it is carried. One thing of it is used, once: what led to it is gone from memory then. */
export interface Exchange {
  /** Gives a report away in pieces; the answer comes later, if at all. */
  give: (write: (piece: string) => void, done: (failure: string) => void) => void;
  /**
   * Gets a letter ready to be sent: a report, or (`may`) the registration of the data format, where that is still to be done. It is
   * stored that this was an attempt that failed, until `end` says more. `going` says whether somebody still wants it.
   * `before` is what was asked before a report: requests, time stamp, and where its rows end.
   */
  prepare: (
    may: boolean,
    done: (failure: string, letter?: Letter, before?: number[]) => void,
    going: () => boolean,
  ) => void;
  /** Takes back that it was asked: no byte of it went out, so the answer to the one `before` it may still come. */
  unask: (before: number[]) => void;
  /** Ends the attempt: "" or why it failed, and the bytes that were on the air. `done`: that is stored. */
  end: (failure: string, bytes: number, done: () => void) => void;
}

/** Loads it for a device that is set up and samples. Nothing in it throws. */
export function exchange(d: Device): Exchange {
  const after = d.hal.system.after;
  const history = d.sampler!.history;
  const log = d.log;
  const view = log.view;
  const known = (MOVES && readServer(d)) || d.metrics!().server;

  const request = (time: number, count: number): Ask => {
    const metrics = d.metrics!();
    // Where the server is and what it calls things may change; how it is talked to is the board's.
    const server = metrics.server;
    if (MOVES) {
      server.base_url = known.base_url;
      server.data_format_id = known.data_format_id;
      server.jwt_key = known.jwt_key;
    }
    return {
      unit: d.unit!,
      now: time,
      timestamp: count ? time : 0,
      count,
      asks: metrics.asks,
      settings: [],
      server,
      format: d.format!,
      interval: metrics.interval,
      data: dataValues(d, metrics),
      columns: metrics.rows.length,
      first: history.first,
      next: history.next,
      row: rows(history),
      accessories: PRODUCT && d.product ? d.product.accessories() : [],
      most: MOST,
    };
  };

  /** Notes what the outstanding request is. */
  const mark = (count: number, timestamp: number, offered: number) => {
    view.setUint32(REQUESTS, count, true);
    view.setUint32(ASKED, timestamp, true);
    history.offered = offered;
    keepMarks(history, view);
  };

  /** What it was before. */
  let before: number[] | undefined;

  /** Makes a report ready: `done` gets it, or why there is none; early, when nobody goes on with it. */
  const begin = (done: (failure: string, made?: Report) => void, going?: () => boolean) => {
    const asked = request(now(d.hal, d.clock), view.getUint32(REQUESTS, true) + 1);
    after(() => {
      const made = report(asked, false);
      asked.next = made.offered;
      if (TRANSPORT) before = [view.getUint32(REQUESTS, true), view.getUint32(ASKED, true), history.offered];
      mark(asked.count, asked.timestamp, asked.next);
      keep(d, () => {
        if (d.fault) done(d.fault);
        else
          work(
            d.hal.system,
            () => made.step() || (TRANSPORT && going && !going()),
            () => done("", made),
          );
      });
    }, 1);
  };

  /** Sets the time of the next report. */
  const schedule = (good: boolean, bytes: number) => {
    const metrics = d.metrics!();
    const due = {
      next: 0,
      failures: log.bytes[FAILED_SESSIONS],
      used: view.getUint16(KILOBYTES, true),
      month: log.bytes[MONTH],
    };
    reported(due, d.unit!.key, now(d.hal, d.clock), metrics.report, good, bytes, metrics.budget);
    log.bytes[FAILED_SESSIONS] = due.failures;
    view.setUint32(NEXT_SESSION, due.next, true);
    view.setUint16(KILOBYTES, due.used, true);
    log.bytes[MONTH] = due.month;
  };

  const made = {
    give(write, done) {
      begin((failure, asked) => {
        if (!asked) done(failure);
        else
          work(
            d.hal.system,
            () => {
              const piece = asked.read();
              if (piece) write(piece);
              return !piece;
            },
            () => done(""),
          );
      });
    },
  } as Exchange;
  if (!TRANSPORT) return made;

  made.prepare = (may, done, going) => {
    after(() => schedule(false, 0), 1);
    after(() => {
      if (MOVES && may && known.jwt_key && !known.data_format_id)
        keep(d, () => done("", report(request(now(d.hal, d.clock), 0), true).letter()));
      else begin((failure, asked) => done(failure, asked && asked.letter(), before), going);
    }, 2);
  };
  made.unask = (to) => mark(to[0], to[1], to[2]);
  made.end = (failure, bytes, done) => {
    after(() => {
      // It was counted as a failure before.
      log.bytes[FAILED_SESSIONS]--;
      d.failure = failure;
      schedule(!failure, bytes);
      try {
        // A server that is tried is given up when it did not answer as one, and not when there was no way to it.
        if (MOVES && failure && !/SILENT|SIM|P[IU][NK]|DENIED|NETWORK|FLASH|MEMORY/.test(failure))
          settleServer(d, false);
      } catch (_) {
        // The store tells that its memory fails.
      }
      keep(d, done);
    }, 1);
  };
  return made;
}
