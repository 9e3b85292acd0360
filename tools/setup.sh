#!/usr/bin/env bash
# Installs what is missing and skips what is there.  tools/setup.sh build | tests | bench
set -euo pipefail
cd "$(dirname "$0")/.."
cache="$HOME/.cache/holdfast"
wasm_split=0.2.4
wasm_bindgen=$(sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)

say() { printf 'setup: %s\n' "$*"; }

# A tool of the browser build, compiled once. Found again by cargo's own list.
tool() {
  local crate=$1 version=$2
  shift 2
  grep -qs "^\"$crate $version " "$cache/tools/.crates.toml" && return
  say "building $crate $version (a minute or two, once)"
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    RUSTFLAGS='' CARGO_TARGET_DIR="$cache/tools-target" \
    cargo install "$crate" --version "$version" --locked --quiet --root "$cache/tools" "$@"
  rm -rf "$cache/tools-target"
}

build() {
  command -v cargo >/dev/null || { say "Rust is missing: install it with rustup (https://rustup.rs), then run make again"; exit 1; }
  command -v npm >/dev/null || { say "Node 20 with npm is missing: install it, then run make again"; exit 1; }
  if ! ls "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" >/dev/null 2>&1; then
    say "adding the wasm target"
    rustup target add wasm32-unknown-unknown
  fi
  for part in cargo-fmt cargo-clippy; do
    command -v "$part" >/dev/null || rustup component add "${part#cargo-}" || rustup component add rustfmt
  done
  tool wasm-bindgen-cli "$wasm_bindgen"
  tool wasm_split_cli_support "$wasm_split" --features build-binary
  if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    say "installing npm packages"
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
  fi
}

tests() {
  local missing=()
  local -A wanted=([chromium]=chromium [restic]=restic [borg]=borgbackup [borgmatic]=borgmatic [rclone]=rclone [curl]=curl [openssl]=openssl [qpdf]=qpdf [pdftotext]=poppler-utils [fc-list]=fontconfig)
  for command in "${!wanted[@]}"; do
    command -v "$command" >/dev/null || missing+=("${wanted[$command]}")
  done
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
  # The made-up fleet has clients in Korea, Japan and elsewhere: without letters for them, pictures show boxes. The smallest package
  # that holds Chinese, Japanese and Korean.
  for language in zh-cn ja ko; do
    [ -n "$(fc-list ":lang=$language" family 2>/dev/null)" ] || { missing+=(fonts-wqy-microhei); break; }
  done
  # A machine that has another mail server keeps it: the one test with postfix is left out there.
  [ -e /usr/sbin/postfix ] || [ -e /usr/sbin/sendmail ] || missing+=(postfix)
  if [ ${#missing[@]} -gt 0 ]; then
    say "installing Debian packages: ${missing[*]}"
    local sudo=''
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    # Without settings of its own it doesn't start: the tests start one with theirs.
    echo 'postfix postfix/main_mailer_type select No configuration' | $sudo debconf-set-selections
    # The package's own cluster is not wanted: the tests start private ones.
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

# Large, and only measured with: they live beside the other tools, not among the packages of the tests.
bench() {
  if [ ! -x "$cache/weasyprint/bin/weasyprint" ]; then
    say "installing WeasyPrint"
    python3 -m venv "$cache/weasyprint"
    "$cache/weasyprint/bin/pip" install --quiet weasyprint
  fi
  local version=12.8.2
  grep -qs "\"version\": \"$version\"" "$cache/lighthouse/node_modules/lighthouse/package.json" && return
  say "installing Lighthouse $version"
  mkdir -p "$cache/lighthouse"
  [ -f "$cache/lighthouse/package.json" ] || echo '{ "private": true }' >"$cache/lighthouse/package.json"
  npm install --prefix "$cache/lighthouse" --ignore-scripts --no-audit --no-fund --loglevel=error "lighthouse@$version"
}

case "${1:-build}" in
  build) build ;;
  tests) tests ;;
  bench) bench ;;
  *) echo "usage: tools/setup.sh build|tests|bench" >&2; exit 2 ;;
esac
