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


echo "== two thousand open streams, 500 events/s"
HOLDFAST_BINARY="$PWD/dist/holdfast" cargo run --quiet --release -p server --example bench_streams

echo "== Devices, rendered by the server, 20 requests/s; fills fleets of 10,000 and 100,000 devices first"
for store in sqlite postgres; do
  for fleet in "10000 100 60" "100000 1000 40"; do
    # shellcheck disable=SC2086
    HOLDFAST_TEST_FSYNC=on HOLDFAST_BINARY="$PWD/dist/holdfast" cargo run --quiet --release -p server --example bench_page -- $store $fleet 30
  done
done

echo "== SaaS dashboards, rendered by the server, 20 requests/s, with 10,000 organizations and 1,000,000 accounts in the store"
for store in sqlite postgres; do
  HOLDFAST_TEST_FSYNC=on HOLDFAST_BINARY="$PWD/dist/holdfast" cargo run --quiet --release -p server --example bench_saas -- $store 10000 1000000 30
done

echo "== Alerts, rendered by the server, 20 requests/s, with 100,000 alerts in the store"
for store in sqlite postgres; do
  HOLDFAST_TEST_FSYNC=on HOLDFAST_BINARY="$PWD/dist/holdfast" cargo run --quiet --release -p server --example bench_alerts -- $store 100000 30
done

echo "== time passing in a fleet of 1,000,000 devices"
for store in sqlite postgres; do
  HOLDFAST_TEST_FSYNC=on HOLDFAST_BINARY="$PWD/dist/holdfast" cargo run --quiet --release -p server --example bench_reconcile -- $store 1000000 10000 10
done

echo "== Backup Summary Reports: PDFs, beside other ways to make them"
tools/setup.sh bench
cargo run --quiet --release -p paper --example bench_paper
tools/bench_print.py

echo "== the monthly run of reports of 1,000 organizations with 20 accounts each, and the list of devices meanwhile"
for store in sqlite postgres; do
  HOLDFAST_TEST_FSYNC=on HOLDFAST_BINARY="$PWD/dist/holdfast" HOLDFAST_REPORTS_FROM="$(date -d "$(date +%Y-%m-01) -1 month" +%Y-%m)" \
    cargo run --quiet --release -p server --example bench_monthly -- $store 1000 20000 60
done

echo "== Lighthouse on the demo fleet"
tools/setup.sh bench
folder=$(mktemp -d)
trap 'kill "$demo" 2>/dev/null; rm -rf "$folder"' EXIT
export HOLDFAST_DATA="$folder" HOLDFAST_LISTEN=127.0.0.1:3955 HOLDFAST_SIGN_IN_RATE=1000
dist/holdfast demo --fill-only
dist/holdfast demo 2>/dev/null &
demo=$!
until curl -fsS -o /dev/null http://127.0.0.1:3955/readyz; do sleep 0.5; done
echo "in memory with the demo fleet, MiB"
node end2end/bench/memory.mjs http://127.0.0.1:3955 lena.brandt@example.com holdfast-demo "$demo"
node end2end/bench/lighthouse.mjs http://127.0.0.1:3955 lena.brandt@example.com holdfast-demo "$runs" || true
