declare module "siphash" {
  /** SipHash-2-4 of `message` under four little-endian words of key; the halves come back signed or not. */
  export function hash(key: Uint32Array, message: Uint8Array): { h: number; l: number };
}
