/** The HTTP services, byte by byte, and what they refuse. */
import { inProcess } from "../../../bench/parts/modem/network";
import { ANSWER, bearer, type Desk, FAMILIES, MODELS, OK, post, ready, talk, URL } from "./desk";

const BODY = '{"s":1}';

function up(family: string): Desk {
  const it = ready(family);
  bearer(it);
  it.heard();
  return it;
}

test("SIM800: a POST as in its manual", () => {
  const it = ready("sim800");
  talk(
    it,
    ['AT+SAPBR=3,1,"Contype","GPRS"', OK],
    ['AT+SAPBR=3,1,"APN","internet"', OK],
    ["AT+SAPBR=2,1", '\r\n+SAPBR: 1,3,"0.0.0.0"\r\n\r\nOK\r\n'],
    ["AT+SAPBR=1,1", ""],
    [10, OK],
    ["AT+SAPBR=2,1", '\r\n+SAPBR: 1,1,"10.45.0.2"\r\n\r\nOK\r\n'],
    ["AT+HTTPINIT", OK],
    ['AT+HTTPPARA="CID",1', OK],
    ['AT+HTTPPARA="URL","metrics.example/dd"', OK],
    ['AT+HTTPPARA="CONTENT","application/json"', OK],
    ['AT+HTTPPARA="USERDATA","Authorization: ra 1"', OK],
    ["AT+HTTPDATA=7,10000", "\r\nDOWNLOAD\r\n"],
    [BODY, OK],
    ["AT+HTTPACTION=1", OK],
    [20, `\r\n+HTTPACTION: 1,201,${ANSWER.length}\r\n`],
    ["AT+HTTPREAD=0,10", `\r\n+HTTPREAD: 10\r\n${ANSWER.slice(0, 10)}\r\nOK\r\n`],
    ["AT+HTTPREAD=10,1000", `\r\n+HTTPREAD: 17\r\n${ANSWER.slice(10)}\r\nOK\r\n`],
    ["AT+HTTPREAD", `\r\n+HTTPREAD: 27\r\n${ANSWER}\r\nOK\r\n`],
    ["AT+HTTPTERM", OK],
    ["AT+SAPBR=0,1", OK],
  );
  expect(it.requests).toEqual([
    {
      url: URL,
      body: BODY,
      headers: {
        host: "metrics.example",
        "user-agent": "SIMCom_MODULE",
        accept: "*/*",
        "content-type": "application/json",
        authorization: "ra 1",
        "content-length": "7",
      },
    },
  ]);
  expect(it.part.complaints).toEqual([]);
});

test.each([
  ["sim7600", "DATA,"],
  ["a7670", ""],
])("%s: a POST as in its manual", (family, lead) => {
  const it = up(family);
  talk(
    it,
    ["AT+HTTPINIT", ""],
    [5, OK],
    [`AT+HTTPPARA="URL","${URL}"`, OK],
    ['AT+HTTPPARA="CONTENT","application/json"', OK],
    ["AT+HTTPDATA=7,30", "\r\nDOWNLOAD\r\n"],
    [BODY, OK],
    ["AT+HTTPACTION=1", `${OK}\r\n+HTTPACTION: 1,201,${ANSWER.length}\r\n`],
    ["AT+HTTPREAD?", `\r\n+HTTPREAD: LEN,27\r\n${OK}`],
    ["AT+HTTPREAD=0,10", `${OK}\r\n+HTTPREAD: ${lead}10\r\n${ANSWER.slice(0, 10)}\r\n+HTTPREAD: 0\r\n`],
    ["AT+HTTPREAD=10,100", `${OK}\r\n+HTTPREAD: ${lead}17\r\n${ANSWER.slice(10)}\r\n+HTTPREAD: 0\r\n`],
    ["AT+HTTPREAD=27,10", "\r\nERROR\r\n"],
    ["AT+HTTPTERM", OK],
  );
  expect(it.requests[0].headers).toMatchObject({ "content-type": "application/json", "content-length": "7" });
  expect(it.part.complaints).toEqual([]);
});

