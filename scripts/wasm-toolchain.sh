#!/usr/bin/env bash
# Makes `cargo build --target wasm32-unknown-unknown` work on this machine.
#
#   eval "$(scripts/wasm-toolchain.sh)"      prints `export` lines only; what it does goes to stderr
#   cargo build -p refmark-wasm --release --target wasm32-unknown-unknown
#
# Two ways, the first that works is taken; WASM_TOOLCHAIN=rustup or debian forces one:
#   rustup   the toolchain has the target already, or rustup can fetch it. Nothing else changes.
#   debian   rustup cannot fetch it. Debian's compiler (rustc-web), its source (rust-web-src) and the linker of its
#            LLVM (lld-NN) come by apt; std for wasm32 is compiled once, about a minute, into a sysroot of its own
#            under ${XDG_CACHE_HOME:-~/.cache}/refmark-wasm-sysroot. Later builds are plain `cargo build`: no
#            nightly, no -Zbuild-std, no RUSTC_BOOTSTRAP.
#
# `debian` needs root or the packages already there, and crates.io for the ten small crates that std itself uses.
set -euo pipefail

target=wasm32-unknown-unknown
way=${WASM_TOOLCHAIN:-auto}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/refmark-wasm-sysroot
debian_rustc=/usr/bin/rustc

log() { printf 'wasm-toolchain: %s\n' "$*" >&2; }
die() { log "$*"; exit 1; }

# ---- rustup

has_target() {
  local libs
  libs=$(rustc --print target-libdir --target "$target" 2>/dev/null) && compgen -G "$libs/libstd-*.rlib" >/dev/null
}

# The file is believed, not the exit status: some mirrors answer and deliver nothing.
try_rustup() {
  if has_target; then log "the toolchain has $target"; return; fi
  command -v rustup >/dev/null || return 1
  log "rustup target add $target (90 seconds at most)"
  timeout 90 rustup target add "$target" >&2 || return 1
  has_target
}

# ---- Debian

field() { "$debian_rustc" -vV | sed -n "s/^$1: //p"; }

sources() { echo "$("$debian_rustc" --print sysroot)/lib/rustlib/src/rust"; }

# The linker of the compiler's own LLVM, which the package lld-NN brings; Debian's plain `lld` is years too old.
llvm() { field 'LLVM version' | cut -d. -f1; }
linker() { echo "/usr/lib/llvm-$(llvm)/bin/lld"; }

have_debian() { [ -x "$debian_rustc" ] && [ -d "$(sources)/library/std" ] && [ -x "$(linker)" ]; }

apt_install() { apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >&2; }

install_debian() {
  if have_debian; then return; fi
  command -v apt-get >/dev/null || die "neither rustup nor apt can provide $target on this machine"
  log "apt-get install rustc-web rust-web-src and the linker of their LLVM"
  apt_install rustc-web rust-web-src || { apt-get update >&2 && apt_install rustc-web rust-web-src; } ||
    die "apt could not install rustc-web and rust-web-src; run this once as root"
  [ -x "$(linker)" ] || apt_install "lld-$(llvm)" || die "apt could not install lld-$(llvm)"
  have_debian || die "rustc-web, rust-web-src and lld-$(llvm) are installed, and $(linker) still is not there"
}

# embed-bitcode: so that an LTO build can use this std. The remap keeps this machine's folders out of the module.
build_std() {
  local at=$1 hash=$2
  mkdir -p "$at/seed/src"
  echo '#![no_std]' >"$at/seed/src/lib.rs"
  printf '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$at/seed/Cargo.toml"
  (
    cd "$at/seed"
    unset RUSTUP_TOOLCHAIN CARGO_BUILD_TARGET RUSTC_WRAPPER CARGO_ENCODED_RUSTFLAGS
    export RUSTC=$debian_rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$at/target
    RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$(sources)=/rustc/$hash"
    RUSTFLAGS+=" --remap-path-prefix=$(realpath "$(sources)")=/rustc/$hash --remap-path-prefix=$HOME/.cargo=/cargo"
    export RUSTFLAGS
    cargo build -q --release --target "$target" -Zbuild-std=std,panic_abort >&2
  )
}

# A sysroot: the libraries for wasm32 are ours, the host's (for build scripts and macros) are links to Debian's. rustc
# finds its sysroot from where its own library lies, so the compiler is a wrapper that names ours.
lay_out() {
  local at=$1 root=$2 host libs
  host=$(field host)
  libs=lib/rustlib/$target/lib
  mkdir -p "$at/root/bin" "$at/root/$libs" "$at/root/lib/rustlib/$host/bin"
  cp "$at/target/$target"/release/deps/*.rlib "$at/root/$libs/"
  rm -f "$at/root/$libs"/libseed*
  compgen -G "$at/root/$libs/libstd-*.rlib" >/dev/null || die "std for $target was not built"
  ln -s "$("$debian_rustc" --print target-libdir)" "$at/root/lib/rustlib/$host/lib"
  ln -s "$(linker)" "$at/root/lib/rustlib/$host/bin/rust-lld"
  printf '#!/bin/sh\nexec %s --sysroot "%s" "$@"\n' "$debian_rustc" "$root" >"$at/root/bin/rustc"
  chmod +x "$at/root/bin/rustc"
}

# Sets `root`. A newer rustc makes a new sysroot; of two builds at once, the second waits and finds it done.
make_sysroot() {
  install_debian
  local release hash
  release=$(field release)
  hash=$(field commit-hash)
  root=$cache/$release-${hash:0:9}
  mkdir -p "$cache"
  exec 9>"$cache/.lock"
  flock 9
  if [ -e "$root/.complete" ]; then log "using $root"; return; fi
  log "building std for $target with $("$debian_rustc" --version)"
  work=$(mktemp -d "$cache/.build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  build_std "$work" "$hash"
  lay_out "$work" "$root"
  touch "$work/root/.complete"
  rm -rf "$root"
  mv "$work/root" "$root"
  log "built $root"
}

use_rustup() { echo "export WASM_TOOLCHAIN_KIND=rustup"; }

# Another compiler, another target folder: the two do not rebuild each other's work.
use_debian() {
  make_sysroot
  echo "export WASM_TOOLCHAIN_KIND=debian"
  echo "export RUSTC='$root/bin/rustc'"
  echo 'export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target/debian-rustc}"'
}

case $way in
  rustup) try_rustup || die "rustup cannot provide $target"; use_rustup ;;
  debian) use_debian ;;
  auto) if try_rustup; then use_rustup; else use_debian; fi ;;
  *) die "WASM_TOOLCHAIN is auto, rustup or debian, not $way" ;;
esac
