/**
 * What all the modules have in common: power and its key, the command line, SIM, registration, time, data connection,
 * sockets, messages, sleep. What a family does otherwise is its dialect.
 */
import { Refusal } from "./at";
import {
  type Answer,
  answerBytes,
  type Connection,
  type Failure,
  type Headers,
  httpReader,
  type Network,
  nowhere,
  type Tls,
} from "./network";
import { type Commands, type Manners, Shell } from "./shell";

/** Data of a module, from its manuals. Times in seconds. */
export interface Traits extends Manners {
  manufacturer: string;
  model: string;
  revision: string;
  /** How long the power key is held to switch on, to switch off, and to start anew if it can. */
  key: { on: number; off: number; restart?: number };
  /** From switching on until the UART listens; from then until the SIM is read; from then until a network is found. */
  listen: number;
  sim: number;
  register: number;
  /** From the order to switch off until it is off. */
  stop: number;
  /** Round trip in milliseconds, and bytes a millisecond. */
  trip: number;
  rate: number;
  /** Unix seconds that the clock starts with, and whether AT+CTZU=1 sets it to GMT and not to local time. */
  epoch: number;
  clockInGmt?: boolean;
  /** Settings as they leave the factory, those that AT&W keeps, those kept at once, and those kept but valid after a restart. */
  settings: { [name: string]: number };
  saved: string[];
  kept: string[];
  restarted: string[];
  /** CSQ without a signal; the bit error rate with one. */
  noSignal: string;
  errorRate: number;
  /** Where messages are, how many fit, and the number of the first place. */
  store: string;
  room: number;
  first: number;
  /** Which registrations it knows. */
  registrations: ("CREG" | "CGREG" | "CEREG")[];
}

export interface Dialect {
  traits: Traits;
  commands: Commands;
  /** Says what the module says when its UART begins to listen. */
  boot(): void;
  /** The SIM became usable, or it is gone. */
  sim(ready: boolean): void;
  /** Forgets what the services of the module hold; the power is gone. */
  clear(): void;
  /** The network took the data connection away. */
  dataLost(): void;
  /** Data came for a socket, or its other side closed it. */
  data(link: Link): void;
  closed(link: Link): void;
  /** A session of the HTTP service stands open, as one before a controller's reset left it. */
  leaveOpen(): void;
}

/** What the place offers. All of it may be changed at any time; `look` afterwards. */
export interface Air {
  antenna: boolean;
  /** Signal, 0 to 31. */
  signal: number;
  /** What the network does with this SIM. */
  service: "home" | "roaming" | "searching" | "denied" | "unknown" | "none";
  /** Whether it sends its time, its zone in quarters of an hour, and seconds by which it is wrong. */
  time: boolean;
  zone: number;
  timeOffset: number;
  /** The only APN it takes; undefined takes any. */
  apn?: string;
}

export interface Sim {
  state: "ready" | "absent" | "busy" | "pin" | "puk";
  pin: string;
  puk: string;
  /** Tries that are left. */
  tries: number;
  pukTries: number;
}

export type Message = { index: number; from: string; text: string; at: number; read: boolean };

/** A socket of the module. */
export class Link {
  readonly requests = httpReader();
  held = Buffer.alloc(0);
  /** Bytes sent, received, and given to the controller. */
  sent = 0;
  received = 0;
  taken = 0;
  /** Whether the controller was told of what is held. */
  told = false;
  /** "open" to the other side, "closed" by it, or both know that it is over. */
  state: "opening" | "open" | "closed" = "opening";
  /** What comes is lost. */
  deaf = false;
  connection?: Connection;
  /** What is on its way out, and what on its way in from which world time on; no bytes: the other side closes. */
  readonly out: Buffer[] = [];
  readonly in: { bytes?: Buffer; from: number }[] = [];

  constructor(
    readonly id: number,
    readonly host: string,
    readonly port: number,
    readonly mode: number,
  ) {}

