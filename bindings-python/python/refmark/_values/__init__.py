"""Answers as values: each class has the keys of the command's ``--json`` answer; ``to_dict`` gives that answer back."""

from __future__ import annotations

from ._base import Value, rows
from .findings import Diff, Inspection, Problem, Tensor, VerifyReport
from .gates import Gate, GateReport, Signer
from .moves import ClosedArtifact, Move, Promotion, Revocation, Target, Transition
from .resolved import AsOf, At, Pulled, QuarantinePull, Remote, RemoteCheck, Resolved, SyncReport
from .versions import File, Labelled, Model, ModelDetail, Shown, Version, VersionDetail, VersionRow

__all__ = [
    "AsOf",
    "At",
    "ClosedArtifact",
    "Diff",
    "File",
    "Gate",
    "GateReport",
    "Inspection",
    "Labelled",
    "Model",
    "ModelDetail",
    "Move",
    "Problem",
    "Promotion",
    "Pulled",
    "QuarantinePull",
    "Remote",
    "RemoteCheck",
    "Resolved",
    "Revocation",
    "Shown",
    "Signer",
    "SyncReport",
    "Target",
    "Tensor",
    "Transition",
    "Value",
    "VerifyReport",
    "Version",
    "VersionDetail",
    "VersionRow",
    "rows",
]
