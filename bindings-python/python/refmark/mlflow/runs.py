"""What MLflow knows of a model beside its files: the signature, the run, what it was trained and measured on.

It becomes what a policy asks for: the signature is the contract; run, commit and dataset are lineage; metrics are claims on
an evaluation card; parameters and words are the model card. What cannot be read is left out, and a gate then says so.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Iterable, Mapping, NamedTuple

from mlflow.entities import Run
from mlflow.models import Model
from mlflow.models.signature import ModelSignature
from mlflow.tracking.client import MlflowClient

COMMIT = "mlflow.source.git.commit"
_NOTE = "mlflow.note.content"
_CONTEXT = "mlflow.data.context"

#: How many parameters a card lists; the rest is in the run.
_SHOWN = 100


class Measured(NamedTuple):
    """A dataset that a run used, as MLflow has it."""

    name: str
    digest: str
    context: str

    @property
    def revision(self) -> str:
        """``NAME@DIGEST``, as lineage has it."""
        return f"{self.name}@{self.digest}"

    @property
    def named(self) -> str:
        """``NAME@sha256:…`` for evidence. MLflow's digest is short; this is the SHA-256 of the name and that digest, so
        that metrics compare exactly where MLflow says that the data were the same."""
        told = hashlib.sha256(json.dumps(["mlflow-dataset", self.name, self.digest]).encode()).hexdigest()
        return f"{self.name}@sha256:{told}"


def documents(
    model: str, path: str, run_id: str | None, description: str | None, tracking_uri: str | None
) -> dict[str, Any]:
    """Contract, lineage, metrics and cards of a version, as arguments of ``register``."""
    made: dict[str, Any] = {}
    logged = _logged(path)
    if logged is not None and logged.signature is not None:
        made["contract"] = contract(logged.signature)
    run = read_run(run_id or (None if logged is None else logged.run_id), tracking_uri)
    if run is not None:
        data = datasets(run)
        trained_on = next((it for it in data if "train" in it.context.lower()), data[0] if data else None)
        said = {"dataset_version": trained_on and trained_on.revision, "code_commit": run.data.tags.get(COMMIT)}
        made["lineage"] = {key: value for key, value in said.items() if value}
        made["metrics"] = dict(run.data.metrics)
        if run.data.metrics:
            made["evaluation_card"] = _evaluation_card(run, data)
    if logged is not None:
        made["card"] = _card(model, logged, run, description)
    return {key: value for key, value in made.items() if value}


def read_run(run_id: str | None, tracking_uri: str | None = None) -> Run | None:
    """A run; ``None`` where there is none, or nobody answers: a version is registered without it."""
    if not run_id:
        return None
    try:
        return MlflowClient(tracking_uri).get_run(run_id)
    except Exception:
        return None


def datasets(run: Run) -> list[Measured]:
    """The datasets that a run used, each once."""
    used: Iterable[Any] = getattr(run.inputs, "dataset_inputs", None) or ()
    found = []
    for it in used:
        context = next((tag.value for tag in it.tags if tag.key == _CONTEXT), "")
        found.append(Measured(it.dataset.name or "dataset", it.dataset.digest, context))
    return list(dict.fromkeys(found))


def _logged(path: str) -> Model | None:
    try:
        return Model.load(path) if os.path.isfile(os.path.join(path, "MLmodel")) else None
    except Exception:
        return None


def contract(signature: ModelSignature) -> dict[str, Any]:
    """The contract that a signature states."""
    said = signature.to_dict()
    made: dict[str, Any] = {"inputs": _fields(said.get("inputs"), "input"), "outputs": _fields(said.get("outputs"), "output")}
    params = _columns(said.get("params"))
    if params:
        made["notes"] = {"params": params}
    return made


def _columns(told: Any) -> list[dict[str, Any]]:
    read = json.loads(told) if isinstance(told, str) else told
    return [it for it in read or () if isinstance(it, dict)]


def _fields(told: Any, unnamed: str) -> list[dict[str, Any]]:
    fields = []
    columns = _columns(told)
    for at, column in enumerate(columns):
        tensor = column.get("tensor-spec") or {}
        name = column.get("name") or (unnamed if len(columns) == 1 else f"{unnamed}_{at}")
        field: dict[str, Any] = {"name": str(name), "type": _type(tensor.get("dtype") or column)}
        if tensor.get("shape") is not None:
            field["shape"] = [int(it) for it in tensor["shape"]]
        if column.get("required") is False:
            field["optional"] = True
        fields.append(field)
    return fields


def _type(told: Any) -> str:
    """The text of a type: arrays, maps and objects name what they hold."""
    if isinstance(told, str):
        return told
    kind = str(told.get("type", "any"))
    if kind == "array":
        return f"array<{_type(told.get('items', {}))}>"
    if kind == "map":
        return f"map<{_type(told.get('values', {}))}>"
    if kind == "object":
        members: Mapping[str, Any] = told.get("properties") or {}
        return "object<" + ", ".join(f"{name}: {_type(it)}" for name, it in members.items()) + ">"
    return kind


def _evaluation_card(run: Run, data: list[Measured]) -> dict[str, Any]:
    return {
        "run": run.info.run_id,
        "metrics": {name: _plain(value) for name, value in sorted(run.data.metrics.items())},
        "datasets": [{"name": it.name, "digest": it.digest, "context": it.context} for it in data],
        "measured_by": "MLflow",
    }


def _plain(value: float) -> float | str:
    """JSON has no number that is not finite."""
    return value if value == value and abs(value) != float("inf") else str(value)


def _card(model: str, logged: Model, run: Run | None, description: str | None) -> str:
    lines = [f"# {model}", "", description or ""]
    if run is not None and run.data.tags.get(_NOTE):
        lines += ["", run.data.tags[_NOTE]]
    lines += ["", "## Made by", "", f"MLflow {logged.mlflow_version or ''}: {', '.join(sorted(logged.flavors))}."]
    if run is not None:
        lines += ["", f"Run {run.info.run_id} ({run.info.run_name or 'unnamed'})."]
        lines += _table("Parameters", run.data.params)
        lines += _table("Metrics", {name: f"{value:g}" for name, value in run.data.metrics.items()})
    return "\n".join(lines) + "\n"


def _table(title: str, rows: Mapping[str, str]) -> list[str]:
    if not rows:
        return []
    cells = [f"| {_cell(name)} | {_cell(value)} |" for name, value in sorted(rows.items())[:_SHOWN]]
    return ["", f"## {title}", "", "| | |", "|---|---|", *cells]


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")[:200]
