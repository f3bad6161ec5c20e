"""What references mean, and the bytes behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ._base import Value, many, moment, one
from .versions import File


@dataclass(frozen=True, slots=True)
class AsOf(Value):
    """The head that an answer is true of."""

    #: The head.
    head: str
    #: Its time, as its committer claims it.
    time: datetime

    _read = {"time": moment}


@dataclass(frozen=True, slots=True)
class At(Value):
    """The past time that an answer is about."""

    #: The time that was asked for.
    time: datetime
    #: When the move took effect, by its commit.
    landed: datetime | None
    #: ``checkpointed`` where a checkpoint bounds it, else ``claimed``.
    dated_by: str

    _read = {"time": moment, "landed": moment}


@dataclass(frozen=True, slots=True)
class Resolved(Value):
    """What a reference means, and how far that is vouched for."""

    #: The reference, as it was asked.
    reference: str
    #: The model, where the reference names one.
    model: str | None
    #: The version.
    version: int | None
    #: The artifact's id.
    artifact: str
    #: The alias, where the reference names one.
    alias: str | None
    #: The number of the alias's move.
    sequence: int | None
    #: The commit in which the move, or the version, took effect.
    commit: str | None
    #: The artifact's trust state; ``none`` where no root is pinned and so nothing vouches for it.
    trust: str
    #: The artifact's trust state as the registry has it, vouched for or not.
    trust_state: str
    #: The version's stage.
    stage: str | None
    #: Whether the whole history was verified against a pinned root.
    verified: bool
    #: The head that the answer is true of.
    as_of: AsOf
    #: For a past time: how that time is known.
    at: At | None = None

    _read = {"as_of": one(AsOf), "at": one(At)}

    def to_dict(self) -> dict[str, Any]:
        answer = Value.to_dict(self)
        if self.at is None:
            del answer["at"]
        return answer


@dataclass(frozen=True, slots=True)
class Pulled(Value):
    """What was handed out."""

    #: The folder.
    path: Path
    #: The artifact's id.
    artifact: str
    #: Its files: every byte was hashed.
    files: tuple[File, ...] = field(repr=False)
    #: Whether the folder was there already, with exactly these bytes.
    was_there: bool
    #: What the reference meant.
    resolved: Resolved

    _read = {"path": Path, "files": many(File), "resolved": one(Resolved)}


@dataclass(frozen=True, slots=True)
class QuarantinePull(Value):
    """What was taken out of quarantine, to be looked at."""

    #: The marked folder: ``QUARANTINED.md`` says what it is, the files lie in ``files``.
    path: Path
    #: The artifact's id.
    artifact: str
    #: Its trust state: ``acquired`` or ``quarantined``.
    trust: str
    #: Its files: every byte was hashed.
    files: tuple[File, ...] = field(repr=False)
    #: Whether the folder was there already, with exactly these bytes.
    was_there: bool
    #: Why.
    reason: str
    #: The record of it: who took them, and in which commit.
    evidence: dict[str, Any] = field(repr=False, hash=False)

    _read = {"path": Path, "files": many(File)}


@dataclass(frozen=True, slots=True)
class Remote(Value):
    """Another place that holds blobs."""

    #: Its name.
    name: str
    #: ``folder``, ``s3``, ``gs``, ``az`` or ``https``.
    kind: str
    #: Where it is: a folder's path, or an address. Holds no credential.
    url: str
    #: Whether the place carries this registry's mark, by which it is known again.
    marked: bool
    #: What of the place is weak, when it is added; empty in a list.
    warnings: tuple[str, ...]

    _read = {"warnings": tuple}


@dataclass(frozen=True, slots=True)
class RemoteCheck(Value):
    """What a remote holds of what the registry needs."""

    #: The remote's name.
    remote: str
    #: Where it is.
    url: str
    #: Whether every byte was fetched and hashed; else sizes alone were compared.
    hashed: bool
    #: Blobs that the registry needs and the remote holds.
    held: int
    #: Their bytes.
    held_bytes: int
    #: Blobs that the registry needs and the remote lacks.
    missing: tuple[str, ...]
    #: Errors of blobs that the remote has under their digest and that are something else.
    wrong: tuple[dict[str, Any], ...] = field(hash=False)
    #: Blobs that no artifact of this registry names.
    others: int
    #: Their bytes.
    other_bytes: int

    _read = {"missing": tuple, "wrong": tuple}


@dataclass(frozen=True, slots=True)
class SyncReport(Value):
    """What a sync moved."""

    #: Blobs that went to the remotes.
    sent: int
    #: Bytes that went to the remotes.
    sent_bytes: int
    #: Blobs that came from them.
    fetched: int
    #: Bytes that came from them.
    fetched_bytes: int
    #: Blobs that are in no place that can be reached.
    absent: tuple[str, ...]
    #: What remotes handed out that was wrong, and was not kept.
    problems: tuple[dict[str, Any], ...] = field(hash=False)
