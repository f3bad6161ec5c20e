#!/usr/bin/env bash
# Builds the viewer into viewer/dist: the module first where it is not there, then the pages. The command takes them in
# when it is built after that.
#
#   viewer/build.sh          needs cargo, node and npm; the rest is fetched once, at pinned versions
#   viewer/build.sh fresh    builds the module again, too
set -euo pipefail
cd "$(dirname "$0")"
if [ "${1:-}" = fresh ] || [ ! -f ../bindings-wasm/pkg/refmark_wasm_bg.wasm ]; then ../bindings-wasm/build.sh; fi
[ -x node_modules/.bin/vite ] || npm ci --no-audit --no-fund >&2
node_modules/.bin/tsc -p .
node build.mjs
node size.mjs
# A command that was built without a viewer looks for one again.
touch ../cli/build.rs
