/**
 * SIMCom SIM800 series, 2G. "SIM800 Series AT Command Manual" V1.09, "SIM800 Series IP Application Note" V1.02,
 * "SIM800L Hardware Design" V1.02. TLS 1.0 only.
 */
import { Refusal } from "../at";
import { common, numbers, setting, taken } from "../common";
import { postHead, type Service, tlsFor } from "../http";
import { splitUrl } from "../network";
import type { Commands } from "../shell";
import { type Dialect, Link, type Traits, type Unit } from "../unit";

const TRAITS: Traits = {
  manufacturer: "SIMCOM_Ltd",
  model: "SIMCOM_SIM800L",
  revision: "1418B05SIM800L24",
  key: { on: 1, off: 1.5, restart: 33 },
  listen: 3,
  sim: 1,
  register: 6,
  stop: 2,
  trip: 700,
  rate: 4,
  epoch: Date.UTC(2004, 0, 1) / 1000,
  settings: { E: 1, V: 1, CMEE: 0, CREG: 0, CGREG: 0, CMGF: 0, CNMI: 1, CSCLK: 0, CLTS: 0, IPR: 0 },
  saved: ["E", "V", "CMEE", "CREG", "CGREG", "CMGF", "CNMI", "CLTS"],
  kept: ["IPR"],
  restarted: [],
  longest: 556,
  wrong: 50,
  noSignal: "0,0",
  errorRate: 0,
  store: "SM",
  room: 20,
  first: 1,
  registrations: ["CREG", "CGREG"],
  gossip: '+CIEV: 10,"63902","Safaricom","Safaricom", 0, 0',
};
/** Numbers of +HTTPACTION that are the module's own. */
const CODES = { network: 601, dns: 603, tls: 606, pdu: 600 };
const RATES = [0, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800];
const ADDRESS = "10.45.0.2";

type State = "IP INITIAL" | "IP START" | "IP GPRSACT" | "IP STATUS" | "PDP DEACT";

