/**
 * Days for the sensors of a board: a panel that the sun shines on, a battery that it charges, and a family that has light in
 * the evening. No model of a product: the shape of a day, the same one in every run.
 */
import { type Measuring, noise } from "./parts/part";
import type { World } from "./world";

/** How much of the sun gets through, least and most. */
export const SKIES = { clear: [0.9, 1], cloudy: [0.15, 0.6] } as const;
export type Sky = keyof typeof SKIES;

/** Milliseconds of world time between two looks at the sky; clouds stay for an hour. */
const STEP = 60000;
const HOUR = 3600000;
/** Milliamperes of the panel at noon, and of the lamp; milliampere hours of the battery. */
const PANEL = 900;
const LAMP = 1100;
const BATTERY = 12000;

/** Moves what `panel` and `battery` read from now on. Returns what ends it. */
export function shine(world: World, sensors: { [name: string]: Measuring }, sky: Sky, lit: () => boolean): () => void {
  const { panel, battery } = sensors;
  const [least, most] = SKIES[sky];
  let charge = 0.5;
  let event = 0;
  const look = () => {
    const hour = (world.now % (24 * HOUR)) / HOUR;
    const height = Math.max(0, Math.sin((Math.PI * (hour - 6)) / 12));
    const light = height * (least + ((most - least) * noise(Math.floor(world.now / HOUR))) / 255);
    const current = PANEL * light;
    const drawn = lit() && hour >= 18 && hour < 23 ? LAMP : 0;
    charge = Math.min(1, Math.max(0, charge + ((current - drawn) * STEP) / HOUR / BATTERY));
    panel?.channels.voltage?.set(light > 0 ? Math.round(15500 + 3500 * light) : 0);
    panel?.channels.current?.set(charge < 1 ? Math.round(current) : Math.round(current / 10));
    battery?.channels.voltage?.set(Math.round(11600 + 1600 * charge + 0.4 * (current - drawn)));
    event = world.after(STEP, look);
  };
  look();
  return () => world.cancel(event);
}
