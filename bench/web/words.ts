/** What the page says in words. Pure functions of what it knows; times are Unix seconds, UTC. */
import type { State } from "../board";
import type { Modem } from "../parts/modem/modem";
import type { Info } from "./frame";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (n: number) => String(n).padStart(2, "0");

/** As in "Sun 10 Dec"; with the year where it is another than `than`. */
export function day(time: number, than?: number): string {
  const date = new Date(time * 1000);
  const year = date.getUTCFullYear();
  const other = than !== undefined && new Date(than * 1000).getUTCFullYear() !== year;
  return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${other ? ` ${year}` : ""}`;
}

/** As in "14:00", or "14:00:05". */
export function clock(time: number, seconds = false): string {
  const date = new Date(time * 1000);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${seconds ? `:${two(date.getUTCSeconds())}` : ""}`;
}

/** The two largest units of so many seconds, as in "6 d 3 h". */
export function span(seconds: number): string {
  const n = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(n / 86400), "d"],
    [Math.floor(n / 3600) % 24, "h"],
    [Math.floor(n / 60) % 60, "min"],
    [n % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count], i) => i === 0 || count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** A count with its thousands apart. */
export const count = (n: number) => String(n).replace(/\B(?=(\d{3})+$)/g, " ");

/** Digits in threes, or fours, as they are printed on a slip. */
export const grouped = (token: string) => token.match(token.length % 3 ? /.{1,4}/g : /.{1,3}/g)!.join(" ");

export const bytes = (n: number) => (n < 10000 ? `${n} B` : `${(n / 1024).toFixed(n < 102400 ? 1 : 0)} KB`);

const PARTS: { [fault: string]: string } = { FLASH: "controller's flash", MEMORY: "memory", RTC: "clock chip" };

export interface Sentence {
  head: string;
  /** What is left, and why the lamp is as it is. */
  parts: string[];
  mood: "paid" | "free" | "unpaid" | "dark" | "warning";
  /** When the credit ends, if it does. */
  until?: number;
}

/** What a person has to know: what was paid, what is left, and why the lamp is on or off. */
export function sentence(state?: State, info?: Info, trouble?: string): Sentence {
  if (trouble) return { head: "No device", parts: [`it cannot go on: ${trouble}`], mood: "warning" };
  if (!state) return { head: "One moment", parts: ["the device is being made"], mood: "dark" };
  const { time, load, powered, output } = state;
  const credit = info?.credit ?? 0;
  const until = info && credit > 0 ? info.at + credit : undefined;
  const left = until === undefined ? 0 : until - time;
  const when = until && `${day(until, time)}, ${clock(until)}`;
  const lamp = load ? "lamp on" : "lamp off";
  const locked = info?.lockout ? info.at + info.lockout - time : 0;
  const closed = powered && locked > 0 ? [`token entry is closed for ${span(locked)}`] : [];

  if (!powered) {
    const counts =
      left > 0 ? `paid until ${when}, and that goes on counting` : credit < 0 ? "unlocked for ever" : "nothing is paid";
    return {
      head: "No power",
      parts: ["lamp off because the plug is out", counts],
      mood: "dark",
      until: left > 0 ? until : undefined,
    };
  }
  if (!info || state.boots === 0) return { head: "Starting", parts: [lamp], mood: "dark" };
  if (load && !output.commanded)
    return {
      head: "By-passed",
      parts: ["lamp on although the device has switched it off: somebody wired it to the battery", ...closed],
      mood: "warning",
      until,
    };
  const dead = !load && output.commanded;
  if (!info.serial)
    return {
      head: "Not set up yet",
      parts: ["lamp off until the factory gives it a serial number and a key"],
      mood: "unpaid",
    };
  if (info.fault) {
    const what = PARTS[info.fault] ?? info.fault;
    return {
      head: `The ${what} does not work`,
      parts: ["lamp off until it does", ...(left > 0 ? [`paid until ${when}`] : [])],
      mood: "warning",
      until,
    };
  }
  const why = dead ? "lamp off although it is switched on: its switch is dead" : undefined;
  const mood = dead ? "warning" : undefined;
  if (credit < 0)
    return {
      head: "Unlocked for ever",
      parts: [why ?? `${lamp} because all of it is paid`, ...closed],
      mood: mood ?? "free",
    };
  if (left > 0)
    return {
      head: `Paid until ${when}`,
      parts: [
        `${span(left)} left`,
        why ?? (load ? "lamp on because there is credit" : "lamp off: the device is starting"),
        ...closed,
      ],
      mood: mood ?? "paid",
      until,
    };
  const test = load ? "lamp on for half a minute, for a test code" : undefined;
  return {
    head: info.count > 1 ? "The credit is used up" : "Nothing paid yet",
    parts: [why ?? test ?? "lamp off because there is no credit", ...closed],
    mood: mood ?? "unpaid",
  };
}

/** What of the world's clock and the device's own differ, in words. */
export function clockWords(info: Info | undefined): string {
  if (!info) return "the device has not said what time it is";
  const off = info.clock.time - info.at;
  if (Math.abs(off) < 2) return "the device's clock agrees";
  return `the device's clock is ${span(Math.abs(off))} ${off > 0 ? "ahead" : "behind"}`;
}

const SIMS: { [state: string]: string } = {
  absent: "finds no SIM",
  busy: "waits for its SIM",
  pin: "has a SIM that wants its PIN",
  puk: "has a SIM that is locked",
};

/**
 * Whether a report is under way, or about to begin. Until its end the device counts it as one that failed, and `next` is
 * when it would be tried again: so it is too where the first failure has no reason yet.
 */
export function reporting({ power, asleep }: Modem["view"], info: Info | undefined, now: number): boolean {
  if (!info?.report || !info.serial) return false;
  const { next, failures, failure } = info.report;
  return next <= now || (failures === 1 && !failure) || (power !== "off" && power !== "dead" && !asleep);
}

/** What the modem is doing, in words. `next` is when the device reports again, `under` that it is about to, or does. */
export function airWords(
  air: Modem["view"],
  next: number | undefined,
  now: number,
  under = false,
  powered = true,
): string {
  const { power, sim, antenna, registration, data, http, sockets, asleep } = air;
  let until = "";
  if (under) until = "; a report is under way";
  else if (next && next > now) until = ` until it reports at ${clock(next, next < now + 60)}`;
  if (!powered) return "The modem has no power.";
  if (power === "dead") return "The modem does nothing any more.";
  if (power === "off") return `The modem is off${until}.`;
  if (power === "booting") return "The modem starts.";
  if (power === "stopping") return "The modem switches off.";
  if (sim !== "ready") return `The modem ${SIMS[sim]}.`;
  if (!antenna) return "The modem hears no network: no antenna.";
  if (registration === 3) return "The modem is refused by the network.";
  if (registration !== 1 && registration !== 5) return "The modem looks for a network.";
  if (asleep) return `The modem sleeps${until}.`;
  if (http || sockets) return "The modem talks to the server.";
  return data ? "The modem has a data connection." : "The modem is registered in a network.";
}

/** What was said on a modem's line as one line: line ends inside as ⏎, what cannot be seen as a dot. */
export const plain = (text: string) =>
  text
    .replace(/^[\r\n]+|[\r\n]+$/g, "")
    .replace(/[\r\n]+/g, " ⏎ ")
    .replace(/[^\x20-\x7e⏎]/g, "·") || "⏎";
