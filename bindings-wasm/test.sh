#!/usr/bin/env bash
# Builds the browser's module and runs its tests: in Node and in Chromium, beside the command line, its types, and what must
# not be in it.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v "${CHROMIUM:-chromium}" >/dev/null || {
  command -v apt-get >/dev/null || { echo "please install chromium" >&2; exit 1; }
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends chromium >&2
}
bindings-wasm/build.sh
cargo build -q -p refmark
npm --prefix bindings-wasm test --silent
cargo test -q -p refmark-wasm --test dependencies
# The pure floors by themselves, for the same target.
toolchain=$(scripts/wasm-toolchain.sh)
eval "$toolchain"
cargo check -q -p refmark-render -p refmark-scan -p refmark-pack --target wasm32-unknown-unknown
