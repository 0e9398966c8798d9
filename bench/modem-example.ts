/** The specification's example as a product's own code, for bench/modem-bytes.ts: what it measures, look by look. */
import type { Device } from "../firmware/device";

export function product(device: Device): void {
  let looks = 0;
  device.product = {
    settings: () => [],
    change: () => {},
    accessories: () => [],
    extra: () => {},
    // Two voltages, three currents, and an alarm in two of thirty looks: it has no value in the others.
    read: () => {
      const i = looks++ % 30;
      const values = [172 + ((i * 5) % 9), 124 + (i % 4), 4 + ((i * 7) % 15), ((i * 5) % 13) - 4, i % 3 ? 7 : 2];
      return i === 11 || i === 24 ? values.concat(1) : values;
    },
  };
}
