import { access, FAMILIES, type Family, NAMES, session } from "./modems";
import { Letter } from "./wire";

/** Carries one POST and ends the session. */
function post(family: Family, more: object, letter: Letter, prepare?: Parameters<typeof session>[2]) {
  const s = session(family, more, prepare);
  letter.onEnd = () => s.transport.close();
  s.transport.open(letter);
  s.wire.run(() => s.off() !== undefined, 20);
  return s;
}

const secure = (body: string) => Object.assign(new Letter(body), { url: "https://m.example.com/v1/dd" });
const body = '{"sn":"A1","d":[1,2,3]}';

/** What each family says to its modem for one POST, from the first AT to the end: the dialogue, line by line. */
const DIALOGUES: { [name in Family]: { [way: string]: string[] } } = {
  sim800: {
    plain:
      `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CLTS=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CGREG=0|AT+CGREG?|AT+CGATT=1|AT+CCLK?|AT+HTTPTERM|AT+SAPBR=0,1|
AT+CIPSHUT|AT+SAPBR=3,1,"Contype","GPRS"|AT+SAPBR=3,1,"APN","web.gprs"|AT+SAPBR=1,1|AT+HTTPINIT|AT+HTTPPARA="CID",1|
AT+HTTPPARA="URL","http://m.example.com/dd"|AT+HTTPPARA="CONTENT","application/json"|AT+HTTPDATA=23,20000|{"sn":"A1","d":[1,2,3]}|
AT+HTTPACTION=1|AT+HTTPREAD=0,10|AT+CPOWD=1`.split(/\|\n?/),
    lean: `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CLTS=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CGREG=0|AT+CGREG?|AT+CGATT=1|AT+CCLK?|AT+HTTPTERM|AT+SAPBR=0,1|
AT+CIPSHUT|AT+CIPRXGET=1|AT+CSTT="web.gprs","",""|AT+CIICR|AT+CIFSR|AT+CIPSTART="TCP","m.example.com",80|AT+CIPSEND=114|REQUEST|
AT+CIPRXGET=2,48|AT+CIPRXGET=2,48|AT+CPOWD=1`.split(/\|\n?/),
  },
  sim7600: {
    plain:
      `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CTZU=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CEREG=0|AT+CEREG?|AT+CGDCONT=1,"IP","web.gprs"|AT+CGATT=1|
AT+CGACT=1,1|AT+CCLK?|AT+HTTPTERM|AT+CIPCLOSE=0|AT+NETCLOSE|AT+HTTPINIT|AT+HTTPPARA="URL","http://m.example.com/dd"|
AT+HTTPPARA="CONTENT","application/json"|AT+HTTPDATA=23,30|{"sn":"A1","d":[1,2,3]}|AT+HTTPACTION=1|AT+HTTPREAD=0,10|
AT+CPOF`.split(/\|\n?/),
    lean: `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CTZU=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CEREG=0|AT+CEREG?|AT+CGDCONT=1,"IP","web.gprs"|AT+CGATT=1|
AT+CGACT=1,1|AT+CCLK?|AT+HTTPTERM|AT+CIPCLOSE=0|AT+NETCLOSE|AT+CIPRXGET=1|AT+NETOPEN|AT+CIPOPEN=0,"TCP","m.example.com",80|
AT+CIPSEND=0,114|REQUEST|AT+CIPRXGET=2,0,48|AT+CIPRXGET=2,0,48|AT+CPOF`.split(/\|\n?/),
  },
  sim7080: {
    plain:
      `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CLTS=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CEREG=0|AT+CEREG?|AT+CGDCONT=1,"IP","web.gprs"|AT+CGATT=1|
AT+CNCFG=0,1,"web.gprs"|AT+CNACT=0,1|AT+CNACT?|AT+CCLK?|AT+CACLOSE=0|AT+SHDISC|AT+SHCONF="URL","http://m.example.com:80"|
AT+SHCONF="BODYLEN",1024|AT+SHCONF="HEADERLEN",350|AT+SHCONN|AT+SHCHEAD|AT+SHAHEAD="Content-Type","application/json"|
AT+SHBOD=23,10000|{"sn":"A1","d":[1,2,3]}|AT+SHREQ="/dd",3|AT+SHREAD=0,10|AT+CPOWD=1`.split(/\|\n?/),
    lean: `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CLTS=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CEREG=0|AT+CEREG?|AT+CGDCONT=1,"IP","web.gprs"|AT+CGATT=1|
AT+CNCFG=0,1,"web.gprs"|AT+CNACT=0,1|AT+CNACT?|AT+CCLK?|AT+CACLOSE=0|AT+SHDISC|AT+CASSLCFG=0,"SSL",0|
AT+CAOPEN=0,0,"TCP","m.example.com",80|AT+CASEND=0,114|REQUEST|AT+CARECV=0,48|AT+CARECV=0,48|AT+CPOWD=1`.split(/\|\n?/),
  },
  quectel: {
    plain:
      `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CTZU=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CEREG=0|AT+CEREG?|AT+CGATT=1|AT+QLTS=1|AT+QHTTPSTOP|
AT+QICLOSE=0|AT+QIDEACT=1|AT+QICSGP=1,1,"web.gprs","","",1|AT+QIACT=1|AT+QHTTPCFG="contextid",1|AT+QHTTPCFG="requestheader",1|
AT+QHTTPCFG="responseheader",0|AT+QHTTPURL=23,80|http://m.example.com/dd|AT+QHTTPPOST=114,60,60|REQUEST|AT+QHTTPREAD=80|
AT+QPOWD=1`.split(/\|\n?/),
    lean: `AT|ATE0|AT+CMEE=1|AT+CFUN=1|AT+CTZU=1|AT+CPIN?|AT+CSQ|AT+CREG=0|AT+CEREG=0|AT+CEREG?|AT+CGATT=1|AT+QLTS=1|AT+QHTTPSTOP|
AT+QICLOSE=0|AT+QIDEACT=1|AT+QICSGP=1,1,"web.gprs","","",1|AT+QIACT=1|AT+QIOPEN=1,0,"TCP","m.example.com",80,0,0|AT+QISEND=0,114|
REQUEST|AT+QIRD=0,48|AT+QIRD=0,48|AT+QPOWD=1`.split(/\|\n?/),
  },
};

