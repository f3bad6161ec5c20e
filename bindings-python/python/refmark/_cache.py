"""Where pulled folders lie, by the artifact's id: several processes may share it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Sequence

from .errors import ExistsError, IntegrityError, StorageError


def cache_folder() -> Path:
    """Where pulled folders lie: ``REFMARK_CACHE``, else the user's cache folder."""
    named = os.environ.get("REFMARK_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(os.path.expanduser("~")) / ".cache") / "refmark"


def cached(artifact: str, files: Sequence[str]) -> Path:
    """The folder of an artifact, or of some of its files."""
    name = artifact
    if files:
        import hashlib

        name += "-" + hashlib.sha256("\0".join(sorted(files)).encode()).hexdigest()[:12]
    folder = cache_folder() / "artifacts" / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the cache {cache_folder()} cannot be written: {error.strerror}",
            code="access-denied",
            hint="set REFMARK_CACHE to a folder that can, or say into=FOLDER",
        ) from error
    return folder


def stamp_of(folder: Path) -> Path:
    """The file whose time is when every byte of a folder was last hashed."""
    return folder.with_name(f".{folder.name}.hashed")


def _share(folder: Path, files: Sequence[dict[str, Any]]) -> None:
    """Keeps each file's bytes once, whatever folders of the cache hold them, by hard links within the cache.

    The bytes in the folder were hashed just now; those that lie there already are hashed before they take their place.
    Where the disk knows no hard links, each folder keeps its own.
    """
    for it in files:
        file, blob = folder / it["path"], cache_folder() / "blobs" / it["sha256"][:2] / it["sha256"]
        try:
            if blob.exists() and blob.samefile(file):
                continue
            blob.parent.mkdir(parents=True, exist_ok=True)
            good = blob.exists() and _sha256(blob) == it["sha256"]
            source, target = (blob, file) if good else (file, blob)
            made = target.with_name(f".{target.name}.{os.getpid()}")
            made.unlink(missing_ok=True)
            os.link(source, made)
            os.replace(made, target)
        except OSError:
            return


def _sha256(path: Path) -> str:
    import hashlib

    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def pulled_into_cache(folder: Path, pull: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a pull into a folder of the cache gives. Whoever changed that folder, the bytes are not what was promised."""
    try:
        answer = pull()
        if not answer["was_there"]:
            _share(folder, answer["files"])
        stamp_of(folder).touch()
        return answer
    except ExistsError as error:
        raise IntegrityError(
            f"the cache was altered: {error.message}",
            code="damaged",
            hint=f"remove {folder}, and pull again",
            fields=error.fields,
            exit_status=4,
        ) from None
