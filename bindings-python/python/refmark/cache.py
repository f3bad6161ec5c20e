"""The folders that pulls without ``into`` left: how large they are, and which may go.

    import refmark.cache

    print(refmark.cache.info())
    refmark.cache.prune(max_bytes=20 << 30, keep=refmark.Lock("."))

Bytes that several folders share, such as all of an artifact and some of its files, lie there once.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable, NamedTuple, Union

from ._cache import cache_folder, stamp_of
from ._lock import Lock

__all__ = ["Cached", "Info", "info", "prune"]

#: What is kept: a lock file's pins, an artifact's id, or a value that has one, such as a version.
Keep = Union[Lock, str, Any]


class Cached(NamedTuple):
    """A folder of the cache."""

    #: The artifact's id.
    artifact: str
    #: The folder: all of the artifact, or the files that somebody asked for.
    path: Path
    #: Its bytes, those too that it shares with others.
    bytes: int
    #: When every byte of it was last hashed; ``None`` where nobody knows.
    hashed: datetime | None


class Info(NamedTuple):
    """What the cache holds."""

    #: Where it is.
    path: Path
    #: The folders, the longest unused first.
    folders: tuple[Cached, ...]
    #: The bytes on the disk: what folders share counts once.
    bytes: int


def info() -> Info:
    """What the cache holds. Nothing is hashed.

    Example::

        for folder in refmark.cache.info().folders:
            print(folder.artifact, folder.bytes, folder.hashed)
    """
    base = cache_folder() / "artifacts"
    seen: set[tuple[int, int]] = set()
    folders, total = [], 0
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        if path.name.startswith(".") or not path.is_dir():
            continue
        size = 0
        for file in _files(path):
            try:
                found = file.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            size += found.st_size
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                total += found.st_size
        folders.append(Cached(_artifact(path), path, size, _hashed(path)))
    never = datetime.fromtimestamp(0, timezone.utc)
    folders.sort(key=lambda it: it.hashed or never)
    return Info(cache_folder(), tuple(folders), total)


def prune(max_bytes: int = 0, *, keep: Keep | Iterable[Keep] = ()) -> tuple[Cached, ...]:
    """Removes folders, the longest unused first, until the cache has at most ``max_bytes``; gives what it removed.

    ``keep`` stays whatever its size: pins of a lock file, ids, or versions. A folder that somebody reads from goes on being
    readable to who has its files open, and is pulled again by the next.

    Example::

        refmark.cache.prune(max_bytes=20 << 30, keep=[refmark.Lock("."), reg.resolve("sentiment@champion")])
    """
    if max_bytes < 0:
        raise ValueError("max_bytes: a size is 0 or more")
    kept = _kept(keep)
    removed: list[Cached] = []
    while True:
        # What folders share is free only when the last of them goes: so it is counted again.
        now = info()
        victim = next((it for it in now.folders if it.artifact not in kept and it not in removed), None)
        if now.bytes <= max_bytes or victim is None:
            _forget_unshared()
            return tuple(removed)
        away = victim.path.with_name(f".{victim.path.name}.{os.getpid()}.away")
        os.rename(victim.path, away)
        stamp_of(victim.path).unlink(missing_ok=True)
        shutil.rmtree(away, onerror=_writable)
        _forget_unshared()
        removed.append(victim)


def _files(folder: Path) -> Iterable[Path]:
    return (Path(where) / name for where, _, names in os.walk(folder) for name in names)


def _artifact(path: Path) -> str:
    """The id in a folder's name: ``sha256-<hex>``, and for some of the files more."""
    return "-".join(path.name.split("-")[:2])


def _hashed(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(stamp_of(path).stat().st_mtime, timezone.utc)
    except FileNotFoundError:
        return None


def _kept(keep: Keep | Iterable[Keep]) -> set[str]:
    if isinstance(keep, (str, Lock)) or hasattr(keep, "artifact"):
        keep = (keep,)
    kept: set[str] = set()
    for it in keep:
        if isinstance(it, Lock):
            kept.update(str(pin["artifact"]) for pin in it.list())
        else:
            kept.add(str(getattr(it, "artifact", it)))
    return kept


def _forget_unshared() -> None:
    """Removes the blobs that no folder holds any more."""
    for file in _files(cache_folder() / "blobs"):
        try:
            if file.stat().st_nlink < 2:
                file.unlink()
        except FileNotFoundError:
            continue


def _writable(function: Any, path: str, _: Any) -> None:
    """A folder that somebody made read-only goes, too."""
    os.chmod(os.path.dirname(path), 0o755)
    function(path)
