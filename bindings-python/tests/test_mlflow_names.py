"""Names that MLflow allows and refmark does not: each stands here under another, and MLflow never sees that one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow")

import mlflow
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

import refmark
from refmark.mlflow import names
from refmark.mlflow.store import RefmarkStore

from conftest import REPO

HARD = [
    "0123456789abcdef0123456789abcdef",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "model (v2)",
    "größe",
    "a+b",
    "v2",
    "latest",
    "con",
    "ends with a dot.",
    "@at",
    "what?",
    "mlx--ab",
    "漢字",
]


@pytest.mark.parametrize("name", HARD)
def test_a_name_that_only_mlflow_allows_works_as_any_other(store: Any, name: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    made = store.create_registered_model(name, [RegisteredModelTag("k", "v")], "words")
    assert (made.name, made.tags, made.description) == (name, {"k": "v"}, "words")
    version = store.create_model_version(name, str(tmp_path / "m"), tags=[ModelVersionTag("n", "1")])
    assert (version.name, int(version.version)) == (name, 1)
    store.set_registered_model_alias(name, "größte", 1)
    found = store.get_registered_model(name)
    assert found.aliases == {"größte": "1"} or found.aliases == {"größte": 1}
    assert int(store.get_model_version_by_alias(name, "größte").version) == 1
    quoted = name.replace("'", "''")
    assert [it.name for it in store.search_registered_models(f"name = '{quoted}'")] == [name]
    assert [it.name for it in store.search_model_versions(f"name = '{quoted}' AND tags.n = '1'")] == [name]
    assert store.get_latest_versions(name)[0].name == name
    store.set_model_version_tag(name, 1, ModelVersionTag("n", "2"))
    store.delete_registered_model_alias(name, "größte")
    assert store.rename_registered_model(name, "plain").name == "plain"
    assert store.rename_registered_model("plain", name).name == name
    store.delete_model_version(name, 1)
    store.delete_registered_model(name)
    assert list(store.search_registered_models()) == []


def test_twins_in_case_and_punctuation_are_kept_apart(store: Any) -> None:
    for name in ("my-model", "My-Model", "my_model", "MY MODEL"):
        store.create_registered_model(name)
        store.create_model_version(name, f"source of {name}")
    for name in ("my-model", "My-Model", "my_model", "MY MODEL"):
        assert store.get_model_version(name, 1).source == f"source of {name}"
    assert {it.name for it in store.search_registered_models()} == {"my-model", "My-Model", "my_model", "MY MODEL"}
    with pytest.raises(mlflow.MlflowException, match="already exists"):
        store.create_registered_model("My-Model")


def test_a_written_name_reads_back_and_what_only_looks_like_one_stays() -> None:
    for name in [*HARD, "My_Model", "zyx", "a-b.c d_e", "\N{PILE OF POO}"]:
        for spelling in names.spellings(name):
            assert names.shown(spelling) == name
        assert refmark._native.is_name("model", names.spellings(name)[-1])
    for name in ("mlx--", "mlx--a_b", "mlx--zx", "mlx--zx110000z", "mlx--zx61z", "mlx--Ab"):
        assert names.shown(name) == name


def test_latest_is_the_highest_number_whatever_was_promoted(store: Any) -> None:
    store.create_registered_model("m")
    with pytest.raises(mlflow.MlflowException) as raised:
        store.get_model_version_by_alias("m", "latest")
    assert raised.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    for source in "abc":
        store.create_model_version("m", source)
    store.set_registered_model_alias("m", "champion", 1)
    for latest in ("latest", "Latest"):
        assert int(store.get_model_version_by_alias("m", latest).version) == 3
    store.delete_model_version("m", 3)
    assert int(store.get_model_version_by_alias("m", "latest").version) == 2


def test_a_prompt_is_loaded_by_latest(reg: refmark.Registry, tmp_path: Path) -> None:
    import mlflow.genai

    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'tracking.db'}")
    mlflow.set_registry_uri(f"refmark://{reg.path}")
    try:
        mlflow.genai.register_prompt(name="greeting", template="Hello")
        mlflow.genai.register_prompt(name="greeting", template="Good day")
        assert mlflow.genai.load_prompt("prompts:/greeting@latest").template == "Good day"
    finally:
        mlflow.set_registry_uri(None)
        mlflow.set_tracking_uri(None)


def test_loading_by_a_name_that_is_written_out(reg: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights.bin").write_bytes(b"\x80234")
    mlflow.set_registry_uri(f"refmark://{reg.path}")
    try:
        client = mlflow.MlflowClient()
        client.create_registered_model("größe (v2)")
        client.create_model_version("größe (v2)", str(tmp_path / "m"))
        (model,) = reg.models()
        reg.transition(f"{model.model}/1", "trusted", "trained here")
        folder = Path(mlflow.artifacts.download_artifacts("models:/größe (v2)/1", dst_path=str(tmp_path)))
        assert (folder / "weights.bin").read_bytes() == b"\x80234"
    finally:
        mlflow.set_registry_uri(None)


@pytest.fixture
def theirs(tmp_path: Path, empty_database: Path) -> Any:
    """An empty SQLite registry of MLflow's, at mlflow.db."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    return SqlAlchemyStore(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_an_import_lists_what_it_renamed_and_mlflow_keeps_the_names(
    reg: refmark.Registry, tmp_path: Path, theirs: Any
) -> None:
    for name in (*HARD, "twin", "Twin"):
        theirs.create_registered_model(name)
    theirs.create_model_version("größe", "gone/away")
    theirs.set_registered_model_alias("größe", "größte", 1)
    done = refmark.import_mlflow(tmp_path / "mlflow.db", reg)
    assert (done.models, done.versions) == (len(HARD) + 2, 1)
    assert done.renamed["größe"] == "mlx--grzxf6zzxdfze" and "f47ac10b-58cc-4372-a567-0e02b2c3d479" not in done.renamed
    assert len({"twin", "Twin"} & set(done.renamed)) == 1
    store = RefmarkStore(f"refmark://{reg.path}")
    assert {it.name for it in store.search_registered_models()} == {*HARD, "twin", "Twin"}
    assert store.get_registered_model("größe").aliases == {"größte": 1}


