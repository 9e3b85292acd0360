#!/usr/bin/env bash
# Runs every suite, goes on after a failure, and ends with one line over all of them: `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 red=0

rust() {
  cargo test --workspace --exclude frontend --tests --no-fail-fast 2>&1 | tee "$log/rust"
  local status=${PIPESTATUS[0]}
  local p f
  p=$(grep -E '^test result:' "$log/rust" | sed -E 's/.* ([0-9]+) passed.*/\1/' | awk "{n += \$1} END {print n + 0}")
  f=$(grep -E '^test result:' "$log/rust" | sed -E 's/.* ([0-9]+) failed.*/\1/' | awk "{n += \$1} END {print n + 0}")
  passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0}))
  if [ "$status" != 0 ]; then red=1; [ "${f:-0}" = 0 ] && failed=$((failed + 1)); fi
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

rust
browser
echo
echo "$passed passed, $failed failed"
[ "$red" = 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
