/** A modem alone on a desk: its pins are wires, its UART is typed at, and what it says is read. */
import { type Modem, type ModemOptions, modem } from "../../../bench/parts/modem/modem";
import { type Answer, type Failure, type Headers, inProcess } from "../../../bench/parts/modem/network";
import { World } from "../../../bench/world";

/** 2026-11-22T00:00:00Z. */
export const START = 1795305600;
export const ANSWER = '{"tokens":["123 456 789"]}\n';
export const URL = "http://metrics.example/dd";

export interface Desk {
  world: World;
  part: Modem;
  /** What the modem said since the last look. */
  heard(): string;
  /** Types as it is. */
  type(text: string): void;
  /** Types a command line, lets time pass (1 s), and gives what came. */
  at(command: string, seconds?: number): string;
  wait(seconds: number): void;
  /** What came, piece by piece. */
  pieces: string[];
  /** What reached the server. */
  requests: { url: string; headers: Headers; body: string }[];
  /** What the server does instead of its usual answer. */
  serve?: (body: Buffer) => Answer | Failure;
}

/** A modem with power, its key pressed if it has one, and a server behind the air. */
export function desk(options: Partial<ModemOptions> & { family: string }, on = true): Desk {
  const world = new World(START);
  const part = modem(world, { port: "Serial3", ...options });
  const pieces: string[] = [];
  part.toController = (text) => pieces.push(text);
  const requests: Desk["requests"] = [];
  const it: Desk = {
    world,
    part,
    pieces,
    requests,
    heard: () => pieces.splice(0).join(""),
    type: (text) => part.hear(text),
    at(command, seconds = 1) {
      it.heard();
      part.hear(`${command}\r`);
      it.wait(seconds);
      return it.heard();
    },
    wait: (seconds) => world.run(world.now + seconds * 1000),
  };
  part.network = inProcess((url, headers, body) => {
    requests.push({ url, headers, body: body.toString("latin1") });
    return it.serve?.(body) ?? { status: 201, body: Buffer.from(ANSWER) };
  });
  part.power?.(true);
  if (on) it.wait(40);
  return it;
}

/** The same, spoken to at the right rate, without echo and with numbers for errors. */
export function ready(family: string, options: Partial<ModemOptions> = {}): Desk {
  const it = desk({ family, ...options });
  it.at("AT");
  it.at("AT");
  it.at("ATE0");
  it.at("AT+CMEE=1");
  it.wait(30);
  it.heard();
  it.part.complaints.length = 0;
  return it;
}

export const FAMILIES = ["sim800", "sim7600", "sim7080", "bg95"] as const;
export const MODELS = ["sim800", "sim7600", "a7670", "sim7080", "sim7070", "bg95", "eg915", "ec21"] as const;

/** Brings up the data connection. */
export function bearer(it: Desk): void {
  const steps: { [family: string]: string[] } = {
    sim800: ['AT+SAPBR=3,1,"CONTYPE","GPRS"', 'AT+SAPBR=3,1,"APN","internet"', "AT+SAPBR=1,1"],
    sim7600: ['AT+CGDCONT=1,"IP","internet"', "AT+CGACT=1,1"],
    sim7080: ['AT+CNCFG=0,1,"internet"', "AT+CNACT=0,1"],
    quectel: ['AT+QICSGP=1,1,"internet","","",1', "AT+QIACT=1"],
  };
  for (const step of steps[dialect(it)]) it.at(step, 5);
}

export function dialect(it: Desk): "sim800" | "sim7600" | "sim7080" | "quectel" {
  const { family } = it.part;
  if (family === "sim800") return "sim800";
  return /^(sim7600|a7670)$/.test(family) ? "sim7600" : /^sim70/.test(family) ? "sim7080" : "quectel";
}

