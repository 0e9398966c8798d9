/** The memories that rows are kept in: drivers on the models of their chips, and a power cut at any byte. */
import { at24 as at24Model } from "../../bench/parts/at24";
import { flash as flashModel } from "../../bench/parts/flash";
import { World } from "../../bench/world";
import { crc32 } from "../../build/crc";
import { at24 } from "../../hal/drivers/at24";
import type { Hal, Memory, System } from "../../hal/hal";

/** What a cut leaves: the byte under way as it was, or at random, or all of its page at random. */
export type Tear = "clean" | "torn" | "refresh";

export interface Chip {
  /** What the history asks of a hal. */
  hal: Hal;
  /** Does something while the power goes at the Nth byte that is stored; false when it went before that was done. */
  cut(bytes: number, tear: Tear, run: () => void): boolean;
  image: Uint8Array;
  /** Reads so far. */
  reads: number;
  /** True: the chip takes what is written and does not keep it. */
  protected: boolean;
  /** Writes that the worst cell has seen, or erases of the worst page. */
  wear(): number;
}

function chip(world: World, part: any, memory: Memory): Chip {
  const guard =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      if (!world.powered) throw new Error("power cut");
      const result = call(...args);
      if (!world.powered) throw new Error("power cut");
      return result;
    };
  // Read by the byte, not over the bus: these tests read a thousand times as often as they write.
  const read: Memory["read"] = (position, length) => {
    made.reads++;
    return part.image.slice(position, position + length);
  };
  const guarded: Memory = { ...memory, read: guard(read), write: guard(memory.write) };
  if (memory.erase) guarded.erase = guard(memory.erase);
  const made: Chip = {
    hal: { memory: guarded, system: { crc: crc32 } } as unknown as Hal,
    reads: 0,
    get protected() {
      return part.protected ?? !part.present;
    },
    set protected(on) {
      if ("protected" in part) part.protected = on;
      else part.present = !on;
    },
    get image() {
      return part.image.slice();
    },
    set image(bytes) {
      part.image = bytes;
    },
    wear: () => part.maxErases ?? part.maxPerCell,
    cut(bytes, tear, run) {
      part.tear = tear === "clean" ? undefined : bytes;
      part.refreshes = tear === "refresh";
      world.cutAfter(bytes, () => {});
      try {
        run();
      } catch (error) {
        if (world.powered) throw error;
      }
      const done = world.powered;
      world.cutAfter(Number.POSITIVE_INFINITY, () => {});
      world.powered = true;
      part.power?.(false);
      part.power?.(true);
      return done;
    },
  };
  return made;
}

export function eeprom(bytes: number, page: number): Chip {
  const world = new World(1795305600);
  const part = at24Model(world, { address: 0x50, bytes, page });
  part.power!(true);
  const acknowledged = <T>(answer: T | undefined | false): T => {
    if (!answer) throw new Error("no acknowledge");
    return answer;
  };
  const bus = {
    writeTo: (_: number, data: number[] | Uint8Array) => void acknowledged(part.write!(Uint8Array.from(data))),
    readFrom: (_: number, length: number) => acknowledged(part.read!(length)),
  };
  const ticks = () => {
    world.elapse(1);
    return world.now / 1000;
  };
  return chip(world, part, at24(bus, { address: 0x50, bytes, page }, { ticks } as System));
}

export function flash(pages: number, page: number): Chip {
  const world = new World(1795305600);
  const part = flashModel(world, { position: 0, pages, page });
  return chip(world, part, {
    byteLength: pages * page,
    eraseSize: page,
    stride: 64,
    read: (position, length) => part.image.slice(position, position + length),
    write: (position, data) => part.program(position, data),
    erase: (position) => part.erase(position),
  });
}
