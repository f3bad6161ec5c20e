"""What every topic of verbs stands on."""

from __future__ import annotations

from typing import SupportsIndex

from .. import _native
from .._arguments import RefLike, TimeLike, is_pin, reference, time, whole
from .._lock import nearest
from .._values import Resolved
from ..errors import UsageError


class Verbs:
    """The base of all verbs: the open registry."""

    __slots__ = ()

    _native: _native.Registry

    def _found(
        self, given: RefLike, at: TimeLike | None = None, last_good: bool = False, accept_incomplete: bool = False
    ) -> Resolved:
        """What a reference means; a bare name is the project's pin."""
        text = reference(given)
        if is_pin(text):
            return nearest()._resolved(text, at)
        return Resolved.from_answer(self._native.resolve(text, time(at), last_good, accept_incomplete))

    def _number(self, target: str, version: SupportsIndex | RefLike) -> int:
        """The number of a version of the model that ``MODEL@ALIAS`` names."""
        if isinstance(version, SupportsIndex):
            # NumPy's integers, such as a frame's cells, are numbers too.
            return whole(version)
        if isinstance(version, str) and version.isascii() and version.isdigit():
            return int(version)
        model = target.partition("@")[0].removeprefix("models:/")
        if isinstance(version, str):
            # A bare word is a release of the model whose alias moves.
            version = self._found(f"{model}/{version}" if is_pin(version) else version)
        said = reference(version)
        if version.version is None or version.model != model:
            raise UsageError(
                f"{said} is not a version of {model}",
                code="bad-argument",
                hint=f"give a number, a release, or {model}/VERSION",
            )
        return version.version

    def _version_of(self, given: RefLike) -> tuple[str, int]:
        """The model and number of a version."""
        kind, model, rest = _native.parse_reference(reference(given))
        if kind == "version" and model is not None and rest is not None:
            return model, int(rest)
        found = self._found(given)
        if found.model is None or found.version is None:
            raise UsageError(f"{reference(given)} names no version", code="bad-reference")
        return found.model, found.version
