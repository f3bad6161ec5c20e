"""What callers hand over, as the native module takes it."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from operator import index
from typing import Any, Iterable, Mapping, Sequence, SupportsIndex, Union

from . import _native
from ._values import Resolved, Version, VersionDetail, VersionRow
from .errors import UsageError

PathLike = Union[str, "os.PathLike[str]"]
#: ``MODEL/VERSION``, ``MODEL/RELEASE``, ``MODEL@ALIAS``, an artifact id, or a value that is a version.
RefLike = Union[str, Version, VersionRow, VersionDetail, Resolved]
#: RFC 3339 text, or an aware ``datetime``.
TimeLike = Union[str, datetime]


class _Unset:
    def __repr__(self) -> str:
        return "..."


#: Where ``None`` means something.
UNSET: Any = _Unset()


def reference(given: RefLike) -> str:
    """The text of a reference."""
    if isinstance(given, str):
        return given
    if not isinstance(given, (Version, VersionRow, VersionDetail, Resolved)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a reference is a text or a version, and not {given!r}")
    if isinstance(given, Resolved):
        return given.artifact if given.version is None else f"{given.model}/{given.version}"
    return f"{given.model}/{given.version}"


def version(given: SupportsIndex | RefLike) -> str:
    """The text of a version: its number, its release, or a reference to it. NumPy's integers are numbers too."""
    return str(index(given)) if isinstance(given, SupportsIndex) else reference(given)


def expected(given: SupportsIndex | RefLike | None) -> str | None:
    """The text of what an alias is expected to hold; ``None`` is a value, and means nothing."""
    return None if given is UNSET else "none" if given is None else version(given)


def is_pin(text: str) -> bool:
    """Whether a reference is a bare name: what the project's lock file pins."""
    return "@" not in text and _native.parse_reference(text)[0] == "pin"


def time(given: TimeLike | None) -> str | None:
    """The text of a time."""
    if given is None or isinstance(given, str):
        return given
    if not isinstance(given, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a time is RFC 3339 text or an aware datetime, and not {given!r}")
    if given.tzinfo is None:
        raise UsageError(
            f"{given!r} has no time zone", code="bad-time", hint="use datetime.now(timezone.utc), or RFC 3339 text"
        )
    return given.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(name: str, given: Any) -> float:
    """A metric's value; NumPy's and PyTorch's scalars are numbers too."""
    try:
        return float(given)
    except (TypeError, ValueError):
        raise UsageError(
            f"the metric {name} is {given!r}, which is not a number", code="bad-argument", hint="give one number a metric"
        ) from None


def document(given: Any) -> str:
    """A contract, a card or a signature as JSON; NumPy's scalars are numbers, and what JSON cannot hold is an error."""
    import json

    return json.dumps(given, allow_nan=False, ensure_ascii=False, default=_plain)


def _plain(given: Any) -> Any:
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, Sequence):
        return list(given)
    return float(given)


def texts(given: str | Iterable[str] | None) -> list[str]:
    """One text or several, as a list."""
    return [] if given is None else [given] if isinstance(given, str) else list(given)


def path(given: PathLike) -> str:
    """The path of a file or folder as text, with ``~`` as the home folder."""
    text = os.path.expanduser(os.fspath(given))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"the path {text!r} is not Unicode", code="bad-argument", hint="rename the folder, or go into it"
        ) from None
    return text


def words(
    description: str | None = None,
    owner: str | None = None,
    tags: Mapping[str, object] | None = None,
    untag: str | Iterable[str] | None = None,
    hidden: bool | None = None,
) -> dict[str, Any]:
    """The words of a model or a version; ``None`` stays as it is."""
    pairs = [(str(key), str(value)) for key, value in (tags or {}).items()]
    return {"description": description, "owner": owner, "tags": pairs, "untag": texts(untag), "hidden": hidden}


def transition(to: str, replacement: SupportsIndex | RefLike | None, sunset: TimeLike | None) -> dict[str, Any]:
    """Where a version or artifact shall go."""
    return {"to": to, "replacement": None if replacement is None else version(replacement), "sunset": time(sunset)}


#: What a package may say of itself, beside its model and paths.
PACKAGE = frozenset(
    "metrics lineage card contract evaluation_card owner type capabilities parents source release description imported "
    "follow_links allow_incomplete allow_secret allow_withdrawn ignore absent".split()
)


def package(given: Mapping[str, Any]) -> dict[str, Any]:
    """A package to register: ``model``, ``paths`` and the other arguments of ``register``."""
    unknown = sorted(set(given) - PACKAGE - {"model", "paths"})
    if unknown or "model" not in given:
        wrong = f"a package has no {', '.join(unknown)}" if unknown else "a package without a model"
        raise UsageError(wrong, code="bad-argument", hint="give model, paths and the other arguments of register")
    of = given.get
    for name in ("metrics", "lineage"):
        if not isinstance(of(name) or {}, Mapping):
            raise TypeError(f"{name}: expected a mapping, and not {of(name)!r}")
    for name in ("model", "owner", "type", "source", "release", "description"):
        if not isinstance(of(name) or "", str):
            raise TypeError(f"{name}: expected a text, and not {of(name)!r}")
    paths, card, parents = of("paths") or (), of("card"), of("parents")
    if isinstance(paths, (str, os.PathLike)):
        paths = (paths,)
    if not isinstance(parents, Sequence) or isinstance(parents, str):
        parents = [] if parents is None else [parents]
    return {
        "model": given["model"],
        "paths": [path(it) for it in paths],
        "absent": [tuple(it) for it in of("absent") or ()],
        "metrics": {str(key): number(key, value) for key, value in (of("metrics") or {}).items()},
        "lineage": {str(key): str(value) for key, value in (of("lineage") or {}).items()},
        "card": path(card) if isinstance(card, os.PathLike) else None if card is None else {"text": card},
        "contract": None if of("contract") is None else {"text": document(of("contract"))},
        "evaluation_card": None if of("evaluation_card") is None else {"text": document(of("evaluation_card"))},
        "owner": of("owner"),
        "type": of("type") or "model",
        "capabilities": texts(of("capabilities")),
        "parents": [reference(it) for it in parents],
        "source": of("source"),
        "release": of("release"),
        "description": of("description"),
        "imported": time(of("imported")),
        "follow_links": bool(of("follow_links")),
        "allow_incomplete": bool(of("allow_incomplete")),
        "ignore": texts(of("ignore")),
    }


#: How bytes are handed out, where the caller says nothing.
_HOW: dict[str, Any] = {
    "files": None,
    "at": None,
    "hard_links": False,
    "allow_unverified": False,
    "last_good": False,
    "accept_incomplete": False,
    "archived": False,
}


def how(given: Mapping[str, Any]) -> dict[str, Any]:
    """How bytes shall be handed out."""
    unknown = sorted(set(given) - set(_HOW))
    if unknown:
        raise TypeError(f"there is no argument {', '.join(unknown)}; there are {', '.join(_HOW)} and progress")
    asked = {**_HOW, **given}
    return {**asked, "include": texts(asked.pop("files")), "at": time(asked["at"])}
