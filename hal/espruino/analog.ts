/// <reference path="./globals.d.ts" />
/** Analog inputs on Espruino: in a file of its own, so that a board that has none pays for none. */
import type { Analog } from "../hal";

export const analog: Analog = { read: analogRead };