test("SIM7080: a POST as in its manual", () => {
  const it = ready("sim7080");
  talk(
    it,
    ['AT+CNCFG=0,1,"internet"', OK],
    ["AT+CNACT=0,1", OK],
    [3, "\r\n+APP PDP: 0,ACTIVE\r\n"],
    [
      "AT+CNACT?",
      '\r\n+CNACT: 0,1,"10.45.0.2"\r\n+CNACT: 1,0,"0.0.0.0"\r\n+CNACT: 2,0,"0.0.0.0"\r\n+CNACT: 3,0,"0.0.0.0"\r\n\r\nOK\r\n',
    ],
    ['AT+SHCONF="URL","http://metrics.example"', OK],
    ['AT+SHCONF="BODYLEN",1024', OK],
    ['AT+SHCONF="HEADERLEN",350', OK],
    ["AT+SHCONN", OK],
    ["AT+SHSTATE?", `\r\n+SHSTATE: 1\r\n${OK}`],
    ["AT+SHCHEAD", OK],
    ['AT+SHAHEAD="Content-Type","application/json"', OK],
    ['AT+SHAHEAD="Authorization","ra 1"', OK],
    ["AT+SHBOD=7,10000", "\r\n>"],
    [BODY, OK],
    ['AT+SHREQ="/dd",3', OK],
    [5, `\r\n+SHREQ: "POST",201,${ANSWER.length}\r\n`],
    ["AT+SHREAD=0,27", `${OK}\r\n+SHREAD: 27\r\n${ANSWER}\r\n`],
    ["AT+SHREAD=0,28", "\r\n+CME ERROR: 3\r\n"],
    ["AT+SHDISC", OK],
    ["AT+SHREAD=0,27", "\r\n+CME ERROR: 3\r\n"],
    ["AT+CNACT=0,0", `${OK}\r\n+APP PDP: 0,DEACTIVE\r\n`],
  );
  expect(it.requests).toEqual([
    {
      url: URL,
      body: BODY,
      headers: {
        host: "metrics.example",
        "content-type": "application/json",
        authorization: "ra 1",
        "content-length": "7",
      },
    },
  ]);
});

test.each(["bg95", "ec21"])("%s: a POST as in its manual", (family) => {
  const it = ready(family);
  talk(
    it,
    ['AT+QHTTPCFG="contextid",1', OK],
    ['AT+QICSGP=1,1,"internet","","",1', OK],
    ["AT+QIACT=1", family === "bg95" ? "" : ""],
    [3, OK],
    ["AT+QIACT?", `\r\n+QIACT: 1,1,1,"10.45.0.2"\r\n${OK}`],
    ["AT+QHTTPURL=25,80", "\r\nCONNECT\r\n"],
    [URL, OK],
    ["AT+QHTTPPOST=7,60,60", "\r\nCONNECT\r\n"],
    [BODY, family === "bg95" ? OK : `${OK}\r\n+QHTTPPOST: 0,201,27\r\n`],
    [5, family === "bg95" ? "\r\n+QHTTPPOST: 0,201,27\r\n" : ""],
    ["AT+QHTTPREAD=80", `\r\nCONNECT\r\n${ANSWER}${OK}\r\n+QHTTPREAD: 0\r\n`],
    ["AT+QIDEACT=1", OK],
  );
  expect(it.requests[0].headers["content-type"]).toBe("application/x-www-form-urlencoded");
});

test("Quectel: with requestheader the controller writes the whole request", () => {
  const it = up("bg95");
  const request = `POST /dd HTTP/1.1\r\nHost: metrics.example\r\nAuthorization: ra 1\r\nContent-Type: application/cbor\r\nContent-Length: 7\r\n\r\n${BODY}`;
  talk(
    it,
    ['AT+QHTTPCFG="requestheader",1', OK],
    ['AT+QHTTPCFG="requestheader"', `\r\n+QHTTPCFG: "requestheader",1\r\n${OK}`],
    ["AT+QHTTPURL=25,80", "\r\nCONNECT\r\n"],
    [URL, OK],
    [`AT+QHTTPPOST=${request.length},60,60`, "\r\nCONNECT\r\n"],
    [request, OK],
    [5, "\r\n+QHTTPPOST: 0,201,27\r\n"],
  );
  expect(it.requests).toEqual([
    {
      url: URL,
      body: BODY,
      headers: {
        host: "metrics.example",
        authorization: "ra 1",
        "content-type": "application/cbor",
        "content-length": "7",
      },
    },
  ]);
  // TCP payload: the request as it was written, and the answer.
  expect(it.part.state().sent).toBe(request.length);
});

