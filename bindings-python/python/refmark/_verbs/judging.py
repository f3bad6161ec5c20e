"""What people read before they decide, and what CI asks: differences, reviews, reasons, checks."""

from __future__ import annotations

from typing import Any

from .._arguments import PathLike, RefLike, version
from .._arguments import reference as _text
from .._governed import ServedCheck
from .._progress import ProgressLike, listener
from .._team import Check, Dossier, Explanation, Index, Lint, Review, Status, Sunsets
from .._values import Diff, VerifyReport
from ._base import Verbs


class Judging(Verbs):
    """Verbs that tell why, what would change, and whether all is well."""

    __slots__ = ()

    def diff(self, old: RefLike, new: RefLike) -> Diff:
        """What differs between two versions: a table in a notebook, ``to_markdown()`` in a pull request.

        Raises `NotFoundError` where one is not registered.

        Example::

            print(reg.diff("sentiment/3", "sentiment/4").to_markdown())
        """
        answer, markdown, page = self._native.diff(_text(old), _text(new))
        return Diff.from_answer({**answer, "markdown": markdown, "page": page})

    def review(self, range: str) -> Review:
        """What a range such as ``main..propose/x`` or ``main~1..main`` would change, as a pull request shows it.

        Raises `NotFoundError` for a branch or commit that there is not.

        Example::

            reg.review("main~1..main")
        """
        return Review(*self._native.review(range))

    def explain(self, reference: RefLike, *, why_not: int | RefLike | None = None, by: str | None = None) -> Explanation:
        """Why something is as it is: the records that make it so, nearest first.

        With ``why_not``, also why the alias does not hold that version, judged as if ``by`` proposed it now.

        Raises `NotFoundError` where there is nothing of that name.

        Example::

            print(reg.explain("sentiment@champion", why_not=3))
        """
        return Explanation(*self._native.explain(_text(reference), None if why_not is None else version(why_not), by))

    def report(self, reference: RefLike) -> Dossier:
        """The dossier of a version, for an auditor: files, origin, evidence, moves and who approved them.

        Raises `NotFoundError` where it is not registered.

        Example::

            Path("dossier.md").write_text(reg.report("sentiment/4").to_markdown())
        """
        return Dossier(*self._native.report(_text(reference)))

    def cyclonedx(self, reference: RefLike) -> dict[str, Any]:
        """The dossier as a CycloneDX bill of materials: ``json.dump`` writes it.

        Raises `NotFoundError` where it is not registered.

        Example::

            json.dump(reg.cyclonedx("sentiment/4"), file)
        """
        return self._native.cyclonedx(_text(reference))

    def spdx(self, reference: RefLike) -> dict[str, Any]:
        """A version's dossier as an SPDX 3.0.1 document with the AI profile, in JSON-LD.

        Raises `NotFoundError` where there is no such version.

        Example::

            json.dump(reg.spdx("sentiment/4"), file)
        """
        return self._native.spdx(_text(reference))

    def check(self, range: str, *, allow_unverified: bool = False) -> Check:
        """May this range land? What CI asks.

        ``allow_unverified`` takes a registry whose root nobody pinned.

        Example::

            assert reg.check("main..propose/x").verdict == "ok"
        """
        return Check(self._native.check(range, allow_unverified))

    def verify(
        self,
        reference: RefLike | None = None,
        *,
        history_only: bool = False,
        save: bool = False,
        progress: ProgressLike = None,
    ) -> VerifyReport:
        """Is everything here as signed and allowed? Every commit, record, signature and byte.

        A reference verifies its bytes alone; ``history_only`` no bytes; ``save`` keeps where it came to. What is wrong is in the report, and
        no error.

        Example::

            assert reg.verify().ok
        """
        text = None if reference is None else _text(reference)
        return VerifyReport.from_answer(self._native.verify(text, history_only, save, listener(progress)))

    def assert_served(
        self, reference: RefLike, url: str, *, path: str | None = None, allow_unverified: bool = False
    ) -> ServedCheck:
        """Asks a runtime what it serves, and compares that with what a reference means: ``served`` says whether it is the same.

        ``path`` is where in its JSON, such as ``.models[0].version``; without it the usual places, of which
        `refmark.serving.Served.info` has one. Raises `StorageError` where it cannot be asked, and `IntegrityError` where no
        root is pinned, unless ``allow_unverified``.

        Example::

            assert reg.assert_served("sentiment@champion", "http://127.0.0.1:8000/info").served
        """
        return ServedCheck(self._native.served(_text(reference), url, path, allow_unverified))

    def lint(self, folder: PathLike = ".") -> Lint:
        """References to this registry's models that move by themselves, in the manifests below a folder.

        Raises `StorageError` where the folder cannot be read.

        Example::

            for finding in reg.lint("deploy/"):
                print(finding.file, finding.line, finding.use_instead)
        """
        return Lint(self._native.lint(folder))

    def index(self, *, rebuild: bool = False, progress: ProgressLike = None) -> Index:
        """Where the index stands that lists and searches use; with ``rebuild`` it is made anew from the records.

        Example::

            reg.index(rebuild=True)
        """
        return Index(self._native.index_rebuild(listener(progress)) if rebuild else self._native.index_status())

    def status(self, project: PathLike | None = None) -> Status:
        """Where the registry stands; with a project's folder, also what its pins come to.

        Example::

            reg.status().versions
        """
        return Status(self._native.status(project))

    def sunsets(self) -> Sunsets:
        """The retired versions, the most urgent first: until when each may be used, and who still does.

        Example::

            for due in reg.sunsets():
                print(due.model, due.version, due.days_left)
        """
        return Sunsets(self._native.sunset())
