"""What is measured: the same jobs, as each peer does them, on a registry that holds so many versions of one model.

    python peers.py PEER VERSIONS [FOLDER]      prints the figures of one peer as JSON, in ms

A registry is filled as fast as its peer allows (rows, folders and tags are written straight where its own calls would take
hours); what is measured are its own calls.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

Jobs = dict[str, Callable[[int], Any]]
#: How often a job is done at most, and the seconds after which it is enough.
CALLS = {"register": 25, "set alias": 25, "resolve": 300, "list": 15, "list, read": 7, "search by tag": 15}
ENOUGH = 4.0


def refmark_jobs(folder: Path, versions: int) -> Jobs:
    import refmark

    reg = refmark.init(folder / "models", by="ada")
    for start in range(0, versions, 1000):
        numbers = range(start, min(start + 1000, versions))
        packages = ({"model": "m", "paths": weights(folder, it), "metrics": {"f1": it}} for it in numbers)
        reg.register_many(packages, progress=False)
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
    path = folder / "packages" / f"{number}" / "weights.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(number))
    return path


def store_jobs(folder: Path, versions: int) -> Jobs:
    """refmark behind MLflow's interface."""
    refmark_jobs(folder, versions)
    return mlflow_calls(f"refmark://{folder / 'models'}", str(weights(folder, 10 * versions)))


def mlflow_jobs(folder: Path, versions: int) -> Jobs:
    from mlflow.entities.model_registry import ModelVersionTag
    from mlflow.store.model_registry.dbmodels.models import SqlModelVersion
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    uri = f"sqlite:///{folder / 'mlflow.db'}"
    store = SqlAlchemyStore(uri)
    store.create_registered_model("m")
    now = time.time_ns() // 1_000_000
    with store.ManagedSessionMaker(read_only=False) as session:
        session.add_all(
            SqlModelVersion(name="m", version=it, source=f"path/{it}", last_updated_time=now)
            for it in range(1, versions + 1)
        )
    store.set_model_version_tag("m", 1, ModelVersionTag("team", "nlp"))
    store.set_registered_model_alias("m", "champion", 1)
    return mlflow_calls(uri, "more")


def mlflow_calls(uri: str, source: str) -> Jobs:
    """The jobs as users of MLflow write them."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri if uri.startswith("sqlite") else None, registry_uri=uri)

    def pages() -> Iterator[Any]:
        token = None
        while True:
            page = client.search_model_versions("name = 'm'", max_results=1000, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    return {
        "register": lambda n: client.create_model_version("m", source),
        "set alias": lambda n: client.set_registered_model_alias("m", "champion", 2 + n % 2),
        "resolve": lambda n: client.get_model_version_by_alias("m", "champion"),
        "list, read": lambda n: [(it.version, it.creation_timestamp) for it in pages()],
        "search by tag": lambda n: client.search_model_versions("tags.team = 'nlp'"),
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
    """pins has no aliases: the newest version is what everybody reads."""
    import pins

    board = pins.board_folder(str(folder), allow_pickle_read=True, versioned=True)
    board.pin_write({"n": 0}, "m", type="json", force_identical_write=True)
    (first,) = (folder / "m").iterdir()
    for number in range(1, versions):
        made = folder / "m" / f"{20200101000000 + number:.0f}Z-{number:05x}".replace("20200101", "20200101T", 1)
        shutil.copytree(first, made)
        pin_hash = f"pin_hash: {number:05x}{'0' * 11}"
        (made / "data.txt").write_text(re.sub("pin_hash: .*", pin_hash, (made / "data.txt").read_text()))
    return {
        "register": lambda n: board.pin_write({"n": -n}, "m", type="json", force_identical_write=True),
        "resolve": lambda n: board.pin_meta("m"),
        "list, read": lambda n: board.pin_versions("m"),
    }


def gto_jobs(folder: Path, versions: int) -> Jobs:
    """GTO keeps a version and an assignment as Git tags, and has no tags of its own to search by."""
    from gto import api

    os.environ.update({f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")})
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], input=b"".join(tagged(versions)), check=True)
    api.assign(str(folder), name="m", version="v0.0.1", stage="prod")

    def register(n: int) -> None:
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "more"], check=True)
        api.register(str(folder), name="m", ref="HEAD", version=f"v0.0.{versions + n}")

    return {
        "register": register,
        "set alias": lambda n: api.assign(str(folder), name="m", version=f"v0.0.{2 + n % 2}", stage="prod", force=True),
        "resolve": lambda n: api.get_stages(str(folder)),
        "list, read": lambda n: api.show(str(folder), name="m"),
    }


def tagged(versions: int) -> Iterator[bytes]:
    """A stream for `git fast-import`: a commit and GTO's tag a version."""
    for number in range(versions):
        who = f"x <x> {1_700_000_000 + number} +0000\n"
        text = f"Registering artifact m version v0.0.{number}\n"
        yield f"commit refs/heads/main\nmark :{number + 1}\ncommitter {who}data 2\nx\n".encode()
        yield f"tag m@v0.0.{number}\nfrom :{number + 1}\ntagger {who}data {len(text)}\n{text}".encode()


PEERS: dict[str, tuple[str, Callable[[Path, int], Jobs]]] = {
    "refmark": ("refmark", refmark_jobs),
    "store": ("refmark through MLflow", store_jobs),
    "mlflow": ("MLflow, SQLite", mlflow_jobs),
    "json": ("plain JSON files", json_jobs),
    "pins": ("pins", pins_jobs),
    "gto": ("GTO", gto_jobs),
}


class Figure(NamedTuple):
    """The median of a call, in ms."""

    cpu: float
    wall: float


def clocks() -> Figure:
    """CPU time of this process and of the children that it waited for, and the wall's."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Figure(sum(it.ru_utime + it.ru_stime for it in used) * 1000, time.perf_counter() * 1000)


def measure(job: Callable[[int], Any], calls: int) -> Figure:
    """The median of a call after the first, which stands alone where it took long; calls of less than a clock tick are taken
    together."""
    together = 20 if calls >= 100 else 1
    began = clocks()
    job(0)
    first, done, took = clocks(), 0, []
    if first.wall - began.wall > ENOUGH * 1000:
        return Figure(first.cpu - began.cpu, first.wall - began.wall)
    while done < calls and clocks().wall - first.wall < ENOUGH * 1000:
        before = clocks()
        for _ in range(together):
            done += 1
            job(done)
        after = clocks()
        took.append(Figure((after.cpu - before.cpu) / together, (after.wall - before.wall) / together))
    return Figure(statistics.median(it.cpu for it in took), statistics.median(it.wall for it in took))


def main() -> None:
    peer, versions, jobs_left_out = sys.argv[1], int(sys.argv[2]), set(sys.argv[4:])
    with tempfile.TemporaryDirectory(dir=sys.argv[3] if len(sys.argv) > 3 else None) as folder:
        os.environ["HOME"] = folder
        # What a peer leaves in the folder that it is called from goes with the rest.
        os.chdir(folder)
        # Peers talk; what is printed here is read by a program.
        with contextlib.redirect_stdout(sys.stderr):
            jobs = PEERS[peer][1](Path(folder), versions)
            # What reads comes first: writing makes the registry larger.
            order = sorted((it for it in jobs if it not in jobs_left_out), key=list(CALLS)[::-1].index)
            found = {it: measure(jobs[it], CALLS[it]) for it in order}
        print(json.dumps(found))


if __name__ == "__main__":
    main()
