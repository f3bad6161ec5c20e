"""Lists are lists: empty ones are false, frames keep their columns, metrics are floats and times are times."""

from __future__ import annotations

import json
import math
import pickle
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

import refmark


def test_a_search_that_finds_nothing_is_false_and_what_is_found_is_iterated(two: refmark.Registry) -> None:
    nothing, found = two.search("zzz"), two.search("sentiment")
    assert not nothing and len(nothing) == 0 and list(nothing) == []
    assert found and len(found) == 2 and [it["version"] for it in found] == [it.version for it in found]
    assert found[0]["model"] == "sentiment" and [it.version for it in found[:1]] == [found[0].version]
    assert found["found"] == found.to_dicts() and found[-1] == list(found)[1]
    assert pickle.loads(pickle.dumps(found)) == found and hash(found) == hash(pickle.loads(pickle.dumps(found)))
    with pytest.raises(IndexError):
        nothing[0]
    for listing in (two.sunsets(), two.proposals(), two.lint(two.path)):
        assert not listing and list(listing) == []
    assert [it.id for it in two.members()] == ["ada"] and two.catalog("evidence-type")


@pytest.fixture
def odd(reg: refmark.Registry, package: Callable[..., Path]) -> refmark.Registry:
    metrics = {"nan": math.nan, "up": math.inf, "down": -math.inf, "whole": 3}
    reg.register("m", package("a"), metrics=metrics)
    return reg


def test_metrics_that_are_not_finite_come_back_as_floats(odd: refmark.Registry) -> None:
    for metrics in (odd.show("m/1").metrics, odd.versions("m")[0].metrics, odd.search("m")[0].metrics):
        assert math.isnan(metrics["nan"]) and metrics["up"] == math.inf and metrics["down"] == -math.inf
        assert all(type(it) is float for it in metrics.values())
    plain = odd.versions("m").to_dicts()[0]["metrics"]
    assert plain == {"nan": "NaN", "up": "Infinity", "down": "-Infinity", "whole": 3} and json.dumps(plain)
    frame = odd.versions("m").to_pandas()
    assert str(frame["metrics.up"].dtype) == "float64" and frame["metrics.down"][0] == -math.inf
    assert str(odd.versions("m").to_polars()["metrics.up"].dtype) == "Float64"
    assert str(odd.search("m").to_pandas()["metrics.up"].dtype) == "float64"


def test_a_frame_without_rows_has_the_columns_and_types_of_one_with_them(two: refmark.Registry, tmp_path: Path) -> None:
    empty = refmark.init(tmp_path / "empty")
    asks: list[Callable[[refmark.Registry], Any]] = [lambda it: it.models(), lambda it: it.log()]
    for ask in asks:
        full, none = ask(two), ask(empty)
        assert not none and list(none.to_pandas().columns) == list(full.to_pandas().columns)
        assert none.to_polars().columns == full.to_polars().columns
        assert set(none.to_polars().schema.items()) == set(full.to_polars().schema.items())
    versions = two.versions("sentiment")
    for part in (versions[:0], pickle.loads(pickle.dumps(versions[:0]))):
        assert set(part.to_pandas().columns) < set(versions.to_pandas().columns)
        assert str(part.to_pandas()["time"].dtype) == str(versions.to_pandas()["time"].dtype) == "datetime64[us, UTC]"
    assert list(empty.search("x").to_pandas().columns) == list(refmark.Found._columns)


def test_times_are_times_everywhere(two: refmark.Registry) -> None:
    now = datetime.now(timezone.utc)
    (first, *_) = two.events()
    for moment in (first.landed, two.versions("sentiment")[0].time, two.log()[0].landed):
        assert abs((now - moment).total_seconds()) < 3600
    assert isinstance(first.to_dict()["landed"], str) and isinstance(two.events().to_dicts()[0]["landed"], str)
    frame = two.events().to_pandas()
    assert str(frame["landed"].dtype).startswith("datetime64[") and "UTC" in str(frame["landed"].dtype)
