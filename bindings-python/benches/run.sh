#!/bin/sh
# Measures the package, built for release, beside its peers, in an environment of its own; writes the table into
# docs/python.md. Needs Rust, Python 3.10 or newer and a package index. What it installs stays in target/venv-bench.
set -eu
cd "$(dirname "$0")/.."
. ./environment.sh
environment ../target/venv-bench benches/requirements.txt
pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 python benches/bench.py --into ../docs/python.md "$@"
