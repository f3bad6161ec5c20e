"""Metrics over versions, drawn where matplotlib is installed."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Iterable, Sequence, cast

from ._frames import need
from ._values import VersionRow
from .errors import NotFoundError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def metrics_of(versions: Sequence[VersionRow], wanted: Iterable[str], by: str, axes: Any) -> Axes:
    """A line a metric, a point a version, oldest first; aliases are written beside the versions that they hold."""
    names = list(wanted) or sorted({name for it in versions for name in it.metrics})
    rows = sorted(versions, key=lambda it: it.version)
    missing = [name for name in names if not any(name in it.metrics for it in rows)]
    if missing or not names:
        raise NotFoundError(
            f"no version has the metric {', '.join(missing) or 'that would be drawn'}",
            code="not-found",
            hint='metrics are claimed where a version is registered: reg.register("MODEL", "PATH", metrics={…})',
        )
    if axes is None:
        axes = need("matplotlib.pyplot", "plot").subplots()[1]
    for name in names:
        points = [it for it in rows if isfinite(it.metrics.get(name, float("nan")))]
        axes.plot([_place(it, by) for it in points], [it.metrics[name] for it in points], marker="o", label=name)
        for it in points:
            if it.aliases:
                axes.annotate(", ".join(it.aliases), (_place(it, by), it.metrics[name]), xytext=(4, 4), textcoords="offset points")
    axes.set_xlabel(by)
    if by == "version":
        axes.set_xticks([it.version for it in rows] if len(rows) <= 20 else [])
    axes.legend()
    return cast("Axes", axes)


def _place(row: VersionRow, by: str) -> Any:
    return row.time if by == "time" else row.version
