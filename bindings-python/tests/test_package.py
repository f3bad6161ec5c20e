"""The package itself: light to import, typed, and without a dependency."""

from __future__ import annotations

import importlib.metadata
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import refmark


def _cpu(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def test_importing_costs_at_most_25_ms_of_cpu_above_bare_python() -> None:
    where = str(Path(refmark.__file__).parent.parent)
    load = f"import sys; sys.path.insert(0, {where!r}); import refmark"
    _cpu(load)
    extra = min(_cpu(load) - _cpu("pass") for _ in range(7))
    assert extra <= 0.025, f"{extra * 1000:.1f} ms"
    assert statistics.median([_cpu(load) for _ in range(3)]) < 1


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, refmark; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    for name in ("pandas", "polars", "numpy", "tqdm", "mlflow", "asyncio", "dataclasses"):
        assert f"'{name}'" not in loaded


def test_everything_that_is_promised_is_there() -> None:
    for name in refmark.__all__:
        assert getattr(refmark, name) is not None
    assert set(refmark.__all__) <= set(dir(refmark))
    assert (Path(refmark.__file__).parent / "py.typed").exists()


def test_nothing_is_required_beside_python() -> None:
    asked = importlib.metadata.requires("refmark") or []
    assert all("extra ==" in it for it in asked)
    assert refmark.__version__ == importlib.metadata.version("refmark")


def test_no_files_import_each_other_in_a_circle() -> None:
    import ast

    top = Path(refmark.__file__).parent
    modules = {".".join(path.relative_to(top).with_suffix("").parts): path for path in top.rglob("*.py")}

    def imported(name: str, path: Path) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                folder = name.split(".")[:-1]
                base = [*folder[: len(folder) - node.level + 1], *(node.module.split(".") if node.module else [])]
                found |= {".".join([*base, it.name]) for it in node.names} | {".".join(base)}
        return {it if it in modules else f"{it}.__init__" for it in found if it in modules or f"{it}.__init__" in modules}

    def kin(one: str, other: str) -> bool:
        folders = [it.removesuffix("__init__") for it in (one, other)]
        return any(it.endswith("__init__") for it in (one, other)) and (
            folders[0].startswith(folders[1]) or folders[1].startswith(folders[0])
        )

    graph = {name: {it for it in imported(name, path) if not kin(name, it)} for name, path in modules.items()}

    def walk(at: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if at in way:
            return (*way[way.index(at) :], at)
        return next((found for it in sorted(graph[at]) if (found := walk(it, (*way, at)))), ())

    circles = {walk(name, ()) for name in graph} - {()}
    assert not circles, "\n".join(" -> ".join(it) for it in circles)
