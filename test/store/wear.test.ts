/** Ten years of writes, counted by cell: what wears out stays below a tenth of what the parts endure. */

import { readBoard } from "../../build/bundle";
import { append, openJournal, PAYLOAD, RECORD } from "../../firmware/store/journal";
import { cells, crc } from "./cells";

const YEARS = 10;
const { parts, settings } = readBoard("esp32");
/** Writes of an EEPROM's cell (AT24C256C, 25 degrees), erases of a page of flash (nRF52832, the less enduring one). */
const EEPROM_ENDURANCE = 1_000_000;
const FLASH_ENDURANCE = 10_000;

const payload = new Uint8Array(PAYLOAD).fill(7);

test("EEPROM: the time once an interval", () => {
  const memory = cells(parts.memory.bytes, 4096, false);
  const journal = openJournal(memory, crc, 0, 2, 3);
  const month = (365.25 * 86400) / 12 / settings.interval;
  for (let n = 0; n < month; n++) append(journal, 3, payload);
  const worst = memory.wear.reduce((most, writes) => Math.max(most, writes), 0);
  // 43 830 records and what is carried at each of 695 changes of page, over 128 places.
  expect(worst).toBe(348);
  expect(worst * 12 * YEARS).toBeLessThan(EEPROM_ENDURANCE / 10);
});

test("flash: once a day, and twice for each of ten tokens a day, right or wrong", () => {
  const pages = 2;
  const { page } = parts.flash;
  const memory = cells(pages * page, page, true);
  const journal = openJournal(memory, crc, 0, pages, 3);
  append(journal, 2, payload);
  append(journal, 1, payload);
  for (let n = 0; n < YEARS * 365.25 * (1 + 2 * 10); n++) append(journal, 2, payload);
  const worst = Math.max(...memory.wear);
  expect(page / RECORD).toBe(64);
  expect(worst).toBe(619);
  expect(worst).toBeLessThan(FLASH_ENDURANCE / 10);
});
