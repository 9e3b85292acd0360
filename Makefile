# Holdfast. `make run` starts the portal, `make test` proves it; both install what they miss. See README.md.

CACHE            := $(HOME)/.cache/holdfast
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR
export PATH      := $(CACHE)/tools/bin:$(PATH)

FRONTEND := $(CARGO_TARGET_DIR)/wasm32-unknown-unknown/wasm-release/frontend.wasm
HOST     := --workspace --exclude frontend

# The agent is static where musl is at hand (Debian: musl-tools; rustup target add x86_64-unknown-linux-musl), else it needs libc.
MUSL     := x86_64-unknown-linux-musl
STATIC   := $(shell command -v musl-gcc >/dev/null && test -d "$$(rustc --print sysroot)/lib/rustlib/$(MUSL)" && echo $(MUSL))

.PHONY: run demo test check build bench browser setup setup-tests format clean

run: browser                      ## build and start the portal on the embedded SQLite
	cargo build -p server
	$(CARGO_TARGET_DIR)/debug/holdfast serve

demo: browser                     ## fill a made-up fleet with 400 days of history, and serve it; DEMO="--speed 60" moves it faster
	cargo build -p server
	$(CARGO_TARGET_DIR)/debug/holdfast demo --data data/demo $(DEMO)

test: setup-tests browser         ## every suite: unit, property, both stores, HTTP, browser
	tools/test.sh

check: setup                      ## format, lints for server and browser builds, CSS and test lints
	cargo fmt --all --check
	cargo clippy $(HOST) --all-targets -- -D warnings
	cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
	npx stylelint 'style/**/*.css'
	npx tsc --noEmit -p end2end

build: browser                    ## dist/holdfast and dist/holdfast-agent
	cargo build -p server --release
	cargo build -p agent --profile agent-release $(if $(STATIC),--target $(STATIC))
	mkdir -p dist
	cp $(CARGO_TARGET_DIR)/release/holdfast $(CARGO_TARGET_DIR)/$(if $(STATIC),$(STATIC)/)agent-release/holdfast-agent dist/
	ls -l dist

bench: setup-tests build          ## the numbers, median of five
	tools/bench.sh

browser: setup                    ## site/: what the browser gets
	cargo build -p frontend --target wasm32-unknown-unknown --profile wasm-release
	@if [ ! -f site/manifest.json ] || [ -n "$$(find $(FRONTEND) style tools/site.mjs package-lock.json -newer site/manifest.json -print -quit)" ]; then node tools/site.mjs $(FRONTEND); fi

setup:                            ## what a build needs: wasm target, wasm-bindgen, npm packages
	@tools/setup.sh build

setup-tests: setup                ## what the tests need besides: Chromium, PostgreSQL, restic, borg, borgmatic, rclone
	@tools/setup.sh tests

format:
	cargo fmt --all

clean:
	rm -rf site dist target-site
