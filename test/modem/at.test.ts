import { AGAIN, GO, LATER, PIECE, STOP, startAt } from "../../firmware/modem/at";
import { ok, type Reply, said, Wire } from "./wire";

/** What came of a script. */
interface Outcome {
  end: string | undefined;
  /** What was taken, as "text", or "letter:line" when it came unasked. */
  taken: string[];
  /** Steps judged: "code line error". */
  judged: string[];
  lines: string[];
  /** Commands as the modem got them, without questions. */
  commands: string[];
  seconds: number;
}

const UNASKED = "|RING:r|+CMTI:s|+CIPRXGET:1d|CLOSEDc|";

/** Runs a script against a modem that answers by `answer`. */
function run(
  script: string,
  answer: (line: string, wire: Wire) => Reply,
  options: {
    cut?: (text: string) => string[];
    verdicts?: { [code: string]: number[] };
    data?: string;
    gaps?: { [name: string]: string | number };
    set?: (wire: Wire) => void;
    minutes?: number;
  } = {},
): Outcome {
  const wire = new Wire((line, w) => (line === "AT+CSQ" ? ok("+CSQ: 17,0") : answer(line, w)));
  const outcome: Outcome = { end: undefined, taken: [], judged: [], lines: wire.lines, commands: [], seconds: 0 };
  const verdicts = JSON.parse(JSON.stringify(options.verdicts ?? {}));
  let data = options.data ?? "";
  if (options.cut) wire.cut = options.cut;
  const at = startAt(wire, wire.time.system, {
    gap(name) {
      if (name === "|") return UNASKED;
      if (name !== ">") return options.gaps?.[name];
      const piece = data.slice(0, 11);
      data = data.slice(11);
      return piece;
    },
    judge(code, line, error) {
      if (code === "^") return data.length;
      outcome.judged.push(`${code} ${line} ${error}`.trim());
      return verdicts[code]?.shift() ?? (error ? LATER : GO);
    },
    take(letter, text) {
      outcome.taken.push(letter ? `${letter}:${text}` : text);
    },
    done(error) {
      outcome.end = error;
      outcome.seconds = wire.time.world - start;
    },
  });
  wire.start(at.feed, wire.baud);
  options.set?.(wire);
  const start = wire.time.world;
  at.run(script);
  wire.run(() => outcome.end !== undefined, options.minutes ?? 5);
  outcome.commands = wire.lines.filter((line) => line !== "AT+CSQ");
  expect(wire.longest).toBeLessThanOrEqual(PIECE);
  return outcome;
}

