"""The command ``refmark`` of the Python package.

A wheel brings the whole command; where it does not, one that comes with Rust is run. ``refmark import mlflow PATH|URI`` runs
here, because MLflow reads its own registries best.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from typing import NoReturn, Sequence

from . import _native, errors

USAGE = "refmark import mlflow [-R PATH] [--json] [-q] PATH|URI"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given in (["--version"], ["-V"]):
        print(f"refmark {_native.version()} (Python)")
        return 0
    words = given[:5]
    if "import" not in words or "mlflow" not in words[words.index("import") :]:
        return _whole_command(given)
    try:
        return _import(given)
    except errors.RefmarkError as error:
        return _said(error, "--json" in given)


def _import(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="refmark", usage=USAGE, description="Brings an MLflow registry over.")
    parser.add_argument("verb", choices=["import"], help=argparse.SUPPRESS)
    parser.add_argument("kind", choices=["mlflow"], help=argparse.SUPPRESS)
    parser.add_argument("location", metavar="PATH|URI", help="mlruns, mlflow.db, or a URI such as postgresql://…")
    parser.add_argument("-R", "--registry", metavar="PATH", help="the registry; refmark.open() finds it otherwise")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    asked = parser.parse_args(given)
    from ._importers import import_mlflow
    from ._registry import open as open_registry

    registry = open_registry(asked.registry)
    done = import_mlflow(asked.location, registry)
    if asked.json:
        print(json.dumps(done._asdict()))
    elif not asked.quiet:
        print(f"brought {done.models} models and {done.versions} versions over into {registry.path}")
        for there, here in done.renamed.items():
            print(f"{there} cannot be a name here, and is {here}; through MLflow it keeps its name")
        for reference in done.without_files:
            print(f"without its files, which could not be read: {reference}")
        print(f'to check every byte and signature: refmark.open("{registry.path}").verify()')
    return 0


def _said(error: errors.RefmarkError, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": error.to_dict()}))
    else:
        print(f"error: {error}", file=sys.stderr)
    return next((status for code, _, status in _native.codes() if code == error.code), 1)


def _whole_command(given: Sequence[str]) -> int | NoReturn:
    """Becomes the whole command: the one that the wheel brought, else one along ``PATH``."""
    own = os.path.dirname(os.path.abspath(sys.argv[0]))
    elsewhere = [it for it in os.get_exec_path() if os.path.abspath(it) != own]
    brought = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin")
    found = shutil.which("refmark", path=os.pathsep.join([brought, *elsewhere]))
    if found is not None:
        # Importers of MLflow's registries are run by this very Python.
        os.environ.setdefault("REFMARK_PYTHON", sys.executable)
        if os.name == "nt":
            return subprocess.call([found, *given])
        os.execv(found, [found, *given])
    print(
        f"This is refmark's Python package, which was built without the command. It has\n  {USAGE}\n"
        "The whole command comes with a wheel, or with Rust: cargo install --path cli, in refmark's repository.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
