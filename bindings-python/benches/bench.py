"""Measures the package beside MLflow (SQLite), pins, GTO and plain JSON files, at 100, 1,000 and 10,000 versions.

    sh benches/run.sh            in an environment of its own, with the peers; writes the table into docs/python.md
    python benches/bench.py [--versions 100,1000,10000] [--peers refmark,json,mlflow,pins,gto] [--into FILE]

Each figure is the median of several calls on a registry that holds so many versions of one model, in ms of CPU time of
the process and its children: a shared machine measures that, and not its neighbours. Disks are left out so: everything
lies in memory where there is /dev/shm. A peer that is not installed is named as such. GTO tags a Git repository, a
commit a version, and is measured up to 100 versions.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any, Callable, Iterator

FIGURES = ("register", "set alias", "resolve", "list", "list, read", "search by tag")
Jobs = dict[str, Callable[[int], Any]]


def refmark_jobs(folder: Path, versions: int) -> Jobs:
    import refmark

    reg = refmark.init(folder / "models", by="ada")
    for start in range(0, versions, 1000):
        numbers = range(start, min(start + 1000, versions))
        files = (weights(folder, number) for number in numbers)
        reg.register_many(
            ({"model": "m", "paths": it, "metrics": {"f1": n}} for n, it in enumerate(files)), progress=False
        )
    reg.label("m/1", tags={"team": "nlp"})
    reg.promote("m@champion", 1)
    return {
        "register": lambda n: reg.register("m", weights(folder, versions + n), progress=False),
        "set alias": lambda n: reg.promote("m@champion", 2 + n % 2),
        "resolve": lambda n: reg.resolve("m@champion"),
        "list": lambda n: reg.versions("m"),
        "list, read": lambda n: [(it.version, it.time) for it in reg.versions("m")],
        "search by tag": lambda n: reg.search(tags={"team": "nlp"}),
    }


def weights(folder: Path, number: int) -> Path:
    """A package of one small file."""
    path = folder / f"{number}" / "weights.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(str(number))
    return path


def store_jobs(folder: Path, versions: int) -> Jobs:
    """refmark behind MLflow's interface."""
    import refmark
    from refmark.mlflow.store import RefmarkStore

    refmark_jobs(folder, versions)
    return mlflow_calls(RefmarkStore(f"refmark://{folder / 'models'}"), str(weights(folder, 10 * versions)))


def mlflow_jobs(folder: Path, versions: int) -> Jobs:
    from mlflow.entities.model_registry import ModelVersionTag
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(f"sqlite:///{folder / 'mlflow.db'}")
    store.create_registered_model("m")
    for number in range(versions):
        store.create_model_version("m", f"path/{number}")
    store.set_model_version_tag("m", 1, ModelVersionTag("team", "nlp"))
    store.set_registered_model_alias("m", "champion", 1)
    return mlflow_calls(store, "more")


