/** Whole sessions of every family, as the manuals print them: however the modem's words come in pieces, and whatever stands between them, the same is done. */
import { NAMES, session, type World } from "./modems";
import { Letter, type Wire } from "./wire";

const BODY = '{"sn":"A1","d":[1,2,3]}';
const WAYS = NAMES.flatMap((family) => [0, 1].map((lean) => [family, lean] as const));

/** A session with a message and a POST: what the modem was sent, what was told, and the answer. `said` counts the modem's words from 0 on. */
function play(family: (typeof NAMES)[number], lean: number, cut: (text: string, said: number) => string[]) {
  let said = 0;
  const prepare = (world: World, wire: Wire) => {
    Object.assign(world, { answer: '{"a":"1f","tkl":["123456789"]}', messages: ["123 456 789"] });
    wire.cut = (text) => cut(text, said++);
  };
  const { wire, told, transport, off } = session(family, { lean, sms: 1 }, prepare);
  const letter = new Letter(BODY);
  letter.onEnd = () => transport.close();
  transport.open(letter);
  wire.run(() => off() !== undefined, 20);
  // A question that only finds out whether a late reply is still to come changes nothing.
  const lines = wire.lines.filter((line) => line !== "AT+CSQ");
  return { result: { lines, told, ends: letter.ends, answer: letter.answer }, said };
}

describe.each(WAYS)("%s, lean %i", (family, lean) => {
  const whole = play(family, lean, (text) => [text]);

  test("reports, and ends well", () => {
    expect(whole.result).toMatchObject({ ends: [[200, ""]], answer: '{"a":"1f","tkl":["123456789"]}' });
    expect(whole.result.told).toContainEqual(["sms", "123 456 789"]);
  });

  test("in pieces of any size", () => {
    for (let size = 1; size <= 20; size++) {
      const cut = (text: string) => text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
      expect({ size, ...play(family, lean, cut).result }).toEqual({ size, ...whole.result });
    }
  });

  test("each reply in two pieces, cut anywhere", () => {
    for (let at = 1; at < 90; at++) {
      const cut = (text: string) => [text.slice(0, at), text.slice(at)].filter(Boolean);
      expect({ at, ...play(family, lean, cut).result }).toEqual({ at, ...whole.result });
    }
  });

  test.each([
    "\r\n+CREG: 2\r\n",
    "\r\nRING\r\n",
    "\r\n*PSUTTZ: 2026,11,22\r\n",
    '\r\n+CMTI: "SM",1\r\n',
    "\0\xff~\r\n",
    "\r\n\r\n",
  ])("%j before or behind any of its words", (strange) => {
    for (let n = 0; n < whole.said; n++)
      for (const before of [true, false]) {
        // Nothing is said between a prompt and its data.
        const cut = (text: string, said: number) =>
          said !== n || (!before && /(>|> |DOWNLOAD\r\n|CONNECT\r\n)$/.test(text))
            ? [text]
            : before
              ? [strange, text]
              : [text, strange];
        expect({ n, before, ...play(family, lean, cut).result }).toEqual({ n, before, ...whole.result });
      }
  });
});
