/** The names that the page gives to bytes, on what real firmware wrote into the memories of every board. */
import { DEMO } from "../../bench/demo-unit";
import { nodeEngine } from "../../bench/engines/node";
import { type Said, Session, START } from "../../bench/session";
import { made as built } from "../../bench/web/desk";
import type { Made } from "../../bench/web/frame";
import { read, type Slot, slots } from "../../bench/web/layout";
import { boardNames } from "../../build/bundle";
import { crc32 } from "../../build/crc";
import { append, openJournal, PAYLOAD } from "../../firmware/store/journal";
import { LAST_TYPE } from "../../firmware/store/records";
import { cells } from "../store/cells";

async function memories(name: string, ...lines: string[]) {
  const said: any[] = [];
  const session = new Session({ ...(await built(name)), make: nodeEngine, out: (one: Said) => said.push(one) });
  for (const line of [`#SETUP;${DEMO.serial};${DEMO.startingCode};${DEMO.key}`, ...lines, "board"]) session.line(line);
  const made: Made = said.at(-2).board;
  const parts = Object.keys(made.parts).filter((part) => ["flash", "at24"].includes(made.parts[part].driver));
  const found: { [part: string]: { slots: Slot[]; image: Uint8Array } } = {};
  for (const part of parts) {
    session.line(`dump ${part}`);
    const image = new Uint8Array(Buffer.from(said.at(-2).dump.hex, "hex"));
    found[part] = { slots: slots(made, part, image), image };
  }
  session.close();
  return found;
}

test.each(boardNames())(
  "every byte that %s writes has a name, and the newest record of each kind is marked",
  async (name) => {
    const found = await memories(name, "wait 90000");
    const all = Object.values(found).flatMap(({ slots }) => slots);
    expect(all.filter(({ kind }) => kind === "torn")).toEqual([]);
    const newest = all.filter((slot) => slot.newest).map(({ kind }) => kind);
    expect(newest).toEqual(expect.arrayContaining(["unit", "paid", "time"]));
    expect(new Set(newest).size).toBe(newest.length);
  },
);

test("fields read as what the device was told, and the key is not shown", async () => {
  const { flash } = await memories("esp32", "#TOKEN;662486790", "wait 5");
  const field = (kind: string, name: string) => {
    const slot = flash.slots.find((one) => one.kind === kind && one.newest)!;
    return read(slot.fields.find((one) => one.name === name)!, flash.image.subarray(slot.at, slot.at + 64));
  };
  expect(field("unit", "serial")).toBe(`"${DEMO.serial}"`);
  expect(field("unit", "starting code")).toBe(String(DEMO.startingCode));
  expect(field("unit", "key")).toBe("not shown");
  expect(field("paid", "count")).toBe("2");
  expect(field("paid", "active until")).toMatch(/^2026-11-23 00:00:0\d$/);
  expect(START).toBe(Date.UTC(2026, 10, 22) / 1000);
});

const says = (slot: Slot, image: Uint8Array) =>
  slot.fields.map((field) => `${field.name}: ${read(field, image.subarray(slot.at, slot.at + 64))}`);

test("what a device keeps of its network and its server is named, and no password, PIN or key is shown", async () => {
  const secrets = ["internet-user", "hunter22", "4711", "server-key"];
  const settings = { base_url: "https://other.example", jwt_key: "server-key" };
  const { flash } = await memories(
    "esp32",
    `#MODEM;iot.example;${secrets.slice(0, 3).join(";")}`,
    "modem fault sim-pin 4711",
    `server settings ${JSON.stringify(settings)}`,
    "wait 7200",
  );
  const newest = flash.slots.filter((slot) => slot.newest);
  for (const secret of secrets) expect(Buffer.from(flash.image).includes(secret)).toBe(true);
  const shown = newest.flatMap((slot) => [slot.title, ...says(slot, flash.image)]).join("\n");
  for (const secret of secrets) expect(shown).not.toContain(secret);
  expect(shown).toContain("PINs: not shown");
  expect(shown).toContain("https://other.example");
  expect(newest.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["access", "server"]));
});

test("every type of record that the firmware has is named, and where a secret may be, nothing is shown as a text", () => {
  const memory = cells(8192, 4096, true);
  const journal = openJournal(memory, crc32, 0, 2, LAST_TYPE + 1);
  const bytes = new Uint8Array(PAYLOAD);
  bytes.set(Buffer.from("=my-secret"));
  for (let type = 1; type <= LAST_TYPE + 1; type++) append(journal, type, bytes);
  const found = slots({ settings: {} } as Made, "flash", memory.bytes).slice(0, LAST_TYPE + 1);
  expect(found.map(({ kind }) => kind).indexOf("torn")).toBe(LAST_TYPE);
  const open = found.flatMap((slot, i) => (/secret/.test(says(slot, memory.bytes).join()) ? [i + 1] : []));
  // These begin with a server's address.
  expect(open).toEqual([5, 15]);
});

test("a record that a cut tore is called torn", async () => {
  const { flash } = await memories("esp32", "cut after 20", "#TOKEN;662486790", "wait 5");
  expect(flash.slots.filter(({ kind }) => kind === "torn")).toHaveLength(1);
});
