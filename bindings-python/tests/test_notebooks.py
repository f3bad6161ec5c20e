"""The notebooks of `examples/` run from top to bottom."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import REPO

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")


@pytest.mark.parametrize("name", ["quickstart", "review_a_change"])
def test_a_notebook_runs_and_shows_its_tables(name: str, tmp_path: Path) -> None:
    book = nbformat.read(REPO / "examples" / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [out for cell in book.cells if cell.cell_type == "code" for out in cell.outputs]
    assert any("text/html" in out.get("data", {}) for out in shown)
    if name == "review_a_change":
        assert any("text/markdown" in out.get("data", {}) for out in shown)
