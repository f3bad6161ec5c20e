"""What an import brought over."""

from __future__ import annotations

from typing import NamedTuple


class Imported(NamedTuple):
    """What was brought over."""

    #: How many models.
    models: int
    #: How many versions, with their files.
    versions: int
    #: The versions whose files could not be read: ``MODEL/VERSION``.
    without_files: tuple[str, ...]
    #: How many numbers were given up in MLflow and stay empty here too.
    gaps: int
