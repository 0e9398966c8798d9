/** What the server knows of the unit, what it is going to say, and what was said. */
import { useEffect, useState } from "preact/hooks";
import type { Said } from "../../session";
import type { Request } from "../frame";
import { bytes, clock, day } from "../words";
import { Chart } from "./chart";
import { line, look } from "./store";
import { Button, Choice, Either, Fold, useFresh } from "./ui";

type Waiting = Extract<Said, { waiting: unknown }>["waiting"];
type Rows = Extract<Said, { rows: unknown }>;
type Detail = {
  n: number;
  sent: string;
  answered: string;
  reason?: string;
  status: number;
  auth?: string;
  encoding: string;
  notes?: string[];
  chain?: { of: string; text: string; hash: string }[];
};

/** Which variables share a chart, by their unit. */
function charts({ rows, variables }: Rows) {
  const times = rows.map(({ timestamp }) => timestamp);
  const keys = Object.keys(variables).filter((key) => rows.some((row) => typeof row[key] === "number"));
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const name = `${(variables[key] as any).unit ?? ""} ${key.split("_")[0]}`;
    groups.set(name, [...(groups.get(name) ?? []), key].slice(0, 2));
  }
  return [...groups.values()].map((group) => ({
    title: group.length > 1 ? variables[group[0]].name : variables[group[0]].name,
    times,
    curves: group.map((key) => {
      const { name, unit = "", scale_factor: scale = 1 } = variables[key] as any;
      const places = scale < 1 ? Math.round(-Math.log10(scale)) : 0;
      return {
        label: name as string,
        unit: unit as string,
        values: rows.map((row) =>
          typeof row[key] === "number" ? Number(((row[key] as number) * scale).toFixed(places)) : null,
        ),
      };
    }),
  }));
}

const wish = (token: any) => {
  if (!token.wish) return token.token;
  const { kind, days, value } = token.wish;
  return `${kind.replace("-add", "")}${(days ?? value ?? "") ? ` ${days ?? value}` : ""}`;
};

const RANGES = [
  { value: 0, text: "All" },
  { value: 7, text: "Last week" },
  { value: 1, text: "Last day" },
];

