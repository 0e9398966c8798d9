/** When to report next. What is known of that is four numbers, which the device's log keeps: they outlive a restart. */
import { type Key, low, sip } from "../token/siphash";

export interface Due {
  /** Unix time of the next report; 0 is at once. */
  next: number;
  /** Attempts that failed since the last good one, at most 255. */
  failures: number;
  /** Kilobytes on the air in a calendar month (UTC), at most 65535, and that month: counted from one in 1970 or so, modulo 256. */
  used: number;
  month: number;
}

/** Seconds to wait after the first failure, doubled after each further one, and the longest such wait. */
const FIRST = 60;
const LONGEST = 4 * 3600;

/** 2000-03-01 as a day of Unix time: years from there on end with the day that leap years add. */
const MARCH = 11017;

/**
 * After an attempt: counts its bytes, and sets the next one. Every device has its own second of the interval, by a hash
 * under its `key`. After a failure it waits for a minute, two, four, up to four hours, each a quarter more or less. When
 * the month's `budget` of kilobytes (0: any number) is used up, it waits for the next month.
 */
export function reported(
  due: Due,
  key: Key,
  time: number,
  interval: number,
  good: boolean,
  bytes: number,
  budget: number,
): void {
  const day = Math.floor(time / 86400) - MARCH;
  const year = Math.floor((4 * day + 3) / 1461);
  // Months from March on; behind February comes the next year's March.
  const month = Math.floor((5 * (day - Math.floor((1461 * year) / 4)) + 2) / 153) + 1;
  const first = month < 12 ? Math.floor((1461 * year) / 4) : Math.floor((1461 * (year + 1)) / 4);
  const over = (MARCH + first + Math.floor((153 * (month % 12) + 2) / 5)) * 86400;
  const number = (12 * year + month) & 255;
  if (due.month !== number) {
    due.month = number;
    due.used = 0;
  }
  // Rounded up or down by the second, which is any: so that the sum is right.
  due.used = Math.min(due.used + Math.floor((bytes + (time & 1023)) / 1024), 65535);
  // No more than a number at which the modem is given its certificate again (access.overlay.ts).
  due.failures = good ? 0 : Math.min(due.failures + 1, 252);
  // Up to seven characters are one block of the hash.
  sip(key, good ? "report" : "a" + (time % 1000000), 0, 0);
  const chance = (low >>> 0) / 4294967296;
  const wait = Math.min(FIRST << Math.min(due.failures, 12), 2 * LONGEST) / 2;
  const start = Math.floor(chance * interval);
  due.next = good
    ? Math.floor((time - start) / interval) * interval + start + interval
    : time + Math.floor(wait * (0.75 + chance / 2));
  if (budget && due.used >= budget) due.next = Math.max(due.next, over + start);
}
