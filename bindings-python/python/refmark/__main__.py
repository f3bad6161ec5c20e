"""The command ``refmark`` where only the Python package is: importers, and the way to the whole command.

``refmark import mlflow PATH|URI`` runs here, because MLflow reads its own registries best. Everything else is the command
that comes with Rust; where it is installed, it is run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
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
    if "import" not in given[:4]:
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
    """Becomes the command that comes with Rust."""
    own = os.path.dirname(os.path.abspath(sys.argv[0]))
    elsewhere = [it for it in os.get_exec_path() if os.path.abspath(it) != own]
    found = shutil.which("refmark", path=os.pathsep.join(elsewhere))
    if found is not None:
        os.execv(found, [found, *given])
    print(
        f"This is refmark's Python package. It has\n  {USAGE}\n"
        "The whole command comes with Rust: cargo install --path cli, in refmark's repository.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
