"""The code in docs/python.md runs as it is printed."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from conftest import REPO

import refmark

GUIDE = (REPO / "docs" / "python.md").read_text(encoding="utf-8")
#: MLflow's block has a story of its own (test_mlflow_flow.py): its path is nobody's.
BLOCKS = [it for it in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if "mlflow" not in it]


def test_the_guides_code_runs_as_it_is_printed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "config.json").write_text("{}")
    (tmp_path / "result.json").write_text(json.dumps({"suite": "march"}))
    names: dict[str, object] = {}
    first, *others = (ast.parse(block).body for block in BLOCKS)
    for statement in first:
        exec(ast.unparse(statement), names)
    reg = names["reg"]
    assert isinstance(reg, refmark.Registry)
    for number in (2, 3, 4):
        (out / "bias.txt").write_text(str(number))
        reg.register("sentiment", out)
    for statement in (it for block in others for it in block):
        text = ast.unparse(statement)
        if text.startswith("reg.approve"):
            # The author is alone in this registry, and nobody approves their own change.
            with pytest.raises(refmark.RefusedError, match="cannot approve it"):
                exec(text, names)
        else:
            exec(text, names)
    assert reg.resolve("sentiment@champion").version == 4
