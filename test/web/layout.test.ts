/** The names that the page gives to bytes, on what real firmware wrote into the memories of every board. */
import { DEMO } from "../../bench/demo-unit";
import { nodeEngine } from "../../bench/engines/node";
import { type Said, Session, START } from "../../bench/session";
import { made as built } from "../../bench/web/desk";
import type { Made } from "../../bench/web/frame";
import { read, type Slot, slots } from "../../bench/web/layout";
import { boardNames } from "../../build/bundle";

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

test("a record that a cut tore is called torn", async () => {
  const { flash } = await memories("esp32", "cut after 20", "#TOKEN;662486790", "wait 5");
  expect(flash.slots.filter(({ kind }) => kind === "torn")).toHaveLength(1);
});
