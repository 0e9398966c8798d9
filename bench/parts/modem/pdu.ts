/** A message as a module gives it in PDU mode: SMS-DELIVER, 3GPP TS 23.040 chapter 9.2.2.1, in the 7-bit alphabet. */

const swap = (digits: string) => (digits.length % 2 ? `${digits}F` : digits).replace(/(.)(.)/g, "$2$1");
const byte = (value: number) => value.toString(16).toUpperCase().padStart(2, "0");

/** Seven bits a character, the low ones first. */
function septets(text: string): string {
  let bits = 0;
  let held = 0;
  let hex = "";
  for (const character of text) {
    held |= (character.charCodeAt(0) & 0x7f) << bits;
    bits += 7;
    if (bits >= 8) {
      hex += byte(held & 255);
      held >>= 8;
      bits -= 8;
    }
  }
  return bits ? hex + byte(held & 255) : hex;
}

/** The message in hexadecimal, without a service centre, and the bytes after that. `zone` in quarters of an hour. */
export function pdu(message: { from: string; text: string; at: number }, zone: number) {
  const digits = message.from.replace(/\D/g, "");
  const local = new Date((message.at + zone * 900) * 1000).toISOString();
  const time = `${local.slice(2, 19).replace(/\D/g, "")}${String(zone).padStart(2, "0")}`;
  const type = message.from.startsWith("+") ? "91" : "81";
  const rest = `04${byte(digits.length)}${type}${swap(digits)}0000${swap(time)}${byte(message.text.length)}${septets(message.text)}`;
  return { hex: `00${rest}`, length: rest.length / 2 };
}
