"""Answers about pins, proposals and reviews: mappings with attributes, and Markdown where a pull request shows it."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from . import _html as html
from ._values import GateReport
from ._values._base import shown


class Answer(Mapping[str, Any]):
    """An answer of the command, read by key or attribute: ``status["versions"]`` is ``status.versions``."""

    __slots__ = ("_answer",)

    _answer: Mapping[str, Any]

    def __init__(self, answer: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_answer", dict(answer))

    def __getitem__(self, key: str) -> Any:
        return self._answer[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answer)

    def __len__(self) -> int:
        return len(self._answer)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_answer":
            raise AttributeError(name)
        try:
            return self._answer[name.rstrip("_")]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._answer)}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self._answer.items() if not isinstance(value, (list, dict)))
        return f"{type(self).__name__}({shown})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and type(self) is type(other) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), repr(self._answer)))

    def __reduce__(self) -> Any:
        return (type(self), (dict(self._answer),))

    def to_dict(self) -> dict[str, Any]:
        """The answer, with the keys of the command's ``--json``."""
        return dict(self._answer)

    @property
    def reports(self) -> tuple[GateReport, ...]:
        """Every gate report in the answer."""
        return tuple(GateReport.from_answer(it) for it in self._answer.get("reports", ()))

    def _repr_html_(self) -> str:
        rows = [(key, shown(value)) for key, value in self._answer.items() if key != "reports"]
        body = html.table((), rows, type(self).__name__)
        return html.page(body + "".join(it._html() for it in self.reports))


class Status(Answer):
    """Where a registry stands."""


class Proposal(Answer):
    """A branch with a change that may still lack approvals or evidence."""


class Landing(Answer):
    """A proposal that took effect."""


class Approved(Answer):
    """An approval that was added."""


class Check(Answer):
    """Whether a range may land."""


class Found(Answer):
    """Versions that a search found, each with why."""

    @property
    def versions(self) -> tuple[str, ...]:
        """What was found, as ``MODEL/VERSION``."""
        return tuple(f"{it['model']}/{it['version']}" for it in self._answer["found"])

    def _repr_html_(self) -> str:
        keys = ("model", "version", "stage", "trust", "aliases", "format", "description")
        rows = [[shown(it.get(key)) for key in keys] for it in self._answer["found"]]
        return html.page(html.table(keys, rows))


class Pins(Answer):
    """The pins of a lock file."""

    def _repr_html_(self) -> str:
        pins = self._answer.get("pins", ())
        keys = ["name", "version", "alias", "standing", "artifact"]
        if not any("standing" in it for it in pins):
            keys.remove("standing")
        # What a pin was moved to is its version.
        rows = [[shown(it.get(key, it.get("to") if key == "version" else None)) for key in keys] for it in pins]
        return html.page(html.table(keys, rows, str(self._answer.get("lock"))))


class Lint(Answer):
    """References in manifests that move by themselves."""

    def _repr_html_(self) -> str:
        keys = ("file", "line", "text", "use_instead")
        rows = [[shown(it.get(key)) for key in keys] for it in self._answer["findings"]]
        return html.page(html.table(keys, rows, f"{self._answer['files']} manifests"))


class Index(Answer):
    """Where the index stands."""


class Attached(Answer):
    """Evidence that took effect. ``statement`` is what moves name that rest on it."""


class Sunsets(Answer):
    """The retired versions, the most urgent first."""


class Members(Answer):
    """Who may do what."""

    def _repr_html_(self) -> str:
        keys = ("id", "name", "kind", "roles", "may")
        rows = [[shown(it.get(key)) for key in keys] for it in self._answer["members"]]
        return html.page(html.table(keys, rows, f"policy {self._answer['policy']}"))


class Policy(Answer):
    """A policy that took effect: its text, and what it allows in sentences."""

    def __str__(self) -> str:
        return str(self._answer["text"])


class Catalog(Answer):
    """The stable ids that records may name."""

    def _repr_html_(self) -> str:
        keys = ("family", "id", "state", "owner", "meaning")
        rows = [[shown(it.get(key)) for key in keys] for it in self._answer["entries"]]
        return html.page(html.table(keys, rows))


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
        """The page as Markdown, such as for a pull request."""
        return self._markdown

    def to_html(self) -> str:
        """The page as a piece of HTML that brings its own style, light and dark."""
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


class Dossier(Finding):
    """Everything that is on record about a version, with who signed it."""
