/**
 * Room for a program in a controller's Storage. What lives there beside it can be a device's identity and credit, in a
 * file of pages (hal/espruino/flash.ts): that file is never moved, so Storage is never compacted around it; what is
 * behind it is erased page by page in its place.
 */
import type { Board, Flash } from "../boards/board";
import { ToolError } from "./tool";

/** Bytes of a file's header. */
export const HEADER = 32;

/** Programs that Espruino starts by itself, and the image of a `save()`. */
export const BOOT = [".boot0", ".boot1", ".boot2", ".boot3", ".bootPowerOn", ".bootcde", ".bootrst", ".varimg"];

/** What is in Storage, as the interpreter tells it. */
export interface Storage {
  /** `at`: address of the first byte, 0 where the interpreter cannot tell. */
  files: { name: string; bytes: number; at: number }[];
  /** Bytes that can be written now, and bytes of files that were erased and take room all the same. */
  free: number;
  trash: number;
}

/** Where a board keeps what must last, as far as it concerns Storage. */
export interface Layout {
  /** Where Storage begins, and its bytes. */
  start: number;
  bytes: number;
  /** The reserved file, where there is one; `base` bytes of pages begin at the first page in it. */
  reserved?: { file: string; pages: number; page: number };
}

/** The controller's own pages, which keep identity and credit: beside an EEPROM, or as the only memory. */
export const ownPages = ({ parts }: Board): Flash | undefined =>
  [parts.flash, parts.memory].find((part): part is Flash => part?.driver === "flash");

/** What a board's JSON says about Storage and what lives in it. */
export function layout(board: Board): Layout {
  const { file, pages = 0, page = 0 } = ownPages(board) ?? {};
  return { start: board.map.storage, bytes: board.limits.storage, reserved: file ? { file, pages, page } : undefined };
}

/** What to do before a program is written, when the old ones are gone. */
export interface Plan {
  /** Everything goes, as nothing of it is needed. */
  eraseAll: boolean;
  /** The reserved file has to be made, first of all. */
  reserve: boolean;
  /** Pages from the first address up to the second are erased in place. */
  pages?: [number, number];
  compact: boolean;
}

/** A file's bytes as they lie in flash, header and all. */
export const occupied = (bytes: number): number => HEADER + Math.ceil(bytes / 4) * 4;

/** Bytes of the reserved file: whole pages fit into it wherever it begins. */
export const reservedBytes = ({ pages, page }: { pages: number; page: number }): number => pages * page + page - 4;

/** The expression that tells a `Storage`. */
export const STORAGE = `(function(s){var t=s.getStats();return{files:s.list().map(function(n){var f=s.read(n)||"";return{name:n,bytes:f.length,at:f?E.getAddressOf(f,true):0}}),free:t.freeBytes,trash:t.trashBytes}})(require("Storage"))`;

/** Works out how a program of `bytes` gets its room; `keep` are boot files that stay. Throws when there is none. */
export function plan(storage: Storage, layout: Layout, bytes: number, keep: string[] = []): Plan {
  const { files, free, trash } = storage;
  const { start, reserved } = layout;
  const remove = files.map(({ name }) => name).filter((name) => BOOT.includes(name) && !keep.includes(name));
  const state = files.find(({ name }) => name === reserved?.file);
  const others = files.filter(({ name }) => !remove.includes(name) && name !== reserved?.file);
  const fresh = reserved !== undefined && state === undefined;
  const needed = occupied(bytes) + (fresh ? occupied(reservedBytes(reserved)) : 0);
  const gone = files.filter(({ name }) => remove.includes(name)).reduce((sum, one) => sum + occupied(one.bytes), 0);
  const none: Plan = { eraseAll: false, reserve: false, compact: false };

  const rest = free + trash + gone;
  const named = others.map(({ name, bytes }) => `${name} (${bytes})`).join(", ");
  const full = (todo: string) =>
    new ToolError(`Storage is too full: ${needed} bytes are needed, and ${rest} can be had.`, todo);
  const clear = others.length
    ? `These files are not the firmware's: ${named}. Save what you need, and repeat with --erase.`
    : "Repeat with --erase, which wipes identity and credit too.";

  if (fresh) {
    // Pages that must never move have to be the first of all.
    if (others.length)
      throw new ToolError("Storage holds other files, and what a device must keep has to come first.", clear);
    if (rest < needed) throw full("This board has too little Storage for this bundle: take parts out of its JSON.");
    return { ...none, eraseAll: files.length > 0 || trash > 0, reserve: true };
  }
  if (free >= needed) return none;
  if (rest < needed) throw full(clear);
  if (!reserved || !state) return { ...none, compact: true };
  const first = state.at - HEADER === start;
  if (!first || others.length)
    throw new ToolError(
      "Storage has no room behind the pages that keep identity and credit, and they must not move.",
      clear,
    );
  const base = Math.ceil(state.at / reserved.page) * reserved.page;
  return { ...none, pages: [base + reserved.pages * reserved.page, start + layout.bytes] };
}

/** The plan as expressions for the interpreter, in order; each is true when it did what it should. */
export function steps(plan: Plan, layout: Layout): string[] {
  const storage = `require("Storage")`;
  const said: string[] = [];
  if (plan.eraseAll) said.push(`(${storage}.eraseAll(),true)`);
  if (plan.reserve) {
    const { reserved } = layout;
    const file = JSON.stringify(reserved!.file);
    said.push(`${storage}.write(${file},"",0,${reservedBytes(reserved!)})!==false`);
  }
  if (plan.pages) {
    const [from, to] = plan.pages;
    // From the end on: until the last page goes, every header that is left covers what is behind it.
    said.push(
      `(function(f){var p,a=${to - 4};while(a>=${from}){p=f.getPage(a);f.erasePage(p.addr);a=p.addr-4}return true})(require("Flash"))`,
    );
  }
  if (plan.compact) said.push(`(${storage}.compact(),true)`);
  return said;
}
