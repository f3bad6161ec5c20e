"""The cache: one copy of each file, how large it is, and what may go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import refmark
import refmark.cache


def test_folders_of_one_artifact_share_their_bytes(two: refmark.Registry) -> None:
    whole = two.pull("sentiment/1")
    some = two.pull("sentiment/1", files="*.json")
    assert some != whole and [it.name for it in some.iterdir()] == ["config.json"]
    assert (whole / "config.json").samefile(some / "config.json")
    found = refmark.cache.info()
    assert len(found.folders) == 2 and {it.artifact for it in found.folders} == {two.show("sentiment/1").artifact}
    assert found.bytes == sum(it.size for it in two.show("sentiment/1").files) < sum(it.bytes for it in found.folders)
    assert all(it.hashed is not None for it in found.folders)


def test_bytes_that_were_altered_in_the_cache_never_take_the_place_of_good_ones(two: refmark.Registry) -> None:
    whole = two.pull("sentiment/1")
    file = whole / "config.json"
    file.chmod(0o644)
    file.write_text('{"text": "bad"}')
    some = two.pull("sentiment/1", files="*.json")
    assert (some / "config.json").read_text() == '{"text": "one"}'
    with pytest.raises(refmark.IntegrityError, match="altered"):
        two.pull("sentiment/1")


def test_the_longest_unused_goes_first_and_what_is_kept_stays(two: refmark.Registry, tmp_path: Path) -> None:
    one, second = two.pull("sentiment/1"), two.pull("sentiment/2")
    for folder, at in ((one, 1000), (second, 2000)):
        os.utime(folder.with_name(f".{folder.name}.hashed"), (at, at))
    size = refmark.cache.info().bytes
    assert refmark.cache.prune(size) == ()
    (gone,) = refmark.cache.prune(size - 1)
    assert gone.path == one and not one.exists() and second.exists()
    one = two.pull("sentiment/1")
    two.pin("sentiment/2", project=tmp_path)
    removed = refmark.cache.prune(keep=refmark.Lock(tmp_path))
    assert [it.path for it in removed] == [one] and second.exists()
    assert refmark.cache.prune(keep=two.resolve("sentiment/2")) == ()
    refmark.cache.prune()
    assert refmark.cache.info().folders == () and not list((refmark.cache.info().path / "blobs").rglob("*/*"))
    with pytest.raises(ValueError, match="max_bytes"):
        refmark.cache.prune(-1)


def test_an_empty_cache_is_nothing() -> None:
    assert refmark.cache.info().folders == () and refmark.cache.prune() == ()
