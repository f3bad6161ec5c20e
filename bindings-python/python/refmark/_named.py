"""A wrong argument is named: which one, what it takes, and what was given. Nothing is checked until something failed."""

from __future__ import annotations

import functools
import inspect
import os
from datetime import datetime
from typing import Any, Callable, Iterable, Mapping, SupportsIndex, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

#: What each word of an annotation takes, and how people call it.
_TAKES: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a text"),
    "int": ((SupportsIndex,), "a whole number"),
    "float": ((float, SupportsIndex), "a number"),
    "bool": ((bool,), "True or False"),
    "None": ((type(None),), "None"),
    "PathLike": ((str, os.PathLike), "a path"),
    "TimeLike": ((str, datetime), "a time"),
    "SupportsIndex": ((SupportsIndex,), "a whole number"),
    "Mapping": ((Mapping,), "a mapping"),
    "Iterable": ((Iterable,), "several of them"),
}


def named(function: F) -> F:
    """Says which argument is wrong, where a call fails for one."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, AttributeError) as error:
            said = _wrong(function, args, kwargs)
            if said is None or str(error).startswith(said.partition(":")[0] + ":"):
                raise
            raise TypeError(said) from error

    return cast(F, called)


def _wrong(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    signature = inspect.signature(function)
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return None
    for name, value in given.items():
        takes = _takes(str(signature.parameters[name].annotation))
        several = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        for one in value if several else (value,):
            if takes and not any(isinstance(one, kinds) for kinds, _ in takes):
                expected = " or ".join(dict.fromkeys(said for _, said in takes))
                return f"{name}: expected {expected}, and not {one!r}"
    return None


def _takes(annotation: str) -> list[tuple[tuple[type, ...], str]]:
    """What an annotation takes; nothing where one of its words is not known."""
    outer, depth = "", 0
    for char in annotation:
        depth += (char == "[") - (char == "]")
        outer += char if depth == 0 and char != "]" else ""
    words = [it.strip() for it in outer.split("|")]
    if "RefLike" in words:
        from ._values import Resolved, Version, VersionDetail, VersionRow

        reference = ((str, Version, VersionRow, VersionDetail, Resolved), "a reference")
        return [reference, *(_TAKES[it] for it in words if it in _TAKES)]
    return [_TAKES[it] for it in words] if all(it in _TAKES for it in words) else []
