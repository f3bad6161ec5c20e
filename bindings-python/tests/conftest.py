"""A world of its own for each test: home, key, cache, Git configuration."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import refmark

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home; nothing of the machine's configuration is read."""
    home = tmp_path / "home"
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("REFMARK_", "GIT_", "XDG_", "MLFLOW_")) or name == "SSH_AUTH_SOCK":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("REFMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    from refmark._verbs import sharing

    sharing._warned.clear()
    yield home


@pytest.fixture
def reg(tmp_path: Path) -> refmark.Registry:
    """An empty registry."""
    return refmark.init(tmp_path / "models")


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with a small model in it."""

    def make(name: str, text: str | None = None, **files: str) -> Path:
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"text": name if text is None else text}))
        (folder / "model.safetensors").write_bytes(safetensors({"w": [1.0, 2.0, float(len(name))]}))
        for file, content in files.items():
            (folder / file).write_text(content)
        return folder

    return make


@pytest.fixture
def two(reg: refmark.Registry, package: Callable[..., Path]) -> refmark.Registry:
    """A registry with two versions of `sentiment`, the second of which is champion."""
    reg.register("sentiment", package("one"), metrics={"f1": 0.89}, lineage={"training_run": "r1"}, owner="nlp")
    reg.register("sentiment", package("two"), metrics={"f1": 0.91}, lineage={"training_run": "r2"}, owner="nlp")
    reg.promote("sentiment@champion", 1, "first")
    reg.promote("sentiment@champion", 2, "+2 points of F1")
    return reg


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, without a row."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    SqlAlchemyStore(f"sqlite:///{path}")._dispose_engine()
    return path


@pytest.fixture(params=["refmark", "sqlalchemy"])
def store(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> Any:
    """Both stores: what a test says of one must hold for the other."""
    if request.param == "sqlalchemy":
        from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

        # Making MLflow's tables takes seconds: once, then copied.
        shutil.copy(empty_database, tmp_path / "mlflow.db")
        return SqlAlchemyStore(f"sqlite:///{tmp_path / 'mlflow.db'}")
    from refmark.mlflow.store import RefmarkStore

    reg = refmark.init(tmp_path / "models")
    return RefmarkStore(f"refmark://{reg.path}")


def safetensors(tensors: dict[str, list[float]]) -> bytes:
    """A small file in the safetensors format."""
    header, body = {}, b""
    for name, values in tensors.items():
        data = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def blob_of(reg: refmark.Registry, sha256: str) -> Path:
    """Where a blob lies in the store."""
    return reg.path / "refmark" / "blobs" / sha256[:2] / sha256[2:4] / sha256
