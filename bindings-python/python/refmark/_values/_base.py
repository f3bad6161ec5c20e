"""What all answers share: frozen, comparable, picklable, readable in a notebook; and lists whose rows are read late."""

from __future__ import annotations

import os
from dataclasses import fields
from datetime import datetime, timezone
from math import isfinite
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Iterator, Mapping, TypeVar

from .. import _html as html
from .. import _native
from .._frames import Rows

V = TypeVar("V", bound="Value")


def moment(text: Any) -> Any:
    """A time from RFC 3339 text."""
    if text is None or isinstance(text, datetime):
        return text
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=timezone.utc)


def floats(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics from an answer, where what is not finite is a text; evidence says beside each value which way is better."""
    return {name: {**it, "value": float(it["value"])} if isinstance(it, dict) else float(it) for name, it in metrics.items()}


def plain(value: Any) -> Any:
    """A value as the command's ``--json`` has it."""
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, (tuple, list)):
        return [plain(it) for it in value]
    if isinstance(value, Mapping):
        return {key: plain(it) for key, it in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


class Value:
    """The base of all answers.

    A value that was made from a row of a long list reads the row when the first of its fields is asked for.
    """

    __slots__ = ("_source",)

    #: Fields whose name differs from the answer's key.
    _keys: ClassVar[dict[str, str]] = {}
    #: How a field is read from the answer.
    _read: ClassVar[dict[str, Callable[[Any], Any]]] = {}

    @classmethod
    def from_answer(cls: type[V], answer: Mapping[str, Any]) -> V:
        """The value of an answer, such as ``json.loads`` of the command's ``--json``.

        Example::

            refmark.Resolved.from_answer(json.loads(output))
        """
        made = object.__new__(cls)
        _fill(made, answer)
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Only for what has no value yet: a field of a row that nobody looked at.
            cls = type(self)
            if name not in cls.__match_args__:
                raise AttributeError(f"{cls.__name__} has no {name!r}")
            rows, at = _source_of(self)
            _fill(self, rows[at])
            return object.__getattribute__(self, name)

    def to_dict(self) -> dict[str, Any]:
        """The answer, with the keys of the command's ``--json``.

        Example::

            json.dumps(reg.resolve("sentiment@champion").to_dict())
        """
        keys = self._keys
        return {keys.get(it.name, it.name): plain(getattr(self, it.name)) for it in fields(self)}  # type: ignore[arg-type]

    def _row(self) -> dict[str, Any]:
        """The value as one row of a frame: times stay times."""
        row = {it.name: getattr(self, it.name) for it in fields(self)}  # type: ignore[arg-type]
        cells = {key: cell(it) for key, it in row.items() if not isinstance(it, (dict, Value))}
        return {self._keys.get(key, key): it for key, it in cells.items()}

    @classmethod
    def _schema(cls) -> dict[str, str]:
        """The columns of a frame, and what each holds, for a list that may be empty."""
        held = {it.name: str(it.type) for it in fields(cls)}  # type: ignore[arg-type]
        plain = {key: it.removesuffix(" | None") for key, it in held.items() if not it.startswith(("dict", "Target"))}
        return {cls._keys.get(key, key): it if it in ("int", "bool", "datetime") else "str" for key, it in plain.items()}

    def _html(self) -> str:
        return html.table((), ((key, shown(it)) for key, it in self.to_dict().items()), type(self).__name__)

    def _repr_html_(self) -> str:
        return html.page(self._html())


_source: Any = Value.__dict__["_source"]
_source_of, _put_source = _source.__get__, _source.__set__

#: How each class is filled: for every field its slot, its key in the answer, and how it is read.
_plans: dict[type, list[tuple[Any, str, Callable[[Any], Any] | None]]] = {}


def _plan(kind: type[Value]) -> list[tuple[Any, str, Callable[[Any], Any] | None]]:
    names = [it.name for it in fields(kind)]  # type: ignore[arg-type]
    made = [(getattr(kind, name).__set__, kind._keys.get(name, name), kind._read.get(name)) for name in names]
    _plans[kind] = made
    return made


def _fill(value: Value, answer: Mapping[str, Any]) -> None:
    kind = type(value)
    for put, key, read in _plans.get(kind) or _plan(kind):
        found = answer.get(key)
        if found is not None and read is not None:
            found = read(found)
        elif type(found) is list:
            found = tuple(found)
        put(value, found)


def cell(value: Any) -> Any:
    """A value as one cell of a frame."""
    if isinstance(value, (tuple, list)):
        return ", ".join(str(plain(it)) for it in value)
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def shown(value: Any) -> Any:
    """A value as a cell shows it."""
    if isinstance(value, list):
        return ", ".join(str(shown(it)) for it in value[:20]) + (" …" if len(value) > 20 else "") or None
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(it)}" for key, it in list(value.items())[:20]) or None
    return value


def one(kind: type[V]) -> Callable[[Any], V]:
    """Reads one value of a kind."""
    return lambda answer: kind.from_answer(answer)


def many(kind: type[V]) -> Callable[[Any], tuple[V, ...]]:
    """Reads a list of values of a kind."""
    return lambda answers: tuple(kind.from_answer(it) for it in answers)


def held(pairs: Any) -> dict[str, int]:
    """What aliases hold, from pairs."""
    return {alias: version for alias, version in pairs}


def pairs(held: Mapping[str, int]) -> list[list[Any]]:
    """What aliases hold, as the answer has it."""
    return [[alias, version] for alias, version in held.items()]


def rows(kind: type[V], answers: list[dict[str, Any]] | _native.Rows) -> Rows[V]:
    """Values of one kind; a list of the native module's is read row by row, when somebody looks."""
    if isinstance(answers, list):
        return Rows((kind.from_answer(it) for it in answers), kind)
    return Rows(_later(kind, answers), kind)


def _later(kind: type[V], answers: _native.Rows) -> Iterator[V]:
    new, put = object.__new__, _put_source
    for at in range(len(answers)):
        made = new(kind)
        put(made, (answers, at))
        yield made
