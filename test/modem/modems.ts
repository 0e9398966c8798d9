import { quectel } from "../../firmware/modem/families/quectel";
import { sim800 } from "../../firmware/modem/families/sim800";
import { sim7080 } from "../../firmware/modem/families/sim7080";
import { sim7600 } from "../../firmware/modem/families/sim7600";
import { type ModemSettings, modem } from "../../firmware/modem/modem";
import { ok, type Reply, said, Wire } from "./wire";

export const FAMILIES = { sim800, sim7600, sim7080, quectel };
export type Family = keyof typeof FAMILIES;
export const NAMES = Object.keys(FAMILIES) as Family[];

/** APN, user, password and PIN. */
export const access = (pin = "", user = "", password = "") => ["web.gprs", user, password, pin];

export const settings = (more: Partial<ModemSettings> = {}): ModemSettings => ({
  access: access(),
  pinState: 0,
  plain: 1,
  lean: 0,
  ca: undefined,
  caBytes: 0,
  sms: 0,
  doze: 0,
  failures: 0,
  ...more,
});

/** What a modem and the world behind it are like; a test changes what it needs. */
export class World {
  on = true;
  /** Commands (not bodies) that it leaves unanswered, or answers in another way. */
  special: (line: string, wire: Wire) => Reply | null = () => null;
  sim = "READY";
  pin = "1234";
  pinsTried = 0;
  registered = 1;
  time = "26/11/22,12:00:00+04";
  /** Whether echo was left on. */
  messages: (string | undefined)[] = [];
  /** The server: its answer, and whole requests as it got them (head and body over a raw connection, body otherwise). */
  status = 200;
  answer = '{"a":"1f"}';
  /** Of a raw connection: the answer with its head, unless given. */
  reply?: string;
  requests: string[] = [];
  hosts: string[] = [];
  /** Parameters that the modem was given: "URL" and the like. */
  set: { [name: string]: string } = {};
  /** Bytes of a raw answer that are still to be read, whether the server closed the connection after it. */
  inbox = "";
  closes = false;
  private url = "";
  private expects = "";

  constructor(readonly family: Family) {}

  private raw(): string {
    return this.reply ?? `HTTP/1.1 ${this.status} OK\r\nContent-Length: ${this.answer.length}\r\n\r\n${this.answer}`;
  }

  /** Bytes of the raw answer, as the family hands them over. */
  private read(n: number, dress: (piece: string) => string): string {
    const piece = this.inbox.slice(0, n);
    this.inbox = this.inbox.slice(piece.length);
    return dress(piece);
  }

  /** Gives the modem a power key and a supply, as on a board: it is off now, and says a word or two when it starts. */
  wired(wire: Wire): void {
    this.on = false;
    wire.onPin = (pin, on) => {
      if (pin === "k" && !on) {
        this.on = !this.on;
        if (this.on) this.boot(wire);
      }
      if (pin === "r" && !on) this.on = false;
    };
  }

  /** The modem starts anew. */
  boot(wire: Wire): void {
    wire.echo = true;
    wire.wanted = 0;
    this.expects = this.partial = this.inbox = "";
    wire.say(`\0\0\xff\xfe#${said("RDY", "+CFUN: 1", "+CPIN: READY", "SMS Ready")}`, 900);
  }

