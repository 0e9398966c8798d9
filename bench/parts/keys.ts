/**
 * The keys 1 to 4, each from its pin to ground, or to the supply if `activeHigh`; they bounce as those of the matrix do.
 * (On Pixl.js the keys go to ground too, but Espruino turns what is read round.)
 */
import type { World } from "../world";
import { type Matrix, matrix } from "./matrix";

export type KeysOptions = { driver?: string; pins: string[]; activeHigh?: boolean; bounce?: boolean };

/** Four keys with one wire in common. */
export function keys(world: World, { pins, activeHigh, bounce }: KeysOptions): Matrix {
  const common = `common of ${pins.join()}`;
  world.wires.drive(common, pins, activeHigh ? 1 : 0);
  return matrix(world, { rows: [common], columns: pins, keys: "1234", bounce });
}
