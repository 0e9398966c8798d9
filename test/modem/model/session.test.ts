/** The modem on a board and in the bench protocol. The program on the board is a few lines here, no firmware. */
import { nodeEngine } from "../../../bench/engines/node";
import { inProcess } from "../../../bench/parts/modem/network";
import { type Said, Session } from "../../../bench/session";
import { readBoard } from "../../../build/bundle";

/** Talks to the modem and repeats on the factory port what it says. */
const CODE = `
Serial1.setup(115200);
Serial3.on("data", function (d) { Serial1.write("<" + JSON.stringify(d) + "\\n"); });
Serial3.setup(115200, { tx: D17, rx: D16 });
Serial1.on("data", function (d) {
  if (d.indexOf("#KEY") === 0) { digitalWrite(D4, 0); setTimeout(function () { digitalWrite(D4, 1); }, 1200); }
  else if (d.indexOf("#RATE") === 0) Serial3.setup(9600);
  else Serial3.write(d.slice(1).trim() + "\\r");
});
`;

function session(family?: string, key?: string, own = true) {
  const board = structuredClone(readBoard("esp32"));
  delete board.parts.modem;
  if (family)
    board.parts.modem = {
      driver: "modem",
      family,
      port: "Serial3",
      tx: "D17",
      rx: "D16",
      baud: 115200,
      ...(key && { key }),
    };
  const said: Said[] = [];
  const network = own ? inProcess(() => ({ status: 201, body: Buffer.from("{}") })) : undefined;
  const it = new Session({ board, code: CODE, make: nodeEngine, out: (one) => said.push(one), network });
  const line = (text: string): Said[] => {
    said.length = 0;
    it.line(text);
    return [...said];
  };
  /** What the modem said, put together. */
  const heard = (list: Said[]) =>
    list.flatMap((one) => ("uart" in one && one.uart.startsWith("<") ? [JSON.parse(one.uart.slice(1))] : [])).join("");
  return { it, line, heard };
}

test("the program talks to the modem through its UART, and switches it on by its key", () => {
  const { it, line, heard } = session("sim7600", "D4");
  line("wait 30");
  expect(it.board.state().modem).toEqual({ on: false, registered: false, sent: 0, received: 0 });
  line("#KEY");
  const boot = heard(line("wait 30"));
  expect(boot).toContain("\r\nRDY\r\n\r\n+CPIN: READY\r\n");
  expect(it.board.state().modem).toEqual({ on: true, registered: true, sent: 0, received: 0 });
  line("#ATE0");
  line("wait 1");
  expect(heard([...line("#AT+CSQ"), ...line("wait 1")])).toBe("\r\n+CSQ: 18,99\r\n\r\nOK\r\n");
});

test("who sets another rate is not understood", () => {
  const { line, heard } = session("sim7600");
  line("wait 30");
  line("#RATE");
  line("wait 1");
  expect(heard([...line("#AT+CSQ"), ...line("wait 1")])).not.toContain("CSQ");
});

test("a cut of the board's power is one of the modem's, a restart of the controller is not", () => {
  const { it, line } = session("sim7600");
  line("wait 30");
  it.board.controller.off();
  expect(it.board.state().modem?.on).toBe(true);
  line("cut");
  expect(it.board.state().modem?.on).toBe(false);
});

test("faults, SIM, antenna and messages", () => {
  const { it, line, heard } = session("sim7600");
  line("wait 30");
  line("#ATE0;+CMGF=1");
  line("wait 1");
  expect(line("modem antenna out")).toEqual([{ done: "modem antenna out" }]);
  line("wait 10");
  expect(it.board.state().modem?.registered).toBe(false);
  expect(line("modem sms +254700000001 123 456 789")).toEqual([{ done: "modem sms +254700000001 123 456 789" }]);
  expect(heard(line("modem antenna in"))).toBe("");
  expect(heard(line("wait 20"))).toContain('+CMTI: "SM",0');
  expect(heard([...line("#AT+CMGR=0"), ...line("wait 1")])).toContain("\r\n123 456 789\r\n");
  line("modem sim out");
  expect(heard([...line("#AT+CPIN?"), ...line("wait 1")])).toContain("+CME ERROR");
  line("modem sim in");
  line("modem fault error at command 2");
  expect(heard([...line("#AT"), ...line("wait 1")])).toContain("OK");
  expect(heard([...line("#AT"), ...line("wait 1")])).toContain("ERROR");
  expect(line("modem fault late-ok 3")).toEqual([{ done: "modem fault late-ok 3" }]);
  expect(heard(line("#AT"))).toBe("\r\nOK\r\n");
  line("modem fault hang in 5");
  line("wait 6");
  expect(it.board.parts.modem?.view.power).toBe("dead");
  line("modem fault none");
  expect(it.board.parts.modem?.view.power).toBe("on");
  line("modem fault echo random 3 20");
  line("wait 21");
  expect(heard([...line("#AT"), ...line("wait 1")])).toContain("AT\r");
  line("modem fault drop 4 in at byte 3");
});

