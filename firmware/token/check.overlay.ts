/** A token's check, from the door to what it does, in slices. */
import { now } from "../clock/clock";
import { applyToken, closeEntry } from "../credit/credit";
import { type Answer, credit, type Device, note, storePaid, storeTime, tick } from "../device";
import { TEST_HOUR, TESTS } from "../store/records";
import { DISABLE, remember, SYNC, skipToNear, startWalk, stepWalk, type Unit } from "./decode";
import { openTable, skipToTable } from "./table";

/** Whether the board has a table of codes. */
declare const TABLE: boolean;

const DAY = 86400;
/** The factory's test code: seconds of light, and how often in an hour. */
const TEST_LIGHT = 30;
const TESTS_AN_HOUR = 5;
/** Hashes of a slice, and of one on a board with a walk of its own. */
const HASHES = 4;
const NATIVE_HASHES = 1024;

/** The factory's test: light for a moment, a few times an hour. Returns the seconds until it is there again, or 0. */
function testLight(d: Device): number {
  const time = now(d.hal, d.clock);
  const hour = Math.floor(time / 3600);
  if (d.log.view.getUint32(TEST_HOUR, true) !== hour) d.log.bytes[TESTS] = 0;
  if (d.log.bytes[TESTS] >= TESTS_AN_HOUR) return (hour + 1) * 3600 - time;
  d.log.bytes[TESTS]++;
  d.log.view.setUint32(TEST_HOUR, hour, true);
  d.testUntil = time + TEST_LIGHT;
  storeTime(d);
  tick(d);
  note(d, "test", -1);
  return 0;
}

/** Checks a token that the door let through; see `enterToken` of the device. */
export function check(
  d: Device,
  unit: Unit,
  text: string,
  done: (answer: Answer, value: number) => void,
  served?: boolean,
): void {
  const wrong = d.paid.wrong;
  const closedUntil = d.paid.closedUntil;
  const walk = startWalk(unit, d.paid, text);
  if (d.paid.testCode && !walk.result && walk.token === d.paid.testCode && !walk.extended) {
    const wait = testLight(d);
    done(wait ? "LOCKED" : "TEST", wait || TEST_LIGHT);
    return;
  }
  const slice = () => {
    let answer: Answer = "FAULT";
    let value = 0;
    if (d.walk !== walk) return;
    stepWalk(walk, unit, d.paid, d.hal.walk ? NATIVE_HASHES : HASHES, d.hal.walk);
    if (!walk.result) {
      d.tell("progress", walk.count / walk.top);
      d.hal.system.after(slice, 1);
      return;
    }
    if (!d.fault) {
      answer = walk.result;
      if (answer !== "INVALID") {
        d.paid.wrong = answer === "VALID" ? 0 : wrong;
        d.paid.closedUntil = answer === "VALID" ? 0 : closedUntil;
        if (answer === "VALID") {
          remember(walk, d.paid);
          applyToken(d.paid, unit, walk, now(d.hal, d.clock));
          // Who just paid needs no reminder on the same day.
          d.lowDay = Math.floor((now(d.hal, d.clock) + d.settings.utcOffset) / DAY);
          if (walk.extended) answer = "EXTENDED";
          else if (walk.value === SYNC) answer = "SYNCED";
          else if (walk.value === DISABLE) answer = "PAYG_DISABLED";
          value = walk.extended ? walk.value : credit(d);
        }
        if (!storePaid(d)) answer = "FAULT";
      }
    }
    tick(d);
    d.walk = undefined;
    note(d, answer.toLowerCase(), -1, value);
    done(answer, value);
  };
  d.walk = walk;
  // Stored before the answer is known: cutting the power in the middle of the check gains nothing.
  if (!served) {
    closeEntry(d.paid, now(d.hal, d.clock));
    storePaid(d);
  }
  skipToNear(walk, d.paid);
  if (TABLE && d.settings.table) {
    try {
      skipToTable(walk, d.paid, openTable(d.hal, d.settings.table, unit));
    } catch (_) {
      // Without the table the walk is a longer one, and the store tells that the memory does not answer.
    }
  }
  slice();
}
