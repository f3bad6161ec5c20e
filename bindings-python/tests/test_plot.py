"""Metrics over versions, drawn."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Callable

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import refmark


def test_metrics_are_drawn_over_versions_and_time(
    two: refmark.Registry, package: Callable[..., Path], tmp_path: Path
) -> None:
    two.register("sentiment", package("three"), metrics={"f1": math.nan, "loss": 0.2})
    axes = two.plot_metrics("sentiment")
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
    assert lines == {"f1": [[1.0, 0.89], [2.0, 0.91]], "loss": [[3.0, 0.2]]}
    assert [it.get_text() for it in axes.texts] == ["champion"]
    axes.figure.savefig(tmp_path / "metrics.png")
    again = two.plot_metrics("sentiment", "f1", by="time", ax=axes.figure.add_subplot())
    assert again.get_xlabel() == "time" and len(again.get_lines()) == 1
    with pytest.raises(refmark.NotFoundError, match="auc"):
        two.plot_metrics("sentiment", ["f1", "auc"])
    with pytest.raises(refmark.UsageError, match="^by: "):
        two.plot_metrics("sentiment", by="size")
