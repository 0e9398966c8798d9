/** Dates as clock chips keep them: BCD fields, 2000 to 2099, UTC. The interpreter's own Date has no UTC fields. */

/** 2000-01-01T00:00:00Z, a Saturday. All years that the chips know and that divide by four are leap years. */
const YEAR_2000 = 946684800;
const SATURDAY = 6;
const daysInMonth = (month: number, year: number) =>
  month === 2 ? (year & 3 ? 28 : 29) : 30 + ((month + (month >> 3)) & 1);

/** Unix time of the BCD fields second, minute, hour, day, month, year (other bits cleared); 0 if there is no such date. */
export function toUnix(fields: number[]): number {
  const n = [];
  for (let i = 0; i < 6; i++) n.push((fields[i] & 15) > 9 ? 255 : (fields[i] >> 4) * 10 + (fields[i] & 15));
  const month = n[4];
  const year = n[5];
  if (n[0] > 59 || n[1] > 59 || n[2] > 23 || year > 99 || month < 1 || month > 12) return 0;
  if (n[3] < 1 || n[3] > daysInMonth(month, year)) return 0;
  let days = 365 * year + ((year + 3) >> 2) + n[3] - 1;
  for (let m = 1; m < month; m++) days += daysInMonth(m, year);
  return YEAR_2000 + ((days * 24 + n[2]) * 60 + n[1]) * 60 + n[0];
}

/** The BCD fields second, minute, hour, day, month, year of a Unix time from 2000 to 2099, and the weekday (0 is Sunday). */
export function fromUnix(seconds: number): number[] {
  const time = (seconds - YEAR_2000) % 86400;
  const days = (seconds - YEAR_2000 - time) / 86400;
  const year = Math.floor((4 * days) / 1461);
  let day = days - 365 * year - ((year + 3) >> 2);
  let month = 1;
  while (day >= daysInMonth(month, year)) day -= daysInMonth(month++, year);
  const fields = [time % 60, Math.floor(time / 60) % 60, Math.floor(time / 3600), day + 1, month, year];
  for (let i = 0; i < 6; i++) fields[i] += 6 * Math.floor(fields[i] / 10);
  fields.push((days + SATURDAY) % 7);
  return fields;
}
