/** A product's own code, for the tests: what it is told goes to the serial port, so that it can be seen. */
import type { Device } from "../../../firmware/device";

export function product(device: Device): void {
  const say = (text: string) => device.hal.serial.write(`#METER;${text}\r\n`);
  let reads = 0;
  device.product = {
    settings: () => [
      { name: "fan_speed", text: false, least: 0, most: 3 },
      { name: "tariff", text: true, least: 1, most: 8 },
    ],
    change: (name, value) => say(`${name};${value}`),
    accessories: () => ['{"sn":"METER1","d":[5],"a":"sa0011"}', '{"sn":"METER2","d":[]}'],
    extra: (json) => say(json),
    read: () => {
      if (reads++ === 1) throw new Error("no answer");
      return [-40000, 7];
    },
  };
}
