"""The store against MLflow's own SQLAlchemy store: one story each, both must tell it alike."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest

pytest.importorskip("mlflow")

import mlflow
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException

import refmark
from refmark.mlflow.store import RefmarkStore


#: Whether MLflow is one that the store works with and whose own parsers know less than the newest.
OLD = tuple(int(it) for it in mlflow.__version__.split(".")[:2]) < (3, 14)


def code(raised: Any) -> str:
    return str(raised.value.error_code)


def make(store: Any, name: str, versions: int = 1, **kwargs: Any) -> None:
    store.create_registered_model(name)
    for _ in range(versions):
        store.create_model_version(name, "path/to/source", **kwargs)


def names(page: Any) -> list[str]:
    return [it.name for it in page]


def numbers(page: Any) -> list[tuple[str, int]]:
    return [(it.name, int(it.version)) for it in page]


def test_a_model_is_made_once_with_tags_and_description(store: Any) -> None:
    tags = [RegisteredModelTag("key", "value"), RegisteredModelTag("another", "some")]
    made = store.create_registered_model("model", tags, "what it is")
    assert (made.name, made.description, made.tags) == ("model", "what it is", {"key": "value", "another": "some"})
    assert made.latest_versions == [] and made.aliases == {}
    assert made.creation_timestamp == made.last_updated_timestamp
    found = store.get_registered_model("model")
    assert dict(found)["tags"] == dict(made)["tags"] and found.name == "model"
    with pytest.raises(MlflowException, match="already exists") as raised:
        store.create_registered_model("model")
    assert code(raised) == "RESOURCE_ALREADY_EXISTS"


@pytest.mark.parametrize("name", [None, "", " ", "a/b", "a:b"])
def test_a_name_that_mlflow_refuses_is_refused(store: Any, name: Any) -> None:
    with pytest.raises(MlflowException) as raised:
        store.create_registered_model(name)
    assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_what_is_not_there_is_not_found(store: Any) -> None:
    asks: list[Callable[[], Any]] = [
        lambda: store.get_registered_model("none"),
        lambda: store.update_registered_model("none", "x"),
        lambda: store.rename_registered_model("none", "other"),
        lambda: store.delete_registered_model("none"),
        lambda: store.create_model_version("none", "source"),
        lambda: store.get_model_version("none", 1),
        lambda: store.update_model_version("none", 1, "x"),
        lambda: store.delete_model_version("none", 1),
        lambda: store.get_latest_versions("none"),
        lambda: store.set_registered_model_tag("none", RegisteredModelTag("k", "v")),
        lambda: store.delete_registered_model_tag("none", "k"),
        lambda: store.set_model_version_tag("none", 1, ModelVersionTag("k", "v")),
        lambda: store.set_registered_model_alias("none", "champion", 1),
        lambda: store.get_model_version_by_alias("none", "champion"),
        lambda: store.transition_model_version_stage("none", 1, "Staging", False),
        lambda: store.get_model_version_download_uri("none", 1),
    ]
    for ask in asks:
        with pytest.raises(MlflowException, match="not found") as raised:
            ask()
        assert code(raised) == "RESOURCE_DOES_NOT_EXIST"


def test_a_description_is_set_and_taken_away(store: Any) -> None:
    make(store, "model")
    assert store.update_registered_model("model", "new").description == "new"
    assert store.get_registered_model("model").description == "new"
    assert store.update_registered_model("model", None).description is None
    assert store.update_model_version("model", 1, "of the version").description == "of the version"
    assert store.get_model_version("model", 1).description == "of the version"
    assert store.update_model_version("model", 1, None).description is None


def test_tags_of_models_are_set_replaced_and_deleted(store: Any) -> None:
    store.create_registered_model("model", [RegisteredModelTag("a", "1")])
    store.set_registered_model_tag("model", RegisteredModelTag("b", "2"))
    store.set_registered_model_tag("model", RegisteredModelTag("a", "3"))
    assert store.get_registered_model("model").tags == {"a": "3", "b": "2"}
    store.delete_registered_model_tag("model", "a")
    store.delete_registered_model_tag("model", "never was")
    assert store.get_registered_model("model").tags == {"b": "2"}
    with pytest.raises(MlflowException) as raised:
        store.set_registered_model_tag("model", RegisteredModelTag(None, "v"))
    assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_tags_of_versions_are_set_replaced_and_deleted(store: Any) -> None:
    make(store, "model", tags=[ModelVersionTag("a", "1")])
    store.set_model_version_tag("model", 1, ModelVersionTag("b", "2"))
    store.set_model_version_tag("model", "1", ModelVersionTag("a", "3"))
    assert store.get_model_version("model", 1).tags == {"a": "3", "b": "2"}
    store.delete_model_version_tag("model", 1, "a")
    store.delete_model_version_tag("model", 1, "never was")
    assert store.get_model_version("model", 1).tags == {"b": "2"}
    with pytest.raises(MlflowException) as raised:
        store.set_model_version_tag("model", "one", ModelVersionTag("a", "1"))
    assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_a_version_carries_what_it_was_made_with(store: Any) -> None:
    store.create_registered_model("model")
    made = store.create_model_version(
        "model",
        "path/to/source",
        run_id="run-1",
        tags=[ModelVersionTag("k", "v")],
        run_link="http://run/1",
        description="small",
    )
    for it in (made, store.get_model_version("model", 1)):
        assert (int(it.version), it.source, it.run_id, it.run_link) == (1, "path/to/source", "run-1", "http://run/1")
        assert (it.description, it.tags, it.current_stage, it.status) == ("small", {"k": "v"}, "None", "READY")
        assert it.creation_timestamp == it.last_updated_timestamp
    assert store.get_model_version_download_uri("model", 1) == "path/to/source"


def test_numbers_go_up_and_are_never_given_again(store: Any) -> None:
    make(store, "model", 3)
    store.delete_model_version("model", 3)
    assert int(store.create_model_version("model", "path/to/source").version) == 4
    with pytest.raises(MlflowException, match=r"Model Version \(name=model, version=3\) not found"):
        store.get_model_version("model", 3)
    assert numbers(store.search_model_versions("name = 'model'", order_by=["version_number ASC"])) == [
        ("model", 1),
        ("model", 2),
        ("model", 4),
    ]
    for again in (lambda: store.delete_model_version("model", 3), lambda: store.update_model_version("model", 3, "x")):
        with pytest.raises(MlflowException) as raised:
            again()
        assert code(raised) == "RESOURCE_DOES_NOT_EXIST"


def test_an_alias_moves_and_goes_with_its_version(store: Any) -> None:
    make(store, "model", 2)
    store.set_registered_model_alias("model", "champion", 1)
    store.set_registered_model_alias("model", "canary", "2")
    store.set_registered_model_alias("model", "champion", 1)
    assert store.get_registered_model("model").aliases == {"champion": 1, "canary": 2}
    assert store.get_model_version("model", 1).aliases == ["champion"]
    store.set_registered_model_alias("model", "champion", 2)
    assert int(store.get_model_version_by_alias("model", "champion").version) == 2
    assert sorted(store.get_model_version("model", 2).aliases) == ["canary", "champion"]
    store.delete_registered_model_alias("model", "canary")
    store.delete_registered_model_alias("model", "canary")
    assert store.get_registered_model("model").aliases == {"champion": 2}
    store.delete_model_version("model", 2)
    assert store.get_registered_model("model").aliases == {}
    with pytest.raises(MlflowException, match="alias champion not found") as raised:
        store.get_model_version_by_alias("model", "champion")
    assert code(raised) == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("alias", [None, "", "a b", "a/b", "latest", "LATEST", "v1", "V22", "a" * 256])
def test_an_alias_that_mlflow_refuses_is_refused(store: Any, alias: Any) -> None:
    make(store, "model")
    with pytest.raises(MlflowException) as raised:
        store.set_registered_model_alias("model", alias, 1)
    assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_an_alias_of_a_version_that_is_not_there_is_refused(store: Any) -> None:
    make(store, "model")
    with pytest.raises(MlflowException, match="not found") as raised:
        store.set_registered_model_alias("model", "champion", 2)
    assert code(raised) == "RESOURCE_DOES_NOT_EXIST"


def test_a_model_with_a_new_name_keeps_everything(store: Any) -> None:
    make(store, "old", 2)
    store.create_registered_model("taken")
    store.set_registered_model_alias("old", "champion", 2)
    store.set_registered_model_tag("old", RegisteredModelTag("k", "v"))
    store.set_model_version_tag("old", 1, ModelVersionTag("n", "1"))
    with pytest.raises(MlflowException, match="already exists") as raised:
        store.rename_registered_model("old", "taken")
    assert code(raised) == "RESOURCE_ALREADY_EXISTS"
    renamed = store.rename_registered_model("old", "new")
    assert (renamed.name, renamed.tags, renamed.aliases) == ("new", {"k": "v"}, {"champion": 2})
    found = store.search_model_versions("name = 'new'", order_by=["version_number"])
    assert numbers(found) == [("new", 1), ("new", 2)]
    assert store.get_model_version("new", 1).tags == {"n": "1"}
    with pytest.raises(MlflowException, match="name=old not found"):
        store.get_registered_model("old")
    assert names(store.search_registered_models()) == ["new", "taken"]
    for bad in (None, "", "a/b"):
        with pytest.raises(MlflowException) as raised:
            store.rename_registered_model("new", bad)
        assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_a_new_name_is_taken_back(store: Any) -> None:
    make(store, "old", 2)
    store.set_registered_model_alias("old", "champion", 2)
    store.rename_registered_model("old", "new")
    store.create_registered_model("old")
    assert store.get_registered_model("old").latest_versions == []
    store.delete_registered_model("old")
    back = store.rename_registered_model("new", "old")
    assert (back.name, back.aliases) == ("old", {"champion": 2})
    assert numbers(store.search_model_versions("name = 'old'", order_by=["version_number"])) == [("old", 1), ("old", 2)]
    assert names(store.search_registered_models()) == ["old"]


def test_a_deleted_model_takes_versions_and_aliases_along(store: Any) -> None:
    make(store, "model", 2)
    make(store, "other", 1)
    store.set_registered_model_alias("model", "champion", 2)
    store.delete_registered_model("model")
    assert names(store.search_registered_models()) == ["other"]
    assert numbers(store.search_model_versions()) == [("other", 1)]
    for ask in (lambda: store.get_model_version("model", 1), lambda: store.delete_registered_model("model")):
        with pytest.raises(MlflowException) as raised:
            ask()
        assert code(raised) == "RESOURCE_DOES_NOT_EXIST"
    again = store.create_registered_model("model")
    assert (again.tags, again.aliases, again.latest_versions) == ({}, {}, [])


def test_stages_move_and_older_ones_are_archived(store: Any) -> None:
    make(store, "model", 3)
    store.transition_model_version_stage("model", 1, "production", False)
    store.transition_model_version_stage("model", 2, "Staging", False)
    moved = store.transition_model_version_stage("model", 3, "PRODUCTION", True)
    assert moved.current_stage == "Production"
    stages = {int(it.version): it.current_stage for it in store.search_model_versions("name='model'")}
    assert stages == {1: "Archived", 2: "Staging", 3: "Production"}
    latest = {it.current_stage: int(it.version) for it in store.get_latest_versions("model")}
    assert latest == {"Archived": 1, "Staging": 2, "Production": 3}
    assert numbers(store.get_latest_versions("model", ["Production"])) == [("model", 3)]
    assert store.get_latest_versions("model", ["None"]) == []
    with pytest.raises(MlflowException) as raised:
        store.transition_model_version_stage("model", 1, "nowhere", False)
    assert code(raised) == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException, match="not an Active stage"):
        store.transition_model_version_stage("model", 1, "None", True)


@pytest.fixture
def searched(store: Any) -> Any:
    for number in range(1, 6):
        tags = [RegisteredModelTag("team", "nlp" if number % 2 else "cv"), RegisteredModelTag("n", str(number))]
        store.create_registered_model(f"Model_{number}", tags)
    store.create_registered_model("other")
    return store


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        (None, ["Model_1", "Model_2", "Model_3", "Model_4", "Model_5", "other"]),
        ("", ["Model_1", "Model_2", "Model_3", "Model_4", "Model_5", "other"]),
        ("name = 'Model_1'", ["Model_1"]),
        ("name != 'Model_1' AND name LIKE 'Model%'", ["Model_2", "Model_3", "Model_4", "Model_5"]),
        ("name LIKE 'model%'", []),
        ("name ILIKE 'model%'", ["Model_1", "Model_2", "Model_3", "Model_4", "Model_5"]),
        ("name LIKE '%_2'", ["Model_2"]),
        ("tags.team = 'nlp'", ["Model_1", "Model_3", "Model_5"]),
        ("tag.team != 'nlp'", ["Model_2", "Model_4"]),
        ("tags.team = 'nlp' AND tags.n = '3'", ["Model_3"]),
        ("tags.team ILIKE 'N%' AND name != 'Model_5'", ["Model_1", "Model_3"]),
        ("tags.nobody = 'x'", []),
    ],
)
def test_models_are_found_by_name_and_tag(searched: Any, filter_string: Any, expected: list[str]) -> None:
    assert names(searched.search_registered_models(filter_string)) == expected


@pytest.mark.parametrize(
    "filter_string",
    ["run_id = 'x'", "name = 'a' OR name = 'b'", "name > 'a'", "name = ", "name", "tags.k > 'x'", "name = 3", "x.y = 'z'"],
)
def test_a_filter_that_mlflow_refuses_is_refused(searched: Any, filter_string: str) -> None:
    with pytest.raises(MlflowException) as raised:
        searched.search_registered_models(filter_string)
    assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_pages_of_models_come_one_after_the_other(searched: Any) -> None:
    first = searched.search_registered_models(max_results=4, order_by=["name DESC"])
    assert names(first) == ["other", "Model_5", "Model_4", "Model_3"] and first.token
    second = searched.search_registered_models(max_results=4, order_by=["name DESC"], page_token=first.token)
    assert names(second) == ["Model_2", "Model_1"] and not second.token
    assert not searched.search_registered_models(max_results=6).token
    for bad in ({"max_results": 1_000_000}, {"page_token": "evilhax"}, {"order_by": ["nothing ASC"]}):
        with pytest.raises(MlflowException) as raised:
            searched.search_registered_models(**bad)
        assert code(raised) == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException, match="request parameter max_results"):
        searched.search_registered_models(max_results=1e15)
    with pytest.raises(MlflowException, match="duplicate fields"):
        searched.search_registered_models(order_by=["timestamp", "last_updated_timestamp"])


@pytest.fixture
def versioned(store: Any) -> Any:
    store.create_registered_model("a")
    store.create_registered_model("b")
    for number in range(1, 4):
        store.create_model_version("a", f"path/{number}", run_id=f"run{number}", tags=[ModelVersionTag("n", str(number))])
    store.create_model_version("b", "path/1", run_id="run1")
    return store


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        (None, [("a", 1), ("a", 2), ("a", 3), ("b", 1)]),
        ("name = 'a'", [("a", 1), ("a", 2), ("a", 3)]),
        ("name != 'a'", [("b", 1)]),
        ("name ILIKE 'A%'", [("a", 1), ("a", 2), ("a", 3)]),
        ("run_id = 'run1'", [("a", 1), ("b", 1)]),
        ("run_id IN ('run1', 'run3')", [("a", 1), ("a", 3), ("b", 1)]),
        pytest.param(
            "run_id IN ('run1') AND name IN ('b')",
            [("b", 1)],
            marks=pytest.mark.skipif(OLD, reason="this MLflow reads no list of names"),
        ),
        ("source_path = 'path/2'", [("a", 2)]),
        ("source_path LIKE 'path/%' AND version_number > 1", [("a", 2), ("a", 3)]),
        ("version_number <= 1", [("a", 1), ("b", 1)]),
        ("tags.n = '2'", [("a", 2)]),
        ("tags.n != '2'", [("a", 1), ("a", 3)]),
        ("run_id = 'nobody'", []),
    ],
)
def test_versions_are_found(versioned: Any, filter_string: Any, expected: list[tuple[str, int]]) -> None:
    found = versioned.search_model_versions(filter_string, order_by=["name ASC", "version_number ASC"])
    assert numbers(found) == expected


@pytest.mark.parametrize(
    "filter_string",
    ["name > 'a'", "version_number LIKE '1'", "source_path IN ('x')", "stage = 'x'", "run_id IN ()", "version_number = 'x'"],
)
def test_a_filter_of_versions_that_mlflow_refuses_is_refused(versioned: Any, filter_string: str) -> None:
    with pytest.raises(MlflowException) as raised:
        versioned.search_model_versions(filter_string)
    assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_pages_of_versions_come_one_after_the_other(versioned: Any) -> None:
    token, seen = None, []
    while True:
        page = versioned.search_model_versions(max_results=3, order_by=["version_number DESC"], page_token=token)
        seen += numbers(page)
        token = page.token
        if not token:
            break
    assert seen == [("a", 3), ("a", 2), ("a", 1), ("b", 1)]
    for bad in ({"max_results": 0}, {"max_results": "x"}, {"max_results": 10_000_000}, {"page_token": "evilhax"}):
        with pytest.raises(MlflowException) as raised:
            versioned.search_model_versions(**bad)
        assert code(raised) == "INVALID_PARAMETER_VALUE"


def test_a_page_that_follows_a_change_is_of_what_is_there_then(store: Any) -> None:
    make(store, "model", 5)
    first = store.search_model_versions("name = 'model'", max_results=2, order_by=["version_number DESC"])
    store.delete_model_version("model", 1)
    rest = store.search_model_versions(
        "name = 'model'", max_results=5, order_by=["version_number DESC"], page_token=first.token
    )
    assert numbers(first) + numbers(rest) == [("model", 5), ("model", 4), ("model", 3), ("model", 2)] and not rest.token
    other = store.search_model_versions("name = 'none'", max_results=2, page_token=first.token)
    assert list(other) == []


def test_prompts_are_left_out_unless_they_are_asked_for(store: Any) -> None:
    store.create_registered_model("model")
    store.create_registered_model("prompt", [RegisteredModelTag("mlflow.prompt.is_prompt", "true")])
    store.create_model_version("model", "path/1")
    store.create_model_version("prompt", "path/1", tags=[ModelVersionTag("mlflow.prompt.is_prompt", "true")])
    assert names(store.search_registered_models()) == ["model"]
    assert names(store.search_registered_models("tags.`mlflow.prompt.is_prompt` = 'true'")) == ["prompt"]
    assert numbers(store.search_model_versions()) == [("model", 1)]
    assert numbers(store.search_model_versions("tags.`mlflow.prompt.is_prompt` = 'true'")) == [("prompt", 1)]


def test_the_newest_change_comes_first(store: Any) -> None:
    make(store, "model", 2)
    time.sleep(1.1)
    store.update_model_version("model", 1, "touched")
    assert numbers(store.search_model_versions("name = 'model'")) == [("model", 1), ("model", 2)]


def test_a_search_gives_versions_without_aliases_so_that_export_model_can_write_them(store: Any) -> None:
    make(store, "model")
    store.set_registered_model_alias("model", "champion", 1)
    (found,) = store.search_model_versions("name = 'model'")
    assert found.aliases == [] and store.get_model_version("model", 1).aliases == ["champion"]


def test_a_version_is_copied_to_another_model(store: Any) -> None:
    make(store, "from", tags=[ModelVersionTag("k", "v")], run_id="run-1")
    copied = store.copy_model_version(store.get_model_version("from", 1), "to")
    assert (copied.name, int(copied.version), copied.source) == ("to", 1, "models:/from/1")
    assert (copied.tags, copied.run_id) == ({"k": "v"}, "run-1")
    again = store.copy_model_version(copied, "third")
    assert again.source == "models:/to/1"
    assert store.get_model_version_download_uri("third", 1) == "path/to/source"


def test_a_prompt_and_a_model_never_share_a_name(store: Any) -> None:
    is_prompt = [RegisteredModelTag("mlflow.prompt.is_prompt", "true")]
    store.create_registered_model("model")
    store.create_registered_model("prompt", is_prompt)
    for name, tags, said in (
        ("model", None, "Registered Model .* already exists"),
        ("prompt", is_prompt, "Prompt .* already exists"),
        ("model", is_prompt, "taken by a registered model"),
        ("prompt", None, "taken by a prompt"),
    ):
        with pytest.raises(MlflowException, match=said):
            store.create_registered_model(name, tags)


@pytest.mark.skipif(OLD, reason="this MLflow searches prompts elsewhere")
def test_versions_of_a_prompt_are_none_of_a_model(store: Any) -> None:
    store.create_registered_model("model")
    with pytest.raises(MlflowException, match="registered as a model"):
        store.search_prompt_versions("model")


def test_a_version_of_a_logged_model_has_its_run(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def get_logged_model(self, model_id: str) -> Any:
            return SimpleNamespace(source_run_id=f"run of {model_id}")

    asked = "refmark.mlflow.versions" if isinstance(store, RefmarkStore) else type(store).__module__
    monkeypatch.setattr(f"{asked}.MlflowClient", Client)
    store.create_registered_model("model")
    made = store.create_model_version("model", "path/to/source", model_id="m-1")
    assert made.run_id == store.get_model_version("model", 1).run_id == "run of m-1"


def test_the_store_has_every_method_of_mlflows() -> None:
    from mlflow.store.model_registry.abstract_store import AbstractStore

    source = Path(AbstractStore.__init__.__code__.co_filename).read_text()
    abstract = re.findall(r"@abstractmethod\n    def (\w+)", source)
    assert len(abstract) == 21
    missing = [name for name in abstract if getattr(RefmarkStore, name) is getattr(AbstractStore, name)]
    assert missing == []