test("Quectel: a request whose body is shorter than its length waits until the time is over", () => {
  const it = up("bg95");
  const request = "POST /dd HTTP/1.1\r\nHost: metrics.example\r\nContent-Length: 70\r\n\r\nshort";
  it.at('AT+QHTTPCFG="requestheader",1');
  it.at("AT+QHTTPURL=25,80");
  it.type(URL);
  it.wait(1);
  it.at(`AT+QHTTPPOST=${request.length},60,60`, 2);
  it.heard();
  talk(it, [request, OK], [50, ""], [10, "\r\n+QHTTPPOST: 702\r\n"]);
  expect(it.requests).toEqual([]);
});

test.each(MODELS)("%s: several posts in a row, sent and received bytes counted", (family) => {
  const it = up(family);
  for (let i = 1; i <= 3; i++) {
    expect(post(it, `{"s":${i}}`)).toContain(ANSWER);
    expect(it.requests.at(-1)?.body).toBe(`{"s":${i}}`);
  }
  expect(it.requests).toHaveLength(3);
  const { sent, received } = it.part.state();
  // "HTTP/1.1 201 Created", a length, and the body.
  expect(received).toBe(3 * ("HTTP/1.1 201 Created\r\nContent-Length: 27\r\n\r\n".length + 27));
  expect(sent).toBeGreaterThan(3 * 90);
  expect(sent).toBeLessThan(3 * 200);
  expect(it.part.complaints).toEqual([]);
});

test.each(MODELS)("%s: an answer of 5000 bytes is read whole", (family) => {
  const it = up(family);
  const long = Array.from({ length: 500 }, (_, i) => String(i).padStart(9, ".")).join("\n");
  it.serve = () => ({ status: 200, body: Buffer.from(long) });
  const said = post(it);
  if (/^sim7|a7/.test(family)) {
    const pieces = said.split(/\r\n(?:\+HTTPREAD|\+SHREAD): (?:DATA,)?[1-9]\d*\r\n/).slice(1);
    expect(pieces.length).toBe(/^sim70/.test(family) ? 3 : 5);
    expect(pieces.map((piece) => piece.replace(/\r\n[\s\S]*$/, "")).join("")).toBe(long);
  } else expect(said).toContain(long);
});

