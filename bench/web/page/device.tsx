/** The device as a person sees it, drawn to the parts of its board. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { State } from "../../board";
import type { Made } from "../frame";
import { line, wish } from "./store";

/** Where the segments a to g of a digit are, in a box of 34 by 58. */
const [W, H, T] = [34, 58, 6.4];
const flat = (y: number) =>
  `${4},${y} ${4 + T / 2},${y - T / 2} ${W - 4 - T / 2},${y - T / 2} ${W - 4},${y} ${W - 4 - T / 2},${y + T / 2} ${4 + T / 2},${y + T / 2}`;
const upright = (x: number, from: number, to: number) =>
  `${x},${from} ${x + T / 2},${from + T / 2} ${x + T / 2},${to - T / 2} ${x},${to} ${x - T / 2},${to - T / 2} ${x - T / 2},${from + T / 2}`;
const SEGMENTS = [
  flat(T / 2),
  upright(W - T / 2, 4, H / 2 - 1),
  upright(W - T / 2, H / 2 + 1, H - 4),
  flat(H - T / 2),
  upright(T / 2, H / 2 + 1, H - 4),
  upright(T / 2, 4, H / 2 - 1),
  flat(H / 2),
];

function Digits({ segments, x, y, colon }: { segments: number[]; x: number; y: number; colon: boolean }) {
  return (
    <g transform={`translate(${x} ${y}) skewX(-5)`} class="segments">
      {segments.map((lit, i) => (
        <g key={i} transform={`translate(${i * 47 + (i > 1 ? 8 : 0)} 0)`}>
          {SEGMENTS.map((points, bit) => (
            <polygon key={bit} points={points} class={(lit >> bit) & 1 ? "lit" : ""} />
          ))}
          {colon && i === 1
            ? [18, 40].map((cy) => <circle key={cy} cx={45} cy={cy} r={3.4} class={lit & 128 ? "lit" : ""} />)
            : !colon && <circle cx={39} cy={H - 2} r={3.2} class={lit & 128 ? "lit" : ""} />}
        </g>
      ))}
    </g>
  );
}

function Glass({ rows, light, x, y, width }: { rows: string[]; light: boolean; x: number; y: number; width: number }) {
  const columns = rows[0]?.length || 16;
  const cell = width / columns;
  const shown = rows.length ? rows : ["".padEnd(columns), "".padEnd(columns)];
  return (
    <g class={`glass ${light ? "light" : ""} ${rows.length ? "on" : ""}`}>
      <rect x={x - 9} y={y - 9} width={width + 18} height={2 * 26 + 18} rx={6} class="back" />
      {shown.map((row, r) =>
        [...row].map((character, c) => (
          <g key={`${r} ${c}`} transform={`translate(${x + c * cell} ${y + r * 26})`}>
            <rect width={cell - 1.4} height={24} class="cell" />
            <text x={(cell - 1.4) / 2} y={18}>
              {character === "\xff" ? "█" : character}
            </text>
          </g>
        )),
      )}
    </g>
  );
}

const WORDS: { [key: string]: string } = { "*": "star", "#": "hash" };

interface KeyProps {
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
  down: boolean;
  stuck: boolean;
  round?: boolean;
}

/** Keys that this page holds. */
const held = new Set<string>();

function press(name: string): void {
  if (held.has(name)) return;
  held.add(name);
  line(`key ${name} down`);
}

function release(name: string): void {
  if (held.delete(name)) line(`key ${name} up`);
}

function Key({ name, x, y, w, h, down, stuck, round }: KeyProps) {
  const up = () => release(name);
  return (
    <g
      role="button"
      tabIndex={0}
      aria-label={`key ${WORDS[name] ?? name}${stuck ? ", stuck" : ""}`}
      aria-pressed={down || stuck}
      class={`key ${down || stuck ? "down" : ""} ${stuck ? "stuck" : ""}`}
      transform={`translate(${x} ${y})`}
      onPointerDown={(event: PointerEvent) => {
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
        press(name);
      }}
      onPointerUp={up}
      onPointerCancel={up}
      onLostPointerCapture={up}
      onBlur={up}
      // A screen reader clicks without a finger.
      onClick={(event: MouseEvent) => {
        if (event.detail === 0) line(`key ${name}`);
      }}
      onContextMenu={(event: Event) => event.preventDefault()}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== " " && event.key !== "Enter") return;
        event.preventDefault();
        press(name);
      }}
      onKeyUp={up}
    >
      <rect class="well" x={-2} y={-1} width={w + 4} height={h + 5} rx={round ? h / 2 + 3 : 13} />
      <g class="cap">
        <rect width={w} height={h} rx={round ? h / 2 : 11} />
        <text x={w / 2} y={h / 2 + 7}>
          {name === "*" ? "✱" : name}
        </text>
      </g>
    </g>
  );
}

