"""Writes docs/python-api.md from the Python package's own signatures and sentences; `--check` only compares.

Needs the package installed: bindings-python/test.sh runs it.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from pathlib import Path

import refmark
from refmark import signatures

HERE = Path(__file__).parent
OUT = HERE / "python-api.md"


def sentence(text: str | None) -> str:
    """A docstring as one paragraph a blank line."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    plain = "\n\n".join(" ".join(it.split()) for it in paragraphs)
    return re.sub(r":(?:meth|class|func):`([^`]+)`", r"`\1`", plain.replace("``", "`"))


class Bare(str):
    """An annotation that is written without quotes."""

    def __repr__(self) -> str:
        return str(self)


def bare(annotation: object) -> object:
    return Bare(annotation.replace("'", "")) if isinstance(annotation, str) else annotation


def signature(name: str, of: object) -> str:
    """A signature as it is written, without what only a type checker needs."""
    shown = inspect.signature(of)  # type: ignore[arg-type]
    kept = [it for it in shown.parameters.values() if it.name != "self" and not it.name.startswith("_")]
    kept = [it.replace(annotation=bare(it.annotation)) for it in kept]
    text = str(shown.replace(parameters=kept, return_annotation=bare(shown.return_annotation))).replace("'", '"')
    return f"{name}{text}"


def field_comments(kind: type) -> dict[str, str]:
    """The `#:` sentence above each field."""
    found: dict[str, str] = {}
    held: list[str] = []
    for line in inspect.getsource(kind).splitlines():
        line = line.strip()
        if line.startswith("#:"):
            held.append(line[2:].strip())
        else:
            name = re.match(r"(\w+):", line)
            if name and held:
                found[name[1]] = " ".join(held).replace("``", "`")
            held = []
    return found


def methods(kind: type) -> list[str]:
    """The public methods and properties of a class and of the private ones that it is made of, as the source has them."""
    out: list[str] = []
    hidden = [it for it in kind.__mro__ if it.__module__.startswith(("refmark._verbs", "refmark._team"))]
    made_of = [it for it in kind.__mro__ if it is kind or it in hidden and it.__name__ not in refmark.__all__]
    for name, member in [pair for it in made_of for pair in vars(it).items()]:
        if name.startswith("_"):
            continue
        of = member.__func__ if isinstance(member, staticmethod) else member
        if isinstance(member, property):
            out += [f"#### `.{name}`", "", sentence(member.__doc__), ""]
        elif inspect.isfunction(of):
            out += [f"#### `.{signature(name, of)}`", "", sentence(of.__doc__), ""]
    return out


def value(kind: type) -> list[str]:
    """A value class: its fields, then its methods."""
    comments = field_comments(kind)
    rows = [f"| `{it.name}` | `{it.type}` | {comments.get(it.name, '')} |" for it in dataclasses.fields(kind)]
    table = ["| field | type | |", "|---|---|---|", *(row.replace(" | None`", " \\| None`") for row in rows), ""]
    return [f"### `{kind.__name__}`", "", sentence(kind.__doc__), "", *table, *methods(kind)]


def document() -> str:
    """The whole reference."""
    things = {name: getattr(refmark, name) for name in refmark.__all__}
    kinds = {name: it for name, it in things.items() if inspect.isclass(it)}
    errors = {name: it for name, it in kinds.items() if issubclass(it, (Exception, Warning))}
    values = {name: it for name, it in kinds.items() if dataclasses.is_dataclass(it)}
    rest = {name: it for name, it in kinds.items() if name not in errors and name not in values}
    out = ["# Python reference", "", "Written by `docs/python-api.py` from the package itself; the guide is", "[python.md](python.md).", ""]
    out += ["## Functions", ""]
    for name, of in things.items():
        if inspect.isfunction(of):
            out += [f"### `refmark.{signature(name, of)}`", "", sentence(of.__doc__), ""]
    out += ["## Signatures", "", sentence(signatures.__doc__), ""]
    for name in signatures.__all__:
        of = getattr(signatures, name)
        if inspect.isfunction(of):
            out += [f"### `refmark.signatures.{signature(name, of)}`", "", sentence(of.__doc__), ""]
    out += ["## Classes", ""]
    for name in sorted(rest, key=lambda it: (it not in ("Registry", "Lock"), it)):
        out += [f"### `{name}`", "", sentence(rest[name].__doc__), "", *methods(rest[name])]
    out += ["## Values", "", "Frozen; each has `to_dict()` and `from_answer()`, and a view in notebooks.", ""]
    for name in values:
        out += value(values[name])
    out += ["## Errors", "", "| class | of | when |", "|---|---|---|"]
    for name, kind in errors.items():
        out.append(f"| `{name}` | `{kind.__mro__[1].__name__}` | {sentence(kind.__doc__)} |")
    return "\n".join(out).rstrip() + "\n"


def main() -> int:
    text = document()
    if "--check" not in sys.argv:
        OUT.write_text(text, encoding="utf-8")
        return 0
    if OUT.read_text(encoding="utf-8") == text:
        return 0
    print(f"{OUT.name} is not what the package says: run python docs/python-api.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
