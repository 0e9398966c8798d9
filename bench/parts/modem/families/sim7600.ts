/**
 * SIMCom SIM7600 and A7670 series, LTE Cat 1. "SIM7500_SIM7600 Series AT Command Manual" V3.00, "A76XX Series AT Command
 * Manual" V1.09. Where the two differ the model's name decides.
 */
import { Refusal } from "../at";
import { common, numbers, setting, taken } from "../common";
import { postHead, type Service, tlsFor } from "../http";
import { splitUrl, type Tls } from "../network";
import type { Commands } from "../shell";
import { type Dialect, Link, type Result, type Traits, type Unit } from "../unit";

const SIM7600: Traits = {
  manufacturer: "SIMCOM INCORPORATED",
  model: "SIMCOM_SIM7600G-H",
  revision: "SIM7600G_V2.0.2",
  key: { on: 0.5, off: 2.5 },
  listen: 12,
  sim: 1,
  register: 4,
  stop: 26,
  trip: 80,
  rate: 300,
  epoch: Date.UTC(1980, 0, 6) / 1000,
  settings: { E: 1, V: 1, CMEE: 2, CREG: 0, CGREG: 0, CEREG: 0, CMGF: 0, CNMI: 1, CSCLK: 0, CTZU: 1 },
  saved: ["E", "V"],
  kept: ["CTZU", "IPR"],
  restarted: [],
  longest: 1024,
  wrong: "",
  noSignal: "99,99",
  errorRate: 99,
  store: "SM",
  room: 30,
  first: 0,
  registrations: ["CREG", "CGREG", "CEREG"],
  gossip: "+CGEV: NW MODIFY 1,0",
};
const A7670: Traits = {
  ...SIM7600,
  model: "A7670E-LASE",
  revision: "A011B07A7670M7",
  listen: 8,
  stop: 2,
};
/** Numbers of +HTTPACTION that are the module's own. */
const CODES = { dns: 713, refused: 714, tls: 715, certificate: 715, timeout: 705, reset: 706, coverage: 709, ca: 719 };
/** Numbers of +CIPOPEN. */
const OPEN = { dns: 5, refused: 4, tls: 4, certificate: 4, timeout: 9, reset: 4, coverage: 1 };

type Ssl = { version: number; auth: number; ignoreTime: number; ca: string; sni: number };
const VERSIONS: Tls["version"][] = ["1.0", "1.0", "1.1", "1.2", "any"];

