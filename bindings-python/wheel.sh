#!/bin/sh
# Builds the wheel for this platform (one for every Python from 3.10 on) and the source distribution, into target/wheels.
# Needs Rust, Python 3.10 or newer and a package index.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
environment ../target/venv-build requirements-build.txt
sh command.sh
maturin build --release --sdist --out ../target/wheels "$@"
