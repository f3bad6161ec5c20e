"""What an import brought over."""

from __future__ import annotations

from typing import NamedTuple


class Imported(NamedTuple):
    """What was brought over."""

    #: How many models that were not here before.
    models: int
    #: How many versions that were not here before.
    versions: int
    #: The versions whose files could not be read: ``MODEL/VERSION``.
    without_files: tuple[str, ...]
    #: How many numbers were given up in MLflow and stay empty here too.
    gaps: int
    #: Names that cannot stand here as they were there, each with its name here. MLflow sees the old ones.
    renamed: dict[str, str] = {}
