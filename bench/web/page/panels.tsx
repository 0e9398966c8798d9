/** The story of what was done, the factory port, and what the firmware takes. */
import { useState } from "preact/hooks";
import type { State } from "../../board";
import type { DeskView, Info, Line, Lists, Made } from "../frame";
import { bytes, clock, day } from "../words";
import { line, story, wish } from "./store";
import { Button, useFresh } from "./ui";

export function Story({ acts, desk }: { acts: Lists["story"][]; desk: DeskView }) {
  const save = async () => {
    const head = [
      `// A story of the ${desk.board}, played on ${desk.engine}. Again: npm run bench -- --board ${desk.board} --script FILE`,
    ];
    const text = [...head, ...(await story()), ""].join("\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = `story-${desk.board}.txt`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const { playing } = desk;
  return (
    <>
      {playing ? (
        <p class="row">
          <strong>{playing.title}</strong>
          <progress max={playing.of} value={playing.done} aria-label="how far the story is" />
          <Button onClick={() => wish({ stop: true })}>Stop the story</Button>
        </p>
      ) : (
        <p class="row">
          {desk.scripts.map(({ name, title }) => (
            <Button key={name} onClick={() => wish({ play: name })} title="a new device lives through it">
              ▸ {title}
            </Button>
          ))}
          <label class="button quiet">
            Play a file…
            <input
              type="file"
              class="hidden"
              accept=".txt,text/plain"
              onChange={async (event) => {
                const [file] = event.currentTarget.files ?? [];
                if (file) wish({ play: await file.text() });
                event.currentTarget.value = "";
              }}
            />
          </label>
        </p>
      )}
      <p class="row">
        <Button kind="main" onClick={save}>
          Save what was done
        </Button>
        <span class="soft">as a script that ends by checking that all is as it is now: npm run bench -- --script</span>
      </p>
      <ol class="story" aria-label="what was done" tabIndex={0}>
        {[...acts].reverse().map(({ at, line }, i) => (
          <li key={acts.length - i} class={line.startsWith("//") ? "says" : line.startsWith("wait") ? "waits" : ""}>
            <time>
              {day(at)}, {clock(at, true)}
            </time>
            <code>{line.replace(/^(#SETUP;.*;)[\da-f]{32}/i, "$1(a key)")}</code>
          </li>
        ))}
      </ol>
    </>
  );
}

export function Port({ serial }: { serial: Line[] }) {
  const [text, setText] = useState("#STATUS");
  return (
    <>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) line(text.trim());
        }}
      >
        <input
          type="text"
          class="grow"
          aria-label="a line for the device, or a command of the bench"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          spellcheck={false}
          autocomplete="off"
        />
        <button type="submit" class="button">
          Send
        </button>
      </form>
      <p class="row">
        {["#STATUS", "#INFO", "#METRICS", "#RESET"].map((command) => (
          <Button key={command} kind="quiet" onClick={() => line(command)}>
            {command}
          </Button>
        ))}
        <span class="soft">Commands of the bench work here too: state, boots, rtc, cut…</span>
      </p>
      <ol class="at" aria-label="what was said at the factory port" tabIndex={0}>
        {[...serial].reverse().map(({ at, from, text }, i) => (
          <li key={serial.length - i} class={from === "desk" ? "controller" : "modem"}>
            <time>{clock(at, true)}</time>
            <code>{text}</code>
          </li>
        ))}
      </ol>
    </>
  );
}

function Bar({
  name,
  used,
  budget,
  whole,
  unit,
}: {
  name: string;
  used: number;
  budget: number;
  whole: number;
  unit: string;
}) {
  const part = (n: number) => `${Math.min(100, (100 * n) / (budget * 1.25)).toFixed(1)}%`;
  return (
    <div class="bar">
      <p>
        <span>{name}</span>
        <strong class={used > budget ? "bad" : ""}>{unit === "B" ? bytes(used) : used}</strong>
        <span class="soft">
          budget {unit === "B" ? bytes(budget) : budget} · the board has {unit === "B" ? bytes(whole) : whole}
        </span>
      </p>
      <div class="track" role="img" aria-label={`${name}: ${used} of a budget of ${budget}`}>
        <i style={{ width: part(used) }} class={used > budget ? "over" : ""} />
        <b style={{ left: part(budget) }} />
      </div>
    </div>
  );
}

export function Firmware({ made, state, info, desk }: { made: Made; state: State; info?: Info; desk: DeskView }) {
  const { budget, limits } = made;
  const { variables } = state;
  const [peak, setPeak] = useState(0);
  useFresh(`${variables?.peak}`, 0, () => setPeak(Math.max(peak, variables?.peak ?? 0)));
  return (
    <>
      <Bar name="Program" used={desk.bytes} budget={budget.bytes} whole={limits.storage} unit="B" />
      {variables ? (
        <>
          <Bar name="Variables now" used={variables.used} budget={budget.idle} whole={limits.variables} unit="" />
          <Bar name="Variables at most" used={peak} budget={budget.peak} whole={limits.variables} unit="" />
          <p class="hint">
            The interpreter here has {variables.total} variables. The budget for “now” is that of a device at rest.
          </p>
        </>
      ) : (
        <p class="hint">
          {state.powered
            ? "Node runs the file that would be flashed and does not count variables. Choose the interpreter above, and they are here."
            : "Without power there is nothing to count."}
        </p>
      )}
      {info && (
        <dl class="facts">
          {(
            [
              ["firmware", info.version],
              ["starts", info.restarts],
              ["failures", info.failures],
              ["clock lost", info.clockLost],
              ["memory replaced", info.memoryReplaced],
              ["by-passed", info.bypass],
              ["dead output", info.deadOutput],
            ] as const
          ).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <ul class="notes">
        {made.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </>
  );
}
