"""Models and versions: what is registered, listed and shown."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from .. import _html as html
from ._base import Value, floats, held, many, moment, pairs


@dataclass(frozen=True, slots=True)
class File(Value):
    """A file of a package."""

    #: Its path in the package.
    path: str
    #: Its size in bytes.
    size: int
    #: Its SHA-256.
    sha256: str
    #: What its bytes are: tensors, data, code, unsafe-format or not-scanned.
    file_class: str

    _keys = {"file_class": "class"}


@dataclass(frozen=True, slots=True)
class Version(Value):
    """A registered version."""

    #: The model.
    model: str
    #: The version's number.
    version: int
    #: The artifact's id.
    artifact: str
    #: Whether it is new; else the model had this artifact already.
    created: bool
    #: Its files.
    files: tuple[File, ...] = field(repr=False)
    #: Its trust state.
    trust: str
    #: The commit; ``None`` where nothing was new.
    commit: str | None
    #: Its file classes, for people.
    scan: str = field(repr=False)
    #: What people should know, such as files that can run code.
    warnings: tuple[str, ...]

    _read = {"files": many(File)}

    @property
    def reference(self) -> str:
        """The reference that means this version for ever: ``MODEL/VERSION``."""
        return f"{self.model}/{self.version}"

    def __str__(self) -> str:
        return self.reference

    def _html(self) -> str:
        rows = [(it.path, html.size(it.size), it.file_class, html.short(it.sha256)) for it in self.files[:50]]
        head = f"{self.reference} · {html.short(self.artifact)} · {self.trust}"
        notes = "".join(f'<p class="wait">{html.text(it)}</p>' for it in self.warnings)
        return html.table(("file", "size", "class", "sha256"), rows, head) + notes


@dataclass(frozen=True, slots=True)
class VersionRow(Value):
    """A version in a list."""

    #: The model.
    model: str
    #: The version.
    version: int
    #: Its release.
    release: str | None
    #: The artifact's id.
    artifact: str
    #: The artifact's trust state.
    trust: str
    #: The version's stage.
    stage: str
    #: The aliases that hold it.
    aliases: tuple[str, ...]
    #: The sum of its files' sizes.
    size: int
    #: Its claimed metrics, finite or not.
    metrics: dict[str, float] = field(hash=False)
    #: Who registered it.
    by: str
    #: When, by that person's clock.
    time: datetime
    #: Whether lists leave it out.
    hidden: bool
    #: ``True`` where what is said of it rests on a key that was distrusted.
    tainted: bool | None = None

    _read = {"time": moment, "metrics": floats}

    @property
    def reference(self) -> str:
        """``MODEL/VERSION``."""
        return f"{self.model}/{self.version}"

    def __str__(self) -> str:
        return self.reference

    def _row(self) -> dict[str, Any]:
        row = {it.name: getattr(self, it.name) for it in fields(self) if it.name not in ("metrics", "aliases")}
        row["aliases"] = ", ".join(self.aliases)
        row.update({f"metrics.{name}": value for name, value in self.metrics.items()})
        return row


@dataclass(frozen=True, slots=True)
class VersionDetail(Value):
    """A version with its words: what it is, its tags and times."""

    #: The model.
    model: str
    #: The version.
    version: int
    #: Its release.
    release: str | None
    #: The artifact's id.
    artifact: str
    #: What it is.
    description: str | None
    #: Its tags.
    tags: dict[str, str] = field(hash=False)
    #: Whether lists leave it out.
    hidden: bool
    #: Its stage.
    stage: str
    #: The artifact's trust state.
    trust: str
    #: The aliases that hold it.
    aliases: tuple[str, ...]
    #: Where its bytes came from.
    source: str | None
    #: Where it came from.
    lineage: dict[str, str] = field(hash=False)
    #: Who registered it.
    by: str
    #: When.
    created: datetime
    #: When its words or stage last changed.
    updated: datetime
    #: ``True`` where what is said of it rests on a key that was distrusted.
    tainted: bool | None = None

    _read = {"created": moment, "updated": moment}


@dataclass(frozen=True, slots=True)
class Shown(Value):
    """Everything that is known of a version, or of an artifact without one."""

    #: The reference, as it was asked.
    reference: str
    #: The artifact's id.
    artifact: str
    #: The version's record.
    version: dict[str, Any] | None = field(repr=False, hash=False)
    #: The version's stage.
    stage: str | None
    #: The artifact's trust state.
    trust: str
    #: The aliases that hold the version.
    aliases: tuple[str, ...]
    #: The manifest.
    manifest: dict[str, Any] = field(repr=False, hash=False)
    #: ``derived`` where what the manifest says of its files was held against their bytes here, else ``claimed``.
    manifest_is: str
    #: The sum of the files' sizes.
    size: int
    #: How many blobs are not here.
    absent: int
    #: Where it came from.
    lineage: dict[str, str] | None = field(hash=False)
    #: What callers rely on.
    contract: dict[str, Any] | None = field(repr=False, hash=False)
    #: The model card.
    model_card: str | None = field(repr=False)
    #: What was found out about it: the statement's digest, and the evidence.
    evidence: tuple[Any, ...] = field(repr=False, hash=False)
    #: What the scan found in its files when it was registered: the file, the kind of finding, and what it is.
    findings: tuple[Any, ...] = field(repr=False, hash=False)
    #: Its trust moves, oldest first.
    trust_moves: tuple[dict[str, Any], ...] = field(repr=False, hash=False)
    #: Its stage moves, oldest first.
    stage_moves: tuple[dict[str, Any], ...] = field(repr=False, hash=False)
    #: Whether the whole history was verified against a pinned root.
    verified: bool

    @property
    def files(self) -> tuple[File, ...]:
        """The files of the package."""
        return tuple(File.from_answer(it) for it in self.manifest.get("files", ()))

    @property
    def metrics(self) -> dict[str, float]:
        """The claimed metrics, finite or not."""
        return floats(self.manifest.get("metrics", {}))

    def _html(self) -> str:
        facts = [
            ("artifact", html.short(self.artifact)),
            ("trust", self.trust),
            ("stage", self.stage),
            ("aliases", ", ".join(self.aliases) or None),
            ("size", html.size(self.size)),
            *(("lineage: " + key, value) for key, value in (self.lineage or {}).items()),
            *(("metric: " + key, value) for key, value in self.metrics.items()),
        ]
        files = [(it.path, html.size(it.size), it.file_class) for it in self.files[:50]]
        return html.table((), facts, self.reference) + html.table(("file", "size", "class"), files)


@dataclass(frozen=True, slots=True)
class Model(Value):
    """A model in a list."""

    #: The model's name.
    model: str
    #: How many versions it has.
    versions: int
    #: What its aliases hold.
    aliases: dict[str, int] = field(hash=False)
    #: Who answers for it.
    owner: str | None
    #: What it is.
    description: str | None

    _read = {"aliases": held}

    def to_dict(self) -> dict[str, Any]:
        return {**Value.to_dict(self), "aliases": pairs(self.aliases)}

    def _row(self) -> dict[str, Any]:
        held = ", ".join(f"{alias} → {version}" for alias, version in self.aliases.items())
        return {**Value._row(self), "aliases": held}

    @classmethod
    def _schema(cls) -> dict[str, str]:
        return {**super(Model, cls)._schema(), "aliases": "str"}


@dataclass(frozen=True, slots=True)
class ModelDetail(Value):
    """A model with its words: what it is, who answers for it, its tags and times."""

    #: The model's name.
    model: str
    #: What it is.
    description: str | None
    #: Who answers for it.
    owner: str | None
    #: Its tags.
    tags: dict[str, str] = field(hash=False)
    #: Its new name.
    renamed_to: str | None
    #: Whether lists leave it out.
    hidden: bool
    #: What its aliases hold.
    aliases: dict[str, int] = field(hash=False)
    #: Its highest version; 0 without one.
    newest: int
    #: When it began.
    created: datetime | None
    #: When its words or versions last changed.
    updated: datetime | None

    _read = {"aliases": held, "created": moment, "updated": moment}

    def to_dict(self) -> dict[str, Any]:
        return {**Value.to_dict(self), "aliases": pairs(self.aliases)}


@dataclass(frozen=True, slots=True)
class Labelled(Value):
    """A change of words that took effect."""

    #: The model.
    model: str
    #: The version, where one was labelled.
    version: int | None
    #: The commit.
    commit: str
    #: Who.
    by: str