  /** Up to `length` bytes that came, as text. */
  take(length: number): string {
    const text = this.held.toString("latin1", 0, length);
    this.held = this.held.subarray(text.length);
    this.taken += text.length;
    this.told = this.held.length > 0;
    return text;
  }
}

/** How a request of the HTTP service ended: an answer, or why there is none ("coverage": no way to the network), or the module's own number. */
export type Result = { status: number; body: Buffer } | { failure: Failure["failure"] | "coverage" } | { own: number };

/** Seconds until a request over a network that is gone is given up, and until the network forgets a lost module. */
const GIVE_UP = 20;
const FORGET = 30;
/** Seconds after which TCP sends again, and how often it does. */
const AGAIN = 2;
const TRIES = 30;

export class Unit extends Shell {
  state: "off" | "booting" | "on" | "stopping" = "off";
  readonly air: Air = { antenna: true, signal: 18, service: "home", time: true, zone: 12, timeOffset: 0 };
  readonly card: Sim = { state: "ready", pin: "1234", puk: "12345678", tries: 3, pukTries: 10 };
  readonly files = new Map<string, Buffer>();
  readonly messages: Message[] = [];
  readonly links = new Map<number, Link>();
  network: Network = nowhere;
  /** TCP payload both ways, since the module was made. */
  sent = 0;
  received = 0;
  /** Registration as +CREG gives it; whether packet service is attached; whether there is a data connection. */
  stat = 0;
  attached = false;
  bearer = false;
  apn = "";
  simReady = false;
  smsReady = false;
  /** What the network last said: seconds to add to world time, and its zone. */
  networkTime?: { offset: number; zone: number };
  /** The module does nothing any more, until its rail is cut, or for ever. */
  dead: "" | "hung" | "dead" = "";
  /** A person's view of the HTTP service. */
  http = "";
  dialect!: Dialect;
  onState: () => void = () => {};

  private kept: { [name: string]: number } = {};
  private radio = true;
  private registering = 0;
  private aiming = -1;
  private forgetting = 0;
  /** The next time that the registration comes or goes, 0 while it does not. */
  flapping = 0;
  /** Seconds to add to world time for the clock's, 0 while it has none; its zone in quarters of an hour. */
  private clock = 0;
  private zone = 0;
  private inbox: { from: string; text: string }[] = [];

  // ---- Power ----

  get traits(): Traits {
    return this.dialect.traits;
  }

  protected get commands(): Commands {
    return this.dialect.commands;
  }

  /** Whether the UART has a supply, and whether anybody reads it. */
  protected get speaking(): boolean {
    return this.state !== "off" && !this.dead;
  }

  protected get listening(): boolean {
    return this.state === "on" && !this.dead;
  }

  powerUp(): void {
    if (this.state !== "off" || this.dead) return;
    this.begin();
    this.state = "booting";
    this.settings = { ...this.traits.settings, ...this.kept };
    this.tune(this.settings.IPR ?? this.initialRate);
    this.radio = true;
    if (this.clock === 0) this.setClock(this.traits.epoch, 0);
    this.note("bench", "switched on");
    this.onState();
    const noise = this.take("noise");
    if (noise) this.after(100, () => this.noise(Number(noise[0] ?? 8)));
    this.after(this.traits.listen * 1000, () => {
      this.state = "on";
      this.stir();
      this.dialect.boot();
      this.readSim();
      this.onState();
    });
  }

  /** Leaves the network and switches off; `said` is the module's last word. */
  powerDown(said?: string): void {
    if (this.state === "off" || this.state === "stopping") return;
    this.state = "stopping";
    this.radioOff();
    this.after(this.traits.stop * 1000, () => {
      if (said && !this.take("no-powerdown")) this.speak(said);
      // The last word still gets out before the supply of the UART goes.
      this.after(100, () => this.off());
    });
    this.onState();
  }

