"""The lock file of a project: what is pinned, and pulling it without a registry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable

from . import _native
from ._arguments import PathLike, TimeLike, how, time
from ._cache import cached, pulled_into_cache
from ._handle import Handle
from ._progress import ProgressLike, listener
from ._team import Answer, Pins
from ._values import Pulled, Resolved
from .errors import NotPinnedError


class Lock:
    """The ``refmark.lock`` of a project. Everything but ``update`` works without the registry."""

    __slots__ = ("_folder", "_native")

    def __init__(self, folder: PathLike, *, trust_root: PathLike | None = None) -> None:
        self._folder = Path(folder).expanduser()
        self._native = _native.Project(self._folder, trust_root)

    @property
    def path(self) -> Path:
        """The lock file."""
        return self._native.path

    def __repr__(self) -> str:
        return f"refmark.Lock({str(self._folder)!r})"

    def __reduce__(self) -> Any:
        return (Lock, (self._folder,))

    def list(self) -> Pins:
        """What is pinned.

        Example::

            for pin in refmark.Lock(".").list():
                print(pin.name, pin.version)
        """
        return Pins(self._native.list())

    def check(self, *, offline: bool = False) -> Pins:
        """What the pins come to: ``standing`` says whether each may still be used.

        Example::

            assert all(pin.standing == "current" for pin in refmark.Lock(".").check())
        """
        return Pins(self._native.check(offline))

    def resolve(self, name: str) -> Resolved:
        """What a name is pinned to. Nobody is asked.

        Raises `NotPinnedError` where nothing is pinned under that name.

        Example::

            refmark.Lock(".").resolve("sentiment").artifact
        """
        return self._resolved(name)

    def _resolved(self, name: str, at: TimeLike | None = None) -> Resolved:
        return Resolved.from_answer(self._native.resolve(name, time(at)))

    def remove(self, *names: str) -> Pins:
        """Takes pins away.

        Raises `NotPinnedError` for a name that is not pinned.

        Example::

            refmark.Lock(".").remove("sentiment")
        """
        return Pins(self._native.remove(list(names)))

    def sync(self, into: PathLike, *, frozen: bool = False, progress: ProgressLike = None) -> Pins:
        """Writes every pin to ``into/<name>/``: complete or not at all, every byte hashed.

        ``frozen``: a lock file that would change is an error. Raises `AbsentError` and `IntegrityError` as a pull does.

        Example::

            refmark.Lock(".").sync("models")
        """
        return Pins(self._native.sync(into, frozen, listener(progress)))

    def publish(self, registry: Handle, consumer: str, uri: str | None = None, *, gone: bool = False) -> Answer:
        """Tells the registry what this project pins, as ``consumer``: so that owners see who uses what.

        ``gone``: the project uses nothing any more.

        Raises `RefusedError` where the policy does not let you.

        Example::

            refmark.Lock(".").publish(reg, "my-service", "https://example.org/my-service")
        """
        return Answer(self._native.publish(registry._native, consumer, uri, gone))

    def pull(
        self,
        name: str,
        into: PathLike | None = None,
        *,
        files: str | Iterable[str] | None = None,
        hard_links: bool = False,
        progress: ProgressLike = None,
    ) -> Path:
        """Writes a pin's files to a folder, every byte hashed against the lock; gives the folder.

        Raises `NotPinnedError`, `AbsentError` where the bytes can be had from nowhere, and `IntegrityError` where they are not what was
        pinned.

        Example::

            folder = refmark.Lock(".").pull("sentiment", "model-live")
        """
        return self._pulled(name, into, how({"files": files, "hard_links": hard_links}), progress).path

    def pull_details(
        self, name: str, into: PathLike | None = None, *, progress: ProgressLike = None, **asked: Any
    ) -> Pulled:
        """:meth:`pull`, with what was handed out.

        Raises what :meth:`pull` does.

        Example::

            refmark.Lock(".").pull_details("sentiment").artifact
        """
        return self._pulled(name, into, how(asked), progress)

    def _pulled(self, name: str, into: PathLike | None, asked: dict[str, Any], progress: ProgressLike) -> Pulled:
        def pull(into: PathLike) -> dict[str, Any]:
            return self._native.pull(name, into, asked, listener(progress))

        if into is not None:
            return Pulled.from_answer({**pull(into), "path": into})
        folder = cached(Resolved.from_answer(self._native.resolve(name, asked["at"])).artifact, asked["include"])
        return Pulled.from_answer({**pulled_into_cache(folder, lambda: pull(folder)), "path": folder})

    def file(self, name: str, file: str | None = None) -> Path:
        """The path of one of a pin's files in a store of this machine, hashed now; never write to it.

        Raises `NotPinnedError`, `AbsentError` and `IntegrityError`.

        Example::

            weights = refmark.Lock(".").file("sentiment", "model.safetensors")
        """
        return self._file(name, file)

    def _file(self, name: str, file: str | None, at: TimeLike | None = None) -> Path:
        return self._native.path_of(name, file, time(at))


def nearest(folder: PathLike | None = None) -> Lock:
    """The lock file at or above a folder; the working folder's where none is given."""
    found = _native.find_lock(os.getcwd() if folder is None else folder)
    if found is None:
        raise NotPinnedError(
            "there is no refmark.lock here or above",
            code="not-pinned",
            hint='pin something: reg.pin("MODEL@ALIAS")',
        )
    return Lock(found)


def pull(
    name: str,
    into: PathLike | None = None,
    *,
    files: str | Iterable[str] | None = None,
    hard_links: bool = False,
    progress: ProgressLike = None,
) -> Path:
    """Pulls what ``refmark.lock`` pins under a name: offline, verified, as :meth:`Lock.pull` does.

    Raises `NotPinnedError` where there is no lock file or no such pin, and what :meth:`Lock.pull` does.

    Example::

        folder = refmark.pull("sentiment")
    """
    return nearest().pull(name, into, files=files, hard_links=hard_links, progress=progress)
