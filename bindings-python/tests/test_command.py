"""The command that comes with the Python package: an importer, and the way to the whole command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import refmark
from refmark.__main__ import main


def test_a_registry_of_mlflows_is_brought_over_from_a_shell(
    reg: refmark.Registry, tmp_path: Path, empty_database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    (tmp_path / "weights.bin").write_bytes(b"\x801")
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    store = SqlAlchemyStore(f"sqlite:///{tmp_path / 'mlflow.db'}")
    store.create_registered_model("sentiment")
    store.create_model_version("sentiment", str(tmp_path / "weights.bin"))
    store._dispose_engine()
    here = ["-R", str(reg.path)]
    assert main([*here, "import", "mlflow", str(tmp_path / "mlflow.db"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"models": 1, "versions": 1, "without_files": [], "gaps": 0, "renamed": {}}
    assert reg.show("sentiment/1").trust == "quarantined", "nobody used it in MLflow"
    reg.transition("sentiment/1", "trusted", "trained here")
    assert (reg.pull("sentiment/1") / "weights.bin").read_bytes() == b"\x801"
    assert main(["import", "mlflow", f"sqlite:///{tmp_path / 'mlflow.db'}", *here]) == 0
    assert "0 models and 0 versions" in capsys.readouterr().out, "nothing is new there"
    other = refmark.init(tmp_path / "other")
    other.announce("sentiment")
    status = main(["import", "mlflow", str(tmp_path / "mlflow.db"), "-R", str(other.path), "--json"])
    said = json.loads(capsys.readouterr().out)["error"]
    assert (status, said["code"]) == (next(status for code, _, status in _codes() if code == "exists"), "exists")
    assert main(["import", "mlflow", str(tmp_path / "nowhere"), *here]) != 0
    assert "holds no registry of MLflow" in capsys.readouterr().err


def _codes() -> list[tuple[str, str, int]]:
    from refmark import _native

    return _native.codes()


def test_any_other_command_is_run_by_the_whole_command_where_it_is_installed(tmp_path: Path) -> None:
    script = [sys.executable, "-m", "refmark", "list", "sentiment"]
    environment = {**os.environ, "PATH": str(tmp_path)}
    alone = subprocess.run(script, env=environment, capture_output=True, text=True)
    assert alone.returncode == 2 and "refmark import mlflow" in alone.stderr and "cargo install" in alone.stderr
    whole = tmp_path / "refmark"
    whole.write_text('#!/bin/sh\necho "whole: $*"\nexit 7\n')
    whole.chmod(0o755)
    done = subprocess.run(script, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (7, "whole: list sentiment\n")


def test_the_command_that_a_wheel_brings_goes_before_any_other(tmp_path: Path) -> None:
    package = tmp_path / "site" / "refmark"
    package.mkdir(parents=True)
    for it in Path(refmark.__file__).parent.iterdir():
        (package / it.name).symlink_to(it)
    (package / "bin").mkdir()
    for folder, said in ((package / "bin", "brought"), (tmp_path, "along PATH")):
        (folder / "refmark").write_text(f'#!/bin/sh\necho "{said}: $*, $REFMARK_PYTHON"\nexit 7\n')
        (folder / "refmark").chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(package.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "refmark", "import", "hub", "x"], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (7, f"brought: import hub x, {sys.executable}\n")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0 and refmark.__version__ in capsys.readouterr().out
