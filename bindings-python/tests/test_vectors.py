"""The vectors that every language reads: what Rust says of them, Python says too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import REPO

import refmark

VECTORS = REPO / "tests" / "vectors"
INSPECT = sorted(it.parent for it in (VECTORS / "inspect").glob("*/expected.json"))
CONTRACTS = json.loads((VECTORS / "contract" / "cases.json").read_text())


@pytest.mark.parametrize("case", INSPECT, ids=lambda it: it.name)
def test_a_model_file_is_what_the_vector_says(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    (file,) = [it for it in case.iterdir() if it.name != "expected.json"]
    found = refmark.inspect(file).to_dict()
    for key in ("class", "format"):
        if key in expected:
            assert found[key] == expected[key]


@pytest.mark.parametrize("case", CONTRACTS, ids=lambda it: it["story"])
def test_contracts_compare_as_the_vector_says(case: dict[str, Any]) -> None:
    found = refmark.compare_contracts(case["old"], case["new"])
    assert found["compatibility"] == case["compatibility"]
    assert found["because"]["count"] == case["because"]
