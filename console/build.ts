// Bundles the page's script and style into dist/, and refuses what is larger than a page of figures needs.

import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 60_000;
const FILES = ["page.js", "page.css"];

process.chdir(import.meta.dirname);
await build({
  entryPoints: ["src/page.ts", "page.css"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  banner: { js: "/* with uPlot 1.6.32, (c) Leon Sorokin, MIT License */" },
  entryNames: "[name]",
  outdir: "dist",
  logLevel: "warning",
});

const sizes = FILES.map((file) => gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`console/dist: ${FILES.map((file, index) => `${file} ${sizes[index]}`).join(", ")} bytes compressed`);
if (total > MOST_BYTES) {
  console.error(`script and style are ${total} bytes compressed: more than the ${MOST_BYTES} that a page may have`);
  process.exit(1);
}
