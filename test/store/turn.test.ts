/** Room in the journal of what is paid, made before a session: nothing is lost by it, and no session waits for a page's erase. */
import { store } from "../../firmware/device";
import { type Journal, latest, openJournal, PAYLOAD } from "../../firmware/store/journal";
import { LAST_TYPE } from "../../firmware/store/records";
import { turn } from "../../firmware/store/turn";
import { FakeBoard } from "../fake";

const SETTINGS = { board: "fake", interval: 60, utcOffset: 0 };
const PAGES = 2;
const PER_PAGE = 64;
const ROOM = 20;

/** What a journal holds, by type. */
const kept = (j: Journal) => Array.from({ length: LAST_TYPE }, (_, i) => latest(j, i + 1)?.join());
const journal = (board: FakeBoard) => openJournal(board.flash, board.hal.system.crc, 0, PAGES, LAST_TYPE);

/** A device whose journal has `records` records, those of the first types from the start. */
function started(records: number) {
  const board = new FakeBoard();
  const device = board.start(SETTINGS);
  const types = [4, 5, 25, 26, 27, 28];
  for (let n = 0; n < records; n++) store(device, device.safe, types[n] ?? 28, new Uint8Array(PAYLOAD).fill(n + 1));
  return { board, device };
}

const left = (j: Journal) => (j.slot % PER_PAGE ? PER_PAGE - (j.slot % PER_PAGE) : 0);

test("after it there is room for 20 records, and the newest of every type is there; where there was room, nothing is written", () => {
  for (let records = 7; records < 3 * PER_PAGE; records++) {
    const { board, device } = started(records);
    const j = device.safe!;
    const [before, room, bytes] = [kept(j), left(j), board.flash.bytes.slice()];
    let done = 0;
    turn(device, () => done++);
    board.wait(5);
    expect({ records, done, fault: device.fault, kept: kept(j) }).toEqual({
      records,
      done: 1,
      fault: "",
      kept: before,
    });
    expect(left(j)).toBeGreaterThanOrEqual(ROOM);
    if (room >= ROOM) expect(board.flash.bytes).toEqual(bytes);
    // What a start finds is the same; and what is stored then turns no page.
    expect(kept(journal(board))).toEqual(before);
    const { page } = j;
    for (let i = 0; i < ROOM; i++) store(device, device.safe, 28, new Uint8Array(PAYLOAD).fill(i));
    expect(j.page).toBe(page);
  }
});

test.each([50, 64, 110, 122])(
  "with %i records, cut at any byte, it loses nothing, and goes on over the next pages",
  (records) => {
    for (const torn of [0, 170, 255]) {
      let cuts = 0;
      for (let over = false; !over; cuts++) {
        const { board, device } = started(records);
        const before = kept(device.safe!);
        board.flash.torn = torn;
        board.flash.left = cuts + 1;
        let done = false;
        turn(device, () => {
          done = true;
        });
        board.wait(5);
        over = !!board.device && done;
        board.cut(1);
        const again = board.start(SETTINGS);
        expect({ cuts, fault: again.fault, kept: kept(again.safe!) }).toEqual({ cuts, fault: "", kept: before });
        // With all that is stored later, before the page is turned again and behind that.
        for (let n = 0; n < 3; n++) {
          turn(again, () => {});
          board.wait(5);
          for (let i = 0; i < 30; i++) store(again, again.safe, 28, new Uint8Array(PAYLOAD).fill(n));
        }
        expect(kept(journal(board)).slice(0, 27)).toEqual(before.slice(0, 27));
      }
      // The erase, and six records.
      expect(cuts).toBeGreaterThan(6 * 64);
    }
  },
);

test("a memory that does not answer lets the session go on, and is a fault by what is stored next", () => {
  const { board, device } = started(60);
  board.flash.fails = true;
  let done = 0;
  turn(device, () => done++);
  board.wait(5);
  expect(done).toBe(1);
  expect(store(device, device.safe, 28, new Uint8Array(PAYLOAD))).toBe(false);
  expect(device.fault).toBe("FLASH");
});