/** Replies of all kinds, as the families' manuals print them; `raw` is where no other line can come in between. */
const CORPUS: { name: string; step: string; reply: string; raw?: [number, number]; taken?: string[]; data?: string }[] =
  [
    { name: "a bare OK", step: "E0", reply: ok() },
    { name: "a query", step: "+CPIN?|+CPIN: OK|5|2|x", reply: ok("+CPIN: READY") },
    {
      name: "a query with more lines",
      step: "+CNACT?|+CNACT:0, OK|5|2|x",
      reply: ok('+CNACT: 0,1,"10.1.2.3"', '+CNACT: 1,0,"0.0.0.0"'),
    },
    { name: "a result behind its OK", step: "+X|OK +HTTPACTION:1,|5|2|x", reply: said("OK", "+HTTPACTION: 1,201,46") },
    { name: "a result before its OK", step: "+X|OK +HTTPACTION:1,|5|2|x", reply: said("+HTTPACTION: 1,201,46", "OK") },
    { name: "a result without a blank", step: "+X|OK +HTTPACTION:1,|5|2|x", reply: said("OK", "+HTTPACTION:1,201,46") },
    { name: "no OK, but a word", step: "+CIPSHUT|SHUTOK|5|2|x", reply: said("SHUT OK") },
    { name: "two words", step: "+CIPSTART|OK CONNECTOK|5|2|x", reply: said("OK", "CONNECT OK") },
    { name: "an address", step: "+CIFSR|.|5|2|x", reply: said("10.170.2.9") },
    {
      name: "counted bytes before OK",
      step: "+HTTPREAD=0,9|+HTTPREAD: # OK|5|2|x",
      reply: `${said("+HTTPREAD: 9")}\r\nOK\r\n,{}${ok()}`,
      raw: [16, 25],
      taken: ["\r\nOK\r\n,{}"],
    },
    {
      name: "OK, counted bytes, an end",
      step: "+HTTPREAD=0,9|OK +HTTPREAD: # +HTTPREAD:0|5|2|x",
      reply: `${said("OK", "+HTTPREAD: DATA,9")}\r\nERROR\r\n${said("+HTTPREAD: 0")}`,
      raw: [27, 36],
      taken: ["\r\nERROR\r\n"],
    },
    {
      name: "OK, then counted bytes",
      step: "+SHREAD=0,4|OK +SHREAD: #|5|2|x",
      reply: `${said("OK", "+SHREAD: 4")}a\nb\0\r\n`,
      raw: [20, 24],
      taken: ["a\nb\0"],
    },
    {
      name: "a count before the last number",
      step: "+CIPRXGET=2,48|+CIPRXGET:2, % OK|5|2|x",
      reply: `${said("+CIPRXGET: 2,7,0")}+RING: ${ok()}`,
      raw: [20, 27],
      taken: ["+RING: "],
    },
    {
      name: "bytes behind a comma",
      step: "+CARECV=0,48|+CARECV: @ OK|5|2|x",
      reply: `\r\n+CARECV: 8,OK\r\nOK\r\n\r\n${ok()}`,
      raw: [13, 21],
      taken: ["OK\r\nOK\r\n"],
    },
    { name: "no bytes behind a comma", step: "+CARECV=0,48|+CARECV: @ OK|5|2|x", reply: ok("+CARECV: 0") },
    { name: "no bytes to read", step: "+QIRD=0,48|+QIRD: # OK|5|2|x", reply: ok("+QIRD: 0") },
    {
      name: "a message",
      step: "+CMGR=1|+CMGR: * OK|5|2|x",
      reply: ok('+CMGR: "REC UNREAD","+4412",,"26/11/22,12:00:00+04"\r\n123 456 789'),
      raw: [0, 55],
      taken: ["123 456 789\r"],
    },
    {
      name: "the result of data",
      step: "+HTTPDATA=20,10000|DOWNLOAD ^ OK|5|2|x",
      reply: said("DOWNLOAD"),
      data: "twenty bytes of data",
    },
    {
      name: "a prompt without an end",
      step: "+CIPSEND=20|> ^ SENDOK|5|2|x",
      reply: "\r\n> ",
      data: "twenty bytes of data",
    },
  ];

/** How the modem of a corpus answers: its reply to the command, and OK or SEND OK to data. */
const answers = (reply: string, data?: string) => (line: string, wire: Wire) => {
  if (data && line === data) return /\+CIPSEND/.test(wire.lines[0]) ? said("SEND OK") : ok();
  if (line === "AT+DONE") return ok();
  wire.wanted = data ? data.length : 0;
  return reply;
};

const plain = ({ step, reply, data }: (typeof CORPUS)[0], more: Parameters<typeof run>[2] = {}) =>
  run(`${step}\n+DONE`, answers(reply, data), { data, ...more });

const result = ({ end, taken, judged, commands }: Outcome) => ({ end, taken, judged, commands });

