"""What was found out: diffs, inspections, verifications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import _html as html
from ._base import Value, many


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
    _read = {"tensors": many(Tensor)}

    def to_dict(self) -> dict[str, Any]:
        answer = Value.to_dict(self)
        if self.onnx is None:
            del answer["onnx"]
        return answer

    def _html(self) -> str:
        rows = [(it.name, it.dtype, list(it.shape), html.size(it.bytes)) for it in self.tensors[:100]]
        notes = "".join(f"<p>{html.text(it)}</p>" for it in self.notes)
        problems = "".join(f'<p class="bad">{html.text(it.get("message"))}</p>' for it in self.problems)
        count = len(self.tensors)
        head = f"{self.format} · {self.file_class} · {count:,} tensor{'' if count == 1 else 's'}"
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
    #: What the scan found in one and not in the other.
    findings: dict[str, Any] = field(repr=False, hash=False)
    #: Where it came from.
    lineage: dict[str, Any] = field(repr=False, hash=False)
    #: The model card and the evaluation card.
    card: dict[str, Any] = field(repr=False, hash=False)
    #: The same as Markdown.
    markdown: str = field(repr=False, compare=False, default="")
    #: The same as a piece of HTML.
    page: str = field(repr=False, compare=False, default="")

    def to_markdown(self) -> str:
        """The diff as it stands in a pull request.

        Example::

            print(reg.diff("sentiment/3", "sentiment/4").to_markdown())
        """
        return self.markdown

    def to_dict(self) -> dict[str, Any]:
        answer = Value.to_dict(self)
        del answer["markdown"], answer["page"]
        return answer

    def _repr_html_(self) -> str:
        return html.notebook(self.page)


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
    #: How many artifacts had all of their bytes here, so that their manifests were held against them.
    derived: int
    #: How many had not: what their manifests say of their files is a claim.
    claimed: int
    #: Commits at which a file that had taken effect was missing or changed.
    bad_commits: tuple[str, ...]

    _read = {"problems": many(Problem)}

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
