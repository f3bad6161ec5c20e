"""The mistakes of tests/vectors/mistakes: each has the same code in every face, and its hint is Python."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import REPO

import refmark

FILES = sorted((REPO / "tests/vectors/mistakes").glob("*.json"))
MISTAKES = [mistake for file in FILES for mistake in json.loads(file.read_text(encoding="utf-8"))]
PYTHON = [mistake for mistake in MISTAKES if mistake["python"] is not None]


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry that the vectors describe; a mistake changes nothing, so all share it."""
    folder = tmp_path_factory.mktemp("mistakes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("USER", "ada")
        for name in ("one", "two", "three"):
            (folder / name).mkdir()
            (folder / name / "config.json").write_text(json.dumps({"name": name}))
        (folder / "list.json").write_text("[1]")
        reg = refmark.init(folder / "models")
        reg.register("sentiment", folder / "one")
        reg.register("sentiment", folder / "two")
        reg.register("topics", folder / "three")
        (folder / "three/config.json").write_text("{}")
        reg.promote("sentiment@champion", 1, "first")
    return folder


def caught(mistake: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> refmark.RefmarkError:
    """The error of a mistake."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)
    asked = mistake["python"]
    with pytest.raises(refmark.RefmarkError) as raised:
        getattr(refmark.open("models"), asked["verb"])(*asked["args"], **asked["named"])
    return raised.value


@pytest.mark.parametrize("mistake", PYTHON, ids=lambda mistake: mistake["name"])
def test_a_mistake_has_the_code_that_it_has_in_every_face(
    mistake: dict[str, Any], mistaken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = caught(mistake, mistaken, monkeypatch)
    assert error.code == mistake["code"], str(error)


@pytest.mark.parametrize("mistake", PYTHON, ids=lambda mistake: mistake["name"])
def test_a_hint_is_python_and_no_command_line(
    mistake: dict[str, Any], mistaken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = caught(mistake, mistaken, monkeypatch).hint or ""
    assert not re.search(r"(^|[\s`])--\w|\brefmark (?!is\b)[a-z]+[ `]|-R PATH", hint), hint
