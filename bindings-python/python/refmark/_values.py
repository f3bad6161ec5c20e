"""Answers as values: frozen, comparable, picklable, and readable in a notebook.

Each class has the keys of the command's ``--json`` answer; ``to_dict`` gives that answer back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, ClassVar, Mapping, TypeVar

from . import _html as html
from ._frames import Rows

__all__ = [
    "AsOf",
    "At",
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
    "Remote",
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
]

V = TypeVar("V", bound="Value")


def _time(text: Any) -> Any:
    if text is None or isinstance(text, datetime):
        return text
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=timezone.utc)


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, (tuple, list)):
        return [_plain(it) for it in value]
    if isinstance(value, Mapping):
        return {key: _plain(it) for key, it in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


class Value:
    """The base of all answers."""

    __slots__ = ()

    #: Fields whose name differs from the answer's key.
    _keys: ClassVar[dict[str, str]] = {}
    #: How a field is read from the answer.
    _read: ClassVar[dict[str, Callable[[Any], Any]]] = {}

    @classmethod
    def from_answer(cls: type[V], answer: Mapping[str, Any]) -> V:
        """The value of an answer, such as ``json.loads`` of the command's ``--json``."""
        values: dict[str, Any] = {}
        for it in fields(cls):  # type: ignore[arg-type]
            key = cls._keys.get(it.name, it.name)
            found = answer.get(key)
            read = cls._read.get(it.name)
            if found is not None and read is not None:
                found = read(found)
            elif type(found) is list:
                found = tuple(found)
            values[it.name] = found
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The answer, with the keys of the command's ``--json``."""
        keys = self._keys
        return {keys.get(it.name, it.name): _plain(getattr(self, it.name)) for it in fields(self)}  # type: ignore[arg-type]

    def _row(self) -> dict[str, Any]:
        """The value as one row of a frame."""
        row = self.to_dict()
        return {key: it for key, it in row.items() if not isinstance(it, dict)}

    def _html(self) -> str:
        return html.table((), ((key, _shown(it)) for key, it in self.to_dict().items()), type(self).__name__)

    def _repr_html_(self) -> str:
        return html.page(self._html())


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(_shown(it)) for it in value[:20]) + (" …" if len(value) > 20 else "") or None
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(it)}" for key, it in list(value.items())[:20]) or None
    return value


def _one(kind: type[V]) -> Callable[[Any], V]:
    return lambda answer: kind.from_answer(answer)


def _many(kind: type[V]) -> Callable[[Any], tuple[V, ...]]:
    return lambda answers: tuple(kind.from_answer(it) for it in answers)


def _held(pairs: Any) -> dict[str, int]:
    return {alias: version for alias, version in pairs}


def _pairs(held: Mapping[str, int]) -> list[list[Any]]:
    return [[alias, version] for alias, version in held.items()]


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

    _read = {"files": _many(File)}

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
class Target(Value):
    """What an alias holds."""

    #: The version.
    version: int
    #: The artifact's id.
    artifact: str


@dataclass(frozen=True, slots=True)
class Gate(Value):
    """One named check that the policy demands, and what it came to."""

    #: Its name.
    name: str
    #: passed, failed, missing, pending or waived.
    status: str
    #: What it asks.
    expected: str
    #: What was found.
    found: str
    #: The statement of the evidence that it rests on.
    evidence: str | None = None
    #: What to do next.
    next: str | None = None
    #: Whether the policy lets somebody waive it.
    waivable: bool = False


@dataclass(frozen=True, slots=True)
class Signer(Value):
    """Somebody that a rule asks for, and who fills it."""

    #: What it asks: roles, or the model's owner.
    asks: str
    #: Who fills it; ``None`` while nobody does.
    by: str | None = None


