#!/bin/sh
# Builds the whole command into the package's folder, so that the wheel brings it. Needs Rust.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked --package refmark
bin=bindings-python/python/refmark/bin
mkdir -p "$bin"
for built in "${CARGO_TARGET_DIR:-target}"/release/refmark "${CARGO_TARGET_DIR:-target}"/release/refmark.exe; do
    if [ -f "$built" ]; then cp "$built" "$bin/"; fi
done