describe.each(CORPUS)("$name", (one) => {
  const whole = result(plain(one));

  test("is understood, once, and the next command goes out", () => {
    expect(whole.end).toBe("");
    expect(whole.taken).toEqual(one.taken ?? []);
    expect(whole.commands).toHaveLength(one.data ? 3 : 2);
    if (one.data) expect(whole.commands[1]).toBe(one.data);
  });

  test("comes in two pieces, cut anywhere, or byte by byte", () => {
    const bytes = (text: string) => text.split("");
    expect(result(plain(one, { cut: bytes }))).toEqual(whole);
    for (let at = 1; at < one.reply.length; at++) {
      const cut = (text: string) => (text === one.reply ? [text.slice(0, at), text.slice(at)] : [text]);
      expect(result(plain(one, { cut }))).toEqual(whole);
    }
  });

  const LINES = [
    "\r\nRING: 1\r\n",
    '\r\n+CMTI: "SM",3\r\n',
    "\r\n+CREG: 1\r\n",
    "\r\n*PSUTTZ: 26,11,22\r\n",
    "\r\n\r\n",
  ];
  const NOISE = ["\0\0\0\r\n", "\xff\x80~#\r\n", `${"x".repeat(5000)}\r\n`, "\r\nFOK\r\nOKAY\r\n"];

  test("has noise or a line that nobody asked for before, inside and behind it", () => {
    const starts = [...one.reply.matchAll(/\r\n(?=\r\n)|^|$/g)].map(({ index, 0: text }) => index + text.length);
    for (const at of starts) {
      if (one.raw && at > one.raw[0] && at < one.raw[1]) continue;
      // Bytes follow their header at once, and a modem that waits for data says nothing.
      if (one.raw && at === one.raw[0] && at > 0) continue;
      if (one.data && at === one.reply.length) continue;
      for (const strange of [...LINES, ...NOISE]) {
        let first = true;
        const cut = (text: string) => {
          const here = first && text === one.reply;
          if (here) first = false;
          return [here ? text.slice(0, at) + strange + text.slice(at) : text];
        };
        const { end, taken, judged, commands } = plain(one, { cut });
        expect({ end, taken: taken.filter((text) => !/^[rs]:/.test(text)), judged, commands }).toEqual(whole);
        const heard = taken.filter((text) => /^[rs]:/.test(text));
        expect(heard).toEqual(strange === LINES[0] ? ["r:RING:1"] : strange === LINES[1] ? ['s:+CMTI:"SM",3'] : []);
      }
    }
  });

  test("comes with the command's echo", () => {
    expect(result(plain(one, { set: (wire) => (wire.echo = true) }))).toEqual(whole);
  });

  test("loses its OK: what came counts, or it is tried again", () => {
    if (!one.reply.includes("\r\nOK\r\n") || one.data || one.name.includes("message")) return;
    const last = one.reply.lastIndexOf("\r\nOK\r\n");
    let lost = false;
    const { end, taken, commands } = plain(one, {
      cut: (text) => {
        if (text !== one.reply || lost) return [text];
        lost = true;
        return [text.slice(0, last) + text.slice(last + 6)];
      },
    });
    expect(end).toBe("");
    expect(taken).toEqual(one.taken ?? []);
    expect(commands.length).toBeLessThanOrEqual(3);
  });
});

const TAIL = "\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n";

test.each([
  ["short", "{}"],
  ["empty", ""],
  ["that looks like the end of a reply", "a\r\nOK\r\nb\r\nERROR\r\n+QHTTPREAD: 0\r\n\r\nOK\r\n\r\n"],
  ["long", "0123456789abcdef\r\n".repeat(4000)],
])("bytes of unknown number: %s", (_, body) => {
  const answer = (line: string) => (line === "AT+DONE" ? ok() : `\r\nCONNECT\r\n${body}${TAIL}`);
  const step = "+QHTTPREAD=80|CONNECT ~ OK +QHTTPREAD:|9|1|x\n+DONE";
  const cuts = [1, 7, 48, 1000];
  for (const size of body.length > 9999 ? cuts.slice(2) : cuts) {
    const cut = (text: string) => text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
    const { end, taken, judged } = run(step, answer, { cut });
    expect(end).toBe("");
    expect(taken.join("")).toBe(body);
    expect(judged).toEqual(["x +QHTTPREAD:0"]);
    for (const piece of taken) expect(piece.length).toBeLessThanOrEqual(size + 600);
  }
});

