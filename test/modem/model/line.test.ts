import { desk, FAMILIES, MODELS, ready } from "./desk";

test.each(MODELS)("%s echoes what is typed, character by character, until ATE0", (family) => {
  const it = desk({ family });
  it.at("AT");
  expect(it.at("AT")).toBe("AT\r\r\nOK\r\n");
  it.type("AT+CS");
  it.wait(1);
  expect(it.heard()).toBe("AT+CS");
  it.type("Q\r");
  it.wait(1);
  expect(it.heard()).toMatch(/^Q\r\r\n\+CSQ: 18,(0|99)\r\n\r\nOK\r\n$/);
  expect(it.at("ATE0")).toBe("ATE0\r\r\nOK\r\n");
  expect(it.at("AT")).toBe("\r\nOK\r\n");
  expect(it.at("ATE1")).toBe("\r\nOK\r\n");
  expect(it.at("at+csq")).toMatch(/^at\+csq\r\r\n\+CSQ: /);
});

test("a line holds several commands, and ends at the first that fails", () => {
  const it = ready("sim800");
  expect(it.at("AT+CMGF=1;+CMGF?;+CREG=1;+CREG?")).toBe("\r\n+CMGF: 1\r\n\r\n+CREG: 1,1\r\n\r\nOK\r\n");
  expect(it.at("AT+CMGF=0;+NONSENSE;+CREG=0")).toBe("\r\nERROR\r\n");
  expect(it.at("AT+CMGF?;+CREG?")).toBe("\r\n+CMGF: 0\r\n\r\n+CREG: 1,1\r\n\r\nOK\r\n");
  expect(it.at("ATE1V1+CMGF=1")).toBe("\r\nOK\r\n");
});

test.each([
  ["a missing quote", 'AT+CSCS="GSM'],
  ["no quotes at all where a string belongs", "AT+CSCS=GSM"],
  ["something behind the quote", 'AT+CSCS="GSM"x'],
  ["a number out of range", "AT+CMEE=3"],
  ["a number in quotes", 'AT+CMEE="1"'],
  ["a parameter too many", "AT+CMEE=1,1"],
  ["a parameter too few", "AT+CMEE="],
  ["a form that the command has not", "AT+CSQ=1"],
  ["a command that is none", "AT+HELLO"],
  ["a line too long", `AT+CMEE=${"0".repeat(1100)}1`],
])("%s is an error on every family, and a complaint", (_what, line) => {
  for (const family of FAMILIES) {
    const it = ready(family);
    expect(it.at(line)).toMatch(/^\r\n(ERROR|\+CME ERROR: 50)\r\n$/);
    expect(it.part.complaints).toHaveLength(1);
    expect(it.at("AT+CMEE?")).toBe("\r\n+CMEE: 1\r\n\r\nOK\r\n");
  }
});

test("AT+CMEE says how much an error says", () => {
  const it = ready("sim800");
  it.at("AT+CMEE=0");
  expect(it.at("AT+HTTPTERM")).toBe("\r\nERROR\r\n");
  it.at("AT+CMEE=1");
  expect(it.at("AT+HTTPTERM")).toBe("\r\n+CME ERROR: 3\r\n");
  it.at("AT+CMEE=2");
  expect(it.at("AT+HTTPTERM")).toBe("\r\n+CME ERROR: operation not allowed\r\n");
  expect(it.part.complaints).toEqual([]);
});

test("from the factory errors are plain, numeric or in words, as the family has it", () => {
  const said = (family: string) => {
    const it = desk({ family });
    it.part.sim(false);
    it.at("AT");
    it.at("ATE0");
    return it.at("AT+CPIN?");
  };
  expect(said("sim800")).toBe("\r\nERROR\r\n");
  expect(said("sim7600")).toBe("\r\n+CME ERROR: SIM not inserted\r\n");
  expect(said("sim7080")).toBe("\r\nERROR\r\n");
  expect(said("bg95")).toBe("\r\n+CME ERROR: 10\r\n");
});

test("results without words", () => {
  const it = ready("sim7600");
  expect(it.at("ATV0")).toBe("0\r");
  expect(it.at("AT+HELLO")).toBe("4\r");
  expect(it.at("ATV1")).toBe("\r\nOK\r\n");
});

