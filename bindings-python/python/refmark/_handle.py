"""The open registry, as every verb and a lock file hold it."""

from __future__ import annotations

from typing import TypeVar

from . import _native

SameHandle = TypeVar("SameHandle", bound="Handle")


class Handle:
    """What an open registry stands on."""

    __slots__ = ()

    _native: _native.Registry

    def _proposing(self: SameHandle, branch: str | None) -> SameHandle:
        """The same registry, on which every change is proposed in place of made."""
        handle = type(self).__new__(type(self))
        handle._native = self._native.proposing(branch)
        return handle