function Lamp({ on, y = 62 }: { on: boolean; y?: number }) {
  return (
    <g class={`lamp ${on ? "on" : ""}`}>
      <circle cx={160} cy={y} r={150} class="halo" fill="url(#halo)" />
      <path d={`M146 ${y + 34} h28 l4 26 h-36 z`} class="collar" />
      <circle cx={160} cy={y} r={40} class="globe" />
      <path d={`M148 ${y + 30} q-4 -22 6 -28 q6 -4 12 0 q10 6 6 28`} class="filament" />
      <path d={`M134 ${y - 14} q8 -18 26 -17`} class="shine" />
    </g>
  );
}

const dots = (x: number, y: number) =>
  [-1, 0, 1].flatMap((r) =>
    [-2, -1, 0, 1, 2].map((c) => <circle key={`${r} ${c}`} cx={x + c * 6} cy={y + r * 6} r={1.5} class="hole" />),
  );

function Led({ name, lit, x, y }: { name: string; lit: boolean; x: number; y: number }) {
  return (
    <g class={`led ${name} ${lit ? "lit" : ""}`}>
      <circle cx={x} cy={y} r={18} class="glow" />
      <circle cx={x} cy={y} r={6.5} class="dome" />
    </g>
  );
}

/** Where each key is, by the kind of device. */
function pad(keys: string, four: boolean, top: number): { name: string; x: number; y: number; w: number; h: number }[] {
  if (four) return [...keys].map((name, i) => ({ name, x: 45 + i * 60, y: top, w: 50, h: 50 }));
  return [...keys].map((name, i) => ({ name, x: 46 + (i % 3) * 80, y: top + Math.floor(i / 3) * 56, w: 68, h: 44 }));
}

/** Milliseconds that a blink or a beep is shown that began and ended between two looks. */
const GLIMPSE = 90;

/** Whether something is on, or was since the last look: `count` says how often it went on. */
function useGlimpse(on: boolean, count: number): boolean {
  const [seen, see] = useState(count);
  const news = count > seen && !on;
  useEffect(() => {
    // After a power-on it counts from 0 again.
    if (!news) return see(count);
    const timer = setTimeout(() => see(count), GLIMPSE);
    return () => clearTimeout(timer);
  }, [news, count]);
  return on || news;
}

/** Plays what the buzzer's model sounds at, as long as somebody wants to hear it. */
function useSound({ buzzer, beeps }: State, wanted: boolean): void {
  const heard = useGlimpse(buzzer > 0, beeps?.count ?? 0);
  const hertz = heard ? buzzer || beeps!.hertz : 0;
  const audio = useRef<{ context: AudioContext; tone: OscillatorNode; volume: GainNode }>(undefined);
  useEffect(() => {
    if (wanted && !audio.current) {
      const context = new AudioContext();
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = "square";
      volume.gain.value = 0;
      tone.connect(volume).connect(context.destination);
      tone.start();
      audio.current = { context, tone, volume };
    }
    if (!audio.current) return;
    const { context, tone, volume } = audio.current;
    if (hertz) tone.frequency.setValueAtTime(hertz, context.currentTime);
    volume.gain.setTargetAtTime(wanted && hertz ? 0.04 : 0, context.currentTime, 0.004);
  }, [hertz, wanted]);
}

/** Keys of the keyboard are keys of the device, unless somebody writes. */
function useKeyboard(keys: string): void {
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      const { target, key, type } = event;
      if (!keys.includes(key) || key.length !== 1) return;
      const writes = target instanceof HTMLElement && target.closest("input:not([type=radio]), select, textarea");
      if (type === "keyup") release(key);
      else if (!event.repeat && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) press(key);
    };
    const leave = () => {
      for (const key of held) release(key);
    };
    addEventListener("keydown", act);
    addEventListener("keyup", act);
    addEventListener("blur", leave);
    return () => {
      removeEventListener("keydown", act);
      removeEventListener("keyup", act);
      removeEventListener("blur", leave);
    };
  }, [keys]);
}

/** The key that the hand of the page presses now: the one that went out of its list. */
function useHand(hand: string): string {
  const [key, setKey] = useState("");
  const before = useRef(hand);
  useEffect(() => {
    if (hand.length < before.current.length) setKey(before.current[before.current.length - hand.length - 1] ?? "");
    before.current = hand;
    const timer = setTimeout(() => setKey(""), 110);
    return () => clearTimeout(timer);
  }, [hand]);
  return key;
}

