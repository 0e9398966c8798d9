import { crc32 } from "../../build/crc";

test("the CRC is that of IEEE 802.3, of a text as of its bytes", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  expect(crc32("123456789")).toBe(0xcbf43926);
});
