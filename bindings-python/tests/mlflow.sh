#!/bin/sh
# Runs the tests of the store on the lowest and a middle MLflow of the range that pyproject.toml declares; test.sh runs all of
# them on the newest. To be run by test.sh, with the package built into its environment: VIRTUAL_ENV names that.
set -eu
cd "$(dirname "$0")/.."
. ./environment.sh
built=$VIRTUAL_ENV
for requirements in requirements-mlflow-lowest.txt requirements-mlflow-middle.txt; do
    (
        folder=../target/venv-$(basename "$requirements" .txt)
        environment "$folder" "$requirements"
        # The same build: the native module lies beside the sources, and these files say where that is.
        cp -r "$built"/lib/python3*/site-packages/refmark* "$(echo "$folder"/lib/python3*/site-packages)"
        # MLflow's own stores of those versions differ from the newest in small things: the stories are told of ours.
        python -m pytest -n "${REFMARK_TEST_JOBS:-2}" -p no:cacheprovider -k "not sqlalchemy" \
            tests/test_mlflow_store.py tests/test_mlflow_names.py tests/test_mlflow_refusals.py tests/test_mlflow_flow.py
    )
done
