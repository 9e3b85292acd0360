#!/usr/bin/env bash
# The numbers of README.md: median of five runs each, with the machine they were measured on. Not a test.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${RUNS:-5} seconds=${SECONDS_EACH:-5}
echo "machine: $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(awk '/MemTotal/ {printf "%d GiB", $2 / 1048576}' /proc/meminfo), $(uname -sr)"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"

echo "== assess, one core"
cargo run --quiet --release -p domain --features zones --example bench_assess

echo "== first visit"
node -e '
  const fs = require("fs"), size = (f) => fs.statSync("site/pkg/" + f).size;
  const files = fs.readdirSync("site/pkg").filter((f) => f.endsWith(".br"));
  for (const f of files) console.log(f, size(f));
  console.log("all:", (files.reduce((n, f) => n + size(f), 0) / 1024).toFixed(1), "KiB brotli");'

echo "== over HTTP: ingest on both stores, events/s and CPU per 1,000 events; post to stream"
HOLDFAST_TEST_FSYNC=on HOLDFAST_BINARY="$PWD/dist/holdfast" RUNS="$runs" cargo run --quiet --release -p server --example bench_http -- "$seconds"

echo "== acknowledged to changed cell in a browser, 500 events/s"
for _ in $(seq "$runs"); do HOLDFAST_BINARY="$PWD/dist/holdfast" node end2end/bench/cells.mjs "$seconds"; done
