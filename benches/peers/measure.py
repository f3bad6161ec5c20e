"""Running programs and measuring them: CPU seconds of a process and its children, and wall seconds."""

from __future__ import annotations

import hashlib
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable

Sample = tuple[float, float]


@dataclass
class Figure:
    """What one tool took for one work; `base` is what the others are compared with."""

    work: str
    tool: str
    how: str
    cpu: float
    wall: float
    base: bool = False


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def cpu_of(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def measured(work: Callable[[], object]) -> Sample:
    """CPU of all children that the work starts and waits for, and wall time."""
    cpu, wall = cpu_of(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    return cpu_of(resource.RUSAGE_CHILDREN) - cpu, time.perf_counter() - wall


def own_cpu(path: Path) -> Sample:
    """Hashing a file in this process, by OpenSSL."""
    cpu, wall = cpu_of(resource.RUSAGE_SELF), time.perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    return cpu_of(resource.RUSAGE_SELF) - cpu, time.perf_counter() - wall


class Tools:
    """The programs, away from the user's own settings."""

    def __init__(self, home: Path, venv: Path, refmark: Path) -> None:
        self.home, self.venv, self.program = home, venv, refmark
        keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "ada"), ("EMAIL", "ada@example.com"))}
        quiet = {"DVC_NO_ANALYTICS": "1", "ITERATIVE_DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        self.env = {**keep, **who, **quiet, "HOME": str(home), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}

    def run(self, *command: object, cwd: Path | None = None, env: dict[str, str] | None = None, feed: str | None = None) -> Sample:
        def once() -> None:
            done = subprocess.run([str(it) for it in command], cwd=cwd or self.home, env={**self.env, **(env or {})},
                                  input=feed, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

        return measured(once)

    def refmark(self, *arguments: object) -> Sample:
        return self.run(self.program, *arguments)
