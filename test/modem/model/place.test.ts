/** SIM, registration, time, messages and sleep. */
import { bearer, desk, FAMILIES, MODELS, ready } from "./desk";

describe("the SIM", () => {
  test.each(MODELS)("%s: there and without a PIN", (family) => {
    expect(ready(family).at("AT+CPIN?")).toBe("\r\n+CPIN: READY\r\n\r\nOK\r\n");
  });

  test.each(MODELS)("%s: wants its PIN, counts the wrong ones, and takes the right one", (family) => {
    const it = desk({ family }, false);
    it.part.card.state = "pin";
    it.wait(40);
    it.at("AT");
    it.at("ATE0;+CMEE=1");
    expect(it.at("AT+CPIN?")).toBe("\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n");
    expect(it.at("AT+CREG?")).toContain(": 0,0\r\n");
    expect(it.at('AT+CPIN="9999"')).toBe("\r\n+CME ERROR: 16\r\n");
    expect(it.part.card.tries).toBe(2);
    expect(it.at("AT+CPIN=1234")).toBe("\r\nOK\r\n");
    it.wait(3);
    expect(it.heard()).toContain("+CPIN: READY");
    expect(it.at("AT+CPIN?")).toContain("+CPIN: READY");
    expect(it.part.card.tries).toBe(3);
    expect(it.at('AT+CPIN="1234"')).toBe("\r\n+CME ERROR: 3\r\n");
    it.wait(10);
    expect(it.part.state().registered).toBe(true);
  });

  test("three wrong PINs lock it; the PUK opens it with a new PIN, and wrong ones are counted too", () => {
    const it = ready("bg95");
    it.part.fault("sim-pin", ["4711"]);
    it.wait(1);
    expect(it.heard()).toBe("\r\n+CPIN: NOT READY\r\n");
    for (const pin of ["1111", "2222"]) expect(it.at(`AT+CPIN="${pin}"`)).toBe("\r\n+CME ERROR: 16\r\n");
    expect(it.at('AT+QPINC="SC"')).toContain('+QPINC: "SC",1,10');
    expect(it.at('AT+CPIN="3333"')).toBe("\r\n+CME ERROR: 12\r\n");
    expect(it.at("AT+CPIN?")).toContain("+CPIN: SIM PUK");
    expect(it.at('AT+CPIN="4711"')).toBe("\r\n+CME ERROR: 3\r\n");
    expect(it.at('AT+CPIN="11111111","5555"')).toBe("\r\n+CME ERROR: 16\r\n");
    expect(it.at('AT+QPINC="SC"')).toContain('+QPINC: "SC",0,9');
    expect(it.at('AT+CPIN="12345678","5555"')).toBe("\r\nOK\r\n");
    it.wait(20);
    expect(it.part.state().registered).toBe(true);
    expect(it.part.card.pin).toBe("5555");
    const log = it.part.log.map(({ text }) => text).join();
    expect(log).toContain("AT+CPIN=(a PIN)");
    expect(log).not.toMatch(/1111|3333|5555|12345678/);
  });

  test("absent: the module says so, and refuses what needs it", () => {
    const it = desk({ family: "sim7080" }, false);
    it.part.sim(false);
    it.wait(30);
    expect(it.heard()).toContain("+CPIN: NOT INSERTED");
    it.at("ATE0;+CMEE=1");
    expect(it.at("AT+CPIN?")).toBe("\r\n+CME ERROR: 10\r\n");
    expect(it.at("AT+CIMI")).toContain("ERROR");
    expect(it.at("AT+CMGR=1")).toBe("\r\n+CMS ERROR: 310\r\n");
    expect(it.at("AT+CREG?")).toContain(": 0,0\r\n");
  });

  test("pulled and put back, it is read after AT+CFUN=0 and 1, and not by itself", () => {
    for (const family of FAMILIES) {
      const it = ready(family);
      it.part.sim(false);
      it.wait(5);
      expect(it.heard()).toMatch(/\+CPIN: (NOT (READY|INSERTED)|SIM REMOVED)/);
      expect(it.part.state().registered).toBe(false);
      it.part.sim(true);
      it.wait(60);
      expect(it.part.state().registered).toBe(false);
      it.at("AT+CFUN=0", 2);
      it.at("AT+CFUN=1", 2);
      it.wait(20);
      expect(it.part.state().registered).toBe(true);
    }
  });
});

