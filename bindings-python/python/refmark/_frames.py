"""Rows that become pandas or polars frames on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, TypeVar, overload

from ._html import page, table

if TYPE_CHECKING:
    import pandas
    import polars


class Row(Protocol):
    """What can be a row: a value with cells."""

    def to_dict(self) -> dict[str, Any]: ...

    def _row(self) -> dict[str, Any]: ...


T = TypeVar("T", bound=Row)

#: So many rows are shown of a longer list.
_SHOWN = 50


class Rows(tuple[T, ...]):
    """Several values of one kind: a tuple, with frames and a table in a notebook."""

    __slots__ = ()

    @overload
    def __getitem__(self, at: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Rows[T]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> T | Rows[T]:
        """A row, or a part of the list that is such a list too."""
        if isinstance(at, slice):
            return Rows(tuple.__getitem__(self, at))
        return tuple.__getitem__(self, at)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict a row, with the keys of the command's ``--json``."""
        return [row.to_dict() for row in self]

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame; pandas must be installed (``pip install 'refmark[pandas]'``)."""
        return pandas_of([row._row() for row in self])

    def to_polars(self) -> polars.DataFrame:
        """A polars frame; polars must be installed (``pip install 'refmark[polars]'``)."""
        return polars_of([row._row() for row in self])

    def __reduce__(self) -> Any:
        return (Rows, (tuple(self),))

    def __repr__(self) -> str:
        rows = ",\n ".join(repr(row) for row in self[:_SHOWN])
        more = f",\n … {len(self) - _SHOWN:,} more" if len(self) > _SHOWN else ""
        return f"[{rows}{more}]"

    def _repr_html_(self) -> str:
        rows = [row._row() for row in self[:_SHOWN]]
        names = _names(rows)
        more = f"the first {_SHOWN} of {len(self):,}; to_pandas() has them all" if len(self) > _SHOWN else None
        return page(table(names, ([row.get(name) for name in names] for row in rows), more))


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose cells are single values: texts in one cell, ``metrics.f1`` for a mapping's member."""
    cells: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            cells.update({f"{key}.{name}": it for name, it in value.items()})
        elif isinstance(value, list):
            cells[key] = ", ".join(str(it) for it in value)
        else:
            cells[key] = value
    return cells


def pandas_of(records: list[dict[str, Any]]) -> pandas.DataFrame:
    """A pandas frame of rows."""
    return _need("pandas").DataFrame(records, columns=_names(records) or None)


def polars_of(records: list[dict[str, Any]]) -> polars.DataFrame:
    """A polars frame of rows."""
    columns = {name: [record.get(name) for record in records] for name in _names(records)}
    # A metric that is not finite is a text: its column then holds texts.
    return _need("polars").DataFrame(columns, strict=False)


def _names(records: list[dict[str, Any]]) -> list[str]:
    """The columns of all records, in the order in which they come: not every version has every metric."""
    return list(dict.fromkeys(name for record in records for name in record))


def _need(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise ImportError(f"{name} is not installed: pip install 'refmark[{name}]'") from missing
