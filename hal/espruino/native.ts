/// <reference path="./globals.d.ts" />
/**
 * Machine code on boards whose interpreter can call it out of RAM: nRF52 and STM32F4, which their JSON says by
 * `"native": true`. Not ESP32, whose data is not executable. The code is firmware/native/native.c.
 */
import { WALK, walkCode } from "../../firmware/native/blob";
import type { Chain, Hal } from "../hal";

/** What `Chain` of native.c is: the key, `code` and `least` (low half first), the modulus. Kept, so that it is never short of memory. */
const block = new Uint32Array(9);

/** Both are in one piece and stay where they are: only `E.defrag` moves something, and nobody calls it. */
const address = E.getAddressOf(block, true);
const call = address && E.nativeCall && E.nativeCall(WALK + 1, "int(int,int)", atob(walkCode()));

function walk(key: number[], chain: Chain, hashes: number): number {
  const code = chain.code;
  const least = chain.least;
  block.set(key.concat(code, code / 4294967296, least, least / 4294967296, chain.modulus));
  const taken = call(address, hashes);
  chain.code = block[5] * 4294967296 + block[4];
  return taken;
}

/** The walk, if the interpreter can call it and it finds the right answers; undefined otherwise. */
export function native(): Hal["walk"] {
  /** Whether it takes a chain to a known code, in a known number of steps. */
  const isRight = (code: number, least: number, modulus: number, taken: number, end: number) => {
    const chain: Chain = { code, least, modulus };
    return walk([0, 1, 2, 3], chain, 4) === taken && chain.code === end;
  };
  return call &&
    isRight(987654321, 547328000, 1000, 4, 547328112) &&
    isRight(987654321, 547329000, 1000, 0, 547328112) &&
    isRight(987654321987, 790070000000, 1000000, 3, 790070232646)
    ? walk
    : undefined;
}
