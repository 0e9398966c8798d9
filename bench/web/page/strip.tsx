/** The life of the lamp as one band: what it gave, when it had no power, and until when it is paid. */
import { useMemo } from "preact/hooks";
import type { Happening, View } from "../frame";
import { clock, day } from "../words";

const DAY = 86400;
/** Most days back, and ahead. */
const PAST = 10 * DAY;
const AHEAD = 35 * DAY;
const WIDTH = 1000;

export function Strip({
  strip,
  feed,
  now,
  until,
  forever,
}: {
  strip: View["strip"];
  feed: Happening[];
  now: number;
  until?: number;
  forever: boolean;
}) {
  const most = Math.max(3, Math.min(11, Math.floor(innerWidth / 100)));
  // What is drawn changes by the minute, not with every frame.
  const minute = Math.floor(now / 60);
  return useMemo(() => {
    if (!strip.length) return <div class="strip" />;
    const from = Math.max(strip[0].at, now - PAST);
    const to = Math.max(
      now + DAY,
      from + 2 * DAY,
      Math.min((until ?? (forever ? now + 7 * DAY : 0)) + DAY / 2, now + AHEAD),
    );
    const x = (time: number) =>
      Math.round(((Math.min(Math.max(time, from), to) - from) / (to - from)) * WIDTH * 10) / 10;
    const bars = strip.map((one, i) => ({ ...one, end: strip[i + 1]?.at ?? now })).filter(({ end }) => end > from);
    const days = (to - from) / DAY;
    const step = [1, 2, 3, 5, 7, 10].find((n) => days / n <= most) ?? 14;
    const first = Math.ceil(from / DAY);
    const ticks = Array.from({ length: Math.ceil(days / step) + 1 }, (_, i) => (first + i * step) * DAY).filter(
      (time) => time < to,
    );
    // The first name stands at the edge, and would run into a second one near to it.
    const near =
      ticks.length > 1 && ((x(ticks[1]) - x(ticks[0])) / WIDTH) * innerWidth < 110 && x(ticks[0]) < WIDTH * 0.05;
    const labels = near ? ticks.slice(1) : ticks;
    const paid = feed.filter(
      ({ what, text, at }) => what === "event" && at >= from && text.startsWith("token accepted"),
    );
    const end = forever ? to : until;
    const words = `Lamp since ${day(from)}, ${clock(from)}; ${end && !forever ? `paid until ${day(end)}, ${clock(end)}` : forever ? "paid for ever" : "nothing paid ahead"}`;
    const signs = [
      { sign: "gave", text: "lamp on", there: bars.some(({ lamp }) => lamp) },
      { sign: "ahead", text: "paid ahead", there: end !== undefined && end > now },
      { sign: "dark", text: "no power", there: bars.some(({ power }) => !power) },
      { sign: "token", text: "token taken", there: paid.length > 0 },
      { sign: "now", text: "now", there: true },
    ];
    return (
      <>
        <figure class="strip" role="img" aria-label={words}>
          <svg viewBox={`0 0 ${WIDTH} 28`} preserveAspectRatio="none" aria-hidden="true">
            <rect x={0} y={9} width={WIDTH} height={10} class="track" />
            <rect x={0} y={9} width={x(now)} height={10} class="past" />
            {bars.map(({ at, end, lamp, power }) =>
              lamp || !power ? (
                <rect
                  key={at}
                  x={x(at)}
                  y={9}
                  width={Math.max(0.6, x(end) - x(at))}
                  height={10}
                  class={lamp ? "gave" : "dark"}
                />
              ) : null,
            )}
            {end && end > now && <rect x={x(now)} y={9} width={x(end) - x(now)} height={10} class="ahead" />}
            {ticks.map((time) => (
              <rect key={time} x={x(time) - 0.5} y={21} width={1} height={5} class="tick" />
            ))}
            {paid.map(({ at }, i) => (
              <rect key={i} x={x(at) - 1.5} y={1} width={3} height={7} class="token" />
            ))}
            <rect x={x(now) - 1} y={2} width={2} height={24} class="now" />
          </svg>
          <div class="ticks" aria-hidden="true">
            {labels.map((time) => (
              <span
                key={time}
                style={{ left: `${x(time) / 10}%` }}
                class={x(time) > WIDTH * 0.95 ? "last" : x(time) < WIDTH * 0.05 ? "first" : ""}
              >
                {day(time)}
              </span>
            ))}
          </div>
        </figure>
        <p class="legend soft" aria-hidden="true">
          {signs.map(({ sign, text, there }) =>
            there ? (
              <span key={sign}>
                <i class={sign} /> {text}
              </span>
            ) : null,
          )}
        </p>
      </>
    );
  }, [strip, feed, minute, until, forever, most]);
}
