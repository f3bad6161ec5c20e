"""Reading: what a reference means, what there is, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

from .._arguments import RefLike, TimeLike, texts, time
from .._arguments import reference as _text
from .._frames import Rows
from .._team import Events, Found
from .._values import Model, ModelDetail, Move, Resolved, Shown, VersionDetail, VersionRow, rows
from ..errors import UsageError
from ._base import Verbs

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Reading(Verbs):
    """Verbs that change nothing."""

    __slots__ = ()

    def resolve(
        self,
        reference: RefLike,
        *,
        at: TimeLike | None = None,
        last_good: bool = False,
        accept_incomplete: bool = False,
    ) -> Resolved:
        """What a reference means, now or at a time, and how far that is vouched for.

        ``at`` is a time; ``last_good`` and ``accept_incomplete`` take a history that is damaged or cut short. Raises `NotFoundError`,
        `RefusedError` for what is revoked, and `IntegrityError` for a history that is not as signed.

        Example::

            reg.resolve("sentiment@champion").version
        """
        return self._found(reference, at, last_good, accept_incomplete)

    def list(self, model: str | None = None) -> Rows[Any]:
        """The models, or the versions of one, newest first.

        Raises `NotFoundError` where there is no such model.

        Example::

            reg.list("sentiment").to_pandas()
        """
        return self.versions(model) if model is not None else self.models()

    def models(self) -> Rows[Model]:
        """The models.

        Example::

            [it.model for it in reg.models()]
        """
        return rows(Model, self._native.list_models())

    def versions(self, model: str, *, all: bool = False) -> Rows[VersionRow]:
        """The versions of a model, newest first; with ``all``, hidden ones too.

        Raises `NotFoundError` where there is no such model.

        Example::

            newest = reg.versions("sentiment")[0]
        """
        return rows(VersionRow, self._native.list_versions(model, all))

    def plot_metrics(
        self, model: str, metrics: str | Iterable[str] | None = None, *, by: str = "version", ax: Any = None
    ) -> Axes:
        """Draws a model's metrics over its versions, or with ``by="time"`` over time; gives matplotlib's axes.

        ``metrics`` are all that any version claims, where none is named; what is not finite has no point. ``ax`` are axes to draw
        on. Raises `NotFoundError` where no version has the metric, and `ImportError` without matplotlib
        (``pip install 'refmark[plot]'``).

        Example::

            reg.plot_metrics("sentiment", ["f1", "accuracy"], by="time").figure.savefig("metrics.png")
        """
        if by not in ("version", "time"):
            raise UsageError(f"by: version or time, and not {by}", code="bad-argument")
        from .._plot import metrics_of

        return metrics_of(self.versions(model), texts(metrics), by, ax)

    def model(self, model: str) -> ModelDetail | None:
        """A model with its words, hidden or not; ``None`` where it is not known.

        Example::

            reg.model("sentiment").aliases
        """
        found = self._native.model_detail(model)
        return None if found is None else ModelDetail.from_answer(found)

    def version(self, reference: RefLike) -> VersionDetail | None:
        """A version with its words, hidden or not; ``None`` where it is not known.

        Example::

            reg.version("sentiment/4").tags
        """
        found = self._native.version_detail(_text(reference))
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
        file: str | None = None,
        hidden: bool = False,
        limit: int = 50,
        offset: int = 0,
        order: str = "best",
    ) -> Found:
        """The versions for which everything that was asked holds.

        ``tags`` with ``None`` asks for any value; ``metrics`` are bounds such as ``"f1>=0.9"``; ``file`` is the SHA-256
        of a file; ``order`` is ``best``, ``newest`` or ``name``.

        Raises `UsageError` for a bound, stage or order that there is not.

        Example::

            for found in reg.search("mood", metrics="f1>=0.9"):
                print(found.model, found.version)
        """
        for name, number in (("limit", limit), ("offset", offset)):
            if number < 0:
                raise UsageError(f"{name}: a number from 0, and not {number}", code="bad-argument")
        asked = {
            "text": text,
            "model": model,
            "capability": capability,
            "format": format,
            "artifact_type": type,
            "tags": [*(tags or {}).items()],
            "metrics": texts(metrics),
            "stage": stage,
            "trust": trust,
            "file": file,
            "hidden": hidden,
            "limit": limit,
            "offset": offset,
            "order": order,
        }
        return Found(self._native.search(asked, None if parent is None else _text(parent)))

    def show(self, reference: RefLike) -> Shown:
        """Everything that is known of a version, whatever its state.

        Raises `NotFoundError` where it is not registered.

        Example::

            reg.show("sentiment/4").files
        """
        return Shown.from_answer(self._native.show(_text(reference)))

    def log(self, target: str | None = None) -> Rows[Move]:
        """The moves of ``MODEL@ALIAS``, of all aliases of ``MODEL``, or of the registry; newest first.

        Raises `NotFoundError` where there is nothing of that name.

        Example::

            reg.log("sentiment@champion")[0].reason
        """
        return rows(Move, self._native.log(target))

    def events(self, of: str | None = None, *, since: TimeLike | None = None) -> Events:
        """Whatever took effect, of every kind: of ``MODEL@ALIAS``, of ``MODEL``, or of the registry; newest first.

        The order is that of the chain; ``since`` asks the clocks of the commits. It walks the whole history.

        Example::

            for event in reg.events(since="2026-11-01T00:00:00Z"):
                print(event.landed, event.what, event.by)
        """
        return Events(self._native.events(of, time(since)))