describe("order", () => {
  test.each([
    ["sim800", "AT+HTTPINIT", "\r\n+CME ERROR: 3\r\n"],
    ["sim7600", "AT+HTTPINIT", "\r\nERROR\r\n"],
    ["sim7080", "AT+SHCONN", "\r\n+CME ERROR: 3\r\n"],
  ])("%s: a second %s is refused", (family, command, refusal) => {
    const it = up(family);
    it.at('AT+SHCONF="URL","http://metrics.example"');
    it.at('AT+SHCONF="BODYLEN",1024;+SHCONF="HEADERLEN",350');
    expect(it.at(command, 5)).toBe(OK);
    expect(it.at(command, 5)).toBe(refusal);
    expect(it.part.view.http).toBe(true);
  });

  test.each([
    ["sim800", ['AT+HTTPPARA="CID",1', "AT+HTTPDATA=7,10000", "AT+HTTPACTION=1", "AT+HTTPREAD=0,10", "AT+HTTPTERM"]],
    [
      "sim7600",
      ['AT+HTTPPARA="CONTENT","x"', "AT+HTTPDATA=7,30", "AT+HTTPACTION=1", "AT+HTTPREAD=0,10", "AT+HTTPTERM"],
    ],
    [
      "sim7080",
      ["AT+SHCHEAD", 'AT+SHAHEAD="a","b"', "AT+SHBOD=7,1000", 'AT+SHREQ="/dd",3', "AT+SHREAD=0,1", "AT+SHDISC"],
    ],
    ["bg95", ["AT+QHTTPPOST=7,60,60", "AT+QHTTPREAD=80"]],
  ])("%s: nothing works before the session", (family, commands) => {
    const it = up(family);
    for (const command of commands) expect(it.at(command, 3)).toMatch(/^\r\n(ERROR|\+CME ERROR: (3|705|712))\r\n$/);
  });

  test("a SIM7080 wants URL, BODYLEN and HEADERLEN before it connects, and the settings before the connection", () => {
    const it = up("sim7080");
    expect(it.at('AT+SHCONF="URL","http://metrics.example"')).toBe(OK);
    expect(it.at("AT+SHCONN")).toContain("ERROR");
    it.at('AT+SHCONF="BODYLEN",1024');
    expect(it.at("AT+SHCONN")).toContain("ERROR");
    it.at('AT+SHCONF="HEADERLEN",350');
    expect(it.at("AT+SHCONN", 3)).toBe(OK);
    expect(it.at('AT+SHCONF="BODYLEN",4096')).toContain("ERROR");
    expect(it.at("AT+SHBOD=1025,1000")).toContain("ERROR");
    expect(it.at(`AT+SHAHEAD="Authorization","${"x".repeat(340)}"`)).toContain("ERROR");
  });

  test("an action is refused while one runs", () => {
    const it = up("sim800");
    for (const command of ["AT+HTTPINIT", 'AT+HTTPPARA="URL","metrics.example/dd"', "AT+HTTPACTION=1"])
      expect(it.at(command, 0.2)).toBe(OK);
    expect(it.at("AT+HTTPACTION=1", 0.2)).toBe("\r\n+CME ERROR: 3\r\n");
    expect(it.at("AT+HTTPREAD", 0.2)).toBe("\r\n+CME ERROR: 3\r\n");
    it.wait(20);
    expect(it.heard()).toContain("+HTTPACTION: 1,201,27");
    expect(it.requests).toHaveLength(1);
  });

  test("times are in milliseconds on a SIM800 and a SIM7080, in seconds on the others", () => {
    const sim800 = up("sim800");
    sim800.at("AT+HTTPINIT");
    expect(sim800.at("AT+HTTPDATA=7,30")).toBe("\r\n+CME ERROR: 50\r\n");
    const sim7600 = up("sim7600");
    sim7600.at("AT+HTTPINIT", 3);
    expect(sim7600.at("AT+HTTPDATA=7,5")).toBe("\r\nERROR\r\n");
    // Ten thousand seconds is a time, and the module waits as long.
    sim7600.at("AT+HTTPDATA=7,10000");
    sim7600.type("short");
    sim7600.wait(9000);
    expect(sim7600.heard()).toBe("");
  });
});

describe("a body that is not as long as announced", () => {
  test.each([
    ["sim800", "AT+HTTPDATA=20,5000", OK],
    ["sim7600", "AT+HTTPDATA=20,10", "\r\nERROR\r\n"],
    ["sim7080", "AT+SHBOD=20,5000", OK],
    ["bg95", "AT+QHTTPPOST=20,5,60", "\r\n+CME ERROR: 726\r\n"],
  ])("%s: too short, the module waits for its time and says so", (family, command, said) => {
    const it = up(family);
    const sessions: { [family: string]: string[] } = {
      sim800: ["AT+HTTPINIT"],
      sim7600: ["AT+HTTPINIT"],
      sim7080: [
        'AT+SHCONF="URL","http://metrics.example"',
        'AT+SHCONF="BODYLEN",1024',
        'AT+SHCONF="HEADERLEN",350',
        "AT+SHCONN",
      ],
      bg95: ["AT+QHTTPURL=25,80", URL],
    };
    for (const step of sessions[family]) it.at(step, 3);
    it.heard();
    expect(it.at(command, 1)).toMatch(/>|DOWNLOAD|CONNECT/);
    it.type("short");
    it.wait(3);
    expect(it.heard()).toBe("");
    it.wait(10);
    expect(it.heard()).toBe(said);
    expect(it.part.complaints.map(({ text }) => text)).toEqual([expect.stringContaining("5 of 20 bytes in time")]);
  });

  test("too long, the rest is taken for commands", () => {
    const it = up("sim800");
    it.at("AT+HTTPINIT");
    it.at("AT+HTTPDATA=7,5000");
    it.type(`${BODY}AT+CSQ\r`);
    it.wait(1);
    expect(it.heard()).toBe(`${OK}\r\n+CSQ: 18,0\r\n${OK}`);
    expect(it.part.complaints.map(({ text }) => text)).toEqual(['more data than it announced: "AT+CSQ\\r"']);
  });
});

