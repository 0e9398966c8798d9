/** An image of Storage as a programmer writes it: the program, and room for what the device keeps, which is left out. */
import type { Board } from "../boards/board";
import { HEADER, layout, occupied, reservedBytes } from "./storage";
import { ToolError } from "./tool";

/** Bytes of a record. */
const RECORD = 16;

/** The header that Espruino puts in front of a file (src/jsflash.h): size, then the name, zeros behind it. */
function header(name: string, bytes: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt32LE(bytes, 0);
  head.write(name, 4, "latin1");
  return head;
}

/** Pieces of memory as Intel HEX. */
function intelHex(pieces: { address: number; bytes: Uint8Array }[]): string {
  const lines: string[] = [];
  const record = (type: number, address: number, data: number[] | Uint8Array) => {
    const bytes = [data.length, (address >> 8) & 255, address & 255, type, ...data];
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    lines.push(
      `:${Buffer.from([...bytes, -sum & 255])
        .toString("hex")
        .toUpperCase()}`,
    );
  };
  let high = -1;
  for (const { address, bytes } of pieces)
    for (let at = 0; at < bytes.length; at += RECORD) {
      const here = address + at;
      if (Math.floor(here / 65536) !== high) {
        high = Math.floor(here / 65536);
        record(4, 0, [(high >> 8) & 255, high & 255]);
      }
      record(0, here % 65536, bytes.subarray(at, at + RECORD));
    }
  record(1, 0, []);
  return `${lines.join("\r\n")}\r\n`;
}

/** The pieces of an image: all of Storage, but for the pages in which the device keeps what must last. */
export function pieces(board: Board, code: string): { address: number; bytes: Buffer }[] {
  const { start, bytes, reserved } = layout(board);
  const image = Buffer.alloc(bytes, 0xff);
  let at = 0;
  if (reserved) {
    header(reserved.file, reservedBytes(reserved)).copy(image, 0);
    at = occupied(reservedBytes(reserved));
  }
  if (at + occupied(code.length) > bytes)
    throw new ToolError(
      `Storage has ${bytes} bytes, and ${at + occupied(code.length)} are needed.`,
      "Take parts or services out of the board's JSON.",
    );
  header(".bootrst", code.length).copy(image, at);
  image.write(code, at + HEADER, "latin1");
  if (!reserved) return [{ address: start, bytes: image }];
  const from = Math.ceil(HEADER / reserved.page) * reserved.page;
  const to = from + reserved.pages * reserved.page;
  return [
    { address: start, bytes: image.subarray(0, from) },
    { address: start + to, bytes: image.subarray(to) },
  ];
}

/** An image of a board's Storage, Intel HEX or `raw`, and a sentence on how to write it. */
export function storageImage(board: Board, code: string, raw: boolean): { text: string | Buffer; about: string } {
  const parts = pieces(board, code);
  const hex = (n: number) => `0x${n.toString(16)}`;
  if (raw && parts.length > 1)
    throw new ToolError(
      "A raw image cannot leave out the pages that keep identity and credit.",
      "Write Intel HEX: give a name that ends in .hex.",
    );
  const [first] = parts;
  const last = parts[parts.length - 1];
  const end = last.address + last.bytes.length;
  const hole =
    parts.length > 1
      ? `, but for ${hex(first.address + first.bytes.length)} to ${hex(last.address)}, where the device keeps identity and credit: erase only what is written`
      : "";
  return {
    text: raw ? first.bytes : intelHex(parts),
    about: `It is Storage, ${hex(first.address)} to ${hex(end)}${hole}. Espruino itself is not in it.`,
  };
}
