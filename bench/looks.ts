/** Commands of the bench protocol that look and change nothing: whoever replays a story may leave them out. */

import { TokenError } from "./encode";
import { BenchError, need, number, standsAlone } from "./need";
import type { Part } from "./parts/part";
import { readToken } from "./server/commands";
import { summary } from "./server/entry";
import { UnitsError } from "./server/units";
import type { Session } from "./session";

type Look = { usage: string; about: string; look: true; run: (session: Session, args: string[], rest: string) => void };

/** A memory's bytes and how worn they are, whatever it is. */
type Memory = Part & { image: Uint8Array; wear: Readonly<Uint32Array>; erases?: readonly number[] };

/** Equal neighbours as one pair: what they are, and how many. */
function runs(values: ArrayLike<number>): [value: number, count: number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < values.length; i++) {
    const last = found[found.length - 1];
    if (last?.[0] === values[i]) last[1]++;
    else found.push([values[i], 1]);
  }
  return found;
}

function memory({ board }: Session, name = ""): Memory {
  const all = Object.entries<Part>(board.parts).filter((entry): entry is [string, Memory] => "image" in entry[1]);
  const found = all.find(([part]) => part === name);
  need(found, `This board keeps bytes in ${all.map(([part]) => part).join(" and ")}: name one`);
  return found[1];
}

/** A number to begin with, 1 if left out. */
function from(name: string, [text, ...more]: string[]): number {
  const first = text === undefined ? 1 : number(text);
  need(first >= 0 && more.length === 0, `${name} takes the number of the first one to list, or nothing`);
  return first;
}

/** What of `part` is not so in `whole`: undefined if all is. */
function differs(part: any, whole: any): unknown {
  if (typeof part !== "object" || part === null || Array.isArray(part))
    return JSON.stringify(part) === JSON.stringify(whole) ? undefined : (whole ?? "nothing");
  const wrong = Object.keys(part).flatMap((name) => {
    const found = differs(part[name], whole?.[name]);
    return found === undefined ? [] : [[name, found]];
  });
  return wrong.length ? Object.fromEntries(wrong) : undefined;
}

