/** The history's arithmetic on the interpreter itself: every kind of memory and width, several rounds, a restart after each row. */
import { runInNewContext } from "node:vm";
import { crc32 } from "../../build/crc";
import { compile, interpret } from "../../build/interpreter";

const PROGRAM = `
import { appendRow, openHistory } from "./firmware/metrics/append";
import { readRow } from "./firmware/metrics/history.shared";
import { divide } from "./firmware/metrics/sources.shared";
let sum = 0;
const add = (n) => { sum = (sum * 31 + n) | 0; };
const run = (layout, flash) => {
  const bytes = new Uint8Array(1536);
  const memory = {
    byteLength: 1536,
    eraseSize: 256,
    // There slice() gives a plain array.
    read: (position, length) => new Uint8Array(bytes.slice(position, position + length)),
    write: (position, data) => bytes.set(data, position),
  };
  if (flash) memory.erase = (position) => bytes.fill(255, position, position + 256);
  const hal = { memory, system: { crc: E.CRC32 } };
  if (flash) bytes.fill(255);
  let h = openHistory(hal, layout, 1, 1, 1);
  for (let n = 1; n < 60; n++) {
    const row = [1795305600 + n * 3600];
    for (let i = 0; i < layout[4]; i++) row.push((n + i) % 7 ? (n * (i + 1) * 9973 * (i & 1 ? -1 : 1)) % 70000 : undefined);
    appendRow(h, row);
    h = openHistory(hal, layout, h.first, h.offered, h.next - (n & 1));
    add(h.next);
    add(h.first);
    for (let m = h.next - 9; m <= h.next; m++) {
      const read = readRow(h, m);
      if (read) for (let i = 0; i < read.length; i++) add(read[i] === undefined ? -5 : read[i]);
      else add(-7);
    }
  }
  print("digest=" + sum);
};
run([4, 8, 64, 4, 5, 2, 4660]);
run([4, 8, 64, 2, 5, 4, 4660]);
run([4, 8, 32, 1, 5, 4, 4660]);
run([4, 15, 48, 1, 10, 4, 65535], 1);
for (let n = -2147483647; n < 2147480000; n += 6700417) for (let by = 1; by < 1e8; by = by * 37 + 5) add(divide(n, by));
print("digest=" + sum);
`;

const digests = (said: string) => said.match(/digest=-?\d+/g);

(process.env.ESPRUINO ? test : test.skip)("gives on the interpreter what it gives on Node", () => {
  const code = compile(PROGRAM);
  let onNode = "";
  runInNewContext(code, {
    E: { CRC32: crc32 },
    print: (text: string) => {
      onNode += `${text}\n`;
    },
  });
  expect(digests(onNode)).toHaveLength(5);
  expect(digests(interpret([code])[0])).toEqual(digests(onNode));
});
