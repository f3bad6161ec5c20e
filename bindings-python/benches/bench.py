"""Measures the package beside MLflow (SQLite), pins, GTO and plain JSON files, at 100, 1,000 and 10,000 versions.

    sh benches/run.sh            in an environment of its own, with the peers; writes the tables into docs/python.md
    python benches/bench.py [--versions 100,1000,10000] [--peers refmark,json,mlflow,pins,gto] [--into FILE] [--disk DIR]

Each figure is the median of several calls in ms, by the CPU time of the process and its children, and by the clock on the
wall, which has the disk's syncs in it and whatever else the machine does. Each peer runs in a process of its own; one that
is not installed, or fails, is named as such. A job that would take longer than ten seconds, by what it took at the size
before, is not waited for.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from peers import CALLS, PEERS, Figure

#: The longest that one call is waited for, in ms.
PATIENCE = 10_000
Table = dict[tuple[int, str], dict[str, Figure]]


def run(peer: str, versions: int, disk: str, before: dict[str, Figure]) -> dict[str, Figure]:
    """The figures of a peer at a size, with what it took at the size before."""
    too_long = [job for job, figure in before.items() if figure.wall * 10 > PATIENCE]
    if before and len(too_long) == len(before):
        return {}
    command = [sys.executable, str(Path(__file__).with_name("peers.py")), peer, str(versions), disk, *too_long]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["it failed"])[-1])
    return {job: Figure(*it) for job, it in json.loads(done.stdout).items()}


def measured(sizes: list[int], peers: list[str], disk: str) -> tuple[Table, dict[str, str]]:
    """Every figure, and what could not be measured."""
    table: Table = {}
    failed: dict[str, str] = {}
    for peer in peers:
        before: dict[str, Figure] = {}
        for size in sizes:
            began = time.monotonic()
            try:
                table[size, peer] = before = run(peer, size, disk, before)
            except RuntimeError as error:
                failed[peer] = str(error)
                break
            shown = ", ".join(f"{job} {it.cpu:.3g}/{it.wall:.3g}" for job, it in before.items())
            print(f"{peer} {size:,} ({time.monotonic() - began:.0f} s): {shown}", file=sys.stderr, flush=True)
    return table, failed


def number(figure: float) -> str:
    """Three digits, without an exponent."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def rows(table: Table, clock: str) -> list[str]:
    """The figures by one clock, as a Markdown table."""
    out = ["| versions | | " + " | ".join(CALLS) + " |", "|--:|---|" + "--:|" * len(CALLS)]
    slow: dict[str, set[str]] = {}
    for size, peer in sorted(table, key=lambda it: (it[0], list(PEERS).index(it[1]))):
        found = table[size, peer]
        cells = [number(getattr(found[it], clock)) if it in found else "" for it in CALLS]
        known = slow.setdefault(peer, set(found))
        cells = [it or (">10 s" if job in known else "–") for it, job in zip(cells, CALLS)]
        out.append(f"| {size:,} | {PEERS[peer][0]} | " + " | ".join(cells) + " |")
    return out


def said(table: Table, sizes: list[int]) -> list[str]:
    """What the figures come to, in sentences."""
    least, most = sizes[0], sizes[-1]
    out = []
    small, large = table.get((least, "refmark")), table.get((most, "refmark"))
    if small and large and least < most:
        grown = [f"{job} {large[job].cpu / small[job].cpu:.2f}" for job in ("register", "set alias")]
        out.append(f"From {least:,} to {most:,} versions refmark's CPU time grows by the factor: {', '.join(grown)}.")
    mlflow = table.get((most, "mlflow"))
    if large and mlflow:
        factor = [getattr(mlflow["set alias"], it) / getattr(large["set alias"], it) for it in ("cpu", "wall")]
        out.append(
            f"Setting an alias at {most:,} versions takes MLflow {factor[0]:.1f} times refmark's CPU time, and {factor[1]:.1f} "
            "times as long on this disk."
        )
    return out


def page(table: Table, failed: dict[str, str], sizes: list[int]) -> str:
    """Everything as Markdown."""
    out = ["CPU time, ms:", "", *rows(table, "cpu"), "", "On the wall, ms, synced to disk:", "", *rows(table, "wall")]
    for sentence in [*said(table, sizes), *(f"{PEERS[it][0]}: {why}" for it, why in failed.items())]:
        out += ["", sentence]
    return "\n".join(out)


def write(text: str, into: Path) -> None:
    """Puts the tables between their markers."""
    content = into.read_text()
    load = os.getloadavg()[0]
    head = f"Measured {date.today():%B %Y} by `sh bindings-python/benches/run.sh`, release build, load {load:.0f} on {os.cpu_count()} cores."
    made, places = re.subn(
        r"<!-- bench -->.*?<!-- /bench -->", lambda _: f"<!-- bench -->\n{head}\n\n{text}\n<!-- /bench -->", content, flags=re.S
    )
    if places != 1:
        raise SystemExit(f"{into} has no <!-- bench --> … <!-- /bench -->")
    into.write_text(made)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", default="100,1000,10000")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--into", type=Path)
    parser.add_argument("--disk", default=os.environ.get("TMPDIR", "/tmp"), help="where the registries are made")
    asked = parser.parse_args()
    sizes = sorted(int(it) for it in asked.versions.split(","))
    table, failed = measured(sizes, asked.peers.split(","), asked.disk)
    made = page(table, failed, sizes)
    if asked.into:
        write(made, asked.into)
    print(made)


if __name__ == "__main__":
    main()
