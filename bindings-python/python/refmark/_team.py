"""Answers about pins, proposals and reviews: mappings with attributes, and Markdown where a pull request shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Iterator, Mapping, Sequence, overload

from . import _html as html
from ._frames import flat, pandas_of, polars_of
from ._values import GateReport
from ._values._base import floats, moment, shown

if TYPE_CHECKING:
    import pandas
    import polars


class _Said:
    """An answer of the command, whose members are attributes: frozen, comparable, picklable."""

    __slots__ = ("_answer",)

    _answer: Mapping[str, Any]

    def __init__(self, answer: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_answer", dict(answer))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_answer":
            raise AttributeError(name)
        try:
            return read(name.rstrip("_"), self._answer[name.rstrip("_")])
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._answer)}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        said = ", ".join(f"{key}={_brief(value)}" for key, value in self._answer.items())
        return f"{type(self).__name__}({said})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Said) and type(self) is type(other) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), repr(self._answer)))

    def __reduce__(self) -> Any:
        return (type(self), (dict(self._answer),))

    def to_dict(self) -> dict[str, Any]:
        """The answer, with the keys of the command's ``--json``.

        Example::

            json.dumps(reg.status().to_dict())
        """
        return dict(self._answer)

    @property
    def reports(self) -> tuple[GateReport, ...]:
        """Every gate report in the answer."""
        return tuple(GateReport.from_answer(it) for it in self._answer.get("reports", ()))

    def _repr_html_(self) -> str:
        rows = [(key, shown(value)) for key, value in self._answer.items() if key != "reports"]
        body = html.table((), rows, type(self).__name__)
        return html.page(body + "".join(it._html() for it in self.reports))


class Answer(_Said, Mapping[str, Any]):
    """An answer of the command, read by key or attribute: ``status["versions"]`` is ``status.versions``.

    Times are aware ``datetime``; ``to_dict()`` has them as the command prints them.
    """

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        return read(key, self._answer[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._answer)

    def __len__(self) -> int:
        return len(self._answer)

    __eq__ = _Said.__eq__
    __hash__ = _Said.__hash__


#: Keys whose texts are times.
_TIMES = frozenset(
    "time landed created updated made sunset since until not_after now last_drill last_backup proposed expires as_of".split()
)


def read(key: str, value: Any) -> Any:
    """A member of an answer as Python has it: a time is a ``datetime``, and a metric a float, finite or not."""
    if isinstance(value, str) and key in _TIMES and len(value) == 20:
        try:
            return moment(value)
        except ValueError:
            return value
    if key == "metrics" and isinstance(value, dict):
        return floats(value)
    return value


def _brief(value: object) -> str:
    """What an answer's line says of a value: lists and mappings only how much they hold."""
    if isinstance(value, (list, dict)) and value:
        return f"[… {len(value)}]" if isinstance(value, list) else f"{{… {len(value)}}}"
    return repr(value)


