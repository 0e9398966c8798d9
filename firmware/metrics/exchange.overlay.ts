/**
 * A report and what comes of its answer, in the order of docs/reporting.md: what is asked is stored before its first byte
 * goes out, what an answer brings is stored before the rows that it is for are given up.
 */
import type { Transport } from "../../hal/hal";
import { now } from "../clock/clock";
import { type Device, enterToken, note, storePaid, storeTime, tick } from "../device";
import { reported } from "../modem/due";
import { ASKED, FAILED_SESSIONS, NEXT_SESSION, REQUESTS } from "../store/records";
import type { judge, Verdict } from "./answer.overlay";
import { keepMarks, readRow } from "./history";
import type { Ask, Report, report } from "./report.overlay";
import { readServer, settleServer, writeServer } from "./servers";
import { dataValues } from "./sources";

/** Most bytes of a request: 4096 KB. */
const MOST = 4194304;
/** Seconds that a slice of work may take. */
const SLICE = 0.02;
/** Milliseconds until a token is tried again that came while another one was checked. */
const BUSY = 1000;

/** What came of it: "" or why it did not come off. Called once. */
export type Done = (failure: string) => void;

export interface Exchange {
  /** Sends a report by a transport, takes the answer, and sets the time of the next one. */
  send: (transport: Transport, done: Done) => void;
  /** Gives a report away in pieces; the answer comes later, if at all. */
  give: (write: (piece: string) => void, done: Done) => void;
  /** Takes the answer to the report that was given away last. */
  take: (body: string, done: Done) => void;
}

/** Loads it for a device that is set up and samples. What it returns may be used once. Nothing in it throws. */
export function exchange(d: Device, ask: typeof report, weigh: typeof judge): Exchange {
  const metrics = d.metrics!();
  const history = d.sampler!.history;
  const view = d.log.view;
  const factory = metrics.server;
  const known = readServer(d) || factory;

  const request = (): Ask => ({
    unit: d.unit!,
    now: now(d.hal, d.clock),
    timestamp: view.getUint32(ASKED, true),
    count: view.getUint32(REQUESTS, true),
    asks: metrics.asks,
    settings: [],
    // Where the server is and what it calls things may change; how it is talked to is the board's.
    server: {
      base_url: known.base_url,
      data_format_id: known.data_format_id,
      jwt_key: known.jwt_key,
      auth: factory.auth,
      encoding: factory.encoding,
      padded: factory.padded,
      simple: factory.simple,
    },
    format: metrics.format,
    interval: metrics.interval,
    data: dataValues(d, metrics),
    columns: metrics.rows.length,
    first: history.first,
    next: history.next,
    row: (number) => readRow(history, number),
    accessories: [],
    most: MOST,
  });

  /** Calls `step` in slices until it returns something, and hands that over. */
  const work = <T>(step: () => T | undefined | false, done: (result: T) => void) => {
    const start = d.hal.system.ticks();
    do {
      const result = step();
      if (result) {
        done(result);
        return;
      }
    } while (d.hal.system.ticks() - start < SLICE);
    d.hal.system.after(() => work(step, done), 1);
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
    else work(made.step, () => ready(made));
  };

  const act = (v: Verdict, direct: boolean, done: Done) => {
    const settings = v.settings;
    const changed = v.id || settings.some((value) => value !== undefined);
    const tokens = v.tokens;
    if (changed) {
      const moved = settings[0] !== undefined;
      const id = settings[1] === undefined ? v.id || known.data_format_id : (settings[1] as number);
      const jwt = settings[2] === undefined ? known.jwt_key || "" : (settings[2] as string);
      const server = { base_url: moved ? (settings[0] as string) : known.base_url, data_format_id: id, jwt_key: jwt };
      writeServer(d, server, moved && direct);
    }
    if (v.extra) d.extra(v.extra);
    const end = v.until || (v.left ? now(d.hal, d.clock) + v.left : 0);
    if (end) {
      d.paid.until = end;
      storePaid(d);
    }
    if (direct || v.verified) {
      history.first = history.offered;
      keepMarks(history, view);
      view.setUint32(ASKED, 0, true);
    }
    storeTime(d);
    tick(d);
    const enter = () => {
      const token = tokens.shift();
      if (token === undefined) done(d.fault);
      else
        enterToken(
          d,
          token,
          (said) => {
            if (said === "BUSY") tokens.unshift(token);
            d.hal.system.after(enter, said === "BUSY" ? BUSY : 1);
          },
          true,
        );
    };
    enter();
  };

  const answered = (body: string, direct: boolean, done: Done) => {
    const asked = request();
    work(weigh(asked, body), (v) => {
      note(d, v.refused ? "answer refused" : "answer", -1);
      if (v.refused) done(v.refused);
      else
        try {
          if (direct) settleServer(d, true);
          act(v, direct, done);
        } catch (_) {
          done("MEMORY");
        }
    });
  };

  /** Registers the data format where that may be done and was not yet; without it the report brings the format along. */
  const registered = (transport: Transport, then: () => void) => {
    if (known.data_format_id || !known.jwt_key) {
      then();
      return;
    }
    const asked = request();
    asked.timestamp = asked.count = 0;
    transport.open(
      ask(asked, true).post((status, _, body) => {
        if (status < 200 || status > 299) then();
        else
          work(weigh(asked, body), (v) => {
            try {
              if (!v.refused && v.id) {
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

  return {
    send(transport, done) {
      const end = (failure: string) => {
        const due = { next: 0, failures: d.log.bytes[FAILED_SESSIONS], used: 0, until: 0 };
        reported(due, d.unit!.key, now(d.hal, d.clock), metrics.report, !failure, 0);
        d.log.bytes[FAILED_SESSIONS] = due.failures;
        view.setUint32(NEXT_SESSION, due.next, true);
        try {
          if (failure) settleServer(d, false);
        } catch (_) {
          // The store tells that its memory fails.
        }
        storeTime(d);
        done(failure);
      };
      registered(transport, () =>
        begin(
          (made) =>
            transport.open(
              made.post((status, reason, body) => {
                if (status >= 200 && status < 300) answered(body, true, end);
                else end(reason || "HTTP " + status);
              }),
            ),
          end,
        ),
      );
    },
    give(write, done) {
      begin(
        (made) =>
          work(
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
    take(body, done) {
      if (view.getUint32(ASKED, true)) answered(body, false, done);
      else done("NOT_ASKED");
    },
  };
}
