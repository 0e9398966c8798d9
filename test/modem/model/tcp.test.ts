/** Raw TCP, byte by byte: a lean POST through a socket of each family. */
import { ANSWER, bearer, type Desk, OK, ready, talk, URL } from "./desk";

const BODY = '{"s":1}';
/** A POST with no more of a head than a server needs. */
const REQUEST = `POST /dd HTTP/1.1\r\nHost: metrics.example\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const REPLY = `HTTP/1.1 201 Created\r\nContent-Length: ${ANSWER.length}\r\n\r\n${ANSWER}`;

function up(family: string): Desk {
  const it = ready(family);
  it.part.complaints.length = 0;
  return it;
}
function arrived(it: Desk): void {
  expect(it.requests).toEqual([{ url: URL, headers: { host: "metrics.example", "content-length": "7" }, body: BODY }]);
  // What a byte counter at the operator's sees of TCP payload.
  const { sent, received } = it.part.state();
  expect([sent, received]).toEqual([REQUEST.length, REPLY.length]);
  expect(it.part.complaints).toEqual([]);
}

test("SIM800, one connection, read by hand", () => {
  const it = up("sim800");
  talk(
    it,
    ["AT+CIPSTATUS", `${OK}\r\nSTATE: IP INITIAL\r\n`],
    ["AT+CIPMUX=0", OK],
    ["AT+CIPRXGET=1", OK],
    ['AT+CSTT="internet","",""', OK],
    ["AT+CIPSTATUS", `${OK}\r\nSTATE: IP START\r\n`],
    ["AT+CIICR", ""],
    [5, OK],
    ["AT+CIPSTATUS", `${OK}\r\nSTATE: IP GPRSACT\r\n`],
    ["AT+CIFSR", "\r\n10.45.0.2\r\n"],
    ['AT+CIPSTART="TCP","metrics.example",80', OK],
    [5, "\r\nCONNECT OK\r\n"],
    ["AT+CIPSTATUS", `${OK}\r\nSTATE: CONNECT OK\r\n`],
    [`AT+CIPSEND=${REQUEST.length}`, "\r\n> "],
    [REQUEST, ""],
    [5, "\r\nSEND OK\r\n\r\n+CIPRXGET: 1\r\n"],
    ["AT+CIPRXGET=4", `\r\n+CIPRXGET: 4,${REPLY.length}\r\n${OK}`],
    ["AT+CIPRXGET=2,30", `\r\n+CIPRXGET: 2,30,${REPLY.length - 30}\r\n${REPLY.slice(0, 30)}${OK}`],
    ["AT+CIPRXGET=2,1460", `\r\n+CIPRXGET: 2,${REPLY.length - 30},0\r\n${REPLY.slice(30)}${OK}`],
    ["AT+CIPRXGET=2,1460", `\r\n+CIPRXGET: 2,0,0\r\n${OK}`],
    ["AT+CIPCLOSE", "\r\nCLOSE OK\r\n"],
    ["AT+CIPSHUT", "\r\nSHUT OK\r\n"],
    ["AT+CIPSTATUS", `${OK}\r\nSTATE: IP INITIAL\r\n`],
  );
  arrived(it);
});

test("SIM800, several connections, sent quickly", () => {
  const it = up("sim800");
  talk(
    it,
    ["AT+CIPMUX=1;+CIPRXGET=1;+CIPQSEND=1", OK],
    ['AT+CSTT="internet"', OK],
    ["AT+CIICR", ""],
    [5, OK],
    ["AT+CIFSR", "\r\n10.45.0.2\r\n"],
    ['AT+CIPSTART=2,"TCP","metrics.example","80"', OK],
    [5, "\r\n2, CONNECT OK\r\n"],
    ['AT+CIPSTART=2,"TCP","metrics.example",80', `${OK}\r\n2, ALREADY CONNECT\r\n`],
    [`AT+CIPSEND=2,${REQUEST.length}`, "\r\n> "],
    [REQUEST, `\r\nDATA ACCEPT:2,${REQUEST.length}\r\n`],
    [5, "\r\n+CIPRXGET: 1,2\r\n"],
    ["AT+CIPRXGET=2,2,1460", `\r\n+CIPRXGET: 2,2,${REPLY.length},0\r\n${REPLY}${OK}`],
    ["AT+CIPCLOSE=2", "\r\n2, CLOSE OK\r\n"],
  );
  arrived(it);
});

test("SIM800: without AT+CIPRXGET=1 what comes is put out as it is, with AT+CIPHEAD=1 under a head", () => {
  for (const [head, lead] of [
    [0, ""],
    [1, `\r\n+IPD,${REPLY.length}:`],
  ]) {
    const it = up("sim800");
    it.at(`AT+CIPHEAD=${head}`);
    it.at('AT+CSTT="internet"');
    it.at("AT+CIPSHUT", 2);
    it.at('AT+CIPSTART="TCP","metrics.example",80', 10);
    it.at(`AT+CIPSEND=${REQUEST.length}`);
    it.type(REQUEST);
    it.wait(10);
    expect(it.heard()).toBe(`\r\nSEND OK\r\n${lead}${REPLY}`);
  }
});

test.each(["sim7600", "a7670"])("%s, read by hand", (family) => {
  const it = up(family);
  talk(
    it,
    ['AT+CGDCONT=1,"IP","internet"', OK],
    ["AT+IPADDR", "\r\n+IP ERROR: Network not opened\r\n\r\nERROR\r\n"],
    ["AT+NETOPEN", OK],
    [1, "\r\n+NETOPEN: 0\r\n"],
    ["AT+NETOPEN", "\r\n+IP ERROR: Network is already opened\r\n\r\nERROR\r\n"],
    ["AT+NETOPEN?", `\r\n+NETOPEN: 1\r\n${OK}`],
    ["AT+IPADDR", `\r\n+IPADDR: 10.45.0.2\r\n${OK}`],
    ["AT+CIPRXGET=1", OK],
    ['AT+CIPOPEN=0,"TCP","metrics.example",80', `${OK}\r\n+CIPOPEN: 0,0\r\n`],
    ['AT+CIPOPEN=0,"TCP","metrics.example",80', "\r\n+CIPOPEN: 0,4\r\n\r\nERROR\r\n"],
    [`AT+CIPSEND=0,${REQUEST.length}`, "\r\n>"],
    [REQUEST, `${OK}\r\n+CIPSEND: 0,${REQUEST.length},${REQUEST.length}\r\n\r\n+CIPRXGET: 1,0\r\n`],
    ["AT+CIPRXGET=4,0", `\r\n+CIPRXGET: 4,0,${REPLY.length}\r\n${OK}`],
    ["AT+CIPRXGET=2,0,30", `\r\n+CIPRXGET: 2,0,30,${REPLY.length - 30}\r\n${REPLY.slice(0, 30)}\r\n${OK}`],
    ["AT+CIPRXGET=2,0", `\r\n+CIPRXGET: 2,0,${REPLY.length - 30},0\r\n${REPLY.slice(30)}\r\n${OK}`],
    ["AT+CIPRXGET=2,0", "\r\n+IP ERROR: No data\r\n\r\nERROR\r\n"],
    ["AT+CIPCLOSE?", `\r\n+CIPCLOSE: 1,0,0,0,0,0,0,0,0,0\r\n${OK}`],
    ["AT+CIPCLOSE=0", `${OK}\r\n+CIPCLOSE: 0,0\r\n`],
    ["AT+CIPSEND=0,5", "\r\n+CIPERROR: 4\r\n\r\nERROR\r\n"],
    ["AT+NETCLOSE", `${OK}\r\n+NETCLOSE: 0\r\n`],
  );
  arrived(it);
});

test("SIM7600: data of any length ends with Ctrl-Z, and Esc takes it back", () => {
  const it = up("sim7600");
  it.at('AT+CGDCONT=1,"IP","internet"');
  it.at("AT+NETOPEN", 3);
  it.at("AT+CIPRXGET=1");
  it.at('AT+CIPOPEN=0,"TCP","metrics.example",80', 3);
  talk(
    it,
    ["AT+CIPSEND=0,", "\r\n>"],
    ["nothing\x1b", "\r\nERROR\r\n"],
    ["AT+CIPSEND=0,", "\r\n>"],
    [`${REQUEST}\x1a`, `${OK}\r\n+CIPSEND: 0,${REQUEST.length},${REQUEST.length}\r\n\r\n+CIPRXGET: 1,0\r\n`],
  );
  arrived(it);
});

test("SIM7080", () => {
  const it = up("sim7080");
  bearer(it);
  it.heard();
  talk(
    it,
    ['AT+CAOPEN=0,0,"TCP","metrics.example",80', `\r\n+CAOPEN: 0,0\r\n${OK}`],
    ['AT+CAOPEN=0,0,"TCP","metrics.example",80', "\r\n+CME ERROR: 3\r\n"],
    ["AT+CASTATE?", `\r\n+CASTATE: 0,1\r\n${OK}`],
    [`AT+CASEND=0,${REQUEST.length}`, "\r\n>"],
    [REQUEST, `${OK}\r\n+CADATAIND: 0\r\n`],
    ["AT+CARECV?", `\r\n+CARECV: 0,${REPLY.length}\r\n${OK}`],
    ["AT+CARECV=0,30", `\r\n+CARECV: 30,${REPLY.slice(0, 30)}\r\n${OK}`],
    ["AT+CARECV=0,1460", `\r\n+CARECV: ${REPLY.length - 30},${REPLY.slice(30)}\r\n${OK}`],
    ["AT+CARECV=0,1460", `\r\n+CARECV: 0\r\n${OK}`],
    ["AT+CAACK=0", `\r\n+CAACK: ${REQUEST.length},0\r\n${OK}`],
    ["AT+CACLOSE=0", OK],
    ["AT+CACLOSE=0", "\r\n+CME ERROR: 3\r\n"],
  );
  arrived(it);
});

test.each(["bg95", "ec21"])("%s", (family) => {
  const it = up(family);
  bearer(it);
  it.heard();
  talk(
    it,
    ['AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0', `${OK}\r\n+QIOPEN: 0,0\r\n`],
    ['AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0', "\r\nERROR\r\n"],
    ["AT+QIGETERROR", `\r\n+QIGETERROR: 563,operation failed\r\n${OK}`],
    ["AT+QISTATE=1,0", `\r\n+QISTATE: 0,"TCP","metrics.example",80,5087,2,1,0,0,"uart1"\r\n${OK}`],
    [`AT+QISEND=0,${REQUEST.length}`, "\r\n> "],
    [REQUEST, `\r\nSEND OK\r\n\r\n+QIURC: "recv",0\r\n`],
    ["AT+QISEND=0,0", `\r\n+QISEND: ${REQUEST.length},${REQUEST.length},0\r\n${OK}`],
    ["AT+QIRD=0,0", `\r\n+QIRD: ${REPLY.length},0,${REPLY.length}\r\n${OK}`],
    ["AT+QIRD=0,30", `\r\n+QIRD: 30\r\n${REPLY.slice(0, 30)}\r\n${OK}`],
    ["AT+QIRD=0,1500", `\r\n+QIRD: ${REPLY.length - 30}\r\n${REPLY.slice(30)}\r\n${OK}`],
    ["AT+QIRD=0,1500", `\r\n+QIRD: 0\r\n${OK}`],
    ["AT+QICLOSE=0", OK],
    ["AT+QIRD=0,1500", "\r\nERROR\r\n"],
  );
  arrived(it);
});

describe("the other side", () => {
  /** Opens socket 0 of a module and sends a request. */
  function ask(family: string, request = REQUEST): Desk {
    const it = up(family);
    const steps: { [family: string]: string[] } = {
      sim800: ["AT+CIPRXGET=1", 'AT+CSTT="internet"', "AT+CIICR", "AT+CIFSR", 'AT+CIPSTART="TCP","metrics.example",80'],
      sim7600: ["AT+NETOPEN", "AT+CIPRXGET=1", 'AT+CIPOPEN=0,"TCP","metrics.example",80'],
      sim7080: ['AT+CAOPEN=0,0,"TCP","metrics.example",80'],
      bg95: ['AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0'],
    };
    if (family === "sim7080" || family === "bg95") bearer(it);
    for (const step of steps[family]) it.at(step, 6);
    const send: { [family: string]: string } = {
      sim800: "AT+CIPSEND=",
      sim7600: "AT+CIPSEND=0,",
      sim7080: "AT+CASEND=0,",
      bg95: "AT+QISEND=0,",
    };
    it.at(send[family] + request.length);
    it.type(request);
    return it;
  }
  const CLOSED: [family: string, line: string][] = [
    ["sim800", "\r\nCLOSED\r\n"],
    ["sim7600", "\r\n+IPCLOSE: 0,1\r\n"],
    ["sim7080", "\r\n+CASTATE: 0,0\r\n"],
    ["bg95", '\r\n+QIURC: "closed",0\r\n'],
  ];

  test.each(CLOSED)("%s: a server that closes is announced, and what it said can still be read", (family, line) => {
    const it = ask(family, REQUEST.replace("Host", "Connection: close\r\nHost"));
    it.wait(10);
    expect(it.heard().endsWith(line)).toBe(true);
    const read: { [family: string]: string } = {
      sim800: "AT+CIPRXGET=2,1460",
      sim7600: "AT+CIPRXGET=2,0",
      sim7080: "AT+CARECV=0,1460",
      bg95: "AT+QIRD=0",
    };
    expect(it.at(read[family])).toContain(REPLY);
  });

  test.each(CLOSED)("%s: a request that is only half sent gets no answer", (family) => {
    const it = ask(family, REQUEST.slice(0, -3));
    it.wait(60);
    expect(it.requests).toEqual([]);
    expect(it.heard()).not.toContain("recv");
  });

  test("data that is not fetched is announced once", () => {
    const it = ask("bg95", REQUEST + REQUEST);
    it.wait(10);
    expect(it.heard().match(/recv/g)).toHaveLength(1);
    expect(it.requests).toHaveLength(2);
    expect(it.at("AT+QIRD=0,10")).toContain("+QIRD: 10");
    expect(it.at("AT+QIRD=0,1500")).toContain(`+QIRD: ${2 * REPLY.length - 10}`);
  });

  test("an answer takes the time that the server takes", () => {
    const it = up("bg95");
    bearer(it);
    it.serve = () => ({ status: 201, body: Buffer.from(ANSWER), delaySeconds: 5 });
    it.at('AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0', 3);
    it.at(`AT+QISEND=0,${REQUEST.length}`);
    it.type(REQUEST);
    it.wait(4);
    expect(it.heard()).not.toContain("recv");
    it.wait(3);
    expect(it.heard()).toContain("recv");
  });

  test.each([
    ["sim800", 'AT+CIPSTART="TCP","metrics.example",80', "\r\nOK\r\n\r\nSTATE: TCP CLOSED\r\n\r\nCONNECT FAIL\r\n"],
    ["sim7600", 'AT+CIPOPEN=0,"TCP","metrics.example",80', "\r\nOK\r\n\r\n+CIPOPEN: 0,4\r\n"],
    ["sim7080", 'AT+CAOPEN=0,0,"TCP","metrics.example",80', "\r\n+CAOPEN: 0,23\r\n\r\nOK\r\n"],
    ["bg95", 'AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0', "\r\nOK\r\n\r\n+QIOPEN: 0,566\r\n"],
  ])("%s: nobody listens", (family, command, said) => {
    const it = up(family);
    it.part.network = { post: () => ({ failure: "refused" }), connect: () => ({ failure: "refused" }) };
    if (family === "sim7600") it.at("AT+NETOPEN", 3);
    else bearer(it);
    it.heard();
    expect(it.at(command, 10)).toBe(said);
  });

  test.each([
    ["sim800", "AT+CIPSEND=5", "\r\n+CME ERROR: 3\r\n"],
    ["sim7600", "AT+CIPSEND=0,5", "\r\n+CIPERROR: 2\r\n\r\nERROR\r\n"],
    ["sim7080", "AT+CASEND=0,5", "\r\n+CME ERROR: 3\r\n"],
    ["bg95", "AT+QISEND=0,5", "\r\nERROR\r\n"],
  ])("%s: sending without a connection is refused", (family, command, said) => {
    expect(up(family).at(command)).toBe(said);
  });
});

describe("TCP", () => {
  const open = (family = "bg95") => {
    const it = up(family);
    bearer(it);
    it.at('AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0', 3);
    return it;
  };
  const send = (it: Desk, text: string, seconds = 0.3) => {
    it.at(`AT+QISEND=0,${text.length}`, 0.2);
    it.type(text);
    it.wait(seconds);
  };

  test("keeps the order of large and small pieces", () => {
    const it = open();
    const long = Array.from({ length: 1000 }, (_, i) => String(i).padStart(5, ".")).join("");
    const big = `POST /dd HTTP/1.1\r\nHost: metrics.example\r\nContent-Length: 5000\r\n\r\n${long}`;
    let from = 0;
    for (const size of [1460, 1, 1460, 3, 1460, 20, 1000]) {
      send(it, big.slice(from, from + size), 0.15);
      from += size;
    }
    it.wait(10);
    expect(it.requests.map(({ body }) => body)).toEqual([long]);
  });

  test("comes to the server whole when the antenna is away for a while, in both directions", () => {
    const it = open();
    it.serve = () => {
      it.part.antenna(false);
      return { status: 201, body: Buffer.from(ANSWER) };
    };
    it.part.antenna(false);
    send(it, REQUEST.slice(0, 40));
    it.part.antenna(true);
    it.wait(20);
    send(it, REQUEST.slice(40));
    it.wait(10);
    expect(it.requests.map(({ body }) => body)).toEqual([BODY]);
    it.heard();
    it.part.antenna(true);
    it.wait(25);
    expect(it.heard()).toContain('+QIURC: "recv",0');
    expect(it.at("AT+QIRD=0,1500")).toContain(REPLY);
  });

  test("a large answer is whole before its connection closes", () => {
    const it = open();
    it.serve = () => ({ status: 200, body: Buffer.alloc(60000, "y") });
    send(it, REQUEST.replace("Host", "Connection: close\r\nHost"), 20);
    expect(it.heard()).toMatch(/recv[\s\S]*closed/);
    expect(it.at("AT+QIRD=0,0")).toMatch(/\+QIRD: 60\d\d\d,0,60\d\d\d/);
  });
});
