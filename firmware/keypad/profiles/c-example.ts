import type { Profile } from "../signals";

/**
 * The signals of the C example that runs on an Arduino with a single lamp (OpenPAYGO-HW,
 * examples/arduino_implementation/openpaygo_device_sketch/d_TOKEN_ENTRY.ino): a used token looks like an accepted one.
 */
export const profile: Profile = { ALREADY_USED: 2, VALID: 2, SYNCED: 3, PAYG_DISABLED: 5, INVALID: -15 };
