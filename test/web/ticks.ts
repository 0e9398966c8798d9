import type { Desk } from "../../bench/web/desk";

/** Waits until something is so, which is looked at whenever the desk has ticked: by its events, at whatever speed. */
export const ticked = (desk: Desk, so: () => boolean): Promise<void> =>
  new Promise((done) => {
    const { tick } = desk;
    desk.tick = (ms) => {
      tick.call(desk, ms);
      if (!so()) return;
      desk.tick = tick;
      done();
    };
  });
