"""MLflow as people use it, on a Git registry: log, register, alias, load; every load verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import blob_of

pytest.importorskip("mlflow")

import mlflow
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException

import refmark
from refmark.mlflow.store import RefmarkStore


class Doubler(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Twice what goes in."""

    def predict(self, context: Any, model_input: list[float]) -> list[float]:
        return [2 * it for it in model_input]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    reg = refmark.init(tmp_path / "models")
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'tracking.db'}")
    mlflow.set_registry_uri(f"refmark://{reg.path}")
    yield reg
    mlflow.set_registry_uri(None)
    mlflow.set_tracking_uri(None)


def test_a_model_is_logged_registered_promoted_loaded_and_refused_when_altered(
    registry: refmark.Registry, tmp_path: Path
) -> None:
    mlflow.create_experiment("e", artifact_location=str(tmp_path / "artifacts"))
    mlflow.set_experiment("e")
    with mlflow.start_run() as run:
        mlflow.pyfunc.log_model(name="m", python_model=Doubler(), registered_model_name="doubler", pip_requirements=[])
    client = mlflow.MlflowClient()
    version = client.get_model_version("doubler", 1)
    assert version.run_id == run.info.run_id and version.status == "READY"
    assert registry.show("doubler/1").trust == "quarantined", "code of one's own is trusted with a word"
    with pytest.raises(MlflowException, match="quarantined"):
        mlflow.pyfunc.load_model("models:/doubler/1")
    registry.transition("doubler/1", "trusted", "trained here")
    client.set_registered_model_alias("doubler", "champion", 1)
    client.set_model_version_tag("doubler", "1", "team", "nlp")
    assert [it.version for it in client.search_model_versions("name = 'doubler' AND tags.team = 'nlp'")] == [1]

    assert registry.resolve("doubler@champion").version == 1
    shown = registry.show("doubler/1")
    assert shown.lineage and shown.lineage["training_run"] == run.info.run_id
    assert "MLmodel" in [it.path for it in shown.files]
    for uri in ("models:/doubler@champion", "models:/doubler/1"):
        assert mlflow.pyfunc.load_model(uri).predict([1.0, 2.5]) == [2.0, 5.0]
    assert mlflow.artifacts.list_artifacts("models:/doubler/1")

    file = next(it for it in shown.files if it.path.endswith(".pkl"))
    blob = blob_of(registry, file.sha256)
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    with pytest.raises(MlflowException, match=file.path.rsplit("/", 1)[-1]) as raised:
        mlflow.pyfunc.load_model("models:/doubler@champion")
    assert raised.value.error_code == "DATA_LOSS"


