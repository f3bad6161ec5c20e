"""The open registry, as every verb and a lock file hold it."""

from __future__ import annotations

import os
from typing import TypeVar

from . import _native

SameHandle = TypeVar("SameHandle", bound="Handle")


#: How many forks lie between this process and the one that imported the package.
_forks = 0
#: Handles of the parent: to free one might wait for a thread that is not here.
_parents: list[_native.Registry] = []


def _forked() -> None:
    global _forks
    _forks += 1
    _native.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_native.before_fork, after_in_parent=_native.after_fork_in_parent, after_in_child=_forked
    )


class Handle:
    """What an open registry stands on.

    A fork waits until other threads' work is done, so that no lock is held in the child for ever. The child opens the registry
    anew when it first asks for something: an index that was opened before a fork is not used after it.
    """

    __slots__ = ("_generation", "_made")

    @property
    def _native(self) -> _native.Registry:
        if self._generation != _forks:
            _parents.append(self._made)
            self._native = self._made.reopened()
        return self._made

    @_native.setter
    def _native(self, native: _native.Registry) -> None:
        self._made = native
        self._generation = _forks

    def _proposing(self: SameHandle, branch: str | None) -> SameHandle:
        """The same registry, on which every change is proposed in place of made."""
        handle = type(self).__new__(type(self))
        handle._native = self._native.proposing(branch)
        return handle
