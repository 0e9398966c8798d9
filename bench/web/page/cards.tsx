/** What a person does to the device: buy, wait, pull the plug, and worse. */
import { useState } from "preact/hooks";
import type { State } from "../../board";
import type { Boot } from "../../controller";
import type { DeskView, Info, Made, Sold } from "../frame";
import { clock, clockWords, day, grouped, span } from "../words";
import { type } from "./device";
import { jump, line, look, wish } from "./store";
import { Button, Card, Choice, Either, Fold, useFresh } from "./ui";

type Kind = "add" | "set" | "disable" | "sync" | "extended";

const KINDS: { kind: Kind; text: string; unit?: string; usual?: number }[] = [
  { kind: "add", text: "Add days", unit: "days", usual: 7 },
  { kind: "set", text: "Set the days left", unit: "days", usual: 30 },
  { kind: "disable", text: "Unlock for ever" },
  { kind: "sync", text: "Bring the counter in step" },
  { kind: "extended", text: "Extended, for the product", unit: "value", usual: 42 },
];

/** What a token does, in words. */
function about({ kind, days, value }: Sold): string {
  if (kind === "add") return `adds ${days} ${days === 1 ? "day" : "days"}`;
  if (kind === "set") return `sets ${days} ${days === 1 ? "day" : "days"}`;
  if (kind === "disable") return "unlocks it for ever";
  if (kind === "sync") return "brings the counter in step";
  return `carries the value ${value}`;
}

/** An extended token is longer than what the keypad takes: it comes by the port, or from a server. */
const how = ({ kind }: Sold) => (kind.startsWith("extended") ? "Send it to the port" : "Type it");

/** The shop: a token is made, and goes to the person or into the next answer of the server. */
export function Shop({ sold, made, info, typing }: { sold: Sold[]; made: Made; info?: Info; typing: boolean }) {
  const [kind, setKind] = useState<Kind>("add");
  const [amounts, setAmounts] = useState<{ [kind: string]: number }>({});
  const chosen = KINDS.find((one) => one.kind === kind)!;
  const amount = amounts[kind] ?? chosen.usual;
  const wanted = chosen.unit ? `${kind}:${amount}` : kind;
  const wrong = "1".repeat(made.keys.length === 4 ? 15 : 9);
  return (
    <Card title="Shop" aside={info ? `counter ${info.count}` : undefined} id="shop">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          line(`token ${wanted}`);
        }}
      >
        <select
          aria-label="what the token does"
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as Kind)}
        >
          {KINDS.map(({ kind, text }) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </select>
        {chosen.unit && (
          <input
            type="number"
            class="short"
            aria-label={chosen.unit}
            min={0}
            max={kind === "extended" ? 999999 : 995}
            value={amount}
            onInput={(event) => setAmounts({ ...amounts, [kind]: Number(event.currentTarget.value) })}
          />
        )}
        <button type="submit" class="button main">
          Sell
        </button>
      </form>
      {sold.length === 0 && (
        <p class="hint">A customer pays, and the shop makes a token for this device. Its key never leaves the shop.</p>
      )}
      <ol class="tokens">
        {sold
          .slice(-3)
          .reverse()
          .map((one, i) => (
            <li key={one.count + one.token} class={i ? "older" : ""}>
              <code class="token">{grouped(one.token)}</code>
              <span class="soft">
                {about(one)} · count {one.count}
                {info && info.count >= one.count ? " · used" : ""}
              </span>
              <span class="row">
                <Button
                  kind={i || (info && info.count >= one.count) ? "quiet" : "main"}
                  disabled={typing}
                  onClick={() =>
                    one.kind.startsWith("extended") ? line(`#TOKEN;${one.token}`) : type(`*${one.token}`)
                  }
                  label={`${how(one)}: ${one.token}`}
                >
                  {how(one)}
                </Button>
                <Button
                  kind="quiet"
                  onClick={() => line(`server tokens ${one.token}`)}
                  label={`Send with the next answer: ${one.token}`}
                >
                  Send with the next answer
                </Button>
              </span>
            </li>
          ))}
      </ol>
      <p class="row">
        <Button kind="quiet" disabled={typing} onClick={() => type(`*${wrong}`)}>
          Try a wrong token
        </Button>
        <Button kind="quiet" disabled={typing} onClick={() => type("#")}>
          Ask for the days left
        </Button>
      </p>
    </Card>
  );
}

const SPEEDS = [
  { value: 0, text: "❚❚", title: "time stands still" },
  { value: 1, text: "×1", title: "as it is" },
  { value: 10, text: "×10" },
  { value: 100, text: "×100" },
  { value: 1000, text: "×1000", title: "a day in a minute and a half" },
];