  /** Off at once: the rail is cut, or the module is done. */
  off(): void {
    if (this.state === "off") return;
    this.state = "off";
    this.begin();
    for (const link of this.links.values()) link.connection?.close();
    this.links.clear();
    this.stat = 0;
    this.aiming = -1;
    this.networkTime = undefined;
    this.attached = this.bearer = this.simReady = this.smsReady = false;
    this.http = "";
    this.dialect.clear();
    this.note("bench", "switched off");
    this.onState();
  }

  /** The module starts anew by itself. */
  restart(): void {
    this.off();
    this.powerUp();
  }

  /** The rail is cut: the clock is lost too, and a module that hangs gets another chance. */
  railLost(): void {
    this.off();
    this.clock = 0;
    if (this.dead === "hung") this.dead = "";
  }

  // ---- Settings ----

  /** Sets what an AT command sets, and keeps it as the family does. */
  set(name: string, value: number): void {
    if (this.traits.restarted.includes(name)) this.kept[name] = value;
    else this.settings[name] = value;
    if (this.traits.kept.includes(name)) this.kept[name] = value;
  }

  /** AT&W. */
  save(): void {
    for (const name of this.traits.saved) this.kept[name] = this.settings[name];
  }

  /** AT&F and ATZ. */
  load(from: "factory" | "saved"): void {
    for (const name of this.traits.saved)
      this.settings[name] = (from === "saved" ? this.kept[name] : undefined) ?? this.traits.settings[name];
  }

  // ---- SIM ----

  /** The module looks for its SIM, which it does when it starts and when it is given back its functions. */
  readSim(): void {
    this.after(this.traits.sim * 1000, () => {
      if (this.card.state === "busy") this.readSim();
      else if (this.card.state === "ready") this.simUp();
      else if (this.card.state === "absent") this.dialect.sim(false);
      else this.urc(`+CPIN: ${this.pinState()}`);
    });
  }

  private simUp(): void {
    if (this.simReady) return;
    this.simReady = true;
    this.dialect.sim(true);
    this.after(2000, () => {
      this.smsReady = true;
      this.deliver();
    });
    this.look();
  }

  /** What AT+CPIN? says, or the code that it is refused with. */
  pinState(): string | number {
    const { state } = this.card;
    if (this.simReady) return "READY";
    if (state === "pin") return "SIM PIN";
    if (state === "puk") return "SIM PUK";
    return state === "absent" ? 10 : 14;
  }

  enterPin(pin: string, replacement?: string): void {
    const { card } = this;
    if (card.state === "pin" && replacement === undefined) {
      if (pin === card.pin) card.tries = 3;
      else if (--card.tries <= 0) {
        card.state = "puk";
        throw new Refusal(12);
      } else throw new Refusal(16);
    } else if (card.state === "puk" && replacement !== undefined) {
      if (pin !== card.puk) {
        card.pukTries = Math.max(0, card.pukTries - 1);
        throw new Refusal(card.pukTries ? 16 : 13);
      }
      card.pin = replacement;
      card.tries = 3;
      card.pukTries = 10;
    } else throw new Refusal(3);
    card.state = "ready";
    this.after(1000, () => this.simUp());
  }

  /** Somebody pulls the SIM out of a running module, or locks it from outside. */
  simGone(): void {
    if (!this.simReady) return;
    this.simReady = this.smsReady = false;
    this.dialect.sim(false);
    this.look();
  }

  /** Refuses a command that needs the SIM. */
  needSim(kind: "CME" | "CMS" = "CME"): void {
    if (this.simReady && (kind === "CME" || this.smsReady)) return;
    const { state } = this.card;
    const code = state === "absent" ? 0 : state === "pin" ? 1 : state === "puk" ? 2 : 4;
    throw new Refusal((kind === "CMS" ? 310 : 10) + code, kind);
  }

  // ---- Radio ----