describe("the network", () => {
  test.each(MODELS)("%s searches, finds it, and tells by lines without the setting in front", (family) => {
    const it = ready(family);
    it.at("AT+CFUN=0", 2);
    it.at("AT+CREG=1");
    it.heard();
    it.at("AT+CFUN=1", 3);
    it.wait(20);
    const said = it.heard();
    expect(said).toMatch(/\r\n\+CREG: 1\r\n/);
    expect(it.at("AT+CREG?")).toBe("\r\n+CREG: 1,1\r\n\r\nOK\r\n");
    it.at("AT+CREG=2");
    expect(it.at("AT+CREG?")).toBe('\r\n+CREG: 2,1,"00C3","1A2B"\r\n\r\nOK\r\n');
  });

  test("2G has no AT+CEREG", () => {
    expect(ready("sim800").at("AT+CEREG?")).toBe("\r\nERROR\r\n");
    expect(ready("bg95").at("AT+CEREG?")).toBe("\r\n+CEREG: 0,1\r\n\r\nOK\r\n");
  });

  test.each([
    ["roaming", 5],
    ["denied", 3],
    ["searching", 2],
    ["unknown", 4],
    ["none", 0],
  ] as const)("%s is %d", (service, stat) => {
    for (const family of FAMILIES) {
      const it = ready(family);
      it.part.air.service = service;
      it.part.look();
      it.wait(15);
      expect(it.at("AT+CREG?")).toBe(`\r\n+CREG: 0,${stat}\r\n\r\nOK\r\n`);
    }
  });

  test("without its antenna a module hears nothing, loses the network, and finds it again", () => {
    for (const family of FAMILIES) {
      const it = ready(family);
      it.at("AT+CREG=1");
      it.part.antenna(false);
      it.wait(5);
      expect(it.heard()).toBe("\r\n+CREG: 2\r\n");
      expect(it.at("AT+CSQ")).toMatch(family === "sim800" ? /\+CSQ: 0,0/ : /\+CSQ: 99,99/);
      expect(it.at("AT+CGATT?")).toContain("+CGATT: 0");
      it.part.antenna(true);
      it.wait(15);
      expect(it.heard()).toContain("\r\n+CREG: 1\r\n");
      expect(it.at("AT+CGATT?")).toContain("+CGATT: 1");
    }
  });

  test("a data connection outlives half a minute without network, and no more", () => {
    for (const [family, said] of [
      ["sim800", "\r\n+SAPBR 1: DEACT\r\n"],
      ["sim7600", ""],
      ["sim7080", "\r\n+APP PDP: 0,DEACTIVE\r\n"],
      ["bg95", '\r\n+QIURC: "pdpdeact",1\r\n'],
    ]) {
      const it = ready(family);
      bearer(it);
      it.part.antenna(false);
      it.wait(15);
      it.part.antenna(true);
      it.wait(20);
      expect(it.part.view.data).toBe(true);
      expect(it.heard()).toBe("");
      it.part.antenna(false);
      it.wait(40);
      expect(it.part.view.data).toBe(false);
      expect(it.heard()).toBe(said);
    }
  });

  test("an APN that the network does not know brings no data connection", () => {
    for (const family of FAMILIES) {
      const it = ready(family);
      it.part.air.apn = "paygo.ke";
      bearer(it);
      it.wait(60);
      expect(it.part.view.data).toBe(false);
      expect(it.part.log.at(-1)?.text).toMatch(/ERROR|DEACTIVE/);
      it.part.air.apn = "internet";
      bearer(it);
      expect(it.part.view.data).toBe(true);
    }
  });
});

