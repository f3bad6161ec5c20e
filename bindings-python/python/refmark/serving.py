"""For a service: loads exactly what the project's lock file pins, and says what it serves.

    from refmark.serving import Served

    served = Served("sentiment", project="/srv/app")
    model = load(served.path)            # every byte was hashed against refmark.lock

    @app.get("/info")
    def info():
        return served.info()             # what `refmark assert-served` asks for
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable

from ._arguments import PathLike
from ._lock import Lock, nearest
from .errors import IntegrityError

__all__ = ["Served"]


class Served:
    """A pinned version, loaded and verified: nothing is asked of the registry, and nothing moves while it is served.

    ``name`` is what ``refmark.lock`` calls it; ``project`` the folder of that lock file, without which the nearest one at or
    above the working folder is meant; ``into`` where the files shall lie, without which they lie in the cache; ``files``
    takes some of them. Raises `NotPinnedError` where nothing is pinned under that name, `AbsentError` where the bytes can be
    had from nowhere, and `IntegrityError` where they are not what was pinned.

    Example::

        served = Served("sentiment")
        print(served.info()["version"], served.path)
    """

    __slots__ = ("_name", "_pulled")

    def __init__(
        self,
        name: str,
        *,
        project: PathLike | None = None,
        into: PathLike | None = None,
        files: str | Iterable[str] | None = None,
    ) -> None:
        lock = nearest() if project is None else Lock(project)
        self._name = name
        self._pulled = lock.pull_details(name, into, files=files)

    @property
    def path(self) -> Path:
        """The folder of its files; every byte was hashed when this was made."""
        return self._pulled.path

    @property
    def artifact(self) -> str:
        """The artifact's id."""
        return self._pulled.artifact

    def file(self, name: str) -> Path:
        """The path of one of its files. Raises `KeyError` where it has none of that name.

        Example::

            weights = served.file("model.safetensors")
        """
        if not any(it.path == name for it in self._pulled.files):
            raise KeyError(f"{self._name} has no file {name}; it has {', '.join(it.path for it in self._pulled.files)}")
        return self._pulled.path / name

    def info(self, **more: Any) -> dict[str, Any]:
        """What a service answers under ``/info``: plain JSON, which ``refmark assert-served`` compares with what is approved.

        ``more`` is added to it. Never a path or a key.

        Example::

            served.info(framework="onnxruntime")
        """
        meant = self._pulled.resolved
        return {
            "name": self._name,
            "model": meant.model,
            "version": meant.version,
            "artifact": self._pulled.artifact,
            "files": [{"path": it.path, "size": it.size, "sha256": it.sha256} for it in self._pulled.files],
            **more,
        }

    def verify(self) -> None:
        """Hashes every file again, as a liveness probe may do. Raises `IntegrityError` for one that was changed or lost.

        Example::

            served.verify()
        """
        import hashlib

        for it in self._pulled.files:
            found = hashlib.sha256()
            path = self._pulled.path / it.path
            try:
                with open(path, "rb") as file:
                    while block := file.read(1 << 20):
                        found.update(block)
            except OSError as error:
                raise _damaged(it.path, str(error)) from error
            if found.hexdigest() != it.sha256:
                raise _damaged(it.path, f"expected {it.sha256}, found {found.hexdigest()}")

    def __repr__(self) -> str:
        meant = self._pulled.resolved
        return f"refmark.serving.Served({self._name!r}: {meant.model}/{meant.version})"


def _damaged(file: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{file} is not what was pinned: {why}",
        code="damaged",
        hint="stop serving it, remove the folder, and start again",
        fields={"file": file},
        exit_status=4,
    )
