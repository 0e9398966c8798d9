/** The page's end of the line to its server, and what it knows. */
import type { Said } from "../../session";
import type { Frame, Lists, View, Wish } from "../frame";

export interface Model {
  link: "opening" | "open" | "lost";
  view: Partial<View>;
  lists: { [name in keyof Lists]: Lists[name][] };
  /** How many items of each list there were, kept or not. */
  counts: { [name in keyof Lists]: number };
  /** Counts the devices that were shown. */
  device: number;
  /** What the last command was refused with, until it is dismissed. */
  notice: string;
  frames: number;
}

/** What is kept of each list. */
const KEPT = 400;

const empty = () => ({
  lists: { feed: [], serial: [], story: [], requests: [] } as Model["lists"],
  counts: { feed: 0, serial: 0, story: 0, requests: 0 },
});

export const model: Model = { link: "opening", view: {}, ...empty(), device: 0, notice: "", frames: 0 };

let socket: WebSocket | undefined;
let show: () => void = () => {};
let asked = 0;
let dismissal = 0;
const waiting = new Map<number, (said: Said[]) => void>();
/** Numbers of the first items that are kept. */
let from: { [name: string]: number } = {};

function take(frame: Exclude<Frame, { reply: number }>): void {
  model.frames++;
  if (frame.fresh) {
    model.view = {};
    Object.assign(model, empty());
    model.device++;
    from = {};
  }
  const view: { [name: string]: unknown } = { ...model.view };
  for (const [name, value] of Object.entries(frame.view)) view[name] = value ?? undefined;
  model.view = view;
  for (const [name, more] of Object.entries(frame.lists)) {
    const old: unknown[] = (model.lists as any)[name];
    const first = from[name] ?? 0;
    const kept = more.from < first || more.from > first + old.length ? [] : old.slice(0, more.from - first);
    const all = [...kept, ...more.items];
    const over = Math.max(0, all.length - KEPT);
    from[name] = more.from - kept.length + over;
    model.counts = { ...model.counts, [name]: more.from + more.items.length };
    model.lists = { ...model.lists, [name]: all.slice(over) };
  }
}

let due = 0;
let shown = 0;
/** Shows what is known at the next repaint, and then asks for more: a page that is not repainted asks for nothing. */
function repaint(): void {
  if (due) return;
  due = requestAnimationFrame(() => {
    due = 0;
    show();
    if (shown) put({ ack: shown });
    shown = 0;
  });
}

function put(wish: Wish): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish));
}

function open(): void {
  const own = new WebSocket(`ws://${location.host}/live${location.search}`);
  socket = own;
  own.onopen = () => {
    model.link = "open";
    repaint();
  };
  own.onmessage = ({ data }) => {
    const frame: Frame = JSON.parse(data);
    if ("reply" in frame) {
      waiting.get(frame.reply)?.(frame.said);
      waiting.delete(frame.reply);
      return;
    }
    take(frame);
    shown = frame.n;
    repaint();
  };
  own.onclose = () => {
    model.link = "lost";
    for (const answer of waiting.values()) answer([]);
    waiting.clear();
    repaint();
    setTimeout(open, 1000);
  };
}

/** Opens the line; `render` is called whenever something is to be shown anew. */
export function connect(render: () => void): void {
  show = render;
  open();
}

/** Something was refused: it is shown for a while. */
export function notice(text: string): void {
  model.notice = text;
  clearTimeout(dismissal);
  if (text) dismissal = setTimeout(() => notice(""), 8000) as unknown as number;
  repaint();
}

export const wish = put;

function request(make: (id: number) => Wish): Promise<Said[]> {
  const id = ++asked;
  return new Promise((done) => {
    if (socket?.readyState !== WebSocket.OPEN) return done([]);
    waiting.set(id, done);
    put(make(id));
  });
}

/** One line of the protocol; what it is refused with is shown. */
export async function line(text: string): Promise<Said[]> {
  return tell(await request((id) => ({ line: text, id })));
}

/** A line that looks: what it says under a name, undefined if it was refused. */
export async function look<T>(text: string, name: string): Promise<T | undefined> {
  const said = await request((id) => ({ line: text, id }));
  return said.find((one) => name in one) as T | undefined;
}

export async function jump(to: number | "credit" | "report"): Promise<void> {
  tell(await request((id) => ({ jump: to, id })));
}

/** What was done so far, as a script. */
export async function story(): Promise<string[]> {
  const said = await request((id) => ({ story: true, id }));
  return said.map((one) => ("uart" in one ? one.uart : ""));
}

function tell(said: Said[]): Said[] {
  const wrong = said.find((one) => "error" in one);
  if (wrong && "error" in wrong) notice(wrong.error);
  return said;
}
