// Makes the folder `site/`: what the browser gets. Called by make after the wasm has been compiled:
//   node tools/site.mjs <frontend.wasm>
// Steps: cut into parts → wasm-bindgen → wasm-opt → minify → bundle CSS → names with a hash of the content → brotli.
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

// Of wasm-opt only what takes whole functions away: its rewriting of bodies (-Oz) makes the files smaller but what is sent larger
// (docs/decisions/0006-browser-size.md).
const optimise = (from, to) => run(bin("wasm-opt"), [
  "--quiet", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-mutable-globals",
  "--enable-reference-types", "--enable-multivalue", "--enable-bulk-memory-opt", "--strip-debug", "--strip-producers",
  "--duplicate-function-elimination", "--remove-unused-module-elements", "--dae", "--remove-unused-module-elements",
  "--duplicate-function-elimination", from, "-o", to,
]);

// The program is cut at the marks in app/src/pages/screen.rs: holdfast.wasm for every page, split_<part>.wasm for the screens of a
// part, chunk_<n>.wasm for what several parts share. __wasm_split.js fetches them; it becomes one script with wasm-bindgen's.
const split = join(work, "split");
const bindgen = join(work, "bindgen");
run("wasm-split-cli", ["--target", "web", "--out-name", "holdfast", wasm, split]);
run("wasm-bindgen", ["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-dir", bindgen, "--out-name", "holdfast", join(split, "holdfast.wasm")]);
optimise(join(bindgen, "holdfast_bg.wasm"), join(work, "pkg", "holdfast.wasm"));

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);
const manifest = {};

let link = readFileSync(join(split, "__wasm_split.js"), "utf8");
manifest.parts = {};
for (const [, part, file, chunks] of link.matchAll(/export const __wasm_split_load_(\w+) = .*?(?:"\.\/(split_\w+)\.wasm".*?|\(\{\}\)), \[([^\]]*)\]\)\);/gs)) {
  manifest.parts[part] = [...chunks.split(", ").filter(Boolean).map((chunk) => chunk.replace("__", "")), ...(file ? [file] : [])];
}
for (const file of new Set(Object.values(manifest.parts).flat())) {
  const small = join(work, `${file}.wasm`);
  optimise(join(split, `${file}.wasm`), small);
  if (readFileSync(small).length < 8) throw new Error(`site: ${file}.wasm is empty; was another build at work in ${work}?`);
  const name = `${file.replace(/^split_/, "")}-${hash(readFileSync(small))}.wasm`;
  renameSync(small, join(work, "pkg", name));
  link = link.replaceAll(`"./${file}.wasm"`, `"./${name}"`);
  for (const part of Object.values(manifest.parts)) part.splice(0, part.length, ...part.map((other) => (other === file ? name : other)));
}
writeFileSync(join(bindgen, "__wasm_split.js"), link);
// wasm-bindgen imports the same script once a function, and would keep the last: one import has them all.
const glue = join(bindgen, "holdfast.js");
const again = /^ *"\.\/__wasm_split\.js": import\d+,\n/gm;
let seen = 0;
writeFileSync(glue, readFileSync(glue, "utf8").replace(again, (line) => (seen++ === 0 ? line : "")));
run(bin("esbuild"), ["--bundle", "--minify", "--format=esm", "--target=esnext", "--log-level=warning", `--outfile=${join(work, "pkg", "holdfast.js")}`, glue]);
run(bin("lightningcss"), ["--minify", "--bundle", "--targets", "defaults and fully supports es6-module", "style/main.css", "-o", join(work, "pkg", "holdfast.css")]);

// The fonts first: the style sheet names them. Letters beyond Latin-1 are in a file of their own, fetched where a name needs it.
const font = readFileSync("node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2");
manifest.font = `inter-${hash(font)}.woff2`;
writeFileSync(join(work, "pkg", manifest.font), font);
const css = join(work, "pkg", "holdfast.css");
const further = readFileSync("node_modules/@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2");
const furtherName = `inter-ext-${hash(further)}.woff2`;
writeFileSync(join(work, "pkg", furtherName), further);
writeFileSync(css, readFileSync(css, "utf8").replaceAll("inter.woff2", manifest.font).replaceAll("inter-ext.woff2", furtherName));

for (const kind of ["css", "wasm", "js"]) {
  const plain = join(work, "pkg", `holdfast.${kind}`);
  const bytes = readFileSync(plain);
  manifest[kind] = `holdfast-${hash(bytes)}.${kind}`;
  renameSync(plain, join(work, "pkg", manifest[kind]));
}
manifest.build = hash(Buffer.from(JSON.stringify(manifest)));

const sizes = {};
for (const name of readdirSync(join(work, "pkg"))) {
  if (name.endsWith(".woff2")) continue;
  const bytes = readFileSync(join(work, "pkg", name));
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(join(work, "pkg", `${name}.br`), packed);
  sizes[name] = packed.length;
  console.log(`site: ${name}  ${bytes.length} bytes, ${packed.length} brotli`);
}
const sum = (names) => names.reduce((total, name) => total + sizes[name], 0) / 1024;
const everywhere = [manifest.js, manifest.wasm, manifest.css];
for (const [part, files] of Object.entries(manifest.parts)) console.log(`site: a first visit to ${part}: js + wasm + css ${sum([...everywhere, ...files]).toFixed(1)} KiB brotli`);
console.log(`site: all of it ${sum(Object.keys(sizes)).toFixed(1)} KiB; font ${(font.length / 1024).toFixed(1)} KiB`);
// What nobody has yet paid for, the sign-in, is the first that a newcomer waits for.
if (sum([...everywhere, ...manifest.parts.entry]) > 350) {
  console.error("site: the first visit is larger than 350 KiB");
  process.exit(1);
}
writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
for (const name of existsSync("style/static") ? readdirSync("style/static") : []) copyFileSync(join("style/static", name), join(work, name));
for (const folder of [bindgen, split]) rmSync(folder, { recursive: true });
rmSync("site", { recursive: true, force: true });
renameSync(work, "site");
