/** The few words of SVG that the drawings are made of. Every drawing has a background of its own: dark pages show it too. */

const escaped = (text: string) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

type Attributes = { [name: string]: string | number | undefined };

/** An element; numbers keep two decimals, so that the same drawing gives the same bytes everywhere. */
export function tag(name: string, attributes: Attributes, inner = ""): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? Math.round(value * 100) / 100 : escaped(value!)}"`);
  return inner ? `<${name}${list.join("")}>${inner}</${name}>` : `<${name}${list.join("")}/>`;
}

export const text = (x: number, y: number, words: string, attributes: Attributes = {}): string =>
  tag("text", { x, y, ...attributes }, escaped(words));

/** About how wide a text is, in the font of the drawings: enough to keep others away from it. */
export function widthOf(words: string, size: number): number {
  let width = 0;
  for (const letter of words) width += /[A-Z_+]/.test(letter) ? 0.7 : /[iljtfrI.,:;' ()|]/.test(letter) ? 0.32 : 0.57;
  return width * size;
}

/** A whole drawing, of so many pixels, with what it shows in words. */
export function drawing(width: number, height: number, title: string, style: string, body: string[]): string {
  const [w, h] = [Math.round(width), Math.round(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font-family:Helvetica,Arial,"Liberation Sans","DejaVu Sans",sans-serif}${style}</style>`,
    tag("rect", { width: w, height: h, fill: "#ffffff" }),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}
