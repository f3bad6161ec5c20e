"""Rows that become pandas or polars frames on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ._html import page, table

if TYPE_CHECKING:
    import pandas
    import polars

    from ._values import Value

T = TypeVar("T", bound="Value")


class Rows(tuple[T, ...]):
    """Several values of one kind: a tuple, with frames and a table in a notebook."""

    __slots__ = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict a row, with the keys of the command's ``--json``."""
        return [row.to_dict() for row in self]

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame; pandas must be installed (``pip install 'refmark[pandas]'``)."""
        frames = _need("pandas")
        return frames.DataFrame(self._records(), columns=self._columns() or None)

    def to_polars(self) -> polars.DataFrame:
        """A polars frame; polars must be installed (``pip install 'refmark[polars]'``)."""
        frames = _need("polars")
        rows = self._records()
        if not rows:
            return frames.DataFrame(schema=self._columns())
        return frames.DataFrame(rows, infer_schema_length=None)

    def _columns(self) -> list[str]:
        return list(self[0]._row()) if self else []

    def _records(self) -> list[dict[str, Any]]:
        return [row._row() for row in self]

    def __reduce__(self) -> Any:
        return (Rows, (tuple(self),))

    def _repr_html_(self) -> str:
        rows = self._records()
        return page(table(self._columns(), (list(row.values()) for row in rows)))


def _need(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise ImportError(f"{name} is not installed: pip install 'refmark[{name}]'") from missing
