#!/bin/sh
# Builds the Python package and runs its tests: pytest, the stubs against the binary, and the types.
# Needs Rust, Python 3.10 or newer (PYTHON names another) and a package index. What it installs stays in target/venv.
set -eu
cd "$(dirname "$0")"
. ./environment.sh
environment "${REFMARK_TEST_VENV:-../target/venv}" requirements-test.txt
# No other part lints this crate: it is none of the workspace's default members.
cargo clippy --quiet --package refmark-python -- -D warnings
maturin develop --quiet --profile dev
# The tests write and sync a lot of small files; in memory that costs nothing.
if [ -z "${TMPDIR:-}" ] && [ -d /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'END {print $4}')" -gt 4000000 ]; then
    TMPDIR=$(mktemp -d /dev/shm/refmark-tests.XXXXXX)
    # One test drops root's rights, and must still get to its folder.
    chmod 711 "$TMPDIR"
    trap 'rm -rf "$TMPDIR"' EXIT
    export TMPDIR
fi
python -m pytest -n "${REFMARK_TEST_JOBS:-2}" "$@"
# A run of chosen tests is on the newest MLflow alone.
[ $# -gt 0 ] || sh tests/mlflow.sh
python -m mypy.stubtest --mypy-config-file pyproject.toml refmark._native
python -m mypy
python -m pyright
python ../docs/python-api.py --check
