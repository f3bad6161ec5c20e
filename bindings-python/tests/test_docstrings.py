"""Every public function says what it does, in an example that is Python; what it may raise is a class of refmark's."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from typing import Any, Iterator

import pytest

import refmark
import refmark.cache
import refmark.serving


def public() -> Iterator[tuple[str, Any]]:
    """Every public function and method of refmark's own, once, by the class that it is made in."""
    modules = (refmark, refmark.cache, refmark.serving)
    things = {name: getattr(module, name) for module in modules for name in module.__all__}
    seen = set()
    for name, thing in things.items():
        if inspect.isfunction(thing):
            yield name, inspect.unwrap(thing)
        if not inspect.isclass(thing) or issubclass(thing, (Exception, Warning)):
            continue
        for kind in thing.__mro__:
            if not kind.__module__.startswith("refmark"):
                continue
            for member, of in vars(kind).items():
                of = inspect.unwrap(getattr(of, "__func__", of)) if callable(getattr(of, "__func__", of)) else of
                # What is made again in a class that says more of the same is told above.
                if inspect.isfunction(of) and not member.startswith("_") and of not in seen and of.__doc__:
                    seen.add(of)
                    yield f"{kind.__name__}.{member}", of


FUNCTIONS = sorted(public(), key=lambda it: it[0])


@pytest.mark.parametrize(("name", "of"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_a_public_function_says_what_it_does_by_an_example(name: str, of: Any) -> None:
    told = inspect.cleandoc(of.__doc__)
    assert told.partition("\n\n")[0].rstrip().endswith((".", ":")), "a sentence comes first"
    _, example, code = told.partition("Example::\n\n")
    assert example, "an example"
    called = {it.attr if isinstance(it, ast.Attribute) else getattr(it, "id", "") for it in ast.walk(ast.parse(textwrap.dedent(code)))}
    assert name.rpartition(".")[2] in called, "it shows the call itself"
    for raised in re.findall(r"`(\w+Error)`", told):
        assert hasattr(refmark, raised) or raised in ("KeyError", "ImportError", "PermissionError"), raised


def test_every_method_has_a_docstring() -> None:
    assert len(FUNCTIONS) > 100
    bare = [name for name, member in inspect.getmembers(refmark.Registry, inspect.isfunction) if name[0] != "_" and not member.__doc__]
    assert bare == []
