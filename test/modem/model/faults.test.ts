import fc from "fast-check";
import { FACTS, FAULTS } from "../../../bench/parts/modem/faults";
import { ANSWER, bearer, type Desk, desk, FAMILIES, MODELS, OK, post, rawPost, ready } from "./desk";

const GOSSIP: { [family: string]: string } = {
  sim800: '\r\n+CIEV: 10,"63902","Safaricom","Safaricom", 0, 0\r\n',
  sim7600: "\r\n+CGEV: NW MODIFY 1,0\r\n",
  sim7080: "\r\nDST: 0\r\n",
  bg95: '\r\n+QIND: "csq",18,99\r\n',
};
const csq = (family: string) => `\r\n+CSQ: 18,${family === "sim800" ? 0 : 99}\r\n`;

function up(family: string): Desk {
  const it = ready(family);
  bearer(it);
  it.heard();
  return it;
}

/** Opens a prompt, as the family has one. */
function prompt(it: Desk): string {
  const steps: { [family: string]: string[] } = {
    sim800: ["AT+HTTPINIT", "AT+HTTPDATA=7,10000"],
    sim7600: ["AT+HTTPINIT", "AT+HTTPDATA=7,10"],
    sim7080: [
      'AT+SHCONF="URL","http://metrics.example"',
      'AT+SHCONF="BODYLEN",1024;+SHCONF="HEADERLEN",350',
      "AT+SHCONN",
      "AT+SHBOD=7,10000",
    ],
    bg95: ["AT+QHTTPURL=7,10"],
  };
  return steps[it.part.family].map((step) => it.at(step, 3)).at(-1)!;
}
const PROMPT: { [family: string]: string } = {
  sim800: "\r\nDOWNLOAD\r\n",
  sim7600: "\r\nDOWNLOAD\r\n",
  sim7080: "\r\n>",
  bg95: "\r\nCONNECT\r\n",
};

