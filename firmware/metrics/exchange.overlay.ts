/**
 * A report, in the order of docs/reporting.md: what is asked is stored before its first byte goes out.
 */
import type { Transport } from "../../hal/hal";
import { now } from "../clock/clock";
import { type Device, storeTime } from "../device";
import { reported } from "../modem/due";
import { ASKED, FAILED_SESSIONS, keepMarks, NEXT_SESSION, REQUESTS } from "../store/records";
import type { judge } from "./answer.overlay";
import { readRow } from "./history.shared";
import type { Ask, Report, report } from "./report.overlay";
import { readServer, settleServer, writeServer } from "./servers.shared";
import { work } from "./slices.shared";
import { dataValues } from "./sources.shared";
import type { Done, take } from "./take.overlay";

/** Whether the board has a transport of its own. */
declare const TRANSPORT: boolean;
/** Whether an answer may change where the server is; whether the board has a product's own code. */
declare const MOVES: boolean;
declare const PRODUCT: boolean;

/** Most bytes of a request: 4096 KB. */
const MOST = 4194304;

export interface Exchange {
  /** Sends a report by a transport, takes the answer, and sets the time of the next one; where the board has one. */
  send?: (transport: Transport, done: Done) => void;
  /** Gives a report away in pieces; the answer comes later, if at all. */
  give: (write: (piece: string) => void, done: Done) => void;
}

/** Loads it for a device that is set up and samples. What it returns may be used once. Nothing in it throws. */
export function exchange(d: Device, ask: typeof report, weigh: typeof judge, answer: typeof take): Exchange {
  const history = d.sampler!.history;
  const view = d.log.view;
  const known = (MOVES && readServer(d)) || d.metrics!().server;

  // Not made inside of `request`: what is made there keeps all of the metrics in memory.
  const row = (number: number) => readRow(history, number);
  const request = (): Ask => {
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
      now: now(d.hal, d.clock),
      timestamp: view.getUint32(ASKED, true),
      count: view.getUint32(REQUESTS, true),
      asks: metrics.asks,
      settings: [],
      server,
      format: d.format!,
      interval: metrics.interval,
      data: dataValues(d, metrics),
      columns: metrics.rows.length,
      first: history.first,
      next: history.next,
      row,
      accessories: PRODUCT && d.product ? d.product.accessories() : [],
      most: MOST,
    };
  };

  /** Asks: `ready` gets the report when it may go out. */
  const begin = (ready: (made: Report) => void, done: Done) => {
    view.setUint32(REQUESTS, view.getUint32(REQUESTS, true) + 1, true);
    view.setUint32(ASKED, now(d.hal, d.clock), true);
    const made = ask(request(), false);
    history.offered = made.offered;
    keepMarks(history, view);
    storeTime(d);
    if (d.fault) done(d.fault);
    else work(d.hal.system, made.step, () => ready(made));
  };

  const made: Exchange = {
    give(write, done) {
      begin(
        (made) =>
          work(
            d.hal.system,
            () => {
              const piece = made.read();
              if (piece) write(piece);
              return !piece;
            },
            () => done(""),
          ),
        done,
      );
    },
  };
  if (!TRANSPORT) return made;

  /** Registers the data format where that may be done and was not yet; without it the report brings the format along. */
  const registered = (transport: Transport, then: () => void) => {
    if (!MOVES || known.data_format_id || !known.jwt_key) {
      then();
      return;
    }
    const asked = request();
    asked.timestamp = asked.count = 0;
    transport.open(
      ask(asked, true).post((status, _, body) => {
        if (status < 200 || status > 299) then();
        else
          work(d.hal.system, weigh(asked, body), (v) => {
            try {
              if (MOVES && !v.refused && v.id) {
                known.data_format_id = v.id;
                writeServer(d, { base_url: known.base_url, data_format_id: v.id, jwt_key: known.jwt_key! }, false);
              }
            } catch (_) {
              // It is registered again next time.
            }
            then();
          });
      }),
    );
  };

  made.send = (transport, done) => {
    const end: Done = (failure, tokens) => {
      const due = { next: 0, failures: d.log.bytes[FAILED_SESSIONS], used: 0, until: 0 };
      if (TRANSPORT) reported(due, d.unit!.key, now(d.hal, d.clock), d.metrics!().report, !failure, 0);
      d.log.bytes[FAILED_SESSIONS] = due.failures;
      view.setUint32(NEXT_SESSION, due.next, true);
      try {
        if (MOVES && failure) settleServer(d, false);
      } catch (_) {
        // The store tells that its memory fails.
      }
      storeTime(d);
      done(failure, tokens);
    };
    registered(transport, () =>
      begin(
        (made) =>
          transport.open(
            made.post((status, reason, body) => {
              if (status >= 200 && status < 300) answer(d, weigh, body, true, end);
              else end(reason || "HTTP " + status);
            }),
          ),
        end,
      ),
    );
  };
  return made;
}
