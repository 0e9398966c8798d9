/**
 * NOR flash pages of the controller (nRF52832 product specification, NVMC; ESP32 with a W25Q32 behaves the same): a write
 * can only clear bits, an erase sets a whole page. A cut in the middle of an erase leaves a page that is neither, one in
 * the middle of a write leaves some of a byte's bits cleared.
 */
import type { World } from "../world";
import { noise, type Part } from "./part";

/** The pages lie at `position`, or inside a file of Storage. */
export type FlashOptions = { driver?: string; position?: number; file?: string; pages: number; page: number };

/** Where a file's first whole page lies, and how far in front of it the file begins: Storage does not align files. */
const FILE_PAGE = 0x75000;
const IN_FRONT = 1060;

export type Flash = Part & {
  /** The bytes themselves; setting copies, and the length must be the same. */
  image: Uint8Array;
  /** Bytes written so far, and the most erases of one page. */
  readonly writes: number;
  readonly maxErases: number;
  /** Erases of each page. */
  readonly erases: readonly number[];
  /** Bytes written so far by page: between two erases each of them is written once. */
  readonly written: readonly number[];
  /** Writes of each cell. */
  readonly wear: Readonly<Uint32Array>;
  /** False: writes and erases do nothing, as on a chip whose pages are locked. */
  present: boolean;
  /** A seed (any integer; moves on by itself): what a power cut interrupts is left half done at random. Undefined: by rule. */
  tear: number | undefined;
  fetch(position: number, length: number): number[];
  /** Addresses are those of the controller; outside of the pages nothing happens, as the firmware has no business there. */
  program(position: number, bytes: Uint8Array): void;
  erase(position: number): void;
  /** Storage's file of that name: where it is, once it was reserved. */
  find(name: string): { address: number; length: number } | undefined;
  /** Storage makes room for a file without writing into it; false where there is none. */
  reserve(name: string, bytes: number): boolean;
  /** Whether Storage has room for the file; setting it to false also takes the file away. */
  room: boolean;
};

export function flash(world: World, { position: base = FILE_PAGE, file, pages, page }: FlashOptions): Flash {
  const image = new Uint8Array(pages * page).fill(0xff);
  const erases = new Array<number>(pages).fill(0);
  const written = new Array<number>(pages).fill(0);
  const wear = new Uint32Array(image.length);
  let room = true;
  let reserved = 0;
  const within = (at: number) => at >= 0 && at < image.length;
  /** A byte of chance, or `otherwise` where cuts are clean. */
  const chaos = (otherwise: number) => {
    if (part.tear === undefined) return otherwise;
    part.tear = (part.tear + 0x6d2b79f5) | 0;
    return noise(part.tear);
  };
  const part: Flash = {
    present: true,
    get room() {
      return room;
    },
    set room(there) {
      room = there;
      if (!there) reserved = 0;
    },
    tear: undefined,
    get image() {
      return image;
    },
    set image(bytes: Uint8Array) {
      if (bytes.length !== image.length) throw new Error(`A flash image has ${image.length} bytes here`);
      image.set(bytes);
    },
    written,
    wear,
    erases,
    get writes() {
      return written.reduce((sum, bytes) => sum + bytes, 0);
    },
    get maxErases() {
      return Math.max(...erases);
    },
    fetch: (position, length) => Array.from({ length }, (_, i) => image[position - base + i] ?? 0xff),
    program(position, bytes) {
      bytes.forEach((byte, i) => {
        const at = position - base + i;
        if (!part.present || !within(at) || !world.powered) return;
        const stored = world.store();
        if (stored) {
          written[Math.floor(at / page)]++;
          wear[at]++;
        }
        image[at] &= stored ? byte : byte | chaos(0xff);
      });
      world.elapse(bytes.length * 0.02);
    },
    find: (name) => (reserved && name === file ? { address: base - IN_FRONT, length: reserved } : undefined),
    reserve(name, bytes) {
      if (name !== file || reserved || !room) return false;
      reserved = bytes;
      return true;
    },
    erase(position) {
      const first = position - base - ((position - base) % page);
      if (!part.present || !within(position - base) || !world.powered) return;
      // An erase that is cut short has set the bits of a part of the page only.
      image.fill(0xff, first, first + (world.store() ? page : Math.floor((page * chaos(85)) / 255)));
      erases[first / page]++;
      world.elapse(85);
    },
  };
  return part;
}