@dataclass(frozen=True, slots=True)
class GateReport(Value):
    """A decision: every gate with what it asks, what was found and what to do next."""

    #: The change, such as ``sentiment@champion: 3 → 4``.
    change: str
    #: The SHA-256 of the change's statement: what an approval names.
    statement: str
    #: ok, pending or refused.
    decision: str
    #: The number of the policy that judged it.
    policy: int
    #: Every gate.
    gates: tuple[Gate, ...]
    #: Everybody that the rule asks for.
    signers: tuple[Signer, ...]
    #: Whether it takes effect on one person's word, with the signers due afterwards.
    at_once: bool

    _read = {"gates": _many(Gate), "signers": _many(Signer)}

    @property
    def unmet(self) -> tuple[Gate, ...]:
        """The gates that do not hold."""
        return tuple(it for it in self.gates if it.status not in ("passed", "waived"))

    def _html(self) -> str:
        gates = [(it.name, it.status, it.expected, it.found, it.next) for it in self.gates]
        out = html.table(("gate", "status", "expected", "found", "next"), gates, f"{self.change}: {self.decision}")
        if self.signers:
            out += html.table(("asks", "signed by"), [(it.asks, it.by) for it in self.signers])
        return out


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
    _read = {"from_": _one(Target), "to": _one(Target), "time": _time, "reports": _many(GateReport)}

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
    _read = {"from_": _one(Target), "to": _one(Target), "time": _time, "landed": _time}

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


@dataclass(frozen=True, slots=True)
class AsOf(Value):
    """The head that an answer is true of."""

    #: The head.
    head: str
    #: Its time, as its committer claims it.
    time: datetime

    _read = {"time": _time}


@dataclass(frozen=True, slots=True)
class At(Value):
    """The past time that an answer is about."""

    #: The time that was asked for.
    time: datetime
    #: When the move took effect, by its commit.
    landed: datetime | None
    #: ``checkpointed`` where a checkpoint bounds it, else ``claimed``.
    dated_by: str

    _read = {"time": _time, "landed": _time}


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

    _read = {"as_of": _one(AsOf), "at": _one(At)}

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

    _read = {"path": Path, "files": _many(File), "resolved": _one(Resolved)}


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

    _read = {"aliases": _held}

    def to_dict(self) -> dict[str, Any]:
        return {**Value.to_dict(self), "aliases": _pairs(self.aliases)}

    def _row(self) -> dict[str, Any]:
        held = ", ".join(f"{alias} → {version}" for alias, version in self.aliases.items())
        return {**Value.to_dict(self), "aliases": held}


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
    #: Its claimed metrics.
    metrics: dict[str, float | str] = field(hash=False)
    #: Who registered it.
    by: str
    #: When, by that person's clock.
    time: datetime

    _read = {"time": _time}

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

    _read = {"aliases": _held, "created": _time, "updated": _time}

    def to_dict(self) -> dict[str, Any]:
        return {**Value.to_dict(self), "aliases": _pairs(self.aliases)}


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

    _read = {"created": _time, "updated": _time}


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
    def metrics(self) -> dict[str, float | str]:
        """The claimed metrics."""
        return dict(self.manifest.get("metrics", {}))

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
class Tensor(Value):
    """A tensor of a model file."""

    #: Its name.
    name: str
    #: The element type.
    dtype: str
    #: The dimensions, outermost first as the format has them.
    shape: tuple[int, ...]
    #: Where its bytes start in the file.
    offset: int
    #: How many bytes it takes.
    bytes: int


@dataclass(frozen=True, slots=True)
class Inspection(Value):
    """What a model file is, by its content and never by its name."""

    #: The format.
    format: str
    #: What may happen when it is loaded: tensors, data, code, unsafe-format or not-scanned.
    file_class: str
    #: The tensors, by offset.
    tensors: tuple[Tensor, ...] = field(repr=False)
    #: What the file says of itself.
    metadata: dict[str, str] = field(repr=False, hash=False)
    #: The interface of an ONNX model.
    onnx: dict[str, Any] | None = field(repr=False, hash=False)
    #: Why the class is not better.
    problems: tuple[dict[str, Any], ...] = field(hash=False)
    #: What a reviewer should know.
    notes: tuple[str, ...]

    _keys = {"file_class": "class"}
    _read = {"tensors": _many(Tensor)}

    def to_dict(self) -> dict[str, Any]:
        answer = Value.to_dict(self)
        if self.onnx is None:
            del answer["onnx"]
        return answer

    def _html(self) -> str:
        rows = [(it.name, it.dtype, list(it.shape), html.size(it.bytes)) for it in self.tensors[:100]]
        notes = "".join(f"<p>{html.text(it)}</p>" for it in self.notes)
        problems = "".join(f'<p class="bad">{html.text(it.get("message"))}</p>' for it in self.problems)
        head = f"{self.format} · {self.file_class} · {len(self.tensors)} tensors"
        return html.table(("tensor", "dtype", "shape", "size"), rows, head) + notes + problems


