"""The scanner skops: what it does not trust fails, and what it did not look at never passes."""

from __future__ import annotations

from pathlib import Path

import pytest

skops_io = pytest.importorskip("skops.io")
pytest.importorskip("sklearn")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

import refmark


def model(folder: Path) -> Path:
    folder.mkdir()
    skops_io.dump(LogisticRegression().fit(np.array([[0.0], [1.0]]), [0, 1]), folder / "model.skops")
    return folder


def test_a_file_of_trusted_types_passes_and_is_evidence(reg: refmark.Registry, tmp_path: Path) -> None:
    reg.register("m", model(tmp_path / "p"))
    scan = reg.scan("m/1", "skops", produced_by="https://ci.example.org/runs/7")
    assert (scan.outcome, scan.scanned, scan.findings) == ("clean", 1, []) and "model.skops" in scan.summary
    evidence = reg.show("m/1").evidence
    assert any("skops" in str(it) for it in evidence) and scan.evidence["verdict"] == "pass"


def test_a_type_that_it_does_not_trust_fails_and_other_code_is_not_looked_at(
    reg: refmark.Registry, tmp_path: Path
) -> None:
    folder = model(tmp_path / "p")
    skops_io.dump(FunctionTransformer(Path), folder / "model.skops")
    reg.register("m", folder)
    scan = reg.scan("m/1", "skops", attach=False)
    assert scan.outcome == "unsafe" and "Path" in scan.findings[0] and scan.evidence is None
    (folder / "model.skops").unlink()
    model(tmp_path / "q")
    (tmp_path / "q" / "run.py").write_text("print(1)")
    reg.register("m", tmp_path / "q")
    assert reg.scan("m/2", "skops").outcome == "not-scanned"
    (tmp_path / "w.json").write_text("{}")
    reg.register("m", tmp_path / "w.json")
    assert reg.scan("m/3", "skops").outcome == "not-scanned", "it looked at nothing"