describe("errors", () => {
  test.each([
    ["ERROR", "ERROR"],
    ["+CME ERROR: 10", "+CMEERROR:10"],
    ["+CME ERROR: SIM not inserted", "+CMEERROR:SIMnotinserted"],
    ["+CMS ERROR: 321", "+CMSERROR:321"],
    ["CONNECT FAIL", "CONNECTFAIL"],
    ["SEND FAIL", "SENDFAIL"],
  ])("%s is one", (text, line) => {
    const { end, judged, commands } = run("+X|OK|5|3|x", () => said(text));
    expect(end).toBe("ERROR");
    expect(judged).toEqual([1, 2, 3].map(() => `x ${line} ERROR`));
    expect(commands).toHaveLength(3);
  });

  test("a step is tried as often as it says, a second apart, and may succeed at last", () => {
    let n = 0;
    const outcome = run("+X|OK|5|4\n+Y", () => (++n < 4 ? said("ERROR") : ok()));
    expect(outcome.end).toBe("");
    expect(outcome.commands).toEqual(["AT+X", "AT+X", "AT+X", "AT+X", "AT+Y"]);
    expect(outcome.seconds).toBeGreaterThan(3);
  });

  test("a step that may fail does not end the script", () => {
    const outcome = run("+X|OK|2|?\n+Y|OK|2|2?\n+Z", (line) => (line === "AT+Z" ? ok() : said("ERROR")));
    expect(outcome.end).toBe("");
    expect(outcome.commands).toEqual(["AT+X", "AT+Y", "AT+Y", "AT+Z"]);
  });

  test("the driver may ask for a step again, or end the script", () => {
    const outcome = run("+X|OK|5|1|x\n+Y|OK|5|1|y\n+Z", () => ok(), {
      verdicts: { x: [AGAIN, AGAIN, AGAIN, GO], y: [STOP] },
    });
    expect(outcome.commands).toEqual(["AT+X", "AT+X", "AT+X", "AT+X", "AT+Y"]);
    expect(outcome.end).toBe("REFUSED");
  });

  test("an answer that is not good enough is asked for again, a second apart", () => {
    const outcome = run("+X|+X: OK|5|9|x", () => ok("+X: 2"), { verdicts: { x: [LATER, LATER, GO] } });
    expect(outcome.end).toBe("");
    expect(outcome.commands).toHaveLength(3);
    expect(outcome.seconds).toBeGreaterThan(2);
  });
});

describe("a late reply never answers the next command", () => {
  test.each([
    ["OK", 7],
    ["OK", 9.5],
    ["OK", 12],
    ["ERROR", 7],
    ["ERROR", 12],
  ])("%s, %d seconds after the command", (late, seconds) => {
    // The modem is busy with one command for so long, and takes the next ones then, one after the other.
    let until = 0;
    const times: { [line: string]: number } = {};
    const wire = (line: string, w: Wire): Reply => {
      const now = w.time.world;
      const first = line === "AT+SLOW" && !times[line];
      times[line] = (times[line] ?? 0) + 1;
      if (first) until = now + seconds;
      const text = first ? said(late) : line === "AT+CSQ" ? ok("+CSQ: 17,0") : line === "AT+Y" ? said("ERROR") : ok();
      w.say(text, Math.max(2, (until - now) * 1000));
      return undefined;
    };
    const slow = new Wire(wire);
    const judged: string[] = [];
    let end: string | undefined;
    const at = startAt(slow, slow.time.system, {
      gap: () => UNASKED,
      judge: (code, line, error) => {
        judged.push(`${code} ${error || line || "OK"}`);
        return error ? LATER : GO;
      },
      take: () => {},
      done: (error) => {
        end = error;
      },
    });
    slow.start(at.feed, slow.baud);
    at.run("+SLOW|OK|5|1?|s\n+Y|OK|5|1?|y\n+Z|OK|5|1|z");
    slow.run(() => end !== undefined, 2);
    // The modem refuses Y, always: its verdict must be Y's own.
    expect(judged).toEqual(["s TIMEOUT", "y ERROR", "z OK"]);
    expect(end).toBe("");
  });

  test("a modem that does not answer any more ends the script within half a minute", () => {
    const wire = new Wire(() => undefined);
    let end: string | undefined;
    const at = startAt(wire, wire.time.system, {
      gap: () => "",
      judge: () => GO,
      take: () => {},
      done: (error) => {
        end = error;
      },
    });
    wire.start(at.feed, wire.baud);
    at.run("+X|OK|5|5");
    wire.run(() => end !== undefined, 0.6);
    expect(end).toBe("SILENT");
  });

  test("a probe is repeated at once, and its late replies are waited for", () => {
    let n = 0;
    const { end, lines } = run("|OK|.3|10\n+X", (line, w) => {
      if (line === "AT" && ++n < 4) {
        w.say(ok(), 1000 - n * 300);
        return undefined;
      }
      return ok();
    });
    expect(end).toBe("");
    expect(lines.slice(-2)).toEqual(["AT+CSQ", "AT+X"]);
  });
});

