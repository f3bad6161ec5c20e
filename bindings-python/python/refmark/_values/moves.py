"""Moves of aliases, stages and trust states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import _html as html
from ._base import Value, many, moment, one
from .gates import GateReport


@dataclass(frozen=True, slots=True)
class Target(Value):
    """What an alias holds."""

    #: The version.
    version: int
    #: The artifact's id.
    artifact: str


@dataclass(frozen=True, slots=True)
class Promotion(Value):
    """A move of an alias that took effect."""

    #: The model.
    model: str
    #: The alias.
    alias: str
    #: The move's number.
    sequence: int
    #: What the alias held before.
    from_: Target | None
    #: What it holds now.
    to: Target | None
    #: Why.
    reason: str
    #: Who.
    by: str
    #: When, by the author's clock.
    time: datetime
    #: The commit.
    commit: str
    #: The head before it.
    before: str = field(repr=False)
    #: The move's statement.
    statement: str = field(repr=False)
    #: Every gate of it.
    reports: tuple[GateReport, ...] = field(repr=False)

    _keys = {"from_": "from"}
    _read = {"from_": one(Target), "to": one(Target), "time": moment, "reports": many(GateReport)}

    def _html(self) -> str:
        row = _move(self.from_, self.to)
        out = html.table(
            ("alias", "move", "reason", "by", "time", "commit"),
            [(f"{self.model}@{self.alias}", row, self.reason, self.by, self.time, html.short(self.commit))],
        )
        return out + "".join(it._html() for it in self.reports)


def _move(old: Target | None, new: Target | None) -> str:
    return f"{old.version if old else '(none)'} → {new.version if new else '(none)'}"


@dataclass(frozen=True, slots=True)
class Move(Value):
    """A move of an alias in the log."""

    #: The model.
    model: str
    #: The alias.
    alias: str
    #: The move's number.
    sequence: int
    #: What the alias held before.
    from_: Target | None
    #: What it held then.
    to: Target | None
    #: Who moved it.
    by: str
    #: When, by the author's clock.
    time: datetime
    #: Why.
    reason: str
    #: The commit in which it took effect.
    commit: str | None
    #: That commit's time.
    landed: datetime | None

    _keys = {"from_": "from"}
    _read = {"from_": one(Target), "to": one(Target), "time": moment, "landed": moment}

    def _row(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "alias": self.alias,
            "sequence": self.sequence,
            "from": self.from_.version if self.from_ else None,
            "to": self.to.version if self.to else None,
            "by": self.by,
            "time": self.time,
            "reason": self.reason,
            "commit": self.commit,
        }

    @classmethod
    def _schema(cls) -> dict[str, str]:
        names = ("model", "alias", "sequence", "from", "to", "by", "time", "reason", "commit")
        held = {"sequence": "int", "from": "int", "to": "int", "time": "datetime"}
        return {name: held.get(name, "str") for name in names}


@dataclass(frozen=True, slots=True)
class Transition(Value):
    """A move of a stage or a trust state that took effect."""

    #: The artifact's id.
    artifact: str
    #: The version, for a stage move: ``MODEL/VERSION``.
    version: str | None
    #: The state or stage before.
    from_: str
    #: The state or stage now.
    to: str
    #: The commit.
    commit: str
    #: Every gate of it.
    reports: tuple[GateReport, ...] = field(repr=False)
    #: For a move to ``trusted``: ``derived`` where the manifest was held against the bytes, else ``claimed``.
    manifest_is: str | None = None

    _keys = {"from_": "from"}
    _read = {"reports": many(GateReport)}


@dataclass(frozen=True, slots=True)
class ClosedArtifact(Value):
    """An artifact that is closed because it holds revoked bytes."""

    #: The artifact's id.
    artifact: str
    #: The first of its files that has such bytes.
    file: str
    #: The versions that are this artifact: model and number.
    versions: tuple[tuple[str, int], ...]
    #: The aliases that hold it, and now resolve to ``revoked``: model and alias.
    aliases: tuple[tuple[str, str], ...]

    _read = {
        "versions": lambda pairs: tuple((model, version) for model, version in pairs),
        "aliases": lambda pairs: tuple((model, alias) for model, alias in pairs),
    }


@dataclass(frozen=True, slots=True)
class Revocation(Value):
    """A revocation or deletion that took effect, and what it hit."""

    #: The artifact's id.
    artifact: str
    #: Its trust state now.
    to: str
    #: The commit.
    commit: str
    #: The versions that are this artifact: model and number.
    versions: tuple[tuple[str, int], ...]
    #: The aliases that held it, and now resolve to ``revoked``: model and alias.
    aliases: tuple[tuple[str, str], ...]
    #: The projects that published a pin to it.
    consumers: tuple[str, ...]
    #: The files whose bytes the revocation names, as paths of the artifact.
    files: tuple[str, ...]
    #: The other artifacts that are closed by it, because they hold bytes that it names.
    closed: tuple[ClosedArtifact, ...]
    #: The blobs whose bytes were removed from this store.
    removed: tuple[str, ...]

    _read = {
        "closed": many(ClosedArtifact),
        "versions": lambda pairs: tuple((model, version) for model, version in pairs),
        "aliases": lambda pairs: tuple((model, alias) for model, alias in pairs),
    }

    def _html(self) -> str:
        facts = [
            ("artifact", self.artifact),
            ("to", self.to),
            ("commit", self.commit),
            ("versions", ", ".join(f"{model}/{version}" for model, version in self.versions) or None),
            ("aliases", ", ".join(f"{model}@{alias}" for model, alias in self.aliases) or None),
            ("consumers", ", ".join(self.consumers) or None),
            ("files", ", ".join(self.files[:20]) or None),
            ("closed, too", ", ".join(closed.artifact for closed in self.closed) or None),
            ("blobs removed", len(self.removed)),
        ]
        return html.table((), facts, "Revocation")
