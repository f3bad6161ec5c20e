"""A model's whole way under a team's policy, from ``log_model`` to ``@champion``: each step by whom the policy names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

pytest.importorskip("mlflow")
pytest.importorskip("sklearn")

import mlflow
import numpy as np
from cryptography.hazmat.primitives import serialization as keys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

import refmark
from refmark.mlflow import attach_evaluation

ROLES = {"bo": "mlops-engineer", "fay": "data-scientist", "nora": "platform-lead", "ci": "ci-agent"}
TRAIN = np.array([[0.0], [1.0], [2.0], [3.0]])
LABELS = np.array([0, 0, 1, 1])


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the registry as a member sees it, and makes MLflow's calls that member's."""
    founder = refmark.init(tmp_path / "models", team=True, by="ada")
    paths: dict[str, Path | None] = {"ada": None}
    for name, role in ROLES.items():
        key = Ed25519PrivateKey.generate()
        paths[name] = tmp_path / f"{name}.key"
        plain = (keys.Encoding.PEM, keys.PrivateFormat.OpenSSH, keys.NoEncryption())
        (tmp_path / f"{name}.key").write_bytes(key.private_bytes(*plain))
        (tmp_path / f"{name}.key").chmod(0o600)
        public = key.public_key().public_bytes(keys.Encoding.OpenSSH, keys.PublicFormat.OpenSSH).decode()
        founder.add_member(name, keys=public, roles=role, agent=name == "ci")

    def become(name: str) -> refmark.Registry:
        path = paths[name]
        monkeypatch.delenv("REFMARK_KEY", raising=False)
        if path is not None:
            monkeypatch.setenv("REFMARK_KEY", str(path))
        mlflow.set_registry_uri(f"refmark://{founder.path}")
        return refmark.open(founder.path)

    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'tracking.db'}")
    mlflow.create_experiment("e", artifact_location=str(tmp_path / "artifacts"))
    mlflow.set_experiment("e")
    yield become
    mlflow.set_registry_uri(None)
    mlflow.set_tracking_uri(None)


def trained() -> str:
    """Logs and registers a model, as a data scientist does; gives the run."""
    with mlflow.start_run() as run:
        data = mlflow.data.from_numpy(TRAIN, targets=LABELS, name="reviews")
        mlflow.log_input(data, context="training")
        mlflow.set_tag("mlflow.source.git.commit", "4f2a91c07d5be8a3f60c1d2e3b4a5968778695a4")
        model = LogisticRegression().fit(TRAIN, LABELS)
        mlflow.log_params({"C": 1.0})
        mlflow.log_metric("accuracy", float(model.score(TRAIN, LABELS)))
        signature = mlflow.models.infer_signature(TRAIN, model.predict(TRAIN))
        mlflow.sklearn.log_model(
            model, name="m", signature=signature, registered_model_name="sentiment", pip_requirements=[]
        )
    return str(run.info.run_id)


def test_from_log_model_to_champion(team: Callable[[str], refmark.Registry], tmp_path: Path) -> None:
    fay = team("fay")
    run = trained()
    shown = fay.show("sentiment/1")
    assert shown.contract and shown.contract["inputs"][0]["type"] == "float64" and shown.contract["outputs"]
    lineage = shown.lineage or {}
    assert lineage["training_run"] == run and lineage["code_commit"].startswith("4f2a91c")
    assert lineage["dataset_version"].startswith("reviews@")
    assert shown.metrics["accuracy"] == 1.0 and "Parameters" in (shown.model_card or "")

    bo = team("bo")
    client = mlflow.MlflowClient()
    with pytest.raises(MlflowException) as refused:
        client.set_registered_model_alias("sentiment", "champion", 1)
    assert refused.value.error_code == "PERMISSION_DENIED" and "trusted" in str(refused.value)

    bo.attach("sentiment/1", "sign-off", verdict="pass", summary="read the pickle's imports: scikit-learn alone")
    nora = team("nora")
    nora.transition("sentiment/1", "trusted", "signed off")
    team("ada").describe("sentiment", owner="ada")

    ci = team("ci")
    with mlflow.start_run() as measured:
        mlflow.log_input(mlflow.data.from_numpy(TRAIN, targets=LABELS, name="march"), context="eval")
        mlflow.log_metric("accuracy", 0.97)
    attached = attach_evaluation(ci, "sentiment/1", measured.info.run_id, verdict="pass")
    assert attached.metrics["accuracy"]["value"] == 0.97

    team("bo")
    client.transition_model_version_stage("sentiment", 1, "Staging")
    assert client.get_model_version("sentiment", 1).current_stage == "Staging"

    (tmp_path / "canary.json").write_text(
        '{"verdict": "pass", "traffic_share": 0.1, "duration": "2 days", "compared_with": "the rules that were live", "result": "no errors"}'
    )
    plan = "Move champion back to the version before with rollback, and tell the on-call channel what was seen."
    (tmp_path / "plan.md").write_text(plan)
    (tmp_path / "book.md").write_text(f"When error rates rise: look at the drift board first. {plan}")
    team("ci").attach("sentiment/1", "canary", tmp_path / "canary.json", produced_by="https://ci.example.org/runs/7")
    fay = team("fay")
    fay.attach("sentiment/1", "rollback-plan", tmp_path / "plan.md")
    fay.attach("sentiment/1", "runbook", tmp_path / "book.md")

    proposal = team("bo").propose("sentiment@champion", 1, "first model that is good enough")
    with pytest.raises(refmark.PendingError):
        team("bo").land(proposal.branch)
    team("ada").approve(proposal.branch)
    team("nora").approve(proposal.branch)
    team("bo").land(proposal.branch)

    held = client.get_model_version_by_alias("sentiment", "champion")
    assert (int(held.version), held.current_stage) == (1, "Production")
    loaded = mlflow.sklearn.load_model("models:/sentiment@champion")
    assert list(loaded.predict(TRAIN)) == [0, 0, 1, 1]
    assert team("ada").verify().ok


def test_an_evaluation_without_data_or_metrics_is_no_evidence(team: Callable[[str], refmark.Registry]) -> None:
    team("fay")
    trained()
    ci = team("ci")
    with mlflow.start_run() as empty:
        pass
    with mlflow.start_run() as bare:
        mlflow.log_metric("accuracy", 0.5)
    with pytest.raises(refmark.UsageError, match="measured nothing"):
        attach_evaluation(ci, "sentiment/1", empty.info.run_id, verdict="pass")
    with pytest.raises(refmark.UsageError, match="what data"):
        attach_evaluation(ci, "sentiment/1", bare.info.run_id, verdict="pass")
    with pytest.raises(refmark.NotFoundError, match="cannot be read"):
        attach_evaluation(ci, "sentiment/1", "none", verdict="pass")


def test_the_same_data_have_the_same_digest_and_others_another() -> None:
    from refmark.mlflow.runs import Measured

    one, again, other = Measured("d", "ab12", "eval"), Measured("d", "ab12", "test"), Measured("d", "ab13", "eval")
    assert one.named == again.named != other.named and one.named.startswith("d@sha256:")
