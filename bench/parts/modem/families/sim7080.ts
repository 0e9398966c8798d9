/**
 * SIMCom SIM7080 and SIM7070 series, Cat M and NB. "SIM7070_SIM7080_SIM7090 Series AT Command Manual" V1.05, and the
 * application notes "HTTP(S)" V1.02, "TCPUDP(S)" V1.03 and "SSL" V1.00.
 */
import { Refusal } from "../at";
import { common, numbers, setting, taken } from "../common";
import { headLength, tlsFor } from "../http";
import { type Headers, splitUrl, type Tls } from "../network";
import type { Commands } from "../shell";
import { type Dialect, Link, type Traits, type Unit } from "../unit";

const TRAITS: Traits = {
  manufacturer: "SIMCOM_Ltd",
  model: "SIMCOM_SIM7080",
  revision: "1951B08SIM7080",
  key: { on: 1, off: 1.2, restart: 12.6 },
  listen: 5,
  sim: 1,
  register: 8,
  stop: 2,
  trip: 250,
  rate: 30,
  epoch: Date.UTC(1980, 0, 6) / 1000,
  settings: { E: 1, V: 1, CMEE: 0, CREG: 0, CGREG: 0, CEREG: 0, CMGF: 0, CNMI: 1, CSCLK: 0, CLTS: 0 },
  saved: ["E", "V"],
  kept: ["CSCLK", "IPR"],
  restarted: ["CLTS"],
  longest: 1024,
  wrong: 50,
  noSignal: "99,99",
  errorRate: 99,
  store: "SM",
  room: 10,
  first: 1,
  registrations: ["CREG", "CGREG", "CEREG"],
  gossip: "DST: 0",
};
const NETWORK_ERROR = 601;
/** Results of +CAOPEN. */
const OPEN = { dns: 20, refused: 23, tls: 1, certificate: 25, timeout: 27, reset: 27, coverage: 21 };
const VERSIONS: Tls["version"][] = ["any", "1.0", "1.1", "1.2"];

type Ssl = { version: number; sni: string; ignoreTime: number };
type Socket = { ssl: number; context: number; ca: string };

