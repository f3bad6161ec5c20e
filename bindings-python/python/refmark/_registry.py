"""The registry as data scientists use it: every verb of the command that touches models."""

from __future__ import annotations

import os
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence, Union

from . import _native
from ._frames import Rows
from ._progress import ProgressLike, listener
from ._lock import Lock, nearest
from ._team import Approved, Check, Found, Landing, Pins, Proposal, Review, Status
from ._values import (
    Diff,
    Inspection,
    Labelled,
    Model,
    ModelDetail,
    Move,
    Promotion,
    Pulled,
    Remote,
    Resolved,
    Revocation,
    Shown,
    SyncReport,
    Transition,
    VerifyReport,
    Version,
    VersionDetail,
    VersionRow,
    rows,
)
from .errors import MovingAliasWarning, UsageError

__all__ = ["Registry", "clone", "compare_contracts", "init", "inspect", "open"]

PathLike = Union[str, "os.PathLike[str]"]
#: ``MODEL/VERSION``, ``MODEL/RELEASE``, ``MODEL@ALIAS``, an artifact id, or a value that is a version.
RefLike = Union[str, Version, VersionRow, VersionDetail, Resolved]
#: RFC 3339 text, or an aware ``datetime``.
TimeLike = Union[str, datetime]


class _Unset:
    def __repr__(self) -> str:
        return "..."


_UNSET: Any = _Unset()


def open(path: PathLike | None = None, *, key: PathLike | None = None, trust_root: PathLike | None = None) -> Registry:
    """Opens a registry.

    Without a path: ``REFMARK_REGISTRY``, the ``refmark.lock`` above the working folder, the nearest registry above it,
    then the user's default. ``key`` is a path or the text of an ed25519 key to sign with; ``trust_root`` a file or
    ``sha256:<hex>`` to hold the registry to.
    """
    if path is None:
        path = os.environ.get("REFMARK_REGISTRY") or _native.locate(os.getcwd())
    return Registry(_native.open(_plain_path(path), key, trust_root))


def init(
    path: PathLike,
    *,
    name: str | None = None,
    by: str | None = None,
    here: bool = False,
    sha256: bool = False,
    key: PathLike | None = None,
) -> Registry:
    """Makes a registry: a bare repository at a path, or with ``here`` the branch ``refmark`` of an existing one.

    ``by`` names the founder; without it, the user's login name. Its root is pinned for this user. Without a key at hand,
    a new one is made for refmark alone.
    """
    native, _ = _native.init(path, by or _login(), name, here, sha256, key)
    return Registry(native)


def clone(
    url: PathLike,
    into: PathLike | None = None,
    *,
    trust_root: PathLike | None = None,
    tofu: bool = False,
    accept_incomplete: bool = False,
    key: PathLike | None = None,
    progress: ProgressLike = None,
) -> Registry:
    """Clones a registry and verifies its whole history; where that fails nothing is left.

    ``trust_root`` holds it to a root; ``tofu`` pins whatever root it has, where nothing pins one: trust on first use.
    """
    native, _ = _native.clone(os.fspath(url), into, tofu, accept_incomplete, key, trust_root, listener(progress))
    return Registry(native)


def inspect(path: PathLike) -> Inspection:
    """What a model file is, by its content and never by its name: class, format, tensors. Needs no registry."""
    return Inspection.from_answer(_native.inspect(path))


