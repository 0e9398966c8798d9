/**
 * Serial EEPROM with a two-byte word address: AT24C32, 64, 128, 256, 512.
 * Microchip, "AT24C256C I2C-Compatible (2-Wire) Serial EEPROM 256-Kbit (32,768 x 8)", DS20006042.
 */
import type { World } from "../world";
import { noise, type Part } from "./part";

/** Self-timed write cycle, milliseconds (tWR, the maximum: a driver has to live with it). */
const WRITE_CYCLE = 5;
const ERASED = 0xff;

export type At24Options = {
  driver?: string;
  address: number;
  /** Size of the memory and of a page, in bytes; both powers of two. */
  bytes: number;
  page: number;
};
export type At24 = Part & {
  /** The memory itself: what is changed in it is changed. Setting it copies an image of the same length in. */
  image: Uint8Array;
  /** Bytes stored so far, and the most that one cell has seen. */
  readonly writes: number;
  readonly maxPerCell: number;
  /** Writes of each cell. */
  readonly wear: Readonly<Uint32Array>;
  /** False: the chip is not on the bus. */
  present: boolean;
  /** The WP pin is high: everything is acknowledged, nothing is stored, and there is no write cycle. */
  protected: boolean;
  /** A seed (any integer; moves on by itself): the byte under way in a power cut gets random bits. Undefined: it stays as it was. */
  tear: number | undefined;
  /**
   * True: the chip rewrites the page around the bytes that it is sent, as some makers' chips do (Microchip, "24AA256/24LC256",
   * DS21203, 6.2), so a cut leaves all of the page at random. `tear` has to be set.
   */
  refreshes: boolean;
};

/** An EEPROM, erased. Of a page that the power cut interrupts, the bytes sent first are stored and the others are not. */
export function at24(world: World, { address, bytes, page }: At24Options): At24 {
  const cells = new Uint8Array(bytes).fill(ERASED);
  const wear = new Uint32Array(bytes);
  let on = false;
  let pointer = 0;
  let busy = Number.NEGATIVE_INFINITY;
  let writes = 0;
  let most = 0;

  const answers = () => on && part.present && world.now >= busy;
  const put = (cell: number, value: number) => {
    cells[cell] = value;
    most = Math.max(most, ++wear[cell]);
    writes++;
  };

  function program(latched: Map<number, number>): void {
    busy = world.now + WRITE_CYCLE;
    for (const [cell, value] of latched) {
      if (world.store()) {
        put(cell, value);
        continue;
      }
      if (part.tear === undefined) return;
      const first = cell - (cell % page);
      const torn = part.refreshes ? Array.from({ length: page }, (_, i) => first + i) : [cell];
      for (const one of torn) {
        part.tear = (part.tear + 0x6d2b79f5) | 0;
        put(one, noise(part.tear));
      }
      return;
    }
  }

  const part: At24 = {
    address,
    present: true,
    protected: false,
    tear: undefined,
    refreshes: false,
    get image() {
      return cells;
    },
    set image(image) {
      if (image.length !== bytes) throw new Error(`an image of ${image.length} bytes for a memory of ${bytes}`);
      cells.set(image);
    },
    get writes() {
      return writes;
    },
    get maxPerCell() {
      return most;
    },
    wear,
    write(sent) {
      if (!answers()) return false;
      if (sent.length < 2) return true; // a poll, or an address cut short
      pointer = ((sent[0] << 8) | sent[1]) % bytes; // address bits beyond the memory are "don't care"
      // The page buffer: bytes beyond the end of the page come round and replace those sent before.
      const latched = new Map<number, number>();
      for (const value of sent.subarray(2)) {
        latched.set(pointer, value);
        pointer = pointer - (pointer % page) + ((pointer + 1) % page);
      }
      if (latched.size > 0 && !part.protected) program(latched);
      return true;
    },
    read(length) {
      if (!answers()) return undefined;
      return Uint8Array.from({ length }, () => {
        const value = cells[pointer];
        pointer = (pointer + 1) % bytes;
        return value;
      });
    },
    power(rail) {
      on = rail;
      pointer = 0;
      busy = Number.NEGATIVE_INFINITY;
    },
  };
  return part;
}