  /** The modem's side of the dialogue, as the manuals print it. */
  say(line: string, wire: Wire): Reply {
    if (!this.on) return undefined;
    const special = this.special(line, wire);
    if (special !== null) return special;
    const expects = this.expects;
    this.expects = "";
    if (expects) return this.took(expects, line, wire);
    const [, name, value = ""] = /^AT(\+?\w*\??)=?(.*)$/s.exec(line) ?? [];
    const values = value.split(",").map((text) => text.replace(/"/g, ""));
    const data = (what: string, n: number, prompt: string) => {
      this.expects = what;
      wire.wanted = n;
      return prompt;
    };
    if (/PARA$|CONF$|CFG$|CSTT$|CNCFG$|QICSGP$|CGAUTH$|AHEAD$|SHSSL$|HTTPSSL$/.test(name)) this.set[value] = "";
    switch (name) {
      case "E0":
        wire.echo = false;
        return ok();
      case "+IPR":
        wire.say(ok());
        wire.time.system.after(() => (wire.modemBaud = Number(value)), 50);
        return undefined;
      case "+CPIN?":
        if (this.sim === "busy") return said("+CME ERROR: 14");
        return this.sim ? ok(`+CPIN: ${this.sim}`) : said("+CME ERROR: 10");
      case "+CPIN":
        this.pinsTried++;
        if (values[0] === this.pin) this.sim = "READY";
        return this.sim === "READY" ? ok() : said("+CME ERROR: 16");
      case "+CREG?":
      case "+CGREG?":
      case "+CEREG?":
        return ok(`${name.slice(0, -1)}: 0,${this.registered}`);
      case "+CSQ":
        return ok("+CSQ: 17,0");
      case "+CCLK?":
        return ok(`+CCLK: "${this.time}"`);
      case "+QLTS":
        return ok(`+QLTS: "${this.time && `20${this.time},0`}"`);
      case "+CMGR": {
        const text = this.messages[Number(value) - 1];
        if (text !== undefined) return ok(`+CMGR: "REC UNREAD","+4479001",,"26/11/22,12:00:00+04"\r\n${text}`);
        return this.family === "sim800" ? ok() : said("+CMS ERROR: 321");
      }
      case "+CMGD":
        this.messages[Number(value) - 1] = undefined;
        return ok();
      case "+CFUN":
        return ok();
      case "+CPOWD":
        this.on = false;
        return said("NORMAL POWER DOWN");
      case "+CPOF":
        this.on = false;
        return ok();
      case "+QPOWD":
        this.on = false;
        return said("OK", "POWERED DOWN");
      // SIM800
      case "+CIPSHUT":
        return said("SHUT OK");
      case "+CIFSR":
        return said("10.170.2.9");
      case "+CIPSTART":
        this.hosts.push(`${values[1]}:${values[2]}`);
        return said("OK", "CONNECT OK");
      // SIM7600
      case "+NETOPEN":
        return said("OK", "+NETOPEN: 0");
      case "+NETCLOSE":
        return said("+NETCLOSE: 2", "ERROR");
      case "+CIPCLOSE":
        return said("ERROR");
      case "+CIPOPEN":
        this.hosts.push(`${values[2]}:${values[3]}`);
        return said("OK", "+CIPOPEN: 0,0");
      case "+CIPSEND":
        return data("raw", Number(values[values.length - 1]), "\r\n>");
      case "+CIPRXGET": {
        if (values[0] !== "2") return ok();
        const link = this.family === "sim7600" ? "0," : "";
        return this.read(Number(values[values.length - 1]), (piece) =>
          ok(`+CIPRXGET: 2,${link}${piece.length},${this.inbox.length}${piece && `\r\n${piece}`}`),
        );
      }
      case "+HTTPINIT":
        return ok();
      case "+HTTPTERM":
        return said("ERROR");
      case "+HTTPPARA":
        if (values[0] === "URL") this.url = value.slice(7, -1);
        return ok();
      case "+HTTPDATA":
        return data("body", Number(values[0]), said("DOWNLOAD"));
      case "+HTTPACTION":
        return [said("OK"), said(`+HTTPACTION: 1,${this.status},${this.answer.length}`)];
      case "+HTTPREAD": {
        const piece = this.answer.substr(Number(values[0]), Number(values[1]));
        if (this.family === "sim800") return ok(`+HTTPREAD: ${piece.length}\r\n${piece}`);
        return said("OK", `+HTTPREAD: DATA,${piece.length}\r\n${piece}`, "+HTTPREAD: 0");
      }
      case "+CCERTDOWN":
        return data("ca", Number(values[1]), "\r\n>");
      // SIM7080
      case "+CNACT?":
        return ok('+CNACT: 0,1,"10.170.2.9"', '+CNACT: 1,0,"0.0.0.0"');
      case "+CNACT":
        return [said("OK"), said("+APP PDP: 0,ACTIVE")];
      case "+CAOPEN":
        this.hosts.push(`${values[3]}:${values[4]}`);
        return said("+CAOPEN: 0,0", "OK");
      case "+CASEND":
        return data("raw", Number(values[1]), "\r\n>");
      case "+CARECV":
        return this.read(Number(values[1]), (piece) => ok(`+CARECV: ${piece.length}${piece && `,${piece}`}`));
      case "+SHDISC":
      case "+CACLOSE":
        return said("ERROR");
      case "+SHCONF":
        if (values[0] === "URL") this.url = values[1];
        return ok();
      case "+SHBOD":
        return data("body", Number(values[0]), "\r\n>");
      case "+SHREQ":
        this.url += values[0];
        return [said("OK"), said(`+SHREQ: "POST",${this.status},${this.answer.length}`)];
      case "+SHREAD": {
        const piece = this.answer.substr(Number(values[0]), Number(values[1]));
        return `${said("OK", `+SHREAD: ${piece.length}`)}${piece}\r\n`;
      }
      case "+CFSWFILE":
        return data("ca", Number(values[3]), said("DOWNLOAD"));
      // Quectel
      case "+QIOPEN":
        this.hosts.push(`${values[3]}:${values[4]}`);
        return [said("OK"), said("+QIOPEN: 0,0")];
      case "+QISEND":
        return data("raw", Number(values[1]), "\r\n> ");
      case "+QIRD":
        return this.read(Number(values[1]), (piece) => ok(`+QIRD: ${piece.length}${piece && `\r\n${piece}\r\n`}`));
      case "+QHTTPURL":
        return data("url", Number(values[0]), said("CONNECT"));
      case "+QHTTPPOST":
        return data("post", Number(values[0]), said("CONNECT"));
      case "+QHTTPREAD":
        return `${said("CONNECT")}${this.answer}${said("OK", "+QHTTPREAD: 0")}`;
      case "+QFUPL":
        return data("ca", Number(values[1]), said("CONNECT"));
      case "+QHTTPSTOP":
        return said("ERROR");
    }
    return ok();
  }

  private took(what: string, text: string, wire: Wire): Reply {
    if (what === "url") this.url = text;
    if (what === "ca") this.set["ca.pem"] = text;
    if (what === "body") this.requests.push(text);
    if (what === "post") {
      this.requests.push(text);
      return [said("OK"), said(`+QHTTPPOST: 0,${this.status},${this.answer.length}`)];
    }
    if (what !== "raw") return what === "ca" && this.family === "quectel" ? ok(`+QFUPL: ${text.length},3f`) : ok();
    this.partial += text;
    const [head, body = ""] = this.partial.split("\r\n\r\n");
    const length = Number(/Content-Length:(\d+)/.exec(head)?.[1]);
    if (body.length >= length) {
      this.requests.push(this.partial);
      this.partial = "";
      this.inbox = this.raw();
      wire.say(this.data(), 300);
      if (this.closes) wire.say(this.gone(), 400);
    }
    return this.family === "sim7600" ? said("OK", `+CIPSEND: 0,${text.length},${text.length}`) : said(this.sent());
  }
  private partial = "";
  private sent = () => (this.family === "sim7080" ? "OK" : "SEND OK");
  private data = () =>
    said(
      { sim800: "+CIPRXGET: 1", sim7600: "+CIPRXGET: 1,0", sim7080: "+CADATAIND: 0", quectel: '+QIURC: "recv",0' }[
        this.family
      ],
    );
  private gone = () =>
    said(
      { sim800: "CLOSED", sim7600: "+IPCLOSE: 0,1", sim7080: "+CASTATE: 0,0", quectel: '+QIURC: "closed",0' }[
        this.family
      ],
    );

  /** Where the modem's own service sent its request. */
  get address(): string {
    return this.url;
  }
}

/** A session with a modem of a family, and what it told. */
export function session(
  family: Family,
  more: Partial<ModemSettings> = {},
  prepare: (world: World, wire: Wire) => void = () => {},
) {
  const world = new World(family);
  const wire = new Wire((line, w) => world.say(line, w));
  const told: [string, number | string][] = [];
  prepare(world, wire);
  const chosen = settings(more);
  const transport = modem(wire, wire.time.system, chosen, FAMILIES[family], (event, value) =>
    told.push([event, value]),
  );
  const off = () => told.find(([event]) => event === "off")?.[1];
  return { world, wire, told, transport, off, settings: chosen };
}
