/**
 * The servers that a device knows: its factory's, and two places for those it was told to go to. A change is tried: the
 * new server is in one place, the old one stays in the other (or is the factory's) until the new one has answered.
 */
import type { Device } from "../device";
import { append, latest, PAYLOAD } from "../store/journal";
import { SERVER, SERVER_PARTS, SERVER_TEXTS } from "../store/records";

/** What a device has to know of a server, and a server may change. */
export interface Server {
  /** Up to 128 characters. */
  base_url: string;
  data_format_id: number;
  /** Up to 400 characters. */
  jwt_key: string;
}

/** In a record of type SERVER: the server in use (0: the factory's, 1 or 2), and the one before it plus 1 while that one is tried. */
const CURRENT = 0;
const BEFORE = 1;

function choice(d: Device): Uint8Array {
  return latest(d.safe!, SERVER) || new Uint8Array(PAYLOAD);
}

/** The server in use; undefined for the factory's. Throws when the memory does not answer. */
export function readServer(d: Device): Server | undefined {
  const current = choice(d)[CURRENT];
  let text = "";
  for (let part = 0; current && part < SERVER_PARTS; part++) {
    const bytes = latest(d.safe!, SERVER_TEXTS + (current - 1) * SERVER_PARTS + part);
    for (let i = 0; bytes && i < PAYLOAD && bytes[i]; i++) text += String.fromCharCode(bytes[i]);
    if (!bytes || !bytes[PAYLOAD - 1]) break;
  }
  if (!text) return undefined;
  const fields = text.split("\n");
  return { base_url: fields[0], data_format_id: parseInt(fields[1], 10), jwt_key: fields[2] };
}

/** Chooses a server: one record, so that a cut leaves the old choice or the new one. */
function choose(d: Device, current: number, before: number): void {
  const bytes = new Uint8Array(PAYLOAD);
  bytes[CURRENT] = current;
  bytes[BEFORE] = before;
  append(d.safe!, SERVER, bytes);
}

/**
 * Goes to another server, or keeps what the one in use said of itself (a data format's number). `trial`: back to the one
 * before if it does not answer. Throws when the memory does not keep it: then all is as before.
 */
export function writeServer(d: Device, server: Server, trial: boolean): void {
  const current = choice(d)[CURRENT];
  const place = current === 1 ? 2 : 1;
  const text = server.base_url + "\n" + server.data_format_id + "\n" + server.jwt_key;
  // A record that is not full ends the text.
  for (let part = 0; part * PAYLOAD <= text.length; part++) {
    const bytes = new Uint8Array(PAYLOAD);
    for (let i = 0; i < PAYLOAD; i++) bytes[i] = text.charCodeAt(part * PAYLOAD + i);
    append(d.safe!, SERVER_TEXTS + (place - 1) * SERVER_PARTS + part, bytes);
  }
  choose(d, place, trial ? current + 1 : 0);
}

/** Ends a trial, if there is one: the new server has answered, or it has not and the one before is gone back to. */
export function settleServer(d: Device, answered: boolean): void {
  const chosen = choice(d);
  if (chosen[BEFORE]) choose(d, answered ? chosen[CURRENT] : chosen[BEFORE] - 1, 0);
}

/** Back to the factory's server. */
export function resetServer(d: Device): void {
  if (choice(d)[CURRENT]) choose(d, 0, 0);
}