test("`modem fault` alone tells what there is", () => {
  const { line } = session("bg95");
  const list = line("modem fault").flatMap((one) => ("modem" in one ? [one.modem] : []));
  expect(list).toContain("no-ok: the next OK is lost");
  expect(list[0]).toMatch(/^none \[NAME\]: ends/);
  expect(list.length).toBeGreaterThan(40);
});

test.each([
  ["modem", "modem takes one of"],
  ["modem dance", "modem takes one of"],
  ["modem sim", "modem sim takes out or in"],
  ["modem sim sideways", "modem sim takes out or in"],
  ["modem antenna in out", "modem antenna takes out or in"],
  ["modem sms", "modem sms takes a number and a text"],
  ["modem sms 12345", "modem sms takes a number and a text"],
  ["modem sms +1 Hello", "+1 is too short for a number"],
  ["modem sms shop Hello", "shop is no number"],
  ["modem sms +254700000001 näh", "plain ASCII"],
  ["modem fault nonsense", 'There is no fault "nonsense"'],
  ["modem fault cme x", "cme [CODE]"],
  ["modem fault no-ok at command 0", "no-ok"],
])("%s is refused and changes nothing", (text, message) => {
  const { it, line } = session("sim7600");
  line("wait 30");
  const before = JSON.stringify(it.board.parts.modem?.log);
  expect(line(text)).toEqual([{ error: expect.stringContaining(message) }]);
  expect(JSON.stringify(it.board.parts.modem?.log)).toBe(before);
});

test("a board without a modem says so", () => {
  const { it, line } = session();
  expect(line("modem fault echo")).toEqual([{ error: "This board has no modem: choose one that has with --board" }]);
  expect(it.board.state().modem).toBeUndefined();
});

test("the built-in server is behind the air, and `server down` is a server that nobody reaches", () => {
  const { it, line, heard } = session("bg95", undefined, false);
  line("wait 30");
  const ask = () => {
    const request = "POST /dd HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    for (const step of ['AT+QIOPEN=1,0,"TCP","metrics.example",80,0,0', `AT+QISEND=0,${request.length}`]) {
      line(`#${step}`);
      line("wait 3");
    }
    it.board.parts.modem?.hear(request);
    line("wait 10");
    const said = heard([...line("#AT+QIRD=0"), ...line("wait 2")]);
    line("#AT+QICLOSE=0");
    line("wait 2");
    return said;
  };
  for (const step of ["ATE0", 'AT+QICSGP=1,1,"internet"', "AT+QIACT=1"]) {
    line(`#${step}`);
    line("wait 3");
  }
  expect(ask()).toMatch(/HTTP\/1.1 4\d\d /);
  expect(it.board.state().modem?.received).toBeGreaterThan(50);
  line("server down");
  expect(ask()).not.toContain("HTTP/1.1");
});

test("a modem that its board calls something else is the modem all the same", () => {
  const board = structuredClone(readBoard("esp32"));
  board.parts.transport = { driver: "modem", family: "ec21", port: "Serial2" };
  const it = new Session({ board, code: "", make: nodeEngine, out: () => {} });
  it.line("wait 30");
  expect(it.board.state().modem?.registered).toBe(true);
});

test("a family that there is not is named when the board is made", () => {
  expect(() => session("sim900")).toThrow('There is no modem "sim900": choose one of sim800,');
});