def test_an_import_again_brings_what_is_new_there(reg: refmark.Registry, tmp_path: Path, theirs: Any) -> None:
    theirs.create_registered_model("m", [RegisteredModelTag("a", "1"), RegisteredModelTag("b", "2")])
    for source in ("s1", "s2"):
        theirs.create_model_version("m", source, tags=[ModelVersionTag("a", "1")])
    theirs.set_registered_model_alias("m", "champion", 1)
    refmark.import_mlflow(tmp_path / "mlflow.db", reg)
    theirs.create_model_version("m", "s3")
    theirs.set_registered_model_alias("m", "champion", 3)
    theirs.delete_registered_model_tag("m", "b")
    theirs.update_model_version("m", 1, "words")
    theirs.delete_model_version_tag("m", 1, "a")
    theirs.delete_model_version("m", 2)
    theirs.create_registered_model("other")
    done = refmark.import_mlflow(tmp_path / "mlflow.db", reg)
    assert (done.models, done.versions, done.gaps) == (1, 1, 1)
    store = RefmarkStore(f"refmark://{reg.path}")
    assert store.get_registered_model("m").aliases == {"champion": 3} and store.get_registered_model("m").tags == {"a": "1"}
    first = store.get_model_version("m", 1)
    assert (first.description, first.tags) == ("words", {})
    assert [it.version for it in store.search_model_versions("name = 'm'", order_by=["version_number ASC"])] == [1, 3]
    head = reg.head
    assert refmark.import_mlflow(tmp_path / "mlflow.db", reg).versions == 0 and reg.head == head


@pytest.mark.parametrize("kind", ["sqlite", "files"])
def test_a_number_that_was_deleted_there_is_never_given_here(
    reg: refmark.Registry, tmp_path: Path, theirs: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = tmp_path / "mlflow.db"
    if kind == "files":
        from mlflow.store.model_registry.file_store import FileStore

        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        location = tmp_path / "mlruns"
        theirs = FileStore(str(location))
    for name in ("m", "all"):
        theirs.create_registered_model(name)
        for source in ("s1", "s2"):
            theirs.create_model_version(name, source)
        theirs.delete_model_version(name, 2)
    theirs.delete_model_version("all", 1)
    refmark.import_mlflow(location, reg)
    store = RefmarkStore(f"refmark://{reg.path}")
    assert int(store.create_model_version("m", "s3").version) == 3
    assert int(store.create_model_version("all", "s3").version) == 3


def test_names_are_written_as_the_service_writes_them() -> None:
    vectors = json.loads((REPO / "tests/vectors/mlflow/names.json").read_text("utf-8"))
    for name, written, stays in vectors:
        assert names.spellings(name)[-1] == written
        assert (names.spellings(name)[0] == name) == stays
        assert names.shown(written) == name
