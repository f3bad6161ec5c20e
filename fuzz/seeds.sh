#!/usr/bin/env bash
# Fills fuzz/corpus with what the tests know: vectors, hostile registries, and a registry of this machine's own making.
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=fuzz/corpus
for target in documents inspect keys lock manifest names pack policy private_keys record remembered sshsig text; do
  mkdir -p "$corpus/$target"
done
add() { head -c 262144 "$2" >"$corpus/$1/$(sha256sum "$2" | head -c 16)"; }

for file in tests/vectors/inspect/*/*; do
  case $file in *expected.json) ;; *) add inspect "$file" ;; esac
done
for file in tests/vectors/signature/*.json; do add sshsig "$file"; add keys "$file"; done
for bundle in tests/attacks/*/registry.bundle; do
  { printf '\002'; cat "$bundle"; } >"$corpus/pack/$(sha256sum "$bundle" | head -c 16)"
done
# One registry's own files, as they lie in its history.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for attack in forged-move policy-by-a-member two-authors laundering approval-by-an-agent; do
  git clone --quiet --no-checkout "tests/attacks/$attack/registry.bundle" "$work/$attack" 2>/dev/null || continue
  git -C "$work/$attack" log --all --name-only --diff-filter=A --format=%H | awk 'NF' | while read -r line; do
    case $line in
      */manifest.json) target=manifest ;;
      */contract.json | */lineage.json | */evaluation-card.json) target=documents ;;
      */model-card.md) target=text ;;
      *.json) target=record ;;
      *.toml) target=policy ;;
      *) commit=$line; continue ;;
    esac
    git -C "$work/$attack" show "$commit:$line" >"$work/one" 2>/dev/null && add "$target" "$work/one"
    printf '%s' "$line" >"$corpus/names/$(printf '%s' "$line" | sha256sum | head -c 16)"
  done
done
ssh-keygen -q -t ed25519 -N '' -C seed -f "$work/key"
sed '1s/^-----BEGIN //' "$work/key" >"$corpus/private_keys/openssh"
cp "$work/key.pub" "$corpus/keys/openssh"
find "$corpus" -type f | wc -l
