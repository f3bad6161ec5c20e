"""Rows that become pandas or polars frames on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping, Protocol, SupportsIndex, TypeVar, overload

from ._html import page, table

if TYPE_CHECKING:
    import pandas
    import polars


class Row(Protocol):
    """What can be a row: a value with cells."""

    def to_dict(self) -> dict[str, Any]: ...

    def _row(self) -> dict[str, Any]: ...

    @classmethod
    def _schema(cls) -> dict[str, str]: ...


T = TypeVar("T", bound=Row)

#: So many rows are shown of a longer list.
_SHOWN = 50


class Rows(tuple[T, ...]):
    """Several values of one kind: a tuple, with frames and a table in a notebook."""

    _kind: type[Row] | None

    def __new__(cls, values: Iterable[T] = (), kind: type[Row] | None = None) -> Rows[T]:
        made = super().__new__(cls, values)
        # A list without rows still knows its columns.
        made._kind = kind if kind is not None or not made else type(tuple.__getitem__(made, 0))
        return made

    @overload
    def __getitem__(self, at: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Rows[T]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> T | Rows[T]:
        """A row, or a part of the list that is such a list too."""
        if isinstance(at, slice):
            return Rows(tuple.__getitem__(self, at), self._kind)
        return tuple.__getitem__(self, at)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict a row, with the keys of the command's ``--json``.

        Example::

            json.dumps(reg.versions("sentiment").to_dicts())
        """
        return [row.to_dict() for row in self]

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame; columns and types are the same where there are no rows.

        Raises `ImportError` where pandas is not installed (``pip install 'refmark[pandas]'``).

        Example::

            reg.versions("sentiment").to_pandas().sort_values("metrics.f1")
        """
        return pandas_of([row._row() for row in self], self._schema())

    def to_polars(self) -> polars.DataFrame:
        """A polars frame; columns and types are the same where there are no rows.

        Raises `ImportError` where polars is not installed (``pip install 'refmark[polars]'``).

        Example::

            reg.versions("sentiment").to_polars().sort("metrics.f1")
        """
        return polars_of([row._row() for row in self], self._schema())

    def _schema(self) -> dict[str, str]:
        return {} if self._kind is None else self._kind._schema()

    def __reduce__(self) -> Any:
        return (Rows, (tuple(self), self._kind))

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


def _columns(records: list[dict[str, Any]], schema: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """Every column, in order, and what it holds: ``int``, ``bool``, ``datetime``, ``float`` or ``str``."""
    known = dict(schema) if isinstance(schema, Mapping) else dict.fromkeys(schema, "")
    names = [*dict.fromkeys([*_names(records), *(() if records else known)])]
    return {name: "float" if name.startswith("metrics.") else known.get(name, "") for name in names}


_PANDAS = {"int": "Int64", "bool": "boolean", "datetime": "datetime64[us, UTC]", "float": "float64", "str": "object"}


def pandas_of(records: list[dict[str, Any]], schema: Mapping[str, str] | Iterable[str] = ()) -> pandas.DataFrame:
    """A pandas frame of rows."""
    pd, made = need("pandas"), {}
    for name, kind in _columns(records, schema).items():
        cells = [record.get(name) for record in records]
        if kind == "int" and records and None not in cells:
            kind = ""
        made[name] = pd.Series(cells, dtype=_PANDAS.get(kind) if kind != "str" or not records else None)
    return pd.DataFrame(made)


def polars_of(records: list[dict[str, Any]], schema: Mapping[str, str] | Iterable[str] = ()) -> polars.DataFrame:
    """A polars frame of rows."""
    pl = need("polars")
    types = {"int": pl.Int64, "bool": pl.Boolean, "datetime": pl.Datetime("us", "UTC"), "float": pl.Float64, "str": pl.String}
    columns = _columns(records, schema)
    made = {name: [record.get(name) for record in records] for name in columns}
    told = {name: types.get(kind, None if records else pl.String) for name, kind in columns.items()}
    return pl.DataFrame(made, schema=told, strict=False)


def _names(records: list[dict[str, Any]]) -> list[str]:
    """The columns of all records, in the order in which they come: not every version has every metric."""
    return list(dict.fromkeys(name for record in records for name in record))


def need(name: str, extra: str | None = None) -> Any:
    """A library that may not be installed; an error that says how to."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise ImportError(f"{name} is not installed: pip install 'refmark[{extra or name}]'") from missing