describe("the time", () => {
  // World time is 2026-11-22T00:00:00Z and on; the network's zone is three hours east.
  test("SIM800: after AT+CLTS=1 the clock is local, with its zone in quarters, from the next registration on", () => {
    const it = ready("sim800");
    expect(it.at("AT+CCLK?")).toMatch(/\+CCLK: "04\/01\/01,00:0\d:\d\d\+00"/);
    it.at("AT+CLTS=1");
    expect(it.at("AT+CCLK?")).toContain('"04/01/01');
    it.at("AT+CFUN=0", 2);
    it.at("AT+CFUN=1", 2);
    it.wait(20);
    expect(it.heard()).toMatch(/\r\n\*PSUTTZ: 2026,11,22,0,\d+,\d+,"\+12",0\r\n\r\nDST: 0\r\n/);
    expect(it.at("AT+CCLK?")).toMatch(/^\r\n\+CCLK: "26\/11\/22,03:0\d:\d\d\+12"\r\n\r\nOK\r\n$/);
  });

  test("SIM7600: AT+CTZU is on from the factory", () => {
    expect(ready("sim7600").at("AT+CCLK?")).toMatch(/"26\/11\/22,03:0\d:\d\d\+12"/);
  });

  test("SIM7080: AT+CLTS=1 counts after a restart", () => {
    const it = ready("sim7080");
    it.at("AT+CLTS=1");
    it.at("AT+CFUN=0", 2);
    it.at("AT+CFUN=1", 20);
    expect(it.at("AT+CCLK?")).toContain('"80/01/06');
    it.at("AT+CREBOOT", 30);
    it.at("ATE0");
    expect(it.at("AT+CCLK?")).toMatch(/"26\/11\/22,03:0\d:\d\d\+12"/);
  });

  test("Quectel: AT+QLTS tells what the network said, AT+CTZU=1 sets the clock to GMT and 3 to local time", () => {
    const it = desk({ family: "bg95" }, false);
    it.part.antenna(false);
    it.wait(30);
    it.at("ATE0");
    expect(it.at("AT+QLTS=1")).toBe('\r\n+QLTS: ""\r\n\r\nOK\r\n');
    it.at("AT+CTZU=1");
    it.part.antenna(true);
    it.wait(20);
    it.heard();
    expect(it.at("AT+QLTS=1")).toMatch(/^\r\n\+QLTS: "2026\/11\/22,00:0\d:\d\d\+12,0"\r\n\r\nOK\r\n$/);
    expect(it.at("AT+QLTS=2")).toMatch(/"2026\/11\/22,03:0\d:\d\d\+12,0"/);
    expect(it.at("AT+CCLK?")).toMatch(/"26\/11\/22,00:0\d:\d\d\+12"/);
    it.at("AT+CTZU=3");
    it.at("AT+CFUN=0", 2);
    it.at("AT+CFUN=1", 20);
    expect(it.at("AT+CCLK?")).toMatch(/"26\/11\/22,03:0\d:\d\d\+12"/);
  });

  test("a network that does not tell leaves the clock where it starts", () => {
    const it = desk({ family: "sim7600" }, false);
    it.part.air.time = false;
    it.wait(40);
    it.at("ATE0");
    expect(it.at("AT+CCLK?")).toContain('"80/01/06');
  });

  test("the clock can be set, and runs on", () => {
    const it = ready("sim800");
    expect(it.at('AT+CCLK="26/11/22,10:00:00+08"')).toBe("\r\nOK\r\n");
    it.wait(58.5);
    expect(it.at("AT+CCLK?")).toContain('"26/11/22,10:00:59+08"');
    expect(it.at('AT+CCLK="26/11/22"')).toContain("ERROR");
  });
});

