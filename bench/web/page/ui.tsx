/** Small things that every panel is made of. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

type ButtonProps = {
  children: ComponentChildren;
  onClick: () => void;
  kind?: "main" | "quiet";
  pressed?: boolean;
  disabled?: boolean;
  title?: string;
  label?: string;
};

export function Button({ children, onClick, kind, pressed, disabled, title, label }: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${kind ?? ""}`}
      onClick={onClick}
      aria-pressed={pressed}
      aria-label={label}
      disabled={disabled}
      title={title}
    >
      {children}
    </button>
  );
}

/** One of two texts in the room of the longer one, so that nothing beside it moves under a finger when it changes. */
export function Either({ first, of }: { first: boolean; of: readonly [string, string] }) {
  return (
    <span class="either">
      {of.map((text, i) => (
        <span key={text} class={first === (i === 0) ? "" : "not"}>
          {text}
        </span>
      ))}
    </span>
  );
}

/** One of a few, side by side. */
export function Choice<T extends string | number>(props: {
  label: string;
  options: readonly { value: T; text: string; title?: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="hidden">{props.label}</legend>
      {props.options.map(({ value, text, title }) => (
        <label key={value} title={title} class={value === props.value ? "on" : ""}>
          <input
            type="radio"
            name={name}
            class="hidden"
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

export function Card({
  title,
  children,
  aside,
  id,
}: {
  title: string;
  children: ComponentChildren;
  aside?: ComponentChildren;
  id?: string;
}) {
  const name = useId();
  return (
    <section class="card" aria-labelledby={name} id={id}>
      <header>
        <h2 id={name}>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** Something that is there for who looks for it. */
export function Fold({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="fold">
      <summary>{title}</summary>
      <div class="folded">{children}</div>
    </details>
  );
}

/** Panels of which one is open; arrow keys go from one to the next. Another device makes them anew. */
export function Tabs({
  tabs,
  label,
  device,
}: {
  tabs: { name: string; title: string; panel: () => ComponentChildren }[];
  label: string;
  device: number;
}) {
  const id = useId();
  const [open, setOpen] = useState(tabs[0].name);
  const list = useRef<HTMLDivElement>(null);
  const at = Math.max(
    0,
    tabs.findIndex(({ name }) => name === open),
  );
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (at + step + tabs.length) % tabs.length;
    setOpen(tabs[next].name);
    (list.current!.children[next] as HTMLElement).focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(({ name, title }, i) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}${name}`}
            aria-selected={i === at}
            aria-controls={`${id}panel`}
            tabIndex={i === at ? 0 : -1}
            onClick={() => setOpen(name)}
          >
            {title}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}panel`}
        aria-labelledby={`${id}${tabs[at].name}`}
        tabIndex={0}
        class="panel"
        key={`${open} ${device}`}
      >
        {tabs[at].panel()}
      </div>
    </div>
  );
}

/** Calls `run` now, whenever `when` changes, and no more often than every `least` milliseconds. */
export function useFresh(when: string | number, least: number, run: () => void): void {
  const last = useRef({ at: 0, timer: 0 });
  useEffect(() => {
    const state = last.current;
    clearTimeout(state.timer);
    const go = () => {
      state.at = performance.now();
      run();
    };
    const wait = state.at + least - performance.now();
    if (wait <= 0) go();
    else state.timer = setTimeout(go, wait) as unknown as number;
    return () => clearTimeout(state.timer);
  }, [when]);
}
