#!/bin/sh
# Builds the Python package and runs its tests: pytest, the stubs against the binary, and the types.
# Needs Rust, Python 3.10 or newer with venv, and a package index. What it installs stays in target/venv.
set -eu
cd "$(dirname "$0")"
venv=${REFMARK_TEST_VENV:-../target/venv}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
venv=$(cd "$venv" && pwd)
if ! cmp -s requirements-test.txt "$venv/requirements-test.txt"; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements-test.txt
    cp requirements-test.txt "$venv/requirements-test.txt"
fi
PATH="$venv/bin:$PATH"
VIRTUAL_ENV="$venv"
export PATH VIRTUAL_ENV
maturin develop --quiet --profile dev
python -m pytest -n 2 "$@"
python -m mypy.stubtest refmark._native
python -m mypy
python -m pyright
python ../docs/python-api.py --check
