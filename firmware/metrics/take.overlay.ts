/**
 * What comes of a server's answer, in the order of docs/reporting.md: what it brings is stored before the rows that it is
 * for are given up. In an overlay of its own, as the request is gone from memory when its answer comes.
 */
import { now } from "../clock/clock";
import { type Device, note, storePaid, storeTime, tick } from "../device";
import { ASKED, REQUESTS } from "../store/records";
import type { judge, Verdict } from "./answer.overlay";
import { keepMarks } from "./history";
import { readServer, settleServer, writeServer } from "./servers";
import { work } from "./slices";
import type { Terms } from "./terms";

/** What came of it: "" or why it did not come off, and the tokens that the answer brought. Called once. */
export type Done = (failure: string, tokens?: string[]) => void;

function act(d: Device, v: Verdict, direct: boolean, done: Done): void {
  const view = d.log.view;
  const history = d.sampler!.history;
  const known = readServer(d) || d.metrics!().server;
  const settings = v.settings;
  const changed = v.id || settings.some((value) => value !== undefined);
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
  done(d.fault, v.tokens);
}

/**
 * Takes the answer to the outstanding request; `direct`: it came by the device's own transport, so it is an answer even
 * without an auth, and its server is one that answers. Nothing in it throws.
 */
export function take(d: Device, weigh: typeof judge, body: string, direct: boolean, done: Done): void {
  const view = d.log.view;
  const terms: Terms = {
    unit: d.unit!,
    now: now(d.hal, d.clock),
    timestamp: view.getUint32(ASKED, true),
    count: view.getUint32(REQUESTS, true),
    asks: d.metrics!().asks,
    settings: [],
  };
  work(d.hal.system, weigh(terms, body), (v) => {
    note(d, v.refused ? "answer refused" : "answer", -1);
    if (v.refused) done(v.refused);
    else
      try {
        if (direct) settleServer(d, true);
        act(d, v, direct, done);
      } catch (_) {
        done("MEMORY");
      }
  });
}