export function sim7600(unit: Unit, name: "sim7600" | "a7670"): Dialect {
  const traits = name === "a7670" ? A7670 : SIM7600;
  const lead = name === "a7670" ? "" : "DATA,";
  const fresh = (): Ssl => ({ version: 4, auth: 0, ignoreTime: 1, ca: "", sni: 0 });
  let contexts = Array.from({ length: 10 }, fresh);
  let service: (Service & { context: number; read: number }) | undefined;
  let open = false;
  let manual = 0;

  const refuse = (): never => {
    throw new Refusal("");
  };
  const need = (ok: unknown) => {
    if (!ok) refuse();
  };

  // ---- HTTP ----

  const newService = () => ({
    url: "",
    type: "text/plain",
    user: "",
    ssl: false,
    data: Buffer.alloc(0),
    busy: false,
    context: 0,
    read: 0,
  });
  const failed = (result: Exclude<Result, { status: number }>): number =>
    "own" in result ? result.own || CODES.reset : CODES[result.failure];

  const act = () => {
    const session = service!;
    const done = (status: number, body: Buffer) => {
      session.busy = false;
      session.answer = body;
      session.read = 0;
      unit.result(`+HTTPACTION: 1,${status},${body.length}`);
    };
    session.busy = true;
    session.answer = undefined;
    unit.expectResult();
    unit.ok();
    const parts = splitUrl(session.url)!;
    const ssl = contexts[session.context];
    const ca = ssl.auth ? unit.files.get(ssl.ca) : undefined;
    if (parts.secure && ssl.auth && !ca) return void unit.after(500, () => done(CODES.ca, Buffer.alloc(0)));
    if (parts.secure && ssl.auth && !ssl.ignoreTime && !unit.timeSet)
      return void unit.after(2000, () => done(CODES.tls, Buffer.alloc(0)));
    const headers = postHead(parts, session, {
      Accept: "*/*",
      "User-Agent": "SIMCOM_MODULE",
      Connection: "Keep-Alive",
    });
    const tls = parts.secure ? tlsFor(VERSIONS[ssl.version], ca?.toString("latin1"), ssl.sni === 1) : undefined;
    unit.request(session.url, headers.fields, session.data, tls, headers.length, (result) =>
      "status" in result ? done(result.status, result.body) : done(failed(result), Buffer.alloc(0)),
    );
  };

  const http: Commands = {
    "+HTTPINIT": {
      run() {
        need(!service && unit.registered);
        unit.activate((ok) => {
          if (!ok) return unit.refuse("");
          service = newService();
          unit.http = "open";
          return unit.ok();
        });
        return "later";
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
      write(query) {
        query.count(2);
        need(service);
        const tag = query.one(
          0,
          ..."URL CONNECTTO RECVTO CONTENT ACCEPT UA SSLCFG USERDATA BREAK BREAKEND RESPTO READMODE".split(" "),
        );
        if (tag === "URL") {
          const url = query.string(1, 512);
          need(splitUrl(url));
          service!.url = url;
        } else if (tag === "CONTENT") service!.type = query.string(1);
        else if (tag === "USERDATA") service!.user = query.string(1, name === "a7670" ? 256 : 512);
        else if (tag === "SSLCFG") {
          const context = Number(query.word(1));
          need(context >= 0 && context <= 9);
          service!.context = context;
        } else if (tag === "CONNECTTO" || tag === "RESPTO") query.number(1, 20, 120);
        else if (tag === "RECVTO") query.number(1, 2, 120);
        else query.word(1);
      },
    },
    "+HTTPDATA": {
      write(query) {
        query.count(2);
        need(service && !service.busy);
        const size = query.number(0, 1, 153600);
        const seconds = query.number(1, 10, 65535);
        const take = (data: string) => {
          service!.data = Buffer.from(data, "latin1");
          unit.ok();
        };
        unit.prompt("\r\nDOWNLOAD\r\n", size, seconds, take, (data) => {
          unit.complain(`HTTPDATA: ${data.length} of ${size} bytes in time`);
          unit.refuse("");
        });
        return "later";
      },
    },
    "+HTTPACTION": {
      test: "+HTTPACTION: (0-3)",
      write(query) {
        query.count(1);
        need(query.number(0, 0, 4) === 1);
        need(service && !service.busy && service.url);
        act();
        return "later";
      },
    },
    "+HTTPHEAD": { run: refuse },
    "+HTTPREAD": {
      read() {
        const left = (service?.answer?.length ?? 0) - (service?.read ?? 0);
        need(left > 0);
        unit.info(`+HTTPREAD: LEN,${left}`);
      },
      write(query) {
        const two = query.count(1, 2) === 2;
        need(service && !service.busy && service.answer);
        const start = two ? query.number(0, 0, 1048576) : service!.read;
        const size = query.number(two ? 1 : 0, 1, 1048576);
        need(start < service!.answer!.length);
        const data = service!.answer!.subarray(start, start + size);
        service!.read = start + data.length;
        const say = () => {
          // The module puts out at most 1024 bytes under one head.
          for (let i = 0; i < data.length; i += 1024)
            unit.counted(
              data.subarray(i, i + 1024).toString("latin1"),
              (n) => `\r\n+HTTPREAD: ${lead}${n}\r\n`,
              "\r\n",
            );
          unit.say("+HTTPREAD: 0\r\n");
        };
        if (unit.take("read-order")) return say();
        unit.ok();
        unit.after(20, say);
        return "later";
      },
    },
  };

  // ---- TLS ----

  const ssl: Commands = {
    "+CSSLCFG": {
      test: '+CSSLCFG: "sslversion",(0-9),(0-4)',
      write(query) {
        query.count(3);
        const names = "sslversion authmode ignorelocaltime negotiatetime cacert clientcert clientkey enableSNI keypwd";
        const what = query.one(0, ...names.split(" "), "ignoreltime", "ciphersuites");
        const context = contexts[query.number(1, 0, 9)];
        if (what === "sslversion") context.version = query.number(2, 0, 4);
        else if (what === "authmode") context.auth = query.number(2, 0, 3);
        else if (what === "cacert") {
          const file = query.string(2, 128);
          need(/\.(pem|der)$/.test(file));
          context.ca = file;
        } else if (what === "enableSNI") context.sni = query.number(2, 0, 1);
        else if (what === "negotiatetime") query.number(2, 10, 300);
        else if (what.startsWith("ignore")) context.ignoreTime = query.number(2, 0, 1);
        else query.word(2);
      },
    },
    "+CCERTDOWN": {
      test: "+CCERTDOWN: (5-128),(1-10240)",
      write(query) {
        query.count(2);
        const file = query.string(0, 128);
        need(file.length >= 5 && /\.(pem|der)$/.test(file));
        const size = query.number(1, 1, 10240);
        const take = (data: string) => {
          unit.files.set(file, Buffer.from(data, "latin1"));
          unit.ok();
        };
        unit.prompt("\r\n>", size, 30, take, () => unit.refuse(""));
        return "later";
      },
    },
    "+CCERTLIST": {
      run() {
        for (const file of unit.files.keys()) unit.info(`+CCERTLIST: "${file}"`);
      },
    },
    "+CCERTDELE": {
      write(query) {
        query.count(1);
        need(unit.files.delete(query.string(0, 128)));
      },
    },
  };

  // ---- TCP ----

  const later = (text: string, ms = 100) => unit.after(ms, () => unit.result(text));
  const tcp: Commands = {
    "+NETOPEN": {
      read: () => unit.info(`+NETOPEN: ${Number(open)}`),
      run() {
        if (open) {
          unit.info("+IP ERROR: Network is already opened");
          return refuse();
        }
        unit.expectResult();
        unit.ok();
        unit.activate((ok) => {
          open = ok;
          unit.result(`+NETOPEN: ${ok ? 0 : 1}`);
        });
        return "later";
      },
    },
    "+NETCLOSE": {
      run() {
        if (!open) {
          unit.info("+NETCLOSE: 2");
          return refuse();
        }
        unit.expectResult();
        unit.ok();
        for (const link of [...unit.links.values()]) unit.shut(link);
        open = false;
        later("+NETCLOSE: 0");
        return "later";
      },
    },
    "+IPADDR": {
      run() {
        if (!open) {
          unit.info("+IP ERROR: Network not opened");
          return refuse();
        }
        unit.info("+IPADDR: 10.45.0.2");
      },
    },
    "+CIPOPEN": {
      test: '+CIPOPEN: (0-9),("TCP","UDP")',
      read() {
        for (let i = 0; i < 10; i++) {
          const link = unit.links.get(i);
          unit.info(`+CIPOPEN: ${i}${link ? `,"TCP","${link.host}",${link.port},-1` : ""}`);
        }
      },
      write(query) {
        query.count(4, 5);
        const id = query.number(0, 0, 9);
        query.one(1, "TCP");
        const host = query.string(2, 128);
        const port = query.number(3, 1, 65535);
        if (unit.links.get(id)?.state === "closed") unit.links.delete(id);
        if (!open || unit.links.has(id)) {
          unit.info(`+CIPOPEN: ${id},${open ? 4 : 2}`);
          return refuse();
        }
        unit.expectResult();
        unit.ok();
        unit.open(new Link(id, host, port, manual), undefined, (failure) =>
          unit.result(`+CIPOPEN: ${id},${failure ? OPEN[failure] : 0}`),
        );
        return "later";
      },
    },
    "+CIPCLOSE": {
      test: "+CIPCLOSE: (0-9)",
      read() {
        const states = Array.from({ length: 10 }, (_, i) => Number(unit.links.get(i)?.state === "open"));
        unit.info(`+CIPCLOSE: ${states.join()}`);
      },
      write(query) {
        query.count(1);
        const id = query.number(0, 0, 9);
        const link = unit.links.get(id);
        if (!link) {
          unit.info(`+CIPCLOSE: ${id},4`);
          return refuse();
        }
        unit.shut(link);
        unit.expectResult();
        unit.ok();
        later(`+CIPCLOSE: ${id},0`);
        return "later";
      },
    },
    "+CIPSEND": {
      test: "+CIPSEND: (0-9),(1-1500)",
      write(query) {
        query.count(2);
        const id = query.number(0, 0, 9);
        const length = query.has(1) ? query.number(1, 1, 1500) : 0;
        const link = unit.links.get(id);
        if (link?.state !== "open") {
          unit.info(`+CIPERROR: ${open ? 4 : 2}`);
          return refuse();
        }
        const send = (data: string) => {
          if (!length && data.endsWith("\x1b")) return unit.refuse("");
          const bytes = length ? data : data.slice(0, -1);
          unit.send(link, bytes);
          unit.expectResult();
          unit.ok();
          later(`+CIPSEND: ${id},${bytes.length},${link.state === "open" ? bytes.length : -1}`, 20);
        };
        unit.prompt("\r\n>", length, 120, send, () => unit.refuse(""));
        return "later";
      },
    },
    "+CIPRXGET": {
      test: "+CIPRXGET: (0-4),(0-9),(1-1500)",
      read: () => unit.info(`+CIPRXGET: ${manual}`),
      write(query) {
        const kind = query.number(0, 0, 4);
        if (kind < 2) {
          query.count(1);
          manual = kind;
          return;
        }
        query.count(2, 3);
        const id = query.number(1, 0, 9);
        const link = unit.links.get(id);
        if (!link || (kind !== 4 && link.held.length === 0)) {
          unit.info(`+IP ERROR: ${link ? "No data" : "No connection"}`);
          return refuse();
        }
        if (kind === 4) return void unit.info(`+CIPRXGET: 4,${id},${link.held.length}`);
        need(kind === 2);
        const data = link.take(query.number(2, 1, 1500, 1500));
        unit.counted(data, (n) => `\r\n+CIPRXGET: 2,${id},${n},${link.held.length}\r\n`, "\r\n");
      },
    },
    "+CIPMODE": numbers([0, 0, 0]),
    "+CIPSENDMODE": numbers([0, 1, 0]),
    "+CIPCCFG": taken,
    "+CIPTIMEOUT": taken,
    "+CIPHEAD": numbers([0, 1, 1]),
    "+CIPSRIP": numbers([0, 1, 1]),
    "+CTCPKA": taken,
    "+CDNSCFG": taken,
  };

  return {
    traits,
    commands: {
      ...common(unit, traits),
      ...http,
      ...ssl,
      ...tcp,
      "+CTZU": setting(unit, "CTZU", "+CTZU", 0, 1),
      "+CTZR": numbers([0, 1, 0]),
      "+CSCLK": setting(unit, "CSCLK", "+CSCLK", 0, name === "a7670" ? 2 : 1),
      "+CGACT": {
        read: () => unit.info(`+CGACT: 1,${Number(unit.attached)}`),
        write(query) {
          query.count(1, 2);
          const state = query.number(0, 0, 1);
          query.number(1, 1, 16, 1);
          if (!state) return unit.loseData();
          unit.needSim();
          unit.activate((ok) => (ok ? unit.ok() : unit.after(5000, () => unit.refuse(30))));
          return "later";
        },
      },
      "+CGAUTH": taken,
      "+CNMP": numbers([2, 71, 2]),
      "+IPR": rate(unit),
      "+IPREX": rate(unit),
      "+CPOF": {
        run() {
          unit.ok();
          unit.powerDown();
          return "later";
        },
      },
      "+CRESET": {
        run() {
          unit.ok();
          unit.after(1000, () => unit.restart());
          return "later";
        },
      },
      "+CICCID": {
        run() {
          unit.needSim();
          unit.info("+ICCID: 89254021234567890123");
        },
      },
      "+SPIC": { run: () => unit.info(`+SPIC: ${unit.card.tries},3,${unit.card.pukTries},10`) },
      "+CPSI": {
        read: () =>
          unit.info(
            unit.registered
              ? "+CPSI: LTE,Online,639-02,0x00C3,1A2B,399,EUTRAN-BAND3,1650,5,5,-83,-835,-552,15"
              : "+CPSI: NO SERVICE,Online",
          ),
      },
    },
    boot() {
      if (name === "a7670") unit.urc("*ATREADY: 1");
      else unit.urc("RDY");
    },
    sim(ready) {
      if (!ready) return unit.urc(unit.card.state === "absent" ? "+CPIN: SIM REMOVED" : "+CPIN: NOT READY");
      unit.urc("+CPIN: READY");
      unit.after(1500, () => unit.urc("SMS DONE"));
      return void unit.after(2500, () => unit.urc("PB DONE"));
    },
    clear() {
      service = undefined;
      open = false;
      manual = 0;
      contexts = Array.from({ length: 10 }, fresh);
    },
    dataLost() {
      if (service) unit.urc("+HTTP_NONET_EVENT");
      if (open) unit.urc("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
      open = false;
    },
    data(link) {
      if (!link.mode) {
        const data = link.take(link.held.length);
        return unit.say(`\r\nRECV FROM:${link.host}:${link.port}\r\n+IPD${data.length}\r\n${data}`);
      }
      if (link.told) return;
      link.told = true;
      unit.urc(`+CIPRXGET: 1,${link.id}`);
    },
    closed(link) {
      unit.urc(`+IPCLOSE: ${link.id},1`);
      if (link.held.length === 0) unit.links.delete(link.id);
    },
    leaveOpen() {
      service ??= newService();
      unit.http = "open";
    },
  };
}

/** AT+IPR and AT+IPREX: they take a rate at once, and keep it. */
function rate(unit: Unit): Commands[string] {
  return {
    read: () => unit.info(`+IPREX: ${unit.line.rate}`),
    write(query) {
      query.count(1);
      const bits = query.number(0, 300, 4000000);
      unit.set("IPR", bits);
      unit.after(50, () => (unit.line.rate = bits));
    },
  };
}
