"""Measures the package beside MLflow (SQLite), pins, GTO and plain JSON files; writes a Markdown table.

    python benches/bench.py [--versions 100,1000,10000] [--peers refmark,json,mlflow,pins,gto]

Each figure is the median of several calls on a registry that holds so many versions of one model, wall time in ms.
A peer that is not installed is left out. GTO tags a Git repository and is measured up to 100 versions.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator

FIGURES = ("register", "set alias", "resolve", "list", "search by tag")
Jobs = dict[str, Callable[[int], Any]]


def refmark_jobs(folder: Path, versions: int) -> Jobs:
    import refmark

    reg = refmark.init(folder / "models", by="ada")

    def file(number: int) -> Path:
        path = folder / f"{number}" / "weights.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(number))
        return path

    step = 1000
    for start in range(0, versions, step):
        numbers = range(start, min(start + step, versions))
        reg.register_many({"model": "m", "paths": file(it), "metrics": {"f1": it}} for it in numbers)
    reg.label("m/1", tags={"team": "nlp"})
    reg.promote("m@champion", 1)
    return {
        "register": lambda n: reg.register("m", file(versions + n), progress=False),
        "set alias": lambda n: reg.promote("m@champion", 2 + n % 2),
        "resolve": lambda n: reg.resolve("m@champion"),
        "list": lambda n: reg.versions("m"),
        "search by tag": lambda n: reg.search(tags={"team": "nlp"}),
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
        "list": lambda n: every(),
        "search by tag": lambda n: [it for it in every() if it["tags"].get("team") == "nlp"],
    }


def mlflow_jobs(folder: Path, versions: int) -> Jobs:
    from mlflow.entities.model_registry import ModelVersionTag
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(f"sqlite:///{folder / 'mlflow.db'}")
    store.create_registered_model("m")
    for number in range(versions):
        store.create_model_version("m", f"path/{number}")
    store.set_model_version_tag("m", 1, ModelVersionTag("team", "nlp"))
    store.set_registered_model_alias("m", "champion", 1)

    def pages() -> Iterator[Any]:
        token = None
        while True:
            page = store.search_model_versions("name = 'm'", max_results=1000, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    return {
        "register": lambda n: store.create_model_version("m", f"more/{n}"),
        "set alias": lambda n: store.set_registered_model_alias("m", "champion", 2 + n % 2),
        "resolve": lambda n: store.get_model_version_by_alias("m", "champion"),
        "list": lambda n: list(pages()),
        "search by tag": lambda n: store.search_model_versions("tags.team = 'nlp'"),
    }


def pins_jobs(folder: Path, versions: int) -> Jobs:
    import pins

    board = pins.board_folder(str(folder), allow_pickle_read=True, versioned=True)
    for number in range(versions):
        board.pin_write({"n": number}, "m", type="json", force_identical_write=True)
    return {
        "register": lambda n: board.pin_write({"n": -n}, "m", type="json", force_identical_write=True),
        "resolve": lambda n: board.pin_meta("m"),
        "list": lambda n: board.pin_versions("m"),
    }


def gto_jobs(folder: Path, versions: int) -> Jobs:
    if versions > 100:
        raise ImportError("GTO needs a tag a version: measured up to 100")
    from gto import api

    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "-q"], check=True)
    for number in range(versions):
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", str(number)], check=True)
        api.register(str(folder), name="m", ref="HEAD", version=f"v0.0.{number}")
    api.assign(str(folder), name="m", version="v0.0.1", stage="prod")
    return {"resolve": lambda n: api.get_stages(str(folder)), "list": lambda n: api.show(str(folder), name="m")}


PEERS: dict[str, Callable[[Path, int], Jobs]] = {
    "refmark": refmark_jobs,
    "json": json_jobs,
    "mlflow": mlflow_jobs,
    "pins": pins_jobs,
    "gto": gto_jobs,
}


def measure(job: Callable[[int], Any], calls: int) -> float:
    job(0)
    took = []
    for number in range(1, calls + 1):
        began = time.perf_counter()
        job(number)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", default="100,1000,10000")
    parser.add_argument("--peers", default=",".join(PEERS))
    asked = parser.parse_args()
    print("| versions | peer | " + " | ".join(FIGURES) + " |")
    print("|---|---|" + "---|" * len(FIGURES))
    for versions in map(int, asked.versions.split(",")):
        for peer in asked.peers.split(","):
            with tempfile.TemporaryDirectory() as folder:
                os.environ["HOME"] = folder
                try:
                    jobs = PEERS[peer](Path(folder), versions)
                except ImportError as missing:
                    print(f"| {versions} | {peer} | {missing} |" + " |" * (len(FIGURES) - 1), flush=True)
                    continue
                calls = {"resolve": 200, "list": 5, "search by tag": 5}
                figures = [f"{measure(jobs[it], calls.get(it, 15)):.3g}" if it in jobs else "" for it in FIGURES]
                print(f"| {versions} | {peer} | " + " | ".join(figures) + " |", flush=True)


if __name__ == "__main__":
    main()
