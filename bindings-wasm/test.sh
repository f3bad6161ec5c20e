#!/usr/bin/env bash
# Builds the browser's module and runs its tests: in Node, its types, and what must not be in it.
set -euo pipefail
cd "$(dirname "$0")/.."
bindings-wasm/build.sh
npm --prefix bindings-wasm test --silent
cargo test -q -p refmark-wasm --test dependencies
# The pure floors by themselves, for the same target.
toolchain=$(scripts/wasm-toolchain.sh)
eval "$toolchain"
cargo check -q -p refmark-core --no-default-features --target wasm32-unknown-unknown
