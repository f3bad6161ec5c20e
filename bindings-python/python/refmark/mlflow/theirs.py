"""Another registry of MLflow's, read through MLflow's own stores."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import Any, Iterator
from urllib.parse import urlsplit

from .. import errors
from . import sources

_DELETED = re.compile(r"version-([0-9]+)")


class Theirs:
    """A store of MLflow's, and what its methods do not tell: the highest number that a model ever gave."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def highest(self, model: str) -> int:
        """The highest number that a model gave, deleted ones too, where the store still knows; else 0."""
        return 0

    @staticmethod
    @contextmanager
    def at(location: str) -> Iterator[Theirs]:
        """The store at a location."""
        scheme = urlsplit(location).scheme
        if scheme in ("", "file") and os.path.isfile(sources.local_path(location)):
            location, scheme = f"sqlite:///{os.path.abspath(sources.local_path(location))}", "sqlite"
        if scheme in ("", "file"):
            with _files(sources.local_path(location)) as files:
                yield files
            return
        from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore(location)
        try:
            yield _Sql(store)
        finally:
            store.engine.dispose()


class _Sql(Theirs):
    """In SQL a deleted version keeps its row."""

    def highest(self, model: str) -> int:
        from sqlalchemy import text

        with self.store.engine.connect() as connection:
            found = connection.execute(text("SELECT MAX(version) FROM model_versions WHERE name = :name"), {"name": model})
            return int(found.scalar() or 0)


class _Files(Theirs):
    """In files a deleted version keeps its folder."""

    def __init__(self, store: Any, folder: str) -> None:
        super().__init__(store)
        self._models = os.path.join(folder, "models")

    def highest(self, model: str) -> int:
        folder = os.path.join(self._models, model)
        found = [_DELETED.fullmatch(it) for it in os.listdir(folder)] if os.path.isdir(folder) else []
        return max((int(it.group(1)) for it in found if it is not None), default=0)


@contextmanager
def _files(folder: str) -> Iterator[Theirs]:
    from mlflow.store.model_registry.file_store import FileStore

    # MLflow refuses to read its own files without this.
    allowed = "MLFLOW_ALLOW_FILE_STORE"
    before = os.environ.get(allowed)
    os.environ[allowed] = "true"
    try:
        if not os.path.isdir(os.path.join(folder, "models")):
            raise errors.NotFoundError(
                f"{folder} holds no registry of MLflow's", code="not-found", hint="name the folder above models/"
            )
        yield _Files(FileStore(folder), folder)
    finally:
        if before is None:
            del os.environ[allowed]
        else:
            os.environ[allowed] = before