describe("failures", () => {
  /** What the result line says when the network fails like this. */
  const FAILURES: [failure: "dns" | "refused" | "timeout" | "reset", ...said: RegExp[]][] = [
    ["dns", /ACTION: 1,603,0/, /ACTION: 1,713,0/, /./, /CME ERROR: 714/],
    ["refused", /ACTION: 1,601,0/, /ACTION: 1,714,0/, /./, /CME ERROR: 716/],
    ["timeout", /ACTION: 1,601,0/, /ACTION: 1,705,0/, /SHREQ: "POST",601,0/, /HTTPPOST: 702/],
    ["reset", /ACTION: 1,601,0/, /ACTION: 1,706,0/, /SHREQ: "POST",601,0/, /HTTPPOST: 717/],
  ];
  test.each(FAILURES)("%s", (failure, ...said) => {
    FAMILIES.forEach((family, i) => {
      const it = up(family);
      if (failure === "dns" || failure === "refused")
        it.part.network = { post: () => ({ failure }), connect: () => ({ failure }) };
      else it.serve = () => ({ failure });
      expect(post(it)).toMatch(said[i]);
    });
  });

  test("a SIM7080 finds at AT+SHCONN that nobody is there", () => {
    const it = up("sim7080");
    it.part.network = { post: () => ({ failure: "refused" }), connect: () => ({ failure: "refused" }) };
    for (const step of ['"URL","http://metrics.example"', '"BODYLEN",1024', '"HEADERLEN",350'])
      it.at(`AT+SHCONF=${step}`);
    expect(it.at("AT+SHCONN", 5)).toBe("\r\n+CME ERROR: 3\r\n");
  });

  test("without a data connection", () => {
    const sim800 = ready("sim800");
    expect(post(sim800)).toContain("+HTTPACTION: 1,601,0");
    const bg95 = ready("bg95");
    expect(post(bg95)).toContain("+CME ERROR: 709");
    const sim7080 = ready("sim7080");
    expect(post(sim7080)).not.toContain("+SHREQ");
    expect([sim800, bg95, sim7080].flatMap((it) => it.requests)).toEqual([]);
  });

  test("no network while the request is under way", () => {
    for (const family of FAMILIES) {
      const it = up(family);
      it.serve = () => {
        it.part.antenna(false);
        return { status: 201, body: Buffer.from(ANSWER), delaySeconds: 10 };
      };
      expect(post(it)).toMatch(/601|709|710/);
      expect(it.requests).toHaveLength(1);
    }
  });

  test("a status of the server's is passed on, with its body", () => {
    for (const family of FAMILIES) {
      const it = up(family);
      it.serve = () => ({ status: 403, body: Buffer.from("no") });
      expect(post(it)).toMatch(/403,2\r\n[\s\S]*no/);
    }
  });
});