describe("data", () => {
  test("is written in small pieces, at the pace of the wire", () => {
    const data = "0123456789".repeat(300);
    const { end, lines, seconds } = run(`+CIPSEND=${data.length}|> ^ SENDOK|5|1`, answers("\r\n> ", data), {
      data,
      set: (wire) => (wire.baud = wire.modemBaud = wire.rate = 9600),
    });
    expect(end).toBe("");
    expect(lines[1]).toBe(data);
    expect(seconds).toBeGreaterThan((data.length * 10) / 9600);
  });

  test("is not written before the modem asks, however late it does", () => {
    const outcome = run(
      "+X=4|DOWNLOAD ^ OK|5|1",
      (line, w) => {
        if (line === "data") return ok();
        expect(line).toBe("AT+X=4");
        w.say(said("DOWNLOAD"), 4500);
        w.wanted = 4;
        return undefined;
      },
      { data: "data" },
    );
    expect(outcome.end).toBe("");
    expect(outcome.lines).toEqual(["AT+X=4", "data"]);
  });

  test("that the modem asked for in vain is filled up, so that it hears commands again", () => {
    let first = true;
    const outcome = run(
      "+CIPSEND=100|> ^ SENDOK|5|1?|w\n+Y",
      (line, w) => {
        if (line.startsWith("AT+CIPSEND")) {
          // It waits for data, and the prompt was lost.
          w.wanted = 100;
          first = false;
          return undefined;
        }
        return ok();
      },
      { data: "x".repeat(100) },
    );
    expect(first).toBe(false);
    expect(outcome.end).toBe("");
    expect(outcome.lines).toEqual(["AT+CIPSEND=100", "\r".repeat(100), "AT+CSQ", "AT+Y"]);
  });

  test("a modem that refuses data gets none", () => {
    const outcome = run("+X=4|> ^ OK|5|1?\n+Y", (line) => (line === "AT+X=4" ? said("ERROR") : ok()), { data: "data" });
    expect(outcome.lines).toEqual(["AT+X=4", "AT+Y"]);
    expect(outcome.taken).toEqual([]);
  });

  test("a lost OK behind data is no success", () => {
    const outcome = run(
      "+X=4|DOWNLOAD ^ OK|5|1|x",
      (line, w) => {
        if (line !== "AT+X=4") return undefined;
        w.wanted = 4;
        return said("DOWNLOAD");
      },
      { data: "data" },
    );
    expect(outcome.end).toBe("TIMEOUT");
  });
});

