/** What a board's EEPROM holds, read by the page of docs/metrics.md. */
import type { Board } from "../../boards/board";
import { crc32 } from "../../build/crc";

/** Every row in an EEPROM, by its number: [time, value, value, …], null for no value. */
export function rowsIn(board: Board, image: Uint8Array): Map<number, (number | null)[]> {
  const { position, bytes } = board.metrics!.store;
  const rows = new Map<number, (number | null)[]>();
  const checks = new Map<number, number>();
  for (let at = position; at < position + bytes; at += 64) {
    const view = new DataView(image.buffer, image.byteOffset + at, 64);
    const number = view.getUint32(0, true);
    // What the check is mixed with is one and the same for all blocks.
    const mixed = (view.getUint32(60, true) ^ crc32(image.subarray(at, at + 60))) >>> 0;
    if (number === 0xffffffff || mixed > 0xffff) continue;
    checks.set(mixed, number);
    const count = ((number - 1) % 4) + 1;
    for (let i = 0; i < count; i++) {
      const row: (number | null)[] = [view.getUint32(4 + 14 * i, true)];
      for (let j = 0; j < 5; j++) {
        const value = view.getInt16(8 + 14 * i + 2 * j, true);
        row.push(value === -32768 ? null : value);
      }
      // Rows of a group that begins in its middle were never there.
      if (row[0]) rows.set(number - count + 1 + i, row);
    }
  }
  expect(checks.size).toBeLessThanOrEqual(1);
  return rows;
}