export function sim7080(unit: Unit): Dialect {
  const freshSsl = (): Ssl => ({ version: 0, sni: "", ignoreTime: 0 });
  const freshConf = () => ({ url: "", bodyLength: 0, headerLength: 0 });
  let contexts = Array.from({ length: 6 }, freshSsl);
  let sockets = new Map<number, Socket>();
  let active = false;
  let conf = freshConf();
  let secure: { context: number; ca: string } | undefined;
  let connected = false;
  let requesting = false;
  let headers: [string, string][] = [];
  let body = Buffer.alloc(0);
  let answer: Buffer | undefined;
  let flash = false;

  const need = (ok: unknown) => {
    if (!ok) throw new Refusal(3);
  };
  /** The TLS that a context and a certificate's name stand for; undefined if the certificate is not there. */
  const tls = (context: number, ca: string): Tls | undefined => {
    const { version, sni, ignoreTime } = contexts[context];
    if (!ca) return tlsFor(VERSIONS[version], undefined, sni !== "");
    const file = unit.files.get(`converted:${ca}`);
    if (!file || (!ignoreTime && !unit.timeSet)) return undefined;
    return tlsFor(VERSIONS[version], file.toString("latin1"), sni !== "");
  };
  const disconnect = () => {
    connected = requesting = false;
    headers = [];
    body = Buffer.alloc(0);
    answer = undefined;
    unit.http = "";
  };

  // ---- HTTP ----

  const http: Commands = {
    "+SHCONF": {
      read: () =>
        unit.info(
          `+SHCONF:\r\nURL: ${conf.url || "0.0.0.0:80"}\r\nTIMEOUT: 60\r\nBODYLEN: ${conf.bodyLength}\r\nHEADERLEN: ${conf.headerLength}\r\nPOLLCNT: 15\r\nPOLLINTMS: 500\r\nIPVER: 0`,
        ),
      write(query) {
        query.count(2);
        need(!connected);
        const what = query.one(0, "URL", "TIMEOUT", "BODYLEN", "HEADERLEN", "POLLCNT", "POLLINTMS", "IPVER");
        if (what === "URL") {
          const url = query.string(1, 64);
          need(/^https?:\/\/[A-Za-z0-9.-]+(:\d+)?\/?$/i.test(url));
          conf.url = url.replace(/\/$/, "");
        } else if (what === "BODYLEN") conf.bodyLength = query.number(1, 0, 4096);
        else if (what === "HEADERLEN") conf.headerLength = query.number(1, 0, 350);
        else if (what === "TIMEOUT") query.number(1, 30, 1800);
        else if (what === "POLLCNT") query.number(1, 1, 100);
        else if (what === "POLLINTMS") query.number(1, 500, 5000);
        else query.number(1, 0, 1);
      },
    },
    "+SHSSL": {
      test: "+SHSSL: (0-5),20,20",
      read: () => unit.info(`+SHSSL: ${secure?.context ?? 0},"${secure?.ca ?? ""}",""`),
      write(query) {
        query.count(2, 3);
        const context = query.number(0, 0, 5);
        const ca = query.string(1, 20);
        query.string(2, 20, "");
        need(ca === "" || unit.files.has(`converted:${ca}`));
        secure = { context, ca };
      },
    },
    "+SHCONN": {
      run() {
        const parts = splitUrl(conf.url);
        need(active && !connected && parts && conf.bodyLength > 0 && conf.headerLength > 0);
        const wanted = parts!.secure ? secure && tls(secure.context, secure.ca) : undefined;
        if (parts!.secure && !wanted) return unit.later(3000, () => unit.refuse(3));
        unit.probe(parts!, wanted, (failure) => {
          if (failure) return unit.refuse(3);
          connected = true;
          unit.http = "open";
          return unit.ok();
        });
        return "later";
      },
    },
    "+SHSTATE": { read: () => unit.info(`+SHSTATE: ${Number(connected)}`) },
    "+SHDISC": {
      run() {
        need(connected);
        disconnect();
      },
    },
    "+SHCHEAD": {
      run() {
        need(connected);
        headers = [];
      },
    },
    "+SHAHEAD": {
      test: "+SHAHEAD: 350,350",
      write(query) {
        query.count(2);
        need(connected);
        const name = query.string(0, 350);
        const value = query.string(1, 350);
        const length = [...headers, [name, value]].reduce((sum, [a, b]) => sum + a.length + b.length, 0);
        need(length <= conf.headerLength);
        headers.push([name, value]);
      },
    },
    "+SHCPARA": {
      run() {
        need(connected);
        body = Buffer.alloc(0);
      },
    },
    "+SHBOD": {
      test: `+SHBOD: (0-4096),(100-10000)`,
      read: () => unit.info(`+SHBOD: "${body.toString("latin1")}",${body.length}`),
      write(query) {
        query.count(2);
        need(connected && !requesting);
        const length = query.number(0, 1, conf.bodyLength);
        const ms = query.number(1, 100, 10000);
        const store = (data: string) => {
          body = Buffer.from(data, "latin1");
          unit.ok();
        };
        unit.prompt("\r\n>", length, ms / 1000, store, (data) => {
          unit.complain(`SHBOD: ${data.length} of ${length} bytes in time`);
          store(data);
        });
        return "later";
      },
    },
    "+SHREQ": {
      test: "+SHREQ: 512,(1-5)",
      write(query) {
        query.count(2);
        const path = query.string(0, 512);
        need(query.number(1, 1, 5) === 3);
        need(connected && !requesting);
        const parts = splitUrl(/^https?:/i.test(path) ? path : conf.url + (path.startsWith("/") ? path : `/${path}`));
        need(parts);
        requesting = true;
        answer = undefined;
        unit.expectResult();
        unit.ok();
        const { host, port, secure: https } = parts!;
        const fields: Headers = { Host: port === (https ? 443 : 80) ? host : `${host}:${port}` };
        for (const [name, value] of headers) fields[name] = value;
        fields["Content-Length"] = String(body.length);
        const url = `${conf.url}${parts!.path}`;
        const wanted = https && secure ? tls(secure.context, secure.ca) : undefined;
        unit.request(url, fields, body, wanted, headLength(parts!.path, fields), (result) => {
          requesting = false;
          const ok = "status" in result;
          answer = ok ? result.body : undefined;
          const status = ok ? result.status : "own" in result ? result.own || NETWORK_ERROR : NETWORK_ERROR;
          unit.result(`+SHREQ: "POST",${status},${answer?.length ?? 0}`);
          if (!ok) connected = false;
        });
        return "later";
      },
    },
    "+SHREAD": {
      test: "+SHREAD: (0-307200),(1-307200)",
      write(query) {
        query.count(2);
        const start = query.number(0, 0, 307200);
        const length = query.number(1, 1, 307200);
        need(connected && answer && start + length <= answer.length);
        const data = answer!.subarray(start, start + length);
        const say = () => {
          for (let i = 0; i < data.length; i += 2048)
            unit.counted(data.subarray(i, i + 2048).toString("latin1"), (n) => `\r\n+SHREAD: ${n}\r\n`, "\r\n");
        };
        if (unit.take("read-order")) return say();
        unit.ok();
        unit.after(20, say);
        return "later";
      },
    },
  };

  // ---- TLS and files ----

  const ssl: Commands = {
    "+CSSLCFG": {
      write(query) {
        query.count(2, 4);
        const names = ["SSLVERSION", "CIPHERSUITE", "IGNORERTCTIME", "PROTOCOL", "SNI", "CTXINDEX", "CONVERT"];
        const what = query.one(0, ...names, "MAXFRAGLENDISABLE");
        if (what === "CONVERT") {
          const kind = query.number(1, 1, 3);
          const file = query.string(2, 50);
          const bytes = unit.files.get(file);
          need(bytes && (kind !== 2 || /-----BEGIN CERTIFICATE-----/.test(bytes.toString("latin1"))));
          unit.files.set(`converted:${file}`, bytes!);
          return;
        }
        const context = contexts[query.number(1, 0, 5)];
        if (what === "SSLVERSION") context.version = query.number(2, 0, 3);
        else if (what === "SNI") context.sni = query.string(2, 253);
        else if (what === "IGNORERTCTIME") context.ignoreTime = query.number(2, 0, 1);
        else if (what === "PROTOCOL") query.number(2, 1, 2);
        else if (what === "CIPHERSUITE") query.number(2, 0, 7);
        else if (what === "MAXFRAGLENDISABLE") query.number(2, 0, 1);
        else
          unit.info(`+CSSLCFG: ${query.number(1, 0, 5)},${context.version},,${context.ignoreTime},1,"${context.sni}"`);
      },
    },
    "+CFSINIT": {
      run() {
        need(!flash);
        flash = true;
      },
    },
    "+CFSTERM": {
      run() {
        need(flash);
        flash = false;
      },
    },
    "+CFSWFILE": {
      test: "+CFSWFILE: (0-3),230,(0-1),(1-10240),(100-10000)",
      write(query) {
        query.count(5);
        need(flash);
        query.number(0, 3, 3);
        const file = query.string(1, 230);
        const more = query.number(2, 0, 1) === 1;
        const size = query.number(3, 1, 10240);
        const ms = query.number(4, 100, 10000);
        const take = (data: string) => {
          const old = more ? (unit.files.get(file) ?? Buffer.alloc(0)) : Buffer.alloc(0);
          unit.files.set(file, Buffer.concat([old, Buffer.from(data, "latin1")]));
          unit.ok();
        };
        unit.prompt("\r\nDOWNLOAD\r\n", size, ms / 1000, take, () => unit.refuse(3));
        return "later";
      },
    },
    "+CFSDFILE": {
      write(query) {
        query.count(2);
        need(flash);
        query.number(0, 0, 3);
        need(unit.files.delete(query.string(1, 230)));
      },
    },
    "+CFSGFIS": {
      write(query) {
        query.count(2);
        need(flash);
        const file = unit.files.get(query.string(1, 230));
        need(file);
        unit.info(`+CFSGFIS: ${file!.length}`);
      },
    },
  };

  // ---- TCP ----

  const socket = (id: number): Socket => {
    const found = sockets.get(id) ?? { ssl: 0, context: 0, ca: "" };
    sockets.set(id, found);
    return found;
  };
  const tcp: Commands = {
    "+CACID": {
      test: "+CACID: (0-12)",
      write(query) {
        query.count(1);
        socket(query.number(0, 0, 12));
      },
    },
    "+CASSLCFG": {
      write(query) {
        query.count(3);
        const one = socket(query.number(0, 0, 12));
        const what = query.word(1).toUpperCase();
        if (what === "SSL") one.ssl = query.number(2, 0, 1);
        else if (what === "CRINDEX") one.context = query.number(2, 0, 5);
        else if (what === "CACERT") {
          const ca = query.string(2, 64);
          need(unit.files.has(`converted:${ca}`));
          one.ca = ca;
        } else throw new Refusal(50, "CME", true);
      },
    },
    "+CAOPEN": {
      test: '+CAOPEN: (0-12),(0-4),("TCP","UDP","NONIP"),64,(1-65535),(0,1)',
      read() {
        for (const { id, host, port, mode } of unit.links.values())
          unit.info(`+CAOPEN: ${id},0,"TCP","${host}",${port},${mode}`);
      },
      write(query) {
        query.count(5, 6);
        const id = query.number(0, 0, 12);
        const context = query.number(1, 0, 4);
        query.one(2, "TCP");
        const host = query.string(3, 64);
        const port = query.number(4, 1, 65535);
        const push = query.number(5, 0, 1, 0);
        need(!unit.links.has(id));
        const done = (result: number) => {
          unit.info(`+CAOPEN: ${id},${result}`);
          unit.ok();
        };
        if (!active || context !== 0) return unit.later(200, () => done(OPEN.coverage));
        const one = socket(id);
        const wanted = one.ssl ? tls(one.context, one.ca) : undefined;
        if (one.ssl && !wanted) return unit.later(200, () => done(24));
        unit.open(new Link(id, host, port, push), wanted, (failure) => done(failure ? OPEN[failure] : 0));
        return "later";
      },
    },
    "+CASEND": {
      test: "+CASEND: (0-12),(1-1460),(100-10000)",
      write(query) {
        const more = query.count(1, 3) > 1;
        const link = unit.links.get(query.number(0, 0, 12));
        need(link?.state === "open");
        if (!more) return void unit.info("+CASEND: 1460");
        const length = query.number(1, 1, 1460);
        const ms = query.number(2, 100, 10000, 5000);
        const send = (data: string) => {
          unit.send(link!, data);
          unit.after(20, () => unit.ok());
        };
        unit.prompt("\r\n>", length, ms / 1000, send, () => unit.refuse(3));
        return "later";
      },
    },
    "+CARECV": {
      test: "+CARECV: (0-12),(1-1460)",
      read() {
        for (const link of unit.links.values())
          if (link.held.length) unit.info(`+CARECV: ${link.id},${link.held.length}`);
      },
      write(query) {
        query.count(2);
        const link = unit.links.get(query.number(0, 0, 12));
        need(link);
        const data = link!.take(query.number(1, 1, 1460));
        unit.counted(data, (n) => `\r\n+CARECV: ${n}${n ? "," : ""}`, "\r\n");
      },
    },
    "+CAACK": {
      write(query) {
        query.count(1);
        const link = unit.links.get(query.number(0, 0, 12));
        need(link);
        unit.info(`+CAACK: ${link!.sent},0`);
      },
    },
    "+CASTATE": {
      read() {
        for (const link of unit.links.values()) unit.info(`+CASTATE: ${link.id},${Number(link.state === "open")}`);
      },
    },
    "+CACLOSE": {
      test: "+CACLOSE: (0-12)",
      write(query) {
        query.count(1);
        const link = unit.links.get(query.number(0, 0, 12));
        need(link);
        unit.shut(link!);
      },
    },
    "+CACFG": taken,
  };

  return {
    traits: TRAITS,
    commands: {
      ...common(unit, TRAITS),
      ...http,
      ...ssl,
      ...tcp,
      "+CNCFG": {
        read() {
          for (let i = 0; i < 4; i++) unit.info(`+CNCFG: ${i},${Number(!i)},"${i ? "" : unit.apn}","","",0`);
        },
        write(query) {
          query.count(2, 6);
          const context = query.number(0, 0, 3);
          query.number(1, 0, 4);
          const apn = query.string(2, 150, "");
          query.string(3, 127, "");
          query.string(4, 127, "");
          query.number(5, 0, 3, 0);
          if (context === 0) unit.apn = apn;
        },
      },
      "+CNACT": {
        test: "+CNACT: (0-3),(0-2)",
        read() {
          const lines = [0, 1, 2, 3].map((i) => {
            const up = i === 0 && active;
            return `+CNACT: ${i},${Number(up)},"${up ? "10.45.0.2" : "0.0.0.0"}"`;
          });
          unit.info(lines.join("\r\n"));
        },
        write(query) {
          query.count(2);
          query.number(0, 0, 0);
          const wanted = query.number(1, 0, 2);
          need(active === (wanted === 0));
          unit.expectResult();
          unit.ok();
          if (wanted)
            unit.activate((ok) => {
              active = ok;
              unit.result(`+APP PDP: 0,${ok ? "ACTIVE" : "DEACTIVE"}`);
            });
          else {
            active = false;
            unit.bearer = false;
            for (const link of [...unit.links.values()]) unit.shut(link);
            disconnect();
            unit.after(300, () => unit.result("+APP PDP: 0,DEACTIVE"));
          }
          return "later";
        },
      },
      "+CGNAPN": { run: () => unit.info(`+CGNAPN: ${unit.registered ? '1,"internet"' : '0,""'}`) },
      "+CLTS": {
        test: '+CLTS: "yy/MM/dd,hh:mm:ss+/-zz"',
        read: () => unit.info(`+CLTS: ${unit.settings.CLTS}`),
        write(query) {
          query.count(1);
          unit.set("CLTS", query.number(0, 0, 1));
        },
      },
      "+CSCLK": setting(unit, "CSCLK", "+CSCLK", 0, 1),
      "+CNMP": numbers([2, 51, 2]),
      "+CMNB": numbers([1, 3, 3]),
      "+CPSMS": taken,
      "+CBATCHK": numbers([0, 1, 0]),
      "+IPR": {
        read: () => unit.info(`+IPR: ${unit.line.rate}`),
        write(query) {
          query.count(1);
          const rate = query.number(0, 1200, 3686400);
          unit.set("IPR", rate);
          unit.after(50, () => (unit.line.rate = rate));
        },
      },
      "+CPOWD": {
        write(query) {
          query.count(1);
          if (query.number(0, 0, 1) === 0) unit.off();
          else unit.powerDown("NORMAL POWER DOWN");
          return "later";
        },
      },
      "+CREBOOT": {
        run() {
          unit.ok();
          unit.after(1000, () => unit.restart());
          return "later";
        },
      },
      "+CCID": {
        run() {
          unit.needSim();
          unit.info("89254021234567890123");
        },
      },
      "+SPIC": { run: () => unit.info(`+SPIC: ${unit.card.tries},3,${unit.card.pukTries},10`) },
      "+CPSI": {
        read: () =>
          unit.info(
            unit.registered
              ? "+CPSI: LTE CAT-M1,Online,639-02,0x00C3,6699,371,EUTRAN-BAND3,1650,3,3,-14,-102,-71,10"
              : "+CPSI: NO SERVICE,Online",
          ),
      },
    },
    boot() {
      unit.urc("RDY");
      unit.urc("+CFUN: 1");
    },
    sim(ready) {
      unit.urc(ready ? "+CPIN: READY" : unit.card.state === "absent" ? "+CPIN: NOT INSERTED" : "+CPIN: NOT READY");
      if (ready) unit.after(1500, () => unit.urc("SMS Ready"));
    },
    clear() {
      contexts = Array.from({ length: 6 }, freshSsl);
      sockets = new Map();
      active = flash = false;
      conf = freshConf();
      secure = undefined;
      disconnect();
    },
    dataLost() {
      if (active) unit.urc("+APP PDP: 0,DEACTIVE");
      active = false;
      disconnect();
    },
    data(link) {
      if (link.mode) {
        const data = link.take(link.held.length);
        return unit.say(`\r\n+CAURC: "recv",${link.id},${data.length}\r\n${data}\r\n`);
      }
      if (link.told) return;
      link.told = true;
      unit.urc(`+CADATAIND: ${link.id}`);
    },
    closed(link) {
      unit.urc(`+CASTATE: ${link.id},0`);
    },
    leaveOpen() {
      conf = { url: "http://left.example", bodyLength: 1024, headerLength: 350 };
      connected = true;
      unit.http = "open";
    },
  };
}