export function Time({ state, info, desk }: { state: State; info?: Info; desk: DeskView }) {
  const { rtc } = state;
  const { travel } = desk;
  const part = travel ? (state.time - travel.from) / Math.max(1, travel.until - travel.from) : 0;
  return (
    <Card title="Time" aside={desk.behind ? `this computer was ${span(desk.behind)} too slow` : undefined} id="time">
      <p class="clock">
        <time dateTime={new Date(state.time * 1000).toISOString()}>
          {clock(state.time, true)}
          <small>
            {day(state.time)} {new Date(state.time * 1000).getUTCFullYear()}
          </small>
        </time>
      </p>
      <Choice label="speed of the world" options={SPEEDS} value={desk.speed} onChange={(speed) => wish({ speed })} />
      {travel ? (
        <p class="row">
          <progress max={1} value={part} aria-label="jump in time" />
          <Button onClick={() => jump(0)}>Stop here</Button>
        </p>
      ) : (
        <p class="row jumps">
          <Button onClick={() => jump(3600)}>+1 h</Button>
          <Button onClick={() => jump(86400)}>+1 d</Button>
          <Button onClick={() => jump(30 * 86400)}>+30 d</Button>
          <Button onClick={() => jump("credit")} disabled={!info || info.credit <= 0}>
            Until the credit ends
          </Button>
        </p>
      )}
      <p class={`hint ${rtc.battery && rtc.running && rtc.present ? "" : "bad"}`}>
        {!rtc.present
          ? "The clock chip is off the bus"
          : !rtc.running
            ? "The clock chip stands still"
            : !rtc.battery
              ? "The clock chip has no battery"
              : "The clock chip runs"}
        {rtc.ppm ? `, ${Math.abs(rtc.ppm)} ppm too ${rtc.ppm > 0 ? "fast" : "slow"}` : ""}; {clockWords(info)}.
      </p>
    </Card>
  );
}

const ENDS: { [end: string]: string } = {
  cut: "the plug was pulled",
  "cut in a write": "the power went in the middle of a write",
  "brown-out": "a brown-out",
  watchdog: "the watchdog",
  firmware: "the firmware started anew",
};
const WHYS: { [why: string]: string } = {
  power: "plugged in",
  "brown-out": "after a brown-out",
  watchdog: "by the watchdog",
  firmware: "by the firmware",
};

