/**
 * The output stage: 10k pull-down and N-MOSFET at the enable pin, P-MOSFET at the high side, divider to the sense pin.
 * Alpha & Omega, "AO3401A P-channel MOSFET" and "AO3400A N-channel MOSFET": off below the gate threshold, so off in reset.
 */
import type { World } from "../world";
import { log, type Part } from "./part";

export type LoadswitchOptions = { driver?: string; pin: string; sense?: string };
export type Loadswitch = Part & {
  /** What the controller's pin asks for. */
  readonly commanded: boolean;
  /** Whether there is voltage at the output. */
  readonly on: boolean;
  /** Milliseconds of world time the output was on so far: the light that was given. */
  readonly given: number;
  /** The last 200 changes, numbered from 1 on; `at` in milliseconds of world time. */
  readonly changes: { n: number; at: number; on: boolean }[];
  /** How often it changed. */
  readonly changed: number;
  /** "on": somebody by-passed the switch; "off": it is dead. */
  stuck: "on" | "off" | undefined;
};

/** The load switch at `pin`; the voltage at its output comes back at `sense`. */
export function loadswitch(world: World, { pin, sense }: LoadswitchOptions): Loadswitch {
  const changes: Loadswitch["changes"] = [];
  let rail = false;
  let on = false;
  let since = 0;
  let given = 0;
  let changed = 0;
  let stuck: Loadswitch["stuck"];
  const look = () => {
    const now = rail && (stuck ? stuck === "on" : world.wires.level(pin) === 1);
    if (now !== on) {
      if (on) given += world.now - since;
      on = now;
      since = world.now;
      log(changes, { n: ++changed, at: since, on });
    }
    if (sense) world.wires.drive(sense, changes, rail ? (on ? 1 : 0) : undefined);
  };
  world.wires.drive(pin, changes, 0, "weak"); // the resistor is there with or without the rail
  world.wires.onchange(pin, look);
  return {
    get commanded() {
      return rail && world.wires.level(pin) === 1;
    },
    get on() {
      return on;
    },
    get given() {
      return given + (on ? world.now - since : 0);
    },
    changes,
    get changed() {
      return changed;
    },
    get stuck() {
      return stuck;
    },
    set stuck(how) {
      stuck = how;
      look();
    },
    power(now) {
      rail = now;
      look();
    },
  };
}