export function Server({
  requests,
  changes,
  modem,
  colours,
}: {
  requests: Request[];
  changes: string;
  modem: boolean;
  colours: string;
}) {
  const [waiting, setWaiting] = useState<Waiting>();
  const [rows, setRows] = useState<Rows>();
  const [open, setOpen] = useState<number>();
  const [days, setDays] = useState(0);
  const last = requests[requests.length - 1]?.n ?? 0;
  useFresh(changes, 200, async () => setWaiting((await look<{ waiting: Waiting }>("waiting", "waiting"))?.waiting));
  useFresh(last, 400, async () => setRows(await look<Rows>("rows", "rows")));
  const up = waiting?.up ?? true;
  const due = waiting?.tokens ?? [];
  return (
    <>
      <p class="row">
        <button
          type="button"
          role="switch"
          aria-checked={up}
          class={`plug ${up ? "on" : ""}`}
          onClick={() => line(up ? "server down" : "server up")}
        >
          <i aria-hidden="true" />
          <Either first={up} of={["Server up", "Server down"]} />
        </button>
        <Button
          kind={requests.length ? undefined : "main"}
          onClick={() => line("carry")}
          title="asks for the report at the serial port, brings it to the server, and the answer back"
        >
          Carry a report by phone
        </Button>
        {!modem && <span class="soft">This board has no modem: an agent's phone carries its reports.</span>}
      </p>
      <Units waiting={waiting} requests={requests} />
      <p class="row soft due">
        With the next answer:{" "}
        {due.map((token, i) => (
          <code key={i}>{wish(token)}</code>
        ))}
        {waiting?.settings && <code>settings {JSON.stringify(waiting.settings)}</code>}
        {waiting?.extra && <code>extra {JSON.stringify(waiting.extra)}</code>}
        {waiting?.until ? <code>until {day(waiting.until)}</code> : null}
        {!due.length && !waiting?.settings && !waiting?.extra && !waiting?.until && (
          <span>nothing but its signature</span>
        )}
      </p>
      <Fold title="Say more with the next answer">
        <Say />
      </Fold>
      {rows && rows.rows.length > 1 ? (
        <>
          <Choice label="how much of it is shown" options={RANGES} value={days} onChange={setDays} />
          <div class="charts">
            {charts(rows).map((one) => (
              <Chart key={one.title} {...one} colours={colours} days={days} />
            ))}
          </div>
        </>
      ) : (
        <p class="hint">
          The device measures once a minute and keeps a row an hour. Let a day pass, carry a report, and the curves are
          here.
        </p>
      )}
      {requests.length > 0 && (
        <table>
          <caption class="hidden">Requests that reached the server</caption>
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">report</th>
              <th scope="col">verdict</th>
            </tr>
          </thead>
          <tbody>
            {requests
              .slice(-12)
              .reverse()
              .map(({ n, at, status, rows, again, auth, reason, bytes: size, encoding }) => (
                <tr key={n} class={reason ? "bad" : ""}>
                  <td>
                    {clock(at)} <span class="soft">{day(at)}</span>
                  </td>
                  <td>
                    {rows === undefined ? "" : `${rows} rows${again ? `, ${again} again` : ""}, `}
                    {bytes(size)} of {encoding}
                  </td>
                  <td>
                    <Button kind="quiet" pressed={open === n} onClick={() => setOpen(open === n ? undefined : n)}>
                      {reason ? `refused ${status}` : `accepted, ${auth}`}
                    </Button>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
      {open !== undefined && <Exchange key={open} n={open} />}
    </>
  );
}

/** The units that the server knows, and when it heard of each. */
function Units({ waiting, requests }: { waiting?: Waiting; requests: Request[] }) {
  return (
    <table>
      <caption class="hidden">Units that the server knows</caption>
      <thead>
        <tr>
          <th scope="col">unit</th>
          <th scope="col">last report</th>
          <th scope="col">waiting for it</th>
        </tr>
      </thead>
      <tbody>
        {(waiting?.units ?? []).map((unit) => {
          const last = requests.findLast(({ serial }) => serial === unit);
          const tokens = unit === waiting!.serial ? (waiting!.tokens?.length ?? 0) : 0;
          return (
            <tr key={unit}>
              <td>{unit}</td>
              <td class={last?.reason ? "bad" : ""}>
                {last ? `${clock(last.at)} ${day(last.at)}${last.reason ? ", refused" : ""}` : "none yet"}
              </td>
              <td>{tokens ? `${tokens} ${tokens === 1 ? "token" : "tokens"}` : "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Settings, extra data, and the end of the credit. */
function Say() {
  const [kind, setKind] = useState("settings");
  const [text, setText] = useState('{"power_mode":"high"}');
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        line(`server ${kind} ${text}`);
      }}
    >
      <select aria-label="what is said" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
        <option value="settings">Settings, JSON</option>
        <option value="extra">Extra data, JSON</option>
        <option value="until">Active until, Unix time</option>
        <option value="tokens">Tokens, as in add:7</option>
      </select>
      <input
        type="text"
        class="grow"
        aria-label="what exactly"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        spellcheck={false}
      />
      <button type="submit" class="button">
        Say it
      </button>
    </form>
  );
}

/** JSON with its lines, where it is JSON. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 1)
      .replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner) => `[${inner.replace(/\s*\n\s*/g, " ")}]`)
      .replace(/\n +/g, (space) => space);
  } catch (_) {
    return text.replace(/(.{64})/g, "$1\n");
  }
}

/** A request and its answer side by side, and how its auth comes about. */
function Exchange({ n }: { n: number }) {
  const [detail, setDetail] = useState<Detail>();
  useEffect(() => {
    look<{ request: Detail }>(`requests ${n}`, "request").then((found) => setDetail(found?.request));
  }, [n]);
  if (!detail) return null;
  const { sent, answered, reason, chain, auth, notes } = detail;
  let given = "";
  try {
    given = JSON.parse(sent).a ?? JSON.parse(sent).auth ?? "";
  } catch (_) {}
  const method = auth && auth !== "jwt" ? auth : given.slice(0, 2);
  const end = chain?.length ? `${method}${chain[chain.length - 1].hash}` : undefined;
  const fits = end !== undefined && (given === end || (!given && !reason));
  return (
    <section class="exchange" aria-label={`request ${n}`}>
      <div class="sides">
        <div>
          <h3>The device asked</h3>
          <pre tabIndex={0}>{pretty(sent)}</pre>
        </div>
        <div>
          <h3>The server answered</h3>
          <pre tabIndex={0}>{pretty(answered)}</pre>
        </div>
      </div>
      {chain && (
        <>
          <h3>{chain.length > 1 ? "How its signature grows, row by row" : "What its signature is over"}</h3>
          <ol class="chain" tabIndex={0} aria-label="hash chain">
            {chain.map(({ of, text, hash }, i) => (
              <li key={i}>
                <span class="of">{of}</span>
                <code class="text" title={text}>
                  {i ? <i>{`${chain[i - 1].hash.slice(0, 4)}… `}</i> : null}
                  {text}
                </code>
                <code class="hash">{hash}</code>
              </li>
            ))}
          </ol>
        </>
      )}
      <p class={fits ? "verdict good" : "verdict bad"}>
        {fits ? `✓ It ends with ${end}, and so does the request.` : `✗ ${reason ?? "The signature does not fit."}`}
        {fits && reason ? ` Refused all the same: ${reason}` : ""}
        {notes?.map((note) => ` ${note}.`)}
      </p>
    </section>
  );
}
