/** The boot order. The output is off before this runs: the build makes its driver first. */
import type { Hal } from "../hal/hal";
import { startConsole } from "./console/console";
import { type Settings, startDevice } from "./device";
import { startEntry } from "./keypad/entry";
import type { Profile } from "./keypad/signals";

export function main(hal: Hal, settings: Settings, profile: Profile): void {
  const device = startDevice(hal, settings);
  startEntry(device, profile);
  startConsole(device);
}
