import type { Profile } from "../signals";

/**
 * The signals of the OpenPAYGO Token documents: invalid, accepted and unlocked as in their quick test of a device; used
 * and sync as in their C example (OpenPAYGO-HW, examples/neutral_example_implentation/device_payg_logic.c), which has the
 * other rows too. The quick test's own words for a used token are red 10, as for an invalid one.
 */
export const profile: Profile = { ALREADY_USED: 1, VALID: 2, SYNCED: 3, PAYG_DISABLED: 5, INVALID: -10 };
