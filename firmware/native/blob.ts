/** Thumb code, made of native.c by `npm run build:native`: change that file, and run it again. */

/** What compiled it, and the SHA-256 of all its bytes. */
export const COMPILER = "arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205";
export const SHA256 = "d90bf11b6f719d8835e163a4186e070123a760f7123057c060a377c1216e9652";

/** Where the functions begin, in bytes. */
export const WALK = 428;
export const SIP = 632;

/** In base64: the code of `walk`, and what comes behind it for `sip`. Functions, since a name for a text keeps it in memory. */
export function walkCode(): string {
  return "CmgRS1NAA2AQtBBKTGgQS2JAQmCKaFNAg2DMaA1KDktiQMJgCmhTQANhTGgLSgxLYkBCYYpoELxTQINhymgJS1NAw2FwRwC/dWVzcGVtb3Ntb2RuYXJvZGFyZW5lZ3lsc2V0eWJkZXQt6fBPg7CGRpJG0PgAkACTi0be6QIy3ukEVN7pBhZAaLrxAA930M34BOBo4Nv4AHB5QLhG2/gEcAvxCAt+QBnrAwlA6wIAbRhE6wYEgOpCPITqBk6M6tNMjuoRTonqQzOF6gFBg+rSQoHqFkPAGE7rCQFVGUzrBASB6k5WhurTJoDqQ1OD6t4jhOpMTo7q0j6F6kJCgurcMhAYTusBAeQYRusFBYHqTjyM6tJMgOpCMoLq3kKF6gZOjuoTToTqA0OD6hZDyRhO6wAAFBlM6wUFuvEBCoDqTlaI6gEJgOoHAIHqQ1GF6kxHhurTJoTqQkOB6t4hh+rSMoPq3DMJ0ACfV0WT00/wAAcIv4Xw/wW4RpXn3fgE4ACfR7GJ6gMJUECJ6gUJYECJ6gEJcEDO6QCQzukCMs7pBFTO6QYWA7C96PCPAL8t6fBHACKMsE/wAGMPHs3pAiNQ3dDpBDIGat/4pKDf+KSQ3/ikgARGASUk4ACS//cR/wIjBCJpRv/3QP8FmZ34EzBD6gEjCg6YRU/w6AGRQQPSE+sIA2LxFwLU6QYBGBpi6wEBsEJx8QABxOkEMiPTATWvQh/bG7q29Xp/ErohRgSoAZPS2ASoAJP/9+P+AiMEImlG//cS/93pBBNZQLrrkQ9P8AACT+qRA9bSE+sJA2LrAgLR5wAlKEYMsL3o8If/yZo7/8ma+/8PpdQ=";
}
export function sipCode(): string {
  return "LenwQwdpg7AGRg1GFEaZRgDxFAg/sydEN2EAI+IIKUZARv/35f658QAPGNAAIs3pACIU8AcCBesEA434B3BpRgbQCkQT+AFNAvgBTYpC+dECIwMiQEb/98v+ACMzYQAgA7C96PCDAUZARv/3jf7S5w==";
}