export function Device({
  made,
  state,
  hand,
  sound,
  serial,
}: {
  made: Made;
  state: State;
  hand: string;
  sound: boolean;
  serial: string;
}) {
  const { keys, parts } = made;
  useKeyboard(keys);
  useSound(state, sound);
  const typed = useHand(hand);
  const { keypad } = state;
  const four = keys.length === 4;
  const digits = parts.display?.driver === "tm1637";
  const text = parts.display?.driver === "hd44780";
  const puck = !parts.display && !four;
  const lantern = !parts.display && four;
  const top = puck ? 302 : lantern ? 208 : 290;
  const height = top + (four ? 50 : 212) + 36;
  const lit: State["leds"] = {
    green: useGlimpse(state.leds.green, state.blinks.green ?? 0),
    red: useGlimpse(state.leds.red, state.blinks.red ?? 0),
  };
  const glow = ["green", "red"].filter((name) => lit[name]).join(" ");
  const art = useMemo(() => <Defs />, []);
  const leds: ComponentChildren = ["green", "red"].map(
    (name, i) =>
      name in state.leds && (
        <Led key={name} name={name} lit={lit[name]} x={puck ? 146 + i * 28 : 108 + i * 104} y={puck ? 204 : top - 32} />
      ),
  );
  const says = [
    state.load ? "lamp on" : "lamp off",
    parts.display && `display ${state.display.trim() || "dark"}`,
    ...Object.entries(lit).map(([name, on]) => on && `${name} light on`),
  ].filter(Boolean);
  return (
    <div class="device">
      <svg viewBox={`0 0 320 ${height}`} role="group" aria-label="the device">
        <title>{says.join(", ")}</title>
        {art}
        <Lamp on={state.load} />
        {puck ? (
          <>
            <path d="M160 118 v20 M160 262 v30" class="cable" />
            <circle cx={160} cy={202} r={68} class="puck" />
            <circle cx={160} cy={202} r={54} class={`puck-top ${glow}`} />
            <rect x={28} y={286} width={264} height={height - 290} rx={18} class="body" />
          </>
        ) : (
          <>
            <rect x={24} y={118} width={272} height={height - 122} rx={30} class="body" />
            <rect x={24.5} y={118.5} width={271} height={height - 123} rx={29.5} class="edge" />
          </>
        )}
        {digits && (
          <>
            <rect x={50} y={144} width={220} height={88} rx={14} class="window" />
            <Digits
              segments={state.segments ?? [0, 0, 0, 0]}
              x={70}
              y={159}
              colon={(state.segments?.length ?? 4) === 4}
            />
          </>
        )}
        {text && <Glass rows={state.rows ?? []} light={state.light ?? false} x={52} y={160} width={216} />}
        {lantern && <rect x={120} y={134} width={80} height={5} rx={2.5} class="slot" />}
        {leds}
        {parts.buzzer && !puck && dots(160, top - 32)}
        {serial && (
          <text x={160} y={height - 14} class="label">
            {puck ? "" : `No. ${serial}`}
          </text>
        )}
        {pad(keys, four, top).map((key) => (
          <Key
            key={key.name}
            {...key}
            round={four}
            down={keypad.held.includes(key.name) || typed === key.name}
            stuck={keypad.stuck.includes(key.name)}
          />
        ))}
      </svg>
    </div>
  );
}

/** Presses keys one after the other. */
export const type = (keys: string) => wish({ hand: keys });

function Defs() {
  return (
    <defs>
      <radialGradient id="halo">
        <stop offset="0" stop-color="#ffc65c" stop-opacity="0.95" />
        <stop offset="0.3" stop-color="#ffb93f" stop-opacity="0.42" />
        <stop offset="0.65" stop-color="#ffb02e" stop-opacity="0.12" />
        <stop offset="1" stop-color="#ffb02e" stop-opacity="0" />
      </radialGradient>
      <radialGradient id="light" cx="0.45" cy="0.4">
        <stop offset="0" stop-color="#fffdf2" />
        <stop offset="0.55" stop-color="#ffe9ac" />
        <stop offset="1" stop-color="#fcb944" />
      </radialGradient>
      <linearGradient id="case" x2="0" y2="1">
        <stop offset="0" stop-color="#45413b" />
        <stop offset="1" stop-color="#2d2a26" />
      </linearGradient>
      <linearGradient id="cap" x2="0" y2="1">
        <stop offset="0" stop-color="#fbf9f4" />
        <stop offset="1" stop-color="#e3ded3" />
      </linearGradient>
      <radialGradient id="silicone" cx="0.4" cy="0.35">
        <stop offset="0" stop-color="#ffffff" />
        <stop offset="1" stop-color="#dedad2" />
      </radialGradient>
    </defs>
  );
}