def mlflow_calls(store: Any, source: str) -> Jobs:
    def pages() -> Iterator[Any]:
        token = None
        while True:
            page = store.search_model_versions("name = 'm'", max_results=1000, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    return {
        "register": lambda n: store.create_model_version("m", source),
        "set alias": lambda n: store.set_registered_model_alias("m", "champion", 2 + n % 2),
        "resolve": lambda n: store.get_model_version_by_alias("m", "champion"),
        "list, read": lambda n: [(it.version, it.creation_timestamp) for it in pages()],
        "search by tag": lambda n: store.search_model_versions("tags.team = 'nlp'"),
    }


def json_jobs(folder: Path, versions: int) -> Jobs:
    def put(name: str, value: Any) -> None:
        with open(folder / f"{name}.tmp", "w") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(folder / f"{name}.tmp", folder / f"{name}.json")

    def read(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_text())

    for number in range(versions):
        (folder / f"v{number}.json").write_text(json.dumps({"version": number, "tags": {}}))
    put("champion", 1)

    def every() -> list[Any]:
        return [json.loads(it.read_text()) for it in folder.glob("v*.json")]

    return {
        "register": lambda n: put(f"v{versions + n}", {"version": versions + n, "tags": {}}),
        "set alias": lambda n: put("champion", n),
        "resolve": lambda n: read(f"v{read('champion') % versions}"),
        "list, read": lambda n: every(),
        "search by tag": lambda n: [it for it in every() if it["tags"].get("team") == "nlp"],
    }


def pins_jobs(folder: Path, versions: int) -> Jobs:
    import pins

    if versions > 1000:
        raise ImportError("measured up to 1,000: pins writes a folder a version, and each write reads them all")
    board = pins.board_folder(str(folder), allow_pickle_read=True, versioned=True)
    for number in range(versions):
        board.pin_write({"n": number}, "m", type="json", force_identical_write=True)
    return {
        "register": lambda n: board.pin_write({"n": -n}, "m", type="json", force_identical_write=True),
        "resolve": lambda n: board.pin_meta("m"),
        "list, read": lambda n: board.pin_versions("m"),
    }


def gto_jobs(folder: Path, versions: int) -> Jobs:
    if versions > 100:
        raise ImportError("measured up to 100: a commit and a tag a version")
    from gto import api

    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "-q"], check=True)
    for number in range(versions):
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", str(number)], check=True)
        api.register(str(folder), name="m", ref="HEAD", version=f"v0.0.{number}")
    api.assign(str(folder), name="m", version="v0.0.1", stage="prod")
    return {
        "resolve": lambda n: api.get_stages(str(folder)),
        "list, read": lambda n: api.show(str(folder), name="m"),
    }


PEERS: dict[str, tuple[str, Callable[[Path, int], Jobs]]] = {
    "refmark": ("refmark", refmark_jobs),
    "store": ("refmark through MLflow", store_jobs),
    "mlflow": ("MLflow, SQLite", mlflow_jobs),
    "json": ("plain JSON files", json_jobs),
    "pins": ("pins", pins_jobs),
    "gto": ("GTO", gto_jobs),
}
CALLS = {"resolve": 300, "list": 15, "list, read": 7, "search by tag": 15, "register": 25, "set alias": 25}


def cpu() -> float:
    """CPU time of this process and of the children that it waited for, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(it.ru_utime + it.ru_stime for it in used)


def measure(job: Callable[[int], Any], calls: int) -> float:
    """The median of a call, in ms; calls of less than a clock tick are taken together."""
    job(0)
    together = 20 if calls >= 100 else 1
    took = []
    for batch in range(calls // together):
        began = cpu()
        for number in range(together):
            job(1 + batch * together + number)
        took.append((cpu() - began) / together)
    return statistics.median(took) * 1000


def table(versions: list[int], peers: list[str]) -> str:
    """The figures as a Markdown table."""
    rows = ["| versions | | " + " | ".join(FIGURES) + " |", "|--:|---|" + "--:|" * len(FIGURES)]
    for count in versions:
        for peer in peers:
            name, make = PEERS[peer]
            rows.append(f"| {count:,} | {name} | " + " | ".join(figures(make, count)) + " |")
            print(rows[-1], file=sys.stderr, flush=True)
    return "\n".join(rows)


def figures(make: Callable[[Path, int], Jobs], count: int) -> list[str]:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        os.environ["HOME"] = folder
        try:
            jobs = make(Path(folder), count)
        except ImportError as missing:
            return [str(missing), *[""] * (len(FIGURES) - 1)]
        return [f"{measure(jobs[it], CALLS[it]):.3g}" if it in jobs else "" for it in FIGURES]


def write(text: str, into: Path) -> None:
    """Puts the table between its markers."""
    page = into.read_text()
    said = f"<!-- bench -->\nMeasured {date.today():%B %Y} by `sh bindings-python/benches/run.sh`, release build.\n\n{text}\n<!-- /bench -->"
    made, places = re.subn(r"<!-- bench -->.*?<!-- /bench -->", lambda _: said, page, flags=re.S)
    if places != 1:
        raise SystemExit(f"{into} has no <!-- bench --> … <!-- /bench -->")
    into.write_text(made)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", default="100,1000,10000")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    made = table([int(it) for it in asked.versions.split(",")], asked.peers.split(","))
    if asked.into:
        write(made, asked.into)
    else:
        print(made)


if __name__ == "__main__":
    main()
