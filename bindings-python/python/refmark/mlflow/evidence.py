"""An MLflow run that measured a version, as evidence about it: what gates ask for."""

from __future__ import annotations

from typing import Mapping

import mlflow

from .._arguments import RefLike
from .._registry import Registry
from .._team import Attached
from ..errors import NotFoundError, UsageError
from . import runs


def attach_evaluation(
    registry: Registry,
    reference: RefLike,
    run_id: str,
    *,
    verdict: str,
    suite: str | None = None,
    dataset: str | None = None,
    better: Mapping[str, str] | None = None,
    summary: str | None = None,
    tracking_uri: str | None = None,
) -> Attached:
    """Attaches a run of ``mlflow.evaluate``, or any run that logged metrics and the dataset, as the evidence ``evaluation``.

    ``verdict`` is what it comes to, ``pass``, ``fail`` or ``info``: MLflow measures, and somebody judges. ``suite`` is
    ``NAME@VERSION``, by default MLflow and its version. ``dataset`` is ``NAME@sha256:…``, by default the run's dataset with a
    digest of MLflow's own. ``better`` says of a metric whether ``higher`` or ``lower`` is better. Policies count it only of
    whoever did not register the version: it is attached by CI, or by another person. It can be attached at any time.

    Raises `NotFoundError` where the run cannot be read, and `UsageError` where it has no metrics or no dataset is known.

    Example::

        with mlflow.start_run() as run:
            mlflow.evaluate("models:/sentiment/4", data, targets="label", model_type="classifier")
        attach_evaluation(reg, "sentiment/4", run.info.run_id, verdict="pass")
    """
    run = runs.read_run(run_id, tracking_uri)
    if run is None:
        raise NotFoundError(f"the run {run_id} cannot be read", code="not-found", hint="name its tracking_uri")
    if not run.data.metrics:
        raise UsageError(f"run_id: {run_id} measured nothing", code="bad-argument", hint="log metrics in it")
    used = runs.datasets(run)
    if dataset is None and not used:
        raise UsageError(
            f"dataset: {run_id} does not say on what data it measured",
            code="bad-argument",
            hint="log it with mlflow.log_input, or name it as NAME@sha256:…",
        )
    measured = next((it for it in used if "eval" in it.context.lower() or "test" in it.context.lower()), None)
    named = dataset or (measured or used[-1]).named
    ways = better or {}
    return registry.attach(
        reference,
        "evaluation",
        verdict=verdict,
        suite=suite or f"mlflow@{mlflow.__version__}",
        dataset=named,
        metrics={name: (value, ways[name]) if name in ways else value for name, value in run.data.metrics.items()},
        produced_by=f"runs:/{run_id}",
        summary=summary,
    )
