import { bearer, type Desk, desk, MODELS, ready } from "./desk";

/** Presses the key for so many seconds. */
function press(it: Desk, seconds: number, level: 0 | 1 = 0): void {
  it.world.wires.drive("D4", "finger", level);
  it.wait(seconds);
  it.world.wires.drive("D4", "finger", undefined);
}
const KEY = { key: "D4", status: "D34" };
const isOn = (it: Desk) => it.part.state().on;

/** What comes from switching on with a known rate, without the controller's doing. */
const BOOT: { [family: string]: string } = {
  sim7600: "\r\nRDY\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n",
  a7670: "\r\n*ATREADY: 1\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n",
  sim7080: "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nSMS Ready\r\n",
  sim7070: "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nSMS Ready\r\n",
  bg95: "\r\nAPP RDY\r\n\r\n+CPIN: READY\r\n",
  eg915:
    "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\n+QUSIM: 1\r\n\r\n+QIND: SMS DONE\r\n\r\n+QIND: PB DONE\r\n",
  ec21: "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\n+QUSIM: 1\r\n\r\n+QIND: SMS DONE\r\n\r\n+QIND: PB DONE\r\n",
};

test.each(Object.entries(BOOT))("%s says so when it starts", (family, said) => {
  const it = desk({ family }, false);
  it.wait(30);
  expect(it.heard()).toBe(said);
});

test("a SIM800 with autobauding is silent until it has met an AT, and does not answer that", () => {
  const it = desk({ family: "sim800" }, false);
  it.wait(60);
  expect(it.heard()).toBe("");
  expect(it.at("hello")).toBe("");
  expect(it.at("AT")).toBe("");
  expect(it.at("AT")).toBe("AT\r\r\nOK\r\n");
});

test("a SIM800 with its rate set says what it does at the start", () => {
  const it = ready("sim800");
  it.at("AT+IPR=115200");
  it.part.power?.(false);
  it.part.power?.(true);
  it.wait(30);
  expect(it.heard()).toBe("\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nCall Ready\r\n\r\nSMS Ready\r\n");
});

test.each([
  ["sim800", 1, 3],
  ["sim7600", 0.5, 12],
  ["a7670", 0.5, 8],
  ["sim7080", 1, 5],
  ["bg95", 0.5, 4],
  ["ec21", 0.5, 11],
])("%s switches on after %d s of its key, and hears %d s later", (family, seconds, listens) => {
  const it = desk({ family, ...KEY }, false);
  it.wait(60);
  expect(isOn(it)).toBe(false);
  expect(it.world.wires.level("D34")).toBe(0);
  press(it, seconds - 0.05);
  it.wait(30);
  expect(isOn(it)).toBe(false);
  press(it, seconds + 0.1);
  expect(isOn(it)).toBe(true);
  expect(it.world.wires.level("D34")).toBe(1);
  it.wait(listens - 0.5);
  expect(it.at("AT", 0.3)).toBe("");
  it.wait(0.3);
  it.at("AT");
  expect(it.at("AT")).toContain("OK");
});

test.each([
  ["sim800", 1.5, "NORMAL POWER DOWN"],
  ["sim7600", 2.5, ""],
  ["sim7080", 1.2, "NORMAL POWER DOWN"],
  ["bg95", 0.65, "POWERED DOWN"],
  ["ec21", 0.65, "POWERED DOWN"],
])("%s switches off after %d s of its key, and not before", (family, seconds, word) => {
  const it = desk({ family, ...KEY }, false);
  press(it, 1.1);
  it.wait(40);
  it.at("AT");
  it.heard();
  press(it, seconds - 0.1);
  it.wait(20);
  expect(isOn(it)).toBe(true);
  it.heard();
  press(it, seconds + 0.05);
  it.wait(30);
  expect(it.heard()).toBe(word ? `\r\n${word}\r\n` : "");
  expect(isOn(it)).toBe(false);
  expect(it.world.wires.level("D34")).toBe(0);
});

test("the press that switches on does not switch off, however long it is", () => {
  const it = desk({ family: "bg95", ...KEY }, false);
  press(it, 5);
  it.wait(30);
  expect(isOn(it)).toBe(true);
});

test("a SIM800 whose key is held for 33 s starts anew", () => {
  const it = desk({ family: "sim800", ...KEY }, false);
  press(it, 1.1);
  it.wait(20);
  it.at("AT");
  expect(it.at("AT")).toContain("OK");
  press(it, 34);
  expect(isOn(it)).toBe(true);
  it.wait(5);
  // It looks for the rate again.
  expect(it.at("AT")).toBe("");
  expect(it.at("AT")).toContain("OK");
});

test("a key behind a transistor is pressed by a high pin", () => {
  const it = desk({ family: "bg95", ...KEY, keyLevel: 1 }, false);
  it.world.wires.drive("D4", "finger", 0);
  it.wait(5);
  expect(isOn(it)).toBe(false);
  press(it, 0.6, 1);
  expect(isOn(it)).toBe(true);
});

test("without a key it starts with its rail", () => {
  const it = desk({ family: "bg95", supply: "D12" }, false);
  it.wait(10);
  expect(isOn(it)).toBe(false);
  it.world.wires.drive("D12", "controller", 1);
  it.wait(10);
  expect(it.heard()).toContain("APP RDY");
  it.world.wires.drive("D12", "controller", 0);
  expect(isOn(it)).toBe(false);
});

