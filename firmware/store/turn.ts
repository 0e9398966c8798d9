/** Room in the journal of what is paid, made before a session over a modem: it writes there, and to turn the page takes long. */
import { type Device, store } from "../device";
import { work } from "../metrics/slices.shared";
import { latest } from "./journal";

/** Most records of a session: PIN and certificate (3), the clock's and the answer's credit, another server (11), a token, a day's store. */
const ROOM = 20;

/**
 * Turns the page if fewer than 20 records are left in it, where the memory has to be erased for that: the erase is a slice of its own, and
 * the newest record of every type follows in others. A power cut in between leaves what `openJournal` sees to, as in a page's
 * turn elsewhere. Then calls `done`, from a timer; a memory that fails is a fault, as it is for `store`.
 */
export function turn(d: Device, done: () => void): void {
  const j = d.safe!;
  const used = j.slot % j.perPage;
  const next = ((j.page + 1) * j.perPage) % j.slots;
  const pageOf = (type: number) => (j.newest[type] < 0 ? -1 : Math.floor(j.newest[type] / j.perPage));
  let type = 0;
  const then = () => d.hal.system.after(done, 1);
  let turns = j.memory.erase && (!used || j.perPage - used < ROOM);
  // What cuts left in the other page alone is `append`'s to see to.
  for (let t = 1; turns && t < j.newest.length; t++) turns = pageOf(t) * j.perPage !== next;
  if (!turns) {
    then();
    return;
  }
  work(
    d.hal.system,
    () => {
      try {
        if (!type) {
          j.memory.erase!(j.position + next * j.memory.stride);
          j.slot = next;
          j.page = next / j.perPage;
        } else if (pageOf(type) >= 0 && pageOf(type) !== j.page) store(d, d.safe, type, latest(j, type)!);
      } catch (_) {
        // The store tells that its memory fails.
        return true;
      }
      return ++type === j.newest.length;
    },
    then,
  );
}