  /** AT+CFUN. */
  setFunction(level: number): void {
    if (level === 0 || level === 4) {
      this.radio = false;
      if (level === 0 && this.simReady) {
        this.simReady = this.smsReady = false;
        this.dialect.sim(false);
      }
      this.radioOff();
    } else {
      this.radio = true;
      if (this.simReady) this.look();
      else this.readSim();
    }
  }

  get functionLevel(): number {
    return this.radio ? 1 : this.simReady ? 4 : 0;
  }

  private radioOff(): void {
    this.world.cancel(this.registering);
    this.aiming = -1;
    this.register(0);
    this.loseData();
  }

  get registered(): boolean {
    return this.stat === 1 || this.stat === 5;
  }

  /** Whether bytes get to the network just now. */
  get covered(): boolean {
    return this.registered && this.attached && this.air.antenna;
  }

  /** Something in the air changed, or in the module: it finds its place anew, which takes a while. */
  look(): void {
    if (this.state !== "on" && this.state !== "booting") return;
    const { air } = this;
    const wanted = !this.radio || !this.simReady ? 0 : !air.antenna ? 2 : STATS[air.service];
    if (wanted === this.aiming) return;
    this.world.cancel(this.registering);
    this.aiming = wanted === this.stat ? -1 : wanted;
    if (wanted === this.stat) return;
    if (this.stat === 0 && wanted !== 0) this.register(2);
    const seconds = wanted === 0 ? 0 : wanted === 2 ? 3 : this.traits.register;
    this.registering = this.after(seconds * 1000, () => {
      this.aiming = -1;
      this.register(wanted);
    });
  }

  /** The registration comes and goes every so many seconds; 0 ends that. */
  flap(seconds: number): void {
    this.world.cancel(this.flapping);
    this.flapping = 0;
    if (!seconds) return;
    this.flapping = this.world.after(seconds * 1000, () => {
      this.air.service = this.air.service === "home" ? "searching" : "home";
      this.look();
      this.flap(seconds);
    });
  }

  private register(stat: number): void {
    if (stat === this.stat) return;
    this.stat = stat;
    for (const name of this.traits.registrations) {
      const n = this.settings[name];
      if (n && this.state === "on") this.urc(`+${name}: ${stat}${n === 2 && this.registered ? this.place : ""}`);
    }
    this.world.cancel(this.forgetting);
    if (this.registered) {
      this.after(1000, () => {
        if (!this.registered) return;
        this.attached = true;
        this.tellTime();
        this.deliver();
      });
    } else {
      this.attached = false;
      this.forgetting = this.after(FORGET * 1000, () => this.loseData());
    }
    this.onState();
  }

  /** Location area and cell, as the registrations give them. */
  get place(): string {
    return ',"00C3","1A2B"';
  }

  /** The data connection is gone, and with it every socket. */
  loseData(): void {
    if (!this.bearer) return;
    this.bearer = false;
    for (const link of this.links.values()) link.connection?.close();
    if (this.state === "on") this.dialect.dataLost();
    this.links.clear();
  }

  /** Brings up the data connection with the APN that was set; it takes some trips to the network. */
  activate(done: (ok: boolean) => void): void {
    this.after(500 + 3 * this.traits.trip, () => {
      const ok = this.covered && (this.air.apn === undefined || this.air.apn === this.apn);
      if (ok) this.bearer = true;
      done(ok);
    });
  }

  // ---- Time ----

  /** The network says what time it is. */
  tellTime(): void {
    const { air } = this;
    if (air.time && this.state === "on") this.heardTime(this.world.now / 1000 + air.timeOffset, air.zone);
  }

