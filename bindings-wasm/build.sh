#!/usr/bin/env bash
# Builds the npm package into bindings-wasm/pkg: one module, one set of types, entries for browsers, bundlers and Node.
#
#   bindings-wasm/build.sh          needs cargo, node and npm; the rest is fetched once, at pinned versions
#
# Ends with the module's size, and fails where it is over its budget.
set -euo pipefail
cd "$(dirname "$0")/.."

bindgen_version=$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' Cargo.toml)
tools=$PWD/target/wasm-tools
out=$PWD/bindings-wasm/pkg
# 640 KB. The aim is 430080 (420 KB): what is over it is mostly what reads and writes JSON and TOML as types, and the review's
# comparisons (of policies, settings, texts), which a reader in a browser needs as much as one in a terminal.
budget=${WASM_BUDGET:-655360}

# The command must be of the very version of the crate: the two share a private format. Built by this machine's own
# compiler, before the one for wasm is chosen.
bindgen=$tools/bin/wasm-bindgen
if [ "$("$bindgen" --version 2>/dev/null)" != "wasm-bindgen $bindgen_version" ]; then
  cargo install -q wasm-bindgen-cli --version "$bindgen_version" --root "$tools" --target-dir target/wasm-tools-build
fi
[ -x bindings-wasm/node_modules/.bin/wasm-opt ] || npm --prefix bindings-wasm ci --no-audit --no-fund >&2

toolchain=$(scripts/wasm-toolchain.sh)
eval "$toolchain"
# Neither this machine's folders in the module, nor other bytes from another checkout.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
RUSTFLAGS=${RUSTFLAGS:-}
for folder in "$registry"/*/; do RUSTFLAGS+=" --remap-path-prefix=$folder="; done
RUSTFLAGS+=" --remap-path-prefix=$PWD/="
export RUSTFLAGS
cargo build -q -p refmark-wasm --target wasm32-unknown-unknown --profile wasm
module=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/wasm/refmark_wasm.wasm

rm -rf "$out"
"$bindgen" --target web --remove-name-section --remove-producers-section --out-dir "$out" "$module"
cp bindings-wasm/js/* "$out/"
# `Symbol.dispose` is no part of ES2022: whoever has it uses it, and whoever has not has types without errors.
sed -i '/\[Symbol\.dispose\]/d' "$out/refmark_wasm.d.ts"
node bindings-wasm/types.mjs "$out/answers.d.ts"
cp bindings-wasm/README.md "$out/"
if [ -f LICENSE ]; then cp LICENSE "$out/"; fi
# Only passes that leave like code alike: `-Oz` makes the module smaller by 8 % and what goes over the wire larger by 10.
node bindings-wasm/node_modules/.bin/wasm-opt --strip-producers --duplicate-function-elimination \
  --optimize-instructions --precompute --remove-unused-brs --remove-unused-names --merge-blocks --vacuum \
  "$out/refmark_wasm_bg.wasm" -o "$out/optimised.wasm"
node bindings-wasm/size.mjs "$out" "$budget"
