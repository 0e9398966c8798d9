import { access, type Family, NAMES, session, type World } from "./modems";
import { Letter, ok, type Reply, said, type Wire } from "./wire";

const body = '{"sn":"A1","d":[1,2,3]}';
type Prepare = (world: World, wire: Wire) => void;

/** Opens a POST, and another one after each that failed, up to `letters`; closes after a good one. Runs to the end. */
function report(family: Family, more: object, prepare?: Prepare, letters = 1, minutes = 30) {
  const s = session(family, more, prepare);
  const sent: Letter[] = [];
  const open = () => {
    const letter = new Letter(body);
    letter.onEnd = () => {
      if (letter.ends[0][0] || sent.length === letters) s.transport.close();
      else open();
    };
    sent.push(letter);
    s.transport.open(letter);
  };
  open();
  s.wire.run(() => s.off() !== undefined, minutes);
  s.wire.time.wait(60);
  expect(s.off()).toBeDefined();
  expect(s.wire.timers).toBe(0);
  expect(s.wire.open).toBe(false);
  for (const letter of sent) expect(letter.ends).toHaveLength(1);
  return { ...s, sent, ends: sent.flatMap((letter) => letter.ends), last: sent[sent.length - 1] };
}

/** A line's own way of going wrong, once, at the `n`th command that the modem is sent. */
type Fault = (world: World, wire: Wire, line: string) => Reply | null;
const once =
  (n: number, fault: Fault): Prepare =>
  (world, wire) => {
    let seen = 0;
    const before = wire.onPin;
    world.wired(wire);
    world.on = true;
    const keyed = wire.onPin;
    wire.onPin = (pin, on) => {
      before(pin, on);
      keyed(pin, on);
    };
    world.special = (line, w) => (seen++ === n ? fault(world, w, line) : null);
  };

/** What can happen to one command. */
const FAULTS: { [name: string]: Fault } = {
  "is refused": () => said("ERROR"),
  "is refused with a number": () => said("+CME ERROR: 100"),
  "gets no reply": (_, wire) => {
    wire.wanted = 0;
    return undefined;
  },
  "is lost, and its reply cut off": () => "\r\n+C",
  "makes the modem start anew": (world, wire) => {
    world.boot(wire);
    return undefined;
  },
  "browns the modem out": (world, wire) => {
    world.on = false;
    wire.wanted = 0;
    return undefined;
  },
  "meets an echo that is on again": (_, wire) => {
    wire.echo = true;
    return null;
  },
  "meets lines that nobody asked for": (_, wire) => {
    wire.say('\r\n+CMTI: "SM",1\r\n\r\nRING\r\n\r\n+CREG: 2\r\n\r\n*PSUTTZ: 2026\r\n', 1);
    return null;
  },
};

describe.each(NAMES)("%s: whichever command", (family) => {
  const count = [0, 1].map((lean) => report(family, { lean }).wire.lines.length);
  test.each(Object.keys(FAULTS))("%s, the report arrives, in the same session", (name) => {
    for (const lean of [0, 1])
      for (let n = 0; n < count[lean] - 1; n++) {
        const { ends, world, off, last } = report(family, { lean }, once(n, FAULTS[name]), 3);
        const told = `${lean ? "lean" : "service"} ${n}: ${JSON.stringify(ends)} ${off()}`;
        expect(`${told} ${last.answer}`).toBe(`${told} ${world.answer}`);
        expect(ends[ends.length - 1]).toEqual([200, ""]);
        // A second report only where the first one had left.
        expect(ends.length).toBeLessThanOrEqual(2);
        expect(world.requests.length).toBeLessThanOrEqual(2);
        expect(off()).toBe("");
      }
  });
});