  private heardTime(unix: number, zone: number): void {
    const { CLTS, CTZU } = this.settings;
    this.networkTime = { offset: unix - this.world.now / 1000, zone };
    if (!CLTS && !CTZU) return;
    this.setClock(unix + (CTZU === 1 && this.traits.clockInGmt ? 0 : zone * 900), zone);
    if (CLTS) {
      const [year, month, day, ...time] = new Date(unix * 1000)
        .toISOString()
        .split(/[-T:.]/)
        .map(Number);
      this.urc(`*PSUTTZ: ${[year, month, day, ...time.slice(0, 3)].join(",")},"${quarters(zone)}",0`);
      this.urc("DST: 0");
    }
  }

  /** Sets the clock: local seconds since 1970, and its zone in quarters of an hour. */
  setClock(local: number, zone: number): void {
    this.clock = local - this.world.now / 1000;
    this.zone = zone;
  }

  /** The clock, as AT+CCLK? gives it. */
  get time(): string {
    return stamp(this.clock + this.world.now / 1000, this.zone);
  }

  /** Whether the clock holds a date that a certificate can be checked with. */
  get timeSet(): boolean {
    return this.clock !== 0 && this.clock + this.world.now / 1000 > 1577836800;
  }

  // ---- The HTTP service ----

  /** One POST of the HTTP service. `head` is how many bytes the module puts before the body. */
  request(
    url: string,
    headers: Headers,
    body: Buffer,
    tls: Tls | undefined,
    head: number,
    done: (result: Result) => void,
  ): void {
    const { trip, rate } = this.traits;
    const up = trip * (tls ? 4 : 2) + (head + body.length) / rate;
    this.after(up / 2, () => this.midway());
    this.after(up, () => {
      const own = this.take("modem-error");
      if (own) return done({ own: Number(own[0]) });
      if (!this.bearer) return done({ failure: "coverage" });
      if (!this.covered) return void this.after(GIVE_UP * 1000, () => done({ failure: "coverage" }));
      const lost = this.take("answer-lost");
      const answer = this.forged() ?? this.network.post(url, headers, body, tls);
      if ("failure" in answer) {
        const patience = answer.failure === "timeout" ? GIVE_UP * 1000 : trip;
        return void this.after(patience, () => done(answer));
      }
      this.sent += head + body.length;
      const length = answer.body.length + (answer.head ?? answerBytes(answer).length - answer.body.length);
      const { status, body: text } = this.marked(answer);
      this.after((answer.delaySeconds ?? 0) * 1000 + trip + length / rate, () => {
        if (lost || !this.bearer || !this.covered)
          return void this.after(GIVE_UP * 1000, () => done({ failure: lost ? "timeout" : "coverage" }));
        this.received += length;
        done({ status, body: Buffer.from(text) });
      });
    });
  }

  /** Tries whether a server is there and takes the TLS, as a service does that connects before it sends. */
  probe(
    { host, port }: { host: string; port: number },
    tls: Tls | undefined,
    done: (failure?: Failure["failure"] | "coverage") => void,
  ): void {
    this.after(this.traits.trip * (tls ? 4 : 1.5), () => {
      if (!this.bearer) return done("coverage");
      if (!this.covered) return void this.after(GIVE_UP * 1000, () => done("coverage"));
      const connection = this.network.connect(host, port, tls);
      if ("failure" in connection)
        return void this.after(connection.failure === "timeout" ? GIVE_UP * 1000 : 0, () => done(connection.failure));
      connection.close();
      done();
    });
  }

  /** Faults that come in the middle of a POST. */
  private midway(): void {
    const text = this.take("sms-in-post");
    if (text) this.sms(text[0] ?? "+254700000001", text.slice(1).join(" ") || "123 456 789");
    if (this.take("brownout")) this.restart();
    if (this.take("shutdown")) this.off();
  }

  /** An answer that some box between here and the server gives in its place. */
  private forged(): Answer | undefined {
    const status = this.take("http-status");
    if (status) return { status: Number(status[0] ?? 500), body: Buffer.from("error\n") };
    if (!this.take("portal")) return undefined;
    const html = "<!DOCTYPE html><html><body><h1>Your data bundle is finished</h1>OK</body></html>\r\n";
    return { status: 200, headers: { "Content-Type": "text/html" }, body: Buffer.from(html) };
  }

