/**
 * Quectel BG95 (Cat M, NB), EG915 and EC21 (Cat 1). "BG96 HTTP(S) AT Commands Manual" V1.0, "BG96 TCP/IP AT Commands
 * Manual" V1.1, "BG96 SSL AT Commands Manual" V1.0, "BG96 FILE AT Commands Manual" V1.1, "EC2x&EG9x AT Commands Manual".
 */
import { Refusal } from "../at";
import { common, numbers, setting, taken } from "../common";
import { headLength, postHead, tlsFor } from "../http";
import { type Headers, httpReader, splitUrl, type Tls } from "../network";
import type { Commands } from "../shell";
import { type Dialect, Link, type Result, type Traits, type Unit } from "../unit";

const BG95: Traits = {
  manufacturer: "Quectel",
  model: "BG95-M3",
  revision: "BG95M3LAR02A04",
  key: { on: 0.5, off: 0.65 },
  listen: 4,
  sim: 1,
  register: 8,
  stop: 2,
  trip: 250,
  rate: 30,
  epoch: Date.UTC(1980, 0, 6) / 1000,
  clockInGmt: true,
  settings: { E: 1, V: 1, CMEE: 1, CREG: 0, CGREG: 0, CEREG: 0, CMGF: 0, CNMI: 1, CSCLK: 0, CTZU: 0 },
  saved: ["E", "V", "CREG", "CGREG", "CEREG", "IPR"],
  kept: ["CTZU"],
  restarted: [],
  longest: 1024,
  wrong: 50,
  noSignal: "99,99",
  errorRate: 99,
  store: "ME",
  room: 23,
  first: 0,
  registrations: ["CREG", "CGREG", "CEREG"],
  gossip: '+QIND: "csq",18,99',
};
const EG915: Traits = {
  ...BG95,
  model: "EG915U-EU",
  revision: "EG915UEUABR03",
  listen: 6,
  register: 4,
  trip: 80,
  rate: 300,
};
const EC21: Traits = { ...EG915, model: "EC21", revision: "EC21EFAR06A08M4G", listen: 11, stop: 5 };

/** HTTP(S) error codes. */
const HTTP = { dns: 714, refused: 716, tls: 716, certificate: 716, timeout: 702, reset: 717, coverage: 710 };
/** TCP/IP error codes. */
const TCP = { dns: 565, refused: 566, tls: 579, certificate: 579, timeout: 569, reset: 566, coverage: 561 };
const TYPES = [
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/octet-stream",
  "multipart/form-data",
  "application/json",
  "image/jpeg",
];
const VERSIONS: Tls["version"][] = ["1.0", "1.0", "1.1", "1.2", "any"];

type Ssl = { version: number; level: number; ca: string; ignoreTime: number; sni: number };

