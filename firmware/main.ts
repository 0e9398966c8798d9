/**
 * The boot order. The output is off before this runs: the build makes its driver first. What the board's JSON asks for
 * besides (a table of codes, metrics, a modem) is started by the bundle's entry, build/bundle.ts, with what this returns.
 */
import type { Hal } from "../hal/hal";
import { startConsole } from "./console/console";
import { type Device, type Settings, startDevice } from "./device";
import { startEntry } from "./keypad/entry";
import type { Profile } from "./keypad/signals";

export function main(hal: Hal, settings: Settings, profile: Profile): Device {
  const device = startDevice(hal, settings);
  startEntry(device, profile);
  startConsole(device);
  return device;
}
