/** The modem: how far it has come, what is said on its line, and everything that can go wrong with it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { State } from "../../board";
import type { AirSaid, Info } from "../frame";
import { airWords, bytes, clock, day, plain, reporting, span } from "../words";
import { jump, line, look } from "./store";
import { Button, Either, Fold } from "./ui";

/** Lines of the modem's port that are kept. */
const KEPT = 300;

/** Looks at the modem again and again; of its log only at what is new. */
function useAir(there: boolean): AirSaid | undefined {
  const [air, setAir] = useState<AirSaid>();
  const known = useRef<Pick<AirSaid, "log" | "complaints">>({ log: [], complaints: [] });
  useEffect(() => {
    if (!there) return;
    let timer = 0;
    let ended = false;
    const ask = async () => {
      const { log, complaints } = known.current;
      const last = Math.max(log[log.length - 1]?.n ?? 0, complaints[complaints.length - 1]?.n ?? 0);
      const found = await look<{ air: AirSaid }>(`air ${last + 1}`, "air");
      if (ended) return;
      if (found) {
        known.current = {
          log: [...log, ...found.air.log].slice(-KEPT),
          complaints: [...complaints, ...found.air.complaints].slice(-KEPT),
        };
        setAir({ ...found.air, ...known.current });
      }
      timer = setTimeout(ask, document.hidden ? 3000 : 300) as unknown as number;
    };
    ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [there]);
  return air;
}

/** The way of a report, one step after the other. */
function Way({ air }: { air: AirSaid }) {
  const { power, sim, antenna, signal, registration, data, http, sockets } = air;
  const on = power === "on" || power === "stopping";
  const registered = on && (registration === 1 || registration === 5);
  const steps: { name: string; done: boolean; wrong?: boolean }[] = [
    { name: "power", done: on, wrong: power === "dead" },
    { name: "SIM", done: on && sim === "ready", wrong: sim !== "ready" },
    { name: "network", done: registered, wrong: !antenna || (on && registration === 3) },
    { name: "data", done: on && data },
    { name: "server", done: on && (http || sockets > 0) },
  ];
  return (
    <div class="way">
      <ol aria-label="how far the modem is">
        {steps.map(({ name, done, wrong }) => (
          <li key={name} class={wrong ? "wrong" : done ? "done" : ""}>
            {name}
            <span class="hidden">{wrong ? ": trouble" : done ? ": there" : ": not yet"}</span>
          </li>
        ))}
      </ol>
      <svg viewBox="0 0 34 20" role="img" aria-label={`signal ${signal} of 31`} class="bars">
        {[4, 8, 12, 16, 20].map((height, i) => (
          <rect
            key={height}
            x={i * 7}
            y={20 - height}
            width={5}
            height={height}
            rx={1}
            class={signal > i * 5 ? "on" : ""}
          />
        ))}
      </svg>
    </div>
  );
}

export function Air({ state, info }: { state: State; info?: Info }) {
  const { modem, powered, time: now } = state;
  const air = useAir(modem !== undefined);
  const [price, setPrice] = useState(0.05);
  if (!modem)
    return (
      <p class="hint">
        This board has no modem. Its reports go over the factory port, by an agent's phone: see Server. Boards with a
        modem show here what is said on its line.
      </p>
    );
  if (!air) return null;
  const report = info?.report;
  const wait = (report?.next ?? 0) - now;
  const under = reporting(air, info, now);
  let when = "when it is set up";
  if (!powered) when = "none without power";
  else if (under) when = "under way";
  else if (report && wait > 0) when = `${clock(report.next)} ${day(report.next)}, in ${span(wait)}`;
  // One that is under way counts as failed until it is not, and has no reason then.
  const failed = report && report.failures > 0 && report.failure !== "";
  const pulled = air.sim === "absent";
  return (
    <>
      <p class="airs">{airWords(air, report?.next, now, under, powered)}</p>
      <Way air={air} />
      <dl class="facts">
        <div>
          <dt>modem</dt>
          <dd>{air.family}</dd>
        </div>
        <div>
          <dt>signal</dt>
          <dd>{air.antenna ? `${air.signal} of 31` : "none"}</dd>
        </div>
        <div>
          <dt>payload sent, received</dt>
          <dd>
            {bytes(modem.sent)}, {bytes(modem.received)}
          </dd>
        </div>
        {report && (
          <>
            <div>
              <dt>next report</dt>
              <dd class={failed ? "bad" : ""}>
                {when}
                {failed ? `, after ${report.failures} failed: ${report.failure}` : ""}
              </dd>
            </div>
            <div class="bill">
              <dt>this month, by its own count</dt>
              <dd title="about what is paid for: with the heads of its packets, and TLS">
                {report.kilobytes} KB · {((report.kilobytes / 1024) * price).toFixed(4)} at{" "}
                <input
                  type="number"
                  class="short"
                  step="0.01"
                  min={0}
                  aria-label="price of a megabyte"
                  value={price}
                  onInput={(event) => setPrice(Number(event.currentTarget.value))}
                />{" "}
                a MB
              </dd>
            </div>
          </>
        )}
      </dl>
      <p class="row">
        <Button pressed={pulled} onClick={() => line(`modem sim ${pulled ? "in" : "out"}`)}>
          <Either first={!pulled} of={["Pull the SIM", "Put the SIM back"]} />
        </Button>
        <Button pressed={!air.antenna} onClick={() => line(`modem antenna ${air.antenna ? "out" : "in"}`)}>
          <Either first={air.antenna} of={["Take the antenna off", "Put the antenna on"]} />
        </Button>
        <Button
          disabled={!powered || under || wait <= 0}
          onClick={() => jump("report")}
          title={under ? "a report is under way" : "time passes until the modem is switched on for it"}
        >
          Until the next report
        </Button>
      </p>
      <Message />
      {air.complaints.length > 0 && (
        <p class="bad">
          The controller said {air.complaints.length} things that no manual has:{" "}
          {air.complaints[air.complaints.length - 1].text}
        </p>
      )}
      <ol class="at" aria-label="what was said on the modem's line" tabIndex={0}>
        {[...air.log].reverse().map(({ n, at, from, text }) => (
          <li key={n} class={from}>
            <time>{clock(at / 1000, true)}</time>
            <code>{plain(text)}</code>
          </li>
        ))}
      </ol>
      <Faults standing={air.faults} />
    </>
  );
}

/** A text message for the device, which takes tokens by that way too. */
function Message() {
  const [text, setText] = useState("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) line(`modem sms +254700000001 ${text.trim()}`);
        setText("");
      }}
    >
      <input
        type="text"
        class="grow"
        aria-label="a text message for the device"
        placeholder="a text message, as in 016 609 796"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        spellcheck={false}
        autocomplete="off"
      />
      <button type="submit" class="button">
        Send by SMS
      </button>
    </form>
  );
}