export function quectel(unit: Unit, name: "bg95" | "eg915" | "ec21"): Dialect {
  const traits = { bg95: BG95, eg915: EG915, ec21: EC21 }[name];
  const freshSsl = (): Ssl => ({ version: 4, level: 0, ca: "", ignoreTime: 1, sni: 0 });
  const freshConf = () => ({ contextid: 1, requestheader: 0, responseheader: 0, sslctxid: 1, contenttype: 0 });
  let contexts = Array.from({ length: 6 }, freshSsl);
  let conf: { [key: string]: number } = freshConf();
  let configured = false;
  let active = false;
  let url = "";
  let busy = false;
  let answer: { status: number; body: Buffer } | undefined;
  let lastError = 0;
  let echoData = 1;

  const refuse = (code: number): never => {
    throw new Refusal(code);
  };
  /** TCP/IP commands answer ERROR, and keep why. */
  const fail = (code: number): never => {
    lastError = code;
    throw new Refusal("");
  };
  const file = (path: string) => path.replace(/^UFS:/i, "");
  /** The TLS of a context; undefined if its certificate is not there or cannot be checked. */
  const tls = (context: number): Tls | undefined => {
    const { version, level, ca, ignoreTime, sni } = contexts[context];
    if (level === 0) return tlsFor(VERSIONS[version], undefined, sni === 1);
    const bytes = unit.files.get(ca);
    if (!bytes || (!ignoreTime && !unit.timeSet)) return undefined;
    return tlsFor(VERSIONS[version], bytes.toString("latin1"), sni === 1);
  };

  // ---- HTTP ----

  const http: Commands = {
    "+QHTTPCFG": {
      read() {
        for (const [key, value] of Object.entries(conf)) unit.info(`+QHTTPCFG: "${key}",${value}`);
      },
      write(query) {
        const key = query.one(0, ...Object.keys(conf), "closewaittime", "auth", "custom_header", "rspout/auto");
        if (query.count(1, 3) === 1) return void unit.info(`+QHTTPCFG: "${key}",${conf[key] ?? 0}`);
        if (!(key in conf)) return;
        const most = { contextid: 16, sslctxid: 5, contenttype: 5 }[key] ?? 1;
        conf[key] = query.number(1, key === "contextid" ? 1 : 0, most);
      },
    },
    "+QHTTPURL": {
      test: "+QHTTPURL: (1-700),(1-65535)",
      read() {
        if (url) unit.info(`+QHTTPURL: ${url}`);
      },
      write(query) {
        query.count(1, 2);
        if (busy) refuse(703);
        const length = query.number(0, 1, 700);
        const take = (data: string) => {
          if (!splitUrl(data)) return unit.refuse(711);
          url = data;
          return unit.ok();
        };
        unit.prompt("\r\nCONNECT\r\n", length, query.number(1, 1, 65535, 60), take, () => unit.refuse(726));
        return "later";
      },
    },
    "+QHTTPPOST": {
      test: "+QHTTPPOST: (1-1024000),(1-65535),(1-65535)",
      write(query) {
        query.count(1, 3);
        const length = query.number(0, 1, 1024000);
        const input = query.number(1, 1, 65535, 60);
        const patience = query.number(2, 1, 65535, 60);
        if (busy) refuse(703);
        if (!url) refuse(712);
        if (!active) refuse(709);
        const parts = splitUrl(url)!;
        const wanted = parts.secure ? tls(conf.sslctxid) : undefined;
        if (parts.secure && !wanted) return unit.later(2000, () => unit.refuse(716));
        busy = true;
        answer = undefined;
        unit.http = "open";
        unit.probe(parts, wanted, (failure) => {
          if (failure) {
            busy = false;
            return unit.refuse(HTTP[failure]);
          }
          const give = (data: string) => {
            unit.expectResult();
            unit.ok();
            post(data, patience, wanted);
          };
          return unit.prompt("\r\nCONNECT\r\n", length, input, give, (data) => {
            unit.complain(`QHTTPPOST: ${data.length} of ${length} bytes in time`);
            busy = false;
            unit.refuse(726);
          });
        });
        return "later";
      },
    },
    "+QHTTPREAD": {
      test: "+QHTTPREAD: (1-65535)",
      run: () => read(),
      write(query) {
        query.count(1);
        query.number(0, 1, 65535);
        return read();
      },
    },
    "+QHTTPSTOP": {
      run() {
        busy = false;
        answer = undefined;
      },
    },
  };
  const post = (data: string, patience: number, wanted: Tls | undefined) => {
    const parts = splitUrl(url)!;
    let body = Buffer.from(data, "latin1");
    let fields: Headers;
    let head: number;
    let target = url;
    const late = unit.after(patience * 1000, () => done({ own: 702 }));
    const done = (result: Result) => {
      if (!busy) return;
      unit.world.cancel(late);
      busy = false;
      unit.http = "";
      if (!("status" in result)) {
        const own = "own" in result ? result.own || 701 : HTTP[result.failure];
        return unit.result(`+QHTTPPOST: ${own}`);
      }
      answer = result;
      return unit.result(`+QHTTPPOST: 0,${result.status},${result.body.length}`);
    };
    if (conf.requestheader) {
      // The data is the whole request; a body shorter than its length leaves the server waiting.
      const reader = httpReader();
      const [message] = reader.feed(body);
      if (!message && body.indexOf("\r\n\r\n") >= 0) return;
      if (!message || !/^POST \S+ HTTP\/1\.1$/.test(message.first))
        return void unit.after(traits.trip, () => done({ status: 400, body: Buffer.alloc(0) }));
      if (reader.rest.length > 0) unit.complain(`QHTTPPOST: ${reader.rest.length} bytes behind the request`);
      fields = message.headers;
      target = url.replace(/^(https?:\/\/[^/]+).*$/i, `$1${message.first.split(" ")[1]}`);
      head = message.bytes - message.body.length;
      body = message.body as typeof body;
    } else {
      const made = postHead(
        parts,
        { type: TYPES[conf.contenttype], user: "", data: body },
        { "User-Agent": "QUECTEL_MODULE", Accept: "*/*", Connection: "Keep-Alive" },
      );
      fields = made.fields;
      head = headLength(parts.path, fields);
    }
    unit.request(target, fields, body, wanted, head, done);
  };
  const read = (): "later" => {
    if (!answer) refuse(705);
    const { status, body } = answer!;
    const head = conf.responseheader ? `HTTP/1.1 ${status} \r\nContent-Length: ${body.length}\r\n\r\n` : "";
    // The count is not said here: the data ends where the closing lines begin.
    const swapped = unit.take("read-order");
    if (swapped) unit.say("\r\nOK\r\n");
    unit.counted(head + body.toString("latin1"), () => "\r\nCONNECT\r\n");
    unit.expectResult();
    if (swapped) {
      unit.say("\r\n+QHTTPREAD: 0\r\n");
      unit.ended("OK");
      return "later";
    }
    unit.ok();
    unit.after(5, () => unit.result("+QHTTPREAD: 0"));
    return "later";
  };

  // ---- TLS and files ----

  const ssl: Commands = {
    "+QSSLCFG": {
      write(query) {
        const names = "sslversion ciphersuite cacert clientcert clientkey seclevel ignorelocaltime negotiatetime sni";
        const what = query.one(0, ...names.split(" "), "session", "closetimemode");
        const id = query.number(1, 0, 5);
        const context = contexts[id];
        if (query.count(2, 3) === 2) {
          const { version, level, ca, sni } = context;
          const now: { [key: string]: string | number } = {
            sslversion: version,
            seclevel: level,
            cacert: `"${ca}"`,
            sni,
          };
          return void unit.info(`+QSSLCFG: "${what}",${id},${now[what] ?? 0}`);
        }
        if (what === "sslversion") context.version = query.number(2, 0, 4);
        else if (what === "seclevel") context.level = query.number(2, 0, 2);
        else if (what === "cacert") context.ca = file(query.string(2, 255));
        else if (what === "ignorelocaltime") context.ignoreTime = query.number(2, 0, 1);
        else if (what === "negotiatetime") query.number(2, 10, 300);
        else if (what === "sni") context.sni = query.number(2, 0, 1);
        else if (what === "ciphersuite") {
          if (!/^0X[0-9A-F]{4}$/i.test(query.word(2))) throw new Refusal("", "CME", true);
        } else query.word(2);
      },
    },
    "+QFUPL": {
      test: "+QFUPL: <filename>[,(1-<freesize>)[,(1-65535)[,(0,1)]]]",
      write(query) {
        query.count(1, 4);
        const target = file(query.string(0, 80));
        const size = query.number(1, 1, 1000000, 10240);
        if (unit.files.has(target)) refuse(407);
        const take = (data: string) => {
          const bytes = Buffer.from(data, "latin1");
          unit.files.set(target, bytes);
          let sum = 0;
          bytes.forEach((byte, i) => {
            sum ^= i % 2 ? byte : byte << 8;
          });
          unit.info(`+QFUPL: ${bytes.length},${sum.toString(16)}`);
          unit.ok();
        };
        unit.prompt("\r\nCONNECT\r\n", size, query.number(2, 1, 65535, 5), take, take);
        return "later";
      },
    },
    "+QFDEL": {
      write(query) {
        query.count(1);
        if (!unit.files.delete(file(query.string(0, 80)))) refuse(405);
      },
    },
    "+QFLST": {
      run: () => list(""),
      write(query) {
        query.count(1);
        list(file(query.string(0, 80)));
      },
    },
  };
  const list = (wanted: string) => {
    for (const [path, bytes] of unit.files)
      if (wanted === "" || wanted === "*" || wanted === path) unit.info(`+QFLST: "${path}",${bytes.length}`);
  };

  // ---- TCP ----

  const link = (id: number): Link => unit.links.get(id) ?? fail(567);
  const tcp: Commands = {
    "+QIOPEN": {
      test: '+QIOPEN: (1-16),(0-11),"TCP/UDP/TCP LISTENER/UDP SERVICE","<IP_address>/<domain_name>",<remote_port>,<local_port>,(0-2)',
      write(query) {
        query.count(5, 7);
        query.number(0, 1, 16);
        const id = query.number(1, 0, 11);
        query.one(2, "TCP");
        const host = query.string(3, 150);
        const port = query.number(4, 1, 65535);
        query.number(5, 0, 65535, 0);
        const mode = query.number(6, 0, 1, 0);
        if (unit.links.has(id)) fail(563);
        unit.expectResult();
        unit.ok();
        const done = (result: number) => {
          lastError = result;
          unit.result(`+QIOPEN: ${id},${result}`);
        };
        if (!active) unit.after(200, () => done(TCP.coverage));
        else unit.open(new Link(id, host, port, mode), undefined, (failure) => done(failure ? TCP[failure] : 0));
        return "later";
      },
    },
    "+QISEND": {
      test: "+QISEND: (0-11),(0-1460)",
      write(query) {
        const two = query.count(1, 2) === 2;
        const one = link(query.number(0, 0, 11));
        const length = two ? query.number(1, 0, 1460) : 0;
        if (two && length === 0) return void unit.info(`+QISEND: ${one.sent},${one.sent},0`);
        if (one.state !== "open") fail(567);
        const send = (data: string) => {
          if (!length && data.endsWith("\x1b")) return unit.ok();
          unit.send(one, length ? data : data.slice(0, -1));
          return void unit.after(20, () => unit.ended(one.state === "open" ? "SEND OK" : "SEND FAIL"));
        };
        unit.prompt("\r\n> ", length, 120, send, () => unit.refuse(""), echoData === 1);
        return "later";
      },
    },
    "+QIRD": {
      test: "+QIRD: (0-11),(0-1500)",
      write(query) {
        const two = query.count(1, 2) === 2;
        const one = link(query.number(0, 0, 11));
        const length = two ? query.number(1, 0, 1500) : 1500;
        if (length === 0) return void unit.info(`+QIRD: ${one.received},${one.taken},${one.held.length}`);
        const data = one.take(length);
        if (data === "") unit.info("+QIRD: 0");
        else unit.counted(data, (n) => `\r\n+QIRD: ${n}\r\n`, "\r\n");
      },
    },
    "+QICLOSE": {
      write(query) {
        query.count(1, 2);
        const one = unit.links.get(query.number(0, 0, 11));
        query.number(1, 0, 65535, 10);
        if (one) unit.shut(one);
        unit.after(100, () => unit.ok());
        return "later";
      },
    },
    "+QISTATE": {
      read: () => states(),
      run: () => states(),
      write(query) {
        query.count(2);
        states(query.number(0, 0, 1) ? query.number(1, 0, 11) : undefined);
      },
    },
    "+QIGETERROR": {
      run: () => unit.info(`+QIGETERROR: ${lastError},${lastError ? "operation failed" : "operate successfully"}`),
    },
    "+QISDE": {
      read: () => unit.info(`+QISDE: ${echoData}`),
      write(query) {
        query.count(1);
        echoData = query.number(0, 0, 1);
      },
    },
    "+QIDNSCFG": taken,
  };
  const STATES = { opening: 1, open: 2, closed: 4 };
  const states = (id?: number) => {
    for (const one of unit.links.values())
      if (id === undefined || one.id === id)
        unit.info(
          `+QISTATE: ${one.id},"TCP","${one.host}",${one.port},5087,${STATES[one.state]},1,0,${one.mode},"uart1"`,
        );
  };

  return {
    traits,
    commands: {
      ...common(unit, traits),
      ...http,
      ...ssl,
      ...tcp,
      "+QICSGP": {
        test: "+QICSGP: (1-16),(1-3),<APN>,<username>,<password>,(0-3)",
        write(query) {
          const context = query.number(0, 1, 16);
          if (query.count(1, 6) === 1) return void unit.info(`+QICSGP: 1,"${unit.apn}","","",0`);
          query.number(1, 1, 3);
          const apn = query.string(2, 64);
          query.string(3, 64, "");
          query.string(4, 64, "");
          query.number(5, 0, 3, 0);
          if (context !== 1) return;
          unit.apn = apn;
          configured = true;
        },
      },
      "+QIACT": {
        test: "+QIACT: (1-16)",
        read() {
          if (active) unit.info('+QIACT: 1,1,1,"10.45.0.2"');
        },
        write(query) {
          query.count(1);
          const context = query.number(0, 1, 16);
          if (active || context !== 1) fail(572);
          if (!configured) fail(573);
          unit.activate((ok) => {
            if (!ok) return unit.after(30000, () => unit.refuse(""));
            active = true;
            return unit.ok();
          });
          return "later";
        },
      },
      "+QIDEACT": {
        test: "+QIDEACT: (1-16)",
        write(query) {
          query.count(1);
          query.number(0, 1, 16);
          unit.after(500, () => {
            active = false;
            unit.bearer = false;
            for (const one of [...unit.links.values()]) unit.shut(one);
            unit.ok();
          });
          return "later";
        },
      },
      "+CGACT": numbers([0, 1, 0], [1, 16, 1]),
      "+CTZU": setting(unit, "CTZU", "+CTZU", 0, 3),
      "+CTZR": numbers([0, 2, 0]),
      "+QLTS": {
        test: "+QLTS: (0-2)",
        run: () => lts(0),
        write(query) {
          query.count(1);
          lts(query.number(0, 0, 2));
        },
      },
      "+QSCLK": setting(unit, "CSCLK", "+QSCLK", 0, name === "bg95" ? 2 : 1),
      "+QPOWD": {
        test: "+QPOWD: (0,1)",
        run: () => down(1),
        write: (query) => down(query.number(0, 0, 1)),
      },
      "+QPINC": {
        write(query) {
          query.one(0, "SC");
          unit.info(`+QPINC: "SC",${unit.card.tries},${unit.card.pukTries}`);
        },
      },
      "+QCCID": {
        run() {
          unit.needSim();
          unit.info("+QCCID: 89254021234567890123");
        },
      },
      "+QNWINFO": {
        run: () =>
          unit.info(unit.registered ? '+QNWINFO: "FDD LTE","63902","LTE BAND 3",1650' : "+QNWINFO: No Service"),
      },
      "+QCFG": taken,
      "+QURCCFG": taken,
      "+QINDCFG": taken,
      "+QGPS": { run: () => refuse(505) },
      "+CPSMS": taken,
      "+IPR": {
        test: "+IPR: (4800,9600,19200,38400,57600,115200,230400,460800,921600),()",
        read: () => unit.info(`+IPR: ${unit.line.rate}`),
        write(query) {
          query.count(1);
          const rate = query.number(0, 4800, 3000000);
          unit.set("IPR", rate);
          unit.after(50, () => (unit.line.rate = rate));
        },
      },
    },
    boot() {
      unit.urc(name === "bg95" ? "APP RDY" : "RDY");
      if (name !== "bg95") unit.after(300, () => unit.urc("+CFUN: 1"));
    },
    sim(ready) {
      if (!ready) return unit.urc("+CPIN: NOT READY");
      unit.urc("+CPIN: READY");
      if (name === "bg95") return;
      unit.urc("+QUSIM: 1");
      unit.after(2000, () => unit.urc("+QIND: SMS DONE"));
      unit.after(3000, () => unit.urc("+QIND: PB DONE"));
    },
    clear() {
      contexts = Array.from({ length: 6 }, freshSsl);
      conf = freshConf();
      configured = active = busy = false;
      url = "";
      answer = undefined;
      lastError = 0;
      echoData = 1;
    },
    dataLost() {
      if (active) unit.urc('+QIURC: "pdpdeact",1');
      active = false;
    },
    data(one) {
      if (one.mode) {
        const data = one.take(one.held.length);
        return unit.say(`\r\n+QIURC: "recv",${one.id},${data.length}\r\n${data}\r\n`);
      }
      if (one.told) return;
      one.told = true;
      unit.urc(`+QIURC: "recv",${one.id}`);
    },
    closed(one) {
      unit.urc(`+QIURC: "closed",${one.id}`);
    },
    leaveOpen() {
      url = "http://left.example/dd";
      conf.requestheader = 1;
      conf.responseheader = 1;
    },
  };

  function lts(mode: number): void {
    const { networkTime } = unit;
    if (!networkTime) {
      unit.info('+QLTS: ""');
      return;
    }
    const { offset, zone } = networkTime;
    const unix = unit.world.now / 1000 + offset + (mode === 1 ? 0 : zone * 900);
    const text = new Date(unix * 1000).toISOString().slice(0, 19).replace("T", ",").replace(/-/g, "/");
    unit.info(`+QLTS: "${text}${zone < 0 ? "-" : "+"}${String(Math.abs(zone)).padStart(2, "0")},0"`);
  }

  function down(mode: number): "later" {
    unit.ok();
    if (mode === 0) unit.after(100, () => unit.off());
    else unit.powerDown("POWERED DOWN");
    return "later";
  }
}
