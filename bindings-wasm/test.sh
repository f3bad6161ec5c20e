#!/usr/bin/env bash
# Builds the browser's module and runs its tests: in Node, its types, and what must not be in it.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -q -p refmark-core --no-default-features >/dev/null
bindings-wasm/build.sh
npm --prefix bindings-wasm test --silent
cargo test -q -p refmark-wasm --test dependencies
