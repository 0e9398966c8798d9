import type { Profile } from "../signals";

/** The signals of the OpenPAYGO HDK (openpaygo_token.cpp; its README has all rows but that of sync). */
export const profile: Profile = { ALREADY_USED: 1, VALID: 2, SYNCED: 3, PAYG_DISABLED: 5, INVALID: -5 };