def test_a_version_with_its_files_is_copied_and_read_by_its_download_uri(
    registry: refmark.Registry, tmp_path: Path
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights.bin").write_bytes(b"\x80234")
    client = mlflow.MlflowClient()
    client.create_registered_model("m")
    client.create_model_version("m", str(tmp_path / "m"), tags={"k": "v"})
    registry.transition("m/1", "trusted", "trained here")
    client.set_registered_model_alias("m", "champion", 1)
    copied = client.copy_model_version("models:/m@champion", "other")
    assert (copied.version, copied.tags) == (1, {"k": "v"})
    # A copy is an artifact of its own, and is trusted by itself.
    registry.transition("other/1", "trusted", "as m/1")
    assert (registry.pull("other/1") / "weights.bin").read_bytes() == b"\x80234"
    for uri in (client.get_model_version_download_uri("m", 1), "models:/other/1"):
        folder = Path(mlflow.artifacts.download_artifacts(uri))
        assert [it.name for it in folder.iterdir() if it.name != "registered_model_meta"] == ["weights.bin"]


def test_a_revoked_version_is_loaded_no_more(registry: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights.bin").write_bytes(b"\x80234")
    client = mlflow.MlflowClient()
    client.create_registered_model("m")
    client.create_model_version("m", str(tmp_path / "m"))
    registry.transition("m/1", "trusted", "trained here")
    folder = Path(mlflow.artifacts.download_artifacts("models:/m/1", dst_path=str(tmp_path)))
    assert (folder / "weights.bin").read_bytes() == b"\x80234"
    registry.revoke("m/1", "leaks")
    with pytest.raises(MlflowException, match="revoked") as raised:
        mlflow.artifacts.download_artifacts("models:/m/1")
    assert raised.value.error_code == "PERMISSION_DENIED"


def test_a_version_without_its_files_is_never_loaded_unverified(registry: refmark.Registry, tmp_path: Path) -> None:
    client = mlflow.MlflowClient()
    client.create_registered_model("m")
    client.create_model_version("m", str(tmp_path / "later"))
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "weights.bin").write_bytes(b"evil")
    with pytest.raises(MlflowException, match="nothing vouches"):
        mlflow.artifacts.download_artifacts("models:/m/1")


def test_inside_mlflows_server_a_proxied_source_is_read_where_the_server_keeps_it(
    registry: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept" / "0" / "m").mkdir(parents=True)
    (tmp_path / "kept" / "0" / "m" / "weights.bin").write_bytes(b"\x80234")
    monkeypatch.setenv("_MLFLOW_SERVER_ARTIFACT_DESTINATION", str(tmp_path / "kept"))
    store = RefmarkStore(f"refmark://{registry.path}")
    store.create_registered_model("m")
    store.create_model_version("m", "mlflow-artifacts:/0/m")
    registry.transition("m/1", "trusted", "trained here")
    assert (registry.pull("m/1") / "weights.bin").read_bytes() == b"\x80234"


@pytest.mark.parametrize("kind", ["sqlite", "files"])
def test_an_existing_registry_is_brought_over(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "sqlite":
        from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

        location = tmp_path / "mlflow.db"
        store: Any = SqlAlchemyStore(f"sqlite:///{location}")
    else:
        from mlflow.store.model_registry.file_store import FileStore

        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        location = tmp_path / "mlruns"
        store = FileStore(str(location))
    for number in (1, 2, 3):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "weights.bin").write_bytes(b"\x80%d" % number)
    store.create_registered_model("sentiment", [RegisteredModelTag("team", "nlp")], "what people feel")
    for number in (1, 2, 3):
        store.create_model_version("sentiment", str(tmp_path / f"v{number}"), f"run{number}", [ModelVersionTag("n", str(number))])
    store.create_model_version("sentiment", "gone/away")
    store.set_registered_model_alias("sentiment", "champion", 3)
    store.transition_model_version_stage("sentiment", 3, "Production", False)
    store.delete_model_version("sentiment", 2)
    store.create_registered_model("empty")
    before = store.get_model_version("sentiment", 3)
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)

    reg = refmark.init(tmp_path / "models")
    done = refmark.import_mlflow(location, reg)
    assert (done.models, done.versions, done.without_files, done.gaps) == (2, 3, ("sentiment/4",), 1)
    model = reg.model("sentiment")
    assert model and (model.description, model.aliases) == ("what people feel", {"champion": 3})
    assert model.tags["team"] == "nlp"
    third = reg.version("sentiment/3")
    assert third and (third.stage, third.tags["n"], third.lineage["training_run"]) == ("production", "3", "run3")
    assert int(third.created.timestamp()) == before.creation_timestamp // 1000
    after = RefmarkStore(f"refmark://{reg.path}").get_model_version("sentiment", 3)
    for field in ("creation_timestamp", "last_updated_timestamp", "tags", "run_id", "source", "current_stage"):
        assert getattr(after, field) == getattr(before, field), field
    assert (reg.pull("sentiment/3") / "weights.bin").read_bytes() == b"\x803"
    second = reg.version("sentiment/2")
    assert second and second.hidden and reg.model("empty") is not None
    assert reg.verify().ok
    head = reg.head
    again = refmark.import_mlflow(location, reg)
    assert (again.models, again.versions, again.gaps) == (0, 0, 0) and reg.head == head, "nothing is new there"
    other = refmark.init(tmp_path / "other")
    other.announce("sentiment")
    with pytest.raises(refmark.ExistsError, match="sentiment"):
        refmark.import_mlflow(location, other)


@pytest.fixture
def theirs(tmp_path: Path, empty_database: Path) -> Any:
    """An empty SQLite registry of MLflow's, at mlflow.db."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    return SqlAlchemyStore(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_prompts_and_names_that_are_near_each_other_come_over(
    reg: refmark.Registry, tmp_path: Path, theirs: Any
) -> None:
    is_prompt = "mlflow.prompt.is_prompt"
    theirs.create_registered_model("ask", [RegisteredModelTag(is_prompt, "true")])
    said = [ModelVersionTag(is_prompt, "true"), ModelVersionTag("mlflow.prompt.text", "Hello")]
    theirs.create_model_version("ask", "prompt-template", tags=said)
    for name in ("my-model", "My_Model"):
        theirs.create_registered_model(name)
        theirs.create_model_version(name, "gone/away")
    done = refmark.import_mlflow(tmp_path / "mlflow.db", reg)
    assert (done.models, done.versions) == (3, 3)
    # Of names that differ in case and separators alone, the second is written out; MLflow goes on knowing it by its own.
    assert set(done.renamed) < {"my-model", "My_Model"} and len(done.renamed) == 1
    store = RefmarkStore(f"refmark://{reg.path}")
    assert {it.name for it in store.search_registered_models()} == {"my-model", "My_Model"}
    assert store.get_model_version("my-model", "1").name == "my-model"
    again = refmark.import_mlflow(tmp_path / "mlflow.db", reg)
    assert (again.models, again.versions) == (0, 0)
    found = store.search_model_versions(f"name = 'ask' AND tags.`{is_prompt}` = 'true'")
    assert [(it.name, it.tags["mlflow.prompt.text"]) for it in found] == [("ask", "Hello")]


def test_a_prompt_is_registered_and_loaded_by_its_alias(registry: refmark.Registry) -> None:
    import mlflow.genai

    made = mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")
    mlflow.genai.set_prompt_alias("greeting", alias="live", version=made.version)
    assert mlflow.genai.load_prompt("prompts:/greeting@live").format(name="Ada") == "Hello Ada"
    assert [it.name for it in mlflow.genai.search_prompts()] == ["greeting"]
    assert registry.resolve("greeting@live").version == made.version
