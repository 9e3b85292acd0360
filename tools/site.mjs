// Makes the folder `site/`: what the browser gets. Called by make after the wasm has been compiled:
//   node tools/site.mjs <frontend.wasm>
// Steps: wasm-bindgen → wasm-opt → minify → bundle CSS → names with a hash of the content → brotli.
// The server embeds the folder and reads `site/manifest.json` for the names.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, copyFileSync, renameSync, existsSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const wasm = process.argv[2];
if (!wasm || !existsSync(wasm)) {
  console.error("site: no compiled browser file; run `make browser`");
  process.exit(2);
}
const bin = (name) => join("node_modules", ".bin", name);
const work = "target-site";
rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, "pkg"), { recursive: true });
const run = (command, args) => execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });

run("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-dir", join(work, "bindgen"), "--out-name", "holdfast", wasm]);
run(bin("wasm-opt"), [
  "-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-mutable-globals",
  "--enable-reference-types", "--enable-multivalue", "--enable-bulk-memory-opt", "--strip-debug", "--strip-producers",
  join(work, "bindgen", "holdfast_bg.wasm"), "-o", join(work, "pkg", "holdfast.wasm"),
]);
run(bin("esbuild"), ["--minify", "--format=esm", "--log-level=warning", `--outfile=${join(work, "pkg", "holdfast.js")}`, join(work, "bindgen", "holdfast.js")]);
run(bin("lightningcss"), ["--minify", "--bundle", "--targets", "defaults and fully supports es6-module", "style/main.css", "-o", join(work, "pkg", "holdfast.css")]);

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);
const manifest = {};

// The font first: the style sheet names it.
const font = readFileSync("node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2");
manifest.font = `inter-${hash(font)}.woff2`;
writeFileSync(join(work, "pkg", manifest.font), font);
const css = join(work, "pkg", "holdfast.css");
writeFileSync(css, readFileSync(css, "utf8").replaceAll("inter.woff2", manifest.font));

for (const kind of ["css", "wasm", "js"]) {
  const plain = join(work, "pkg", `holdfast.${kind}`);
  const bytes = readFileSync(plain);
  manifest[kind] = `holdfast-${hash(bytes)}.${kind}`;
  renameSync(plain, join(work, "pkg", manifest[kind]));
}
manifest.build = hash(Buffer.from(JSON.stringify(manifest)));

let total = 0;
for (const name of readdirSync(join(work, "pkg"))) {
  if (name.endsWith(".woff2")) continue;
  const bytes = readFileSync(join(work, "pkg", name));
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  writeFileSync(join(work, "pkg", `${name}.br`), packed);
  total += packed.length;
  console.log(`site: ${name}  ${bytes.length} bytes, ${packed.length} brotli`);
}
console.log(`site: js + wasm + css ${(total / 1024).toFixed(1)} KiB brotli; font ${(font.length / 1024).toFixed(1)} KiB`);
writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
for (const name of existsSync("style/static") ? readdirSync("style/static") : []) copyFileSync(join("style/static", name), join(work, name));
rmSync(join(work, "bindgen"), { recursive: true });
rmSync("site", { recursive: true, force: true });
renameSync(work, "site");