describe("memory stays bounded", () => {
  test.each([
    ["noise with line ends", () => String.fromCharCode(...Array.from({ length: 4096 }, (_, i) => (i * 7919) & 255))],
    ["noise without line ends", () => "x".repeat(4096)],
    ["line ends only", () => "\r\n".repeat(2048)],
    ["NULs", () => "\0".repeat(4096)],
  ])("64 KB of %s, and it still understands", (_, noise) => {
    const outcome = run("+X|+X: OK|9|2|x", (line) => (line === "AT+X" ? ok("+X: 1") : undefined), {
      set: (wire) => {
        for (let i = 0; i < 16; i++) wire.say(noise(), 1);
        wire.say("\r\n", 1);
      },
      cut: (text) => text.match(/[\s\S]{1,64}/g) ?? [],
    });
    expect(outcome.end).toBe("");
    expect(outcome.judged).toEqual(["x +X:1"]);
  });

  test("a modem that announces 64 KB is not believed", () => {
    const outcome = run(
      "+HTTPREAD=0,48|+HTTPREAD: # OK|5|1?|x\n+Y|OK|5|1|y",
      (line) => (line === "AT+Y" ? ok() : `${said("+HTTPREAD: 65536")}${"OK\r\n".repeat(16384)}${ok()}`),
      { cut: (text) => text.match(/[\s\S]{1,64}/g) ?? [] },
    );
    expect(outcome.end).toBe("");
    expect(outcome.taken).toEqual([]);
    expect(outcome.judged).toEqual(["x +HTTPREAD:65536 TIMEOUT", "y"]);
  });

  test("fewer bytes than announced: nothing is taken, and the next command gets its own reply", () => {
    const outcome = run("+HTTPREAD=0,48|+HTTPREAD: # OK|5|1?|x\n+Y|+Y: OK|5|1|y", (line) =>
      line === "AT+Y" ? ok("+Y: 3") : `${said("+HTTPREAD: 48")}only this${ok()}`,
    );
    expect(outcome.end).toBe("");
    expect(outcome.taken).toEqual([]);
    expect(outcome.judged).toEqual(["x +HTTPREAD:48 TIMEOUT", "y +Y:3"]);
  });

  test("a message of many lines ends before what looks like its end is believed", () => {
    const text = '+CMGR: "REC READ","+44",,""\r\n123456789\r\nOK\r\nERROR\r\nRING: 1\r\n';
    const outcome = run("+CMGR=1|+CMGR: * OK|3|1|x\n+CMGD=1|OK|3|1|y", (line) =>
      line === "AT+CMGR=1" ? ok(text) : said("ERROR"),
    );
    expect(outcome.taken[0]).toBe("123456789\r");
    expect(outcome.judged).toEqual(['x +CMGR:"RECREAD","+44",,"" ', "y ERROR ERROR"].map((line) => line.trim()));
  });
});

describe("the script", () => {
  test("gaps are filled, and a step with nothing to fill in is left out", () => {
    const outcome = run('+A="$a",$n\n+B="$b"\n\n+C$e', () => ok(), { gaps: { a: "web.gprs", n: 7, e: "" } });
    expect(outcome.lines).toEqual(['AT+A="web.gprs",7', "AT+C"]);
  });

  test("the driver's own steps take their time", () => {
    const outcome = run("!k1||1.2\n!||2\n+X", () => ok());
    expect(outcome.judged).toEqual(["! k1", "!"]);
    expect(outcome.seconds).toBeGreaterThan(3.2);
    expect(outcome.seconds).toBeLessThan(3.6);
  });

  test("it ends when it is told to, and nothing of it goes on", () => {
    const wire = new Wire(() => undefined);
    const ends: string[] = [];
    const at = startAt(wire, wire.time.system, {
      gap: () => "",
      judge: () => GO,
      take: () => {},
      done: (error) => ends.push(error),
    });
    wire.start(at.feed, wire.baud);
    at.fail("NOTHING");
    at.run("+X|OK|60|3\n+Y");
    wire.time.wait(1);
    at.fail("CLOSED");
    wire.time.wait(300);
    expect(ends).toEqual(["CLOSED"]);
    expect(wire.lines).toEqual(["AT+X"]);
  });

  test("what waits for another try is hurried, what is in flight is not", () => {
    let ask: (error: string) => void = () => {};
    const wire = new Wire((line) => (line === "AT+X" ? ok("+X: 0") : undefined));
    const times: number[] = [];
    const at = startAt(wire, wire.time.system, {
      gap: () => "",
      judge: () => {
        times.push(wire.time.world);
        return LATER;
      },
      take: () => {},
      done: () => {},
    });
    ask = at.fail;
    wire.start(at.feed, wire.baud);
    at.run("+X|+X: OK|5|3|x");
    wire.time.wait(0.1);
    ask("");
    wire.time.wait(0.1);
    expect(times).toHaveLength(2);
    ask("");
    ask("");
    wire.time.wait(0.1);
    expect(times).toHaveLength(3);
    expect(wire.lines).toHaveLength(3);
  });
});