def compare_contracts(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Whether callers of one contract can use another: ``compatibility``, and ``because``."""
    return _native.compare_contracts(old, new)


def _login() -> str:
    for variable in ("REFMARK_USER", "USER", "LOGNAME", "USERNAME"):
        if os.environ.get(variable):
            return os.environ[variable]
    return "owner"


def _plain_path(path: PathLike) -> PathLike:
    return path[len("file://") :] if isinstance(path, str) and path.startswith("file://") else path


def _reference(reference: RefLike) -> str:
    if isinstance(reference, str):
        return reference
    if isinstance(reference, Resolved):
        return reference.artifact if reference.version is None else f"{reference.model}/{reference.version}"
    return f"{reference.model}/{reference.version}"


def _time(time: TimeLike | None) -> str | None:
    if time is None or isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise UsageError(
            f"{time!r} has no time zone", code="bad-time", hint="use datetime.now(timezone.utc), or RFC 3339 text"
        )
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _texts(value: str | Iterable[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _words(
    description: str | None, owner: str | None, tags: Mapping[str, object] | None, untag: str | Iterable[str] | None
) -> dict[str, Any]:
    pairs = [(str(key), str(value)) for key, value in (tags or {}).items()]
    return {"description": description, "owner": owner, "tags": pairs, "untag": _texts(untag)}


class Registry:
    """An open registry. Safe to share between threads; it pickles by its path."""

    __slots__ = ("_native", "__weakref__")

    def __init__(self, native: _native.Registry) -> None:
        self._native = native

    # What it is ---------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The path that people know it by."""
        return self._native.path

    @property
    def id(self) -> str:
        """Its id: the same in every clone."""
        return self._native.id

    @property
    def name(self) -> str:
        """Its name, as its first root gives it."""
        return self._native.name

    @property
    def branch(self) -> str:
        """The branch that is the registry."""
        return self._native.branch

    @property
    def trust_root(self) -> str:
        """Its first root, as ``sha256:<hex>``: what others pin."""
        return self._native.trust_root

    @property
    def head(self) -> str:
        """Its newest commit."""
        return self._native.head()

    def __repr__(self) -> str:
        return f"refmark.open({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registry) and (self.id, self.path) == (other.id, other.path)

    def __hash__(self) -> int:
        return hash((self.id, self.path))

    def __reduce__(self) -> Any:
        return (open, (self.path,))

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()

    # Writing ------------------------------------------------------------------------------------------------------

    def register(
        self,
        model: str,
        *paths: PathLike,
        metrics: Mapping[str, float] | None = None,
        lineage: Mapping[str, object] | None = None,
        card: str | os.PathLike[str] | None = None,
        contract: Mapping[str, Any] | None = None,
        evaluation_card: Mapping[str, Any] | None = None,
        owner: str | None = None,
        type: str = "model",
        capabilities: str | Iterable[str] | None = None,
        parents: RefLike | Sequence[RefLike] | None = None,
        source: str | None = None,
        release: str | None = None,
        description: str | None = None,
        imported: TimeLike | None = None,
        follow_links: bool = False,
        ignore: str | Iterable[str] | None = None,
        absent: Iterable[tuple[str, str, int]] | None = None,
        progress: ProgressLike = None,
    ) -> Version:
        """Stores files and folders, and gives them the model's next version.

        The same content again says so (``created`` is false) and makes no new version. ``card`` is Markdown, or the
        path of a file with it. ``absent`` names files that are not here: path, SHA-256 and size. Ctrl-C stops at once
        and leaves nothing behind.
        """
        package = self._package(
            model,
            *paths,
            metrics=metrics,
            lineage=lineage,
            card=card,
            contract=contract,
            evaluation_card=evaluation_card,
            owner=owner,
            type=type,
            capabilities=capabilities,
            parents=parents,
            source=source,
            release=release,
            description=description,
            imported=imported,
            follow_links=follow_links,
            ignore=ignore,
            absent=absent,
        )
        return Version.from_answer(self._native.register([package], listener(progress))[0])

    def register_many(
        self, packages: Iterable[Mapping[str, Any]], *, progress: ProgressLike = None
    ) -> Rows[Version]:
        """Registers many packages in one commit: all of them, or none.

        Each is a mapping with ``model``, ``paths`` and the other arguments of :meth:`register`.
        """
        made = []
        for package in packages:
            rest = {key: value for key, value in package.items() if key not in ("model", "paths")}
            paths = package.get("paths", ())
            paths = (paths,) if isinstance(paths, (str, os.PathLike)) else tuple(paths)
            made.append(self._package(package["model"], *paths, **rest))
        return rows(Version, self._native.register(made, listener(progress)))

    @staticmethod
    def _package(
        model: str,
        *paths: PathLike,
        metrics: Mapping[str, float] | None = None,
        lineage: Mapping[str, object] | None = None,
        card: str | os.PathLike[str] | None = None,
        contract: Mapping[str, Any] | None = None,
        evaluation_card: Mapping[str, Any] | None = None,
        owner: str | None = None,
        type: str = "model",
        capabilities: str | Iterable[str] | None = None,
        parents: RefLike | Sequence[RefLike] | None = None,
        source: str | None = None,
        release: str | None = None,
        description: str | None = None,
        imported: TimeLike | None = None,
        follow_links: bool = False,
        ignore: str | Iterable[str] | None = None,
        absent: Iterable[tuple[str, str, int]] | None = None,
    ) -> dict[str, Any]:
        if isinstance(card, os.PathLike):
            card = Path(card).read_text(encoding="utf-8")
        of = parents if isinstance(parents, Sequence) and not isinstance(parents, str) else [parents]
        return {
            "model": model,
            "paths": list(paths),
            "absent": [tuple(it) for it in absent or ()],
            "metrics": [(str(key), float(value)) for key, value in (metrics or {}).items()],
            "lineage": [(str(key), str(value)) for key, value in (lineage or {}).items()],
            "card": card,
            "contract": contract,
            "evaluation_card": evaluation_card,
            "owner": owner,
            "artifact_type": type,
            "capabilities": _texts(capabilities),
            "parents": [_reference(it) for it in of if it is not None],
            "source": source,
            "release": release,
            "description": description,
            "imported": _time(imported),
            "follow_links": follow_links,
            "ignore": _texts(ignore),
        }

    def promote(
        self,
        target: str,
        version: int | RefLike,
        reason: str = "",
        *,
        expect: int | None = _UNSET,
        evidence: str | Iterable[str] | None = None,
    ) -> Promotion:
        """Moves ``MODEL@ALIAS`` to a version.

        With ``expect``, only where the alias holds that version now (``None``: nothing): else :class:`ConflictError`.
        A :class:`RefusedError` carries every gate in ``report``.
        """
        return Promotion.from_answer(
            self._native.promote(
                target,
                self._number(target, version),
                reason,
                None if expect is _UNSET else expect,
                expect is not _UNSET,
                _texts(evidence),
            )
        )

    def _number(self, target: str, version: int | RefLike) -> int:
        if isinstance(version, int):
            return version
        if isinstance(version, str) and version.isascii() and version.isdigit():
            return int(version)
        found = self.resolve(version) if isinstance(version, str) else version
        model = target.partition("@")[0].removeprefix("models:/")
        if found.version is None or found.model != model:
            raise UsageError(
                f"{_reference(version)} is not a version of {model}",
                code="bad-argument",
                hint=f"give a number, or {model}/VERSION",
            )
        return found.version

    def rollback(self, target: str, to: int | None = None, reason: str = "") -> Promotion:
        """Moves ``MODEL@ALIAS`` back to what it held before, or to a version that it once held."""
        return Promotion.from_answer(self._native.rollback(target, to, reason))

    def unset(self, target: str, reason: str = "") -> Promotion:
        """Closes ``MODEL@ALIAS``: it holds nothing from then on."""
        return Promotion.from_answer(self._native.unset(target, reason))

    def transition(
        self,
        reference: RefLike,
        to: str,
        reason: str = "",
        *,
        replacement: int | None = None,
        sunset: TimeLike | None = None,
        evidence: str | Iterable[str] | None = None,
    ) -> Transition:
        """Moves a version to a stage, or its artifact to a trust state. It never moves an alias: ``promote`` does."""
        return Transition.from_answer(
            self._native.transition(
                _reference(reference), to, reason, replacement, _time(sunset), _texts(evidence)
            )
        )

    def revoke(self, reference: RefLike, reason: str) -> Revocation:
        """Revokes an artifact: its bytes are handed out to nobody from this commit on."""
        return Revocation.from_answer(self._native.revoke(_reference(reference), reason))

    def delete(self, reference: RefLike, reason: str) -> Revocation:
        """Deletes an artifact: its metadata stays, its bytes go from this store unless a live artifact shares them."""
        return Revocation.from_answer(self._native.delete(_reference(reference), reason))

    def describe(
        self,
        model: str,
        description: str | None = None,
        *,
        owner: str | None = None,
        tags: Mapping[str, object] | None = None,
        untag: str | Iterable[str] | None = None,
    ) -> Labelled:
        """Says what a model is, who answers for it, and its tags; what is left out stays."""
        return Labelled.from_answer(self._native.describe(model, _words(description, owner, tags, untag)))

    def announce(
        self,
        model: str,
        description: str | None = None,
        *,
        owner: str | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> Labelled:
        """Takes a model's name before it has a version."""
        return Labelled.from_answer(self._native.announce(model, _words(description, owner, tags, None)))

    def label(
        self,
        reference: RefLike,
        description: str | None = None,
        *,
        tags: Mapping[str, object] | None = None,
        untag: str | Iterable[str] | None = None,
    ) -> Labelled:
        """Says what a version is, and its tags; what is left out stays."""
        model, version = self._version_of(reference)
        return Labelled.from_answer(self._native.label(model, version, _words(description, None, tags, untag)))

    def hide(self, reference: RefLike, reason: str = "") -> Labelled:
        """Leaves a model or a version out of lists and closes its aliases. Records and bytes stay."""
        text = _reference(reference)
        kind, model, _ = _native.parse_reference(text)
        if kind == "pin" and model is not None:
            return Labelled.from_answer(self._native.hide_model(model, reason))
        model, version = self._version_of(text)
        return Labelled.from_answer(self._native.hide_version(model, version, reason))

    def rename(self, model: str, to: str) -> Labelled:
        """Gives a model a new name. Its versions keep their numbers; the old name points at the new one."""
        return Labelled.from_answer(self._native.rename(model, to))

    def _version_of(self, reference: RefLike) -> tuple[str, int]:
        kind, model, rest = _native.parse_reference(_reference(reference))
        if kind == "version" and model is not None and rest is not None:
            return model, int(rest)
        found = self.resolve(reference)
        if found.model is None or found.version is None:
            raise UsageError(f"{_reference(reference)} names no version", code="bad-reference")
        return found.model, found.version

    # With others --------------------------------------------------------------------------------------------------

    def propose(
        self,
        target: str,
        version: int | RefLike,
        reason: str = "",
        *,
        branch: str | None = None,
        evidence: str | Iterable[str] | None = None,
    ) -> Proposal:
        """Proposes a move of ``MODEL@ALIAS`` on a branch, for others to review and approve."""
        number = self._number(target, version)
        return Proposal(self._native.propose(target, number, reason, _texts(evidence), branch))

    def renew(self, branch: str) -> Proposal:
        """Makes one's own moves of a proposal again on what landed first. Approvals lapse with it."""
        return Proposal(self._native.renew(branch))

    def approve(
        self,
        target: str,
        reason: str | None = None,
        *,
        not_after: TimeLike | None = None,
        waive: Mapping[str, tuple[str, TimeLike]] | None = None,
        waive_only: bool = False,
    ) -> Approved:
        """Approves every statement that waits in a branch. ``waive`` lets gates pass: why, and until when."""
        waived = [(gate, why, _time(until) or "") for gate, (why, until) in (waive or {}).items()]
        return Approved(self._native.approve(target, reason, _time(not_after), waived, waive_only))

    def land(self, branch: str) -> Landing:
        """Merges a proposal into the registry's branch, where everything that it needs is given."""
        return Landing(self._native.land(branch))

    def review(self, range: str) -> Review:
        """What a range such as ``main..propose/x`` or ``main~1..main`` would change, as a pull request shows it."""
        answer, markdown = self._native.review(range)
        return Review(answer, markdown)

    def check(self, range: str, *, allow_unverified: bool = False) -> Check:
        """May this range land? What CI asks."""
        return Check(self._native.check(range, allow_unverified))

    def status(self, project: PathLike | None = None) -> Status:
        """Where the registry stands; with a project's folder, also what its pins come to."""
        return Status(self._native.status(project))

    # Pins ---------------------------------------------------------------------------------------------------------

    def pin(
        self,
        *references: RefLike,
        name: str | None = None,
        project: PathLike | None = None,
        max_offline: str | None = None,
        tofu: bool = False,
    ) -> Pins:
        """Pins versions by digest in the project's ``refmark.lock``; without a project, the working folder's.

        ``name`` is what the project calls the one pin; ``max_offline``, such as ``30d``, how long it may go unasked.
        """
        lock = Lock(project) if project is not None else self._lock_here()
        pins = [(_reference(it), name) for it in references]
        return Pins(lock._native.add(self._native, pins, None, max_offline, tofu))

    def update_pins(self, *names: str, project: PathLike | None = None, dry_run: bool = False) -> Pins:
        """Moves pins to what their aliases hold now; all where none is named."""
        lock = Lock(project) if project is not None else nearest()
        return Pins(lock._native.update(self._native, list(names), dry_run))

    @staticmethod
    def _lock_here() -> Lock:
        found = _native.find_lock(os.getcwd())
        return Lock(found if found is not None else os.getcwd())

    # Reading ------------------------------------------------------------------------------------------------------

    def resolve(
        self,
        reference: RefLike,
        *,
        at: TimeLike | None = None,
        last_good: bool = False,
        accept_incomplete: bool = False,
    ) -> Resolved:
        """What a reference means, now or at a time, and how far that is vouched for."""
        text = _reference(reference)
        if at is None and "/" not in text and "@" not in text and _native.parse_reference(text)[0] == "pin":
            return nearest().resolve(text)
        return Resolved.from_answer(self._native.resolve(text, _time(at), last_good, accept_incomplete))

    def list(self, model: str | None = None) -> Rows[Any]:
        """The models, or the versions of one, newest first."""
        return self.versions(model) if model is not None else self.models()

    def models(self) -> Rows[Model]:
        """The models."""
        return rows(Model, self._native.list_models())

    def versions(self, model: str) -> Rows[VersionRow]:
        """The versions of a model, newest first."""
        return rows(VersionRow, self._native.list_versions(model))

    def model(self, model: str) -> ModelDetail | None:
        """A model with its words, hidden or not; ``None`` where it is not known."""
        found = self._native.model_detail(model)
        return None if found is None else ModelDetail.from_answer(found)

    def version(self, reference: RefLike) -> VersionDetail | None:
        """A version with its words, hidden or not; ``None`` where it is not known."""
        found = self._native.version_detail(*self._version_of(reference))
        return None if found is None else VersionDetail.from_answer(found)

    def search(
        self,
        text: str | None = None,
        *,
        model: str | None = None,
        capability: str | None = None,
        format: str | None = None,
        type: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        metrics: str | Iterable[str] | None = None,
        parent: RefLike | None = None,
        stage: str | None = None,
        trust: str | None = None,
        hidden: bool = False,
        limit: int = 50,
        offset: int = 0,
        order: str = "best",
    ) -> Found:
        """The versions for which everything that was asked holds.

        ``tags`` with ``None`` asks for any value; ``metrics`` are bounds such as ``"f1>=0.9"``; ``order`` is ``best``,
        ``newest`` or ``name``.
        """
        asked = {
            "text": text,
            "model": model,
            "capability": capability,
            "format": format,
            "artifact_type": type,
            "tags": list((tags or {}).items()),
            "metrics": _texts(metrics),
            "stage": stage,
            "trust": trust,
            "hidden": hidden,
            "limit": limit,
            "offset": offset,
            "order": order,
        }
        return Found(self._native.search(asked, None if parent is None else _reference(parent)))

    def show(self, reference: RefLike) -> Shown:
        """Everything that is known of a version, whatever its state."""
        return Shown.from_answer(self._native.show(_reference(reference)))

    def log(self, target: str | None = None) -> Rows[Move]:
        """The moves of ``MODEL@ALIAS``, of all aliases of ``MODEL``, or of the registry; newest first."""
        return rows(Move, self._native.log(target)["moves"])

    def diff(self, old: RefLike, new: RefLike) -> Diff:
        """What differs between two versions: a table in a notebook, ``to_markdown()`` in a pull request."""
        answer, markdown = self._native.diff(_reference(old), _reference(new))
        return Diff.from_answer({**answer, "markdown": markdown})

    def verify(
        self,
        reference: RefLike | None = None,
        *,
        history_only: bool = False,
        save: bool = False,
        progress: ProgressLike = None,
    ) -> VerifyReport:
        """Is everything here as signed and allowed? Every commit, record, signature and byte."""
        text = None if reference is None else _reference(reference)
        return VerifyReport.from_answer(self._native.verify(text, history_only, save, listener(progress)))

    # Bytes --------------------------------------------------------------------------------------------------------

    def pull(
        self,
        reference: RefLike,
        into: PathLike | None = None,
        *,
        files: str | Iterable[str] | None = None,
        at: TimeLike | None = None,
        hard_links: bool = False,
        allow_unverified: bool = False,
        last_good: bool = False,
        accept_incomplete: bool = False,
        progress: ProgressLike = None,
    ) -> Path:
        """Writes an artifact's files to a folder, complete or not at all, every byte hashed; gives the folder.

        Without ``into``, the folder lies in the cache (``REFMARK_CACHE``) by the artifact's id, and is checked again
        each time. ``files`` takes single files: names or patterns such as ``*.json``.
        """
        return self.pull_details(
            reference,
            into,
            files=files,
            at=at,
            hard_links=hard_links,
            allow_unverified=allow_unverified,
            last_good=last_good,
            accept_incomplete=accept_incomplete,
            progress=progress,
            _depth=3,
        ).path

    def pull_details(
        self,
        reference: RefLike,
        into: PathLike | None = None,
        *,
        files: str | Iterable[str] | None = None,
        at: TimeLike | None = None,
        hard_links: bool = False,
        allow_unverified: bool = False,
        last_good: bool = False,
        accept_incomplete: bool = False,
        progress: ProgressLike = None,
        _depth: int = 2,
    ) -> Pulled:
        """:meth:`pull`, with what was handed out: the artifact, its files, what the reference meant."""
        text, wanted = _reference(reference), _texts(files)
        if _native.parse_reference(text)[0] == "pin":
            # A bare name is what the project pinned: the lock and the cache are enough.
            return nearest().pull_details(text, into, files=files, hard_links=hard_links, progress=progress)
        how = self._how(wanted, at, hard_links, allow_unverified, last_good, accept_incomplete)
        if into is None:
            found = self.resolve(text, at=at, last_good=last_good, accept_incomplete=accept_incomplete)
            into = _cached(found.artifact, wanted)
        answer = self._native.pull(text, into, how, listener(progress))
        # The folder as the caller named it: not every path is the text that an answer holds.
        pulled = Pulled.from_answer({**answer, "path": into})
        if pulled.resolved.alias is not None and at is None:
            _warn_of_moving(pulled.resolved, _depth)
        return pulled

    def file(
        self,
        reference: RefLike,
        file: str | None = None,
        *,
        hash: bool = True,
        at: TimeLike | None = None,
        allow_unverified: bool = False,
        last_good: bool = False,
        accept_incomplete: bool = False,
    ) -> Path:
        """The path of one file in the store, to map into memory; never write to it."""
        how = self._how([], at, False, allow_unverified, last_good, accept_incomplete)
        text = _reference(reference)
        if _native.parse_reference(text)[0] == "pin":
            return nearest().file(text, file)
        return self._native.path_of(text, file, how, hash)

    @staticmethod
    def _how(
        include: Sequence[str],
        at: TimeLike | None,
        hard_links: bool,
        allow_unverified: bool,
        last_good: bool,
        accept_incomplete: bool,
    ) -> dict[str, Any]:
        return {
            "include": [*include],
            "hard_links": hard_links,
            "allow_unverified": allow_unverified,
            "at": _time(at),
            "last_good": last_good,
            "accept_incomplete": accept_incomplete,
        }

    # Remotes ------------------------------------------------------------------------------------------------------

    def remotes(self) -> Rows[Remote]:
        """The other places that hold the registry's blobs."""
        return rows(Remote, self._native.list_remotes())

    def add_remote(self, name: str, folder: PathLike) -> Remote:
        """Adds a folder as a remote: a mount, a disk."""
        return Remote.from_answer(self._native.add_remote(name, folder))

    def remove_remote(self, name: str) -> None:
        """Forgets a remote. Nothing of it is removed."""
        self._native.remove_remote(name)

    def sync(self, remote: str | None = None, *, progress: ProgressLike = None) -> SyncReport:
        """Moves blobs both ways: what is absent here comes, what a remote lacks goes."""
        return SyncReport.from_answer(self._native.sync(remote, listener(progress)))


def cache_folder() -> Path:
    """Where pulled folders lie: ``REFMARK_CACHE``, else the user's cache folder."""
    named = os.environ.get("REFMARK_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "refmark"


def _cached(artifact: str, files: Sequence[str]) -> Path:
    """The folder of an artifact, or of some of its files."""
    name = artifact
    if files:
        import hashlib

        name += "-" + hashlib.sha256("\0".join(sorted(files)).encode()).hexdigest()[:12]
    folder = cache_folder() / "artifacts" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


_warned: set[tuple[str, str]] = set()


def _warn_of_moving(resolved: Resolved, depth: int) -> None:
    """Says once per alias that it may move, and how to pin it."""
    name = (resolved.model or "", resolved.alias or "")
    if name in _warned:
        return
    _warned.add(name)
    warnings.warn(
        f"{resolved.reference} may move: it is version {resolved.version} now. To pin it: "
        f'reg.pin("{resolved.model}@{resolved.alias}")',
        MovingAliasWarning,
        stacklevel=depth + 1,
    )
