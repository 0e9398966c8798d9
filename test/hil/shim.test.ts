/** What the bench's ports refuse, the interpreter's own refuse: an option that Espruino does not know ends the program. */
import { nodeEngine } from "../../bench/engines/node";
import { Interpreter } from "../interpreter";

const onInterpreter = Interpreter.there ? test : test.skip;

const CALLS: [call: string, refused: string | undefined][] = [
  ["I2C1.setup({ scl: D1, sda: D2, bitrate: 100000 })", undefined],
  ["I2C1.setup({ port: 1, scl: D1, sda: D2, bitrate: 100000 })", "port"],
  ["Serial1.setup(9600, undefined)", undefined],
  ["Serial1.setup(9600, { tx: D1, rx: D2 })", undefined],
  ["Serial1.setup(9600, { tx: D1, rx: D2, baud: 9600 })", "baud"],
];
/** Says what a call throws, without quotes. */
const trying = (call: string) => `try { ${call}; print("said="); } catch (e) { print("said=" + e); }`;

test.each(CALLS)("on the bench: %s", (call, refused) => {
  let said = "";
  const host = (operation: string, _port: string, text: string) => {
    if (operation === "send") said = text;
    return 0;
  };
  nodeEngine(trying(call).replace(/print\(/g, "Serial3.write("), ["D1", "D2"], host).start();
  expect(said).toContain(refused ? `Unknown option "${refused}"` : "said=");
  if (!refused) expect(said).toBe("said=");
});

onInterpreter.each(CALLS)("on the interpreter: %s", (call, refused) => {
  const interpreter = new Interpreter();
  try {
    const said = /said=(.*)/.exec(interpreter.run(`var D1 = new Pin(1), D2 = new Pin(2); ${trying(call)}`))?.[1].trim();
    expect(said).toBe(refused ? `Error: Unknown option "${refused}"` : "");
  } finally {
    interpreter.end();
  }
});