interface Known {
  name: string;
  /** What it can be told, as in "[SECONDS]". */
  takes: string;
  about: string;
}

const MOMENTS = [
  { value: "", text: "now" },
  { value: "at command", text: "with the nth command" },
  { value: "at byte", text: "with the nth byte" },
  { value: "in", text: "in n seconds" },
  { value: "random 1", text: "within n seconds" },
];

/** Every fault of the model as a switch: on while it stays, or waits for its moment. */
function Faults({ standing }: { standing: string[] }) {
  const [faults, setFaults] = useState<Known[]>([]);
  const [told, tell] = useState<{ [name: string]: string }>({});
  const [moment, setMoment] = useState("");
  const [n, setN] = useState(3);
  useEffect(() => {
    line("modem fault").then((said) =>
      setFaults(
        said.flatMap((one) => {
          if (!("modem" in one)) return [];
          const [, name, takes, about] = /^([\w-]+) ?(.*?): (.*)$/.exec(one.modem)!;
          // What ends them has a button of its own.
          return name === "none" ? [] : [{ name, takes, about }];
        }),
      ),
    );
  }, []);
  const turn = (name: string, takes: string) => {
    if (standing.includes(name)) return line(`modem fault none ${name}`);
    // What has to be told is told its first choice.
    const args = told[name] || (takes && !takes.startsWith("[") ? takes.split("|")[0] : "");
    return line(["modem fault", name, args, moment && `${moment} ${n}`].filter(Boolean).join(" "));
  };
  return (
    <Fold title={standing.length ? `Faults: ${standing.join(", ")}` : `Faults (${faults.length})`}>
      <div class="row">
        <label class="row">
          <span>It happens</span>
          <select value={moment} onChange={(event) => setMoment(event.currentTarget.value)}>
            {MOMENTS.map(({ value, text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {moment && (
          <input
            type="number"
            class="short"
            aria-label="n"
            min={1}
            value={n}
            onInput={(event) => setN(Number(event.currentTarget.value))}
          />
        )}
        <Button kind="quiet" onClick={() => line("modem fault none")}>
          End all faults
        </Button>
      </div>
      <ul class="faults">
        {faults.map(({ name, takes, about }) => (
          <li key={name}>
            <button
              type="button"
              role="switch"
              aria-checked={standing.includes(name)}
              class={`plug small ${standing.includes(name) ? "on" : ""}`}
              onClick={() => turn(name, takes)}
            >
              <i aria-hidden="true" />
              {name}
            </button>
            {takes && (
              <input
                type="text"
                aria-label={`${name} ${takes}`}
                placeholder={takes.toLowerCase().replace(/[[\]]/g, "")}
                value={told[name] ?? ""}
                onInput={(event) => tell({ ...told, [name]: event.currentTarget.value })}
              />
            )}
            <span class="soft">{about}</span>
          </li>
        ))}
      </ul>
    </Fold>
  );
}