/** Every look: what --help says, and what it does. */
export const LOOKS: { [name: string]: Look } = {
  state: {
    usage: "state",
    about:
      "what is seen from outside, as one object; blinks and beeps count how often each lamp went on and the buzzer was heard since power came",
    look: true,
    run: ({ board, out }, args) => {
      standsAlone("state", args);
      out({ state: board.state() });
    },
  },
  peek: {
    usage: "peek #INFO | #STATUS",
    about: "what the device answers to that just now: no time passes, and nothing of it is left behind",
    look: true,
    run: (session, _args, rest) => {
      const line = rest.trim();
      need(/^#(INFO|STATUS)$/.test(line), "peek takes #INFO or #STATUS");
      session.out({ peek: session.peek(line) });
    },
  },
  board: {
    usage: "board",
    about: "what the board is made of: its parts, keys and sensors, its limits and budget",
    look: true,
    run: ({ board, out }, args) => {
      standsAlone("board", args);
      const sensors = Object.entries(board.sensors).map(([name, { channels }]) => [
        name,
        Object.entries(channels).map(([channel, { unit, least, most }]) => ({ channel, unit, least, most })),
      ]);
      const { name, title, parts, settings, metrics, limits, budget, notes = [] } = board.board;
      out({
        board: {
          name,
          title,
          notes,
          parts,
          settings,
          store: metrics?.store,
          limits,
          budget,
          keys: board.parts.keypad.keys,
          sensors: Object.fromEntries(sensors),
        },
      });
    },
  },
  boots: {
    usage: "boots [FROM]",
    about: "starts of the controller from that number on: when, why, and what ended them; the last 200",
    look: true,
    run: ({ board, out }, args) => {
      const first = from("boots", args);
      out({ boots: board.controller.boots.filter(({ n }) => n >= first) });
    },
  },
  lamp: {
    usage: "lamp [FROM]",
    about: "when the output went on or off, from that number on; the last 200",
    look: true,
    run: ({ board, out }, args) => {
      const first = from("lamp", args);
      out({ lamp: board.parts.output.changes.filter(({ n }) => n >= first) });
    },
  },
  dump: {
    usage: "dump PART [FROM BYTES]",
    about: "the bytes of a memory, in hex",
    look: true,
    run: (session, [part, start = "0", bytes, ...more]) => {
      const { image } = memory(session, part);
      const at = number(start);
      const length = bytes === undefined ? image.length - at : number(bytes);
      need(
        more.length === 0 && at >= 0 && length > 0 && at + length <= image.length,
        `dump ${part} takes where to begin and how many bytes of ${image.length}, or nothing`,
      );
      session.out({ dump: { part, from: at, hex: Buffer.from(image.subarray(at, at + length)).toString("hex") } });
    },
  },
  wear: {
    usage: "wear PART",
    about:
      "how often each cell of a memory was written, as pairs of writes and cells from the first byte on; of flash, each page's " +
      "erases too",
    look: true,
    run: (session, [part, ...more]) => {
      const found = memory(session, part);
      standsAlone(`wear ${part}`, more);
      session.out({ wear: { part, cells: runs(found.wear), erases: found.erases } });
    },
  },
  requests: {
    usage: "requests [FROM]",
    about:
      "what reached the built-in server, from that number on: both bodies, what became of it, and the chain of hashes that its " +
      "auth has to end with; the last 200",
    look: true,
    run: ({ server, out }, args) => {
      const first = from("requests", args);
      for (const entry of server.requests.filter(({ n }) => n >= first)) {
        const { n, encoding, raw, told } = entry;
        const text = (body: Uint8Array) => Buffer.from(body).toString(encoding === "cbor" ? "hex" : "utf8");
        out({
          request: {
            n,
            ...summary(entry),
            encoding,
            sent: text(raw),
            answered: text(told),
            chain: server.chain(entry),
          },
        });
      }
    },
  },
  rows: {
    usage: "rows [UNIX]",
    about: "rows of this unit that the built-in server has accepted, from that time on, and what their variables are",
    look: true,
    run: ({ server, serial, out }, [since = "0", ...more]) => {
      const time = number(since);
      need(time >= 0 && more.length === 0, "rows takes Unix seconds, or nothing");
      const found = server.read(time, Number.POSITIVE_INFINITY, serial ?? "");
      const variables = Object.assign({}, ...found.map(({ data_format }) => data_format?.variables));
      out({ rows: found.flatMap(({ historical_data }) => historical_data), variables });
    },
  },
  waiting: {
    usage: "waiting",
    about:
      "what the built-in server is going to say to this unit's next request, whether it is there, and the units that it knows",
    look: true,
    run: ({ server, serial, out }, args) => {
      standsAlone("waiting", args);
      const waiting = serial !== undefined && server.serials.includes(serial) ? server.waiting(serial) : undefined;
      out({ waiting: { up: server.reachable, units: server.serials, serial, ...waiting } });
    },
  },
  air: {
    usage: "air [FROM]",
    about:
      "the modem: its state, what was said on its line by whom, from that number on, and what no manual allows; the last 200",
    look: true,
    run: ({ board, out }, args) => {
      const { modem } = board.parts;
      need(modem, "This board has no modem: choose one that has with --board");
      const first = from("air", args);
      const since = ({ n }: { n: number }) => n >= first;
      const { family, view, log, complaints } = modem;
      out({ air: { family, ...view, log: log.filter(since), complaints: complaints.filter(since) } });
    },
  },
  token: {
    usage: "token T",
    about: "makes a token as a shop does, for the count after the device's own and after the last that was made",
    look: true,
    run: (session, _args, rest) => {
      try {
        const wish = readToken(rest.trim());
        need(typeof wish === "object", "token takes one of: add:DAYS, set:DAYS, extended:VALUE, disable, sync");
        session.out({ token: { ...session.sell(wish), ...wish } });
      } catch (error) {
        if (!(error instanceof TokenError || error instanceof UnitsError)) throw error;
        throw new BenchError(error.message);
      }
    },
  },
  expect: {
    usage: 'expect {"load":true} | #STATUS;ACTIVE',
    about: "an error unless this is part of what `state` says, or the device's last line begins so",
    look: true,
    run: ({ board, last }, _args, rest) => {
      const text = rest.trim();
      if (text.startsWith("#")) return need(last.startsWith(text), `The device said ${last || "nothing"}`);
      let wanted: unknown;
      try {
        wanted = JSON.parse(text);
      } catch (_) {}
      need(typeof wanted === "object" && wanted, 'expect takes an object or a line, as in: expect {"load":true}');
      // As it comes out of `state`, where what is not there is left out.
      const wrong = differs(wanted, JSON.parse(JSON.stringify(board.state())));
      return need(wrong === undefined, `It is otherwise: ${JSON.stringify(wrong)}`);
    },
  },
};
