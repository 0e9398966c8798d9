/** A passive piezo behind a transistor. Murata, "PKM22EPPH4001-B0 piezoelectric sounder": it sounds at the frequency it is driven with. */
import type { World } from "../world";
import { log, type Part } from "./part";

export type BuzzerOptions = { driver?: string; pin: string };
export type Buzzer = Part & {
  /** What is heard now, in hertz; 0 is silence. */
  readonly sounding: number;
  /** How often it was heard since the rail came on, and the hertz of the last time. */
  readonly beeps: { count: number; hertz: number };
  /** The last 200 changes; `at` in milliseconds of world time, `hz` 0 for silence. */
  readonly changes: { at: number; hz: number }[];
  /** The pin toggles at `hz` from now on (0: it rests). Called by whoever plays the controller's PWM. */
  tone(hz: number): void;
};

/** A buzzer; a piezo cannot sound without the rail. */
export function buzzer(world: World, _options: BuzzerOptions): Buzzer {
  const changes: Buzzer["changes"] = [];
  let on = false;
  let sounding = 0;
  let beeps: Buzzer["beeps"] = { count: 0, hertz: 0 };
  const tone = (hz: number) => {
    const now = on && hz > 0 ? hz : 0;
    if (now === sounding) return;
    if (now && !sounding) beeps = { count: beeps.count + 1, hertz: now };
    sounding = now;
    log(changes, { at: world.now, hz: now });
  };
  return {
    get sounding() {
      return sounding;
    },
    get beeps() {
      return beeps;
    },
    changes,
    tone,
    power(rail) {
      on = rail;
      if (on) beeps = { count: 0, hertz: 0 };
      tone(0);
    },
  };
}
