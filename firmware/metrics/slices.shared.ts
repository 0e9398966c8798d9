/** Long work in slices, from timers; the store of the time is part of that, as its MAC takes as long as eight hashes of eight bytes. */
import type { System } from "../../hal/hal";
import { now } from "../clock/clock";
import { type Device, storeTime } from "../device";
import { SEALED } from "../store/records";
import { high, type Key, low, sip } from "../token/siphash";
import { type Sum, sum } from "./sum.overlay";

/** Whether the board has a transport of its own: keys are at work then while it reports. */
declare const TRANSPORT: boolean;

/** Seconds that a slice may take. */
const SLICE = 0.02;

/** Calls `step` from timers until it returns something, and hands that over: what led here is gone from memory then. */
export function work<T>(system: System, step: () => T | undefined | false, done: (result: T) => void): void {
  system.after(() => {
    const start = system.ticks();
    let result = step();
    while (!result && system.ticks() - start < SLICE) result = step();
    if (result) done(result);
    else work(system, step, done);
  }, 1);
}

/** As `storeTime`, with its `seal`: what is in the log when `done` is called outlives a power cut, or there is a fault. */
export function keep(d: Device, done: () => void): void {
  if (!TRANSPORT) {
    storeTime(d);
    done();
    return;
  }
  const system = d.hal.system;
  const log = d.log;
  const key: Key = [];
  let text = "";
  let hashing: Sum | undefined;
  const covered = () => String.fromCharCode.apply(null, new Uint8Array(log.bytes.buffer, 0, SEALED) as any);
  const write = (mac: number[]) => {
    if (text !== covered()) {
      // What was noted meanwhile, or stored by a tick, is sealed anew.
      keep(d, done);
      return;
    }
    log.view.setInt32(SEALED, mac[0], true);
    log.view.setInt32(SEALED + 4, mac[1], true);
    storeTime(d, true);
    system.after(done, 1);
  };
  log.view.setUint32(0, now(d.hal, d.clock), true);
  work(
    system,
    () => {
      if (key.length < 4) {
        sip(d.unit!.key, "store " + key.length / 2, 0, 0);
        key.push(low, high);
      } else if (!hashing) {
        text = covered();
        hashing = sum(key, text);
      } else if (!hashing.take()) {
        hashing.end();
        // Nothing of it is in memory while the record is written.
        hashing = undefined;
        return [low, high];
      }
      return undefined;
    },
    (mac) => system.after(() => write(mac), 1),
  );
}
