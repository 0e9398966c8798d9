/**
 * What the person sees and hears. A signal is a pattern, one letter a step: G, R and A light the green, the red or
 * both lamps (amber), a small letter does so without a tone, anything else is a pause. It never blocks and never
 * queues: the newest replaces the last.
 */
import type { Hal } from "../../hal/hal";

/** How often the green lamp blinks, or the red one (below 0), by what became of a token. A board's JSON names the profile. */
export type Profile = { [answer: string]: number };

export interface Signals {
  hal: Hal;
  rest: string;
  timer: number;
}

/** Tones in hertz: good news are high. */
const GOOD = 2400;
const BAD = 400;

/** Plays a pattern with `ms` milliseconds a step. */
export function play(s: Signals, pattern: string, ms: number): void {
  const hal = s.hal;
  if (s.timer) hal.system.cancel(s.timer);
  s.rest = pattern;
  const step = () => {
    const c = s.rest.charAt(0);
    const l = c.toLowerCase();
    s.rest = s.rest.slice(1);
    if (hal.green) hal.green(l === "g" || l === "a" ? 1 : 0);
    if (hal.red) hal.red(l === "r" || l === "a" ? 1 : 0);
    if (hal.buzzer) hal.buzzer(c === l ? 0 : c === "R" ? BAD : GOOD);
    s.timer = c ? hal.system.after(step, ms) : 0;
  };
  step();
}