describe.each(NAMES)("%s", (family) => {
  /** A pattern for the command that opens what carries the request, and for the one that asks for the answer. */
  const READS = /CIPRXGET=2|CARECV|QIRD/;

  test("an answer comes chunked, with line feeds only, with other heads before it, or without a length", () => {
    const answers = [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n6;x=1\r\n:"1f"}\r\n0\r\n\r\n',
      'HTTP/1.0 200 OK\nserver: x\ncontent-length:10\n\n{"a":"1f"}',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Long: ${"y".repeat(3000)}\r\nCONTENT-LENGTH: 10\r\n\r\n{"a":"1f"}`,
      'HTTP/1.1 200\r\nConnection: close\r\n\r\n{"a":"1f"}',
    ];
    answers.forEach((reply, i) => {
      const { ends, last } = report(family, { lean: 1 }, (world) => Object.assign(world, { reply, closes: i === 3 }));
      expect([i, ends, last.answer]).toEqual([i, [[200, ""]], '{"a":"1f"}']);
    });
  });

  test("an answer that breaks off, is none, or does not come is no answer", () => {
    const replies = [
      "",
      "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
      "HTTP/1.1 200 OK\r\nContent-Le",
      "<html>\r\n\r\n",
    ];
    for (const reply of replies)
      for (const closes of [true, false]) {
        const { ends, world } = report(family, { lean: 1 }, (w) => Object.assign(w, { reply, closes }));
        expect(ends).toEqual([[0, "NO_ANSWER"]]);
        expect(world.requests).toHaveLength(1);
      }
  });

  test("a captive portal's page is handed over as what it is", () => {
    const answer = `<html>${"<p>Please log in</p>".repeat(200)}</html>`;
    for (const lean of [0, 1]) {
      const { ends, last } = report(family, { lean }, (world) => Object.assign(world, { answer }));
      expect(ends).toEqual([[200, ""]]);
      expect(last.answer).toBe(answer);
    }
  });

  test("the modem's own 6xx and 7xx are no answers of the server", () => {
    for (const status of [601, 706]) {
      const { ends, off } = report(family, {}, (world) => Object.assign(world, { status, answer: "" }));
      expect(ends).toEqual([[0, `HTTP_${status}`]]);
      expect(off()).toBe(`HTTP_${status}`);
    }
  });

  test("a network that goes and comes: waits for it, and reports", () => {
    for (const state of [0, 2, 3, 4]) {
      let asked = 0;
      const { ends, off } = report(family, {}, (world) => {
        world.registered = state;
        world.special = (line) => {
          // Away again while the modem attaches, once.
          if (/REG\?/.test(line)) world.registered = [20, 23].includes(asked) ? 1 : asked++ > 25 ? 5 : state;
          if (line === "AT+CGATT=1" && asked < 25 && asked++) return said("ERROR");
          return null;
        };
      });
      expect(ends).toEqual([[200, ""]]);
      expect(off()).toBe("");
    }
  });

  test("without a network, or refused by it, it gives up within half an hour, and says why", () => {
    for (const [registered, why] of [
      [0, "NO_NETWORK"],
      [2, "NO_NETWORK"],
      [3, "DENIED"],
    ] as const) {
      const { ends, off } = report(family, {}, (world, wire) => {
        world.wired(wire);
        world.registered = registered;
      });
      expect(ends).toEqual([[0, why]]);
      expect(off()).toBe(why);
    }
  });

  test("the data connection is lost in the middle: set up anew, and another report goes out", () => {
    const lost = {
      sim800: "+PDP: DEACT",
      sim7600: "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY",
      sim7080: "+APP PDP: 0,DEACTIVE",
      quectel: '+QIURC: "pdpdeact",1',
    }[family];
    let times = 0;
    const { ends, world } = report(
      family,
      { lean: 1 },
      (w) => {
        w.special = (line) => (READS.test(line) && !times++ ? said(lost) : null);
      },
      2,
    );
    expect(ends).toEqual([
      [0, "NO_NETWORK"],
      [200, ""],
    ]);
    expect(world.requests).toHaveLength(2);
  });

  test("a SIM that is absent, or asks for a code that nobody has, ends the session", () => {
    for (const [sim, why] of [
      ["", "NO_SIM"],
      ["SIM PIN", "PIN"],
      ["SIM PUK", "PUK"],
    ]) {
      const { ends, off, world } = report(family, {}, (w, wire) => {
        w.wired(wire);
        w.sim = sim;
      });
      expect(ends).toEqual([[0, why]]);
      expect(off()).toBe(why);
      expect(world.pinsTried).toBe(0);
    }
  });

  test("a SIM that is busy for a while is waited for", () => {
    let asked = 0;
    const { ends } = report(family, {}, (world) => {
      world.special = (line) => {
        world.sim = asked > 8 ? "READY" : "busy";
        if (line === "AT+CPIN?") asked++;
        return null;
      };
    });
    expect(ends).toEqual([[200, ""]]);
  });

  test("a right PIN is sent, and known to be right", () => {
    for (const pinState of [0, 2]) {
      const { ends, told, world, settings } = report(family, { access: access("1234"), pinState }, (w) => {
        w.sim = "SIM PIN";
      });
      expect(ends).toEqual([[200, ""]]);
      expect(world.pinsTried).toBe(1);
      expect(told.filter(([event]) => event === "pin")).toEqual(
        pinState
          ? []
          : [
              ["pin", 1],
              ["pin", 2],
            ],
      );
      expect(settings.pinState).toBe(2);
    }
  });

  test("a wrong PIN is tried once, ever, and that is stored before it is sent", () => {
    let stored = 0;
    let triedBefore = -1;
    for (let i = 0; i < 3; i++) {
      const s = session(family, { access: access("9999"), pinState: stored }, (world) => {
        world.sim = "SIM PIN";
        world.special = (line) => {
          if (/^AT\+CPIN=/.test(line))
            triedBefore = s.told.filter(([event, value]) => event === "pin" && value === 1).length;
          return null;
        };
      });
      const letter = new Letter(body);
      s.transport.open(letter);
      s.wire.run(() => s.off() !== undefined, 20);
      for (const [event, value] of s.told) if (event === "pin") stored = Number(value);
      expect(letter.ends).toEqual([[0, "PIN"]]);
      expect(s.world.pinsTried).toBe(i ? 0 : 1);
    }
    expect(triedBefore).toBe(1);
    expect(stored).toBe(1);
  });

  test("a PIN that was right and is not any more is tried once", () => {
    const { world, told, off } = report(family, { access: access("1234"), pinState: 2 }, (w) =>
      Object.assign(w, { sim: "SIM PIN", pin: "777" }),
    );
    expect(world.pinsTried).toBe(1);
    expect(told).toContainEqual(["pin", 1]);
    expect(off()).toBe("PIN");
  });

  test("a SIM that asks for its PIN for a moment more, when it has taken it, is waited for", () => {
    for (const pinState of [0, 2]) {
      let asked = 0;
      const { ends, world, settings } = report(family, { access: access("1234"), pinState }, (w) => {
        w.sim = "SIM PIN";
        w.special = (line) =>
          line === "AT+CPIN?" && w.pinsTried && asked++ < 3 ? "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n" : null;
      });
      expect(ends).toEqual([[200, ""]]);
      expect(asked).toBeGreaterThan(3);
      expect(world.pinsTried).toBe(1);
      expect(settings.pinState).toBe(2);
    }
  });

  test("switched off: the power key is pressed, and never on a modem that runs", () => {
    const cold = report(family, {}, (world, wire) => world.wired(wire));
    expect(cold.ends).toEqual([[200, ""]]);
    expect(cold.wire.pressed.filter((pin) => pin[0] === "k")).toEqual(["k1", "k0"]);
    const warm = report(family, {}, (world, wire) => {
      world.wired(wire);
      world.on = true;
    });
    expect(warm.wire.pressed.filter((pin) => pin[0] === "k")).toEqual([]);
    expect([cold, warm].map(({ world }) => world.on)).toEqual([false, false]);
  });

  test("a board without pins for the modem works with one that is always on", () => {
    const { ends, wire, world } = report(family, {}, (_, w) => {
      w.pins = {};
    });
    expect(ends).toEqual([[200, ""]]);
    expect(wire.pressed).toEqual([]);
    // Nobody could switch it on again.
    expect(world.on).toBe(true);
  });

  test("a dead modem: key and supply are tried, and it gives up within ten minutes", () => {
    const { ends, wire, off } = report(family, {}, (world) => Object.assign(world, { on: false }), 1, 10);
    expect(ends).toEqual([[0, "SILENT"]]);
    expect(off()).toBe("SILENT");
    expect(wire.pressed.filter((pin) => pin === "k1").length).toBeGreaterThan(2);
    expect(wire.pressed).toContain("r0");
  });

  test("another baud rate, fixed by somebody before: found and set back", () => {
    for (const rate of [9600, 19200, 38400, 57600]) {
      const { ends, wire } = report(family, {}, (_, w) => {
        w.modemBaud = rate;
        w.pins = {};
      });
      expect([rate, ends]).toEqual([rate, [[200, ""]]]);
      expect(wire.modemBaud).toBe(115200);
    }
  });

  test("silence while the modem learns the baud rate, and its noise at power-on", () => {
    let heard = 0;
    const { ends } = report(family, {}, (world, wire) => {
      world.wired(wire);
      world.special = () => (heard++ < 12 ? undefined : null);
    });
    expect(ends).toEqual([[200, ""]]);
  });

  test("leftovers of an earlier session: open services, other formats of replies", () => {
    let open = true;
    let format = 2;
    for (const lean of [0, 1]) {
      open = true;
      format = 2;
      const { ends } = report(family, { lean }, (world) => {
        world.special = (line) => {
          if (/HTTPTERM|SHDISC|QHTTPSTOP|CIPSHUT/.test(line)) open = false;
          if (/HTTPINIT|SHCONN|QHTTPCFG="contextid"|CIPSTART/.test(line) && open) return said("ERROR");
          if (/REG=0/.test(line)) format = 0;
          if (/REG\?/.test(line)) return ok(`${line.slice(2, -1)}: ${format ? '2,1,"1A2B","03C4"' : "0,1"}`);
          return null;
        };
      });
      expect(ends).toEqual([[200, ""]]);
    }
  });

  test("a lost first character on waking, and sleep instead of power-off", () => {
    let asleep = true;
    const { ends, wire, world } = report(family, { doze: 1 }, (w) => {
      w.special = () => {
        const lost = asleep;
        asleep = false;
        return lost ? undefined : null;
      };
    });
    expect(ends).toEqual([[200, ""]]);
    expect(wire.pressed[wire.pressed.length - 1]).toBe("s1");
    expect(wire.pressed.indexOf("s0")).toBeLessThan(wire.pressed.indexOf("s1"));
    expect(wire.lines[wire.lines.length - 1]).toMatch(/SCLK=1/);
    expect(world.on).toBe(true);
  });

  test("after a bad session it is switched off, sleep or not; after two, its supply is cut first", () => {
    const bad = report(family, { doze: 1 }, (world) => Object.assign(world, { sim: "SIM PUK" }));
    expect(bad.world.on).toBe(false);
    const third = report(family, { failures: 2 }, (world, wire) => world.wired(wire));
    expect(third.wire.pressed[0]).toBe("r0");
    expect(third.ends).toEqual([[200, ""]]);
  });

  test("the supply is cut even when the modem does not say that it is off", () => {
    const { wire, off } = report(family, {}, (world) => {
      world.special = (line) => (/POWD|CPOF/.test(line) ? undefined : null);
    });
    expect(off()).toBe("");
    expect(wire.pressed[wire.pressed.length - 1]).toBe("r0");
  });

  test("the supply is cut even when the modem says that it is off a moment before that", () => {
    for (let late = 500; late < 40_000; late += 1000) {
      const { wire, off } = report(family, {}, (world) => {
        world.special = (line, w) => {
          if (!/POWD|CPOF/.test(line)) return null;
          w.say(said(family === "quectel" ? "POWERED DOWN" : "NORMAL POWER DOWN"), late);
          return ok();
        };
      });
      expect(off()).toBe("");
      expect(wire.pressed[wire.pressed.length - 1]).toBe("r0");
    }
  });

  test("the network's time is told in UTC, whatever the time zone", () => {
    const utc = family === "quectel";
    const cases: [string, number][] = [
      ["26/11/22,12:00:00+04", Date.UTC(2026, 10, 22, utc ? 12 : 11) / 1000],
      ["26/11/22,00:30:15-20", Date.UTC(2026, 10, 22, utc ? 0 : 5, 30, 15) / 1000],
      ["27/02/28,23:59:59+23", Date.UTC(2027, 1, 28, utc ? 23 : 18, utc ? 59 : 14, 59) / 1000],
    ];
    for (const [time, unix] of cases) {
      const { told } = report(family, {}, (world) => Object.assign(world, { time }));
      expect(told.filter(([event]) => event === "time")).toEqual([["time", unix]]);
    }
  });

  test("a clock that was never set tells no time, or one that nobody believes", () => {
    for (const time of ["", "80/01/06,00:00:12+00", "garbage", "26/11/2,12:00:00+04", "26/11/22,1:00:00+04"]) {
      const { told, ends } = report(family, {}, (world) => Object.assign(world, { time }));
      expect(ends).toEqual([[200, ""]]);
      for (const [event, value] of told) if (event === "time") expect(value).toBeGreaterThan(Date.UTC(2079, 1) / 1000);
    }
  });

  test("messages are read and deleted after the report, also one that came during it", () => {
    const { told, world, ends } = report(family, { sms: 1, lean: 1 }, (w) => {
      w.messages = ["123 456 789", "OK", undefined, undefined];
      w.special = (line, wire) => {
        if (READS.test(line) && !w.messages[3]) {
          w.messages[3] = "*987654321#";
          wire.say('\r\n+CMTI: "SM",4\r\n', 1);
        }
        return null;
      };
    });
    expect(ends).toEqual([[200, ""]]);
    expect(told.filter(([event]) => event === "sms").map(([, text]) => text)).toEqual([
      "123 456 789",
      "OK",
      "*987654321#",
    ]);
    expect(world.messages.filter((text) => text !== undefined)).toEqual([]);
  });

  test("a message cannot pose as the modem", () => {
    const { told, off, world } = report(family, { sms: 1 }, (w) => {
      w.messages = ["111\r\nRDY\r\nOK\r\nERROR", '222\r\n+CMTI: "SM",39\r\nCLOSED', "333"];
    });
    expect(told.filter(([event]) => event === "sms").map(([, text]) => text)).toEqual(["111", "222", "333"]);
    expect(world.messages.filter((text) => text !== undefined)).toEqual([]);
    expect(off()).toBe("");
  });

  test("no more than forty messages are read in a session", () => {
    const { told } = report(family, { sms: 1 }, (world) => {
      world.messages = Array(60).fill("9");
    });
    expect(told.filter(([event]) => event === "sms").length).toBeLessThanOrEqual(40);
  });

  test("an answer that is lost after the server took the request: the POST fails, and is not sent again", () => {
    for (const lean of [0, 1]) {
      const { ends, world } = report(family, { lean }, (w) => {
        w.special = (line) => (/HTTPREAD|SHREAD/.test(line) || READS.test(line) ? said("ERROR") : null);
      });
      expect(ends).toEqual([[0, "NO_ANSWER"]]);
      expect(world.requests).toHaveLength(1);
    }
  });

  test("a body of the answer that is shorter than announced is handed over as far as it came", () => {
    if (family === "quectel") return;
    const { ends, last } = report(family, {}, (world) => {
      world.special = (line) =>
        /HTTPACTION/.test(line)
          ? [said("OK"), said("+HTTPACTION: 1,200,90")]
          : /SHREQ/.test(line)
            ? [said("OK"), said('+SHREQ: "POST",200,90')]
            : null;
    });
    // What stands there is not all that was signed: whoever reads it finds out.
    if (ends[0][0]) expect(last.answer).toBe('{"a":"1f"}');
    else expect(ends).toEqual([[0, "NO_ANSWER"]]);
  });

  test("one POST at a time, and none when the session ends", () => {
    const s = session(family);
    const letters = [0, 1, 2].map(() => new Letter(body));
    s.transport.open(letters[0]);
    s.transport.open(letters[1]);
    expect(letters[1].ends).toEqual([[0, "BUSY"]]);
    s.transport.close();
    expect(letters[0].ends).toEqual([[0, "CLOSED"]]);
    s.transport.open(letters[2]);
    expect(letters[2].ends).toEqual([[0, "CLOSED"]]);
    s.transport.close();
    s.wire.run(() => s.off() !== undefined, 5);
    expect(s.off()).toBe("");
    expect(s.wire.timers).toBe(0);
  });

  test("closed at any moment, it ends, closes the POST once, and leaves no timer", () => {
    for (const lean of [0, 1])
      for (let ms = 0; ms < 9000; ms += 230) {
        const s = session(family, { lean, sms: 1 }, (world, wire) => world.wired(wire));
        const letter = new Letter(body);
        s.transport.open(letter);
        s.wire.time.wait(ms / 1000);
        s.transport.close();
        s.wire.run(() => s.off() !== undefined, 5);
        expect(letter.ends).toHaveLength(1);
        expect([ms, s.off(), s.wire.timers]).toEqual([ms, "", 0]);
        expect(s.wire.open).toBe(false);
      }
  });

  test("several reports in one session, and one opened while the last one is closed", () => {
    const s = session(family, { lean: 1 });
    const letters = ["a", "bb", "ccc"].map((text) => new Letter(text));
    letters[0].onEnd = () => s.transport.open(letters[1]);
    s.transport.open(letters[0]);
    s.wire.run(() => letters[1].ends.length > 0);
    s.wire.time.wait(100);
    s.transport.open(letters[2]);
    s.wire.run(() => letters[2].ends.length > 0);
    s.transport.close();
    s.wire.run(() => s.off() !== undefined);
    expect(letters.flatMap((letter) => letter.ends)).toEqual(letters.map(() => [200, ""]));
    expect(s.world.requests.map((text) => text.split("\r\n\r\n")[1])).toEqual(["a", "bb", "ccc"]);
  });

  test("the bytes on the air are told for each POST, also for one that failed on the way", () => {
    for (const lean of [0, 1]) {
      const { told, ends } = report(family, { lean }, (world) => Object.assign(world, { reply: "" }), 2);
      const bytes = told.filter(([event]) => event === "bytes").map(([, value]) => Number(value));
      expect(bytes).toHaveLength(ends.length);
      for (const n of bytes) {
        expect(n).toBeGreaterThan(body.length + 400);
        expect(n).toBeLessThan(1200);
      }
    }
  });
});

/** A generator of chances that is the same each time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

test.each(NAMES)("%s in a storm of faults: in the end every report arrives", (family) => {
  const roll = dice(7);
  for (let round = 0; round < 12; round++) {
    let failures = 0;
    let arrived = 0;
    while (!arrived && failures < 40) {
      const { ends, last, world } = report(
        family,
        { lean: round & 1, sms: round & 2 ? 1 : 0, failures },
        (w, wire) => {
          w.wired(wire);
          w.on = roll() < 0.5;
          wire.cut = (text) => (roll() < 0.3 ? text.split("") : roll() < 0.02 ? [text.slice(0, -3)] : [text]);
          w.special = (line, one) => {
            const names = Object.keys(FAULTS);
            return roll() < 0.05 ? FAULTS[names[Math.floor(roll() * names.length)]](w, one, line) : null;
          };
        },
        3,
        60,
      );
      failures++;
      if (ends[ends.length - 1][0] !== 200) continue;
      arrived++;
      expect(last.answer).toBe(world.answer);
    }
    expect(arrived).toBe(1);
  }
});