/** What of each fault is seen from the UART, on every family. */
const SEEN: { [fault: string]: (it: Desk, family: string) => void } = {
  fragments(it) {
    it.part.fault("fragments");
    it.at("AT+CSQ");
    it.type("AT+CSQ\r");
    it.wait(1);
    expect(it.pieces.length).toBeGreaterThan(15);
    expect(it.pieces.every((piece) => piece.length === 1)).toBe(true);
  },
  lump(it, family) {
    it.part.fault("lump");
    it.type("AT+CSQ\r");
    it.wait(0.1);
    it.type("AT+CREG?\r");
    it.wait(1);
    expect(it.pieces).toEqual([`${csq(family)}${OK}\r\n+CREG: 0,1\r\n${OK}`]);
  },
  echo(it) {
    it.part.fault("echo");
    expect(it.at("AT")).toBe(`AT\r${OK}`);
  },
  autobaud(it) {
    it.part.fault("autobaud");
    expect(it.at("AT")).toBe("");
    expect(it.at("AT")).toBe(OK);
  },
  noise(it, family) {
    it.part.fault("noise");
    it.wait(1);
    expect(it.heard()).toMatch(/^\0..\0..\0.$/s);
    const cold = desk({ family }, false);
    cold.part.power?.(false);
    cold.part.fault("noise", ["20"]);
    cold.part.power?.(true);
    cold.wait(1);
    expect(cold.heard()).toMatch(/^\0.{19}$/s);
  },
  baud(it) {
    it.part.fault("baud", ["9600"]);
    expect(it.at("AT")).toBe("");
    it.part.setRate(9600);
    expect(it.at("AT")).toBe(OK);
    it.part.setRate(115200);
    it.part.power?.(false);
    it.part.power?.(true);
    it.wait(40);
    it.at("AT");
    expect(it.at("AT")).toContain("OK");
  },
  "urc-before"(it, family) {
    it.part.fault("urc-before");
    expect(it.at("AT+CSQ")).toBe(`${GOSSIP[family]}${csq(family)}${OK}`);
    it.part.fault("urc-before", ["RING", "RING"]);
    expect(it.at("AT")).toBe(`\r\nRING RING\r\n${OK}`);
  },
  "urc-inside"(it, family) {
    it.part.fault("urc-inside");
    expect(it.at("AT+CSQ")).toBe(`${csq(family)}${GOSSIP[family]}${OK}`);
  },
  "urc-after"(it, family) {
    it.part.fault("urc-after");
    expect(it.at("AT+CSQ")).toBe(`${csq(family)}${OK}${GOSSIP[family]}`);
  },
  "urc-same"(it) {
    it.part.fault("urc-same");
    expect(it.at("AT")).toBe(OK);
    expect(it.at("AT+CREG?")).toBe(`\r\n+CREG: 1\r\n\r\n+CREG: 0,1\r\n${OK}`);
  },
  "prompt-bare"(it, family) {
    it.part.fault("prompt-bare");
    expect(prompt(it)).toBe(PROMPT[family].trim());
  },
  "prompt-newline"(it, family) {
    it.part.fault("prompt-newline");
    expect(prompt(it)).toBe(`\r\n${PROMPT[family].trim()}\r\n`);
  },
  "prompt-late"(it, family) {
    it.part.fault("prompt-late", ["8"]);
    expect(prompt(it)).toBe("");
    it.wait(8);
    expect(it.heard()).toBe(PROMPT[family]);
  },
  "prompt-never"(it, family) {
    it.part.fault("prompt-never");
    expect(prompt(it)).toBe("");
    it.type("1234567");
    it.wait(20);
    expect(it.heard()).toMatch(family === "sim800" || family === "sim7080" ? /^\r\nOK\r\n$/ : /ERROR/);
  },
  error(it) {
    it.part.fault("error");
    expect(it.at("AT+CSQ")).toBe("\r\nERROR\r\n");
    expect(it.at("AT+CSQ")).toContain("OK");
  },
  cme(it) {
    it.part.fault("cme", ["30"]);
    expect(it.at("AT+CSQ")).toBe("\r\n+CME ERROR: 30\r\n");
  },
  "cme-verbose"(it) {
    it.part.fault("cme-verbose", ["no", "network", "service"]);
    expect(it.at("AT+CSQ")).toBe("\r\n+CME ERROR: no network service\r\n");
  },
  cms(it) {
    it.part.fault("cms");
    expect(it.at("AT+CMGR=1")).toBe("\r\n+CMS ERROR: 500\r\n");
  },
  "no-ok"(it, family) {
    it.part.fault("no-ok");
    expect(it.at("AT+CSQ", 100)).toBe(csq(family));
    expect(it.at("AT")).toBe(OK);
  },
  "late-ok"(it, family) {
    it.part.fault("late-ok", ["5"]);
    expect(it.at("AT+CSQ", 4)).toBe(csq(family));
    expect(it.at("AT+CREG?", 0.5)).toBe(`\r\n+CREG: 0,1\r\n${OK}`);
    it.wait(1);
    expect(it.heard()).toBe(OK);
  },
  "urc-first"(it) {
    it.part.fault("urc-first");
    expect(post(it)).toMatch(/(ACTION: 1|SHREQ: "POST"|HTTPPOST: 0),201,27\r\n\r\nOK\r\n/);
  },
  "no-space"(it) {
    it.part.fault("no-space");
    expect(post(it)).toMatch(/\r\n(\+HTTPACTION:1|\+SHREQ:"POST"|\+QHTTPPOST:0),201,27\r\n/);
  },
  "body-ok"(it) {
    it.part.fault("body-ok");
    expect(post(it)).toContain(`\r\nOK\r\n+CMTI: "SM",1\r\n\r\nERROR\r\n${ANSWER}`);
  },
  "body-short"(it, family) {
    it.part.fault("body-short");
    const said = post(it);
    expect(said).not.toContain(ANSWER);
    expect(said).toContain(`${family === "bg95" ? "CONNECT" : "27"}\r\n${ANSWER.slice(0, -5)}\r\n`);
  },
  "body-long"(it, family) {
    it.part.fault("body-long");
    expect(post(it)).toContain(`${family === "bg95" ? "CONNECT" : "27"}\r\n${ANSWER}~~~~~`);
  },
  "body-64k"(it) {
    it.part.fault("body-64k");
    const said = post(it);
    expect(said).toMatch(/201,65536\r\n/);
    expect(said.replace(/[^x]/g, "").length).toBeGreaterThanOrEqual(65536);
  },
  "read-order"(it, family) {
    const normal = post(it);
    it.part.fault("read-order");
    const odd = post(it);
    const order = (said: string) => said.slice(said.indexOf("201,27")).match(/OK|tokens|READ: 0/g);
    expect(order(odd)).not.toEqual(order(normal));
    const first = { sim800: "tokens", sim7600: "OK", sim7080: "OK", bg95: "tokens" }[family];
    expect(order(normal)![0]).toBe(first);
    expect(order(odd)![0]).toBe(first === "OK" ? "tokens" : "OK");
  },
  drop(it, family) {
    it.part.fault("drop", ["3"]);
    expect(it.at("AT+CSQ")).toBe((csq(family) + OK).slice(3));
    it.part.fault("drop", ["2", "in"]);
    expect(it.at("AT+CSQ")).toBe("");
  },
  "sim-absent"(it) {
    it.part.fault("sim-absent");
    it.wait(1);
    it.heard();
    expect(it.at("AT+CPIN?")).toBe("\r\n+CME ERROR: 10\r\n");
    expect(it.at("AT+CREG?")).toContain(": 0,0\r\n");
  },
  "sim-busy"(it) {
    it.part.fault("sim-busy", ["20"]);
    it.wait(1);
    it.heard();
    expect(it.at("AT+CPIN?")).toBe("\r\n+CME ERROR: 14\r\n");
    it.wait(25);
    it.heard();
    expect(it.at("AT+CPIN?")).toContain("READY");
  },
  "sim-pin"(it) {
    it.part.fault("sim-pin", ["4711"]);
    it.wait(1);
    it.heard();
    expect(it.at("AT+CPIN?")).toBe(`\r\n+CPIN: SIM PIN\r\n${OK}`);
    expect(it.at("AT+CPIN=4711")).toBe(OK);
  },
  "sim-puk"(it) {
    it.part.fault("sim-puk");
    it.wait(1);
    it.heard();
    expect(it.at("AT+CPIN?")).toBe(`\r\n+CPIN: SIM PUK\r\n${OK}`);
  },
  registration(it) {
    for (const stat of [3, 5, 2, 4, 1, 0]) {
      it.part.fault("registration", [String(stat)]);
      it.wait(15);
      expect(it.at("AT+CREG?")).toContain(`+CREG: 0,${stat}\r\n`);
    }
  },
  flapping(it) {
    it.at("AT+CREG=1");
    it.part.fault("flapping", ["20"]);
    it.wait(200);
    const said = it.heard();
    expect(said.match(/\+CREG: 2/g)!.length).toBeGreaterThan(2);
    expect(said.match(/\+CREG: 1/g)!.length).toBeGreaterThan(2);
  },
  "data-lost"(it, family) {
    it.part.fault("data-lost");
    it.wait(1);
    const said: { [family: string]: string } = {
      sim800: "\r\n+SAPBR 1: DEACT\r\n",
      sim7600: "",
      sim7080: "\r\n+APP PDP: 0,DEACTIVE\r\n",
      bg95: '\r\n+QIURC: "pdpdeact",1\r\n',
    };
    expect(it.heard()).toBe(said[family]);
    expect(it.part.view.data).toBe(false);
    bearer(it);
    expect(post(it)).toContain(ANSWER);
  },
  "http-status"(it) {
    it.part.fault("http-status", ["503"]);
    expect(post(it)).toMatch(/503,6\r\n[\s\S]*error\n/);
    expect(it.requests).toEqual([]);
    expect(post(it)).toContain(ANSWER);
  },
  "modem-error"(it, family) {
    it.part.fault("modem-error", ["701"]);
    expect(post(it)).toMatch(family === "bg95" ? /\+QHTTPPOST: 701\r\n/ : /(1|"POST"),701,0/);
    expect(it.requests).toEqual([]);
  },
  "http-open"(it, family) {
    it.part.fault("http-open");
    if (family === "bg95") {
      // What is left is a setting: the body is taken for a whole request, head and all.
      expect(post(it)).toContain("+QHTTPPOST: 0,400,0");
      expect(it.requests).toEqual([]);
    } else {
      expect(it.part.view.http).toBe(true);
      expect(it.at(family === "sim7080" ? "AT+SHCONN" : "AT+HTTPINIT")).toMatch(/ERROR/);
      expect(it.at(family === "sim7080" ? "AT+SHDISC" : "AT+HTTPTERM")).toBe(OK);
      expect(post(it)).toContain(ANSWER);
    }
  },
  brownout(it, family) {
    it.part.fault("brownout");
    const said = post(it);
    expect(said).not.toContain(ANSWER);
    expect(it.requests).toEqual([]);
    it.wait(60);
    expect(it.part.state().on).toBe(true);
    it.at("AT");
    // It has forgotten that it should not echo.
    expect(it.at("AT")).toBe(`AT\r${OK}`);
    if (family !== "sim800") expect(said).toMatch(/RDY/);
  },
  shutdown(it) {
    it.part.fault("shutdown");
    expect(post(it)).not.toContain(ANSWER);
    expect(it.part.state().on).toBe(false);
    expect(it.at("AT", 100)).toBe("");
  },
  hang(it) {
    it.part.fault("hang");
    expect(it.at("AT", 100)).toBe("");
    it.part.power?.(false);
    it.part.power?.(true);
    it.wait(40);
    it.at("AT");
    expect(it.at("AT")).toContain("OK");
  },
  dead(it) {
    it.part.fault("dead");
    expect(it.at("AT", 100)).toBe("");
    it.part.power?.(false);
    it.part.power?.(true);
    expect(it.at("AT", 100)).toBe("");
    expect(it.part.view.power).toBe("dead");
    it.part.fault("none");
    it.part.power?.(false);
    it.part.power?.(true);
    it.wait(40);
    it.at("AT");
    expect(it.at("AT")).toContain("OK");
  },
  "already-on"(_, family) {
    const it = desk({ family, key: "D4" }, false);
    it.wait(60);
    it.part.fault("already-on");
    it.wait(30);
    it.at("AT");
    expect(it.at("AT")).toContain("OK");
    it.world.wires.drive("D4", "finger", 0);
    it.wait(3);
    it.world.wires.drive("D4", "finger", undefined);
    it.wait(30);
    expect(it.part.state().on).toBe(false);
  },
  "no-powerdown"(it, family) {
    it.part.fault("no-powerdown");
    const command: { [family: string]: string } = {
      sim800: "AT+CPOWD=1",
      sim7600: "AT+CPOF",
      sim7080: "AT+CPOWD=1",
      bg95: "AT+QPOWD=1",
    };
    expect(it.at(command[family], 30)).not.toMatch(/DOWN/);
    expect(it.part.state().on).toBe(false);
  },
  "time-unset"(it, family) {
    it.part.fault("time-unset");
    expect(it.at("AT+CCLK?")).toMatch(/"(04\/01\/01|80\/01\/06),00:00:0/);
    if (family === "bg95") expect(it.at("AT+QLTS=1")).toContain('+QLTS: ""');
  },
  "time-jump"(it, family) {
    it.at(family === "sim800" ? "AT+CLTS=1" : "AT+CTZU=1");
    if (family === "sim7080") it.at("AT+CLTS=1;+CREBOOT", 30);
    it.part.fault("time-jump");
    it.wait(1);
    it.heard();
    expect(it.at(family === "bg95" ? "AT+QLTS=1" : "AT+CCLK?")).toMatch(/36\/11\/2\d,/);
  },
  "answer-lost"(it) {
    it.part.fault("answer-lost");
    expect(post(it)).not.toContain(ANSWER);
    expect(it.requests).toHaveLength(1);
    expect(post(it)).toContain(ANSWER);
  },
  portal(it) {
    it.part.fault("portal");
    expect(post(it)).toMatch(/200,\d+\r\n[\s\S]*<!DOCTYPE html>/);
    expect(it.requests).toEqual([]);
  },
  "sms-in-post"(it) {
    it.at("AT+CMGF=1");
    it.part.fault("sms-in-post", ["+254711", "987", "654"]);
    const said = post(it);
    expect(said).toContain(ANSWER);
    expect(said.indexOf("+CMTI")).toBeGreaterThan(0);
    expect(said.indexOf("+CMTI")).toBeLessThan(said.indexOf("201,27"));
    expect(it.part.messages.map(({ from, text }) => `${from}: ${text}`)).toEqual(["+254711: 987 654"]);
  },
  "first-lost"(it, family) {
    it.part.fault("first-lost");
    expect(it.at("AT+CSQ")).toBe("");
    it.part.fault("first-lost");
    expect(it.at("\rAT+CSQ")).toBe(csq(family) + OK);
  },
  leftover(it, family) {
    it.part.fault("leftover");
    expect(it.at("AT+CMEE?")).toBe(`AT+CMEE?\r\r\n+CMEE: 2\r\n${OK}`);
    expect(it.at("AT+CREG?")).toContain('+CREG: 2,1,"00C3","1A2B"');
    expect(it.at("AT+CMGF?")).toContain("+CMGF: 0");
    if (family === "sim800") expect(it.at("AT+HTTPINIT")).toContain("+CME ERROR: operation not allowed");
  },
};

test("every fact has a fault, and every fault is one of the list and is tested", () => {
  const facts = Object.values(FAULTS).map(({ fact }) => fact);
  expect([...new Set(facts)].sort((a, b) => a - b)).toEqual(FACTS.map((_, i) => i + 1));
  expect(FACTS).toHaveLength(33);
  expect(Object.keys(SEEN).sort()).toEqual(Object.keys(FAULTS).sort());
});

describe.each(Object.keys(FAULTS))("%s", (fault) => {
  test.each(FAMILIES)("is seen on %s", (family) => SEEN[fault](up(family), family));
});

test.each(MODELS)("%s is as it was after `none`", (family) => {
  const it = ready(family);
  for (const [name, { usage }] of Object.entries(FAULTS))
    if (!/^(brownout|shutdown|autobaud|baud|leftover|http-open)$/.test(name))
      it.part.fault(name, name === "registration" ? ["3"] : name === "flapping" ? ["10"] : [], "now");
    else expect(usage).toContain(name);
  it.wait(30);
  it.part.fault("none");
  it.wait(60);
  it.part.power?.(false);
  it.part.power?.(true);
  it.wait(40);
  it.at("AT");
  it.at("ATE0");
  it.heard();
  bearer(it);
  expect(post(it)).toContain(ANSWER);
});

test("what stays or waits is told by its name, and ends alone", () => {
  const it = ready("sim7600");
  const at = { error: ["now"], fragments: ["now"], "no-ok": [{ command: 5 }], "data-lost": [{ seconds: 60 }] } as const;
  for (const [name, [when]] of Object.entries(at)) it.part.fault(name, [], when as any);
  expect(it.part.view.faults.sort()).toEqual(Object.keys(at).sort());
  it.part.fault("none", ["fragments"]);
  it.part.fault("none", ["data-lost"]);
  expect(it.part.view.faults.sort()).toEqual(["error", "no-ok"]);
  expect(it.at("AT")).toContain("ERROR");
  expect(it.part.view.faults).toEqual(["no-ok"]);
  it.wait(120);
  expect(it.part.log.some(({ text }) => text.includes("data-lost"))).toBe(false);
  for (const name of ["sim-absent", "sim-pin", "flapping", "time-jump", "dead"]) {
    it.part.fault(name);
    expect(it.part.view.faults).toContain(name);
    it.part.fault("none", [name]);
    expect(it.part.view.faults).toEqual(["no-ok"]);
  }
  expect(() => it.part.fault("none", ["all"])).toThrow("no fault");
});

describe("through a socket", () => {
  const each = (name: string, see: (it: Desk, family: string) => void) =>
    test.each(FAMILIES)(`${name} on %s`, (family) => {
      const it = up(family);
      expect(rawPost(it)).toContain(ANSWER);
      it.requests.length = 0;
      see(it, family);
      it.part.fault("none");
      if (!it.part.state().on) return;
      it.wait(60);
      it.at("AT");
      it.at("ATE0");
      bearer(it);
      expect(rawPost(it)).toContain(ANSWER);
    });

  each("a forged status", (it) => {
    it.part.fault("http-status", ["503"]);
    expect(rawPost(it)).toContain("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 6\r\n\r\nerror\n");
    expect(it.requests).toEqual([]);
  });
  each("a captive portal", (it) => {
    it.part.fault("portal");
    expect(rawPost(it)).toMatch(/HTTP\/1.1 200 OK\r\nContent-Type: text\/html\r\n[\s\S]*<!DOCTYPE html>/);
    expect(it.requests).toEqual([]);
  });
  each("a lost answer", (it) => {
    it.part.fault("answer-lost");
    const said = rawPost(it);
    expect(said).not.toContain(ANSWER);
    expect(said).toMatch(/CLOSED|IPCLOSE|CASTATE: 0,0|"closed"/);
    expect(it.requests).toHaveLength(1);
  });
  each("a failure of the network's", (it) => {
    it.part.fault("modem-error");
    expect(rawPost(it)).toMatch(/CLOSED|IPCLOSE|CASTATE: 0,0|"closed"/);
    expect(it.requests).toEqual([]);
  });
  each("a message in the middle", (it) => {
    it.part.fault("sms-in-post");
    const said = rawPost(it);
    expect(said).toMatch(/\+CMTI: "(SM|ME)",[01]/);
    expect(said).toContain(ANSWER);
  });
  each("a brown-out in the middle", (it) => {
    it.part.fault("brownout");
    expect(rawPost(it)).not.toContain(ANSWER);
    expect(it.requests).toEqual([]);
  });
  each("a body with OK in it", (it) => {
    it.part.fault("body-ok");
    expect(rawPost(it)).toContain(
      `Content-Length: ${ANSWER.length + 30}\r\n\r\n\r\nOK\r\n+CMTI: "SM",1\r\n\r\nERROR\r\n${ANSWER}`,
    );
  });
  each("fewer bytes than announced", (it) => {
    it.part.fault("body-short");
    expect(rawPost(it)).not.toContain(ANSWER);
  });
  each("more bytes than announced", (it) => {
    it.part.fault("body-long");
    expect(rawPost(it)).toContain(`${ANSWER}~~~~~`);
  });
  each("a lost data connection", (it) => {
    it.part.fault("data-lost", [], { byte: 700 });
    rawPost(it);
  });
});

describe("the moment", () => {
  test("with the Nth command from now", () => {
    const it = ready("sim7600");
    it.part.fault("error", [], { command: 3 });
    expect([1, 2, 3, 4].map(() => it.at("AT"))).toEqual([OK, OK, "\r\nERROR\r\n", OK]);
  });

  test("with the Nth byte on the line, either way", () => {
    const it = ready("sim7600");
    // Seven bytes go in, "\r\n+CSQ: 18,99\r\n" and the OK come out: the rail sags in the middle of the answer.
    it.part.fault("shutdown", ["now"], { byte: 12 });
    expect(it.at("AT+CSQ")).toBe("\r\n+CS");
    expect(it.part.state().on).toBe(false);
  });

  test("after some seconds", () => {
    const it = ready("sim7600");
    it.part.fault("hang", [], { seconds: 10 });
    expect(it.at("AT", 9)).toBe(OK);
    it.wait(2);
    expect(it.at("AT")).toBe("");
  });

  test("at random, the same for the same seed", () => {
    const moment = (seed: number) => {
      const it = ready("sim7600");
      const start = it.world.now;
      it.part.fault("echo", [], { random: seed, within: 100 });
      it.wait(101);
      const [{ at }] = it.part.log.filter(({ text }) => text === "fault echo");
      return at - start;
    };
    const moments = [1, 2, 3, 4, 5, 6].map(moment);
    expect([1, 2, 3, 4, 5, 6].map(moment)).toEqual(moments);
    expect(new Set(moments).size).toBe(6);
    expect(moments.every((at) => at >= 0 && at <= 100000)).toBe(true);
  });

  test("a name or an argument that is none is refused, before anything happens", () => {
    const it = ready("sim7600");
    expect(() => it.part.fault("nonsense")).toThrow('There is no fault "nonsense"');
    for (const [name, ...args] of [
      ["registration"],
      ["registration", "6"],
      ["cme", "x"],
      ["drop", "1", "sideways"],
      ["brownout", "later"],
      ["echo", "1"],
      ["baud", "0"],
    ])
      expect(() => it.part.fault(name, args)).toThrow(FAULTS[name].usage);
    expect(it.at("AT")).toBe(OK);
  });
});

test("whatever is typed and goes wrong, the model itself does not throw, and a cut of the rail heals it", () => {
  const names = Object.keys(FAULTS).filter((name) => name !== "registration" && name !== "dead");
  const line = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ maxLength: 40 }).map((text) => `AT+HTTPDATA=7,10000\r${text}\r`),
    fc.constantFrom(
      "AT+HTTPINIT\r",
      "AT+HTTPACTION=1\r",
      "AT+CFUN=1,1\r",
      "AT+NETOPEN\r",
      'AT+CIPOPEN=0,"TCP","a",80\r',
      'AT+CAOPEN=0,0,"TCP","a",80\r',
      'AT+QIOPEN=1,0,"TCP","a",80,0,0\r',
      "AT+CNACT=0,1\r",
      "AT+QIACT=1\r",
      "AT+SAPBR=1,1\r",
      "AT+CIPSEND=0,5\r",
      "AT+CASEND=0,5\r",
      "AT+QISEND=0,5\r",
      "AT+CIPSHUT\r",
      "AT+CPOWD=1\r",
      "AT+CSCLK=2\r",
    ),
  );
  const step = fc.oneof(
    line.map((text) => ({ text })),
    fc.constantFrom(...names).map((fault) => ({ fault })),
    fc.integer({ min: 1, max: 30 }).map((seconds) => ({ seconds })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...MODELS), fc.array(step, { maxLength: 25 }), (family, steps) => {
      const it = ready(family);
      for (const one of steps) {
        if ("text" in one) it.type(one.text);
        else if ("fault" in one) it.part.fault(one.fault);
        else it.wait(one.seconds);
        it.wait(0.1);
      }
      it.wait(60);
      it.part.fault("none");
      it.part.power?.(false);
      it.part.power?.(true);
      it.wait(60);
      it.at("ATE0");
      it.at("ATE0");
      it.wait(20);
      it.heard();
      expect(it.at("AT")).toBe(OK);
    }),
    { seed: 5, numRuns: 150 },
  );
});