export function sim800(unit: Unit): Dialect {
  let bearer: "closed" | "open" = "closed";
  let apn = "";
  let service: Service | undefined;
  let ip: State = "IP INITIAL";
  let multi = 0;
  let manual = 0;
  let quick = 0;
  let head = 0;
  let ssl = 0;
  let closedLink = false;

  const need = (ok: unknown) => {
    if (!ok) throw new Refusal(3);
  };
  const release = () => {
    unit.bearer = bearer === "open" || ip === "IP GPRSACT" || ip === "IP STATUS";
  };

  /** AT+SAPBR: the bearer of the applications. */
  const sapbr: Commands[string] = {
    write(query) {
      query.count(2, 4);
      const kind = query.number(0, 0, 4);
      query.number(1, 1, 3);
      if (kind === 3) {
        const tag = query.one(2, "CONTYPE", "APN", "USER", "PWD", "PHONENUM", "RATE");
        const value = query.string(3, tag === "APN" ? 64 : 32);
        if (tag === "CONTYPE") query.one(3, "GPRS", "CSD");
        if (tag === "APN") apn = value;
      } else if (kind === 1) {
        need(bearer === "closed");
        unit.apn = apn;
        unit.activate((ok) => {
          if (!ok) return unit.after(20000, () => unit.refuse(3));
          bearer = "open";
          return unit.ok();
        });
        return "later";
      } else if (kind === 0) {
        need(bearer === "open");
        bearer = "closed";
        release();
      } else if (kind === 2) unit.info(`+SAPBR: 1,${bearer === "open" ? `1,"${ADDRESS}"` : '3,"0.0.0.0"'}`);
      else unit.info(`+SAPBR:\r\nCONTYPE: GPRS\r\nAPN: ${apn}`);
    },
  };

  const act = (method: number) => {
    const session = service!;
    const done = (status: number, body: Buffer) => {
      session.busy = false;
      session.answer = body;
      unit.result(`+HTTPACTION: ${method},${status},${body.length}`);
    };
    const failed = (code: number) => done(code, Buffer.alloc(0));
    session.busy = true;
    session.answer = undefined;
    unit.expectResult();
    unit.ok();
    // The manual's URL has no scheme for https: AT+HTTPSSL decides.
    const url = session.url.replace(/^(?:https?:\/\/)?/i, session.ssl ? "https://" : "http://");
    const parts = splitUrl(url);
    if (!parts) return void unit.after(1000, () => failed(CODES.network));
    const headers = postHead(parts, session, { "User-Agent": "SIMCom_MODULE", Accept: "*/*" });
    const tls = session.ssl ? tlsFor("1.0", undefined, false) : undefined;
    unit.request(url, headers.fields, session.data, tls, headers.length, (result) => {
      if ("own" in result) failed(result.own || CODES.network);
      else if ("status" in result) done(result.status, result.body);
      else if (result.failure === "dns") failed(CODES.dns);
      else failed(result.failure === "tls" || result.failure === "certificate" ? CODES.tls : CODES.network);
    });
  };

  const http: Commands = {
    "+HTTPINIT": {
      run() {
        need(!service);
        service = { url: "", type: "", user: "", ssl: false, data: Buffer.alloc(0), busy: false };
        unit.http = "open";
      },
    },
    "+HTTPTERM": {
      run() {
        need(service);
        service = undefined;
        unit.http = "";
      },
    },
    "+HTTPPARA": {
      test: '+HTTPPARA: "HTTPParamTag","HTTPParmValue"',
      write(query) {
        query.count(2);
        need(service);
        const tag = query.one(
          0,
          ..."CID URL UA PROIP PROPORT REDIR BREAK BREAKEND TIMEOUT CONTENT USERDATA".split(" "),
        );
        if (tag === "CID" || tag === "REDIR") query.word(1);
        else if (tag === "TIMEOUT") query.number(1, 30, 1000);
        else if (tag === "URL") service!.url = query.string(1, 512);
        else if (tag === "CONTENT") service!.type = query.string(1);
        else if (tag === "USERDATA") service!.user = query.string(1);
        else query.word(1);
      },
    },
    "+HTTPSSL": {
      test: "+HTTPSSL: (0-1)",
      read: () => unit.info(`+HTTPSSL: ${Number(service?.ssl ?? false)}`),
      write(query) {
        query.count(1);
        need(service);
        service!.ssl = query.number(0, 0, 1) === 1;
      },
    },
    "+HTTPDATA": {
      test: "+HTTPDATA: (0-319488),(1000-120000)",
      write(query) {
        query.count(2);
        need(service && !service.busy);
        const size = query.number(0, 0, 319488);
        const ms = query.number(1, 1000, 120000);
        const store = (data: string) => {
          service!.data = Buffer.from(data, "latin1");
          unit.ok();
        };
        if (size === 0) {
          service!.data = Buffer.alloc(0);
          return;
        }
        unit.prompt("\r\nDOWNLOAD\r\n", size, ms / 1000, store, (data) => {
          unit.complain(`HTTPDATA: ${data.length} of ${size} bytes in time`);
          store(data);
        });
        return "later";
      },
    },
    "+HTTPACTION": {
      test: "+HTTPACTION: (0-2)",
      write(query) {
        query.count(1);
        const method = query.number(0, 0, 2);
        need(service && !service.busy);
        if (method !== 1) throw new Refusal(4);
        act(method);
        return "later";
      },
    },
    "+HTTPREAD": {
      test: "+HTTPREAD: (0-319488),(1-319488)",
      run: () => read(0, Number.POSITIVE_INFINITY),
      write(query) {
        query.count(2);
        return read(query.number(0, 0, 319488), query.number(1, 1, 319488));
      },
    },
    "+HTTPSTATUS": { read: () => unit.info(`+HTTPSTATUS: POST,${service?.busy ? 2 : 0},0,0`) },
  };
  const read = (start: number, length: number): "later" | undefined => {
    need(service && !service.busy);
    const from = service!.answer ?? service!.data;
    const data = from.subarray(start, start + length).toString("latin1");
    // Firmware of other modules says OK first.
    const swapped = unit.take("read-order");
    if (swapped) unit.ok();
    unit.counted(data, (n) => `\r\n+HTTPREAD: ${n}\r\n`, swapped ? "\r\n" : "");
    return swapped ? "later" : undefined;
  };

  // ---- TCP ----

  /** A socket's number in front of what it says, where there are several. */
  const numbered = (link: Link, text: string) => (multi ? `${link.id}, ${text}` : text);
  const linkOf = (query: { number(i: number, low: number, high: number): number }) =>
    unit.links.get(multi ? query.number(0, 0, 5) : 0);
  const status = (link: Link | undefined): string => {
    if (link?.state === "opening") return "TCP CONNECTING";
    if (link?.state === "open") return "CONNECT OK";
    return link || closedLink ? "TCP CLOSED" : ip;
  };
  const push = (link: Link) => {
    const data = link.take(link.held.length);
    const lead = multi ? `\r\n+RECEIVE,${link.id},${data.length}:\r\n` : head ? `\r\n+IPD,${data.length}:` : "";
    unit.say(lead + data);
  };
  const tcp: Commands = {
    "+CIPMUX": {
      read: () => unit.info(`+CIPMUX: ${multi}`),
      write(query) {
        query.count(1);
        const wanted = query.number(0, 0, 1);
        need(ip === "IP INITIAL");
        multi = wanted;
      },
    },
    "+CIPRXGET": {
      read: () => unit.info(`+CIPRXGET: ${manual}`),
      write(query) {
        const kind = query.number(0, 0, 4);
        if (kind < 2) {
          query.count(1);
          need(unit.links.size === 0);
          manual = kind;
          return;
        }
        const first = 1 + multi;
        query.count(kind === 4 ? first : first + 1);
        need(manual === 1);
        const link = unit.links.get(multi ? query.number(1, 0, 5) : 0);
        need(link);
        const mark = multi ? `${link!.id},` : "";
        if (kind === 4) return void unit.info(`+CIPRXGET: 4,${mark}${link!.held.length}`);
        if (kind === 3) throw new Refusal(4);
        const data = link!.take(query.number(first, 1, 1460));
        unit.counted(data, (n) => `\r\n+CIPRXGET: 2,${mark}${n},${link!.held.length}\r\n`);
      },
    },
    "+CIPQSEND": {
      read: () => unit.info(`+CIPQSEND: ${quick}`),
      write(query) {
        query.count(1);
        quick = query.number(0, 0, 1);
      },
    },
    "+CIPHEAD": {
      read: () => unit.info(`+CIPHEAD: ${head}`),
      write(query) {
        query.count(1);
        head = query.number(0, 0, 1);
      },
    },
    "+CIPSSL": {
      read: () => unit.info(`+CIPSSL: ${ssl}`),
      write(query) {
        query.count(1);
        ssl = query.number(0, 0, 1);
      },
    },
    "+CIPMODE": numbers([0, 0, 0]),
    "+CIPSPRT": numbers([1, 1, 1]),
    "+CIPATS": numbers([0, 1, 0], [1, 100, 1]),
    "+CDNSCFG": taken,
    "+CSTT": {
      read: () => unit.info(`+CSTT: "${unit.apn}","",""`),
      write(query) {
        query.count(1, 3);
        need(ip === "IP INITIAL");
        unit.apn = query.string(0, 64);
        ip = "IP START";
      },
    },
    "+CIICR": {
      run() {
        need(ip === "IP START");
        unit.activate((ok) => {
          if (!ok) return unit.after(20000, () => unit.refuse(3));
          ip = "IP GPRSACT";
          return unit.ok();
        });
        return "later";
      },
    },
    "+CIFSR": {
      run() {
        need(ip === "IP GPRSACT" || ip === "IP STATUS");
        ip = "IP STATUS";
        // The address is all there is: no OK follows it.
        unit.ended(ADDRESS);
        return "later";
      },
    },
    "+CIPSTATUS": {
      run() {
        unit.ended("OK");
        unit.say(`\r\nSTATE: ${multi && unit.links.size ? "IP PROCESSING" : status(unit.links.get(0))}\r\n`);
        return "later";
      },
    },
    "+CIPSTART": {
      write(query) {
        const first = multi;
        query.count(3 + first);
        const id = multi ? query.number(0, 0, 5) : 0;
        query.one(first, "TCP");
        const host = query.string(first + 1, 128);
        const port = Number(query.word(first + 2));
        if (!(port >= 1 && port <= 65535)) throw new Refusal(50, "CME", true);
        if (unit.links.get(id)?.state === "open") {
          unit.ended("OK");
          unit.say(`\r\n${multi ? `${id}, ` : ""}ALREADY CONNECT\r\n`);
          return "later";
        }
        // With one connection only it brings up the bearer itself; it does not after the network took it away.
        need(ip === "IP STATUS" || (!multi && ip === "IP INITIAL"));
        const link = new Link(id, host, port, manual);
        closedLink = false;
        unit.ended("OK");
        const connect = () =>
          unit.open(link, ssl ? tlsFor("1.0", undefined, false) : undefined, (failure) => {
            if (!failure) return unit.urc(numbered(link, "CONNECT OK"));
            closedLink = true;
            return unit.urc(multi ? `${id}, CONNECT FAIL` : `STATE: TCP CLOSED\r\n\r\nCONNECT FAIL`);
          });
        if (ip === "IP STATUS") connect();
        else
          unit.activate((ok) => {
            ip = ok ? "IP STATUS" : "PDP DEACT";
            if (ok) connect();
            else unit.urc("STATE: PDP DEACT\r\n\r\nCONNECT FAIL");
          });
        return "later";
      },
    },
    "+CIPSEND": {
      read: () => unit.info("+CIPSEND: 1460"),
      run() {
        need(!multi);
        return sendThrough(unit.links.get(0), 0);
      },
      write(query) {
        query.count(1 + multi);
        const link = linkOf(query);
        return sendThrough(link, query.number(multi, 1, 1460));
      },
    },
    "+CIPCLOSE": {
      run: () => closeLink(unit.links.get(0)),
      write(query) {
        query.count(1, 2);
        return closeLink(multi ? linkOf(query) : unit.links.get(0));
      },
    },
    "+CIPSHUT": {
      run() {
        unit.after(500, () => {
          for (const link of [...unit.links.values()]) unit.shut(link);
          ip = "IP INITIAL";
          closedLink = false;
          release();
          unit.ended("SHUT OK");
        });
        return "later";
      },
    },
  };
  const sendThrough = (link: Link | undefined, length: number): "later" => {
    need(link?.state === "open");
    const send = (data: string) => {
      if (data.endsWith("\x1b") && !length) return unit.ended("SEND FAIL");
      const bytes = length ? data : data.slice(0, -1);
      unit.send(link!, bytes);
      if (quick) return unit.ended(`DATA ACCEPT:${multi ? `${link!.id},` : ""}${bytes.length}`);
      return void unit.after(TRAITS.trip, () =>
        unit.ended(numbered(link!, link!.state === "open" ? "SEND OK" : "SEND FAIL")),
      );
    };
    unit.prompt("\r\n> ", length, 120, send, () => unit.refuse(3), true);
    return "later";
  };
  const closeLink = (link: Link | undefined): "later" => {
    need(link);
    unit.shut(link!);
    closedLink = true;
    unit.after(200, () => unit.ended(numbered(link!, "CLOSE OK")));
    return "later";
  };

  return {
    traits: TRAITS,
    commands: {
      ...common(unit, TRAITS),
      ...http,
      ...tcp,
      "+CLTS": setting(unit, "CLTS", "+CLTS", 0, 1),
      "+CSCLK": setting(unit, "CSCLK", "+CSCLK", 0, 2),
      "+IPR": {
        test: `+IPR: (),(${RATES.join()})`,
        read: () => unit.info(`+IPR: ${unit.settings.IPR}`),
        write(query) {
          const rate = query.number(0, 0, 460800);
          if (!RATES.includes(rate)) throw new Refusal(50, "CME", true);
          unit.set("IPR", rate);
          if (rate) unit.after(50, () => (unit.line.rate = rate));
        },
      },
      "+CPOWD": {
        write(query) {
          if (query.number(0, 0, 1) === 0) unit.off();
          else unit.powerDown("NORMAL POWER DOWN");
          return "later";
        },
      },
      "+CCID": {
        run() {
          unit.needSim();
          unit.info("89254021234567890123");
        },
      },
      "+CGACT": numbers([0, 1, 0], [1, 3, 1]),
      "+CBATCHK": numbers([0, 1, 0]),
      "+SAPBR": sapbr,
      "+SPIC": { run: () => unit.info(`+SPIC: ${unit.card.tries},3,${unit.card.pukTries},10`) },
    },
    boot() {
      // Autobauding has not met the controller yet: what comes before the first AT nobody hears.
      unit.urc("RDY");
      unit.urc("+CFUN: 1");
    },
    sim(ready) {
      unit.urc(ready ? "+CPIN: READY" : unit.card.state === "absent" ? "+CPIN: NOT INSERTED" : "+CPIN: NOT READY");
      if (!ready) return;
      unit.after(1000, () => unit.urc("Call Ready"));
      unit.after(2000, () => unit.urc("SMS Ready"));
    },
    clear() {
      service = undefined;
      bearer = "closed";
      ip = "IP INITIAL";
      multi = manual = quick = head = ssl = 0;
      apn = "";
      closedLink = false;
    },
    dataLost() {
      if (bearer === "open") unit.urc("+SAPBR 1: DEACT");
      if (ip !== "IP INITIAL") unit.urc("+PDP: DEACT");
      bearer = "closed";
      if (ip !== "IP INITIAL") ip = "PDP DEACT";
    },
    data(link) {
      if (!link.mode) return push(link);
      if (link.told) return;
      link.told = true;
      unit.urc(`+CIPRXGET: 1${multi ? `,${link.id}` : ""}`);
    },
    closed(link) {
      unit.urc(numbered(link, "CLOSED"));
      closedLink = true;
      if (link.held.length === 0) unit.links.delete(link.id);
    },
    leaveOpen() {
      service ??= { url: "", type: "", user: "", ssl: false, data: Buffer.alloc(0), busy: false };
      unit.http = "open";
    },
  };
}
