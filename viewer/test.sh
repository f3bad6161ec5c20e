#!/usr/bin/env bash
# Builds the viewer and tries it: units in Node, then every screen in the machine's own Chromium.
# `viewer/test.sh fresh` builds the browser's module again, too. Pictures of every screen are left in viewer/shots.
set -euo pipefail
cd "$(dirname "$0")"
command -v "${CHROMIUM:-chromium}" >/dev/null || {
  command -v apt-get >/dev/null || { echo "please install chromium" >&2; exit 1; }
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends chromium >&2
}
./build.sh "$@"
(cd .. && cargo build -q -p refmark)
node --import ./tests/unit/typescript.mjs --test tests/unit/*.test.mjs
node --test tests/pages/*.test.mjs
