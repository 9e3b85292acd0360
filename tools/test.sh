#!/usr/bin/env bash
# Runs every suite, goes on after a failure, and ends with one line over all of them: `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp -d)
# Who stops this stops the year as well.
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$log"' EXIT
passed=0 failed=0 red=0

# Adds up what `cargo test` or one of its programs has printed: count LOG STATUS
count() {
  local p f
  p=$(grep -E '^test result:' "$1" | sed -E 's/.* ([0-9]+) passed.*/\1/' | awk "{n += \$1} END {print n + 0}")
  f=$(grep -E '^test result:' "$1" | sed -E 's/.* ([0-9]+) failed.*/\1/' | awk "{n += \$1} END {print n + 0}")
  passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0}))
  if [ "$2" != 0 ]; then red=1; [ "${f:-0}" = 0 ] && failed=$((failed + 1)); fi
}

# The year on a driven clock takes as long as all the other tests together, on one core: it runs beside them.
rust() {
  cargo test --workspace --exclude frontend --tests --no-run 2>&1 | tee "$log/build"
  if [ "${PIPESTATUS[0]}" != 0 ]; then failed=$((failed + 1)); red=1; return 1; fi
  local year
  year=$(sed -nE 's/.*Executable tests\/engine\/main.rs \((.*)\)/\1/p' "$log/build")
  (cd server/engine && CARGO_MANIFEST_DIR=$PWD "$year" a_year --nocapture) >"$log/year" 2>&1 &
  local beside=$!
  cargo test --workspace --exclude frontend --tests --no-fail-fast -- --skip a_year 2>&1 | tee "$log/rust"
  count "$log/rust" "${PIPESTATUS[0]}"
  wait "$beside"
  local status=$?
  cat "$log/year"
  grep -q ' 1 passed' "$log/year" || status=1
  count "$log/year" "$status"
  return 0
}

browser() {
  # The binaries that the tests above were built with.
  npx playwright test -c end2end 2>&1 | tee "$log/browser"
  local status=${PIPESTATUS[0]}
  local p f
  p=$(sed -nE 's/^ +([0-9]+) passed.*/\1/p' "$log/browser" | tail -n 1)
  f=$(sed -nE 's/^ +([0-9]+) (failed|flaky|interrupted|did not run).*/\1/p' "$log/browser" | awk "{n += \$1} END {print n + 0}")
  passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0}))
  if [ "$status" != 0 ]; then red=1; [ "${f:-0}" = 0 ] && failed=$((failed + 1)); fi
}

rust && browser
echo
echo "$passed passed, $failed failed"
[ "$red" = 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
