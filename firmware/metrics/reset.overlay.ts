/** Back to the factory's server. */
import type { Device } from "../device";
import { resetServer } from "./servers.shared";

/** Forgets every server but the factory's; credit, count and key stay as they are. Returns the answer. */
export function reset(d: Device): string {
  try {
    resetServer(d);
    return "#RESET;OK";
  } catch (_) {
    return "#RESET;ERROR;MEMORY";
  }
}
