/** The page as one file: what a browser needs to show the device, and nothing from anywhere else. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const folder = join(__dirname, "page");

export interface Page {
  html: string;
  /** Compressed for those who take it. */
  brotli: Buffer;
  /** What its script and its style hash to, for the content security policy. */
  policy: string;
}

const sha = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Bundles script and style into the page. */
export async function makePage(): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "app.tsx")],
    bundle: true,
    minify: true,
    write: false,
    outdir: folder,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  });
  const file = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text.trim();
  const script = file(".js").replace(/<\/script/g, "<\\/script");
  const style = file(".css");
  const html = readFileSync(join(folder, "index.html"), "utf8")
    .replace("/*style*/", () => style)
    .replace("/*script*/", () => script);
  return {
    html,
    brotli: brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    policy: [
      "default-src 'none'",
      `script-src ${sha(script)}`,
      // uPlot and the device place things by style attributes.
      "style-src 'unsafe-inline'",
      "connect-src 'self'",
      "img-src data: blob:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}
