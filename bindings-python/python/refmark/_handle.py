"""The open registry, as every verb and a lock file hold it."""

from __future__ import annotations

from . import _native


class Handle:
    """What an open registry stands on."""

    __slots__ = ()

    _native: _native.Registry