test("what comes before an AT is passed over, a line without one is not answered", () => {
  const it = ready("bg95");
  expect(it.at("\0\0xAT")).toBe("\r\nOK\r\n");
  expect(it.at("T+CSQ")).toBe("");
  expect(it.at("")).toBe("");
  it.type("\r\n\r\nAT\r\n");
  it.wait(1);
  expect(it.heard()).toBe("\r\nOK\r\n");
});

test("what is said while a command runs is lost", () => {
  const it = ready("sim800");
  it.at('AT+SAPBR=3,1,"APN","internet"');
  it.type("AT+SAPBR=1,1\r");
  it.wait(0.5);
  it.type("AT+CSQ\r");
  it.wait(10);
  expect(it.heard()).toBe("\r\nOK\r\n");
  expect(it.part.complaints.map(({ text }) => text)).toEqual(['said while a command was running: "AT+CSQ\\r"']);
  expect(it.at("AT+SAPBR=2,1")).toBe('\r\n+SAPBR: 1,1,"10.45.0.2"\r\n\r\nOK\r\n');
});

test("a byte takes ten bit times, and what arrives within some milliseconds is one piece", () => {
  const it = ready("sim7600", { baud: 9600 });
  const start = it.world.now;
  let first = 0;
  let last = 0;
  let text = "";
  it.part.toController = (piece) => {
    first ||= it.world.now;
    last = it.world.now;
    text += piece;
    expect(piece.length).toBeLessThan(12);
  };
  it.type("AT+CGMM\r");
  it.wait(2);
  expect(text).toBe("\r\nSIMCOM_SIM7600G-H\r\n\r\nOK\r\n");
  const byte = 10000 / 9600;
  // The command's eight bytes, a moment of thought, and the answer's.
  expect(first - start).toBeGreaterThan(8 * byte + 10);
  expect(last - start).toBeGreaterThan((8 + text.length) * byte + 10);
  expect(last - start).toBeLessThan((8 + text.length) * byte + 30);
});

test("a controller with a small buffer loses what is beyond it in a burst, unless the line is slow", () => {
  const read = (baud: number, burst: number) => {
    const it = ready("sim7600", { baud, burst });
    return it.at("AT+CIPOPEN?;+CIPOPEN?").length;
  };
  const whole = read(115200, 0);
  expect(whole).toBeGreaterThan(200);
  expect(read(115200, 64)).toBe(64);
  expect(read(19200, 64)).toBe(whole);
});

test("with gaps between its bytes a burst is none", () => {
  const it = ready("sim7600", { burst: 64 });
  for (let i = 0; i < 10; i++) expect(it.at("AT+CGMM", 0.1)).toBe("\r\nSIMCOM_SIM7600G-H\r\n\r\nOK\r\n");
});

test("at the wrong rate nothing is understood, either way", () => {
  const it = ready("sim7080");
  it.part.setRate(9600);
  expect(it.at("AT")).toBe("");
  it.part.sms("+254700000001", "hello");
  it.wait(1);
  expect(it.heard()).not.toMatch(/CMTI/);
  it.part.setRate(115200);
  expect(it.at("AT")).toBe("\r\nOK\r\n");
});

test("the rate can be set, and stays where the family keeps it", () => {
  for (const [family, command] of [
    ["sim7600", "AT+IPREX=9600"],
    ["sim7080", "AT+IPR=9600"],
    ["sim800", "AT+IPR=9600"],
  ]) {
    const it = ready(family);
    expect(it.at(command)).toBe("\r\nOK\r\n");
    expect(it.at("AT")).toBe("");
    it.part.setRate(9600);
    expect(it.at("AT")).toBe("\r\nOK\r\n");
    it.part.power?.(false);
    it.part.power?.(true);
    it.wait(40);
    it.heard();
    expect(it.at("ATE0")).toContain("OK");
  }
});

test("the log has both sides, and what the bench did", () => {
  const it = ready("sim7600");
  it.part.log.length = 0;
  it.at("AT+CSQ");
  it.part.fault("echo");
  expect(it.part.log.map(({ from, text }) => `${from} ${JSON.stringify(text)}`)).toEqual([
    'controller "AT+CSQ\\r"',
    'modem "\\r\\n+CSQ: 18,99\\r\\n"',
    'modem "\\r\\nOK\\r\\n"',
    'bench "fault echo"',
  ]);
  for (let i = 0; i < 300; i++) it.at("AT", 0.1);
  expect(it.part.log).toHaveLength(200);
});