/** One POST by the HTTP service, from a data connection that stands, and its answer. All that was said comes back. */
export function post(it: Desk, body = '{"s":1}', url = URL): string {
  const length = body.length;
  const [, origin, path] = /^(https?:\/\/[^/]+)(.*)$/.exec(url)!;
  const said: string[] = [];
  const step = (command: string, seconds = 3) => said.push(it.at(command, seconds));
  const data = (text: string, seconds = 3) => {
    it.type(text);
    it.wait(seconds);
    said.push(it.heard());
  };
  const answered = (seconds = 60) => {
    it.wait(seconds);
    said.push(it.heard());
    return Number(/(?:ACTION: ?1|SHREQ: ?"POST"|HTTPPOST: ?0),\d+,(\d+)/.exec(said.join(""))?.[1] ?? 0);
  };
  const which = dialect(it);
  if (which === "sim800" || which === "sim7600") {
    step("AT+HTTPINIT");
    if (which === "sim800") step('AT+HTTPPARA="CID",1');
    step(`AT+HTTPPARA="URL","${which === "sim800" ? url.replace(/^https?:\/\//, "") : url}"`);
    step('AT+HTTPPARA="CONTENT","application/json"');
    step(`AT+HTTPDATA=${length},${which === "sim800" ? 10000 : 30}`);
    data(body);
    step("AT+HTTPACTION=1", 0.5);
    const n = answered();
    if (n) step(`AT+HTTPREAD=0,${n}`, 20);
    step("AT+HTTPTERM");
  } else if (which === "sim7080") {
    step(`AT+SHCONF="URL","${origin}"`);
    step('AT+SHCONF="BODYLEN",1024');
    step('AT+SHCONF="HEADERLEN",350');
    step("AT+SHCONN", 10);
    step("AT+SHCHEAD");
    step('AT+SHAHEAD="Content-Type","application/json"');
    step(`AT+SHBOD=${length},10000`);
    data(body);
    step(`AT+SHREQ="${path}",3`, 0.5);
    const n = answered();
    if (n) step(`AT+SHREAD=0,${n}`, 20);
    step("AT+SHDISC");
  } else {
    step('AT+QHTTPCFG="contextid",1');
    step(`AT+QHTTPURL=${url.length},80`);
    data(url);
    step(`AT+QHTTPPOST=${length},60,60`, 5);
    data(body, 0.2);
    const n = answered();
    if (n) step("AT+QHTTPREAD=80", 20);
  }
  return said.join("");
}

/** A POST with no more of a head than a server needs. */
export const lean = (body: string) =>
  `POST /dd HTTP/1.1\r\nHost: metrics.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** One POST through a socket, from a data connection that stands. All that was said comes back. */
export function rawPost(it: Desk, body = '{"s":1}', seconds = 60): string {
  const request = lean(body);
  const n = request.length;
  const steps = {
    sim800: {
      open: [
        "AT+CIPSHUT",
        "AT+CIPRXGET=1",
        'AT+CSTT="internet"',
        "AT+CIICR",
        "AT+CIFSR",
        'AT+CIPSTART="TCP","metrics.example",80',
      ],
      send: `AT+CIPSEND=${n}`,
      read: "AT+CIPRXGET=2,1460",
      close: "AT+CIPCLOSE",
    },
    sim7600: {
      open: ["AT+NETOPEN", "AT+CIPRXGET=1", 'AT+CIPOPEN=0,"TCP","metrics.example",80'],
      send: `AT+CIPSEND=0,${n}`,
      read: "AT+CIPRXGET=2,0",
      close: "AT+CIPCLOSE=0",
    },
    sim7080: {
      open: ['AT+CAOPEN=0,0,"TCP","metrics.example",80'],
      send: `AT+CASEND=0,${n}`,
      read: "AT+CARECV=0,1460",
      close: "AT+CACLOSE=0",
    },
    quectel: {
      open: ['AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0'],
      send: `AT+QISEND=0,${n}`,
      read: "AT+QIRD=0,1460",
      close: "AT+QICLOSE=0",
    },
  }[dialect(it)];
  const said = steps.open.map((step) => it.at(step, 6));
  said.push(it.at(steps.send));
  it.type(request);
  it.wait(seconds);
  said.push(it.heard(), it.at(steps.read), it.at(steps.close, 2));
  return said.join("");
}

/** Types lines and data in turn, and holds each answer to what the manual has. A number waits so many seconds. */
export function talk(it: Desk, ...lines: [typed: string | number, said: string][]): void {
  for (const [typed, said] of lines) {
    if (typeof typed === "number") it.wait(typed);
    else {
      it.type(typed.startsWith("AT") ? `${typed}\r` : typed);
      it.wait(0.6);
    }
    expect(JSON.stringify(typed) + it.heard()).toBe(JSON.stringify(typed) + said);
  }
}
export const OK = "\r\nOK\r\n";
