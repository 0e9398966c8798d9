/** The modem: what it is doing, what is said on its line, and everything that can go wrong with it. */
import { useEffect, useState } from "preact/hooks";
import type { ModemState } from "../../parts/modem/modem";
import type { Said } from "../../session";
import type { Info } from "../frame";
import { bytes, clock, day } from "../words";
import { line, look } from "./store";
import { Button, Fold } from "./ui";

type AirSaid = Extract<Said, { air: unknown }>["air"] & {
  power: string;
  sim: string;
  antenna: boolean;
  signal: number;
  registration: number;
  data: boolean;
  http: boolean;
  sockets: number;
  asleep: boolean;
};

const REGISTRATION = ["not searching", "registered at home", "searching", "denied", "unknown", "roaming"];

export function Air({ modem, now, info }: { modem?: ModemState; now: number; info?: Info }) {
  const [air, setAir] = useState<AirSaid>();
  const [faults, setFaults] = useState<{ usage: string; about: string }[]>([]);
  const [price, setPrice] = useState(0.05);
  const [base, setBase] = useState<{ month: number; bytes: number }>();
  useEffect(() => {
    if (!modem) return;
    let ended = false;
    const ask = async () => {
      const found = await look<{ air: AirSaid }>("air", "air");
      if (ended) return;
      if (found) setAir(found.air);
      setTimeout(ask, document.hidden ? 3000 : 400);
    };
    ask();
    line("modem fault").then((said) =>
      setFaults(
        said
          .flatMap((one) => ("modem" in one ? [one.modem] : []))
          .map((text) => {
            const [usage, ...about] = text.split(": ");
            return { usage, about: about.join(": ") };
          }),
      ),
    );
    return () => {
      ended = true;
    };
  }, [!modem]);
  const date = new Date(now * 1000);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  const total = modem ? modem.sent + modem.received : 0;
  useEffect(() => {
    if (base?.month !== month) setBase({ month, bytes: base ? total : 0 });
  }, [month]);
  if (!modem)
    return (
      <p class="hint">
        This board has no modem. Its reports go over the factory port, by an agent's phone: see Server. Boards with a
        modem show here what is said on its line.
      </p>
    );
  const used = total - (base?.bytes ?? 0);
  return (
    <>
      <dl class="facts">
        <div>
          <dt>modem</dt>
          <dd>
            {air?.family} {air?.power} {air?.asleep ? "(asleep)" : ""}
          </dd>
        </div>
        <div>
          <dt>network</dt>
          <dd>{air ? REGISTRATION[air.registration] : modem.registered ? "registered" : "–"}</dd>
        </div>
        <div>
          <dt>signal</dt>
          <dd>
            <meter min={0} max={31} low={8} optimum={31} value={air?.signal ?? 0} aria-label="signal" />{" "}
            {air?.signal ?? 0} of 31
          </dd>
        </div>
        <div>
          <dt>SIM</dt>
          <dd>{air?.sim}</dd>
        </div>
        <div>
          <dt>sent, received</dt>
          <dd>
            {bytes(modem.sent)}, {bytes(modem.received)}
          </dd>
        </div>
        {info?.report && (
          <div>
            <dt>next report</dt>
            <dd class={info.report.failures ? "bad" : ""}>
              {info.report.next ? `${clock(info.report.next)} ${day(info.report.next)}` : "–"}
              {info.report.failures ? `, ${info.report.failures} failed: ${info.report.failure}` : ""}
            </dd>
          </div>
        )}
        <div>
          <dt>this month</dt>
          <dd>
            {bytes(used)} · {((used / 1048576) * price).toFixed(4)} at{" "}
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
      </dl>
      <p class="row">
        <Button
          pressed={air?.sim === "absent"}
          onClick={() => line(`modem sim ${air?.sim === "absent" ? "in" : "out"}`)}
        >
          {air?.sim === "absent" ? "SIM is out" : "Pull the SIM"}
        </Button>
        <Button pressed={air && !air.antenna} onClick={() => line(`modem antenna ${air?.antenna ? "out" : "in"}`)}>
          {air && !air.antenna ? "Antenna is off" : "Take the antenna off"}
        </Button>
        <Button kind="quiet" onClick={() => line("modem fault none")}>
          End all faults
        </Button>
      </p>
      {air && air.complaints.length > 0 && (
        <p class="bad">
          The controller said {air.complaints.length} things that no manual has:{" "}
          {air.complaints[air.complaints.length - 1].text}
        </p>
      )}
      <ol class="at" aria-label="what was said on the modem's line" tabIndex={0}>
        {[...(air?.log ?? [])].reverse().map(({ n, at, from, text }) => (
          <li key={n} class={from}>
            <time>{clock(at / 1000, true)}</time>
            <code>{text.replace(/\r\n?|\n/g, "⏎").replace(/[^\x20-\x7e⏎]/g, "·")}</code>
          </li>
        ))}
      </ol>
      <Fold title={`Faults (${faults.length})`}>
        <ul class="faults">
          {faults.map(({ usage, about }) => (
            <li key={usage}>
              <Button kind="quiet" onClick={() => line(`modem fault ${usage.split(" ")[0]}`)}>
                {usage.split(" ")[0]}
              </Button>
              <span class="soft">{about}</span>
            </li>
          ))}
        </ul>
      </Fold>
    </>
  );
}
