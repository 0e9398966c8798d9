/** The page: one sentence, the device, what is done to it, and what is behind it. */
import { render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Happening } from "../frame";
import { clock, day, sentence } from "../words";
import { Air } from "./air";
import { Power, Shop, Time } from "./cards";
import { Device } from "./device";
import { Memory } from "./memory";
import { Firmware, Port, Story } from "./panels";
import { Server } from "./server";
import { connect, model, notice, wish } from "./store";
import { Strip } from "./strip";
import "./style.css";
import { Tabs } from "./ui";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const night = matchMedia("(prefers-color-scheme: dark)");

/** The colours that are shown: the person's wish, or the system's as it is now. */
function useColours(theme: Theme): string {
  const [dark, setDark] = useState(night.matches);
  useEffect(() => {
    night.onchange = () => setDark(night.matches);
  }, []);
  const colours = theme === "auto" ? (dark ? "dark" : "light") : theme;
  // Before whatever draws reads them.
  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = colours;
  }, [colours]);
  return colours;
}

/** What the browser remembers of this page, if it may. */
function useRemembered<T extends string>(name: string, options: readonly T[]): [T, (value: T) => void] {
  const known = () => {
    try {
      return options.find((one) => one === localStorage.getItem(name)) ?? options[0];
    } catch (_) {
      return options[0];
    }
  };
  const [value, set] = useState<T>(known);
  return [
    value,
    (next) => {
      set(next);
      try {
        localStorage.setItem(name, next);
      } catch (_) {
        // It is for this time only then.
      }
    },
  ];
}

const THEME_NAMES = { auto: "as the system", light: "light", dark: "dark" };
const THEME_SIGNS = { auto: "◐", light: "☀", dark: "☾" };

