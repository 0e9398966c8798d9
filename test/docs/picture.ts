/** Texts of a picture, in order; throws where tags do not close. */
export function words(svg: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of svg.matchAll(/<(\/?)(\w+)(?:\s[^<>]*?)?(\/?)>/g))
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name);
  expect(open).toEqual([]);
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
}
