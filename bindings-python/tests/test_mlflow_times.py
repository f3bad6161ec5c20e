"""Times as MLflow counts them: to the millisecond, and changed only by what MLflow calls a change; told of both stores."""

from __future__ import annotations

import time
from typing import Any
from unittest import mock

import pytest

pytest.importorskip("mlflow")

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException


def changed(store: Any) -> int:
    return int(store.get_model_version("m", 1).last_updated_timestamp)


def test_times_are_those_of_mlflows_clock(store: Any) -> None:
    with mock.patch("time.time", return_value=456778.123):
        store.create_registered_model("m", [RegisteredModelTag("a", "b")])
        store.create_model_version("m", "a/b", tags=[ModelVersionTag("a", "b")])
        store.create_model_version("m", "a/c")
    for found in (store.get_registered_model("m"), store.get_model_version("m", 1), store.get_model_version("m", 2)):
        assert (found.creation_timestamp, found.last_updated_timestamp) == (456778123, 456778123)


def test_the_first_millisecond_is_a_time_like_any_other(store: Any) -> None:
    with mock.patch("time.time", return_value=0.0):
        store.create_registered_model("first")
    with mock.patch("time.time", return_value=0.001):
        store.create_registered_model("second")
    found = store.search_registered_models(order_by=["timestamp DESC"])
    assert [(it.name, it.last_updated_timestamp) for it in found] == [("second", 1), ("first", 0)]


def test_a_tag_is_no_change_and_a_description_is(store: Any) -> None:
    with mock.patch("time.time", return_value=1000.5):
        store.create_registered_model("m")
        store.create_model_version("m", "a/b")
    store.set_model_version_tag("m", 1, ModelVersionTag("k", "v"))
    store.set_registered_model_tag("m", RegisteredModelTag("k", "v"))
    store.delete_model_version_tag("m", 1, "k")
    store.set_registered_model_alias("m", "champion", 1)
    assert changed(store) == 1000500
    with mock.patch("time.time", return_value=2000.25):
        store.update_model_version("m", 1, "words")
    found = store.get_model_version("m", 1)
    assert (found.creation_timestamp, found.last_updated_timestamp) == (1000500, 2000250)
    with mock.patch("time.time", return_value=3000.75):
        store.update_registered_model("m", "words")
    model = store.get_registered_model("m")
    assert (model.creation_timestamp, model.last_updated_timestamp) == (1000500, 3000750)


def test_what_is_archived_by_a_move_changed_when_it_did(store: Any) -> None:
    store.create_registered_model("m")
    for source in "abc":
        store.create_model_version("m", source)
    for stage in ("Archived", "None", "Staging"):
        store.transition_model_version_stage("m", 1, stage, False)
    store.transition_model_version_stage("m", 3, "StAgInG", True)
    one, three = store.get_model_version("m", 1), store.get_model_version("m", 3)
    assert (one.current_stage, three.current_stage) == ("Archived", "Staging")
    assert one.last_updated_timestamp == three.last_updated_timestamp > one.creation_timestamp


def test_versions_of_one_second_keep_their_order(store: Any) -> None:
    made = []
    for name in ("a", "b"):
        store.create_registered_model(name)
    for name in "abab":
        made.append((name, store.create_model_version(name, "s").version))
        time.sleep(0.002)
    for order in ("creation_timestamp DESC", "last_updated_timestamp DESC"):
        found = store.search_model_versions(order_by=[order])
        assert [(it.name, it.version) for it in found] == made[::-1]
    assert [it.name for it in store.search_model_versions()] == ["b", "a", "b", "a"]
    store.update_model_version("a", 1, "words")
    assert [(it.name, it.version) for it in store.search_model_versions()][0] == ("a", 1)


def test_models_are_ordered_by_time_then_name(store: Any) -> None:
    for seconds, names in ((1, ("MR1", "MR2")), (2, ("MR3", "MR4"))):
        with mock.patch("time.time", return_value=seconds):
            for name in names:
                store.create_registered_model(name)
    for order, expected in (
        (["last_updated_timestamp ASC", "name DESC"], "2143"),
        (["timestamp ASC", "name   DESC"], "2143"),
        ([], "1234"),
        (["last_updated_timestamp DESC"], "3412"),
        (["timestamp\tASC"], "1234"),
        (["timestamp  deSc", "name deSc"], "4321"),
    ):
        found = store.search_registered_models(order_by=order)
        assert "".join(it.name[2] for it in found) == expected, order
    for wrong in (["name ASC", "creation_timestamp DESC"], ["name ASC", "timestamp DESC blah"], ["timestamp", "timestamp"]):
        with pytest.raises(MlflowException):
            store.search_registered_models(order_by=wrong)


def test_long_tags_and_names_that_are_near_are_kept_apart(store: Any) -> None:
    for name in ("Model_TestMod", "Model_TestMod 2", "RM4A", "RM4ab", "RM001"):
        store.create_registered_model(name)
    store.set_registered_model_tag("RM4A", RegisteredModelTag("long", "a" * 4999))
    assert store.get_registered_model("RM4A").tags == {"long": "a" * 4999}
    assert [it.name for it in store.search_registered_models("name ILIKE '%RM4a%'")] == ["RM4A", "RM4ab"]
    assert [it.name for it in store.search_registered_models("name LIKE '%RM4A%'")] == ["RM4A"]
    assert "refmark" not in str(store.get_registered_model("RM001").tags)


def test_a_models_time_moves_as_its_versions_come_move_and_go(store: Any) -> None:
    def at(seconds: float, change: Any) -> int:
        with mock.patch("time.time", return_value=seconds):
            change()
        return int(store.get_registered_model("m").last_updated_timestamp)

    assert at(1000.5, lambda: store.create_registered_model("m")) == 1000500
    assert at(1001.5, lambda: store.create_model_version("m", "a")) == 1001500
    assert at(1002.5, lambda: store.create_model_version("m", "b")) == 1002500
    assert at(1003.5, lambda: store.update_model_version("m", 1, "words")) == 1002500, "words of a version are its own"
    assert at(1004.5, lambda: store.set_registered_model_alias("m", "champion", 1)) == 1002500
    assert at(1005.5, lambda: store.transition_model_version_stage("m", 1, "Staging", False)) == 1005500
    assert at(1006.5, lambda: store.delete_model_version("m", 2)) == 1006500
    assert at(1007.5, lambda: store.rename_registered_model("m", "n") and store.rename_registered_model("n", "m")) == 1007500