function Header({
  theme,
  setTheme,
  sound,
  setSound,
}: {
  theme: Theme;
  setTheme: (theme: Theme) => void;
  sound: boolean;
  setSound: (on: boolean) => void;
}) {
  const { desk } = model.view;
  const link = model.link !== "open" ? "the server does not answer" : desk?.busy ? "making a device" : "live";
  return (
    <header class="top">
      <p class="brand">
        <i aria-hidden="true" /> Pay-as-you-go device
      </p>
      {desk && (
        <>
          <label>
            <span class="hidden">board</span>
            <select
              value={desk.board}
              disabled={desk.busy}
              onChange={(event) => wish({ board: event.currentTarget.value, engine: desk.engine })}
            >
              {desk.boards.map(({ name, title }) => (
                <option key={name} value={name} title={title}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="hidden">engine</span>
            <select
              value={desk.engine}
              disabled={desk.busy}
              onChange={(event) => wish({ board: desk.board, engine: event.currentTarget.value })}
            >
              {desk.engines.map(({ name, title, lacks }) => (
                <option key={name} value={name} disabled={lacks !== undefined} title={lacks}>
                  {lacks ? `${title} (not here)` : title}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="button quiet new"
            disabled={desk.busy}
            onClick={() => wish({ board: desk.board, engine: desk.engine })}
          >
            New device
          </button>
        </>
      )}
      <span class={`link ${model.link}`}>{link}</span>
      <button
        type="button"
        class="button quiet sign"
        aria-pressed={sound}
        onClick={() => setSound(!sound)}
        title="sound"
        aria-label="sound"
      >
        <span class={sound ? "" : "off"}>♪</span>
      </button>
      <button
        type="button"
        class="button quiet sign"
        onClick={() => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length])}
        title={`colours: ${THEME_NAMES[theme]}`}
        aria-label={`colours: ${THEME_NAMES[theme]}`}
      >
        {THEME_SIGNS[theme]}
      </button>
    </header>
  );
}

/** The last things that happened, newest first; a screen reader hears the newest. */
function Feed({ feed }: { feed: Happening[] }) {
  const last = feed[feed.length - 1];
  // What the device tells of itself comes a little late.
  const shown = [...feed.slice(-12)]
    .sort((a, b) => a.at - b.at)
    .slice(-5)
    .reverse();
  return (
    <div class="feed">
      <p class="hidden" role="status">
        {last?.text}
      </p>
      <ol aria-label="what happened last">
        {shown.map(({ at, what, text }, i) => (
          <li key={feed.length - i} class={what}>
            <time>
              {clock(at)} <span>{day(at)}</span>
            </time>
            {text}
          </li>
        ))}
      </ol>
    </div>
  );
}

function App() {
  const { view, lists, counts } = model;
  const { desk, made, state, info, strip = [], sold = [] } = view;
  const [theme, setTheme] = useRemembered("theme", THEMES);
  const colours = useColours(theme);
  const [sound, setSound] = useState(false);
  const says = sentence(desk?.busy ? undefined : state, info, desk?.trouble);
  useEffect(() => {
    document.title = `${says.head} · pay-as-you-go device`;
  }, [says.head]);
  const credit = info?.credit ?? 0;
  const behind = useMemo(() => {
    if (!made || !state || !desk) return null;
    const tabs = [
      {
        name: "server",
        title: "Server",
        panel: () => (
          <Server
            requests={lists.requests}
            changes={`${counts.story} ${counts.requests}`}
            modem={state.modem !== undefined}
            colours={colours}
          />
        ),
      },
      {
        name: "memory",
        title: "Memory",
        panel: () => <Memory made={made} state={state} acts={counts.story} colours={colours} />,
      },
      { name: "air", title: "Air", panel: () => <Air state={state} info={info} /> },
      { name: "story", title: "Story", panel: () => <Story acts={lists.story} desk={desk} /> },
      { name: "port", title: "Port", panel: () => <Port serial={lists.serial} /> },
      {
        name: "firmware",
        title: "Firmware",
        panel: () => <Firmware made={made} state={state} info={info} desk={desk} />,
      },
    ];
    return <Tabs tabs={tabs} label="behind the device" device={model.device} />;
  }, [made, state, desk, info, lists, colours]);
  const cards = useMemo(() => {
    if (!made || !state || !desk) return null;
    return (
      <>
        <Shop sold={sold} made={made} info={info} typing={desk.hand !== ""} />
        <Time state={state} info={info} desk={desk} />
        <Power state={state} made={made} />
      </>
    );
  }, [made, state, desk, info, sold]);
  return (
    <>
      <Header theme={theme} setTheme={setTheme} sound={sound} setSound={setSound} />
      <main>
        <section class={`says ${says.mood}`} aria-label="what is paid">
          <h1>{says.head}</h1>
          <p role={desk?.trouble ? "alert" : undefined}>{says.parts.join(" · ")}</p>
          <Strip strip={strip} feed={lists.feed} now={state?.time ?? 0} until={says.until} forever={credit < 0} />
        </section>
        {desk?.playing?.caption && <p class="caption">{desk.playing.caption}</p>}
        <div class="desk">
          <div class="before">
            {made && state && (
              <Device made={made} state={state} hand={desk?.hand ?? ""} sound={sound} serial={info?.serial ?? ""} />
            )}
            {state && (
              <p class={`output ${state.output.commanded === state.load ? "" : "bad"}`}>
                <span class={state.output.commanded ? "on" : ""}>
                  <i aria-hidden="true" /> switched {state.output.commanded ? "on" : "off"}
                </span>
                <span class={state.load ? "on" : ""}>
                  <i aria-hidden="true" /> gives {state.load ? "current" : "no current"}
                </span>
              </p>
            )}
            <p class="hint keys">
              {made?.keys.length === 4
                ? "Keys 1 to 4 of your keyboard work too; hold one to ask for the days left."
                : "The digits, * and # of your keyboard work too."}
            </p>
            <Feed feed={lists.feed} />
          </div>
          <div class="hands">{cards}</div>
          <div class="behind card">{behind}</div>
        </div>
      </main>
      {model.notice && (
        <p class="notice" role="alert">
          {model.notice}
          <button type="button" class="button quiet" onClick={() => notice("")}>
            Close
          </button>
        </p>
      )}
    </>
  );
}

const root = document.getElementById("app")!;
root.textContent = "";
connect(() => render(<App />, root));