test("a cut of the rail ends everything at once, in the middle of a word", () => {
  const it = ready("sim7600", { baud: 9600 });
  it.type("AT+CGMM\r");
  it.wait(0.03);
  it.part.power?.(false);
  it.wait(1);
  expect(it.heard().length).toBeLessThan(20);
  expect(it.at("AT")).toBe("");
  it.part.power?.(true);
  it.wait(15);
  expect(it.heard()).toContain("RDY");
});

test.each([
  ["sim800", "AT+CPOWD=1", "\r\nNORMAL POWER DOWN\r\n", 2],
  ["sim7600", "AT+CPOF", "\r\nOK\r\n", 26],
  ["sim7080", "AT+CPOWD=1", "\r\nNORMAL POWER DOWN\r\n", 2],
  ["bg95", "AT+QPOWD=1", "\r\nOK\r\n\r\nPOWERED DOWN\r\n", 2],
  ["ec21", "AT+QPOWD", "\r\nOK\r\n\r\nPOWERED DOWN\r\n", 5],
])("%s switches off on %s", (family, command, said, seconds) => {
  const it = ready(family);
  expect(it.at(command, seconds - 0.2)).toBe(/CPOWD/.test(command) ? "" : "\r\nOK\r\n");
  const rest = /CPOWD/.test(command) ? said : said.slice("\r\nOK\r\n".length);
  expect(isOn(it)).toBe(true);
  it.wait(0.5);
  expect(it.heard()).toBe(rest);
  expect(isOn(it)).toBe(false);
  expect(it.at("AT")).toBe("");
});

test("urgently it says nothing", () => {
  const it = ready("sim800");
  expect(it.at("AT+CPOWD=0", 5)).toBe("");
  expect(isOn(it)).toBe(false);
});

test.each(MODELS)("%s starts anew on AT+CFUN=1,1, with the settings of its factory", (family) => {
  const it = ready(family);
  it.at("AT+CREG=2;+CMGF=1");
  expect(it.at("AT+CFUN=1,1", 0.5)).toBe("\r\nOK\r\n");
  it.wait(30);
  it.at("AT");
  expect(it.at("AT")).toBe("AT\r\r\nOK\r\n");
  expect(it.at("AT+CREG?")).toContain("+CREG: 0,1\r\n");
  expect(it.at("AT+CMGF?")).toContain("+CMGF: 0\r\n");
});

test.each([
  ["sim800", "AT+CREG?;+CMGF?;+CMEE?", "+CREG: 1,1 +CMGF: 1 +CMEE: 2"],
  ["sim7600", "AT+CREG?;+CMGF?;+CMEE?", "+CREG: 0,1 +CMGF: 0 +CMEE: 2"],
  ["sim7080", "AT+CREG?;+CMGF?;+CMEE?", "+CREG: 0,1 +CMGF: 0 +CMEE: 0"],
  ["bg95", "AT+CREG?;+CMGF?;+CMEE?", "+CREG: 1,1 +CMGF: 0 +CMEE: 1"],
])("AT&W of a %s keeps what its manual says, over a cut of the rail", (family, ask, told) => {
  const it = ready(family);
  it.at("AT+CREG=1;+CMGF=1;+CMEE=2");
  expect(it.at("AT&W")).toBe("\r\nOK\r\n");
  it.part.power?.(false);
  it.wait(1);
  it.part.power?.(true);
  it.wait(40);
  it.at("AT");
  it.heard();
  // Echo was off when it was kept.
  expect(it.at("AT")).toBe("\r\nOK\r\n");
  expect(
    it
      .at(ask)
      .trim()
      .split(/\s*\r\n\s*/)
      .join(" "),
  ).toBe(`${told} OK`);
  expect(it.at("AT&F;+CREG?")).toMatch(family === "sim800" || family === "bg95" ? /\+CREG: 0,/ : /\+CREG: 0,/);
});

test("a SIM7080's AT+CLTS is kept at once and counts after a restart", () => {
  const it = ready("sim7080");
  it.at("AT+CLTS=1");
  expect(it.at("AT+CLTS?")).toContain("+CLTS: 0");
  it.at("AT+CREBOOT");
  it.wait(30);
  it.heard();
  expect(it.at("AT+CLTS?")).toContain("+CLTS: 1");
});

test("a restart of the controller alone changes nothing in the module", () => {
  for (const family of ["sim800", "sim7600", "sim7080", "bg95"]) {
    const it = ready(family);
    bearer(it);
    it.at("AT+CMGF=1;+CREG=1");
    // The controller is gone for a minute: nobody sets anything, nothing is typed.
    it.wait(60);
    expect(it.at("AT+CMGF?;+CREG?")).toBe("\r\n+CMGF: 1\r\n\r\n+CREG: 1,1\r\n\r\nOK\r\n");
    expect(it.part.view.data).toBe(true);
  }
});

test("certificates outlive the power", () => {
  const it = ready("sim7600");
  it.at('AT+CCERTDOWN="ca.pem",5');
  it.type("CA-CA");
  it.wait(1);
  it.part.power?.(false);
  it.part.power?.(true);
  it.wait(40);
  it.heard();
  expect(it.at("AT+CCERTLIST")).toContain('+CCERTLIST: "ca.pem"');
});
