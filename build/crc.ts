/** CRC-32, for the tools, for the page in a browser, and for what stands in for a device. Node's own came only with 20.15. */

/** What a byte makes of a sum. */
const STEP = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  return sum;
});

/** CRC-32 (IEEE 802.3) of bytes, or of a text of bytes (characters 0 to 255), as the interpreter's E.CRC32 works it out. */
export function crc32(data: Uint8Array | string): number {
  let sum = -1;
  for (let i = 0; i < data.length; i++) {
    const byte = typeof data === "string" ? data.charCodeAt(i) : data[i];
    sum = (sum >>> 8) ^ STEP[(sum ^ byte) & 255];
  }
  return ~sum >>> 0;
}
