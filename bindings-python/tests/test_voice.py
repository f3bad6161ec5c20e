"""Hints are Python: each call that a hint names exists, and takes what the hint gives it."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

import pytest

import refmark

from conftest import REPO

STEPS = json.loads((REPO / "tests/vectors/hints/steps.json").read_text(encoding="utf-8"))
CALLS = sorted({step["python"].strip("`") for step in STEPS if step["python"].startswith(("`reg", "`refmark"))})


def taken(node: ast.expr) -> Any:
    """What an expression names: a function, a method or a property, without calling it."""
    if isinstance(node, ast.Name):
        return {"reg": refmark.Registry, "refmark": refmark}[node.id]
    if isinstance(node, ast.Call):
        called = taken(node.func)
        if node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value is ...:
            return called
        signature = inspect.signature(called)
        bound = [None] if "self" in signature.parameters else []
        signature.bind(*bound, *(None for _ in node.args), **{str(word.arg): None for word in node.keywords})
        return called
    assert isinstance(node, ast.Attribute)
    return getattr(taken(node.value), node.attr)


@pytest.mark.parametrize("call", CALLS)
def test_each_call_of_a_hint_exists_and_takes_its_arguments(call: str) -> None:
    taken(ast.parse(call.replace("…", "..."), mode="eval").body)


#: Where an argument that a hint names may be given.
ARGUMENTS = {
    "allow_incomplete": refmark.Registry.register,
    "allow_absent": refmark.Registry.promote,
    "allow_secret": refmark.Registry.register,
    "allow_withdrawn": refmark.Registry.register,
    "allow_unverified": refmark.Registry.pull,
    "archived": refmark.Registry.pull,
    "accept_incomplete": refmark.Registry.resolve,
    "last_good": refmark.Registry.resolve,
    "trust_root": refmark.open,
    "tofu": refmark.clone,
    "key": refmark.open,
    "reason": refmark.Registry.promote,
    "owner": refmark.Registry.register,
    "follow_links": refmark.Registry.register,
}


def test_each_argument_of_a_hint_exists() -> None:
    named = {step["python"].strip("`").partition("=")[0] for step in STEPS if "with" in step["next"]}
    for name in {it for it in named if it.isidentifier()}:
        assert name in inspect.signature(ARGUMENTS[name]).parameters