@dataclass(frozen=True, slots=True)
class Diff(Value):
    """What differs between two artifacts."""

    #: Whether both are one artifact. Then nothing else is listed.
    identical: bool
    #: The old one.
    old: dict[str, Any] = field(hash=False)
    #: The new one.
    new: dict[str, Any] = field(hash=False)
    #: Metrics, sorted by name.
    metrics: dict[str, Any] = field(repr=False, hash=False)
    #: Whether callers of one can use the other.
    contract: dict[str, Any] = field(repr=False, hash=False)
    #: Tensors.
    tensors: dict[str, Any] = field(repr=False, hash=False)
    #: Files and sizes.
    files: dict[str, Any] = field(repr=False, hash=False)
    #: What the files are, and whether any can run code.
    classes: dict[str, Any] = field(repr=False, hash=False)
    #: Where it came from.
    lineage: dict[str, Any] = field(repr=False, hash=False)
    #: The model card and the evaluation card.
    card: dict[str, Any] = field(repr=False, hash=False)
    #: The same as Markdown.
    markdown: str = field(repr=False, compare=False, default="")

    def to_markdown(self) -> str:
        """The diff as it stands in a pull request."""
        return self.markdown

    def to_dict(self) -> dict[str, Any]:
        answer = Value.to_dict(self)
        del answer["markdown"]
        return answer

    def _html(self) -> str:
        from ._diff_html import render

        return render(self)


@dataclass(frozen=True, slots=True)
class Problem(Value):
    """Something that is not as it should be."""

    #: The stable reason.
    code: str
    #: What, where, expected and found.
    message: str
    #: The file in the registry's tree.
    path: str | None
    #: The commit.
    commit: str | None
    #: What to do next.
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport(Value):
    """What a verification comes to."""

    #: ok, pending, incomplete or failed.
    verdict: str
    #: The head.
    head: str
    #: How many commits the first-parent chain has.
    commits: int
    #: How many files have taken effect.
    records: int
    #: How many blobs were read and are what they are named.
    blobs: int
    #: How many bytes were read.
    bytes: int
    #: The blobs that are not here: not damaged, only elsewhere.
    absent: tuple[str, ...]
    #: The blobs whose bytes are wrong.
    damaged: tuple[str, ...]
    #: Everything that is not as it should be.
    problems: tuple[Problem, ...]
    #: The pinned root; ``None`` where nothing vouches for the registry.
    trust_root: str | None
    #: Commits at which a file that had taken effect was missing or changed.
    bad_commits: tuple[str, ...]

    _read = {"problems": _many(Problem)}

    @property
    def ok(self) -> bool:
        """Whether everything is as signed and allowed."""
        return self.verdict == "ok"

    def _html(self) -> str:
        facts = (("verdict", self.verdict), ("commits", self.commits), ("records", self.records))
        sums = (("blobs", self.blobs), ("bytes", html.size(self.bytes)), ("absent", len(self.absent)))
        out = html.table((), (*facts, *sums, ("trust root", html.short(self.trust_root))), "verify")
        if self.problems:
            rows = [(it.code, it.message, it.path, html.short(it.commit)) for it in self.problems]
            out += html.table(("problem", "message", "path", "commit"), rows)
        return out


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

    _keys = {"from_": "from"}
    _read = {"reports": _many(GateReport)}


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
    #: The blobs whose bytes were removed from this store.
    removed: tuple[str, ...]

    _read = {
        "versions": lambda pairs: tuple((model, version) for model, version in pairs),
        "aliases": lambda pairs: tuple((model, alias) for model, alias in pairs),
    }


@dataclass(frozen=True, slots=True)
class Remote(Value):
    """Another place that holds blobs."""

    #: Its name.
    name: str
    #: Its folder, in the store's layout.
    folder: Path

    _read = {"folder": Path}


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


def rows(kind: type[V], answers: Any) -> Rows[V]:
    """Values of one kind."""
    return Rows(kind.from_answer(it) for it in answers)