  /** Faults in what the server says. */
  private marked(answer: Answer): Answer {
    const inside = this.take("body-ok");
    const big = this.take("body-64k");
    if (inside)
      return {
        ...answer,
        body: Buffer.concat([Buffer.from(inside.join(" ") || '\r\nOK\r\n+CMTI: "SM",1\r\n\r\nERROR\r\n'), answer.body]),
      };
    return big ? { ...answer, body: Buffer.alloc(65536, "x") } : answer;
  }

  // ---- Sockets ----

  /** Opens a socket; `done` without a reason means that it stands. */
  open(link: Link, tls: Tls | undefined, done: (failure?: Failure["failure"] | "coverage") => void): void {
    this.links.set(link.id, link);
    const end = (failure: Failure["failure"] | "coverage") => {
      if (this.links.get(link.id) === link) this.links.delete(link.id);
      done(failure);
    };
    this.after(this.traits.trip * (tls ? 4 : 1.5), () => {
      if (this.links.get(link.id) !== link) return;
      if (!this.bearer) return end("coverage");
      if (!this.covered) return void this.after(GIVE_UP * 1000, () => end("coverage"));
      const connection = this.network.connect(link.host, link.port, tls);
      if ("failure" in connection) {
        const patience = connection.failure === "timeout" ? GIVE_UP * 1000 : 0;
        return void this.after(patience, () => end(connection.failure));
      }
      link.connection = connection;
      link.state = "open";
      connection.onData = (bytes, delay) => this.arrived(link, bytes, delay);
      connection.onClose = (delay) => this.hungUp(link, delay);
      done();
    });
  }

  private arrived(link: Link, bytes: Buffer, delay: number): void {
    link.in.push({ bytes: this.rewritten(bytes), from: this.world.now + delay * 1000 });
    if (link.in.length === 1) this.pumpIn(link);
  }

  private hungUp(link: Link, delay: number): void {
    link.in.push({ from: this.world.now + delay * 1000 + 100 });
    if (link.in.length === 1) this.pumpIn(link);
  }

  /** What is on its way comes in, one after the other. TCP loses nothing: without coverage it comes later. */
  private pumpIn(link: Link, tries = 0): void {
    const [{ bytes, from }] = link.in;
    const { trip, rate } = this.traits;
    const wait = tries ? AGAIN * 1000 : Math.max(0, from - this.world.now) + trip / 2 + (bytes?.length ?? 0) / rate;
    this.after(wait, () => {
      if (this.links.get(link.id) !== link || link.deaf || link.state === "closed") return;
      if (!this.covered) {
        if (tries < TRIES) this.pumpIn(link, tries + 1);
        else this.end(link);
        return;
      }
      link.in.shift();
      if (!bytes) return this.end(link);
      link.held = Buffer.concat([link.held, bytes]);
      link.received += bytes.length;
      this.received += bytes.length;
      if (link.in.length > 0) this.pumpIn(link);
      this.dialect.data(link);
    });
  }

  /** The other side is gone. */
  private end(link: Link): void {
    if (this.links.get(link.id) !== link || link.state === "closed") return;
    link.state = "closed";
    this.dialect.closed(link);
  }

  /** An answer on its way through a socket, with the faults that are in it. */
  private rewritten(bytes: Buffer): Buffer {
    const head = bytes.indexOf("\r\n\r\n");
    if (head < 0 || !this.armed.some(({ name }) => name === "body-ok" || name === "body-64k")) return bytes;
    const { body } = this.marked({ status: 0, body: bytes.subarray(head + 4) });
    const text = bytes.toString("latin1", 0, head + 4).replace(/(content-length: *)\d+/i, `$1${body.length}`);
    return Buffer.concat([Buffer.from(text, "latin1"), body]);
  }

