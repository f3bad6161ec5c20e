"""A registry that this user can only read: a disk of somebody else's, a mount."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Iterator

import pytest

import refmark

NOBODY = 65534


@pytest.fixture
def public(two: refmark.Registry) -> Iterator[refmark.Registry]:
    """The registry where everybody may look, and nobody may write."""
    folder = Path(tempfile.mkdtemp(prefix="refmark-public-"))
    try:
        moved = folder / "models"
        shutil.copytree(two.path, moved, symlinks=True)
        made = [folder, moved, *(it for it in moved.rglob("*") if it.is_dir() and not it.is_symlink())]
        for it in made:
            it.chmod(0o555)
        yield refmark.open(moved, trust_root=two.trust_root)
    finally:
        for it in (folder, *folder.rglob("*")):
            if it.is_dir() and not it.is_symlink():
                it.chmod(0o755)
        shutil.rmtree(folder)


def look(path: Path, root: str, key: str, out: Path) -> str:
    """What a reader does, and what becomes of it."""
    reader = refmark.open(path, trust_root=root, key=key)
    assert reader.resolve("sentiment@champion").version == 2
    assert [it.version for it in reader.versions("sentiment")] == [2, 1]
    assert reader.search("sentiment").versions and len(reader.log()) == 2 and reader.verify().ok
    assert (reader.pull("sentiment/1", out / "one") / "config.json").exists()
    try:
        reader.promote("sentiment@champion", 1)
    except refmark.StorageError as error:
        return error.code
    return "written"


def as_nobody(work: Any) -> str:
    """The result of work in a child process that is not root."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(write, work().encode())
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


def test_a_registry_that_cannot_be_written_is_read_all_the_same(
    two: refmark.Registry, public: refmark.Registry, world: Path
) -> None:
    key = (world / ".config/refmark/key").read_text()
    with tempfile.TemporaryDirectory() as folder:
        out, home = Path(folder), Path(folder) / "home"
        home.mkdir()
        if os.geteuid() != 0:
            assert look(public.path, public.trust_root, key, out) in ("read-only", "io")
            return
        # Root writes everywhere: somebody else looks, once everything is imported.
        look(two.path, two.trust_root, key, out)
        shutil.rmtree(out / "one")
        for it in (out, home):
            it.chmod(0o777)

        def work() -> str:
            os.environ["HOME"] = str(home)
            return look(public.path, public.trust_root, key, out)

        said = as_nobody(work)
        assert said in ("read-only", "io"), said