describe("TLS", () => {
  const CA = "-----BEGIN CERTIFICATE-----\nour own\n-----END CERTIFICATE-----\n";
  const SECURE = "https://metrics.example/dd";

  test("a SIM800 speaks TLS 1.0, and no server of today does", () => {
    const it = up("sim800");
    it.at("AT+HTTPINIT");
    it.at('AT+HTTPPARA="URL","metrics.example/dd"');
    expect(it.at("AT+HTTPSSL=1")).toBe(OK);
    it.at("AT+HTTPACTION=1");
    it.wait(30);
    expect(it.heard()).toContain("+HTTPACTION: 1,606,0");
    expect(it.requests).toEqual([]);
  });

  /** Steps that have the certificate stored and used, by family. */
  const PIN: { [family: string]: (it: Desk, ca: string) => void } = {
    sim7600(it, ca) {
      it.at(`AT+CCERTDOWN="ca.pem",${ca.length}`);
      it.type(ca);
      it.wait(1);
      for (const step of ['"sslversion",0,3', '"authmode",0,1', '"cacert",0,"ca.pem"', '"enableSNI",0,1'])
        expect(it.at(`AT+CSSLCFG=${step}`)).toBe(OK);
    },
    sim7080(it, ca) {
      it.at("AT+CFSINIT");
      it.at(`AT+CFSWFILE=3,"ca.pem",0,${ca.length},5000`);
      it.type(ca);
      it.wait(1);
      it.at("AT+CFSTERM");
      for (const step of ['"SSLVERSION",1,3', '"IGNORERTCTIME",1,1', '"SNI",1,"metrics.example"'])
        expect(it.at(`AT+CSSLCFG=${step}`)).toContain("OK");
      expect(it.at('AT+SHSSL=1,"ca.pem"')).toContain("ERROR");
      expect(it.at('AT+CSSLCFG="CONVERT",2,"ca.pem"')).toContain("OK");
      expect(it.at('AT+SHSSL=1,"ca.pem"')).toContain("OK");
    },
    bg95(it, ca) {
      it.at(`AT+QFUPL="ca.pem",${ca.length},5`);
      it.type(ca);
      it.wait(1);
      expect(it.heard()).toMatch(/^\r\n\+QFUPL: \d+,[0-9a-f]+\r\n\r\nOK\r\n$/);
      expect(it.at('AT+QHTTPCFG="sslctxid",1')).toBe(OK);
      for (const step of [
        '"sslversion",1,3',
        '"ciphersuite",1,0xFFFF',
        '"seclevel",1,1',
        '"cacert",1,"ca.pem"',
        '"sni",1,1',
      ])
        expect(it.at(`AT+QSSLCFG=${step}`)).toBe(OK);
    },
  };

  test.each(Object.keys(PIN))("%s: with the right certificate authority", (family) => {
    const it = up(family);
    it.part.network = inProcess((url) => {
      it.requests.push({ url, headers: {}, body: "" });
      return { status: 201, body: Buffer.from(ANSWER) };
    }, CA);
    PIN[family](it, CA);
    expect(post(it, BODY, SECURE)).toContain(ANSWER);
    expect(it.requests.map(({ url }) => url)).toEqual([SECURE]);
  });

  test.each([
    ["sim7600", "+HTTPACTION: 1,715,0"],
    ["sim7080", "ERROR"],
    ["bg95", "+CME ERROR: 716"],
  ])("%s: with another one the server is not believed", (family, said) => {
    const it = up(family);
    PIN[family](it, CA);
    expect(post(it, BODY, SECURE)).toContain(said);
    expect(it.requests).toEqual([]);
  });

  test.each([
    ["sim7600", 'AT+CSSLCFG="authmode",0,1;+CSSLCFG="cacert",0,"lost.pem"', "+HTTPACTION: 1,719,0"],
    ["bg95", 'AT+QSSLCFG="seclevel",1,1;+QSSLCFG="cacert",1,"lost.pem"', "+CME ERROR: 716"],
  ])("%s: with a certificate that is not there", (family, steps, said) => {
    const it = up(family);
    expect(it.at(steps)).toBe(OK);
    expect(post(it, BODY, SECURE)).toContain(said);
  });

  test("a SIM7080 needs AT+SHSSL for https; with an empty name it believes everybody", () => {
    const it = up("sim7080");
    expect(post(it, BODY, SECURE)).not.toContain("+SHREQ");
    it.at('AT+SHSSL=1,""');
    expect(post(it, BODY, SECURE)).toContain('+SHREQ: "POST",201,27');
  });

  test("TLS 1.0 by choice is refused on the others too", () => {
    const it = up("sim7600");
    it.at('AT+CSSLCFG="sslversion",0,1');
    expect(post(it, BODY, SECURE)).toContain("+HTTPACTION: 1,715,0");
  });
});
