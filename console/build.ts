// Bundles the page's script and style into dist/, and refuses what is larger than a page of figures needs.

import { build } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const MOST_BYTES = 60_000;

const { outputFiles } = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["src/page.ts", "page.css"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  banner: { js: "/* with uPlot 1.6.32, (c) Leon Sorokin, MIT License */" },
  entryNames: "[name]",
  outdir: "dist",
  write: false,
  logLevel: "warning",
});

const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents, compressed: gzipSync(contents, { level: 9 }).length }));
const total = files.reduce((sum, { compressed }) => sum + compressed, 0);
console.log(`console/dist: ${files.map(({ name, compressed }) => `${name} ${compressed}`).join(", ")} bytes compressed`);
if (total > MOST_BYTES) {
  console.error(`script and style are ${total} bytes compressed: more than the ${MOST_BYTES} that a page may have`);
  process.exit(1);
}
const folder = join(import.meta.dirname, "dist");
mkdirSync(folder, { recursive: true });
for (const { name, contents } of files) {
  writeFileSync(join(folder, name), contents);
  writeFileSync(join(folder, `${name}.gz`), gzipSync(contents, { level: 9 }));
  writeFileSync(join(folder, `${name}.br`), brotliCompressSync(contents));
}
