import { Wires } from "./wires";

type Event = { at: number; id: number; fn: () => void };

/** The world's clock, its queue and its wires. Nothing here or in a part knows the host's time, so every run is the same run. */
export class World {
  /** World time in milliseconds since 1970; fractions count (a byte on the bus takes 0.09 ms). */
  now: number;
  readonly wires = new Wires();
  /** Whether non-volatile memory has the power to store. A cut by `cutAfter` clears it; whoever switches the board sets it. */
  powered = true;

  private queue: Event[] = [];
  private id = 0;
  private cut?: { bytes: number; fn: () => void };

  /** @param unixSeconds where world time starts, seconds since 1970 */
  constructor(unixSeconds: number) {
    this.now = unixSeconds * 1000;
  }

  /** Runs `fn` once, `ms` (0 or more) from now; equal times run in order of registration. Returns an id (1 or more) for `cancel`. */
  after(ms: number, fn: () => void): number {
    const event = { at: this.now + Math.max(ms || 0, 0), id: ++this.id, fn };
    let i = this.queue.length;
    while (i > 0 && this.queue[i - 1].at > event.at) i--;
    this.queue.splice(i, 0, event);
    return event.id;
  }

  /** Forgets an event; one that ran already or never was is no error. */
  cancel(id: number): void {
    this.queue = this.queue.filter((event) => event.id !== id);
  }

  /** Time passes (`ms`, 0 or more) without running what falls due: that runs late, at the next `run`. */
  elapse(ms: number): void {
    this.now += ms;
  }

  /** Runs everything due up to world time `until` (ms since 1970), what gets due on the way included; then it is `until`, or later if it was. */
  run(until: number): void {
    while (this.queue.length > 0 && this.queue[0].at <= until) {
      const event = this.queue.shift() as Event;
      this.now = Math.max(this.now, event.at);
      event.fn();
    }
    this.now = Math.max(this.now, until);
  }

  /** World time of the next event, if there is one; it may lie in the past after `elapse`. */
  next(): number | undefined {
    return this.queue[0]?.at;
  }

  /**
   * Asked by a part for each byte of non-volatile memory, just before it is stored. False if the power is gone, now or
   * before: the byte is not stored (or half of it is, if the part can tear).
   */
  store(): boolean {
    if (!this.powered || !this.cut || --this.cut.bytes > 0) return this.powered;
    const { fn } = this.cut;
    this.cut = undefined;
    this.powered = false;
    fn();
    return false;
  }

  /**
   * The power goes while the Nth byte from now is being stored (1: the next one). `onCut` runs in the middle of the part's
   * write: it may call `power(false)` on every part, and must not throw. A second call replaces the first.
   */
  cutAfter(bytes: number, onCut: () => void): void {
    this.cut = { bytes, fn: onCut };
  }
}