const REQUEST = `POST /dd HTTP/1.1\r\nHost:m.example.com\r\nContent-Type:application/json\r\nContent-Length:23\r\n\r\n${body}`;

describe.each(NAMES)("%s", (family) => {
  test.each(["plain", "lean"])("carries a POST over %s HTTP", (way) => {
    const letter = new Letter(body);
    const { wire, world, off, told } = post(family, { lean: way === "lean" ? 1 : 0 }, letter);
    // The first AT finds out whether the modem is on; a repeated query has its own late reply awaited in tests of faults.
    const lines = wire.lines.map((line) => (line === REQUEST ? "REQUEST" : line));
    expect(lines.slice(1)).toEqual(DIALOGUES[family][way]);
    expect(letter.ends).toEqual([[200, ""]]);
    expect(letter.answer).toBe(world.answer);
    expect(off()).toBe("");
    expect(told[0]).toEqual(["signal", 17]);
    expect(wire.open).toBe(false);
    expect(world.requests[0].endsWith(body)).toBe(true);
    if (way === "lean") expect(world.hosts).toEqual(["m.example.com:80"]);
    else expect(world.address).toBe(family === "sim7080" ? "http://m.example.com:80/dd" : "http://m.example.com/dd");
  });

  test.each([0, 1])("carries large bodies both ways, of any bytes, in small pieces (lean %i)", (lean) => {
    const bytes = (n: number) => String.fromCharCode(...Array.from({ length: n }, (_, i) => (i * 73 + (i >> 8)) & 255));
    // The service of the SIM7080 takes 1024 bytes.
    const letter = new Letter(bytes(family === "sim7080" && !lean ? 1000 : 9000));
    const answer = `${bytes(3000)}\r\nOK\r\nERROR\r\n+HTTPREAD: 0\r\nRDY\r\nCLOSED\r\n${bytes(100)}`;
    const { world } = post(family, { lean }, letter, (world) => {
      world.answer = answer;
    });
    expect(letter.ends).toEqual([[200, ""]]);
    expect(letter.answer).toBe(answer);
    expect(Math.max(...letter.pieces)).toBeLessThanOrEqual(64);
    expect(world.requests).toHaveLength(1);
    expect(world.requests[0].endsWith(letter.body)).toBe(true);
  });

  test.each([
    [201, '{"a":"1"}'],
    [404, "Not found"],
    [500, ""],
    [204, ""],
  ])("hands over status %i and what came with it", (status, answer) => {
    for (const lean of [0, 1]) {
      const letter = new Letter(body);
      const { off } = post(family, { lean }, letter, (world) => Object.assign(world, { status, answer }));
      expect([letter.ends, letter.answer]).toEqual([[[status, ""]], answer]);
      expect(off()).toBe("");
    }
  });

  test("sends the authorization where there is one", () => {
    for (const lean of [0, 1]) {
      const letter = Object.assign(new Letter(body), { authorization: "Bearer a.b.c" });
      const { world, wire } = post(family, { lean }, letter);
      const all = [...wire.lines, ...world.requests].join("\n");
      expect(all).toMatch(/Authorization:Bearer a\.b\.c|"Authorization","Bearer a\.b\.c"/);
      expect(letter.ends).toEqual([[200, ""]]);
    }
  });

  test("uses user and password of the access point where there are any", () => {
    for (const lean of [0, 1]) {
      const { wire } = post(family, { lean, access: access("", "joe", "pw9") }, new Letter(body));
      expect(wire.lines.join("\n")).toMatch(/joe.*pw9|pw9.*joe|joe[\s\S]*"PWD","pw9"/);
      expect(wire.lines.join("\n")).not.toContain("undefined");
    }
  });

  test("refuses plain HTTP, and TLS that is too old, unless it is allowed by name", () => {
    for (const url of ["http://m.example.com/dd", "https://m.example.com/dd"]) {
      const letter = Object.assign(new Letter(body), { url });
      const { wire } = post(family, { plain: 0 }, letter);
      const refused = url.startsWith("http:") || family === "sim800";
      expect(letter.ends).toEqual([refused ? [0, "PLAIN_HTTP"] : [200, ""]]);
      if (refused) expect(wire.lines.join()).not.toMatch(/HTTPINIT|CIPSTART|CIPOPEN|CAOPEN|SHCONN|QHTTP|QIOPEN/);
    }
  });

  if (family !== "sim800")
    test("pins the authority over HTTPS, with TLS 1.2 and the server's name", () => {
      for (const lean of [0, 1]) {
        const letter = secure(body);
        const { wire, told } = post(family, { lean, plain: 0 }, letter);
        const all = wire.lines.join("\n");
        expect(letter.ends).toEqual([[200, ""]]);
        expect(all).toMatch(/SSLCFG="sslversion",[01],3/);
        expect(all).toMatch(/"cacert",[01],"ca.pem"|"CACERT","ca.pem"|SHSSL=1,"ca.pem"/);
        expect(all).toMatch(/"(enableSNI|sni)",[01],(1|"m.example.com")/);
        expect(told.filter(([event]) => event === "ca")).toEqual([]);
      }
    });

  if (family !== "sim800")
    test("is given the authority's certificate once it is in the settings", () => {
      const ca = `-----BEGIN CERTIFICATE-----\n${"MIIB".repeat(300)}\n-----END CERTIFICATE-----\n`;
      const letter = secure(body);
      const { world, told } = post(
        family,
        { ca: (piece: number) => ca.substr(240 * piece - 240, 240), caBytes: ca.length, plain: 0 },
        letter,
      );
      expect(world.set["ca.pem"]).toBe(ca);
      expect(told).toContainEqual(["ca", 1]);
      expect(letter.ends).toEqual([[200, ""]]);
    });

  test("a bundle without the service, or without raw connections, uses what it has, and refuses what it cannot", () => {
    const parts = globalThis as unknown as { LEAN: boolean; SERVICE: boolean };
    try {
      parts.SERVICE = false;
      const plain = new Letter(body);
      const { world } = post(family, { lean: 0 }, plain);
      expect(plain.ends).toEqual([[200, ""]]);
      expect(world.hosts).toEqual(["m.example.com:80"]);
      const safe = secure(body);
      post(family, {}, safe);
      expect(safe.ends).toEqual([family === "sim7080" ? [200, ""] : [0, "NO_TLS"]]);
      Object.assign(parts, { LEAN: false, SERVICE: true });
      const served = new Letter(body);
      expect(post(family, { lean: 1 }, served).world.hosts).toEqual([]);
      expect(served.ends).toEqual([[200, ""]]);
    } finally {
      Object.assign(parts, { LEAN: true, SERVICE: true });
    }
  });

  test("has scripts that the engine can read: every gap is known, no step has too many fields", () => {
    const names = "unasked press reg boot data time ca clear tcp talk http send off sleep".split(" ");
    for (const name of names)
      for (const step of FAMILIES[family](name).split("\n")) {
        if (name === "unasked" || name === "press" || name === "reg") continue;
        const [command, awaited = "OK", seconds = "", tries = "", code = ""] = step.split("|");
        expect(step.split("|").length).toBeLessThanOrEqual(5);
        for (const [, gap] of command.matchAll(/\$(.?)/g)) expect("auUwWepPrkijholRSstTAfqmKLNMn").toContain(gap);
        expect(awaited).toMatch(/^\S+( \S+)*$/);
        expect(seconds).toMatch(/^[\d.]*$/);
        expect(tries).toMatch(/^\d*\??$/);
        expect(code).toMatch(/^[a-zT]?$/);
      }
  });
});

test("the head of a lean request is short", () => {
  expect(REQUEST.length - body.length).toBeLessThanOrEqual(92);
});
