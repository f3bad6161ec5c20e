"""Registering, describing and hiding models and versions, and what is found out about them."""

from __future__ import annotations

import os
from typing import Any, Iterable, Mapping, Sequence

from .._arguments import PathLike, RefLike, TimeLike, is_pin, number, package, words
from .._arguments import reference as _text
from .._frames import Rows
from .._progress import ProgressLike, listener
from .._team import Attached, Scan
from .._values import Labelled, Version, rows
from ..errors import warn_of_deprecated
from ._base import Verbs


class Registering(Verbs):
    """Verbs that bring something new."""

    __slots__ = ()

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
        allow_incomplete: bool = False,
        allow_secret: bool = False,
        allow_withdrawn: bool = False,
        ignore: str | Iterable[str] | None = None,
        absent: Iterable[tuple[str, str, int]] | None = None,
        progress: ProgressLike = None,
    ) -> Version:
        """Stores files and folders, and gives them the model's next version.

        The same content again says so (``created`` is false) and makes no new version. ``card`` is Markdown, or the
        path of a file with it. What looks like a key, a token or a password is refused without ``allow_secret``, and
        bytes that were revoked or deleted without ``allow_withdrawn``: with it they begin in quarantine. ``absent``
        names files that are not here: path, SHA-256 and size. Ctrl-C stops at once and leaves nothing behind.

        Raises `UsageError` for an argument that is wrong, `RefusedError` where the policy does not let you, `StorageError` where a file
        cannot be read, and `ConflictError` where a file changes meanwhile.

        Example::

            version = reg.register("sentiment", "out/", metrics={"f1": 0.91}, lineage={"training_run": "r7"})
        """
        given = {
            "model": model,
            "paths": paths,
            "metrics": metrics,
            "lineage": lineage,
            "card": card,
            "contract": contract,
            "evaluation_card": evaluation_card,
            "owner": owner,
            "type": type,
            "capabilities": capabilities,
            "parents": parents,
            "source": source,
            "release": release,
            "description": description,
            "imported": imported,
            "follow_links": follow_links,
            "allow_incomplete": allow_incomplete,
            "allow_secret": allow_secret,
            "allow_withdrawn": allow_withdrawn,
            "ignore": ignore,
            "absent": absent,
        }
        return self.register_many([given], progress=progress)[0]

    def register_many(self, packages: Iterable[Mapping[str, Any]], *, progress: ProgressLike = None) -> Rows[Version]:
        """Registers many packages in one commit: all of them, or none.

        Each is a mapping with ``model``, ``paths`` and the other arguments of :meth:`register`.

        Raises what :meth:`register` does.

        Example::

            reg.register_many({"model": "m", "paths": folder} for folder in folders)
        """
        given = list(packages)
        secrets, withdrawn = (any(it.get(name) for it in given) for name in ("allow_secret", "allow_withdrawn"))
        made = [package(it) for it in given]
        found = rows(Version, self._native.register(made, secrets, withdrawn, listener(progress)))
        for version in found:
            warn_of_deprecated(version.warnings)
        return found

    def attach(
        self,
        reference: RefLike,
        type: str,
        file: PathLike | None = None,
        *,
        verdict: str | None = None,
        summary: str | None = None,
        metrics: Mapping[str, float | tuple[float, str]] | None = None,
        dataset: str | None = None,
        suite: str | None = None,
        tool: str | None = None,
        produced_by: str | None = None,
        allow_secret: bool = False,
    ) -> Attached:
        """Attaches evidence to an artifact: an evaluation, a scan, a runbook, a sign-off.

        ``file`` is JSON or any text; what is said here goes before what it says. ``verdict`` is ``pass``, ``fail`` or
        ``info``. A metric is a number, or ``(number, "higher" or "lower")`` for what is better. ``dataset``, ``suite``
        and ``tool`` are ``NAME``, ``NAME@VERSION`` or ``NAME@sha256:…``: metrics of different data are never compared.

        Raises `NotFoundError` for what is not registered, `UsageError` for a type that the catalog does not have, and `RefusedError`.

        Example::

            reg.attach("sentiment/4", "evaluation", verdict="pass", metrics={"f1": 0.93}, dataset="march@2026-03")
        """
        measured = [(name, it if isinstance(it, tuple) else (it, None)) for name, it in (metrics or {}).items()]
        given = {
            "file": file,
            "verdict": verdict,
            "summary": summary,
            "produced_by": produced_by,
            "suite": suite,
            "dataset": dataset,
            "metrics": [(name, number(name, value), better) for name, (value, better) in measured],
            "tool": tool,
            "allow_secret": allow_secret,
        }
        attached = Attached(self._native.attach(_text(reference), type, given))
        warn_of_deprecated(attached.warnings)
        return attached

    def scan(
        self,
        reference: RefLike,
        scanner: str = "built-in",
        *,
        produced_by: str | None = None,
        attach: bool = True,
        progress: ProgressLike = None,
    ) -> Scan:
        """Scans a version's files again, whatever its trust state, and keeps the result as evidence.

        ``scanner`` is ``built-in``, ``picklescan``, ``modelscan`` or ``skops``; the two in the middle are programs along ``PATH``,
        and the last is the library, which says what types of a ``.skops`` file it does not trust. Only a scan
        that is wholly clear passes: one that looked at less than all that can run code is ``not-scanned``, and its evidence
        says ``info``. ``attach=False`` only says what is found. Raises `NotFoundError`, `AbsentError` and `IntegrityError`
        for bytes that are not here or not the manifest's, and `RefmarkError` with the code ``unsupported`` where the scanner is
        not installed.

        Example::

            scan = reg.scan("sentiment/4", "picklescan", produced_by="https://ci.example.org/runs/7")
            print(scan.outcome, scan.summary)
        """
        if scanner == "skops":
            from .._scanners import skops

            return Scan(skops(self, reference, produced_by, attach))
        return Scan(self._native.scan(_text(reference), scanner, produced_by, attach, listener(progress)))

    def describe(
        self,
        model: str,
        description: str | None = None,
        *,
        owner: str | None = None,
        tags: Mapping[str, object] | None = None,
        untag: str | Iterable[str] | None = None,
    ) -> Labelled:
        """Says what a model is, who answers for it, and its tags; what is left out stays.

        Raises `NotFoundError` where there is no such model.

        Example::

            reg.describe("sentiment", "what people feel", owner="nlp", tags={"team": "nlp"})
        """
        return Labelled.from_answer(self._native.describe(model, words(description, owner, tags, untag)))

    def announce(
        self,
        model: str,
        description: str | None = None,
        *,
        owner: str | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> Labelled:
        """Takes a model's name before it has a version.

        Raises `ExistsError` where the name is taken.

        Example::

            reg.announce("sentiment", "what people feel")
        """
        return Labelled.from_answer(self._native.announce(model, words(description, owner, tags, None)))

    def label(
        self,
        reference: RefLike,
        description: str | None = None,
        *,
        tags: Mapping[str, object] | None = None,
        untag: str | Iterable[str] | None = None,
    ) -> Labelled:
        """Says what a version is, and its tags; what is left out stays.

        Raises `NotFoundError` where there is no such version.

        Example::

            reg.label("sentiment/4", tags={"quantised": "no"})
        """
        return Labelled.from_answer(self._native.label(_text(reference), words(description, None, tags, untag)))

    def hide(self, reference: RefLike, reason: str = "") -> Labelled:
        """Leaves a model or a version out of lists and closes its aliases. Records and bytes stay.

        Raises `NotFoundError` where there is nothing of that name.

        Example::

            reg.hide("sentiment/4", "trained on the wrong file")
        """
        text = _text(reference)
        if is_pin(text):
            return Labelled.from_answer(self._native.hide_model(text.removeprefix("models:/"), reason))
        return Labelled.from_answer(self._native.hide_version(text, reason))

    def unhide(self, reference: RefLike) -> Labelled:
        """Shows a hidden model or version in lists again. Aliases that were closed stay closed.

        Raises `NotFoundError` where there is nothing of that name.

        Example::

            reg.unhide("sentiment/4")
        """
        text = _text(reference)
        if is_pin(text):
            return Labelled.from_answer(self._native.describe(text.removeprefix("models:/"), words(hidden=False)))
        return Labelled.from_answer(self._native.label(text, words(hidden=False)))

    def rename(self, model: str, to: str) -> Labelled:
        """Gives a model a new name. Its versions keep their numbers; the old name points at the new one.

        Raises `ExistsError` where the new name is taken.

        Example::

            reg.rename("sentiment", "nlp.sentiment")
        """
        return Labelled.from_answer(self._native.rename(model, to))
