/** The boot order. The output is off before this runs: the build makes its driver first. */
import type { Hal } from "../hal/hal";
import { startConsole } from "./console/console";
import { startDevice } from "./device";
import { startEntry } from "./keypad/entry";

export function main(hal: Hal, board: string): void {
  const device = startDevice(hal, board);
  startEntry(device);
  startConsole(device);
}
