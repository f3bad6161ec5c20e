"""What every topic of verbs stands on."""

from __future__ import annotations

from inspect import isfunction

from .._arguments import RefLike, TimeLike, is_pin, reference, time
from .._handle import Handle
from .._lock import nearest
from .._named import named
from .._values import Resolved


class Verbs(Handle):
    """The base of all verbs."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        for name, member in list(vars(cls).items()):
            if isfunction(member) and not name.startswith("_"):
                setattr(cls, name, named(member))

    def _found(
        self, given: RefLike, at: TimeLike | None = None, last_good: bool = False, accept_incomplete: bool = False
    ) -> Resolved:
        """What a reference means; a bare name is the project's pin."""
        text = reference(given)
        if is_pin(text):
            return nearest()._resolved(text, at)
        return Resolved.from_answer(self._native.resolve(text, time(at), last_good, accept_incomplete))