class Listing(_Said, Sequence[Answer]):
    """An answer that is a list of rows, with something said of all of them.

    It is a sequence: its length is that of the rows, it is false where there are none, and iterating gives the rows, each
    read by key or attribute. What is said of all is an attribute, and a key too.
    """

    __slots__ = ()

    #: The key of the rows, and the columns that a notebook shows.
    _rows_of: ClassVar[str]
    _columns: ClassVar[tuple[str, ...]]

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> list[Answer]: ...
    @overload
    def __getitem__(self, index: str) -> Any: ...
    def __getitem__(self, index: str | int | slice) -> Any:
        """A row by its place, some rows, or what is said of all by its key."""
        if isinstance(index, str):
            return read(index, self._answer[index])
        rows = self._answer.get(self._rows_of, ())
        return [Answer(it) for it in rows[index]] if isinstance(index, slice) else Answer(rows[index])

    def __len__(self) -> int:
        return len(self._answer.get(self._rows_of, ()))

    def __iter__(self) -> Iterator[Answer]:
        return (Answer(it) for it in self._answer.get(self._rows_of, ()))

    __eq__ = _Said.__eq__
    __hash__ = _Said.__hash__

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict a row, with the keys of the command's ``--json``.

        Example::

            json.dumps(reg.search("sentiment").to_dicts())
        """
        return [dict(row) for row in self._answer.get(self._rows_of, ())]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame, its columns also where there are no rows.

        Raises `ImportError` where pandas is not installed (``pip install 'refmark[pandas]'``).

        Example::

            reg.search(metrics="f1>=0.9").to_pandas()
        """
        return pandas_of(self._flat(), self._columns)

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars frame, its columns also where there are no rows.

        Raises `ImportError` where polars is not installed (``pip install 'refmark[polars]'``).

        Example::

            reg.search(metrics="f1>=0.9").to_polars()
        """
        return polars_of(self._flat(), self._columns)

    def _flat(self) -> list[dict[str, Any]]:
        return [flat({key: read(key, it) for key, it in row.items()}) for row in self.to_dicts()]

    def _caption(self) -> str | None:
        return None

    def _repr_html_(self) -> str:
        rows = [[shown(it.get(key)) for key in self._columns] for it in self.to_dicts()]
        return html.page(html.table(self._columns, rows, self._caption()))


class Status(Answer):
    """Where a registry stands."""


class Proposal(Answer):
    """A branch with a change that may still lack approvals or evidence."""


class Proposals(Listing):
    """Proposals that are open: what each waits for, and in ``yours`` what whoever asks can do about it."""

    _rows_of = "proposals"
    _columns = ("branch", "subject", "by", "decision", "approved_by", "yours")


class Events(Listing):
    """Whatever took effect, of every kind, newest first in the order of the chain."""

    _rows_of = "events"
    _columns = ("kind", "what", "by", "landed", "reason")


class Landing(Answer):
    """A proposal that took effect."""


class Approved(Answer):
    """An approval that was added."""


class Check(Answer):
    """Whether a range may land."""


class Found(Listing):
    """Versions that a search found, each with why."""

    _rows_of = "found"
    _columns = ("model", "version", "stage", "trust", "aliases", "format", "description")

    @property
    def versions(self) -> tuple[str, ...]:
        """What was found, as ``MODEL/VERSION``."""
        return tuple(f"{it['model']}/{it['version']}" for it in self._answer["found"])

    def __repr__(self) -> str:
        return f"Found({', '.join(self.versions) or 'nothing'})"


class Pins(Listing):
    """The pins of a lock file."""

    _rows_of = "pins"
    _columns = ("name", "version", "alias", "artifact")

    def _repr_html_(self) -> str:
        pins = self._answer.get("pins", ())
        keys = ["name", "version", "alias", "standing", "artifact"]
        if not any("standing" in it for it in pins):
            keys.remove("standing")
        # What a pin was moved to is its version.
        rows = [[shown(it.get(key, it.get("to") if key == "version" else None)) for key in keys] for it in pins]
        return html.page(html.table(keys, rows, str(self._answer.get("lock"))))


class Lint(Listing):
    """References in manifests that move by themselves."""

    _rows_of = "findings"
    _columns = ("file", "line", "text", "use_instead")

    def _caption(self) -> str:
        return f"{self._answer['files']} manifests"


class Index(Answer):
    """Where the index stands."""


class Attached(Answer):
    """Evidence that took effect. ``statement`` is what moves name that rest on it."""


class Scan(Answer):
    """What a scanner found. ``outcome`` is ``clean``, ``runs-code``, ``unsafe`` or ``not-scanned``; only ``clean`` passes."""


class Sunsets(Listing):
    """The retired versions, the most urgent first."""

    _rows_of = "versions"
    _columns = ("model", "version", "sunset", "days_left", "replacement", "consumers", "aliases", "due")


class Members(Listing):
    """Who may do what."""

    _rows_of = "members"
    _columns = ("id", "name", "kind", "roles", "may")

    def _caption(self) -> str:
        return f"policy {self._answer['policy']}"


class Policy(Answer):
    """A policy that took effect: its text, and what it allows in sentences."""

    def __str__(self) -> str:
        return str(self._answer["text"])


class Catalog(Listing):
    """The stable ids that records may name."""

    _rows_of = "entries"
    _columns = ("family", "id", "state", "owner", "meaning")


class Transfer(Answer):
    """What a fetch or a push moved."""


class Finding(Answer):
    """An answer that people read as a page: in a notebook, and as Markdown."""

    __slots__ = ("_markdown", "_page")

    _markdown: str
    _page: str

    def __init__(self, answer: Mapping[str, Any], markdown: str = "", page: str = "") -> None:
        super().__init__(answer)
        object.__setattr__(self, "_markdown", markdown)
        object.__setattr__(self, "_page", page)

    def to_markdown(self) -> str:
        """The page as Markdown, such as for a pull request.

        Example::

            print(reg.review("main~1..main").to_markdown())
        """
        return self._markdown

    def to_html(self) -> str:
        """The page as a piece of HTML that brings its own style, light and dark.

        Example::

            Path("review.html").write_text(reg.review("main~1..main").to_html())
        """
        return self._page

    def _repr_markdown_(self) -> str:
        return self._markdown

    def _repr_html_(self) -> str:
        return html.notebook(self._page)

    def __reduce__(self) -> Any:
        return (type(self), (dict(self._answer), self._markdown, self._page))


class Review(Finding):
    """What a range of commits would change. A notebook shows it as a pull request does."""


class Explanation(Finding):
    """Why something is as it is, and why another version is not there."""

    def __str__(self) -> str:
        explained = self._answer.get("explanation") or {}
        return str(explained.get("sentence") or self._markdown)

    def __repr__(self) -> str:
        return f"Explanation({str(self)!r})"


class Dossier(Finding):
    """Everything that is on record about a version, with who signed it."""
