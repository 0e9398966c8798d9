/** Takes the table that the factory computed, before the set-up closes the door. */
import type { Device } from "../device";
import { SLOT } from "./table";
import type { TableSettings } from "./tables";

/**
 * `#TABLE;<byte>;<hex>`: writes up to 56 bytes of the first slot. Returns the answer. A
 * device that is set up refuses: a table is as good as tokens to who can write one. Flash has to be blank.
 */
export function fill(d: Device, settings: TableSettings, fields: string[]): string {
  const memory = settings.flash ? d.hal.flash! : d.hal.memory;
  const position = settings.position;
  const at = /^[0-9]+$/.test(fields[1]) ? parseInt(fields[1], 10) : -1;
  const hex = fields[2] || "";
  const bytes = new Uint8Array(hex.length >> 1);
  if (d.unit) return "#TABLE;ERROR;SET_UP_ALREADY";
  if (at < 0 || at & 7 || at + bytes.length > SLOT) return "#TABLE;ERROR;POSITION";
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length & 15) return "#TABLE;ERROR;HEX";
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.substr(2 * i, 2), 16);
  try {
    if (!at && memory.erase) for (let page = 0; page < SLOT; page += memory.eraseSize) memory.erase(position + page);
    memory.write(position + at, bytes);
    return "#TABLE;OK";
  } catch (_) {
    return "#TABLE;ERROR;MEMORY";
  }
}
