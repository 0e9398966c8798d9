import type { Profile } from "../signals";

/** The signals of the OpenPAYGO HDK: used green 1, accepted 2, sync 3, unlocked 5, invalid red 5. */
export const profile: Profile = {
  ALREADY_USED: "G",
  VALID: "G.G",
  EXTENDED: "G.G",
  SYNCED: "G.G.G",
  PAYG_DISABLED: "G.G.G.G.G",
  INVALID: "R.R.R.R.R",
  LOCKED: "R",
  FAULT: "R.R.R",
  NOT_SET_UP: "R.R.R",
  LOW: "a.a.a",
};
