"""Values are frozen, comparable, picklable, and agree with the core's answers."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any, Callable

import pytest

import refmark
from refmark import _values


def everything(reg: refmark.Registry) -> list[Any]:
    return [
        reg.show("sentiment/1"),
        reg.resolve("sentiment@champion"),
        reg.resolve("sentiment@champion", at="2100-01-01T00:00:00Z"),
        reg.diff("sentiment/1", "sentiment/2"),
        reg.verify(),
        reg.promote("sentiment@canary", 1, "try"),
        reg.transition("sentiment/1", "staging"),
        reg.model("sentiment"),
        reg.version("sentiment/1"),
        reg.pull_details("sentiment/1"),
        refmark.inspect(reg.file("sentiment/1", "config.json")),
        reg.label("sentiment/1", "words"),
        *reg.models(),
        *reg.versions("sentiment"),
        *reg.log(),
        reg.revoke("sentiment/1", "leaks"),
    ]


def test_values_are_frozen_equal_picklable_and_shown(two: refmark.Registry) -> None:
    for value in everything(two):
        again = pickle.loads(pickle.dumps(value))
        assert again == value and type(again) is type(value)
        assert hash(again) == hash(value)
        assert type(value).__name__ in repr(value)
        assert value._repr_html_().startswith('<div class="refmark')
        assert type(value).from_answer({**value.to_dict(), "markdown": getattr(value, "markdown", ""), "page": ""}) == value
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, None)


def test_classes_have_the_keys_of_the_cores_answers(two: refmark.Registry) -> None:
    native = two._native
    answers: list[tuple[type[Any], dict[str, Any]]] = [
        (_values.Resolved, native.resolve("sentiment@champion", "2100-01-01T00:00:00Z", False, False)),
        (_values.Shown, native.show("sentiment/1")),
        (_values.Model, native.list_models()[0]),
        (_values.VersionRow, native.list_versions("sentiment", False)[0]),
        (_values.Move, native.log(None)[0]),
        (_values.VerifyReport, native.verify(None, False, False, None)),
        (_values.Promotion, native.promote("sentiment@canary", "1", "", None, [], False)),
        (_values.Transition, native.transition("sentiment/1", "", [], {"to": "staging", "replacement": None, "sunset": None})),
        (_values.ModelDetail, native.model_detail("sentiment") or {}),
        (_values.VersionDetail, native.version_detail("sentiment/1") or {}),
        (_values.Diff, {**native.diff("sentiment/1", "sentiment/2")[0], "markdown": "", "page": ""}),
        (_values.Revocation, native.revoke("sentiment/1", "leaks", [])),
    ]
    for kind, answer in answers:
        keys = {kind._keys.get(it.name, it.name) for it in dataclasses.fields(kind)}
        assert keys >= set(answer), f"{kind.__name__} lacks {set(answer) - keys}"
        needed = {kind._keys.get(it.name, it.name) for it in dataclasses.fields(kind) if it.default is dataclasses.MISSING}
        assert set(answer) >= needed, f"{kind.__name__} asks for {needed - set(answer)}"


def test_a_registry_pickles_by_its_path(two: refmark.Registry) -> None:
    again = pickle.loads(pickle.dumps(two))
    assert again == two and again.resolve("sentiment@champion").version == 2


def test_a_notebook_obeys_no_text_of_a_registry(two: refmark.Registry) -> None:
    two.promote("sentiment@canary", 1, "<script>alert(1)</script>\u202e")
    shown = two.log()._repr_html_()
    assert "<script>" not in shown and "\u202e" not in shown and "&#60;script" in shown


def test_rows_are_tuples_with_frames(two: refmark.Registry) -> None:
    rows = two.versions("sentiment")
    assert isinstance(rows, tuple) and pickle.loads(pickle.dumps(rows)) == rows
    assert [it["version"] for it in rows.to_dicts()] == [2, 1]
    assert "<table>" in rows._repr_html_()


def test_a_frame_has_the_metrics_of_every_version(reg: refmark.Registry, package: Callable[..., Path]) -> None:
    reg.register("m", package("a"), metrics={"f1": 0.5})
    reg.register("m", package("b"), metrics={"loss": 2.0})
    rows = reg.versions("m")
    frame = rows.to_pandas()
    assert list(frame["metrics.f1"].dropna()) == [0.5] and list(frame["metrics.loss"].dropna()) == [2.0]
    assert rows.to_polars()["metrics.f1"].to_list() == [None, 0.5]
    assert "metrics.loss" in rows._repr_html_() and "metrics.f1" in rows._repr_html_()


def test_a_long_list_is_cut_where_people_look_at_it(reg: refmark.Registry, tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.txt" for n in range(60)]
    for file in files:
        file.write_text(file.name)
    reg.register_many({"model": "m", "paths": it} for it in files)
    rows = reg.versions("m")
    assert len(rows) == 60 and repr(rows).count("VersionRow(") == 50 and repr(rows).endswith("… 10 more]")
    assert rows._repr_html_().count("<tr>") == 51 and "the first 50 of 60" in rows._repr_html_()


def test_a_notebook_says_where_there_is_nothing_and_names_what_a_revocation_hit(
    two: refmark.Registry, tmp_path: Path
) -> None:
    empty = refmark.init(tmp_path / "empty")
    for nothing in (empty, empty.models(), empty.search("x"), empty.sunsets(), empty.log()):
        assert ">nothing<" in nothing._repr_html_()
    assert "1 tensor<" in refmark.inspect(two.file("sentiment/1", "model.safetensors"))._repr_html_()
    shown = two.revoke("sentiment/2", "it leaks")._repr_html_()
    assert "sentiment/2" in shown and "sentiment@champion" in shown
