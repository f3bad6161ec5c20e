"""The tables of docs/benchmarks.md, between their markers."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path

from measure import Figure


def seconds(value: float) -> str:
    if value < 0.1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} s" if value < 1000 else f"{value / 60:.3g} min"


def times(value: float) -> str:
    return f"{value:.0f} ×" if value >= 100 else f"{value:.2g} ×"


def ratio(figure: Figure, base: Figure) -> str:
    return "1" if figure is base else f"{times(figure.cpu / max(base.cpu, 1e-9))} / {times(figure.wall / max(base.wall, 1e-9))}"


def said(arguments: list[str]) -> str:
    """The command without the places of this machine."""
    kept = [it for n, it in enumerate(arguments) if not {it, *arguments[max(0, n - 1) : n]} & {"--folder", "--refmark"}]
    return " ".join(["benches/peers/run", *kept])


def processor() -> str:
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.processor()


def table(figures: list[Figure], load: tuple[tuple[float, ...], tuple[float, ...]], arguments: list[str]) -> str:
    day = time.strftime("%Y-%m-%d")
    loads = f"load {load[0][0]:.0f} at the start and {load[1][0]:.0f} at the end"
    rows = [f"`{said(arguments)}`, {day}, {processor()}, {loads}.", "", "| work | tool | CPU | wall | CPU / wall against refmark | how |", "|---|---|---|---|---|---|"]
    base = None
    for figure in figures:
        base = figure if figure.base or base is None else base
        first = figure.work if figure.base else ""
        rows.append(f"| {first} | {figure.tool} | {seconds(figure.cpu)} | {seconds(figure.wall)} | {ratio(figure, base)} | {figure.how} |")
    return "\n".join(rows)


def criterion(folder: Path) -> str:
    """The medians that `cargo bench -p refmark-benches` left behind."""
    rows = ["| benchmark | median |", "|---|---|"]
    for found in sorted(folder.glob("*/*/new/estimates.json")):
        median = json.loads(found.read_text())["median"]["point_estimate"]
        rows.append(f"| {found.parts[-4]} / {found.parts[-3]} | {seconds(median / 1e9)} |")
    return "\n".join(rows)


def write(page: Path, name: str, text: str) -> None:
    begin, end = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
    old = page.read_text()
    head, _, rest = old.partition(begin)
    _, _, tail = rest.partition(end)
    tail = tail or rest.partition(end.lstrip("\n"))[2]
    if not rest or not tail:
        sys.exit(f"{page} has no markers for {name}")
    staged = page.with_suffix(".md.new")
    staged.write_text(head + begin + text + end + tail)
    os.replace(staged, page)


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    write(root / "docs" / "benchmarks.md", "criterion", criterion(root / "benches" / "target" / "criterion"))
