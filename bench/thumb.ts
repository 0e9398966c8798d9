/**
 * A Cortex-M4 small enough to read: runs the machine code that a bundle hands to `E.nativeCall`, where the computer is no
 * ARM, and counts the instructions. It knows those that the compiler made of firmware/native/native.c, out of the ARMv7-M
 * Architecture Reference Manual (A5 to A7). Any other, and an access outside of the memory it was given, is an error.
 */

/** Bytes in the controller's address space. */
export interface Region {
  at: number;
  bytes: Uint8Array;
}

const [SP, LR, PC] = [13, 14, 15];
/** Where the code is to return to: no region lies there. */
const END = 0xfffffffe;
const STACK = 0x2000f000;

/** Calls the function at `entry` (bit 0 is set: Thumb) with up to four words. Returns its result and the instructions it took. */
export function call(regions: Region[], entry: number, args: number[]): { result: number; instructions: number } {
  const spaces = [...regions, { at: STACK - 1024, bytes: new Uint8Array(1024) }].map(({ at, bytes }) => ({
    at,
    end: at + bytes.length,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  }));
  const r = new Uint32Array(16);
  let [n, z, c, v] = [0, 0, 0, 0];
  /** Addresses of this instruction and of the next one. */
  let pc = 0;
  let next = 0;
  /** The conditions of an IT block, as in ITSTATE. */
  let it = 0;
  let instructions = 0;

  const fail = (what: string): never => {
    throw new Error(`${what}, at 0x${pc.toString(16)}`);
  };
  const unknown = (...code: number[]): never => fail(`No known instruction: ${code.map((half) => half.toString(16))}`);

  const find = (address: number, size: number) => {
    const place = address >>> 0;
    const space = spaces.find(({ at, end }) => place >= at && place + size <= end);
    return space ? ([space.view, place - space.at] as const) : fail(`Nothing lies at 0x${place.toString(16)}`);
  };
  const load = (address: number, size: 1 | 2 | 4): number => {
    const [view, at] = find(address, size);
    return size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
  };
  const store = (address: number, size: 1 | 4, value: number): void => {
    const [view, at] = find(address, size);
    if (size === 4) view.setUint32(at, value, true);
    else view.setUint8(at, value);
  };
  /** The accesses that fault on an address that is no multiple of 4. */
  const aligned = (address: number) => (address & 3 ? fail("A word that is not aligned") : address);

  const jump = (to: number): void => {
    next = (to & ~1) >>> 0;
  };
  const write = (i: number, value: number): void => {
    if (i === PC) jump(value);
    else r[i] = value;
  };
  const branch = (condition: number, to: number): void => {
    if (holds(condition)) jump(to);
  };
  const holds = (condition: number): boolean => {
    const test = [z, c, n, v, c & (1 - z), 1 - (n ^ v), (1 - (n ^ v)) & (1 - z), 1][condition >> 1] === 1;
    return test !== (condition % 2 === 1 && condition < 14);
  };

  const flags = (value: number): void => {
    n = value >>> 31;
    z = value >>> 0 === 0 ? 1 : 0;
  };
  const add = (a: number, b: number, carry: number, set: boolean): number => {
    const sum = (a >>> 0) + (b >>> 0) + carry;
    if (set) {
      flags(sum % 2 ** 32);
      c = sum > 0xffffffff ? 1 : 0;
      v = ((a ^ sum) & (b ^ sum)) >>> 31;
    }
    return sum % 2 ** 32;
  };

  /** The carry that the last shift or constant left. */
  let carried = 0;
  /** A register shifted by a constant: types 0 lsl, 1 lsr; of those, 0 bits are none and 32. */
  const shift = (value: number, type: number, bits: number): number => {
    carried = c;
    if (type > 1) fail(`No known shift: ${type}`);
    if (type === 0 && bits === 0) return value;
    carried = (type === 0 ? value >>> (32 - bits) : value >>> ((bits || 32) - 1)) & 1;
    return type === 0 ? value << bits : bits ? value >>> bits : 0;
  };
  /** A constant of 12 bits: a byte, repeated or rotated. */
  const constant = (i: number): number => {
    carried = c;
    if (i < 0x400) return (i & 255) * [1, 0x10001, 0x1000100, 0x1010101][i >> 8];
    const by = i >> 7;
    const value = ((i & 127) | 128) << (32 - by);
    carried = value >>> 31;
    return value;
  };

  /** Data processing with the numbers that the 32-bit instructions have for it. */
  const operate = (operation: number, d: number, a: number, b: number, set: boolean): void => {
    const first = r[a];
    const calculate = {
      0: () => first & b,
      2: () => (a === PC ? b : first | b),
      4: () => first ^ b,
      8: () => add(first, b, 0, set),
      10: () => add(first, b, c, set),
      11: () => add(first, ~b, c, set),
      13: () => add(first, ~b, 1, set),
    }[operation];
    const result = calculate ? calculate() : fail(`No known operation: ${operation}`);
    if (set && operation < 8) {
      flags(result);
      c = carried;
    }
    // With flags and no target it is a comparison.
    if (d !== PC) r[d] = result;
    else if (!set) fail("A calculated jump");
  };

  /** Loads or stores registers from `address` on. */
  const several = (address: number, registers: number, loads: boolean): void => {
    let at = aligned(address);
    for (let i = 0; i < 16; i++) {
      if (!((registers >> i) & 1)) continue;
      if (loads) write(i, load(at, 4));
      else store(at, 4, r[i]);
      at += 4;
    }
  };
  const bits = (registers: number) => registers.toString(2).replace(/0/g, "").length;
  const push = (base: number, registers: number): void => {
    const to = r[base] - 4 * bits(registers);
    several(to, registers, false);
    r[base] = to;
  };
  const pop = (base: number, registers: number): void => {
    const from = r[base];
    r[base] = from + 4 * bits(registers);
    several(from, registers, true);
  };

  const short = (o: number): void => {
    const set = !it;
    const [low, middle, third, high, byte] = [o & 7, (o >> 3) & 7, (o >> 6) & 7, (o >> 8) & 7, o & 255];
    const five = (o >> 6) & 31;
    if (o < 0x1000) operate(2, low, PC, shift(r[middle], o >> 11, five), set);
    else if (o >= 0x1800 && o < 0x2000) {
      const b = o & 0x400 ? third : r[third];
      operate(o & 0x200 ? 13 : 8, low, middle, b, set);
    } else if (o >= 0x2000 && o < 0x2800) {
      carried = c;
      operate(2, high, PC, byte, set);
    } else if (o >= 0x2800 && o < 0x3000) operate(13, PC, high, byte, true);
    else if (o >= 0x3000 && o < 0x4000) operate(o & 0x800 ? 13 : 8, high, high, byte, set);
    else if (o >= 0x4000 && o < 0x4400) {
      carried = c;
      const operation = { 0: 0, 1: 4, 5: 10, 6: 11, 10: 13, 12: 2 }[(o >> 6) & 15] ?? unknown(o);
      // 10 is a comparison.
      if (((o >> 6) & 15) === 10) operate(operation, PC, low, r[middle], true);
      else operate(operation, low, low, r[middle], set);
    } else if (o >= 0x4400 && o < 0x4780) {
      const [to, from] = [low | ((o >> 4) & 8), (o >> 3) & 15];
      if (o >= 0x4700) jump(r[from]);
      else if (to === PC || from === PC) unknown(o);
      else if (o < 0x4500) r[to] += r[from];
      else if (o < 0x4600) operate(13, PC, to, r[from], true);
      else r[to] = r[from];
    } else if (o >= 0x4800 && o < 0x5000) r[high] = load(aligned(((pc + 4) & ~3) + byte * 4), 4);
    else if (o >= 0x6000 && o < 0x6800) store(r[middle] + five * 4, 4, r[low]);
    else if (o >= 0x6800 && o < 0x7000) r[low] = load(r[middle] + five * 4, 4);
    else if (o >= 0x9000 && o < 0x9800) store(r[SP] + byte * 4, 4, r[high]);
    else if (o >= 0x9800 && o < 0xa000) r[high] = load(r[SP] + byte * 4, 4);
    else if (o >= 0xa800 && o < 0xb000) r[high] = r[SP] + byte * 4;
    else if (o >= 0xb000 && o < 0xb100) r[SP] += (o & 0x80 ? -4 : 4) * (o & 127);
    else if ((o & 0xf500) === 0xb100) {
      if ((r[low] === 0) === !(o & 0x800)) jump(pc + 4 + ((o >> 2) & 62) + (o & 0x200 ? 64 : 0));
    } else if (o >= 0xb400 && o < 0xb600) push(SP, byte | (o & 0x100 ? 1 << LR : 0));
    else if (o >= 0xba00 && o < 0xba40) r[low] = swap(r[middle]);
    else if (o >= 0xbc00 && o < 0xbe00) pop(SP, byte | (o & 0x100 ? 1 << PC : 0));
    else if (o >= 0xbf00 && o < 0xc000) {
      // IT, or nothing. Bit 8 says that the block begins behind this instruction.
      if (o & 15) it = byte | 0x100;
    } else if (o >= 0xd000 && o < 0xde00) branch((o >> 8) & 15, pc + 4 + ((byte << 24) >> 23));
    else if (o >= 0xe000 && o < 0xe800) jump(pc + 4 + ((o << 21) >> 20));
    else unknown(o);
  };

  const long = (o: number, p: number): void => {
    const [a, b, d, e] = [o & 15, p & 15, (p >> 8) & 15, (p >> 12) & 15];
    const set = (o & 0x10) !== 0;
    const operation = (o >> 5) & 15;
    if ((o & 0xffe0) === 0xe920 && !set) push(a, p);
    else if ((o & 0xffe0) === 0xe8a0 && set) pop(a, p);
    else if ((o & 0xff60) === 0xe940) {
      // Two registers, at an offset from a base that stays as it is.
      const at = aligned(r[a] + (o & 0x80 ? 4 : -4) * (p & 255));
      if (a === PC) unknown(o, p);
      if (set) [r[e], r[d]] = [load(at, 4), load(at + 4, 4)];
      else {
        store(at, 4, r[e]);
        store(at + 4, 4, r[d]);
      }
    } else if ((o & 0xfe00) === 0xea00)
      operate(operation, d, a, shift(r[b], (p >> 4) & 3, ((p >> 10) & 28) | ((p >> 6) & 3)), set);
    else if ((o & 0xfa00) === 0xf000 && p < 0x8000)
      operate(operation, d, a, constant(((o & 0x400) << 1) | ((p >> 4) & 0x700) | (p & 255)), set);
    else if ((o & 0xf800) === 0xf000 && (p & 0xd000) === 0xd000) {
      const s = (o >> 10) & 1;
      const [i1, i2] = [((p >> 13) ^ s ^ 1) & 1, ((p >> 11) ^ s ^ 1) & 1];
      r[LR] = next | 1;
      jump(pc + 4 + ((s ? 0xff000000 : 0) | (i1 << 23) | (i2 << 22) | ((o & 0x3ff) << 12) | ((p & 0x7ff) << 1)));
    } else if ((o & 0xff00) === 0xf800 && (o & 0x60) !== 0x20 && (o & 0x60) !== 0x60) {
      const size = o & 0x40 ? 4 : 1;
      // A positive offset of 12 bits; or one of 8, which is left in the base.
      if (!(o & 0x80) && (p & 0xd00) !== 0xd00) unknown(o, p);
      const by = o & 0x80 ? p & 0xfff : (p & 0x200 ? 1 : -1) * (p & 255);
      const at = (a === PC ? (pc + 4) & ~3 : r[a]) + by;
      if (!(o & 0x80)) r[a] = at;
      if (set) write(e, load(at, size));
      else store(at, size, r[e]);
    } else unknown(o, p);
  };

  r.set(args);
  r[SP] = STACK;
  r[LR] = END | 1;
  if (!(entry & 1)) fail("Bit 0 of the entry is not set: that is no Thumb code");
  jump(entry);
  while (next !== END) {
    pc = next;
    if (++instructions > 1e8) fail("It does not come to an end");
    const first = load(pc, 2);
    next = pc + (first < 0xe800 ? 2 : 4);
    const block = it;
    if (!block || holds(block >> 4)) {
      if (first < 0xe800) short(first);
      else long(first, load(pc + 2, 2));
    }
    it = it & 0x100 ? it & 255 : block & 7 ? (block & 0xe0) | ((block << 1) & 0x1f) : 0;
  }
  if (r[SP] !== STACK) fail("The stack is not as it was");
  return { result: r[0], instructions };
}

/** The bytes of a word the other way round. */
function swap(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}
