/**
 * What comes of a server's answer, in the order of docs/reporting.md: what it brings is stored before the rows that it is
 * for are given up. In an overlay of its own, as the request is gone from memory when its answer comes.
 */
import { now } from "../clock/clock";
import { type Device, note, storePaid, tick } from "../device";
import { ASKED, keepMarks, REQUESTS } from "../store/records";
import { judge, type Verdict } from "./answer";
import { readServer, settleServer, writeServer } from "./servers.shared";
import { keep, work } from "./slices.shared";
import { OWN_SETTINGS, type Setting, type Terms } from "./terms";

/** Whether an answer may change where the server is, the settings of a product's own code, and until when there is credit. */
declare const MOVES: boolean;
declare const PRODUCT: boolean;
declare const ASKS: boolean;
/** Whether the board has a transport of its own: only then it registers its data format. */
declare const TRANSPORT: boolean;

/** What came of it: "" or why it did not come off; the tokens that the answer brought, and whether its auth is the server's. Called once. */
export type Done = (failure: string, tokens?: string[], verified?: boolean) => void;

function act(d: Device, v: Verdict, direct: boolean, settings: Setting[], done: Done): void {
  const view = d.log.view;
  const history = d.sampler!.history;
  const values = v.settings;
  const product = d.product;
  if (MOVES && (v.id || values.slice(0, OWN_SETTINGS).some((value) => value !== undefined))) {
    const known = readServer(d) || d.metrics!().server;
    const url = values[0] as string | undefined;
    const id = values[1] as number | undefined;
    const jwt = values[2] as string | undefined;
    const server = {
      base_url: url === undefined ? known.base_url : url,
      data_format_id: id === undefined ? v.id || known.data_format_id : id,
      jwt_key: jwt === undefined ? known.jwt_key || "" : jwt,
    };
    writeServer(d, server, direct && url !== undefined);
  }
  if (PRODUCT && product) {
    for (let i = 0; i < settings.length; i++) {
      const value = values[OWN_SETTINGS + i];
      if (value !== undefined) product.change(settings[i].name, value);
    }
    if (v.extra) product.extra(v.extra);
  }
  // What is left counts from the request on: an answer that was kept back gives no more.
  const end = ASKS ? v.until || (v.left ? view.getUint32(ASKED, true) + v.left : 0) : 0;
  if (end) {
    d.paid.until = end;
    storePaid(d);
  }
  if (direct || v.verified) {
    history.first = history.offered;
    keepMarks(history, view);
    view.setUint32(ASKED, 0, true);
  }
  keep(d, () => {
    tick(d);
    done(d.fault, v.tokens, v.verified);
  });
}

/**
 * Takes the answer to the outstanding request; `direct`: it came by the device's own transport, so it is an answer even
 * without an auth, and its server is one that answers. `registration` is what was asked where it was that, which is not direct.
 * Nothing in it throws.
 */
export function take(d: Device, body: string, direct: boolean, done: Done, registration?: Terms): void {
  const view = d.log.view;
  const terms: Terms = registration || {
    unit: d.unit!,
    now: now(d.hal, d.clock),
    timestamp: view.getUint32(ASKED, true),
    count: view.getUint32(REQUESTS, true),
    asks: d.metrics!().asks,
    settings: PRODUCT && d.product ? d.product.settings() : [],
  };
  work(d.hal.system, judge(terms, body), (v) => {
    note(d, v.refused ? "answer refused" : "answer", -1);
    if (v.refused) done(v.refused);
    else
      try {
        // Without an auth it may be anything that an answer calls its id.
        if (!TRANSPORT || !registration) v.id = 0;
        if (MOVES && direct) settleServer(d, true);
        act(d, v, direct, terms.settings, done);
      } catch (_) {
        done("MEMORY");
      }
  });
}