  /** Sends through a socket. */
  send(link: Link, data: string): void {
    link.sent += data.length;
    link.out.push(Buffer.from(data, "latin1"));
    if (link.out.length === 1) this.pumpOut(link);
  }

  private pumpOut(link: Link, tries = 0): void {
    const [bytes] = link.out;
    const { trip, rate } = this.traits;
    this.after(tries ? AGAIN * 1000 : trip / 2 + bytes.length / rate, () => {
      if (this.links.get(link.id) !== link || link.deaf || link.state === "closed") return;
      if (!this.covered) {
        if (tries < TRIES) this.pumpOut(link, tries + 1);
        else this.end(link);
        return;
      }
      const { life } = this;
      if (link.requests.rest.length > 0 || /^POST /.test(bytes.toString("latin1", 0, 5))) this.midway();
      if (life !== this.life) return;
      link.out.shift();
      this.sent += bytes.length;
      this.hand(link, bytes);
      if (link.out.length > 0) this.pumpOut(link);
    });
  }

  /** Bytes reach the other side, or what a fault has in its place. */
  private hand(link: Link, bytes: Buffer): void {
    const whole = link.requests.feed(bytes).length > 0;
    const forged = whole ? this.forged() : undefined;
    if (forged) {
      this.arrived(link, answerBytes(forged), 0);
      return;
    }
    const failed = whole && this.take("modem-error");
    const lost = whole && this.take("answer-lost");
    if (!failed) link.connection?.send(bytes);
    if (failed || lost) {
      // Nothing comes through this socket any more, and after a while it is found dead.
      link.deaf = true;
      this.after(GIVE_UP * 1000, () => this.end(link));
    }
  }

  shut(link: Link): void {
    link.connection?.close();
    this.links.delete(link.id);
  }

  // ---- Messages ----

  /** Somebody sends a message to this SIM; the network keeps it until it can be given. */
  sms(from: string, text: string): void {
    this.inbox.push({ from, text });
    this.deliver();
  }

  private deliver(): void {
    while (this.inbox.length > 0 && this.smsReady && this.covered && this.messages.length < this.traits.room) {
      const { from, text } = this.inbox.shift()!;
      let index = this.traits.first;
      while (this.messages.some((message) => message.index === index)) index++;
      const message = { index, from, text, at: this.world.now / 1000, read: false };
      if (this.settings.CNMI === 2) this.urc(`+CMT: ${this.header(message).replace(/^"[A-Z ]+",/, "")}\r\n${text}`);
      else {
        this.messages.push(message);
        this.messages.sort((a, b) => a.index - b.index);
        if (this.settings.CNMI === 1) this.urc(`+CMTI: "${this.traits.store}",${index}`);
      }
    }
  }

  /** A message's line in text mode: state, sender, name (none), time. */
  header(message: Message): string {
    const { zone } = this.air;
    const name = this.traits.manufacturer === "Quectel" ? "" : '""';
    const state = message.read ? "REC READ" : "REC UNREAD";
    return `"${state}","${message.from}",${name},"${stamp(message.at + zone * 900, zone)}"`;
  }

  /** Room was made. */
  remove(which: (message: Message) => boolean): void {
    for (const message of this.messages.filter(which)) this.messages.splice(this.messages.indexOf(message), 1);
    this.after(1000, () => this.deliver());
  }
}

const STATS = { none: 0, home: 1, roaming: 5, searching: 2, denied: 3, unknown: 4 };

function quarters(zone: number): string {
  return `${zone < 0 ? "-" : "+"}${String(Math.abs(zone)).padStart(2, "0")}`;
}

/** Local seconds since 1970 as yy/MM/dd,hh:mm:ss+zz. */
function stamp(local: number, zone: number): string {
  return new Date(local * 1000).toISOString().slice(2, 19).replace("T", ",").replace(/-/g, "/") + quarters(zone);
}
