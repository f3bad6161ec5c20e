"""Where pulled folders lie, by the artifact's id: several processes may share it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Sequence

from .errors import ExistsError, IntegrityError


def cache_folder() -> Path:
    """Where pulled folders lie: ``REFMARK_CACHE``, else the user's cache folder."""
    named = os.environ.get("REFMARK_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "refmark"


def cached(artifact: str, files: Sequence[str]) -> Path:
    """The folder of an artifact, or of some of its files."""
    name = artifact
    if files:
        import hashlib

        name += "-" + hashlib.sha256("\0".join(sorted(files)).encode()).hexdigest()[:12]
    folder = cache_folder() / "artifacts" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def pulled_into_cache(folder: Path, pull: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a pull into a folder of the cache gives. Whoever changed that folder, the bytes are not what was promised."""
    try:
        return pull()
    except ExistsError as error:
        raise IntegrityError(
            f"the cache was altered: {error.message}",
            code="damaged",
            hint=f"remove {folder}, and pull again",
            fields=error.fields,
            exit_status=4,
        ) from None
