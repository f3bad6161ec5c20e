#!/usr/bin/env bash
# Prints CHANGELOG.md's section of a version: `scripts/release-notes.sh 0.2.0`. Fails where the packages have another version,
# where the section is not there, and where it has no date yet.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: release-notes.sh VERSION}
packages=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
[ "$packages" = "$version" ] || { echo "the packages are $packages, not $version" >&2; exit 1; }
grep -Eq "^## ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" CHANGELOG.md ||
  { echo "CHANGELOG.md has no section of $version with a date" >&2; exit 1; }
awk -v start="## $version (" 'index($0, "## ") == 1 { on = index($0, start) == 1; next } on' CHANGELOG.md