describe("messages", () => {
  test.each([
    ["sim800", "SM", ',""', 1],
    ["sim7600", "SM", ',""', 0],
    ["sim7080", "SM", ',""', 1],
    ["bg95", "ME", ",", 0],
  ])("%s: one comes, is read, and is deleted", (family, store, name, first) => {
    const it = ready(family);
    it.at("AT+CMGF=1;+CNMI=2,1,0,0,0");
    it.part.sms("+254700000001", "123 456 789");
    it.wait(1);
    expect(it.heard()).toBe(`\r\n+CMTI: "${store}",${first}\r\n`);
    const read = (state: string) =>
      new RegExp(
        `^\\r\\n\\+CMGR: "REC ${state}","\\+254700000001"${name},"26/11/22,03:0\\d:\\d\\d\\+12"\\r\\n123 456 789\\r\\n\\r\\nOK\\r\\n$`,
      );
    expect(it.at(`AT+CMGR=${first}`)).toMatch(read("UNREAD"));
    expect(it.at(`AT+CMGR=${first}`)).toMatch(read("READ"));
    expect(it.at('AT+CMGL="REC UNREAD"')).toBe("\r\nOK\r\n");
    expect(it.at('AT+CMGL="ALL"')).toMatch(/^\r\n\+CMGL: [01],"REC READ",.*\r\n123 456 789\r\n\r\nOK\r\n$/);
    expect(it.at(`AT+CMGD=${first}`)).toBe("\r\nOK\r\n");
    expect(it.at(`AT+CMGR=${first}`)).toBe("\r\n+CMS ERROR: 321\r\n");
  });

  test("who forgot AT+CMGF=1 gets a PDU", () => {
    const it = ready("sim800");
    it.part.sms("+254700000001", "hello");
    it.wait(1);
    it.heard();
    // The sender's digits are swapped, 68656C6C6F is packed into seven bits a character.
    expect(it.at("AT+CMGR=1")).toMatch(
      /^\r\n\+CMGR: 0,,\d+\r\n00040C915274000000100000[0-9]{14}05E8329BFD06\r\n\r\nOK\r\n$/,
    );
  });

  test("AT+CNMI=2,2 hands a message on at once and keeps none, 2,0 says nothing", () => {
    const it = ready("sim7600");
    it.at("AT+CMGF=1;+CNMI=2,2");
    it.part.sms("+254700000001", "now");
    it.wait(1);
    expect(it.heard()).toMatch(/^\r\n\+CMT: "\+254700000001","","26\/11\/22,03:0\d:\d\d\+12"\r\nnow\r\n$/);
    expect(it.part.messages).toHaveLength(0);
    it.at("AT+CNMI=2,0");
    it.part.sms("+254700000001", "kept");
    it.wait(1);
    expect(it.heard()).toBe("");
    expect(it.part.messages).toHaveLength(1);
  });

  test("what comes while the module is off or away waits in the network; so does what finds no room", () => {
    const it = ready("sim7080");
    it.at("AT+CMGF=1");
    it.part.antenna(false);
    it.wait(10);
    for (let i = 0; i < 12; i++) it.part.sms("+254700000001", `number ${i}`);
    it.wait(10);
    expect(it.part.messages).toHaveLength(0);
    it.part.antenna(true);
    it.wait(20);
    expect(it.part.messages.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    it.at("AT+CMGD=3");
    it.wait(2);
    expect(it.part.messages.find(({ index }) => index === 3)?.text).toBe("number 10");
    expect(it.at("AT+CPMS?")).toContain('+CPMS: "SM",10,10,"SM",10,10,"SM",10,10');
    it.at("AT+CMGD=1,4");
    it.wait(2);
    expect(it.part.messages.map(({ text }) => text)).toEqual(["number 11"]);
  });

  test("messages outlive the power", () => {
    const it = ready("bg95");
    it.part.sms("+254700000001", "123");
    it.wait(1);
    it.part.power?.(false);
    it.part.power?.(true);
    it.wait(30);
    it.at("ATE0;+CMGF=1");
    expect(it.at("AT+CMGR=0")).toContain("\r\n123\r\n");
  });
});

describe("sleep", () => {
  test.each([
    ["sim800", "AT+CSCLK=1"],
    ["sim7600", "AT+CSCLK=1"],
    ["sim7080", "AT+CSCLK=1"],
    ["ec21", "AT+QSCLK=1"],
  ])("%s sleeps while DTR is high, is deaf then, and hears 50 ms after DTR is low", (family, command) => {
    const it = ready(family, { dtr: "D14" });
    it.world.wires.drive("D14", "controller", 0);
    expect(it.at(command)).toBe("\r\nOK\r\n");
    it.wait(20);
    expect(it.at("AT")).toBe("\r\nOK\r\n");
    it.world.wires.drive("D14", "controller", 1);
    it.wait(20);
    expect(it.part.view.asleep).toBe(true);
    expect(it.at("AT")).toBe("");
    it.world.wires.drive("D14", "controller", 0);
    it.wait(0.02);
    expect(it.at("AT", 0.02)).toBe("");
    it.wait(0.1);
    expect(it.at("AT")).toBe("\r\nOK\r\n");
  });

  test("who talks keeps it awake for 5 s more", () => {
    const it = ready("sim800", { dtr: "D14" });
    it.world.wires.drive("D14", "controller", 1);
    it.at("AT+CSCLK=1");
    for (let i = 0; i < 5; i++) expect(it.at("AT", 4)).toBe("\r\nOK\r\n");
    it.wait(2);
    expect(it.at("AT")).toBe("");
  });

  test("a SIM800 with AT+CSCLK=2 wakes by a word, and loses its first character", () => {
    const it = ready("sim800");
    it.at("AT+CSCLK=2");
    it.wait(10);
    expect(it.at("AT+CSQ")).toBe("");
    expect(it.at("AT+CSQ")).toContain("+CSQ: 18,0");
    it.wait(10);
    expect(it.at("xAT+CSQ")).toContain("+CSQ: 18,0");
  });

  test("a sleeping module still tells of a message", () => {
    const it = ready("sim800");
    it.at("AT+CSCLK=2");
    it.wait(10);
    it.part.sms("+254700000001", "123");
    it.wait(1);
    expect(it.heard()).toBe('\r\n+CMTI: "SM",1\r\n');
  });
});