/** The last starts of the controller, and what ended them. */
function Boots({ count, now }: { count: number; now: number }) {
  const [boots, setBoots] = useState<Boot[]>([]);
  useFresh(count, 200, async () => {
    const found = await look<{ boots: Boot[] }>(`boots ${Math.max(1, count - 9)}`, "boots");
    if (found) setBoots(found.boots);
  });
  const lasted = ({ at, until }: Boot) => ((until ?? now * 1000) - at) / 1000;
  const words = (boot: Boot) =>
    `${clock(boot.at / 1000)} ${day(boot.at / 1000)}: ${WHYS[boot.why]}, ran ${span(lasted(boot))}${boot.end ? `, then ${ENDS[boot.end]}` : ""}`;
  const longest = Math.max(1, ...boots.map((boot) => Math.log1p(lasted(boot))));
  const [pointed, point] = useState<number>();
  const told = boots.find(({ n }) => n === pointed) ?? boots[boots.length - 1];
  return (
    <div class="starts">
      <p class="hint">
        Start {told?.n ?? count}. {told && words(told)}
      </p>
      <ol class="boots" aria-label="last starts" onMouseLeave={() => point(undefined)}>
        {boots.map((boot) => (
          <li
            key={boot.n}
            onMouseEnter={() => point(boot.n)}
            class={`${boot.why === "power" ? "" : "again"} ${boot.end ? (boot.end === "cut" ? "" : "hard") : "live"}`}
          >
            <span style={{ height: `${Math.round(20 + (80 * Math.log1p(lasted(boot))) / longest)}%` }} />
            <span class="hidden">{words(boot)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

export function Power({ state, made }: { state: State; made: Made }) {
  const [bytes, setBytes] = useState(100);
  const [armed, setArmed] = useState(false);
  const { powered } = state;
  return (
    <Card title="Power" id="power">
      <p class="row">
        <button
          type="button"
          role="switch"
          aria-checked={powered}
          class={`plug ${powered ? "on" : ""}`}
          onClick={() => {
            setArmed(false);
            line(powered ? "cut" : "on");
          }}
        >
          <i aria-hidden="true" />
          <Either first={powered} of={["Plugged in", "Unplugged"]} />
        </button>
        <Button
          disabled={!powered}
          onClick={() => line("brownout")}
          title="the supply sags: the controller alone starts anew"
        >
          Brown-out
        </Button>
      </p>
      <form
        class="row"
        onSubmit={async (event) => {
          event.preventDefault();
          const said = await line(`cut after ${bytes}`);
          setArmed(!said.some((one) => "error" in one));
        }}
      >
        <label class="row">
          <span>Cut at byte</span>
          <input
            type="number"
            class="short"
            min={1}
            max={100000}
            value={bytes}
            onInput={(event) => setBytes(Number(event.currentTarget.value))}
          />
          <span>from now</span>
        </label>
        <button type="submit" class="button" disabled={!powered}>
          {armed && powered ? "Armed" : "Arm"}
        </button>
      </form>
      <Boots count={state.boots} now={state.time} />
      <Trouble state={state} made={made} />
    </Card>
  );
}

/** Hands, tools and accidents. */
function Trouble({ state, made }: { state: State; made: Made }) {
  const { rtc, memory, output, keypad } = state;
  const [ppm, setPpm] = useState(50);
  const [shift, setShift] = useState(3600);
  const eeprom = made.parts.memory?.driver === "at24";
  const free = [...made.keys].filter((key) => !keypad.stuck.includes(key));
  return (
    <Fold title="What people and parts do to it">
      <h3>Clock chip</h3>
      <p class="row">
        <Button pressed={!rtc.running} onClick={() => line(rtc.running ? "rtc stop" : "rtc start")}>
          <Either first={rtc.running} of={["Stop it", "Stopped"]} />
        </Button>
        <Button pressed={!rtc.battery} onClick={() => line(rtc.battery ? "rtc lose" : "rtc back")}>
          <Either first={rtc.battery} of={["Take its battery", "Without battery"]} />
        </Button>
        <Button pressed={!rtc.present} onClick={() => line(rtc.present ? "rtc missing" : "rtc back")}>
          <Either first={rtc.present} of={["Unsolder it", "Unsoldered"]} />
        </Button>
      </p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          line(`rtc drift ${ppm}`);
        }}
      >
        <label class="row">
          <span>Drift, ppm</span>
          <input
            type="number"
            class="short"
            min={-999999}
            max={999999}
            value={ppm}
            onInput={(event) => setPpm(Number(event.currentTarget.value))}
          />
        </label>
        <button type="submit" class="button">
          {rtc.ppm ? `Drifts by ${rtc.ppm}` : "Let it drift"}
        </button>
      </form>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          line(`rtc set ${state.time + shift}`);
        }}
      >
        <label class="row">
          <span>Off by, seconds</span>
          <input
            type="number"
            class="short wide"
            value={shift}
            onInput={(event) => setShift(Number(event.currentTarget.value))}
          />
        </label>
        <button type="submit" class="button">
          Set it
        </button>
      </form>
      <h3>Output</h3>
      <Choice
        label="the output's switch"
        value={output.stuck === "on" ? "bypass" : output.stuck === "off" ? "dead" : "whole"}
        onChange={(how) => line(`output ${how}`)}
        options={[
          { value: "whole", text: "Whole" },
          { value: "bypass", text: "By-passed" },
          { value: "dead", text: "Dead" },
        ]}
      />
      <h3>Memory</h3>
      <p class="row">
        <Button pressed={!memory.present} onClick={() => line(memory.present ? "memory missing" : "memory back")}>
          <Either first={memory.present} of={["Unsolder it", "Unsoldered"]} />
        </Button>
        {eeprom && (
          <Button
            pressed={memory.protected}
            onClick={() => line(memory.protected ? "memory unprotect" : "memory protect")}
          >
            <Either first={!memory.protected} of={["Protect it", "Write-protected"]} />
          </Button>
        )}
      </p>
      <h3>Keypad</h3>
      <p class="row">
        <Button pressed={keypad.bounce} onClick={() => line(`bounce ${keypad.bounce ? "off" : "on"}`)}>
          Contacts bounce
        </Button>
        <select
          aria-label="a key that sticks"
          value=""
          onChange={(event) => line(`key ${event.currentTarget.value} stick`)}
        >
          <option value="">Jam a key…</option>
          {free.map((key) => (
            <option key={key}>{key}</option>
          ))}
        </select>
        {[...keypad.stuck].map((key) => (
          <Button key={key} pressed onClick={() => line(`key ${key} free`)}>
            {key} sticks
          </Button>
        ))}
      </p>
    </Fold>
  );
}
