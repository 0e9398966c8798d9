/** An LED with its resistor at a pin. Any LED: all that is modelled is a diode, so no data sheet in particular. */
import type { World } from "../world";
import { log, type Part } from "./part";

export type LedOptions = { driver?: string; pin: string; activeLow?: boolean };
export type Led = Part & {
  readonly lit: boolean;
  /** How often it went on since the rail came on. */
  readonly blinks: number;
  /** The last 200 changes; `at` in milliseconds of world time. */
  readonly changes: { at: number; lit: boolean }[];
};

/** An LED from the pin to ground, or from the rail to the pin if `activeLow`. */
export function led(world: World, { pin, activeLow = false }: LedOptions): Led {
  const changes: Led["changes"] = [];
  let on = false;
  let lit = false;
  let blinks = 0;
  const look = () => {
    const now = on && world.wires.level(pin) === (activeLow ? 0 : 1);
    if (now === lit) return;
    lit = now;
    if (lit) blinks++;
    log(changes, { at: world.now, lit });
  };
  world.wires.onchange(pin, look);
  return {
    get lit() {
      return lit;
    },
    get blinks() {
      return blinks;
    },
    changes,
    power(rail) {
      on = rail;
      if (on) blinks = 0;
      // The LED itself pulls a pin that nobody drives to its dark side, so a pin in reset leaves it dark.
      world.wires.drive(pin, changes, rail ? (activeLow ? 1 : 0) : undefined, "weak");
      look();
    },
  };
}
